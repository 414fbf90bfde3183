//! List calls that a complete capture holds only where something hints at their service.
//!
//! Most accounts have neither MSK nor network file systems, and a gap that could change no answer
//! drowns those that could. So a list is wanted where the capture shows that the service is used:
//! an answer of it, a cluster, a secret that only MSK names so, a log that lies in no bucket. What
//! reads a cluster of MSK (connectors, replicators, mappings, pipes, Firehose) is wanted in the
//! cluster's account and region, because each is one more place where its events go. Functions, tasks
//! and pods are wanted where an answer of their service was kept. Trails and flow logs change no
//! answer about reading and are never wanted.
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
    for (account, region) in answered(builder, "lambda:") {
        wanted.insert(("lambda:ListFunctions", account, region));
    }
    tasks(builder);
    pods(builder);
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

/// The tasks of each cluster of ECS that is listed: by themselves, or as its services run them.
fn tasks(builder: &mut Builder<'_>) {
    let mut clusters: BTreeSet<(String, String, String)> = BTreeSet::new();
    for answer in builder.answers("ecs:ListClusters") {
        let arns = super::files::names(&answer.body, "clusterArns").into_iter();
        clusters.extend(arns.map(|arn| (answer.account.clone(), answer.region.clone(), arn)));
    }
    for (account, region, arn) in clusters {
        let last = |text: &str| text.rsplit('/').next().map(str::to_owned);
        let about = |call: &str| {
            let answers = builder.capture.answers.iter();
            let mut here =
                answers.filter(|a| a.call == call && a.account == account && a.region == region);
            let found = here.find(|a| last(&a.resource) == last(&arn));
            found.map(|answer| answer.outcome)
        };
        let call = "ecs:DescribeTasks";
        let outcome = match (about(call), about("ecs:DescribeServices")) {
            (Some(Outcome::Ok), _) | (_, Some(Outcome::Ok)) => Outcome::Ok,
            (Some(other), _) | (None, Some(other)) => other,
            (None, None) => Outcome::NotCollected,
        };
        builder.cover(call, &account, &region, &arn, outcome);
    }
}

/// The description of each cluster of EKS that some answer is about.
fn pods(builder: &mut Builder<'_>) {
    let described = builder.estate.kubernetes.values();
    let described: BTreeSet<(String, String)> = described
        .map(|k| (k.account.clone(), k.name.clone()))
        .collect();
    let answers = builder.capture.answers.iter();
    let theirs = answers.filter(|a| a.call.starts_with("eks:") && !a.resource.is_empty());
    let named: BTreeSet<(String, String, String)> = theirs
        .filter_map(|a| {
            let name = a.resource.split('/').next()?;
            Some((a.account.clone(), a.region.clone(), name.to_owned()))
        })
        .collect();
    for (account, region, name) in named {
        if described.contains(&(account.clone(), name.clone())) {
            continue;
        }
        let call = "eks:DescribeCluster";
        let found = builder.about(call, &name, Some(&account), Some(&region));
        let outcome = found.map_or(Outcome::NotCollected, |a| a.outcome);
        builder.cover(call, &account, &region, &name, outcome);
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
