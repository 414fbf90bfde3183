//! Kafka decisions about sessions.
//!
//! Must never: know a network; that a session can be opened is other rules' business.

use std::collections::BTreeMap;

use super::callers::super_users;
use super::verdict::Verdict;
use super::world::{ANY_OTHER_USER, SessionOf};
use crate::estate::{Cluster, Estate, Origin, Seen};
use crate::facts::{Evidence, Kind, Note, NoteKind, Thing};
use crate::policy::{
    AclBinding, Authorizer, AuthorizerClass, Host, KafkaReason, Operation, ResourceType, Truth,
};
use crate::reach::Strength;

/// One authorizer for each cluster.
pub(super) struct Authorizers<'e> {
    by_cluster: BTreeMap<&'e str, Authorizer>,
}

/// A name that no ACL has, to ask for everybody whom no ACL names.
const NOBODY: &str = "User:\u{1}";

impl<'e> Authorizers<'e> {
    pub(super) fn new(estate: &'e Estate) -> Self {
        let clusters = estate.clusters.iter();
        Self {
            by_cluster: clusters
                .map(|(name, cluster)| (name.as_str(), of(cluster)))
                .collect(),
        }
    }

    /// Whether the session is let through before any ACL: a super user, or no authorizer at all.
    /// Nothing when it is not.
    pub(super) fn bypass(&self, session: &SessionOf<'_>) -> Option<Verdict> {
        let decision = self.decide(session, &Operation::Read, &ResourceType::Topic, "x")?;
        bypasses(decision.reason).then(|| verdict(session, &decision, "READ"))
    }

    /// Whether an ACL, or the default, allows; nothing for sessions that pass before any ACL.
    pub(super) fn acl(
        &self,
        session: &SessionOf<'_>,
        operation: &str,
        on: &Thing,
    ) -> Option<Verdict> {
        let name = on
            .id
            .split_once('/')
            .map_or(on.id.as_str(), |(_, topic)| topic);
        let (resource_type, name) = if on.kind == Kind::Cluster {
            (ResourceType::Cluster, "kafka-cluster")
        } else {
            (ResourceType::Topic, name)
        };
        let parsed: Operation = operation.parse().unwrap_or(Operation::Read);
        let decision = self.decide(session, &parsed, &resource_type, name)?;
        (!bypasses(decision.reason)).then(|| verdict(session, &decision, operation))
    }

    /// What holds once the session has written its own ACL. Nothing for sessions that need none.
    pub(super) fn after_edit(&self, session: &SessionOf<'_>) -> Option<Verdict> {
        if self.bypass(session).is_some() {
            return None;
        }
        let says = format!("an ACL of its own making lets {} read", session.principal);
        let origin = Origin::Inferred {
            why: "whoever may alter the cluster may write ACLs".to_owned(),
            from: Vec::new(),
        };
        Some(Verdict {
            evidence: vec![Evidence::description(says, origin)],
            ..Verdict::certain()
        })
    }

    fn decide(
        &self,
        session: &SessionOf<'_>,
        operation: &Operation,
        resource_type: &ResourceType,
        name: &str,
    ) -> Option<crate::policy::KafkaDecision> {
        let authorizer = self.by_cluster.get(session.cluster.name.as_str())?;
        let principal = match session.principal.as_str() {
            ANY_OTHER_USER => NOBODY,
            principal => principal,
        };
        let host = session.address.as_deref().map_or(Host::Any, Host::Address);
        Some(authorizer.authorize(principal, host, operation, resource_type, name))
    }
}

/// Whether a request passed before any ACL was looked at.
fn bypasses(reason: KafkaReason) -> bool {
    matches!(reason, KafkaReason::SuperUser | KafkaReason::NoAuthorizer)
}

fn verdict(
    session: &SessionOf<'_>,
    decision: &crate::policy::KafkaDecision,
    operation: &str,
) -> Verdict {
    let says = match decision.reason {
        KafkaReason::SuperUser => format!("{} is a super user", session.principal),
        KafkaReason::NoAuthorizer => "no authorizer is configured".to_owned(),
        KafkaReason::NoAclDefault => {
            format!("no ACL is about it, and the default allows {operation} to everyone")
        }
        KafkaReason::Acl => format!("an ACL allows {operation} to {}", session.principal),
        KafkaReason::DeniedByAcl
        | KafkaReason::NotGranted
        | KafkaReason::DeniedByDefault
        | KafkaReason::Unread => format!("{operation} by {}", session.principal),
    };
    let evidence = decision.evidence.iter();
    let evidence = evidence.map(|source| Evidence::statement(says.clone(), source.clone()));
    let mut evidence: Vec<Evidence> = evidence.collect();
    if evidence.is_empty() && decision.strength > Strength::Gap {
        let from: Vec<_> = session
            .cluster
            .brokers
            .values()
            .map(|b| b.source.clone())
            .collect();
        let why = "no property of the brokers says otherwise".to_owned();
        evidence.push(Evidence::description(says, Origin::Inferred { why, from }));
    }
    let unread = decision.unread.iter().map(|what| Note {
        kind: NoteKind::NotCollected,
        text: what.clone(),
        source: None,
    });
    Verdict {
        strength: decision.strength,
        evidence,
        notes: unread.collect(),
        ..Verdict::certain()
    }
}

fn of(cluster: &Cluster) -> Authorizer {
    let brokers = || cluster.brokers.values();
    let property = |name: &str| {
        brokers()
            .filter_map(|broker| broker.properties.get(name))
            .map(|p| p.value.trim())
            .next()
    };
    let read = !cluster.brokers.is_empty();
    let class = match property("authorizer.class.name") {
        Some("") | None if read => AuthorizerClass::None,
        None => AuthorizerClass::Unread,
        Some(class) if STANDARD.contains(&class) => AuthorizerClass::Standard,
        Some(class) => AuthorizerClass::Other(class.to_owned()),
    };
    let mut super_users: Vec<(String, crate::capture::Source)> = brokers()
        .flat_map(super_users)
        .map(|(user, source)| (user.to_owned(), source.clone()))
        .collect();
    super_users.sort();
    super_users.dedup_by(|a, b| a.0 == b.0);
    let (acls, acls_unread): (Vec<AclBinding>, Option<String>) = match &cluster.acls {
        Seen::Is(acls) => (acls.clone(), None),
        Seen::Absent => (Vec::new(), None),
        Seen::Unread(what) => (Vec::new(), Some(what.to_string())),
    };
    Authorizer {
        class,
        super_users,
        allow_everyone_if_no_acl: match property("allow.everyone.if.no.acl.found") {
            Some(value) => value.eq_ignore_ascii_case("true").into(),
            None if read => Truth::False,
            None => Truth::Unknown,
        },
        acls,
        acls_unread,
    }
}

/// Authorizers whose truth is the cluster's ACLs.
const STANDARD: [&str; 2] = [
    "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "kafka.security.authorizer.AclAuthorizer",
];
