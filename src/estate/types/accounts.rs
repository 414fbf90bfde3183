//! Accounts, the organization above them, and identities with their policies.
//!
//! Must never: hold behaviour; these are what importers write and everything else reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::policy::Document;

use super::{Origin, PublicAccessBlock, Seen};

/// An AWS account that the capture knows something of.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Its name, when an organization or a folder names it.
    pub name: Option<String>,
    /// Whether its identities were read (account authorization details).
    pub identities_read: bool,
    /// Regions that some answer came from.
    pub regions: Vec<String>,
    /// Block public access of the whole account; adds to each bucket's own.
    pub public_access_block: Seen<PublicAccessBlock>,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            id: String::new(),
            name: None,
            identities_read: false,
            regions: Vec::new(),
            public_access_block: Seen::Unread(Arc::from("s3control:GetPublicAccessBlock")),
        }
    }
}

/// The organization: enough to know which SCPs and RCPs bind whom.
#[derive(Clone, Debug)]
pub struct Organization {
    /// `o-...`; `Absent` when the accounts are in none.
    pub id: Seen<String>,
    /// The management account, which SCPs and RCPs do not bind.
    pub management_account: Option<String>,
    /// For each account, its levels from the root of the organization down to the account. An
    /// account in no organization has none. Where the way up was not read, the first level is
    /// called `above ID` and is unread.
    pub levels: BTreeMap<String, Vec<OrgLevel>>,
    /// Assumptions of `catchment.toml` that took unread policies away.
    pub assumed: Vec<Origin>,
}

impl Default for Organization {
    fn default() -> Self {
        Self {
            id: Seen::Unread(Arc::from("organizations:DescribeOrganization")),
            management_account: None,
            levels: BTreeMap::new(),
            assumed: Vec::new(),
        }
    }
}

/// One level above or at an account.
#[derive(Clone, Debug)]
pub struct OrgLevel {
    /// `r-...`, `ou-...` or the account id.
    pub id: String,
    /// SCPs attached here. `Absent` when SCPs are not in force at all (not enabled, or assumed
    /// away): they bind nobody. An empty list would allow nothing.
    pub scps: Seen<Vec<PolicyHold>>,
    /// RCPs attached here, `RCPFullAWSAccess` left out; `Absent` as for SCPs.
    pub rcps: Seen<Vec<PolicyHold>>,
}

/// A policy as somebody holds it.
#[derive(Clone, Debug)]
pub struct PolicyHold {
    /// Its name, or ARN.
    pub name: String,
    /// How it is held: `inline`, `managed`, `group analysts`, `group analysts, managed`.
    pub how: String,
    /// The document; `Unread` when it is attached but was not collected.
    pub document: Seen<Arc<Document>>,
}

/// What one can act as.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The ARN; `arn:aws:iam::ACCOUNT:root` for the root user.
    pub arn: String,
    /// The account it belongs to.
    pub account: String,
    /// User, role or root user.
    pub kind: IdentityKind,
    /// Identity policies of its own and of its groups.
    pub policies: Vec<PolicyHold>,
    /// The permissions boundary.
    pub boundary: Seen<PolicyHold>,
    /// The trust policy of a role.
    pub trust: Seen<Arc<Document>>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Where the identity stands.
    pub origin: Origin,
}

/// Kinds of identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdentityKind {
    /// An IAM user.
    User,
    /// An IAM role.
    Role,
    /// The account's root user.
    Root,
}
