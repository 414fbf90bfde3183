//! What became of every call that the analysis would like an answer to.

use std::collections::BTreeMap;

/// Outcome of one expected call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered.
    Ok,
    /// Answered: there is none.
    Absent,
    /// Refused.
    Denied,
    /// The service or region does not offer it.
    Unsupported,
    /// Given up after throttling.
    Throttled,
    /// Cut off before the end.
    Truncated,
    /// Answered, but the answer could not be read.
    ParseError,
    /// No file for it: nobody asked, or nobody kept the answer.
    NotCollected,
}

/// One expected call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// `s3:GetBucketPolicy`, in the spelling of the API; `kafka:acls` for Kafka's own files.
    pub call: String,
    /// Account; empty for Kafka's files.
    pub account: String,
    /// Region; empty for global services.
    pub region: String,
    /// The resource that was asked about; empty for list calls.
    pub resource: String,
}

/// Outcomes by call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Every expected call and what became of it.
    pub calls: BTreeMap<Call, Outcome>,
}
