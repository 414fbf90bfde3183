//! Where event data lives: holders with owner, place and key; listeners; and what is not known.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Count, DiagnosticText, GapText, Holder, ListenerText, Map};
use super::routes::origin_word;
use super::view::View;
use crate::estate::{
    BackupKind, Cluster, Estate, KeyState, Link, Listener, Origin, SecurityProtocol, SinkKind,
};
use crate::facts::{Kind, Predicate, Thing, Verb};

/// The map of an estate under its model.
pub fn map(view: &View) -> Map {
    let estate = &view.estate;
    let mut holders = Vec::new();
    for cluster in estate.clusters.values() {
        volumes(view, cluster, &mut holders);
        buckets(view, cluster, &mut holders);
        copies(view, cluster, &mut holders);
        file_systems(view, cluster, &mut holders);
        holders.extend(service(estate, cluster));
        snapshots(view, cluster, &mut holders);
        holders.extend(backups(view, cluster));
    }
    Map {
        header: view.header("catchment.map/1"),
        read: counts(estate),
        not_used: not_used(estate),
        holders,
        listeners: estate.clusters.values().flat_map(listeners).collect(),
        gaps: gaps(estate),
        diagnostics: diagnostics(estate),
    }
}

/// Answers that nothing uses yet.
pub(super) fn not_used(estate: &Estate) -> Vec<Count> {
    let calls = estate.unused.iter().map(|(call, count)| Count {
        kind: call.clone(),
        count: *count,
    });
    calls.collect()
}

fn counts(estate: &Estate) -> Vec<Count> {
    let topics = estate
        .clusters
        .values()
        .filter_map(|cluster| cluster.topics.as_ref());
    let acls = estate
        .clusters
        .values()
        .filter_map(|cluster| cluster.acls.as_ref());
    let counts = [
        ("accounts", estate.accounts.len()),
        ("identities", estate.identities.len()),
        ("buckets", estate.buckets.len()),
        ("keys", estate.keys.len()),
        ("secrets", estate.secrets.len()),
        ("instances", estate.hosts.len()),
        ("volumes", estate.volumes.len()),
        ("snapshots", estate.snapshots.len()),
        ("subnets", estate.subnets.len()),
        ("security groups", estate.security_groups.len()),
        ("VPC endpoints", estate.endpoints.len()),
        ("file systems", estate.file_systems.len()),
        ("functions", estate.functions.len()),
        ("container tasks", estate.tasks.len()),
        ("Kubernetes clusters", estate.kubernetes.len()),
        ("trails", estate.trails.len()),
        ("flow logs", estate.flow_logs.len()),
        ("managed consumers", estate.consumers.len()),
        ("clusters", estate.clusters.len()),
        (
            "brokers",
            estate.clusters.values().map(|c| c.brokers.len()).sum(),
        ),
        ("topics", topics.map(BTreeMap::len).sum()),
        ("ACLs", acls.map(Vec::len).sum()),
    ];
    let counts = counts.into_iter().map(|(kind, count)| Count {
        kind: kind.to_owned(),
        count,
    });
    counts.collect()
}

fn volumes(view: &View, cluster: &Cluster, holders: &mut Vec<Holder>) {
    let estate = &view.estate;
    for broker in cluster.brokers.values() {
        let logs = broker.volumes.iter().map(|link| (link, "log"));
        let wals = broker.wal_volumes.iter().map(|link| (link, "wal"));
        for (link, what) in logs.chain(wals) {
            let volume = estate.volumes.get(&link.to);
            let subnet = broker
                .host
                .as_ref()
                .and_then(|host| estate.hosts.get(&host.to))
                .and_then(|host| estate.subnets.get(host.subnet.as_ref()?));
            holders.push(Holder {
                id: link.to.clone(),
                kind: "volume".to_owned(),
                cluster: cluster.name.clone(),
                role: format!("{what} of broker {}", broker.id),
                account: volume.map(|volume| volume.account.clone()),
                region: volume.map(|volume| volume.region.clone()),
                zone: subnet.and_then(|subnet| subnet.zone.clone()),
                key: volume.map_or_else(unknown, |v| key_text(&estate.volume_key_state(v))),
                topics: topics_in(view, Kind::Volume, &link.to),
                share: share(cluster, what),
                freshness: freshness(cluster, what),
                origin: origin_word(&link.origin).to_owned(),
                place: place(link),
            });
        }
    }
}

fn buckets(view: &View, cluster: &Cluster, holders: &mut Vec<Holder>) {
    let named = cluster.buckets.iter();
    holders.extend(named.map(|(role, link)| {
        let name = &link.to;
        bucket(view, cluster, name, role.clone(), Some(role), &link.origin)
    }));
}

/// Buckets that somebody configured to hold copies: those that consumers fill, and those that
/// replication fills.
fn copies(view: &View, cluster: &Cluster, holders: &mut Vec<Holder>) {
    let estate = &view.estate;
    let mut found: BTreeMap<(&str, String), &Origin> = BTreeMap::new();
    let reading = estate.consumers.values().filter(|consumer| {
        let reads = estate.read_by(consumer);
        reads.iter().any(|(read, _)| read.name == cluster.name)
    });
    for consumer in reading {
        let buckets = consumer.sinks.iter().filter(|s| s.kind == SinkKind::Bucket);
        let role = format!("copies by {}", consumer.short_name());
        found.extend(buckets.map(|sink| ((sink.name.as_str(), role.clone()), &consumer.origin)));
    }
    let filled = found.keys().map(|(name, _)| (*name).to_owned());
    let own = cluster.buckets.values().map(|link| link.to.clone());
    let replicated = estate.copies_from(own.chain(filled).collect());
    let mut all: Vec<Holder> = found
        .into_iter()
        .map(|((name, role), origin)| bucket(view, cluster, name, role, None, origin))
        .collect();
    all.extend(replicated.into_iter().map(|copy| {
        let role = format!("replica of {}", copy.from);
        let origin = Origin::Captured(copy.rule.source.clone());
        bucket(view, cluster, &copy.to, role, None, &origin)
    }));
    // One that gets none of this cluster's topics is no holder of its data.
    holders.extend(all.into_iter().filter(|holder| holder.topics > 0));
}

fn bucket(
    view: &View,
    cluster: &Cluster,
    name: &str,
    role: String,
    kind: Option<&str>,
    origin: &Origin,
) -> Holder {
    let estate = &view.estate;
    let bucket = estate.buckets.get(name);
    Holder {
        id: name.replace('\u{1}', "(not named)"),
        kind: "bucket".to_owned(),
        cluster: cluster.name.clone(),
        account: bucket.and_then(|bucket| bucket.account.clone()),
        region: bucket.and_then(|bucket| bucket.region.clone()),
        zone: None,
        key: bucket.map_or_else(unknown, |b| key_text(&estate.bucket_key_state(b))),
        topics: topics_in_bucket(view, cluster, name),
        share: kind.and_then(|kind| share(cluster, kind)),
        freshness: kind.and_then(|kind| freshness(cluster, kind)),
        origin: origin_word(origin).to_owned(),
        place: origin_place(origin),
        role,
    }
}

fn file_systems(view: &View, cluster: &Cluster, holders: &mut Vec<Holder>) {
    let estate = &view.estate;
    let replicas = estate.file_copies_of(cluster).into_iter().map(|copy| {
        let link = Link {
            to: copy.destination.clone(),
            origin: copy.origin.clone(),
        };
        (format!("replica of {}", copy.source), link)
    });
    let own = cluster.file_systems.iter();
    let own = own.map(|(role, link)| (role.clone(), link.clone()));
    for (role, link) in own.chain(replicas) {
        let store = estate.file_systems.get(&link.to);
        holders.push(Holder {
            id: link.to.clone(),
            kind: "file-system".to_owned(),
            cluster: cluster.name.clone(),
            share: share(cluster, &role),
            freshness: freshness(cluster, &role),
            role,
            account: store.map(|store| store.account.clone()),
            region: store.map(|store| store.region.clone()),
            zone: None,
            key: store.map_or_else(unknown, |s| key_text(&estate.file_system_key_state(s))),
            topics: topics_in(view, Kind::FileSystem, &link.to),
            origin: origin_word(&link.origin).to_owned(),
            place: place(&link),
        });
    }
}

/// Backups of buckets and file systems; those of volumes are snapshots, which have lines of their own.
fn backups<'v>(view: &'v View, cluster: &'v Cluster) -> impl Iterator<Item = Holder> + 'v {
    let estate = &view.estate;
    let backups = estate.backups.values().filter(|backup| match backup.kind {
        BackupKind::Disk => false,
        BackupKind::Bucket => cluster.buckets.values().any(|l| l.to == backup.resource),
        BackupKind::FileSystem => cluster
            .file_systems
            .values()
            .any(|l| l.to == backup.resource),
    });
    backups.map(|backup| Holder {
        id: backup.id.clone(),
        kind: "backup".to_owned(),
        cluster: cluster.name.clone(),
        role: format!("backups of {}", backup.resource),
        account: Some(backup.account.clone()),
        region: Some(backup.region.clone()),
        zone: None,
        key: key_text(&estate.backup_key_state(backup)),
        topics: topics_in(view, Kind::Backup, &backup.id),
        share: None,
        freshness: None,
        origin: origin_word(&backup.origin).to_owned(),
        place: origin_place(&backup.origin),
    })
}

/// Storage of the service that runs a cluster, which nobody else reaches.
fn service(estate: &Estate, cluster: &Cluster) -> Option<Holder> {
    let link = cluster.managed.as_ref()?;
    let managed = estate.managed.get(&link.to)?;
    Some(Holder {
        id: format!("storage of {}", cluster.name),
        kind: "service".to_owned(),
        cluster: cluster.name.clone(),
        role: "log, in an account of the service".to_owned(),
        account: None,
        region: Some(managed.region.clone()),
        zone: None,
        key: managed.key.clone().unwrap_or_else(unknown),
        topics: cluster.topics.as_ref().map_or(0, BTreeMap::len),
        share: share(cluster, "log"),
        freshness: freshness(cluster, "log"),
        origin: origin_word(&link.origin).to_owned(),
        place: place(link),
    })
}

fn snapshots(view: &View, cluster: &Cluster, holders: &mut Vec<Holder>) {
    let estate = &view.estate;
    let live = cluster.brokers.values().flat_map(|broker| {
        let volumes = broker.volumes.iter().chain(&broker.wal_volumes);
        volumes.map(move |link| (broker.id, link, ""))
    });
    let retired = cluster
        .retired_volumes
        .iter()
        .map(|(id, link)| (*id, link, ", from before the move"));
    for (broker, link, when) in live.chain(retired) {
        for snapshot in estate.snapshots.values().filter(|s| s.volume == link.to) {
            holders.push(Holder {
                id: snapshot.id.clone(),
                kind: "snapshot".to_owned(),
                cluster: cluster.name.clone(),
                role: format!("copy of the log of broker {broker}{when}"),
                account: Some(snapshot.account.clone()),
                region: Some(snapshot.region.clone()),
                zone: None,
                key: key_text(&estate.snapshot_key_state(snapshot)),
                topics: topics_in(view, Kind::Snapshot, &snapshot.id),
                share: None,
                freshness: Some(match &snapshot.started {
                    Some(started) => format!("as of {started}"),
                    None => "as of when it was made".to_owned(),
                }),
                origin: origin_word(&snapshot.origin).to_owned(),
                place: origin_place(&snapshot.origin),
            });
        }
    }
}

fn share(cluster: &Cluster, role: &str) -> Option<String> {
    cluster.roles.get(role).map(|facts| facts.share.to_owned())
}

fn freshness(cluster: &Cluster, role: &str) -> Option<String> {
    cluster.roles.get(role).map(|facts| facts.freshness.clone())
}

fn unknown() -> String {
    "not known".to_owned()
}

fn key_text(state: &KeyState<'_>) -> String {
    match state {
        KeyState::None => "none".to_owned(),
        KeyState::AwsManaged => "aws-managed".to_owned(),
        KeyState::Customer(key) => key.arn.clone(),
        KeyState::Unread(_) => unknown(),
    }
}

fn place(link: &Link) -> Option<String> {
    origin_place(&link.origin)
}

fn origin_place(origin: &Origin) -> Option<String> {
    super::routes::evidence_text(&crate::facts::Evidence::description("", origin.clone()))
        .places
        .into_iter()
        .next()
}

/// How many topics the rules say a holder has.
fn topics_in(view: &View, kind: Kind, id: &str) -> usize {
    topics_of(view, |thing| thing.kind == kind && thing.id == id).len()
}

/// How many topics of a cluster the rules say a bucket has: mixed, or as the objects of one each.
fn topics_in_bucket(view: &View, cluster: &Cluster, bucket: &str) -> usize {
    let inside = format!(" in {bucket}");
    let topics = topics_of(view, |thing| {
        let whole = thing.kind == Kind::Bucket && thing.id == bucket;
        whole || (thing.kind == Kind::TopicObjects && thing.id.ends_with(&inside))
    });
    let own = format!("{}/", cluster.name);
    topics
        .iter()
        .filter(|topic| topic.starts_with(&own))
        .count()
}

/// The topics of which reading some of these things is reading events.
fn topics_of(view: &View, held: impl Fn(&Thing) -> bool) -> BTreeSet<&str> {
    let derivation = &view.derivation;
    let things = derivation.things.iter().filter(|thing| held(thing));
    let reads = things.filter_map(|thing| {
        let thing = derivation.things.find(thing.kind, &thing.id)?;
        derivation.facts.find(Predicate::Reads, thing)
    });
    let heads = reads
        .flat_map(|reads| derivation.table.uses(reads))
        .map(|rule| derivation.fact(derivation.table.head(*rule)));
    let topics = heads.filter(|head| head.predicate == Predicate::Topic(Verb::Read));
    topics
        .map(|head| derivation.things.get(head.thing).id.as_str())
        .collect()
}

fn listeners(cluster: &Cluster) -> Vec<ListenerText> {
    let mut found: Vec<ListenerText> = Vec::new();
    for listener in cluster
        .brokers
        .values()
        .flat_map(|broker| &broker.listeners)
    {
        // A port that admits two kinds of client is listed for each.
        if let Some(known) = found.iter_mut().find(|known| {
            known.name == listener.name
                && known.port == listener.port
                && known.authentication == authentication(listener)
        }) {
            known.brokers += 1;
            continue;
        }
        found.push(ListenerText {
            cluster: cluster.name.clone(),
            name: listener.name.clone(),
            port: listener.port,
            authentication: authentication(listener),
            brokers: 1,
            place: listener.source.to_string(),
        });
    }
    found
}

fn authentication(listener: &Listener) -> String {
    let sasl = || format!("SASL {}", listener.mechanisms.join(", "));
    let text = match listener.protocol {
        SecurityProtocol::Plaintext => "none, plaintext".to_owned(),
        SecurityProtocol::Ssl if listener.client_certificate => {
            "client certificate, TLS".to_owned()
        }
        SecurityProtocol::Ssl => "none, TLS".to_owned(),
        SecurityProtocol::SaslPlaintext => format!("{}, plaintext", sasl()),
        SecurityProtocol::SaslSsl => format!("{}, TLS", sasl()),
    };
    if listener.unread.is_some() {
        format!("{text} (if there is one)")
    } else if listener.controller {
        format!("{text} (controllers)")
    } else {
        text
    }
}

fn gaps(estate: &Estate) -> Vec<GapText> {
    let open = estate.open_calls().map(|(call, outcome)| GapText {
        call: call.call.clone(),
        account: call.account.clone(),
        region: call.region.clone(),
        resource: call.resource.clone(),
        outcome,
    });
    open.collect()
}

/// Diagnostics of an estate, gravest first, then by place.
pub(super) fn diagnostics(estate: &Estate) -> Vec<DiagnosticText> {
    let mut all: Vec<_> = estate.diagnostics.iter().collect();
    all.sort_by(|a, b| {
        (a.severity, &a.source, &a.message).cmp(&(b.severity, &b.source, &b.message))
    });
    let all = all.into_iter().map(|diagnostic| DiagnosticText {
        code: diagnostic.code.to_owned(),
        severity: diagnostic.severity,
        message: diagnostic.message.clone(),
        place: diagnostic.source.as_ref().map(ToString::to_string),
    });
    all.collect()
}
