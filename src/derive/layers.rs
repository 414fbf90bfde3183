//! The policies of each layer that have a say in a request, as the policy engine takes them.
//!
//! Must never: take a policy that was not read for one that is not there.

use crate::estate::{Estate, Identity, IdentityKind, OrgLevel, PolicyHold, Seen};
use crate::policy::{Caller, Document, Guard, Layer, rcp_covers};

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

/// The resource control policies over what a request is about: those of the owner's account, for the
/// services that they cover. Keys that AWS manages are not bound (rule 24).
///
/// Source: Organizations User Guide, "Resource control policies (RCPs)", "Resources and entities not
/// restricted by RCPs".
pub(super) fn resource_guard<'e>(
    estate: &'e Estate,
    owner: Option<&str>,
    managed_key: bool,
    action: &str,
) -> Guard<'e> {
    match owner {
        Some(account) if !managed_key && !rcp_covers(action).is_false() => {
            let unread = "resource control policies";
            guard(estate, account, "rcps", unread, |level| &level.rcps)
        }
        Some(_) | None => Guard::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANAGEMENT: &str = "999900001111";
    const MEMBER: &str = "111122223333";

    /// An organization of two accounts with a policy of each kind at its root.
    fn organization() -> Estate {
        let mut estate = Estate::default();
        estate.organization.id = Seen::Is("o-1".to_owned());
        estate.organization.management_account = Some(MANAGEMENT.to_owned());
        let level = || OrgLevel {
            id: "r-1".to_owned(),
            scps: Seen::Is(Vec::new()),
            rcps: Seen::Is(Vec::new()),
        };
        for account in [MANAGEMENT, MEMBER] {
            let levels = vec![level()];
            estate
                .organization
                .levels
                .insert(account.to_owned(), levels);
        }
        estate
    }

    fn levels(guard: &Guard<'_>) -> usize {
        match guard {
            Guard::None => 0,
            Guard::Levels(levels) => levels.len(),
            Guard::Unread(_) => usize::MAX,
        }
    }

    #[test]
    fn rule_23_the_management_account_is_bound_by_no_policy_of_its_organization() {
        let estate = organization();
        for (account, want) in [(MANAGEMENT, 0), (MEMBER, 1), ("444455556666", usize::MAX)] {
            let scps = guard(&estate, account, "scps", "SCPs", |level| &level.scps);
            assert_eq!(levels(&scps), want, "{account}");
            let rcps = resource_guard(&estate, Some(account), false, "s3:GetObject");
            assert_eq!(levels(&rcps), want, "{account}");
        }
    }

    #[test]
    fn rule_24_rcps_leave_aws_managed_keys_and_other_services_alone() {
        let estate = organization();
        let bound =
            |managed, action| levels(&resource_guard(&estate, Some(MEMBER), managed, action));
        assert_eq!(bound(false, "kms:Decrypt"), 1);
        assert_eq!(bound(true, "kms:Decrypt"), 0);
        assert_eq!(bound(false, "kms:RetireGrant"), 0);
        assert_eq!(bound(false, "ec2:AttachVolume"), 0);
    }

    #[test]
    fn rule_25_a_delegated_administrator_is_a_member_like_any_other() {
        let estate = organization();
        let scps = guard(&estate, MEMBER, "scps", "SCPs", |level| &level.scps);
        let rcps = resource_guard(&estate, Some(MEMBER), false, "s3:GetObject");
        assert_eq!((levels(&scps), levels(&rcps)), (1, 1));
    }
}
