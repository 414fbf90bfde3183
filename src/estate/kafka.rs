//! Kafka clusters: brokers, listeners, topics, ACLs, users and the buckets of their logs.
//!
//! Must never: see a password, or let one broken file hide the cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;
use std::sync::Arc;

use super::build::Builder;
use super::{Broker, Cluster, Outcome, Property, Seen, Severity, Topic};
use super::{acls, listeners, log_stores, topics};
use crate::capture::{PropertyLine, Source, Text, TextFile, jaas_options};
use crate::names::KafkaPrincipal;

/// Reads all clusters.
pub(super) fn read(builder: &mut Builder<'_>) {
    let mut clusters: BTreeMap<&str, Vec<&TextFile>> = BTreeMap::new();
    // A connector alone makes no cluster: `connectors` reads them.
    let own = |file: &&TextFile| !matches!(file.content, Text::Connector(_));
    for file in builder.capture.texts.iter().filter(own) {
        clusters.entry(&file.cluster).or_default().push(file);
    }
    for (name, files) in clusters {
        cluster(builder, name, &files);
    }
}

/// A cluster of which nothing but the name is known.
pub(super) fn empty(name: &str) -> Cluster {
    Cluster {
        name: name.to_owned(),
        account: None,
        region: None,
        brokers: BTreeMap::new(),
        topics: Seen::Unread(Arc::from(format!("kafka:topics of {name}"))),
        acls: Seen::Unread(Arc::from(format!("kafka:acls of {name}"))),
        users: BTreeMap::new(),
        buckets: BTreeMap::new(),
        file_systems: BTreeMap::new(),
        managed: None,
        moved: false,
        roles: BTreeMap::new(),
        must_hold: BTreeSet::new(),
        object_keys: BTreeMap::new(),
        side_buckets: BTreeMap::new(),
        vendors: Vec::new(),
        retired_volumes: Vec::new(),
        model: String::new(),
    }
}

fn cluster(builder: &mut Builder<'_>, name: &str, files: &[&TextFile]) {
    let mut cluster = empty(name);
    for call in ["kafka:acls", "kafka:topics", "kafka:properties"] {
        builder.cover(call, "", "", name, Outcome::NotCollected);
    }
    for file in files {
        match &file.content {
            Text::Properties(lines) => broker(builder, &mut cluster, &file.file, lines),
            Text::Acls(text) => read_acls(builder, &mut cluster, &file.file, text),
            Text::Topics(text) => read_topics(builder, &mut cluster, &file.file, text),
            Text::Connector(_) => {}
        }
    }
    users(&mut cluster);
    log_stores::read(builder, &mut cluster);
    cluster.model = said_model(builder, name);
    missing_brokers(builder, &cluster);
    builder.estate.clusters.insert(name.to_owned(), cluster);
}

/// The model that `catchment.toml` names; empty when it names none.
pub(super) fn said_model(builder: &Builder<'_>, name: &str) -> String {
    let said = builder.estate.config.clusters.get(name);
    let model = said.and_then(|c| c.get("model"));
    model.map(|(model, _)| model.clone()).unwrap_or_default()
}

/// Whether the log lies in object storage by AutoMQ's decisive switch.
pub(super) fn is_automq(cluster: &Cluster) -> bool {
    let on = |b: &Broker| {
        b.properties
            .get("elasticstream.enable")
            .is_some_and(|p| p.value.trim() == "true")
    };
    cluster.brokers.values().any(on)
}

fn broker(
    builder: &mut Builder<'_>,
    cluster: &mut Cluster,
    file: &Arc<str>,
    lines: &[PropertyLine],
) {
    let start = Source::new(file.clone(), 1, "");
    let mut doubtful = builder.capture.diagnostics.iter().any(|d| {
        d.code == "malformed-property" && d.source.as_ref().is_some_and(|s| s.file() == &**file)
    });
    let mut properties: BTreeMap<String, Property> = BTreeMap::new();
    for line in lines {
        let property = Property {
            value: line.value.clone(),
            source: line.source.clone(),
        };
        // The last one counts, as in Java.
        if let Some(earlier) = properties.insert(line.key.clone(), property)
            && earlier.value != line.value
        {
            let message = format!(
                "`{}` was set before at {}; the last value counts",
                line.key, earlier.source
            );
            builder.note(
                "repeated-property",
                Severity::Warning,
                message,
                Some(line.source.clone()),
            );
        }
    }
    let written = properties
        .get("node.id")
        .or_else(|| properties.get("broker.id"));
    let number = written
        .and_then(|p| p.value.trim().parse::<i32>().ok())
        .filter(|id| *id >= 0);
    let id = number.unwrap_or_else(|| stand_in(cluster, file));
    if number.is_none() {
        doubtful = true;
        let message = format!(
            "no number as `node.id` or `broker.id`; the node is taken for {id}: write its number"
        );
        let source = written.map_or_else(|| start.clone(), |p| p.source.clone());
        builder.note("broker-without-id", Severity::Error, message, Some(source));
    }
    let (listeners, broken) = listeners::parse(&properties, &start);
    for (listener, source) in broken {
        doubtful = true;
        let message = format!(
            "listener `{listener}` has no host, port or protocol that can be read; it was left out"
        );
        builder.note("malformed-listener", Severity::Error, message, Some(source));
    }
    let roles = properties.get("process.roles").map(|p| p.value.clone());
    let broker = Broker {
        id,
        holds_data: roles
            .is_none_or(|r| r.trim().is_empty() || r.split(',').any(|r| r.trim() == "broker")),
        listeners,
        host: None,
        interface: None,
        role: None,
        service_account: None,
        volumes: Vec::new(),
        wal_volumes: Vec::new(),
        source: start.clone(),
        properties,
    };
    if let Some(first) = cluster.brokers.get(&id) {
        if first
            .properties
            .iter()
            .map(|(k, p)| (k, &p.value))
            .ne(broker.properties.iter().map(|(k, p)| (k, &p.value)))
        {
            let message = format!(
                "node {id} of `{}` is described differently at {}, which was used",
                cluster.name,
                first.source.file()
            );
            builder.note(
                "contradictory-answers",
                Severity::Warning,
                message,
                Some(start),
            );
        }
    } else {
        cluster.brokers.insert(id, broker);
    }
    outcome(
        builder,
        "kafka:properties",
        &cluster.name,
        if doubtful {
            Outcome::ParseError
        } else {
            Outcome::Ok
        },
    );
}

/// A number for a node that does not tell its own: the one in the file's name, else a negative one,
/// so that what the file says of logs and buckets is not lost.
fn stand_in(cluster: &Cluster, file: &str) -> i32 {
    let name = file.rsplit('/').next().unwrap_or_default();
    let digits: String = name.chars().filter(char::is_ascii_digit).collect();
    let free = |id: &i32| !cluster.brokers.contains_key(id);
    let below = || (1..=i32::MAX).map(|n| -n).find(free).unwrap_or(i32::MIN);
    digits
        .parse::<i32>()
        .ok()
        .filter(free)
        .unwrap_or_else(below)
}

/// Reports the outcome of a further file; a doubt about one stays.
fn outcome(builder: &mut Builder<'_>, call: &str, cluster: &str, outcome: Outcome) {
    let known = builder
        .estate
        .coverage
        .calls
        .iter()
        .find(|(c, _)| c.call == call && c.resource == cluster)
        .map(|(_, o)| *o);
    let worst = match known {
        None | Some(Outcome::NotCollected) => outcome,
        Some(known) => known.max(outcome),
    };
    builder.cover(call, "", "", cluster, worst);
}

fn read_acls(builder: &mut Builder<'_>, cluster: &mut Cluster, file: &Arc<str>, text: &str) {
    let listing = acls::parse(file, text);
    for (source, message) in listing.problems {
        builder.note("malformed-acl", Severity::Error, message, Some(source));
    }
    let failed =
        listing.acls.is_empty() && matches!(listing.outcome, Outcome::Denied | Outcome::ParseError);
    match (&mut cluster.acls, listing.outcome) {
        (_, _) if failed => {}
        (known @ Seen::Unread(_), Outcome::Absent) => *known = Seen::Absent,
        (Seen::Is(known), _) => {
            let more: Vec<_> = listing
                .acls
                .into_iter()
                .filter(|a| !known.iter().any(|k| same_acl(k, a)))
                .collect();
            known.extend(more);
        }
        (known, _) => *known = Seen::Is(listing.acls),
    }
    outcome(builder, "kafka:acls", &cluster.name, listing.outcome);
}

fn same_acl(a: &crate::policy::AclBinding, b: &crate::policy::AclBinding) -> bool {
    let mut b = b.clone();
    b.source = a.source.clone();
    *a == b
}

fn read_topics(builder: &mut Builder<'_>, cluster: &mut Cluster, file: &Arc<str>, text: &str) {
    let listing = topics::parse(file, text);
    for source in listing.problems {
        builder.note(
            "malformed-topic",
            Severity::Error,
            "a line of the topic listing cannot be read",
            Some(source),
        );
    }
    if listing.topics.is_empty() && listing.outcome != Outcome::Ok {
        // An error message where names should be.
        outcome(builder, "kafka:topics", &cluster.name, listing.outcome);
        return;
    }
    let mut known = match std::mem::replace(&mut cluster.topics, Seen::Absent) {
        Seen::Is(known) => known,
        Seen::Absent | Seen::Unread(_) => BTreeMap::<String, Topic>::new(),
    };
    for (name, topic) in listing.topics {
        let better = known
            .get(&name)
            .is_none_or(|k| k.replicas.is_empty() && !topic.replicas.is_empty());
        if better {
            known.insert(name, topic);
        }
    }
    cluster.topics = Seen::Is(known);
    outcome(builder, "kafka:topics", &cluster.name, listing.outcome);
}

/// Principals that ACLs, super users and JAAS configurations name.
fn users(cluster: &mut Cluster) {
    let mut users: BTreeMap<KafkaPrincipal, Source> = BTreeMap::new();
    let mut add = |text: &str, source: &Source| {
        if let Ok(principal) = KafkaPrincipal::from_str(text)
            && principal.name() != "*"
            && !principal.name().is_empty()
        {
            users.entry(principal).or_insert_with(|| source.clone());
        }
    };
    for acl in cluster.acls.as_ref().into_iter().flatten() {
        add(&acl.principal, &acl.source);
    }
    for broker in cluster.brokers.values() {
        for (key, property) in &broker.properties {
            if key == "super.users" {
                property
                    .value
                    .split(';')
                    .for_each(|user| add(user.trim(), &property.source));
            } else if key.contains("jaas") {
                for (name, text) in jaas_options(&property.value) {
                    let user = if name == "username" {
                        Some(text.as_str())
                    } else {
                        name.strip_prefix("user_")
                    };
                    if let Some(user) = user {
                        add(&format!("User:{user}"), &property.source);
                    }
                }
            }
        }
    }
    cluster.users = users;
}

/// Brokers that hold replicas or vote, and whose properties are not in the capture.
fn missing_brokers(builder: &mut Builder<'_>, cluster: &Cluster) {
    let mut named: BTreeSet<i32> = BTreeSet::new();
    for topic in cluster
        .topics
        .as_ref()
        .into_iter()
        .flat_map(BTreeMap::values)
    {
        named.extend(topic.replicas.iter().flatten());
    }
    let missing: Vec<i32> = named
        .into_iter()
        .filter(|id| !cluster.brokers.contains_key(id))
        .collect();
    for id in &missing {
        builder.cover(
            "kafka:properties",
            "",
            "",
            &format!("{}/{id}", cluster.name),
            Outcome::NotCollected,
        );
    }
    if !missing.is_empty() && !cluster.brokers.is_empty() {
        let ids: Vec<String> = missing.iter().map(ToString::to_string).collect();
        let message = format!(
            "topics of `{}` have replicas on brokers whose properties are missing: {}",
            cluster.name,
            ids.join(", ")
        );
        builder.note(
            "broker-without-properties",
            Severity::Warning,
            message,
            None,
        );
    }
}
