//! Links from secrets to the Kafka users whose password they hold: by tags, else by name. A secret
//! that Amazon MSK says is associated with a cluster holds the password of some user in any case.
//!
//! Must never: see or guess from a secret's value, or link by a name that says nothing of Kafka.

use std::collections::BTreeMap;

use super::build::Builder;
use super::link::{at, pins, refuted};
use super::{Cluster, Link, Origin, Secret, keys};
use crate::capture::Source;

/// Any user of a cluster beyond those that are known by name.
const SOME_USER: &str = "User:*";

/// Links every secret to the users whose password it holds.
pub(super) fn read(builder: &mut Builder<'_>) {
    let associated = associated(builder);
    for arn in associated.keys() {
        keys::named_secret(builder, arn, associated[arn][0].1.clone());
    }
    let mut found: Vec<(String, Vec<Link>)> = Vec::new();
    for secret in builder.estate.secrets.values() {
        let from = [secret.arn.as_str(), secret.name.as_str()];
        let mut links = pins(builder, "secret-user", &from);
        let theirs = associated.get(&secret.arn).map_or(&[][..], Vec::as_slice);
        for link in users_of(secret, &builder.estate.clusters, theirs) {
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

/// Names of the MSK clusters that a secret is associated with, and where that stands, by its ARN.
fn associated(builder: &Builder<'_>) -> BTreeMap<String, Vec<(String, Source)>> {
    let estate = &builder.estate;
    let mut found: BTreeMap<String, Vec<(String, Source)>> = BTreeMap::new();
    for cluster in estate.clusters.values() {
        let arn = cluster.managed.as_ref().map(|link| &link.to);
        let managed = arn.and_then(|arn| estate.managed.get(arn));
        let Some(managed) = managed else { continue };
        let answer = builder.about("kafka:ListScramSecrets", &managed.arn, None, None);
        let source = answer.map(crate::capture::Answer::source);
        for secret in managed.scram_secrets.as_ref().into_iter().flatten() {
            let source = source.clone().or_else(|| at(&managed.origin));
            if let Some(source) = source {
                let entry = (cluster.name.clone(), source);
                found.entry(secret.clone()).or_default().push(entry);
            }
        }
    }
    found
}

/// Users whose password a secret holds: as told by tags or name, and in each cluster that it is
/// associated with some user, when neither tells which.
fn users_of(
    secret: &Secret,
    clusters: &BTreeMap<String, Cluster>,
    associated: &[(String, Source)],
) -> Vec<Link> {
    let mut links = told(secret, clusters);
    for (cluster, source) in associated {
        let own = format!("{cluster}/");
        if links.iter().any(|link| link.to.starts_with(&own)) {
            continue;
        }
        let why = format!(
            "secret {} is associated with MSK cluster {cluster}, and so holds the password of some user of it",
            secret.name
        );
        links.push(Link {
            to: format!("{cluster}/{SOME_USER}"),
            origin: Origin::Inferred {
                why,
                from: vec![source.clone()],
            },
        });
    }
    links
}

/// Users whose password a secret holds, by its tags or its name.
fn told(secret: &Secret, clusters: &BTreeMap<String, Cluster>) -> Vec<Link> {
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
