//! AWS Backup: vaults, what lies in them, and plans that put more there.
//!
//! Must never: hold behaviour; these are what importers write and everything else reads.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::policy::Document;

use super::{Origin, Seen};

/// A backup vault.
#[derive(Clone, Debug)]
pub struct BackupVault {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Key as written, of recovery points that are not encrypted as their source is.
    pub key: Option<String>,
    /// Its access policy.
    pub policy: Seen<Arc<Document>>,
    /// Where it stands.
    pub origin: Origin,
}

/// The recovery points of one resource in one vault: whoever may restore one may restore each.
#[derive(Clone, Debug)]
pub struct Backup {
    /// What it is, in words: no id of AWS's.
    pub id: String,
    /// ARN of the vault; unknown where only a tag of a snapshot says that there is one.
    pub vault: Option<String>,
    /// Account of the vault.
    pub account: String,
    /// Region of the vault.
    pub region: String,
    /// Of what.
    pub kind: BackupKind,
    /// Id of the volume or file system, name of the bucket.
    pub resource: String,
    /// ARNs of the recovery points.
    pub points: BTreeSet<String>,
    /// Whether they are encrypted.
    pub encrypted: Seen<bool>,
    /// Key as written.
    pub key: Option<String>,
    /// The access policy of the vault.
    pub policy: Seen<Arc<Document>>,
    /// Where one of them stands.
    pub origin: Origin,
}

/// Of what a backup is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BackupKind {
    /// An EBS volume.
    Disk,
    /// An S3 bucket.
    Bucket,
    /// An EFS file system.
    FileSystem,
}

/// A backup plan, as far as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupPlan {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// ARNs of the vaults that its rules put backups and copies of them into.
    pub vaults: BTreeSet<String>,
    /// Of what it makes backups.
    pub selections: Vec<BackupSelection>,
}

/// Of what a plan makes backups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupSelection {
    /// Patterns of ARNs.
    pub resources: Vec<String>,
    /// Patterns of ARNs that are left out.
    pub but: Vec<String>,
    /// Tags, one of which is enough: key and value.
    pub tags: Vec<(String, String)>,
}
