//! List calls that a complete capture holds only where something hints at their service.
//!
//! Most accounts have neither MSK nor network file systems, and a gap that could change no answer
//! drowns those that could. So a list is wanted where the capture shows that the service is used:
//! an answer of it, a cluster, a secret that only MSK names so, a log that lies in no bucket. What
//! reads a cluster of MSK (connectors, replicators, mappings, pipes, Firehose) is wanted in the
//! cluster's account and region, because each is one more place where its events go. Trails and flow
//! logs change no answer about reading and are never wanted.
//!
//! Must never: want a list because it exists; say here why it is missed.

use std::collections::BTreeSet;

use super::build::Builder;
use super::{ConsumerKind, FileSystemKind, Outcome, wal};

type Wanted = BTreeSet<(&'static str, String, String)>;

/// Adds the outcome of each wanted list.
pub(super) fn calls(builder: &mut Builder<'_>) {
    let mut wanted = Wanted::new();
    managed(builder, &mut wanted);
    file_systems(builder, &mut wanted);
    for (call, account, region) in wanted {
        let found = builder.about(call, "", Some(&account), Some(&region));
        let outcome = found
            .filter(|a| a.account == account)
            .map_or(Outcome::NotCollected, |a| a.outcome);
        builder.cover(call, &account, &region, "", outcome);
    }
}

/// Places where some answer of a service was kept.
fn answered(builder: &Builder<'_>, service: &str) -> Vec<(String, String)> {
    let answers = builder.capture.answers.iter();
    let theirs = answers.filter(|a| a.call.starts_with(service) && !a.account.is_empty());
    theirs
        .map(|a| (a.account.clone(), a.region.clone()))
        .collect()
}

fn managed(builder: &Builder<'_>, wanted: &mut Wanted) {
    let estate = &builder.estate;
    let mut used = answered(builder, "kafka:");
    used.extend(answered(builder, "kafkaconnect:"));
    let secrets = estate.secrets.values();
    // MSK takes no secret of another name. Source: MSK Developer Guide, "Sign-in credentials".
    let theirs = secrets.filter(|s| s.name.starts_with("AmazonMSK_"));
    used.extend(theirs.map(|s| (s.account.clone(), s.region.clone())));
    for (account, region) in used {
        wanted.insert(("kafka:ListClustersV2", account, region));
    }
    for cluster in estate.managed.values() {
        for call in [
            "kafka:ListClustersV2",
            "kafka:ListVpcConnections",
            "kafka:ListReplicators",
            "kafkaconnect:ListConnectors",
            "lambda:ListEventSourceMappings",
            "pipes:ListPipes",
            "firehose:ListDeliveryStreams",
        ] {
            wanted.insert((call, cluster.account.clone(), cluster.region.clone()));
        }
    }
    for consumer in estate.consumers.values() {
        if consumer.kind == ConsumerKind::FunctionMapping {
            let place = (consumer.account.clone(), consumer.region.clone());
            wanted.insert(("lambda:ListFunctions", place.0, place.1));
        }
    }
}

fn file_systems(builder: &Builder<'_>, wanted: &mut Wanted) {
    let estate = &builder.estate;
    for (account, region) in answered(builder, "efs:") {
        wanted.insert(("efs:DescribeFileSystems", account, region));
    }
    for file_system in estate.file_systems.values() {
        if file_system.kind == FileSystemKind::Efs {
            let place = (file_system.account.clone(), file_system.region.clone());
            wanted.insert(("efs:DescribeAccessPoints", place.0, place.1));
        }
    }
    let links = estate
        .clusters
        .values()
        .flat_map(|c| c.file_systems.values());
    for link in links {
        let log = estate.file_systems.get(&link.to);
        if let Some(log) = log.filter(|log| log.kind == FileSystemKind::Efs) {
            let place = (log.account.clone(), log.region.clone());
            wanted.insert(("efs:DescribeReplicationConfigurations", place.0, place.1));
        }
    }
    for cluster in estate.clusters.values() {
        let lost = |b: &super::Broker| wal::outside_buckets(b) && b.wal_volumes.is_empty();
        let place = cluster.account.clone().zip(cluster.region.clone());
        if let Some((account, region)) = place.filter(|_| cluster.brokers.values().any(lost)) {
            for call in ["efs:DescribeFileSystems", "fsx:DescribeFileSystems"] {
                wanted.insert((call, account.clone(), region.clone()));
            }
        }
    }
}
