//! Where events lie beside the log: objects of single topics in buckets, topics of another cluster,
//! streams and tables, as the consumers that somebody configured put them there.
//!
//! Must never: evaluate a policy; take a consumer whose topics or cluster are not known for one that
//! reads nothing; or follow a place that is no bucket and no topic. Whoever reads such a place is
//! reported once, as a gap.

use std::collections::{BTreeMap, BTreeSet};

use regex_lite::Regex;

use super::relation::Reached;
use super::unknown::Unknown;
use super::world::{TOPIC, World};
use crate::estate::{
    Cluster, Consumer, ConsumerKind, Copy, Estate, Origin, Seen, Sink, SinkKind, TopicName,
};
use crate::facts::{Evidence, Kind, NoteKind, ThingIx};
use crate::policy::{Glob, Truth, intersects};
use crate::reach::Strength;
use crate::rules::Sort;

/// The objects of one topic in a bucket.
#[derive(Clone, Debug)]
pub(super) struct ObjectsOf {
    pub(super) bucket: ThingIx,
    /// Patterns of their keys, the topic filled in.
    pub(super) keys: Vec<String>,
    /// Their topic, and why they are there.
    pub(super) holds: Reached,
}

/// Names of topics as a consumer gives them, read once.
struct Names {
    literal: BTreeSet<String>,
    patterns: Vec<Regex>,
    /// Whether some pattern could not be read, or the names were not.
    open: bool,
}

impl Names {
    fn of(consumer: &Consumer) -> Self {
        let mut names = Self {
            literal: BTreeSet::new(),
            patterns: Vec::new(),
            open: matches!(consumer.topics, Seen::Unread(_)),
        };
        for name in consumer.topics.as_ref().into_iter().flatten() {
            match name {
                TopicName::Literal(name) => {
                    names.literal.insert(name.clone());
                }
                // Java's expressions can say more than these; what cannot be read fits anything.
                TopicName::Regex(pattern) => match Regex::new(&format!("^(?:{pattern})$")) {
                    Ok(pattern) => names.patterns.push(pattern),
                    Err(_) => names.open = true,
                },
            }
        }
        names
    }

    fn take(&self, topic: &str) -> Truth {
        let named = self.literal.contains(topic) || self.patterns.iter().any(|p| p.is_match(topic));
        // The name of a topic that was not listed is a pattern itself.
        let some_fits = topic.contains(['*', '?']) && !self.patterns.is_empty();
        match (named, self.open || some_fits) {
            (true, _) => Truth::True,
            (false, true) => Truth::Unknown,
            (false, false) => Truth::False,
        }
    }
}

/// The buckets that consumers fill with events of some cluster.
pub(super) fn buckets(estate: &Estate) -> impl Iterator<Item = &str> {
    let consumers = estate.consumers.values();
    let reading = consumers.filter(|c| c.topics != Seen::Absent && !estate.read_by(c).is_empty());
    let sinks = reading.flat_map(|consumer| &consumer.sinks);
    let buckets = sinks.filter(|sink| sink.kind == SinkKind::Bucket);
    buckets.map(|sink| sink.name.as_str())
}

/// Topics that some consumer names, for a cluster whose topics were not listed: those that it reads
/// there, and those that it writes there as copies.
pub(super) fn named(estate: &Estate, cluster: &Cluster) -> Vec<(String, Origin)> {
    let mut found = Vec::new();
    for consumer in estate.consumers.values() {
        let names = Names::of(consumer);
        for (from, _) in estate.read_by(consumer) {
            if from.name == cluster.name {
                let literal = names.literal.iter();
                found.extend(literal.map(|name| (name.clone(), consumer.origin.clone())));
            }
            let here = |sink: &&Sink| {
                let target = estate.cluster_of(&sink.name);
                sink.kind == SinkKind::Cluster && target.is_some_and(|t| t.name == cluster.name)
            };
            let listed = from.topics.as_ref().into_iter().flatten();
            for (topic, _) in listed.filter(|(topic, _)| names.take(topic) != Truth::False) {
                let keys = consumer
                    .sinks
                    .iter()
                    .filter(here)
                    .flat_map(|sink| &sink.keys);
                let called = keys.map(|key| key.replace(TOPIC, topic));
                found.extend(called.map(|name| (name, consumer.origin.clone())));
            }
        }
    }
    found
}

/// Takes up everything that consumers leave behind. Clusters and their topics must be there.
pub(super) fn fill(world: &mut World<'_>) {
    let estate = world.estate;
    for consumer in estate.consumers.values() {
        let names = Names::of(consumer);
        for (cluster, doubt) in estate.read_by(consumer) {
            let taken = taken(world, consumer, &names, cluster, doubt.as_deref());
            if taken.is_empty() {
                continue;
            }
            for sink in &consumer.sinks {
                sent(world, consumer, cluster, sink, &taken);
            }
            if consumer.sinks.is_empty() {
                let place = format!("what {} writes", consumer.id);
                store(world, cluster, &place, &taken);
            }
            let reader = world.things.intern(Kind::Consumer, &consumer.id);
            if !world.readers.contains_key(&reader) {
                world.join(Sort::Consumer, reader);
                if let Some(sort) = sort_of(consumer.kind) {
                    world.join(sort, reader);
                }
            }
            let known = world.readers.entry(reader).or_default();
            known.extend(taken.into_iter().map(|(_, topic)| topic));
        }
    }
    copied(world);
}

/// The sort of consumers that can be pointed at another place by one call.
const fn sort_of(kind: ConsumerKind) -> Option<Sort> {
    match kind {
        ConsumerKind::Connector => Some(Sort::Connector),
        ConsumerKind::DeliveryStream => Some(Sort::DeliveryStream),
        ConsumerKind::OwnConnector
        | ConsumerKind::Replicator
        | ConsumerKind::FunctionMapping
        | ConsumerKind::Pipe => None,
    }
}

/// The topics of a cluster that a consumer reads: their names, and how surely.
fn taken(
    world: &World<'_>,
    consumer: &Consumer,
    names: &Names,
    cluster: &Cluster,
    doubt: Option<&str>,
) -> Vec<(String, Reached)> {
    let topics = world
        .topics
        .get(cluster.name.as_str())
        .into_iter()
        .flatten();
    let mut found = Vec::new();
    for (name, _) in topics {
        let open = match names.take(name) {
            Truth::False => continue,
            Truth::True => None,
            Truth::Unknown => Some(format!("whether {} reads {name} is not known", consumer.id)),
        };
        let id = format!("{}/{name}", cluster.name);
        let Some(thing) = world.things.find(Kind::Topic, &id) else {
            continue;
        };
        let says = format!("{} reads {name}", consumer.id);
        let evidence = vec![Evidence::description(says, consumer.origin.clone())];
        let unread = doubt.map(str::to_owned).or(open);
        let reached = match (unread, &consumer.idle) {
            (Some(text), _) => Reached::weakly(
                thing,
                Strength::Conditional,
                evidence,
                NoteKind::NotCollected,
                text,
            ),
            (None, Some(idle)) => Reached::weakly(
                thing,
                Strength::Conditional,
                evidence,
                NoteKind::Condition,
                idle.clone(),
            ),
            (None, None) => Reached::surely(thing, evidence),
        };
        found.push((name.clone(), reached));
    }
    found
}

fn sent(
    world: &mut World<'_>,
    consumer: &Consumer,
    cluster: &Cluster,
    sink: &Sink,
    taken: &[(String, Reached)],
) {
    let says = format!("{} puts what it reads into {}", consumer.id, sink.name);
    let evidence = Evidence::description(says, consumer.origin.clone());
    let there = |topic: &Reached| {
        let mut topic = topic.clone();
        topic.evidence.push(evidence.clone());
        topic
    };
    match sink.kind {
        SinkKind::Bucket => {
            let Some(bucket) = world.things.find(Kind::Bucket, &sink.name) else {
                return;
            };
            for (name, topic) in taken {
                let keys = if sink.keys.is_empty() {
                    vec!["*".to_owned()]
                } else {
                    sink.keys
                        .iter()
                        .map(|key| key.replace(TOPIC, name))
                        .collect()
                };
                let id = format!("{}/{name}", cluster.name);
                add(world, &id, bucket, keys, there(topic));
            }
        }
        SinkKind::Topic => {
            let id = format!("{}/{}", cluster.name, sink.name);
            if let Some(mirror) = world.things.find(Kind::Topic, &id) {
                let failed = "only records that could not be written elsewhere lie there";
                for (_, topic) in taken.iter().filter(|(_, topic)| topic.thing != mirror) {
                    let there = Reached::weakly(
                        topic.thing,
                        topic.strength.min(Strength::Conditional),
                        there(topic).evidence,
                        NoteKind::Condition,
                        failed.to_owned(),
                    );
                    world.mirrors.entry(mirror).or_default().push(there);
                }
            }
        }
        SinkKind::Cluster => {
            if let Some(target) = world.estate.cluster_of(&sink.name) {
                for (name, topic) in taken {
                    for mirror in mirrors(world, target, sink, name) {
                        let known = world.mirrors.entry(mirror).or_default();
                        known.push(there(topic));
                    }
                }
            } else {
                let place = format!("the copy that {} makes in {}", consumer.id, sink.name);
                store(world, cluster, &place, taken);
            }
        }
        // What runs there is a workload.
        SinkKind::Function => {}
        SinkKind::Stream | SinkKind::Table | SinkKind::Other => {
            let place = format!("{}, which {} fills", sink.name, consumer.id);
            store(world, cluster, &place, taken);
        }
    }
}

/// The topics of another cluster that are copies of this one.
fn mirrors(world: &World<'_>, target: &Cluster, sink: &Sink, topic: &str) -> Vec<ThingIx> {
    let patterns: Vec<Glob> = sink
        .keys
        .iter()
        .map(|key| Glob::new(&key.replace(TOPIC, topic)))
        .collect();
    let there = world.topics.get(target.name.as_str()).into_iter().flatten();
    let fits = there.filter(|(name, _)| patterns.iter().any(|p| p.matches(name)));
    let things = fits.filter_map(|(name, _)| {
        let id = format!("{}/{name}", target.name);
        world.things.find(Kind::Topic, &id)
    });
    things.collect()
}

/// A place that is not followed: somebody reads it.
fn store(world: &mut World<'_>, cluster: &Cluster, place: &str, taken: &[(String, Reached)]) {
    let thing = world.things.intern(Kind::Store, place);
    let unknown = Unknown {
        sort: Sort::Store,
        id: place.to_owned(),
        cluster: cluster.name.clone(),
        brokers: BTreeSet::new(),
        topics: Some(taken.iter().map(|(name, _)| name.clone()).collect()),
        missing: format!("who may read {place}"),
        runs_a_broker: false,
    };
    if world.unknown.insert(thing, unknown).is_none() {
        world.join(Sort::Store, thing);
    }
}

/// Takes up objects of a topic, or further keys and a surer reason for those that are known.
pub(super) fn add(
    world: &mut World<'_>,
    topic: &str,
    bucket: ThingIx,
    keys: Vec<String>,
    holds: Reached,
) {
    let id = format!("{topic} in {}", world.id(bucket));
    let thing = world.things.intern(Kind::TopicObjects, &id);
    if let Some(known) = world.objects.get_mut(&thing) {
        known.keys.extend(keys);
        known.keys.sort();
        known.keys.dedup();
        if holds.strength > known.holds.strength {
            known.holds = holds;
        }
        return;
    }
    world.join(Sort::Objects, thing);
    let of = ObjectsOf {
        bucket,
        keys,
        holds,
    };
    world.objects.insert(thing, of);
}

/// Objects of single topics that replication copies to other buckets, under the same keys.
fn copied(world: &mut World<'_>) {
    let estate = world.estate;
    let copies = estate.copies_from(buckets(estate).map(str::to_owned).collect());
    let mut by_source: BTreeMap<&str, Vec<&Copy<'_>>> = BTreeMap::new();
    for copy in &copies {
        by_source.entry(&copy.from).or_default().push(copy);
    }
    let mut open: Vec<ThingIx> = world.objects.keys().copied().collect();
    while let Some(thing) = open.pop() {
        let Some(of) = world.objects.get(&thing).cloned() else {
            continue;
        };
        let from = world.id(of.bucket).to_owned();
        let topic = world.id(of.holds.thing).to_owned();
        for copy in by_source.get(from.as_str()).into_iter().flatten() {
            let Some(bucket) = world.things.find(Kind::Bucket, &copy.to) else {
                continue;
            };
            let prefix = Glob::new(&format!("{}*", copy.rule.prefix));
            let keys = of.keys.iter();
            let keys = keys.filter(|key| intersects(&prefix, &Glob::new(key)).is_some());
            let keys: Vec<String> = keys.cloned().collect();
            let id = format!("{topic} in {}", copy.to);
            let known = world.things.find(Kind::TopicObjects, &id).is_some();
            if keys.is_empty() || known {
                continue;
            }
            let mut holds = of.holds.clone();
            let says = format!("{from} is replicated to {}", copy.to);
            let origin = Origin::Captured(copy.rule.source.clone());
            holds.evidence.push(Evidence::description(says, origin));
            if let Some(doubt) = super::storage::copying_doubt(copy.rule) {
                let (strength, kind) = (Strength::Conditional, NoteKind::Condition);
                holds = Reached::weakly(holds.thing, strength, holds.evidence, kind, doubt);
            }
            add(world, &topic, bucket, keys, holds);
            open.extend(world.things.find(Kind::TopicObjects, &id));
        }
    }
}
