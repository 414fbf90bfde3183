//! What holds bytes, and what protects it: buckets, volumes, snapshots, keys, secrets.
//!
//! Must never: hold behaviour; these are what importers write and everything else reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::capture::Source;
use crate::policy::Document;

use super::{BucketSettings, KeyGrants, Link, Origin, Seen, Sharing};

/// An S3 bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its name. Holds `\u{1}` where the name is a parameter that nobody set.
    pub name: String,
    /// Owner account; `None` when the capture does not tell.
    pub account: Option<String>,
    /// Region, when known.
    pub region: Option<String>,
    /// The bucket policy.
    pub policy: Seen<Arc<Document>>,
    /// Default encryption.
    pub encryption: Seen<Encryption>,
    /// Where the answer about encryption stands.
    pub encryption_source: Option<Source>,
    /// Block public access of the bucket.
    pub public_access_block: Seen<PublicAccessBlock>,
    /// Ownership, ACL, versioning, replication and the like.
    pub settings: BucketSettings,
    /// Where it stands.
    pub origin: Origin,
}

/// Default encryption of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// SSE-S3.
    SseS3,
    /// SSE-KMS or DSSE-KMS.
    Kms {
        /// Key as written: ARN, id or alias; `None` is the AWS managed key `aws/s3`.
        key: Option<String>,
        /// Whether S3 Bucket Keys are on.
        bucket_key: bool,
    },
}

/// The four switches of block public access.
#[allow(clippy::struct_excessive_bools, reason = "AWS has these four switches")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublicAccessBlock {
    /// `BlockPublicAcls`
    pub block_public_acls: bool,
    /// `IgnorePublicAcls`
    pub ignore_public_acls: bool,
    /// `BlockPublicPolicy`
    pub block_public_policy: bool,
    /// `RestrictPublicBuckets`
    pub restrict_public_buckets: bool,
}

/// A KMS key.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its ARN.
    pub arn: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Whether AWS manages it (`aws/s3`, `aws/ebs`): it admits all callers the service admits.
    pub aws_managed: bool,
    /// The key policy.
    pub policy: Seen<Arc<Document>>,
    /// Grants, which allow beside every policy.
    pub grants: KeyGrants,
    /// Where it stands.
    pub origin: Origin,
}

/// A secret of Secrets Manager. Its value is never read.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Key as written; `None` is `aws/secretsmanager`.
    pub key: Option<String>,
    /// The resource policy.
    pub policy: Seen<Arc<Document>>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// The Kafka users whose password it holds: ids `CLUSTER/User:name`.
    pub users: Vec<Link>,
    /// Where it stands.
    pub origin: Origin,
}

/// An EBS volume.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its availability zone, when the capture tells.
    pub zone: Option<String>,
    /// Whether it is encrypted, when the capture tells.
    pub encrypted: Seen<bool>,
    /// Key as written.
    pub key: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Where it stands.
    pub origin: Origin,
}

/// An EBS snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Its id.
    pub id: String,
    /// The volume it was made of.
    pub volume: String,
    /// Owner account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Key as written.
    pub key: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// When it was started, as written.
    pub started: Option<String>,
    /// With whom it is shared.
    pub sharing: Seen<Sharing>,
    /// Where it stands.
    pub origin: Origin,
}
