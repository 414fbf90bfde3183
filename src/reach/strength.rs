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

    /// The three under which something holds, strongest first.
    pub const HOLDING: [Self; 3] = [Self::Always, Self::Conditional, Self::Gap];

    /// The place in the chain: 0 for `Never` up to 3 for `Always`.
    pub(crate) const fn rank(self) -> usize {
        self as usize
    }

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

#[cfg(test)]
mod tests {
    use super::Strength;

    #[test]
    fn rank_is_the_place_in_all() {
        for (place, strength) in Strength::ALL.into_iter().enumerate() {
            assert_eq!(strength.rank(), place);
        }
    }

    #[test]
    fn and_is_the_weaker_or_is_the_stronger() {
        for a in Strength::ALL {
            for b in Strength::ALL {
                assert_eq!((a & b).rank(), a.rank().min(b.rank()));
                assert_eq!((a | b).rank(), a.rank().max(b.rank()));
            }
        }
    }

    #[test]
    fn holding_is_all_but_never_strongest_first() {
        let mut weakest_first = Strength::HOLDING.to_vec();
        weakest_first.reverse();
        assert_eq!(weakest_first, Strength::ALL[1..]);
    }
}
