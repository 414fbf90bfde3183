//! Kafka decisions about sessions.
//!
//! Must never: know a network; that a session can be opened is other rules' business.

use std::collections::BTreeMap;

use super::callers::super_users;
use super::verdict::Verdict;
use super::world::{ANY_OTHER_USER, SessionOf};
use crate::estate::{Broker, Cluster, Estate, Origin, Seen};
use crate::facts::{Evidence, Kind, Note, Thing};
use crate::policy::{
    AclBinding, Authorizer, AuthorizerClass, Host, KafkaReason, Operation, ResourceType, Truth,
};
use crate::reach::Strength;

/// The authorizers of each cluster: one, or where brokers are configured differently one for each
/// configuration.
pub(super) struct Authorizers<'e> {
    by_cluster: BTreeMap<&'e str, Vec<Variant>>,
}

/// An authorizer, and the brokers that are configured so.
struct Variant {
    authorizer: Authorizer,
    brokers: Vec<i32>,
    /// Whether one of them serves topics; nodes that are controllers alone decide about the
    /// cluster and never about a fetch.
    serves: bool,
}

/// What decides one request: the most permissive broker's answer.
///
/// Every broker checks the requests that it gets, with its own configuration; a partition is read
/// from the broker that leads it. Source: Apache Kafka documentation, "Authorization and ACLs".
struct Decided {
    decision: crate::policy::KafkaDecision,
    /// The brokers that answer so, where others answer more strictly.
    only_on: Option<Vec<i32>>,
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
        bypasses(decision.decision.reason).then(|| verdict(session, &decision, "READ"))
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
        (!bypasses(decision.decision.reason)).then(|| verdict(session, &decision, operation))
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
    ) -> Option<Decided> {
        let variants = self.by_cluster.get(session.cluster.name.as_str())?;
        let principal = match session.principal.as_str() {
            ANY_OTHER_USER => NOBODY,
            principal => principal,
        };
        let host = session.address.as_deref().map_or(Host::Any, Host::Address);
        let mut best: Option<(crate::policy::KafkaDecision, Vec<i32>)> = None;
        let mut differ = false;
        let about_topics = *resource_type == ResourceType::Topic;
        let some_serve = variants.iter().any(|v| v.serves);
        for variant in variants {
            if about_topics && some_serve && !variant.serves {
                continue;
            }
            let decision =
                variant
                    .authorizer
                    .authorize(principal, host, operation, resource_type, name);
            let rank = |d: &crate::policy::KafkaDecision| (d.strength, bypasses(d.reason));
            match &mut best {
                None => best = Some((decision, variant.brokers.clone())),
                Some((known, brokers)) if rank(known) == rank(&decision) => {
                    brokers.extend(&variant.brokers);
                }
                Some(known) => {
                    differ = true;
                    if rank(&decision) > rank(&known.0) {
                        *known = (decision, variant.brokers.clone());
                    }
                }
            }
        }
        let (decision, brokers) = best?;
        Some(Decided {
            decision,
            only_on: differ.then_some(brokers),
        })
    }
}

/// Whether a request passed before any ACL was looked at.
fn bypasses(reason: KafkaReason) -> bool {
    matches!(reason, KafkaReason::SuperUser | KafkaReason::NoAuthorizer)
}

fn verdict(session: &SessionOf<'_>, decided: &Decided, operation: &str) -> Verdict {
    let decision = &decided.decision;
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
        let why = if session.cluster.managed.is_some() {
            "Amazon MSK's defaults, or its configuration, say so".to_owned()
        } else {
            "no property of the brokers says otherwise".to_owned()
        };
        evidence.push(Evidence::description(says, Origin::Inferred { why, from }));
    }
    if let Some(brokers) = &decided.only_on
        && decision.strength > Strength::Never
    {
        evidence.push(disagreement(session, brokers));
    }
    let unread = decision
        .unread
        .iter()
        .map(|what| Note::not_collected(what.clone()));
    Verdict {
        strength: decision.strength,
        evidence,
        notes: unread.collect(),
        ..Verdict::certain()
    }
}

fn disagreement(session: &SessionOf<'_>, brokers: &[i32]) -> Evidence {
    let ids: Vec<String> = brokers.iter().map(ToString::to_string).collect();
    let says = format!(
        "brokers disagree: so answers broker {}, and others are stricter",
        ids.join(", ")
    );
    let of = |id: &i32| session.cluster.brokers.get(id).map(|b| b.source.clone());
    let from = brokers.iter().filter_map(of).collect();
    let why = "their properties differ".to_owned();
    Evidence::description(says, Origin::Inferred { why, from })
}

/// One authorizer for each way in which brokers are configured.
fn of(cluster: &Cluster) -> Vec<Variant> {
    let (acls, acls_unread): (Vec<AclBinding>, Option<String>) = match &cluster.acls {
        Seen::Is(acls) => (acls.clone(), None),
        Seen::Absent => (Vec::new(), None),
        Seen::Unread(what) => (Vec::new(), Some(what.to_string())),
    };
    let unread = Authorizer {
        class: AuthorizerClass::Unread,
        super_users: Vec::new(),
        allow_everyone_if_no_acl: Truth::Unknown,
        acls,
        acls_unread,
    };
    let mut variants: Vec<Variant> = Vec::new();
    for broker in cluster.brokers.values() {
        let authorizer = configured(cluster, broker, &unread);
        let users = |a: &Authorizer| -> Vec<String> {
            a.super_users.iter().map(|(user, _)| user.clone()).collect()
        };
        let same = |v: &&mut Variant| {
            v.authorizer.class == authorizer.class
                && v.authorizer.allow_everyone_if_no_acl == authorizer.allow_everyone_if_no_acl
                && users(&v.authorizer) == users(&authorizer)
        };
        match variants.iter_mut().find(same) {
            Some(variant) => {
                variant.brokers.push(broker.id);
                variant.serves |= broker.holds_data;
            }
            None => variants.push(Variant {
                authorizer,
                brokers: vec![broker.id],
                serves: broker.holds_data,
            }),
        }
    }
    if variants.is_empty() {
        variants.push(Variant {
            authorizer: unread,
            brokers: Vec::new(),
            serves: true,
        });
    }
    variants
}

/// The authorizer that one broker's properties configure.
fn configured(cluster: &Cluster, broker: &Broker, unread: &Authorizer) -> Authorizer {
    let property = |name: &str| broker.properties.get(name).map(|p| p.value.trim());
    let class = match property("authorizer.class.name") {
        Some("") | None => AuthorizerClass::None,
        Some(class) if STANDARD.contains(&class) => AuthorizerClass::Standard,
        Some(class) => AuthorizerClass::Other(class.to_owned()),
    };
    let mut super_users: Vec<(String, crate::capture::Source)> = super_users(broker)
        .map(|(user, source)| (user.to_owned(), source.clone()))
        .collect();
    super_users.sort();
    super_users.dedup_by(|a, b| a.0 == b.0);
    Authorizer {
        class,
        super_users,
        allow_everyone_if_no_acl: match property("allow.everyone.if.no.acl.found") {
            Some(value) => value.eq_ignore_ascii_case("true").into(),
            // The service's default is not Kafka's, and a configuration that was not read decides.
            None if cluster.managed.is_some() => Truth::Unknown,
            None => Truth::False,
        },
        ..unread.clone()
    }
}

/// Authorizers whose truth is the cluster's ACLs.
const STANDARD: [&str; 2] = [
    "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "kafka.security.authorizer.AclAuthorizer",
];
