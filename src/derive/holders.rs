//! Which topics a holder holds.
//!
//! Must never: leave a topic out because its replicas were not listed.

use std::collections::BTreeSet;

use super::backups;
use super::relation::Reached;
use super::storage;
use super::unknown::Unknown;
use super::world::{TOPIC, World};
use crate::capture::Source;
use crate::estate::{Cluster, Estate, Link, Origin, Topic};
use crate::facts::{Evidence, Kind, NoteKind, ThingIx};
use crate::reach::Strength;

pub(super) fn topics(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let id = world.id(from);
    if let Some(unknown) = world.unknown.get(&from) {
        return unknown_topics(world, unknown);
    }
    if let Some(session) = world.sessions.get(&from) {
        return all_topics(world, session.cluster, |_| Vec::new());
    }
    let clusters = || world.estate.clusters.values();
    if world.kind(from) == Kind::Cluster {
        let own = world.estate.clusters.get(id).into_iter();
        return own
            .flat_map(|cluster| all_topics(world, cluster, |_| Vec::new()))
            .collect();
    }
    if let Some(of) = world.objects.get(&from) {
        return vec![of.holds.clone()];
    }
    if let Some(topics) = world.readers.get(&from) {
        return topics.clone();
    }
    if world.kind(from) == Kind::Bucket {
        return clusters()
            .flat_map(|cluster| {
                let mut topics = bucket_topics(world, cluster, id);
                if topics.is_empty() {
                    topics = storage::copied_topics(world, cluster, id);
                }
                topics
            })
            .collect();
    }
    if world.kind(from) == Kind::FileSystem {
        return clusters()
            .flat_map(|cluster| file_system_topics(world, cluster, id))
            .collect();
    }
    if world.kind(from) == Kind::ManagedCluster {
        let own = world.estate.cluster_of(id);
        return own
            .into_iter()
            .flat_map(|cluster| all_topics(world, cluster, |_| Vec::new()))
            .collect();
    }
    if let Some(backup) = world.backup(from) {
        return backups::topics(world, backup);
    }
    let Some(snapshot) = world.snapshot(from) else {
        return volume_topics(world, id);
    };
    let mut reached = volume_topics(world, &snapshot.volume);
    for one in &mut reached {
        let says = format!("{id} is a snapshot of {}", snapshot.volume);
        one.evidence
            .insert(0, Evidence::description(says, snapshot.origin.clone()));
    }
    reached
}

/// The role in which a bucket holds objects of a cluster that mix topics. Where keys carry topics,
/// the objects of each topic are things of their own.
fn mixing<'c>(cluster: &'c Cluster, bucket: &str) -> Option<(&'c String, &'c Link)> {
    let mixes = |role: &String| {
        let patterns = cluster.object_keys.get(role);
        patterns.is_none_or(|patterns| {
            patterns.is_empty() || patterns.iter().any(|pattern| !pattern.contains(TOPIC))
        })
    };
    let mut roles = cluster.buckets.iter();
    roles.find(|(role, link)| link.to == bucket && mixes(role))
}

/// Whether a bucket holds objects that mix topics, or copies of a log.
pub(super) fn is_mixed(estate: &Estate, bucket: &str) -> bool {
    let mut clusters = estate.clusters.values();
    clusters.any(|cluster| {
        mixing(cluster, bucket).is_some()
            || estate
                .copies_of_cluster(cluster)
                .iter()
                .any(|copy| copy.to == bucket)
    })
}

/// That a bucket is one of a cluster's, in words.
pub(super) fn is_the_bucket(cluster: &Cluster, role: &str, link: &Link) -> Evidence {
    let says = format!(
        "{} is the {role} bucket of {}",
        link.to.replace('\u{1}', "a bucket without a name"),
        cluster.name
    );
    Evidence::description(says, link.origin.clone())
}

fn bucket_topics(world: &World<'_>, cluster: &Cluster, bucket: &str) -> Vec<Reached> {
    let Some((role, link)) = mixing(cluster, bucket) else {
        return Vec::new();
    };
    all_topics(world, cluster, |_| vec![is_the_bucket(cluster, role, link)])
}

fn file_system_topics(world: &World<'_>, cluster: &Cluster, store: &str) -> Vec<Reached> {
    let mut roles = cluster.file_systems.iter();
    let Some((role, link)) = roles.find(|(_, link)| link.to == store) else {
        let copies = world.estate.file_copies_of(cluster);
        let copy = copies.into_iter().find(|copy| copy.destination == store);
        return copy.map_or_else(Vec::new, |copy| {
            all_topics(world, cluster, |_| {
                let says = format!("{} is replicated to {store}", copy.source);
                vec![Evidence::description(says, copy.origin.clone())]
            })
        });
    };
    all_topics(world, cluster, |_| {
        let says = format!("{store} holds the {role} of {}", cluster.name);
        vec![Evidence::description(says, link.origin.clone())]
    })
}

/// What a volume holds: replicas in log directories, and any topic's latest events in a
/// write-ahead log.
pub(super) fn volume_topics(world: &World<'_>, volume: &str) -> Vec<Reached> {
    let mut reached = replica_topics(world, volume);
    for cluster in world.estate.clusters.values() {
        for broker in cluster.brokers.values() {
            let Some(link) = broker.wal_volumes.iter().find(|link| link.to == volume) else {
                continue;
            };
            reached.extend(all_topics(world, cluster, |_| {
                let says = format!("{volume} holds the write-ahead log of broker {}", broker.id);
                vec![Evidence::description(says, link.origin.clone())]
            }));
        }
    }
    reached
}

pub(super) fn all_topics(
    world: &World<'_>,
    cluster: &Cluster,
    evidence: impl Fn(&Topic) -> Vec<Evidence>,
) -> Vec<Reached> {
    let topics = world
        .topics
        .get(cluster.name.as_str())
        .into_iter()
        .flatten();
    topics
        .filter_map(|(name, topic)| {
            let thing = world
                .things
                .find(Kind::Topic, &format!("{}/{name}", cluster.name))?;
            Some(Reached::surely(thing, evidence(topic)))
        })
        .collect()
}

fn unknown_topics(world: &World<'_>, unknown: &Unknown) -> Vec<Reached> {
    let topics = world
        .topics
        .get(unknown.cluster.as_str())
        .into_iter()
        .flatten();
    let held = topics.filter(|(name, topic)| {
        if let Some(only) = &unknown.topics {
            return only.contains(*name);
        }
        let mut replicas = topic.replicas.iter().flatten();
        unknown.brokers.is_empty()
            || topic.replicas.is_empty()
            || replicas.any(|broker| unknown.brokers.contains(broker))
    });
    let things = held.filter_map(|(name, _)| {
        world
            .things
            .find(Kind::Topic, &format!("{}/{name}", unknown.cluster))
    });
    things
        .map(|thing| Reached::surely(thing, vec![described(unknown)]))
        .collect()
}

fn described(unknown: &Unknown) -> Evidence {
    let origin = Origin::Inferred {
        why: format!("not collected: {}", unknown.missing),
        from: Vec::new(),
    };
    Evidence::description(format!("there must be {}", unknown.id), origin)
}

/// Topics with replicas on the brokers whose log lies, or lay, on a volume.
fn replica_topics(world: &World<'_>, volume: &str) -> Vec<Reached> {
    let mut found = Vec::new();
    for cluster in world.estate.clusters.values() {
        let live = cluster.brokers.values().flat_map(|broker| {
            broker
                .volumes
                .iter()
                .map(move |link| (broker.id, link, false))
        });
        let retired = cluster
            .retired_volumes
            .iter()
            .map(|(id, link)| (*id, link, true));
        let holders: Vec<_> = live
            .chain(retired)
            .filter(|(_, l, _)| l.to == volume)
            .collect();
        let Some((_, link, retired)) = holders.first() else {
            continue;
        };
        let brokers: BTreeSet<i32> = holders.iter().map(|(id, _, _)| *id).collect();
        let when = if *retired {
            "held, before the move,"
        } else {
            "holds"
        };
        for (name, topic) in world
            .topics
            .get(cluster.name.as_str())
            .into_iter()
            .flatten()
        {
            let Some(thing) = world
                .things
                .find(Kind::Topic, &format!("{}/{name}", cluster.name))
            else {
                continue;
            };
            let holds = format!(
                "{volume} {when} log directories of broker {}",
                list(&brokers)
            );
            let mut evidence = vec![Evidence::description(holds, link.origin.clone())];
            if topic.replicas.is_empty() {
                let text = format!("which brokers hold {name} was not collected");
                let (strength, kind) = (Strength::Conditional, NoteKind::NotCollected);
                found.push(Reached::weakly(thing, strength, evidence, kind, text));
                continue;
            }
            let here = topic
                .replicas
                .iter()
                .filter(|r| r.iter().any(|id| brokers.contains(id)));
            let here = here.count();
            if here > 0 {
                let says = format!(
                    "replicas of {here} of {} partitions of {name} lie there",
                    topic.replicas.len()
                );
                let source: Source = topic.source.clone();
                evidence.push(Evidence::description(says, Origin::Captured(source)));
                found.push(Reached::surely(thing, evidence));
            }
        }
    }
    found
}

fn list(ids: &BTreeSet<i32>) -> String {
    ids.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
