//! Network file systems: EFS and FSx, and where they can be mounted.
//!
//! Must never: hold behaviour; these are what importers write and everything else reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::policy::Document;

use super::{Origin, Seen};

/// A network file system.
#[derive(Clone, Debug)]
pub struct FileSystem {
    /// Its id. Holds `\u{1}` where the id is a parameter that nobody set.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Owner account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// What kind of file system it is.
    pub kind: FileSystemKind,
    /// Whether it is encrypted at rest, when the capture tells.
    pub encrypted: Seen<bool>,
    /// Key as written. Whoever mounts the file system needs no right to the key.
    pub key: Option<String>,
    /// The file system policy. `Absent` is the open default of EFS: whoever reaches a mount target
    /// has full access, without IAM.
    pub policy: Seen<Arc<Document>>,
    /// Where it can be mounted.
    pub mount_targets: Seen<Vec<MountTarget>>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Where it stands.
    pub origin: Origin,
}

/// Kinds of network file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileSystemKind {
    /// Amazon EFS.
    Efs,
    /// Amazon FSx for NetApp ONTAP.
    FsxOntap,
    /// Any other FSx.
    FsxOther,
}

/// TCP port of NFS version 4. Source: RFC 7530, section 3.1.
pub const NFS: u16 = 2049;

/// A network address at which a file system can be mounted over NFS (TCP 2049).
#[derive(Clone, Debug, PartialEq)]
pub struct MountTarget {
    /// Its id; for FSx that of its network interface.
    pub id: String,
    /// Its subnet.
    pub subnet: Option<String>,
    /// Its address.
    pub address: Option<String>,
    /// Its network interface.
    pub interface: Option<String>,
    /// Its security groups.
    pub groups: Seen<Vec<String>>,
    /// Where it stands.
    pub origin: Origin,
}

/// A door to an EFS file system that fixes the directory, and the user that files are opened as.
///
/// Source: EFS User Guide, "Working with Amazon EFS access points".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAccessPoint {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// The file system.
    pub file_system: String,
    /// The directory that it shows as root.
    pub root: String,
    /// The user that replaces the client's, when one is set: POSIX user id and group ids.
    pub user: Option<(u32, Vec<u32>)>,
    /// Where it stands.
    pub origin: Origin,
}

/// One EFS file system that is replicated to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReplication {
    /// Id of the file system that is copied.
    pub source: String,
    /// Id of the replica.
    pub destination: String,
    /// Where it stands.
    pub origin: Origin,
}
