//! Brokers in containers: the interface that a broker answers at, and the role of its pods or task,
//! where that is not its host's.
//!
//! Source: ECS Developer Guide, "Task IAM role"; EKS User Guide, "EKS Pod Identity" and "IAM roles
//! for service accounts"; Strimzi: the pods of cluster C run as service account `C-kafka`, behind
//! the service `C-kafka-brokers`.
//!
//! Must never: choose between two that fit equally well, or guess a service account.

use super::build::Builder;
use super::link::{at, pins, refuted};
use super::{Broker, Cluster, Link, Origin, Seen};
use crate::capture::Source;
use crate::policy::Effect;

/// The one network interface, of no instance, that has this broker's address.
pub(super) fn interface(
    builder: &Builder<'_>,
    cluster: &str,
    broker: &Broker,
    addresses: &[(String, &'static str, Source)],
) -> Option<Link> {
    for (address, says, source) in addresses {
        let tasks = builder.estate.tasks.values();
        let by_task = tasks
            .filter(|task| task.addresses.contains(address))
            .filter_map(|task| Some((task.interfaces.first()?, &task.origin)));
        let all = builder.estate.interfaces.values();
        let listed = all
            .filter(|i| i.instance.is_none() && i.private_addresses.contains(address))
            .map(|i| (&i.id, &i.origin));
        let mut found: Vec<(&String, &Origin)> = by_task.chain(listed).collect();
        found.dedup_by(|a, b| a.0 == b.0);
        if let [(id, origin)] = &found[..] {
            let why = format!(
                "private address {address} of {id} is the {says} of node {} of {cluster}",
                broker.id
            );
            let from = std::iter::once(source.clone()).chain(at(origin)).collect();
            return Some(Link {
                to: (*id).clone(),
                origin: Origin::Inferred { why, from },
            });
        }
    }
    None
}

/// Sets service account and role of each broker that runs in a container.
pub(super) fn roles(builder: &Builder<'_>, cluster: &mut Cluster) {
    let kind = "broker-role";
    let name = cluster.name.clone();
    for broker in cluster.brokers.values_mut() {
        broker.service_account = strimzi(broker).map(|(namespace, account, source)| Link {
            to: format!("{namespace}/{account}"),
            origin: Origin::Inferred {
                why: format!(
                    "node {} of {name} runs as service account {namespace}/{account}",
                    broker.id
                ),
                from: vec![source],
            },
        });
        let from = format!("{name}/{}", broker.id);
        let pinned = pins(builder, kind, &[&from]).into_iter().next();
        let found = pinned.or_else(|| {
            let found = of_task(builder, &name, broker);
            let found = found.or_else(|| of_service_account(builder, &name, broker));
            found.filter(|link| !refuted(builder, kind, &[&from], &link.to))
        });
        broker.role = found;
    }
}

fn of_task(builder: &Builder<'_>, cluster: &str, broker: &Broker) -> Option<Link> {
    let interface = broker.interface.as_ref()?;
    let mut tasks = builder.estate.tasks.values();
    let task = tasks.find(|task| task.interfaces.contains(&interface.to))?;
    let role = task.role.as_ref()?;
    let why = format!(
        "node {} of {cluster} answers at {}, the interface of task {}, which acts as {}",
        broker.id, interface.to, task.arn, role.to
    );
    Some(Link {
        to: role.to.clone(),
        origin: Origin::Inferred {
            why,
            from: at(&role.origin).into_iter().collect(),
        },
    })
}

/// Namespace and service account of a broker that Strimzi runs, from the name of its pod.
fn strimzi(broker: &Broker) -> Option<(String, String, Source)> {
    let property = broker.properties.get("advertised.listeners")?;
    property.value.split(',').find_map(|item| {
        let (_, rest) = item.trim().split_once("://")?;
        let (host, _) = rest.rsplit_once(':')?;
        let mut labels = host.split('.');
        let (_pod, service) = (labels.next()?, labels.next()?);
        let namespace = labels.next()?;
        let cluster = service.strip_suffix("-kafka-brokers")?;
        (labels.next() == Some("svc")).then(|| {
            let account = format!("{cluster}-kafka");
            (namespace.to_owned(), account, property.source.clone())
        })
    })
}

/// The role that Pod Identity gives the service account, else the only one that trusts it.
fn of_service_account(builder: &Builder<'_>, cluster: &str, broker: &Broker) -> Option<Link> {
    let (namespace, account, source) = strimzi(broker)?;
    let estate = &builder.estate;
    let mut found: Vec<(String, String, Option<Source>)> = Vec::new();
    for kubernetes in estate.kubernetes.values() {
        for identity in kubernetes.pod_identities.as_ref().into_iter().flatten() {
            let same = identity.namespace == namespace && identity.service_account == account;
            if let Some(role) = identity.role.as_ref().filter(|_| same) {
                let how = format!("Pod Identity of EKS cluster {}", kubernetes.name);
                found.push((role.to.clone(), how, at(&identity.origin)));
            }
        }
    }
    if found.is_empty() {
        let subject = format!("system:serviceaccount:{namespace}:{account}");
        found = trusting(builder, &subject);
    }
    found.sort();
    found.dedup_by(|a, b| a.0 == b.0);
    let [(role, how, place)] = &found[..] else {
        return None;
    };
    let why = format!(
        "node {} of {cluster} runs as service account {namespace}/{account}, and {how} gives it {role}",
        broker.id
    );
    Some(Link {
        to: role.clone(),
        origin: Origin::Inferred {
            why,
            from: std::iter::once(source).chain(place.clone()).collect(),
        },
    })
}

/// Roles whose trust policy names the subject of a service account's token.
fn trusting(builder: &Builder<'_>, subject: &str) -> Vec<(String, String, Option<Source>)> {
    let mut found = Vec::new();
    for identity in builder.estate.identities.values() {
        let Seen::Is(trust) = &identity.trust else {
            continue;
        };
        let allowing = trust
            .statements
            .iter()
            .filter(|s| s.effect == Some(Effect::Allow));
        for statement in allowing {
            let names = statement.conditions.iter().any(|test| {
                test.key_text.to_ascii_lowercase().ends_with(":sub")
                    && test.values.iter().any(|value| value.text() == subject)
            });
            if names {
                let how = "its trust policy".to_owned();
                found.push((identity.arn.clone(), how, Some(statement.source.clone())));
            }
        }
    }
    found
}
