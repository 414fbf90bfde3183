//! What a decision is asked with, and what it answers: the request, the policies of every layer,
//! and the verdict with its proof.
//!
//! Must never: hold behaviour beyond what a type needs to be built.

use std::collections::BTreeSet;

use super::Truth;
use super::caller::Caller;
use super::context::Context;
use super::document::{Document, Effect};
use crate::capture::Source;
use crate::reach::Strength;

/// One API request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// `s3:GetObject`
    pub action: &'a str,
    /// An ARN, or `*` for actions without resource types.
    pub resource: &'a str,
    /// The account that owns the resource. Without it the ARN's account counts; a resource of
    /// nobody known may be the caller's own or not.
    pub resource_account: Option<&'a str>,
    /// The condition keys.
    pub context: &'a Context,
    /// Whether the resource's name is settled. When it is not, [`PLACEHOLDER`] stands in
    /// `resource` for what is open, and a pattern covers the name certainly, possibly or not.
    ///
    /// [`PLACEHOLDER`]: super::PLACEHOLDER
    pub resource_certain: bool,
}

/// The documents of one layer: together they must allow.
#[derive(Clone, Debug, Default)]
pub struct Layer<'a> {
    /// Documents that were read.
    pub documents: Vec<&'a Document>,
    /// Names of documents that exist, or may exist, and were not read: each may allow or deny
    /// anything.
    pub unread: Vec<&'a str>,
}

impl<'a> Layer<'a> {
    /// A layer of documents that were all read.
    pub fn of(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        Self {
            documents: documents.into_iter().collect(),
            unread: Vec::new(),
        }
    }
}

/// The policy on the resource.
#[derive(Clone, Copy, Debug)]
pub enum ResourcePolicy<'a> {
    /// There is none.
    None,
    /// It was read.
    Document(&'a Document),
    /// It was not read, and may allow or deny anything.
    Unread(&'a str),
    /// The caller rewrote it: it grants the caller and denies nothing.
    Edited,
}

/// What allows beside the policies. It only adds: every deny holds against it.
#[derive(Clone, Copy, Debug)]
pub enum Beside<'a> {
    /// Nothing.
    None,
    /// The grants of a KMS key, one statement for each. A grant needs no policy (rule 27).
    KeyGrants(&'a Document),
    /// The accounts that a snapshot is shared with, whose own policies must allow too.
    Sharing(&'a Document),
    /// The caller makes a grant for itself: a KMS grant, the ACL of an object.
    Opened,
}

/// Whether a resource's policy must itself allow (rules 2 and 26).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// Within one account an identity policy is enough.
    Ordinary,
    /// A role's trust policy, which must allow.
    Trust,
    /// A KMS key policy, which must allow.
    Key,
}

/// How a request reaches a service inside a VPC, which decides what a principal in the endpoint's
/// policy means (rule 32).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointKind {
    /// By route table: principals other than `*` are not what they are elsewhere.
    Gateway,
    /// By a network interface: principals mean what they mean in any resource policy.
    Interface,
    /// Not known.
    Unclear,
}

/// Organization policies over an account.
#[derive(Clone, Debug)]
pub enum Guard<'a> {
    /// Known not to exist, or not to apply.
    None,
    /// Root of the organization first; every level must allow.
    Levels(Vec<Layer<'a>>),
    /// Not collected: may block.
    Unread(&'a str),
}

/// All policies that have a say in one request.
#[derive(Clone, Debug)]
pub struct Layers<'a> {
    /// Identity policies of the caller: inline, attached and through groups.
    pub identity: Layer<'a>,
    /// The permissions boundary, when there is one and it was read.
    pub boundary: Option<Layer<'a>>,
    /// A boundary that was not read.
    pub boundary_unread: Option<&'a str>,
    /// Session policies.
    pub session: Option<Layer<'a>>,
    /// Service control policies over the caller's account. Leave them out for the management
    /// account (rule 23); service-linked roles are left out here.
    pub scps: Guard<'a>,
    /// Resource control policies over the resource's account. Leave them out for the management
    /// account and for AWS managed keys (rule 24); services they do not cover are left out here.
    pub rcps: Guard<'a>,
    /// The policy on the resource.
    pub resource: ResourcePolicy<'a>,
    /// What kind of policy that is.
    pub resource_kind: ResourceKind,
    /// What allows beside the policies.
    pub beside: Beside<'a>,
    /// What denies beside the policies, and cannot be edited: the network origin of an access
    /// point.
    pub fixed: Option<&'a Document>,
    /// The policy of the VPC endpoint the request goes through.
    pub endpoint: Option<Layer<'a>>,
    /// What kind of endpoint that is.
    pub endpoint_kind: EndpointKind,
    /// Whether `RestrictPublicBuckets` is on for the bucket (rule 30).
    pub block_public_access: Truth,
}

impl Default for Layers<'_> {
    /// No policy at all: what a caller fills in.
    fn default() -> Self {
        Self {
            identity: Layer::default(),
            boundary: None,
            boundary_unread: None,
            session: None,
            scps: Guard::None,
            rcps: Guard::None,
            resource: ResourcePolicy::None,
            resource_kind: ResourceKind::Ordinary,
            beside: Beside::None,
            fixed: None,
            endpoint: None,
            endpoint_kind: EndpointKind::Unclear,
            block_public_access: Truth::False,
        }
    }
}

/// A layer of policy, in the order in which evidence is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LayerKind {
    /// Identity policies.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// Session policies.
    Session,
    /// Service control policies.
    Scp,
    /// Resource control policies.
    Rcp,
    /// A resource policy.
    Resource,
    /// A trust policy.
    Trust,
    /// A key policy.
    Key,
    /// A grant of a KMS key.
    Grant,
    /// The permissions of a shared snapshot.
    Sharing,
    /// The network origin of an access point.
    Origin,
    /// A VPC endpoint policy.
    Endpoint,
}

impl Decision {
    /// A verdict that rests on nothing.
    pub(super) fn of(strength: Strength) -> Self {
        Self {
            strength,
            evidence: Vec::new(),
            residual: Vec::new(),
            unread: Vec::new(),
            without_denies: strength,
            ungranted: None,
            blocked_by: Vec::new(),
            keys: BTreeSet::new(),
        }
    }
}

/// One statement that carries a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Its layer.
    pub layer: LayerKind,
    /// Its effect.
    pub effect: Effect,
    /// Where it stands.
    pub source: Source,
    /// Its `Sid`.
    pub sid: Option<String>,
}

/// Something undecided that keeps a verdict from *always*.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residual {
    /// The layer of the statement.
    pub layer: LayerKind,
    /// Its effect: an Allow that may not apply, or a Deny that may.
    pub effect: Effect,
    /// Where it stands.
    pub source: Source,
    /// `StringEquals aws:PrincipalTag/team = payments`
    pub text: String,
}

/// The verdict on one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// How surely the request is allowed.
    pub strength: Strength,
    /// A minimal set of statements that carries the verdict: one allow for each layer that needs
    /// one, or the deny that is certain. Empty when nothing grants.
    pub evidence: Vec<Evidence>,
    /// What is undecided and keeps the verdict from *always*.
    pub residual: Vec<Residual>,
    /// Documents that were not read and could change the verdict.
    pub unread: Vec<String>,
    /// The strength if no certain deny matched.
    pub without_denies: Strength,
    /// The layer that grants nothing, when exactly one does.
    pub ungranted: Option<LayerKind>,
    /// Every layer that certainly denies, or grants nothing on the way to a grant that lacks
    /// least: what would have to change, all of it. In order; empty unless *never*.
    pub blocked_by: Vec<LayerKind>,
    /// Condition keys, in lower case, that any statement looked at that is about this caller,
    /// action and resource.
    pub keys: BTreeSet<String>,
}
