//! Finding things by the names that other things use for them.
//!
//! Must never: fall back to a thing that merely looks alike.

use std::sync::Arc;

use super::{Broker, Cluster, Estate, Key, Seen};

impl Cluster {
    /// Brokers that hold data, and so serve clients: not nodes that only control.
    pub fn data_brokers(&self) -> impl Iterator<Item = &Broker> {
        self.brokers.values().filter(|broker| broker.holds_data)
    }
}

impl Estate {
    /// The cluster that an Amazon MSK cluster is, by the ARN of the latter.
    pub fn cluster_of(&self, managed: &str) -> Option<&Cluster> {
        let is_it = |cluster: &&Cluster| cluster.managed.as_ref().is_some_and(|m| m.to == managed);
        self.clusters.values().find(is_it)
    }

    /// The key that `text` names: an ARN of a key or alias, a key id, or `alias/...`. Ids and
    /// aliases mean the given account and region. Unread when the capture does not hold it.
    pub fn key_for(&self, text: &str, account: &str, region: &str) -> Seen<&Key> {
        let there = |arn: &str| self.keys.get(arn);
        let found = if text.starts_with("arn:") {
            there(text).or_else(|| self.aliases.get(text).and_then(|arn| there(arn)))
        } else if text.starts_with("alias/") {
            let end = format!(":kms:{region}:{account}:{text}");
            let alias = self.aliases.iter().find(|(arn, _)| arn.ends_with(&end));
            alias
                .and_then(|(_, arn)| there(arn))
                .or_else(|| self.keys.values().find(|key| key.arn.ends_with(&end)))
        } else {
            let end = format!(":kms:{region}:{account}:key/{text}");
            self.keys.values().find(|key| key.arn.ends_with(&end))
        };
        found.map_or_else(
            || Seen::Unread(Arc::from(format!("kms key {text} (account {account})"))),
            Seen::Is,
        )
    }
}
