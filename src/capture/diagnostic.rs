//! What was wrong, doubtful or worth raising in the input, as data.
//!
//! Must never: hold a secret; messages name keys and places, not values.

use super::Source;

/// How grave a diagnostic is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Input could not be used.
    Error,
    /// Input was used, with a doubt.
    Warning,
    /// A finding about the estate itself.
    Finding,
}

/// One remark on the input. `code` is stable and kebab-case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable kebab-case code: `malformed-json`, `static-key-in-config`.
    pub code: &'static str,
    /// How grave.
    pub severity: Severity,
    /// Lower-case fragment: what is wrong, and what to do.
    pub message: String,
    /// Where.
    pub source: Option<Source>,
}
