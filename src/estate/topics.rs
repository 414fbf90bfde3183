//! Output of `kafka-topics --list` and `--describe`.
//!
//! A file of no bytes counts as unread; a blank line, or one that begins with `#`, makes it a known
//! empty list.
//!
//! Must never: lose a topic because one of its lines is broken.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Topic;
use crate::capture::{Outcome, Source};

/// What a listing holds.
#[derive(Debug)]
pub(super) struct Listing {
    /// Topics by name.
    pub(super) topics: BTreeMap<String, Topic>,
    /// `ParseError` when some line could not be read.
    pub(super) outcome: Outcome,
    /// Lines that could not be read.
    pub(super) problems: Vec<Source>,
}

/// Reads a listing.
pub(super) fn parse(file: &Arc<str>, text: &str) -> Listing {
    let mut listing = Listing {
        topics: BTreeMap::new(),
        outcome: Outcome::Ok,
        problems: Vec::new(),
    };
    if text.is_empty() {
        // A failed command leaves the same file as a cluster without topics.
        listing.outcome = Outcome::ParseError;
        listing.problems.push(Source::new(file.clone(), 1, ""));
        return listing;
    }
    let mut replicas: BTreeMap<String, BTreeMap<usize, Vec<i32>>> = BTreeMap::new();
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.trim();
        let source = Source::new(file.clone(), number, "");
        if line.is_empty()
            || line.starts_with('#')
            || line.starts_with("SLF4J")
            || line.starts_with("log4j:")
        {
            continue;
        }
        let name = if line.starts_with("Topic:") {
            field(line, "Topic:")
        } else {
            line.split(" - marked for").next()
        };
        let Some(name) = name.filter(|name| is_topic(name)) else {
            listing.problems.push(source);
            continue;
        };
        listing
            .topics
            .entry(name.to_owned())
            .or_insert_with(|| Topic {
                name: name.to_owned(),
                replicas: Vec::new(),
                source: source.clone(),
            });
        if let Some(partition) = field(line, "Partition:") {
            let ids = field(line, "Replicas:").unwrap_or_default();
            let ids: Option<Vec<i32>> = ids.split(',').map(|id| id.parse().ok()).collect();
            match (partition.parse::<usize>(), ids) {
                (Ok(partition), Some(ids)) => {
                    replicas
                        .entry(name.to_owned())
                        .or_default()
                        .insert(partition, ids);
                }
                _ => listing.problems.push(source),
            }
        }
    }
    for (name, partitions) in replicas {
        if let Some(topic) = listing.topics.get_mut(&name) {
            topic.replicas = partitions.into_values().collect();
        }
    }
    if !listing.problems.is_empty() {
        listing.outcome = Outcome::ParseError;
    }
    listing
}

/// The word behind a label; `Topic:a` and `Topic: a` are both written.
fn field<'l>(line: &'l str, label: &str) -> Option<&'l str> {
    let at = line
        .match_indices(label)
        .map(|(at, _)| at)
        .find(|at| *at == 0 || line[..*at].ends_with(|c: char| c.is_whitespace()))?;
    line[at + label.len()..].split_whitespace().next()
}

/// Source: Apache Kafka, `org.apache.kafka.common.internals.Topic`.
fn is_topic(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 249
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_gives_the_replicas_of_every_partition() {
        let text = "Topic: pay\tTopicId: Zr\tPartitionCount: 2\tReplicationFactor: 2\tConfigs: min.insync.replicas=1\n\tTopic: pay\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\tElr: \tLastKnownElr: \n\tTopic: pay\tPartition: 1\tLeader: 2\tReplicas: 2,3\tIsr: 2,3\nTopic:old\tPartitionCount:1\tReplicationFactor:1\tConfigs:\n\tTopic: old\tPartition: 0\tLeader: 3\tReplicas: 3\tIsr: 3\n";
        let listing = parse(&Arc::from("t"), text);
        assert_eq!(listing.outcome, Outcome::Ok, "{listing:?}");
        assert_eq!(listing.topics["pay"].replicas, [vec![1, 2], vec![2, 3]]);
        assert_eq!(listing.topics["old"].replicas, [vec![3]]);
    }

    #[test]
    fn names_alone_are_topics_without_replicas_and_broken_lines_are_named() {
        let listing = parse(
            &Arc::from("t"),
            "pay\n__consumer_offsets\nError: x y\ngone - marked for deletion\n",
        );
        assert_eq!(
            listing.topics.keys().collect::<Vec<_>>(),
            ["__consumer_offsets", "gone", "pay"]
        );
        assert_eq!(listing.problems[0].line(), 3);
        assert_eq!(listing.outcome, Outcome::ParseError);
    }
}
