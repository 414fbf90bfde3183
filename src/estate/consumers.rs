//! Managed services that read Kafka: event source mappings, pipes, Firehose streams; and functions.
//!
//! Source: Lambda, EventBridge Pipes and Firehose API References.
//!
//! Must never: keep a parameter that could hold a credential; secrets are named by ARN alone.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::Arc;

use super::build::{Builder, captured, in_account, text};
use super::files::names;
use super::{
    Cluster, Consumer, ConsumerKind, Estate, Function, Link, Origin, Outcome, Seen, Severity, Sink,
    SinkKind, TopicName,
};
use super::{buckets, link};
use crate::capture::Answer;
use crate::capture::json::{Node, Value};
use crate::names::Arn;

/// Reads all services that read Kafka. Clusters must have been linked.
pub(super) fn read(builder: &mut Builder<'_>) {
    functions(builder);
    mappings(builder);
    pipes(builder);
    streams(builder);
    super::connectors::read(builder);
    pinned(builder);
    filled_buckets(builder);
}

/// How `catchment.toml` calls the link from a consumer to the cluster that it reads.
pub(super) const CLUSTER_LINK: &str = "consumer-cluster";

/// Which cluster a consumer reads, where `catchment.toml` says so: one that the capture does not
/// hold means another one.
fn pinned(builder: &mut Builder<'_>) {
    let ids: Vec<String> = builder.estate.consumers.keys().cloned().collect();
    for id in ids {
        let said = link::pins(builder, CLUSTER_LINK, &[&id]);
        let said = said.into_iter().next();
        if let (Some(link), Some(consumer)) = (said, builder.estate.consumers.get_mut(&id)) {
            consumer.cluster = Some(link);
        }
    }
    let links = builder.estate.config.links.iter();
    let lost = links.filter(|link| {
        link.kind == CLUSTER_LINK && !builder.estate.consumers.contains_key(&link.from)
    });
    let lost: Vec<_> = lost
        .map(|link| (link.from.clone(), link.source.clone()))
        .collect();
    for (id, source) in lost {
        let message = format!("there is no consumer `{id}` in the capture");
        builder.note("unknown-link-end", Severity::Warning, message, Some(source));
    }
}

impl Estate {
    /// The clusters that a consumer may read: the one that it is linked to; else, unless its name
    /// is an ARN or somebody says that it does not, any. With why it may be another one.
    pub fn read_by(&self, consumer: &Consumer) -> Vec<(&Cluster, Option<String>)> {
        if let Some(link) = &consumer.cluster {
            let cluster = self.clusters.get(&link.to);
            return cluster.map(|cluster| (cluster, None)).into_iter().collect();
        }
        let mut names = consumer.written_cluster.iter();
        if names.any(|name| name.starts_with("arn:")) {
            return Vec::new();
        }
        let refuted = |cluster: &Cluster| {
            let mut links = self.config.links.iter().filter(|link| !link.holds);
            links.any(|l| l.kind == CLUSTER_LINK && l.from == consumer.id && l.to == cluster.name)
        };
        let doubt = format!("which cluster {} reads is not known", consumer.id);
        let clusters = self.clusters.values().filter(|cluster| !refuted(cluster));
        clusters.map(|c| (c, Some(doubt.clone()))).collect()
    }
}

/// Buckets that consumers fill are part of the estate, whether they were listed or not.
fn filled_buckets(builder: &mut Builder<'_>) {
    let consumers = builder.estate.consumers.values();
    let named = consumers.flat_map(|consumer| {
        let buckets = consumer.sinks.iter().filter(|s| s.kind == SinkKind::Bucket);
        buckets.map(|sink| {
            (
                sink.name.clone(),
                consumer.id.clone(),
                link::at(&consumer.origin),
            )
        })
    });
    let named: Vec<_> = named.collect();
    for (bucket, id, source) in named {
        if let Some(source) = source {
            let origin = buckets::named_by(&source, format!("{id} puts what it reads there"));
            buckets::add(builder, &bucket, None, None, origin);
        }
    }
}

/// The cluster of an ARN, by name.
pub(super) fn by_arn(builder: &Builder<'_>, arn: &str, origin: &Origin) -> Option<Link> {
    let mut clusters = builder.estate.clusters.values();
    let cluster = clusters.find(|c| c.managed.as_ref().is_some_and(|m| m.to == arn))?;
    Some(Link {
        to: cluster.name.clone(),
        origin: origin.clone(),
    })
}

/// The one cluster that answers at one of these servers.
pub(super) fn by_servers(builder: &Builder<'_>, servers: &[String]) -> Option<Link> {
    let estate = &builder.estate;
    let host = |server: &str| {
        let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
        host.rsplit("://")
            .next()
            .unwrap_or(host)
            .to_ascii_lowercase()
    };
    let asked: Vec<String> = servers.iter().map(|s| host(s)).collect();
    let mut found: Vec<(&str, String)> = Vec::new();
    for cluster in estate.clusters.values() {
        let mut known: Vec<String> = Vec::new();
        for broker in cluster.brokers.values() {
            let told = broker.listeners.iter();
            known.extend(told.filter_map(|l| l.advertised_host.clone()));
            let instance = broker.host.as_ref().and_then(|h| estate.hosts.get(&h.to));
            known.extend(
                instance
                    .into_iter()
                    .flat_map(|h| h.private_addresses.clone()),
            );
        }
        let managed = cluster.managed.as_ref();
        let managed = managed.and_then(|m| estate.managed.get(&m.to));
        known.extend(
            managed
                .into_iter()
                .flat_map(|m| m.bootstrap.iter().map(|s| host(s))),
        );
        let hit = asked
            .iter()
            .find(|asked| known.iter().any(|k| host(k) == **asked));
        found.extend(hit.map(|hit| (cluster.name.as_str(), hit.clone())));
    }
    let [(cluster, server)] = &found[..] else {
        return None;
    };
    Some(Link {
        to: (*cluster).to_owned(),
        origin: Origin::Inferred {
            why: format!("{server} is a server of {cluster}"),
            from: Vec::new(),
        },
    })
}

/// Why a consumer may not read now: its state is one of these.
pub(super) fn idle(node: &Node, field: &str, states: &[&str]) -> Option<String> {
    let state = node.str(field)?;
    states
        .contains(&state)
        .then(|| format!("its state is {state}: what it copied before is still there"))
}

/// The role that a member names; unread where the answer does not have it.
pub(super) fn role(node: &Node, field: &str, missing: impl FnOnce() -> String) -> Seen<Link> {
    match text(node, field) {
        Some(to) => Seen::Is(Link {
            to,
            origin: captured(node),
        }),
        None => Seen::Unread(Arc::from(missing())),
    }
}

/// Where events go that are sent to this ARN, or to this name.
pub(super) fn sink(target: &str) -> Option<Sink> {
    let target = target.trim();
    if target.is_empty() {
        return None;
    }
    let Ok(arn) = Arn::from_str(target) else {
        return Some(Sink::new(SinkKind::Other, target));
    };
    let (kind, name) = match arn.service() {
        "s3" => {
            let bucket = arn.resource().split('/').next().unwrap_or_default();
            (SinkKind::Bucket, bucket)
        }
        "lambda" => (SinkKind::Function, target),
        "kinesis" | "firehose" | "sqs" | "sns" | "events" => (SinkKind::Stream, target),
        "kafka" => (SinkKind::Cluster, target),
        "s3tables" | "redshift" | "dynamodb" | "timestream" | "glue" => (SinkKind::Table, target),
        _ => (SinkKind::Other, target),
    };
    Some(Sink::new(kind, name))
}

pub(super) fn literal(topics: impl IntoIterator<Item = String>) -> Vec<TopicName> {
    topics.into_iter().map(TopicName::Literal).collect()
}

/// Account and region of an ARN, or those that were asked.
pub(super) fn place(arn: &str, answer: &Answer) -> (String, String) {
    let arn = Arn::from_str(arn).ok();
    let or = |part: Option<&str>, other: &str| {
        part.filter(|p| !p.is_empty()).unwrap_or(other).to_owned()
    };
    (
        or(arn.as_ref().map(Arn::account), &answer.account),
        or(arn.as_ref().map(Arn::region), &answer.region),
    )
}

/// An ARN of a function without version or alias.
fn unqualified(arn: &str) -> String {
    arn.split(':').take(7).collect::<Vec<_>>().join(":")
}

fn functions(builder: &mut Builder<'_>) {
    for answer in builder.answers("lambda:ListFunctions") {
        for node in answer.body.list("Functions") {
            let Some(arn) = text(node, "FunctionArn").map(|arn| unqualified(&arn)) else {
                continue;
            };
            let (account, region) = place(&arn, answer);
            let vpc = node.get("VpcConfig");
            let list = |field: &str| vpc.map(|v| names(v, field)).unwrap_or_default();
            let missing = || format!("lambda:ListFunctions ({})", in_account(&account));
            let function = Function {
                name: text(node, "FunctionName").unwrap_or_default(),
                role: role(node, "Role", missing),
                subnets: list("SubnetIds"),
                groups: list("SecurityGroupIds"),
                origin: captured(node),
                arn: arn.clone(),
                account,
                region,
            };
            builder.estate.functions.entry(arn).or_insert(function);
        }
    }
}

fn mappings(builder: &mut Builder<'_>) {
    for answer in builder.answers("lambda:ListEventSourceMappings") {
        for node in answer.body.list("EventSourceMappings") {
            let source = text(node, "EventSourceArn").unwrap_or_default();
            let managed = source.contains(":kafka:");
            let own = node.get("SelfManagedEventSource");
            let servers = own
                .and_then(|s| s.get("Endpoints"))
                .map(|e| names(e, "KAFKA_BOOTSTRAP_SERVERS"))
                .unwrap_or_default();
            let gone = matches!(node.str("State"), Some("Deleting"));
            if gone || (!managed && servers.is_empty()) {
                continue;
            }
            let Some(id) = text(node, "UUID") else {
                continue;
            };
            let function = text(node, "FunctionArn").map(|arn| unqualified(&arn));
            let function = function.as_deref();
            let consumer = mapping(builder, &id, node, answer, (source, servers), function);
            builder.estate.consumers.entry(id).or_insert(consumer);
        }
    }
}

fn mapping(
    builder: &Builder<'_>,
    id: &str,
    node: &Node,
    answer: &Answer,
    (source, servers): (String, Vec<String>),
    function: Option<&str>,
) -> Consumer {
    let origin = captured(node);
    let managed = source.contains(":kafka:");
    let known = function.and_then(|arn| builder.estate.functions.get(arn));
    let (account, region) = place(function.unwrap_or_default(), answer);
    let (mut subnets, mut groups, mut secrets) = (Vec::new(), Vec::new(), Vec::new());
    for access in node.list("SourceAccessConfigurations") {
        let uri = text(access, "URI").unwrap_or_default();
        let last = uri.rsplit(':').next().unwrap_or_default().to_owned();
        match access.str("Type") {
            Some("VPC_SUBNET") => subnets.push(last),
            Some("VPC_SECURITY_GROUP") => groups.push(last),
            Some(_) if uri.starts_with("arn:") => secrets.push(uri),
            Some(_) | None => {}
        }
    }
    // A mapping to MSK polls from the cluster's own subnets and groups. Source: Lambda Developer
    // Guide, "Using Lambda with Amazon MSK", network configuration.
    if let Some(cluster) = builder.estate.managed.get(&source) {
        subnets.extend(cluster.subnets.iter().cloned());
        groups.extend(cluster.groups.iter().cloned());
    }
    let mut sinks: Vec<Sink> = function.and_then(sink).into_iter().collect();
    let failed = node
        .get("DestinationConfig")
        .and_then(|d| d.get("OnFailure"))
        .and_then(|f| text(f, "Destination"));
    sinks.extend(failed.and_then(|to| sink(&to)));
    let topics = literal(names(node, "Topics"));
    Consumer {
        id: id.to_owned(),
        kind: ConsumerKind::FunctionMapping,
        idle: idle(node, "State", &["Disabled", "Disabling"]),
        cluster: if managed {
            by_arn(builder, &source, &origin)
        } else {
            by_servers(builder, &servers)
        },
        written_cluster: if managed { vec![source] } else { servers },
        topics: told(topics, || format!("topics of event source mapping {id}")),
        role: known.map_or_else(
            || {
                let what = format!("lambda:ListFunctions ({})", in_account(&account));
                Seen::Unread(Arc::from(what))
            },
            |f| f.role.clone(),
        ),
        secrets,
        subnets,
        groups,
        sinks,
        origin,
        account,
        region,
    }
}

/// Topics, unread where none is told: no reader of Kafka reads none.
pub(super) fn told(
    topics: Vec<TopicName>,
    missing: impl FnOnce() -> String,
) -> Seen<Vec<TopicName>> {
    if topics.is_empty() {
        Seen::Unread(Arc::from(missing()))
    } else {
        Seen::Is(topics)
    }
}

fn pipes(builder: &mut Builder<'_>) {
    let mut described: BTreeMap<String, (&Node, &Answer)> = BTreeMap::new();
    for answer in builder.answers("pipes:DescribePipe") {
        if let Some(arn) = text(&answer.body, "Arn") {
            described.insert(arn, (&answer.body, answer));
        }
    }
    let mut listed = Vec::new();
    for answer in builder.answers("pipes:ListPipes") {
        for node in answer.body.list("Pipes") {
            listed.extend(text(node, "Arn").map(|arn| (arn, node, answer)));
        }
    }
    for (arn, node, answer) in listed {
        let source = node.str("Source").unwrap_or_default();
        if !(source.contains(":kafka:") || source.starts_with("smk://")) {
            continue;
        }
        let (account, region) = place(&arn, answer);
        let name = text(node, "Name").unwrap_or_else(|| arn.clone());
        let outcome = if described.contains_key(&arn) {
            Outcome::Ok
        } else {
            let answer = builder.about("pipes:DescribePipe", &name, Some(&account), Some(&region));
            answer.map_or(Outcome::NotCollected, |a| a.outcome)
        };
        builder.cover("pipes:DescribePipe", &account, &region, &name, outcome);
        described.entry(arn).or_insert((node, answer));
    }
    for (arn, (node, answer)) in described {
        if let Some(pipe) = pipe(builder, &arn, node, answer) {
            builder.estate.consumers.insert(arn, pipe);
        }
    }
}

fn pipe(builder: &Builder<'_>, arn: &str, node: &Node, answer: &Answer) -> Option<Consumer> {
    let source = text(node, "Source")?;
    let managed = source.contains(":kafka:");
    if !managed && !source.starts_with("smk://") {
        return None;
    }
    let (account, region) = place(arn, answer);
    let origin = captured(node);
    let parameters = node.get("SourceParameters").and_then(|p| {
        p.get("ManagedStreamingKafkaParameters")
            .or_else(|| p.get("SelfManagedKafkaParameters"))
    });
    let topic = parameters.and_then(|p| text(p, "TopicName"));
    let credentials = parameters.and_then(|p| p.get("Credentials"));
    let members = credentials.map_or(&[][..], Node::members);
    let secrets = members.iter().filter_map(|(_, v)| v.scalar());
    let vpc = parameters.and_then(|p| p.get("Vpc"));
    let list = |field: &str| vpc.map(|v| names(v, field)).unwrap_or_default();
    let mut servers = vec![source.trim_start_matches("smk://").to_owned()];
    servers.extend(
        parameters
            .map(|p| names(p, "AdditionalBootstrapServers"))
            .unwrap_or_default(),
    );
    let missing = || format!("pipes:DescribePipe of {arn}");
    let dead = parameters
        .and_then(|p| p.get("DeadLetterConfig"))
        .and_then(|d| text(d, "Arn"));
    let targets = [text(node, "Target"), text(node, "Enrichment"), dead];
    let of_msk = builder.estate.managed.get(&source);
    Some(Consumer {
        id: arn.to_owned(),
        kind: ConsumerKind::Pipe,
        idle: idle(
            node,
            "CurrentState",
            &["STOPPED", "STOPPING", "START_FAILED", "CREATE_FAILED"],
        ),
        cluster: if managed {
            by_arn(builder, &source, &origin)
        } else {
            by_servers(builder, &servers)
        },
        topics: told(literal(topic), missing),
        role: role(node, "RoleArn", missing),
        secrets: secrets.filter(|s| s.starts_with("arn:")).collect(),
        subnets: of_msk.map_or_else(|| list("Subnets"), |m| m.subnets.clone()),
        groups: of_msk.map_or_else(|| list("SecurityGroup"), |m| m.groups.clone()),
        sinks: targets.iter().flatten().filter_map(|t| sink(t)).collect(),
        written_cluster: if managed { vec![source] } else { servers },
        origin,
        account,
        region,
    })
}

fn streams(builder: &mut Builder<'_>) {
    let call = "firehose:DescribeDeliveryStream";
    for answer in builder.answers("firehose:ListDeliveryStreams") {
        for name in names(&answer.body, "DeliveryStreamNames") {
            let found = builder.about(call, &name, Some(&answer.account), Some(&answer.region));
            let outcome = found.map_or(Outcome::NotCollected, |a| a.outcome);
            builder.cover(call, &answer.account, &answer.region, &name, outcome);
        }
    }
    for answer in builder.answers(call) {
        let Some(node) = answer.body.get("DeliveryStreamDescription") else {
            continue;
        };
        let source = node
            .get("Source")
            .and_then(|s| s.get("MSKSourceDescription"));
        let Some(source) = source.filter(|s| s.value != Value::Null) else {
            continue;
        };
        let Some(arn) = text(node, "DeliveryStreamARN") else {
            continue;
        };
        let (account, region) = place(&arn, answer);
        let cluster = text(source, "MSKClusterARN").unwrap_or_default();
        let origin = captured(node);
        let missing = || format!("{call} of {arn}");
        let mut sinks = Vec::new();
        for destination in node.list("Destinations") {
            sinks_of(destination, &mut sinks);
        }
        sinks.sort();
        sinks.dedup();
        let authentication = source.get("AuthenticationConfiguration");
        let consumer = Consumer {
            id: arn.clone(),
            kind: ConsumerKind::DeliveryStream,
            idle: idle(
                node,
                "DeliveryStreamStatus",
                &["SUSPENDED", "CREATING_FAILED", "DELETING"],
            ),
            cluster: by_arn(builder, &cluster, &origin),
            written_cluster: vec![cluster],
            topics: told(literal(text(source, "TopicName")), missing),
            role: authentication.map_or_else(
                || Seen::Unread(Arc::from(missing())),
                |a| role(a, "RoleARN", missing),
            ),
            secrets: Vec::new(),
            subnets: Vec::new(),
            groups: Vec::new(),
            sinks,
            origin,
            account,
            region,
        };
        builder.estate.consumers.insert(arn, consumer);
    }
}

/// Where `BUCKET/PREFIX` leads, all of what follows `s3://`.
pub(super) fn in_bucket(location: &str) -> Sink {
    let (bucket, prefix) = location.split_once('/').unwrap_or((location, ""));
    let prefix = prefix.trim_end_matches('/');
    let mut sink = Sink::new(SinkKind::Bucket, bucket);
    if !prefix.is_empty() {
        sink.keys.push(format!("{prefix}/*"));
    }
    sink
}

/// What keys begin with that Firehose writes under this prefix: an expression may give anything.
///
/// Source: Amazon Data Firehose Developer Guide, "Custom prefixes for Amazon S3 objects".
fn begins_with(prefix: &str) -> String {
    let fixed = prefix.split("!{").next().unwrap_or_default();
    format!("{fixed}*")
}

/// Buckets and tables that a destination of Firehose names, at any depth.
fn sinks_of(node: &Node, sinks: &mut Vec<Sink>) {
    for (name, value) in node.members() {
        match name.as_str() {
            "BucketARN" => {
                let prefixes = ["Prefix", "ErrorOutputPrefix"].map(|field| text(node, field));
                let keys = prefixes.map(|p| begins_with(p.as_deref().unwrap_or_default()));
                sinks.extend(value.scalar().and_then(|t| sink(&t)).map(|sink| Sink {
                    keys: keys.to_vec(),
                    ..sink
                }));
            }
            "CatalogARN" => sinks.extend(value.scalar().and_then(|t| sink(&t))),
            "WarehouseLocation" => {
                let location = value.scalar().unwrap_or_default();
                sinks.extend(location.strip_prefix("s3://").map(in_bucket));
            }
            "DestinationTableName" | "DomainARN" | "ClusterJDBCURL" => {
                let name = value.scalar().unwrap_or_default();
                sinks.extend(Some(Sink::new(SinkKind::Table, name)).filter(|s| !s.name.is_empty()));
            }
            _ => sinks_of(value, sinks),
        }
    }
    for item in node.items() {
        sinks_of(item, sinks);
    }
}
