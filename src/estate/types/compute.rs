//! What runs code: EC2 instances.
//!
//! Must never: hold behaviour; these are what importers write and everything else reads.

use std::collections::BTreeMap;

use super::{Link, Origin, Seen};

/// An EC2 instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    /// Instance id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its VPC.
    pub vpc: Option<String>,
    /// Its subnet.
    pub subnet: Option<String>,
    /// Its network interfaces, by id.
    pub interfaces: Vec<String>,
    /// Private addresses of all its interfaces.
    pub private_addresses: Vec<String>,
    /// Public addresses.
    pub public_addresses: Vec<String>,
    /// Security groups of all its interfaces.
    pub groups: Vec<String>,
    /// The role of its instance profile.
    pub role: Seen<Link>,
    /// Attached volumes: device name and volume id, the root device first.
    pub volumes: Vec<AttachedVolume>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Whether it is terminated or shutting down.
    pub gone: bool,
    /// Where it stands.
    pub origin: Origin,
}

/// A volume as an instance has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedVolume {
    /// `/dev/sdf`
    pub device: String,
    /// The volume, and where the attachment stands.
    pub volume: Link,
    /// Whether it is the root device.
    pub root: bool,
}
