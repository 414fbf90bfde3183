//! Where the objects of log buckets are copied to.
//!
//! Must never: take a rule that is off for one that never copied anything.

use std::collections::BTreeSet;

use super::{Bucket, Cluster, Estate, Replication, Seen, SinkKind};

/// A bucket that holds copies of another one's objects.
#[derive(Clone, Debug)]
pub struct Copy<'e> {
    /// The bucket that the objects come from.
    pub from: String,
    /// The bucket that they go to.
    pub to: String,
    /// The rule that says so.
    pub rule: &'e Replication,
}

impl Estate {
    /// Every step from a bucket of a cluster to a bucket of copies, and on from there.
    pub fn copies(&self) -> Vec<Copy<'_>> {
        let links = self.clusters.values().flat_map(|c| c.buckets.values());
        self.copies_from(links.map(|link| link.to.clone()).collect())
    }

    /// Buckets that hold a log, those that consumers fill from one, and those that the objects of
    /// either are copied to.
    pub(super) fn log_buckets(&self) -> impl Iterator<Item = &Bucket> {
        let links = self.clusters.values().flat_map(|c| c.buckets.values());
        let consumers = self.consumers.values();
        let reading = consumers.filter(|consumer| !self.read_by(consumer).is_empty());
        let sinks = reading.flat_map(|consumer| &consumer.sinks);
        let sinks = sinks.filter(|sink| sink.kind == SinkKind::Bucket);
        let named = links.map(|link| link.to.clone());
        let named: Vec<String> = named.chain(sinks.map(|sink| sink.name.clone())).collect();
        let copies = self.copies_from(named.clone()).into_iter();
        let names: BTreeSet<String> = named
            .into_iter()
            .chain(copies.map(|copy| copy.to))
            .collect();
        names.into_iter().filter_map(|name| self.buckets.get(&name))
    }

    /// The same, from the buckets of one cluster.
    pub fn copies_of_cluster(&self, cluster: &Cluster) -> Vec<Copy<'_>> {
        self.copies_from(cluster.buckets.values().map(|l| l.to.clone()).collect())
    }

    /// The same, from these buckets.
    pub fn copies_from(&self, from: Vec<String>) -> Vec<Copy<'_>> {
        let mut seen: BTreeSet<String> = from.iter().cloned().collect();
        let mut open = from;
        let mut found = Vec::new();
        while let Some(name) = open.pop() {
            for rule in self.buckets.get(&name).into_iter().flat_map(rules) {
                if seen.insert(rule.destination.clone()) {
                    open.push(rule.destination.clone());
                    found.push(Copy {
                        from: name.clone(),
                        to: rule.destination.clone(),
                        rule,
                    });
                }
            }
        }
        found.sort_by(|a, b| (&a.to, &a.from).cmp(&(&b.to, &b.from)));
        found
    }
}

fn rules(bucket: &Bucket) -> &[Replication] {
    match &bucket.settings.replication {
        Seen::Is(rules) => rules,
        Seen::Absent | Seen::Unread(_) => &[],
    }
}
