//! S3 Access Grants: instances, the locations registered in them, and the grants.
//!
//! Must never: hold behaviour; these are what importers write and everything else reads.

use std::sync::Arc;

use crate::policy::Document;

use super::{Origin, Seen};

/// The instance of S3 Access Grants of an account in a region: there is at most one.
#[derive(Clone, Debug)]
pub struct AccessGrantsInstance {
    /// Its ARN.
    pub arn: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// The instance of IAM Identity Center whose directory its grants may name.
    pub identity_center: Option<String>,
    /// Its resource policy, by which other accounts may ask it for credentials.
    pub policy: Seen<Arc<Document>>,
    /// Where it stands.
    pub origin: Origin,
}

/// A location: a part of S3, and the role whose credentials grants within it give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessGrantsLocation {
    /// Its ARN.
    pub arn: String,
    /// Its id; `default` for `s3://`.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// `s3://`, `s3://BUCKET` or `s3://BUCKET/PREFIX`.
    pub scope: String,
    /// ARN of the role.
    pub role: Option<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// A grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessGrant {
    /// Its ARN.
    pub arn: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// To whom.
    pub grantee: AccessGrantee,
    /// Whether it lets its grantee read.
    pub reads: bool,
    /// Where: `s3://BUCKET/PREFIX*`, or a single object.
    pub scope: String,
    /// Id of the location.
    pub location: String,
    /// Where it stands.
    pub origin: Origin,
}

/// Whom a grant of S3 Access Grants names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessGrantee {
    /// ARN of a user or role of IAM.
    Iam(String),
    /// A user or group of the directory behind IAM Identity Center: its id there.
    Directory {
        /// Whether it is a group.
        group: bool,
        /// Its id.
        id: String,
    },
    /// Something else, as written.
    Other(String),
}
