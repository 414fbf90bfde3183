//! How surely something holds: one ordered chain.

use std::ops::{BitAnd, BitOr};

/// How surely a fact holds: `Never < Gap < Conditional < Always`.
///
/// AND is the minimum, OR the maximum, so both are written with `&` and `|`.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Every input that could grant it was read, and none does, or a deny is certain.
    #[default]
    Never,
    /// A grant that is needed was not seen, but could stand in input that was not collected.
    Gap,
    /// Every grant was seen; an undecided condition or an uncollected guard may block.
    Conditional,
    /// Every grant was seen and nothing that was read, or could stand unread, blocks.
    Always,
}

impl Strength {
    /// All four, weakest first.
    pub const ALL: [Self; 4] = [Self::Never, Self::Gap, Self::Conditional, Self::Always];

    /// The word used in every table and document.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Gap => "gap",
            Self::Conditional => "conditional",
            Self::Always => "always",
        }
    }
}

impl BitAnd for Strength {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        self.min(other)
    }
}

impl BitOr for Strength {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.max(other)
    }
}
