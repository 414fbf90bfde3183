//! Links from secrets to the Kafka users whose password they hold: by tags, else by name.
//!
//! Must never: see or guess from a secret's value, or link by a name that says nothing of Kafka.

use std::collections::BTreeMap;

use super::build::Builder;
use super::link::{at, pins, refuted};
use super::{Cluster, Link, Origin, Secret};
use crate::capture::Source;

/// Links every secret to the users whose password it holds.
pub(super) fn read(builder: &mut Builder<'_>) {
    let mut found: Vec<(String, Vec<Link>)> = Vec::new();
    for secret in builder.estate.secrets.values() {
        let from = [secret.arn.as_str(), secret.name.as_str()];
        let mut links = pins(builder, "secret-user", &from);
        for link in users_of(secret, &builder.estate.clusters) {
            if !refuted(builder, "secret-user", &from, &link.to)
                && !links.iter().any(|l| l.to == link.to)
            {
                links.push(link);
            }
        }
        found.push((secret.arn.clone(), links));
    }
    for (arn, links) in found {
        if let Some(secret) = builder.estate.secrets.get_mut(&arn) {
            secret.users = links;
        }
    }
}

/// Users whose password a secret holds, by its tags or its name.
fn users_of(secret: &Secret, clusters: &BTreeMap<String, Cluster>) -> Vec<Link> {
    let tag = |name: &str| {
        let same = |key: &str| key.to_ascii_lowercase().replace('_', "-") == name;
        secret
            .tags
            .iter()
            .find(|(key, _)| same(key))
            .map(|(_, value)| value.as_str())
    };
    let from: Vec<Source> = at(&secret.origin).into_iter().collect();
    if let Some(user) = tag("kafka-user").filter(|u| !u.is_empty()) {
        let user = if user.contains(':') {
            user.to_owned()
        } else {
            format!("User:{user}")
        };
        let named = tag("kafka-cluster");
        let chosen: Vec<&Cluster> = clusters
            .values()
            .filter(|c| named.map_or(clusters.len() == 1, |n| n == c.name))
            .collect();
        let why = format!("tag kafka-user of secret {} names {user}", secret.name);
        return chosen
            .iter()
            .map(|c| Link {
                to: format!("{}/{user}", c.name),
                origin: Origin::Inferred {
                    why: why.clone(),
                    from: from.clone(),
                },
            })
            .collect();
    }
    let last = secret.name.rsplit('/').next().unwrap_or_default();
    let (last, msk) = last
        .strip_prefix("AmazonMSK_")
        .map_or((last, false), |rest| (rest, true));
    let words: Vec<String> = secret
        .name
        .to_ascii_lowercase()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .map(str::to_owned)
        .collect();
    let mentions = |cluster: &str| {
        let lower = secret.name.to_ascii_lowercase();
        let cluster = cluster.to_ascii_lowercase();
        words.contains(&cluster) || lower.split('/').any(|part| part == cluster)
    };
    let kafka = msk || words.iter().any(|w| w.contains("kafka"));
    let by_name = clusters.keys().any(|c| mentions(c));
    let mut links = Vec::new();
    for cluster in clusters.values() {
        let about = if by_name {
            mentions(&cluster.name)
        } else {
            kafka
        };
        let Some((user, source)) = cluster
            .users
            .iter()
            .find(|(u, _)| u.kind() == "User" && u.name() == last)
            .filter(|_| about)
        else {
            continue;
        };
        let why = format!(
            "the name of secret {} ends in {last}, a user of {}",
            secret.name, cluster.name
        );
        let from = from
            .iter()
            .cloned()
            .chain(std::iter::once(source.clone()))
            .collect();
        links.push(Link {
            to: format!("{}/{user}", cluster.name),
            origin: Origin::Inferred { why, from },
        });
    }
    links
}
