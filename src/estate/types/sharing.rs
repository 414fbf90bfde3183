//! What opens stored bytes beside policies, and where their copies go: ACLs and settings of
//! buckets, access points, grants of keys, sharing of snapshots.
//!
//! Must never: hold behaviour beyond building itself; importers write these and everything else
//! reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Origin, PublicAccessBlock, Seen};
use crate::capture::Source;
use crate::policy::Document;

/// Settings of a bucket beside its policy, its encryption and its public access block.
#[derive(Clone, Debug, PartialEq)]
pub struct BucketSettings {
    /// Object Ownership; absent means that ACLs are on, as for every bucket before it existed.
    pub ownership: Seen<Ownership>,
    /// The ACL of the bucket itself.
    pub acl: Seen<BucketAcl>,
    /// Versioning.
    pub versioning: Seen<Versioning>,
    /// Buckets that access logs go to: one, or none.
    pub logging: Seen<Vec<String>>,
    /// ARNs that are told of new objects; `events.amazonaws.com` for `EventBridge`.
    pub notifications: Seen<Vec<String>>,
    /// Replication rules.
    pub replication: Seen<Vec<Replication>>,
    /// Buckets that inventories go to.
    pub inventories: Seen<Vec<String>>,
}

impl BucketSettings {
    /// Nothing read: `missing` names each call.
    pub fn unread(missing: impl Fn(&str) -> Arc<str>) -> Self {
        Self {
            ownership: Seen::Unread(missing("s3:GetBucketOwnershipControls")),
            acl: Seen::Unread(missing("s3:GetBucketAcl")),
            versioning: Seen::Unread(missing("s3:GetBucketVersioning")),
            logging: Seen::Unread(missing("s3:GetBucketLogging")),
            notifications: Seen::Unread(missing("s3:GetBucketNotificationConfiguration")),
            replication: Seen::Unread(missing("s3:GetBucketReplication")),
            inventories: Seen::Unread(missing("s3:ListBucketInventoryConfigurations")),
        }
    }

    /// As S3 creates buckets since April 2023: ACLs off, no versions, nothing goes elsewhere.
    ///
    /// Source: Amazon S3 User Guide, "Controlling ownership of objects and disabling ACLs".
    pub fn as_created() -> Self {
        Self {
            ownership: Seen::Is(Ownership::BucketOwnerEnforced),
            acl: Seen::Absent,
            versioning: Seen::Is(Versioning::Never),
            logging: Seen::Is(Vec::new()),
            notifications: Seen::Is(Vec::new()),
            replication: Seen::Absent,
            inventories: Seen::Is(Vec::new()),
        }
    }
}

/// Object Ownership of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// ACLs are off.
    BucketOwnerEnforced,
    /// ACLs are on; the bucket's owner gets objects that are written for it.
    BucketOwnerPreferred,
    /// ACLs are on; whoever writes an object owns it.
    ObjectWriter,
}

/// Versioning of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// It was never turned on: the answer is empty.
    Never,
    /// `Enabled`
    Enabled,
    /// `Suspended`: versions from before are still there.
    Suspended,
}

/// The ACL of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketAcl {
    /// Canonical id of the owner, who has `FULL_CONTROL` without being asked.
    pub owner: Option<String>,
    /// The grants, the owner's own among them.
    pub grants: Vec<AclGrant>,
}

/// One grant of an ACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclGrant {
    /// To whom.
    pub grantee: Grantee,
    /// `READ`, `WRITE`, `READ_ACP`, `WRITE_ACP` or `FULL_CONTROL`.
    pub permission: String,
    /// Where it stands.
    pub source: Source,
}

/// Whom an ACL names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grantee {
    /// An account, by a canonical id that does not tell which.
    Canonical(String),
    /// Everyone, anonymous included.
    AllUsers,
    /// Everyone with credentials of any account.
    AuthenticatedUsers,
    /// The service that delivers access logs.
    LogDelivery,
    /// Something else, as written: an e-mail address, a group that we do not know.
    Other(String),
}

/// One replication rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Replication {
    /// Its id.
    pub id: String,
    /// Whether it is on. What a rule copied while it was on is still there.
    pub enabled: bool,
    /// Name of the bucket that the copies go to.
    pub destination: String,
    /// Account of that bucket, when the rule says it.
    pub account: Option<String>,
    /// The role that S3 copies as.
    pub role: Option<String>,
    /// Beginnings of the keys that are copied; empty for all.
    pub prefix: String,
    /// Whether tags of objects decide too.
    pub by_tag: bool,
    /// Whether delete markers are copied.
    pub delete_markers: bool,
    /// Key that the copies are encrypted with, as written.
    pub key: Option<String>,
    /// Where it stands.
    pub source: Source,
}

/// An S3 access point, of one region or of several.
#[derive(Clone, Debug)]
pub struct AccessPoint {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its account, which may be another one than the bucket's.
    pub account: String,
    /// Its region; empty for a Multi-Region access point.
    pub region: String,
    /// Whether it is a Multi-Region access point.
    pub multi_region: bool,
    /// The buckets behind it: one, or one in each of its regions.
    pub buckets: Vec<String>,
    /// The VPC that alone may use it; absent for one that is open to the internet.
    pub vpc: Seen<String>,
    /// Its policy.
    pub policy: Seen<Arc<Document>>,
    /// What its network origin says: a deny for requests from elsewhere, which no policy can lift.
    pub guard: Option<Arc<Document>>,
    /// Block public access of the access point.
    pub public_access_block: Seen<PublicAccessBlock>,
    /// Where it stands.
    pub origin: Origin,
}

/// An S3 Object Lambda access point: a function sees every object that is read through it.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectLambda {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// ARN of the access point behind it; unread with its configuration.
    pub supporting: Seen<String>,
    /// ARNs of the functions.
    pub functions: Vec<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// The grants of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyGrants {
    /// As far as they were listed.
    pub grants: Vec<KeyGrant>,
    /// The same as statements: one for each grant, with its constraint as conditions.
    pub document: Arc<Document>,
    /// The missing input, where there may be more of them.
    pub unread: Option<Arc<str>>,
}

/// One grant of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyGrant {
    /// Its id.
    pub id: String,
    /// Who may use the key: an ARN, or the name of a service.
    pub grantee: String,
    /// Who may retire the grant.
    pub retiring: Option<String>,
    /// The account that issued it.
    pub issuer: Option<String>,
    /// `Decrypt`, `GenerateDataKey`, `CreateGrant`.
    pub operations: Vec<String>,
    /// Pairs that the encryption context must be.
    pub context_equals: BTreeMap<String, String>,
    /// Pairs that the encryption context must hold.
    pub context_subset: BTreeMap<String, String>,
    /// Where it stands.
    pub source: Source,
}

/// With whom a snapshot is shared.
#[derive(Clone, Debug, PartialEq)]
pub struct Sharing {
    /// Accounts that may use it.
    pub accounts: BTreeSet<String>,
    /// Whether every account may.
    pub everyone: bool,
    /// The same as a statement, block public access of the region considered.
    pub document: Arc<Document>,
}
