//! Would it be seen: trails of CloudTrail and flow logs.
//!
//! Must never: hold behaviour; these are what importers write and everything else reads.

use super::{Origin, Seen};

/// A trail of CloudTrail.
#[derive(Clone, Debug, PartialEq)]
pub struct Trail {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Owner account: the organization's management account for an organization's trail.
    pub account: String,
    /// Region where it was made.
    pub region: String,
    /// Whether it logs all regions.
    pub all_regions: bool,
    /// Whether it logs all accounts of the organization.
    pub organization: bool,
    /// The bucket that it writes to.
    pub bucket: Option<String>,
    /// Key as written.
    pub key: Option<String>,
    /// Data events that it logs; empty when it logs management events alone.
    pub data_events: Seen<Vec<DataEvents>>,
    /// Where it stands.
    pub origin: Origin,
}

/// One selection of data events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataEvents {
    /// `AWS::S3::Object`
    pub resource_type: String,
    /// Beginnings of the ARNs of what is logged; empty for all resources of the type.
    pub resources: Vec<String>,
    /// Whether reads are logged.
    pub reads: bool,
    /// Whether writes are logged.
    pub writes: bool,
    /// Whether further conditions, which are not read, leave some out.
    pub narrowed: bool,
}

/// A flow log of a VPC, subnet or interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowLog {
    /// Its id.
    pub id: String,
    /// The VPC, subnet, interface or gateway that it watches.
    pub resource: String,
    /// `ALL`, `ACCEPT`, `REJECT`.
    pub traffic: String,
    /// Where it writes: the ARN of a bucket or stream, or the name of a log group.
    pub destination: Option<String>,
    /// Whether it works.
    pub active: bool,
    /// Where it stands.
    pub origin: Origin,
}
