//! What one rule rests on: statements, ACLs and links with their places, and what keeps it from
//! being certain.

use crate::capture::Source;
use crate::estate::Origin;

/// One thing that a rule rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// What it says: `identity policy allows s3:GetObject (ReadAll)`.
    pub says: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether a person could take it away: a statement, an ACL line, a security group rule.
    pub removable: bool,
}

impl Evidence {
    /// Evidence that stands in the capture and that somebody could remove.
    pub fn statement(says: impl Into<String>, source: Source) -> Self {
        Self {
            says: says.into(),
            origin: Origin::Captured(source),
            removable: true,
        }
    }

    /// Evidence that describes the estate: an attachment, a link, a property.
    pub fn description(says: impl Into<String>, origin: Origin) -> Self {
        Self {
            says: says.into(),
            origin,
            removable: false,
        }
    }

    /// The place that a reader would open, when there is one.
    pub fn source(&self) -> Option<&Source> {
        match &self.origin {
            Origin::Captured(source) | Origin::Pinned(source) => Some(source),
            Origin::Inferred { from, .. } => from.first(),
            Origin::Assumed { at, .. } => Some(at),
        }
    }
}

/// Why a rule is weaker than *always*.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// What kind of doubt.
    pub kind: NoteKind,
    /// The condition in words, or the input that is missing.
    pub text: String,
    /// The statement with the condition, when there is one.
    pub source: Option<Source>,
}

impl Note {
    /// That an input was not collected.
    pub fn not_collected(text: impl Into<String>) -> Self {
        Self {
            kind: NoteKind::NotCollected,
            text: text.into(),
            source: None,
        }
    }
}

/// Kinds of doubt.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum NoteKind {
    /// An undecided condition.
    Condition,
    /// An input that was not collected.
    NotCollected,
    /// Something that the model of this tool does not decide.
    NotModelled,
}
