//! The topics of a cluster, as listed or as far as anything names them.
//!
//! Must never: leave out that there may be topics that nothing names.

use std::collections::BTreeMap;

use super::deliveries;
use crate::capture::Source;
use crate::estate::{Cluster, Estate, Origin, Topic};
use crate::policy::{Glob, PatternType, ResourceType};

/// The topics of a cluster. Where they were not listed, those that ACLs or assets name by their
/// whole name are known to be meant; on which brokers they lie is not known then. For each pattern
/// of an asset there is a topic besides that goes by the pattern, and one by each prefix that an
/// ACL names inside it: no topic has such a name, and some topic fits.
pub(super) fn of(estate: &Estate, cluster: &Cluster) -> BTreeMap<String, Topic> {
    if let Some(topics) = cluster.topics.as_ref() {
        return topics.clone();
    }
    let mut named = BTreeMap::new();
    let mut add = |name: &str, source: &Source| {
        named.entry(name.to_owned()).or_insert_with(|| Topic {
            name: name.to_owned(),
            replicas: Vec::new(),
            source: source.clone(),
        });
    };
    for acl in cluster.acls.as_ref().into_iter().flatten() {
        let literal = acl.pattern_type == PatternType::Literal && acl.name != "*";
        if literal && acl.resource_type == ResourceType::Topic {
            add(&acl.name, &acl.source);
        }
    }
    for (name, origin) in deliveries::named(estate, cluster) {
        if let Origin::Captured(source) = origin {
            add(&name, &source);
        }
    }
    let only = estate.clusters.len() == 1;
    for asset in &estate.config.assets {
        let own = asset
            .cluster
            .as_ref()
            .map_or(only, |name| *name == cluster.name);
        for topic in asset.topics.iter().filter(|_| own) {
            add(topic, &asset.source);
            let prefixes = cluster.acls.as_ref().into_iter().flatten().filter(|acl| {
                acl.pattern_type == PatternType::Prefixed
                    && acl.resource_type == ResourceType::Topic
            });
            let pattern = Glob::new(topic);
            for acl in prefixes.filter(|_| topic.contains(['*', '?'])) {
                let inside = format!("{}*", acl.name);
                if pattern.matches(&inside) {
                    add(&inside, &acl.source);
                }
            }
        }
    }
    named
}
