//! Requests that nothing grants, told from the documents alone.
//!
//! Most pairs of a caller and a resource have no statement that could allow the action. Saying so
//! here spares the policy engine; what it would have answered is the same.
//!
//! Must never: speak where anything was not read, or where a statement may name the caller.

use crate::estate::{Identity, IdentityKind, Seen};
use crate::policy::{
    Beside, Caller, Clause, Document, Effect, ResourceKind, ResourcePolicy, Statement,
};

/// Whether a request of a known identity certainly has no grant on any side that it needs.
pub(super) fn is_certain(
    action: &str,
    caller: &Caller,
    identity: &Identity,
    resource: &ResourcePolicy<'_>,
    kind: ResourceKind,
    beside: &Beside<'_>,
) -> bool {
    if identity.kind == IdentityKind::Root || !matches!(beside, Beside::None) {
        return false;
    }
    let named = match resource {
        ResourcePolicy::None => false,
        ResourcePolicy::Document(document) => grants(document, action, Some(caller)),
        ResourcePolicy::Unread(_) | ResourcePolicy::Edited => return false,
    };
    match kind {
        // Without its trust policy nobody assumes a role.
        ResourceKind::Trust => !named && matches!(resource, ResourcePolicy::Document(_)),
        ResourceKind::Ordinary => !named && !own_grant(identity, action),
        // Whether a key policy hands the question to the caller's account is the engine's to say.
        ResourceKind::Key => false,
    }
}

/// Services whose resources have no policy, or none that is read: what their requests need stands
/// in policies of the caller.
const WITHOUT_POLICIES: [&str; 5] = ["lambda:", "ecs:", "eks:", "iam:PassRole", "ec2:Run"];

/// Whether an identity certainly has no grant for an action that identity policies alone can grant.
pub(super) fn is_mute(identity: &Identity, action: &str) -> bool {
    let alone = WITHOUT_POLICIES.iter().any(|own| action.starts_with(own));
    alone && identity.kind != IdentityKind::Root && !own_grant(identity, action)
}

/// Whether a policy of the identity's own may grant the action, or was not read.
fn own_grant(identity: &Identity, action: &str) -> bool {
    identity.policies.iter().any(|hold| match &hold.document {
        Seen::Is(document) => grants(document, action, None),
        Seen::Unread(_) => true,
        Seen::Absent => false,
    })
}

/// Whether some statement may allow the action, to this caller where the document names callers.
fn grants(document: &Document, action: &str, caller: Option<&Caller>) -> bool {
    document.statements.iter().any(|statement| {
        statement.may(Effect::Allow)
            && !statement.covers_action(action).is_false()
            && caller.is_none_or(|caller| may_name(statement, caller))
    })
}

fn may_name(statement: &Statement, caller: &Caller) -> bool {
    match &statement.principal {
        Clause::In(names) => names.iter().any(|name| name.may_name(caller)),
        Clause::NotIn(_) | Clause::Absent | Clause::Unreadable => true,
    }
}
