//! Write-ahead logs outside of buckets: volumes of the brokers' hosts, and network file systems.
//!
//! The closed build of AutoMQ keeps its WAL on EBS volumes or on NFS (EFS, FSx for ONTAP) and marks
//! what it makes with the tags `automqVendor` and `automqEnvironmentID`. Where a host mounts a file
//! system is in no capture.
//!
//! Source: AutoMQ/automq-labs d5315ec0; AutoMQ/terraform-provider-automq e147531c
//! (`features.wal_mode`, `compute_specs.file_system_param`).
//!
//! Must never: choose between two clusters that fit a file system equally well.

use std::collections::BTreeSet;

use super::build::Builder;
use super::link::{at, pins, refuted};
use super::{Broker, Cluster, FileSystem, Host, Link, Origin, Severity, kafka, uri};

/// Whether a broker keeps its write-ahead log in no bucket.
pub(super) fn outside_buckets(broker: &Broker) -> bool {
    let wal = broker.properties.get("s3.wal.path");
    let uris = wal.map(|p| uri::parse(&p.value).0).unwrap_or_default();
    uris.iter()
        .any(|uri| uri.scheme != "s3" && uri.scheme != "mem")
}

/// Whether the path is one on the network.
fn on_network(broker: &Broker) -> bool {
    let wal = broker.properties.get("s3.wal.path");
    let uris = wal.map(|p| uri::parse(&p.value).0).unwrap_or_default();
    uris.iter().any(|uri| uri.scheme.starts_with("nfs"))
}

/// Links file systems and volumes that hold write-ahead logs. Hosts must have been linked.
pub(super) fn read(builder: &mut Builder<'_>) {
    let mut clusters = std::mem::take(&mut builder.estate.clusters);
    let with_wal: Vec<String> = clusters
        .values()
        .filter(|c| c.brokers.values().any(outside_buckets))
        .map(|c| c.name.clone())
        .collect();
    for cluster in clusters.values_mut() {
        file_systems(builder, cluster, &with_wal);
        volumes(builder, cluster);
        unfound(builder, cluster);
    }
    builder.estate.clusters = clusters;
}

fn environment<'t>(tags: impl IntoIterator<Item = (&'t String, &'t String)>) -> Option<&'t str> {
    tags.into_iter()
        .find(|(key, _)| key.eq_ignore_ascii_case("automqEnvironmentID"))
        .map(|(_, value)| value.as_str())
}

fn made_by_automq<'t>(tags: impl IntoIterator<Item = (&'t String, &'t String)>) -> bool {
    tags.into_iter()
        .any(|(key, value)| key.eq_ignore_ascii_case("automqVendor") && value == "automq")
}

fn hosts<'b>(builder: &'b Builder<'_>, cluster: &Cluster) -> Vec<&'b Host> {
    let brokers = cluster.brokers.values().filter_map(|b| b.host.as_ref());
    brokers
        .filter_map(|link| builder.estate.hosts.get(&link.to))
        .collect()
}

fn file_systems(builder: &Builder<'_>, cluster: &mut Cluster, with_wal: &[String]) {
    let kind = "cluster-file-system";
    let name = cluster.name.clone();
    let mut links = pins(builder, kind, &[&name]);
    if links.is_empty() && with_wal.contains(&name) {
        for file_system in builder.estate.file_systems.values() {
            if refuted(builder, kind, &[&name], &file_system.id) {
                continue;
            }
            let origin = by_path(cluster, file_system)
                .or_else(|| by_tags(builder, cluster, file_system, with_wal));
            links.extend(origin.map(|origin| Link {
                to: file_system.id.clone(),
                origin,
            }));
        }
    }
    for (at, link) in links.into_iter().enumerate() {
        let role = if at == 0 {
            "wal".to_owned()
        } else {
            format!("wal {}", at + 1)
        };
        cluster.file_systems.insert(role, link);
    }
}

/// The path names the file system, or an address of one of its mount targets.
fn by_path(cluster: &Cluster, file_system: &FileSystem) -> Option<Origin> {
    let targets = file_system.mount_targets.as_ref();
    let addresses: Vec<&str> = targets
        .into_iter()
        .flatten()
        .filter_map(|t| t.address.as_deref())
        .collect();
    let host_is = |host: &str| {
        addresses.contains(&host) || host.split('.').any(|label| label == file_system.id)
    };
    let property = cluster.brokers.values().find_map(|broker| {
        let property = broker.properties.get("s3.wal.path")?;
        let (uris, _) = uri::parse(&property.value);
        let host = |path: &str| path.split(['/', ':']).next().map(str::to_owned);
        uris.iter()
            .filter(|uri| uri.scheme != "s3")
            .filter_map(|uri| host(&uri.name))
            .any(|host| host_is(&host))
            .then_some(property)
    })?;
    Some(Origin::Captured(property.source.clone()))
}

/// Tags of AutoMQ: of the same environment as a broker's host, or of the only cluster that has such
/// a log.
fn by_tags(
    builder: &Builder<'_>,
    cluster: &Cluster,
    file_system: &FileSystem,
    with_wal: &[String],
) -> Option<Origin> {
    if !made_by_automq(&file_system.tags) {
        return None;
    }
    let own = environment(&file_system.tags);
    let hosts = hosts(builder, cluster);
    let theirs: BTreeSet<&str> = hosts.iter().filter_map(|h| environment(&h.tags)).collect();
    let (fits, what) = match own {
        Some(own) if !theirs.is_empty() => (
            theirs.contains(own),
            "tag automqEnvironmentID of it and of the brokers' hosts",
        ),
        Some(_) | None => (
            with_wal.len() == 1,
            "tag automqVendor of it, and no other cluster with such a log,",
        ),
    };
    fits.then(|| Origin::Inferred {
        why: format!(
            "{what} say that {} holds the write-ahead log of {}",
            file_system.id, cluster.name
        ),
        from: at(&file_system.origin).into_iter().collect(),
    })
}

/// Volumes of the brokers' hosts: those that AutoMQ marked; without any, and with no file system,
/// all that are not the root.
fn volumes(builder: &Builder<'_>, cluster: &mut Cluster) {
    if !kafka::is_automq(cluster) {
        return;
    }
    let name = cluster.name.clone();
    let mounted = !cluster.file_systems.is_empty();
    for broker in cluster.brokers.values_mut() {
        if !outside_buckets(broker) || !broker.holds_data {
            continue;
        }
        // What people pinned as its log volume can hold nothing else.
        broker.wal_volumes = std::mem::take(&mut broker.volumes);
        if !broker.wal_volumes.is_empty() {
            continue;
        }
        let from = format!("{name}/{}", broker.id);
        let Some(host) = broker
            .host
            .as_ref()
            .and_then(|l| builder.estate.hosts.get(&l.to))
        else {
            continue;
        };
        let tagged = |id: &str| {
            let volume = builder.estate.volumes.get(id);
            volume.is_some_and(|v| made_by_automq(&v.tags))
        };
        let marked = host.volumes.iter().filter(|v| tagged(&v.volume.to));
        let mut chosen: Vec<(&Link, String)> = marked
            .map(|v| (&v.volume, "has the tag automqVendor".to_owned()))
            .collect();
        if chosen.is_empty() && !mounted && !on_network(broker) {
            let rest = host.volumes.iter().filter(|v| !v.root);
            chosen = rest
                .map(|v| (&v.volume, "is a volume besides the root one".to_owned()))
                .collect();
        }
        for (volume, reason) in chosen {
            if refuted(builder, "log-volume", &[&from], &volume.to) {
                continue;
            }
            let property = broker.properties.get("s3.wal.path");
            let why = format!(
                "the write-ahead log of node {} of {name} lies in no bucket, and {} of host {} {reason}",
                broker.id, volume.to, host.id
            );
            let places = property.map(|p| p.source.clone()).into_iter();
            let from = places.chain(at(&volume.origin)).collect();
            broker.wal_volumes.push(Link {
                to: volume.to.clone(),
                origin: Origin::Inferred { why, from },
            });
        }
    }
}

/// A log outside of buckets for which nothing was found.
fn unfound(builder: &mut Builder<'_>, cluster: &Cluster) {
    let lost = cluster.brokers.values().find(|b| {
        outside_buckets(b) && b.wal_volumes.is_empty() && b.volumes.is_empty() && b.holds_data
    });
    if let Some(broker) = lost.filter(|_| cluster.file_systems.is_empty()) {
        let message = format!(
            "where the write-ahead log of `{0}` lies is not known: no file system and no volume of its hosts fits; pin it: `[[pin]] link = \"cluster-file-system\" from = \"{0}\" to = \"fs-...\"`",
            cluster.name
        );
        let source = broker.properties.get("s3.wal.path");
        let source = source.map(|p| p.source.clone());
        builder.note("wal-not-found", Severity::Warning, message, source);
    }
}
