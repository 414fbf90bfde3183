//! The events that functions are sent, and what runs a function.
//!
//! Source: Lambda Developer Guide, "Using Lambda with Amazon MSK", "Using Lambda with self-managed
//! Apache Kafka"; EventBridge User Guide, "Amazon EventBridge Pipes".
//!
//! Must never: ask whether a mapping may read its cluster: one that is enabled does.

use super::relation::Reached;
use super::workloads::Workload;
use super::world::World;
use crate::estate::{Consumer, ConsumerKind, SinkKind};
use crate::facts::{Evidence, Kind, NoteKind, ThingIx};
use crate::reach::Strength;

/// The mappings and pipes that send events to a function, by whatever version or alias.
fn feeding<'e>(world: &World<'e>, function: &str) -> Vec<&'e Consumer> {
    let consumers = world.estate.consumers.values();
    let feeding = consumers.filter(|consumer| {
        let sends = match consumer.kind {
            ConsumerKind::FunctionMapping | ConsumerKind::Pipe => true,
            ConsumerKind::Connector
            | ConsumerKind::OwnConnector
            | ConsumerKind::Replicator
            | ConsumerKind::DeliveryStream => false,
        };
        let to = |name: &str| {
            let rest = name.strip_prefix(function);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        let mut sinks = consumer.sinks.iter();
        sends && sinks.any(|sink| sink.kind == SinkKind::Function && to(&sink.name))
    });
    feeding.collect()
}

/// The topics whose events are sent to a function.
pub(super) fn topics(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some(Workload::Function(function)) = world.workloads.get(&from) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for consumer in feeding(world, &function.arn) {
        let reader = world.things.find(Kind::Consumer, &consumer.id);
        let topics = reader.and_then(|reader| world.readers.get(&reader));
        for topic in topics.into_iter().flatten() {
            let mut topic = topic.clone();
            let says = format!("{} sends what it reads to {}", consumer.id, function.name);
            let evidence = Evidence::description(says, consumer.origin.clone());
            topic.evidence.push(evidence);
            found.push(topic);
        }
    }
    found
}

/// The function itself: surely where a mapping or pipe that was read runs it, else at a doubt.
///
/// Source: Lambda Developer Guide, "Invoking a function": what else runs it stands in its resource
/// policy and in the services that call it.
pub(super) fn triggered(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some(Workload::Function(function)) = world.workloads.get(&from) else {
        return Vec::new();
    };
    let feeding = feeding(world, &function.arn);
    if let Some(awake) = feeding.iter().find(|consumer| consumer.idle.is_none()) {
        let says = format!("{} runs it for each batch of events", awake.id);
        let evidence = Evidence::description(says, awake.origin.clone());
        return vec![Reached::surely(from, vec![evidence])];
    }
    let text = format!("what runs {}: lambda:GetPolicy", function.name);
    let (to, kind) = (Strength::Conditional, NoteKind::NotCollected);
    vec![Reached::weakly(from, to, Vec::new(), kind, text)]
}
