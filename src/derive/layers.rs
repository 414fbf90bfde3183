//! The policies of each layer that have a say in a request, as the policy engine takes them.
//!
//! Must never: take a policy that was not read for one that is not there.

use crate::estate::{Estate, Identity, IdentityKind, OrgLevel, PolicyHold, Seen};
use crate::policy::{Caller, Document, Guard, Layer};

/// The caller that an identity makes requests as.
pub(super) fn caller_of(identity: &Identity) -> Caller {
    match identity.kind {
        IdentityKind::User => Caller::User {
            arn: identity.arn.clone(),
        },
        IdentityKind::Role => Caller::Role {
            arn: identity.arn.clone(),
            session: None,
        },
        IdentityKind::Root => Caller::Root {
            account: identity.account.clone(),
        },
    }
}

pub(super) fn read_documents(identity: &Identity) -> Vec<&Document> {
    identity
        .policies
        .iter()
        .filter_map(|hold| hold.document.as_ref())
        .map(|d| &**d)
        .collect()
}

pub(super) fn layer(holds: &[PolicyHold]) -> Layer<'_> {
    let mut layer = Layer::default();
    for hold in holds {
        match &hold.document {
            Seen::Is(document) => layer.documents.push(document),
            Seen::Unread(what) => layer.unread.push(what),
            Seen::Absent => {}
        }
    }
    layer
}

pub(super) fn one_layer(hold: &PolicyHold) -> Option<Layer<'_>> {
    hold.document
        .as_ref()
        .map(|document| Layer::of([&**document]))
}

pub(super) fn boundary_unread(identity: &Identity) -> Option<&str> {
    match &identity.boundary {
        Seen::Unread(what) => Some(what),
        Seen::Is(hold) => match &hold.document {
            Seen::Unread(what) => Some(what),
            Seen::Is(_) | Seen::Absent => None,
        },
        Seen::Absent => None,
    }
}

/// The organization's limits over an account: known not to bind it, read level by level, or
/// unread.
pub(super) fn guard<'e>(
    estate: &'e Estate,
    account: &str,
    assumption: &str,
    unread: &'e str,
    of: impl Fn(&'e OrgLevel) -> &'e Seen<Vec<PolicyHold>>,
) -> Guard<'e> {
    let organization = &estate.organization;
    let assumed = estate
        .config
        .assume
        .get(assumption)
        .is_some_and(|(value, _)| value == "none");
    let exempt = organization.management_account.as_deref() == Some(account);
    if assumed || exempt || matches!(organization.id, Seen::Absent) {
        return Guard::None;
    }
    let Some(levels) = organization.levels.get(account) else {
        return Guard::Unread(unread);
    };
    let mut read = Vec::new();
    for level in levels {
        match of(level) {
            Seen::Is(holds) => read.push(layer(holds)),
            Seen::Absent => {}
            Seen::Unread(what) => read.push(Layer {
                documents: Vec::new(),
                unread: vec![what],
            }),
        }
    }
    Guard::Levels(read)
}
