//! Links between the two worlds: brokers to hosts, log directories to volumes. Each carries its
//! origin, and `catchment.toml` may pin or refute it.
//!
//! Must never: choose between two hosts that fit equally well.

use std::collections::{BTreeMap, BTreeSet};

use super::build::Builder;
use super::{Broker, Cluster, Host, Link, LinkConfig, Origin, Severity, kafka, pods};
use crate::capture::Source;

/// Private DNS names, lower case, by instance.
type Names = BTreeMap<String, Vec<String>>;

/// Makes all links.
pub(super) fn read(builder: &mut Builder<'_>) {
    let mut clusters = std::mem::take(&mut builder.estate.clusters);
    let only = clusters.len() == 1;
    let mut names: Names = BTreeMap::new();
    for interface in builder.estate.interfaces.values() {
        if let (Some(instance), Some(dns)) = (&interface.instance, &interface.private_dns) {
            names
                .entry(instance.clone())
                .or_default()
                .push(dns.to_ascii_lowercase());
        }
    }
    for cluster in clusters.values_mut() {
        if cluster.managed.is_none() {
            hosts(builder, cluster, only, &names);
            pods::roles(builder, cluster);
        }
        volumes(builder, cluster);
        place(builder, cluster);
        disagreements(builder, cluster);
    }
    builder.estate.clusters = clusters;
    super::wal::read(builder);
    super::secret_users::read(builder);
    unknown_ends(builder);
}

/// Pins and refutations of one kind that begin at `from`.
fn said<'b>(
    builder: &'b Builder<'_>,
    kind: &'b str,
    from: &'b [&'b str],
) -> impl Iterator<Item = &'b LinkConfig> {
    builder
        .estate
        .config
        .links
        .iter()
        .filter(move |l| l.kind == kind && from.contains(&l.from.as_str()))
}

pub(super) fn pins(builder: &Builder<'_>, kind: &str, from: &[&str]) -> Vec<Link> {
    let pins = said(builder, kind, from).filter(|l| l.holds);
    pins.map(|l| Link {
        to: l.to.clone(),
        origin: Origin::Pinned(l.source.clone()),
    })
    .collect()
}

pub(super) fn refuted(builder: &Builder<'_>, kind: &str, from: &[&str], to: &str) -> bool {
    said(builder, kind, from).any(|l| !l.holds && l.to == to)
}

pub(super) fn at(origin: &Origin) -> Option<Source> {
    match origin {
        Origin::Captured(source) | Origin::Pinned(source) | Origin::Assumed { at: source, .. } => {
            Some(source.clone())
        }
        Origin::Inferred { from, .. } => from.first().cloned(),
    }
}

fn hosts(builder: &mut Builder<'_>, cluster: &mut Cluster, only: bool, names: &Names) {
    let name = cluster.name.clone();
    let mut lost = Vec::new();
    let voters = voters(cluster);
    for broker in cluster.brokers.values_mut() {
        let from = format!("{name}/{}", broker.id);
        let pinned = pins(builder, "broker-host", &[&from]);
        broker.host = pinned.into_iter().next();
        if broker.host.is_some() {
            continue;
        }
        let (link, candidates) = find_host(builder, &name, broker, &voters, only, names);
        if candidates.len() > 1 {
            let message = format!(
                "node {} of `{name}` fits several instances ({}); pin one: `[[pin]] link = \"broker-host\" from = \"{from}\" to = \"{}\"`",
                broker.id,
                candidates.join(", "),
                candidates[0]
            );
            builder.note(
                "ambiguous-host",
                Severity::Warning,
                message,
                Some(broker.source.clone()),
            );
        }
        broker.host = link;
        if broker.host.is_none() {
            let addresses = addresses(broker, &voters);
            broker.interface = pods::interface(builder, &name, broker, &addresses);
        }
        if broker.host.is_none() && broker.interface.is_none() && candidates.is_empty() {
            lost.push(broker.id.to_string());
        }
    }
    if !lost.is_empty() {
        let message = format!(
            "no captured instance has the address of node(s) {} of `{name}`; collect `ec2 describe-instances` or pin them: `[[pin]] link = \"broker-host\" from = \"{name}/{}\" to = \"i-...\"`",
            lost.join(", "),
            lost[0]
        );
        builder.note("broker-without-host", Severity::Warning, message, None);
    }
}

/// The host, and all that fit when it is not exactly one.
fn find_host(
    builder: &Builder<'_>,
    cluster: &str,
    broker: &Broker,
    voters: &BTreeMap<i32, (String, Source)>,
    only: bool,
    names: &Names,
) -> (Option<Link>, Vec<String>) {
    let from = format!("{cluster}/{}", broker.id);
    let said = builder.estate.config.clusters.get(cluster);
    let account = said.and_then(|c| c.get("account")).map(|(a, _)| a.as_str());
    let region = said.and_then(|c| c.get("region")).map(|(r, _)| r.as_str());
    let hosts: Vec<&Host> = builder
        .estate
        .hosts
        .values()
        .filter(|h| {
            !h.gone
                && account.is_none_or(|a| h.account == a)
                && region.is_none_or(|r| h.region == r)
        })
        .filter(|h| !refuted(builder, "broker-host", &[&from], &h.id))
        .collect();
    for (address, says, source) in addresses(broker, voters) {
        let fits: Vec<(&Host, &str)> = hosts
            .iter()
            .filter_map(|h| Some((*h, answers_to(h, names, &address)?)))
            .collect();
        match &fits[..] {
            [] => {}
            [(host, how)] => {
                let why = format!(
                    "{how} {address} of {} is the {says} of node {} of {cluster}",
                    host.id, broker.id
                );
                let from = std::iter::once(source).chain(at(&host.origin)).collect();
                return (
                    Some(Link {
                        to: host.id.clone(),
                        origin: Origin::Inferred { why, from },
                    }),
                    Vec::new(),
                );
            }
            many => return (None, many.iter().map(|(h, _)| h.id.clone()).collect()),
        }
    }
    let fits: Vec<(&Host, String)> = hosts
        .iter()
        .filter_map(|h| Some((*h, tagged(h, cluster, broker.id, only)?)))
        .collect();
    match &fits[..] {
        [(host, tag)] => {
            let why = format!(
                "tag {tag} of {} names node {} of {cluster}",
                host.id, broker.id
            );
            let from = std::iter::once(broker.source.clone())
                .chain(at(&host.origin))
                .collect();
            (
                Some(Link {
                    to: host.id.clone(),
                    origin: Origin::Inferred { why, from },
                }),
                Vec::new(),
            )
        }
        many => (None, many.iter().map(|(h, _)| h.id.clone()).collect()),
    }
}

/// `ID@HOST:PORT` of `controller.quorum.voters`.
fn voters(cluster: &Cluster) -> BTreeMap<i32, (String, Source)> {
    let mut voters = BTreeMap::new();
    for property in cluster
        .brokers
        .values()
        .filter_map(|b| b.properties.get("controller.quorum.voters"))
    {
        for voter in property.value.split(',') {
            let parsed = voter.trim().split_once('@').and_then(|(id, rest)| {
                Some((id.parse().ok()?, rest.rsplit_once(':')?.0.to_owned()))
            });
            if let Some((id, host)) = parsed {
                voters.entry(id).or_insert((host, property.source.clone()));
            }
        }
    }
    voters
}

/// Where a broker says that it is, best first.
fn addresses(
    broker: &Broker,
    voters: &BTreeMap<i32, (String, Source)>,
) -> Vec<(String, &'static str, Source)> {
    let mut out: Vec<(String, &'static str, Source)> = Vec::new();
    for (key, says) in [
        ("advertised.listeners", "advertised host"),
        ("listeners", "listener host"),
    ] {
        let Some(property) = broker.properties.get(key) else {
            continue;
        };
        for item in property.value.split(',') {
            let host = item
                .trim()
                .split_once("://")
                .and_then(|(_, rest)| rest.rsplit_once(':'))
                .map(|(host, _)| host);
            let host = host.unwrap_or_default().trim_matches(['[', ']']);
            if !matches!(host, "" | "0.0.0.0" | "::" | "localhost" | "127.0.0.1") {
                out.push((host.to_owned(), says, property.source.clone()));
            }
        }
    }
    if let Some((host, source)) = voters.get(&broker.id) {
        out.push((host.clone(), "voter's host", source.clone()));
    }
    let mut seen = BTreeSet::new();
    out.retain(|(host, _, _)| seen.insert(host.to_ascii_lowercase()));
    out
}

/// How a host is known by that name, if it is.
fn answers_to(host: &Host, names: &Names, name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    if host.private_addresses.contains(&name) {
        return Some("private address");
    }
    if host.public_addresses.contains(&name) {
        return Some("public address");
    }
    let dns = names
        .get(&host.id)
        .is_some_and(|names| names.contains(&name));
    // `ip-10-0-1-11.eu-west-1.compute.internal`, `ip-10-0-1-11.ec2.internal`
    let label = |prefix: &str, address: &str| format!("{prefix}-{}", address.replace('.', "-"));
    let first = name.split('.').next().unwrap_or_default();
    let internal = (name.ends_with(".internal") || !name.contains('.'))
        && (name.contains(&host.region) || name.ends_with(".ec2.internal") || !name.contains('.'))
        && host
            .private_addresses
            .iter()
            .any(|a| label("ip", a) == first);
    let public = name.ends_with(".amazonaws.com")
        && host
            .public_addresses
            .iter()
            .any(|a| label("ec2", a) == first);
    if dns || internal {
        Some("private DNS name")
    } else if public {
        Some("public DNS name")
    } else {
        None
    }
}

/// The tag by which a host names itself as that node.
fn tagged(host: &Host, cluster: &str, id: i32, only: bool) -> Option<String> {
    let names_cluster = host.tags.values().any(|v| v == cluster);
    host.tags.iter().find_map(|(key, value)| {
        let squeezed: String = key
            .to_ascii_lowercase()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let by_id = matches!(
            squeezed.as_str(),
            "brokerid" | "nodeid" | "kafkabrokerid" | "kafkanodeid"
        ) && *value == id.to_string()
            && (only || names_cluster);
        let by_name = key == "Name"
            && ["", "broker-", "kafka-", "node-"]
                .iter()
                .any(|word| *value == format!("{cluster}-{word}{id}"));
        (by_id || by_name).then(|| format!("{key}={value}"))
    })
}

fn volumes(builder: &mut Builder<'_>, cluster: &mut Cluster) {
    let name = cluster.name.clone();
    let in_buckets = kafka::is_automq(cluster);
    for broker in cluster.brokers.values_mut() {
        let from = format!("{name}/{}", broker.id);
        let mut links = pins(builder, "log-volume", &[&from]);
        // A node of AutoMQ keeps the log in buckets; what its volumes hold of a write-ahead log has
        // a place of its own.
        let keeps = broker.holds_data && !in_buckets;
        if let Some(host) = broker
            .host
            .as_ref()
            .and_then(|l| builder.estate.hosts.get(&l.to))
            .filter(|_| keeps && links.is_empty())
        {
            let data: Vec<_> = host.volumes.iter().filter(|v| !v.root).collect();
            let (chosen, rest): (Vec<_>, _) = if data.is_empty() {
                (
                    host.volumes.iter().collect(),
                    "its only volume, the root one",
                )
            } else {
                (data, "a volume besides the root one")
            };
            let property = ["log.dirs", "log.dir"]
                .iter()
                .find_map(|k| broker.properties.get(*k));
            let directories = property.map_or("/tmp/kafka-logs", |p| p.value.as_str());
            for attached in chosen {
                let to = attached.volume.to.clone();
                if refuted(builder, "log-volume", &[&from], &to) {
                    continue;
                }
                let why = format!(
                    "log directories {directories} of node {} of {name} lie on host {}, and {to} is {rest}",
                    broker.id, host.id
                );
                let from = property
                    .map(|p| p.source.clone())
                    .into_iter()
                    .chain(at(&attached.volume.origin))
                    .collect();
                links.push(Link {
                    to,
                    origin: Origin::Inferred { why, from },
                });
            }
        }
        broker.volumes = links;
    }
}

/// Account and region of a cluster: as said, else where all its hosts are.
fn place(builder: &mut Builder<'_>, cluster: &mut Cluster) {
    let hosts: Vec<&Host> = cluster
        .brokers
        .values()
        .filter_map(|b| b.host.as_ref())
        .filter_map(|l| builder.estate.hosts.get(&l.to))
        .collect();
    let agreed = |value: fn(&Host) -> &str| {
        let values: BTreeSet<&str> = hosts
            .iter()
            .map(|h| value(h))
            .filter(|v| !v.is_empty())
            .collect();
        if values.len() == 1 {
            values.first().map(|v| (*v).to_owned())
        } else {
            None
        }
    };
    let said = builder.estate.config.clusters.get(&cluster.name);
    let said = |key: &str| {
        said.and_then(|c| c.get(key))
            .map(|(value, _)| value.clone())
    };
    let known = (cluster.account.take(), cluster.region.take());
    cluster.account = said("account")
        .or_else(|| agreed(|h| &h.account))
        .or(known.0);
    cluster.region = said("region").or_else(|| agreed(|h| &h.region)).or(known.1);
}

/// Settings that decide who reads, where brokers have different ones: the most permissive counts.
fn disagreements(builder: &mut Builder<'_>, cluster: &Cluster) {
    for key in [
        "authorizer.class.name",
        "super.users",
        "allow.everyone.if.no.acl.found",
    ] {
        let mut by_value: BTreeMap<&str, &Broker> = BTreeMap::new();
        for broker in cluster.brokers.values() {
            let value = broker.properties.get(key).map_or("", |p| p.value.trim());
            by_value.entry(value).or_insert(broker);
        }
        let mut brokers = by_value.values();
        if let (Some(one), Some(other)) = (brokers.next(), brokers.next()) {
            let message = format!(
                "brokers disagree: `{key}` differs between node {} and node {} of `{}`; for each question the most permissive answer counts",
                one.id.min(other.id),
                one.id.max(other.id),
                cluster.name
            );
            let source = Some(one.source.clone());
            builder.note("brokers-disagree", Severity::Warning, message, source);
        }
    }
}

/// Pins and refutations whose ends the capture does not hold.
fn unknown_ends(builder: &mut Builder<'_>) {
    let estate = &builder.estate;
    let node = |text: &str| {
        let (cluster, id) = text.rsplit_once('/').unwrap_or((text, ""));
        let id = id.parse::<i32>().ok();
        estate
            .clusters
            .get(cluster)
            .is_some_and(|c| id.is_some_and(|id| c.brokers.contains_key(&id)))
    };
    let secret = |text: &str| {
        estate
            .secrets
            .values()
            .any(|s| s.arn == text || s.name == text)
    };
    let cluster_of = |text: &str| {
        text.split_once('/')
            .is_some_and(|(c, user)| estate.clusters.contains_key(c) && user.contains(':'))
    };
    let mut unknown = Vec::new();
    for link in &estate.config.links {
        let (from, to) = match link.kind.as_str() {
            "broker-host" => (node(&link.from), estate.hosts.contains_key(&link.to)),
            "log-volume" => (node(&link.from), estate.volumes.contains_key(&link.to)),
            "secret-user" => (secret(&link.from), cluster_of(&link.to)),
            "cluster-file-system" => (
                estate.clusters.contains_key(&link.from),
                estate.file_systems.contains_key(&link.to),
            ),
            "broker-role" => (node(&link.from), estate.identities.contains_key(&link.to)),
            _ => continue,
        };
        for (known, end) in [(from, &link.from), (to, &link.to)] {
            if !known {
                unknown.push((format!("`{end}` is not in the capture, so this `{}` is about nothing that was read", link.kind), link.source.clone()));
            }
        }
    }
    for (message, source) in unknown {
        builder.note("unknown-link-end", Severity::Warning, message, Some(source));
    }
    let missing: Vec<(String, Source)> = builder
        .estate
        .config
        .clusters
        .iter()
        .filter(|(name, _)| !builder.estate.clusters.contains_key(*name))
        .filter_map(|(name, keys)| Some((name.clone(), keys.values().next()?.1.clone())))
        .collect();
    for (name, source) in missing {
        let message = format!(
            "there is no cluster `{name}` in the capture: its files lie in a folder of that name"
        );
        builder.note("unknown-cluster", Severity::Warning, message, Some(source));
    }
}
