//! Connectors of MSK Connect, connectors that people run themselves, and replicators of MSK.
//!
//! Source: MSK Connect API Reference, `DescribeConnector`; MSK API Reference, `DescribeReplicator`;
//! Kafka documentation, "Kafka Connect".
//!
//! Must never: see a configuration value that the capture did not let through.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::build::{Builder, captured, text};
use super::consumers::{by_arn, by_servers, idle, in_bucket, place, role, sink, told};
use super::files::names;
use super::{
    Cluster, Consumer, ConsumerKind, Link, Origin, Outcome, Seen, Sink, SinkKind, TopicName,
};
use crate::capture::json::Node;
use crate::capture::{Answer, REDACTED, Text};

/// Reads both.
pub(super) fn read(builder: &mut Builder<'_>) {
    each(
        builder,
        ("kafkaconnect:ListConnectors", "connectors"),
        ("kafkaconnect:DescribeConnector", "connectorArn"),
        connector,
    );
    each(
        builder,
        ("kafka:ListReplicators", "Replicators"),
        ("kafka:DescribeReplicator", "ReplicatorArn"),
        replicator,
    );
    own(builder);
}

/// Connectors of Kafka Connect by their files. They read the cluster that their folder names;
/// without one, it is not known which.
fn own(builder: &mut Builder<'_>) {
    let files = builder.capture.texts.iter();
    let files = files.filter_map(|file| match &file.content {
        Text::Connector(lines) => Some((file, lines)),
        Text::Properties(_) | Text::Acls(_) | Text::Topics(_) => None,
    });
    for (file, lines) in files {
        let Some(first) = lines.first() else { continue };
        let origin = Origin::Captured(first.source.clone());
        let settings: BTreeMap<String, String> = lines
            .iter()
            .map(|line| (line.key.to_ascii_lowercase(), line.value.trim().to_owned()))
            .collect();
        let name = settings.get("name").map_or("connector", String::as_str);
        let id = format!("{}/{name}", file.cluster);
        let cluster = builder.estate.clusters.get(&file.cluster);
        let place = |of: fn(&Cluster) -> &Option<String>| {
            cluster.and_then(|c| of(c).clone()).unwrap_or_default()
        };
        let consumer = Consumer {
            kind: ConsumerKind::OwnConnector,
            account: place(|c| &c.account),
            region: place(|c| &c.region),
            idle: None,
            cluster: cluster.map(|cluster| Link {
                to: cluster.name.clone(),
                origin: origin.clone(),
            }),
            written_cluster: Vec::new(),
            topics: topics_of(&settings, || format!("topics of connector {id}")),
            role: Seen::Unread(Arc::from(format!("the workers of connector {id}"))),
            secrets: Vec::new(),
            subnets: Vec::new(),
            groups: Vec::new(),
            sinks: sinks(&settings),
            origin,
            id: id.clone(),
        };
        builder.estate.consumers.insert(id, consumer);
    }
}

/// Topics that a connector reads, by its settings. A source connector writes topics and reads none,
/// as far as its class is known.
fn topics_of(
    settings: &BTreeMap<String, String>,
    missing: impl FnOnce() -> String,
) -> Seen<Vec<TopicName>> {
    let topics = topics(settings);
    let class = settings.get("connector.class").map(String::as_str);
    if topics.is_empty() && class.is_some_and(is_source) {
        Seen::Absent
    } else {
        told(topics, missing)
    }
}

/// Calls `add` with the best description of each: its own answer, else its entry in the list.
fn each<'c>(
    builder: &mut Builder<'c>,
    (list, member): (&str, &str),
    (describe, id): (&str, &str),
    add: impl Fn(&mut Builder<'c>, &str, &'c Node, &'c Answer),
) {
    let mut found: BTreeMap<String, (&Node, &Answer)> = BTreeMap::new();
    for answer in builder.answers(describe) {
        found.extend(text(&answer.body, id).map(|arn| (arn, (&answer.body, answer))));
    }
    for answer in builder.answers(list) {
        for node in answer.body.list(member) {
            let Some(arn) = text(node, id) else { continue };
            let outcome = if found.contains_key(&arn) {
                Outcome::Ok
            } else {
                let answer = builder.about(describe, &arn, None, None);
                answer.map_or(Outcome::NotCollected, |a| a.outcome)
            };
            let (account, region) = place(&arn, answer);
            builder.cover(describe, &account, &region, &arn, outcome);
            found.entry(arn).or_insert((node, answer));
        }
    }
    for (arn, (node, answer)) in found {
        add(builder, &arn, node, answer);
    }
}

fn connector(builder: &mut Builder<'_>, arn: &str, node: &Node, answer: &Answer) {
    let (account, region) = place(arn, answer);
    let origin = captured(node);
    let kafka = node
        .get("kafkaCluster")
        .and_then(|k| k.get("apacheKafkaCluster"));
    let servers: Vec<String> = kafka
        .and_then(|k| text(k, "bootstrapServers"))
        .unwrap_or_default()
        .split(',')
        .map(|s| s.trim().to_owned())
        .filter(|s| !s.is_empty())
        .collect();
    let vpc = kafka.and_then(|k| k.get("vpc"));
    let list = |field: &str| vpc.map(|v| names(v, field)).unwrap_or_default();
    let configuration = node.get("connectorConfiguration");
    let settings: BTreeMap<String, String> = configuration
        .map_or(&[][..], Node::members)
        .iter()
        .filter_map(|(key, value)| Some((key.to_ascii_lowercase(), value.scalar()?)))
        .filter(|(_, value)| value != REDACTED)
        .collect();
    let missing = || format!("kafkaconnect:DescribeConnector of {arn}");
    let sinks = sinks(&settings);
    let consumer = Consumer {
        id: arn.to_owned(),
        kind: ConsumerKind::Connector,
        cluster: by_servers(builder, &servers),
        written_cluster: servers,
        topics: topics_of(&settings, missing),
        idle: idle(node, "connectorState", &["PAUSED", "FAILED", "DELETING"]),
        role: role(node, "serviceExecutionRoleArn", missing),
        secrets: Vec::new(),
        subnets: list("subnets"),
        groups: list("securityGroups"),
        sinks,
        origin,
        account,
        region,
    };
    builder.estate.consumers.insert(arn.to_owned(), consumer);
}

/// Whether the name of a connector's class says that it brings data to Kafka.
fn is_source(class: &str) -> bool {
    let name = class.rsplit('.').next().unwrap_or(class);
    let debezium = class.starts_with("io.debezium.");
    (name.contains("Source") || debezium) && !name.contains("Mirror") && !name.contains("Sink")
}

/// Topics that a connector reads: of sinks `topics` and `topics.regex`; of MirrorMaker both are
/// regular expressions. Source: Kafka Connect documentation, "Configuring Connectors"; KIP-382.
fn topics(settings: &BTreeMap<String, String>) -> Vec<TopicName> {
    let mirror = settings
        .get("connector.class")
        .is_some_and(|c| c.contains("Mirror"));
    let mut topics = Vec::new();
    for name in settings.get("topics").map_or("", String::as_str).split(',') {
        let name = name.trim().to_owned();
        if name.is_empty() {
            continue;
        }
        topics.push(if mirror {
            TopicName::Regex(name)
        } else {
            TopicName::Literal(name)
        });
    }
    let regex = settings.get("topics.regex");
    topics.extend(regex.cloned().map(TopicName::Regex));
    topics
}

/// Where the S3 sink of Confluent puts objects, and anywhere for other classes: below their prefix.
///
/// Source: Confluent documentation, "Amazon S3 Sink Connector", S3 object names:
/// `TOPICS.DIR/TOPIC/PARTITIONED/TOPIC+PARTITION+OFFSET.FORMAT`.
fn object_keys(settings: &BTreeMap<String, String>) -> Vec<String> {
    // Placeholders and config providers stand for anything.
    let fixed = |text: &str| {
        let end = text.find("{{").into_iter().chain(text.find("${")).min();
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let get = |key: &str| settings.get(key).map(String::as_str);
    if get("connector.class") == Some("io.confluent.connect.s3.S3SinkConnector") {
        let folder = get("topics.dir").unwrap_or("topics");
        let whole = fixed(folder);
        return vec![match (whole == folder, whole.is_empty()) {
            (true, true) => "{topic}/*".to_owned(),
            (true, false) => format!("{whole}/{{topic}}/*"),
            (false, _) => format!("{whole}*"),
        }];
    }
    vec![format!(
        "{}*",
        fixed(get("aws.s3.prefix").unwrap_or_default())
    )]
}

/// Where a connector puts what it reads, by its settings.
fn sinks(settings: &BTreeMap<String, String>) -> Vec<Sink> {
    let of = |keys: &[&str], kind| {
        let values: Vec<Sink> = keys
            .iter()
            .filter_map(|key| settings.get(*key))
            .map(|value| Sink::new(kind, value.trim_start_matches("arn:aws:s3:::")))
            .filter(|s| !s.name.is_empty())
            .collect();
        values
    };
    let mut sinks = of(
        &[
            "s3.bucket.name",
            "aws.s3.bucket.name",
            "camel.sink.path.bucketnameorarn",
        ],
        SinkKind::Bucket,
    );
    for sink in &mut sinks {
        sink.keys = object_keys(settings);
    }
    sinks.extend(of(&["errors.deadletterqueue.topic.name"], SinkKind::Topic));
    sinks.extend(of(
        &["kinesis.stream", "streamname", "deliverystream"],
        SinkKind::Stream,
    ));
    sinks.extend(of(
        &["iceberg.tables", "table.name.format"],
        SinkKind::Table,
    ));
    let warehouse = settings.get("iceberg.catalog.warehouse");
    sinks.extend(
        warehouse.and_then(|location| match location.strip_prefix("s3://") {
            Some(rest) => Some(in_bucket(rest)),
            None => sink(location),
        }),
    );
    sinks.sort();
    sinks.dedup();
    sinks
}

/// How a topic is called on the other side.
///
/// Source: MSK API Reference, `DescribeReplicator`: `TopicNameConfiguration` is
/// `PREFIXED_WITH_SOURCE_CLUSTER_ALIAS` unless it is `IDENTICAL`; MSK Developer Guide, "How Amazon
/// MSK Replicator works": `<sourceKafkaClusterAlias>.topic`.
fn mirrored_name(replication: Option<&Node>, alias: Option<&str>) -> String {
    let configured = replication.and_then(|r| r.get("TopicNameConfiguration"));
    let kind = configured.and_then(|c| c.str("Type"));
    match (kind, alias) {
        (Some("IDENTICAL"), _) => "{topic}".to_owned(),
        (_, Some(alias)) => format!("{alias}.{{topic}}"),
        (_, None) => "*.{topic}".to_owned(),
    }
}

fn replicator(builder: &mut Builder<'_>, arn: &str, node: &Node, answer: &Answer) {
    let (account, region) = place(arn, answer);
    let origin = captured(node);
    let clusters: Vec<(&Node, String)> = node
        .list("KafkaClusters")
        .iter()
        .chain(node.list("KafkaClustersSummary"))
        .filter_map(|c| {
            let own = c.get("AmazonMskCluster")?;
            Some((c, text(own, "MskClusterArn")?))
        })
        .collect();
    let replication = node.list("ReplicationInfoList").first();
    let summary = node.list("ReplicationInfoSummaryList").first();
    let alias = |field: &str| {
        let told = replication.or(summary)?;
        text(told, field)
    };
    let of = |alias: Option<String>, at: usize| {
        let by_alias = clusters
            .iter()
            .find(|(c, _)| alias.is_some() && text(c, "KafkaClusterAlias") == alias);
        // The service lists the source first.
        by_alias.or_else(|| clusters.get(at))
    };
    let from = of(alias("SourceKafkaClusterAlias"), 0);
    let to = of(alias("TargetKafkaClusterAlias"), 1);
    let missing = || format!("kafka:DescribeReplicator of {arn}");
    let topics = replication
        .and_then(|r| r.get("TopicReplication"))
        .map(|t| names(t, "TopicsToReplicate"))
        .unwrap_or_default();
    let network = |field: &str| {
        let mut all: Vec<String> = clusters
            .iter()
            .filter_map(|(c, _)| c.get("VpcConfig"))
            .flat_map(|v| names(v, field))
            .collect();
        all.sort();
        all.dedup();
        all
    };
    let source = from.map(|(_, arn)| arn.clone());
    let from_alias = from.and_then(|(c, _)| text(c, "KafkaClusterAlias"));
    let names = replication.and_then(|r| r.get("TopicReplication"));
    let sinks = to.map(|(_, arn)| Sink {
        keys: vec![mirrored_name(names, from_alias.as_deref())],
        ..Sink::new(SinkKind::Cluster, arn)
    });
    let consumer = Consumer {
        id: arn.to_owned(),
        kind: ConsumerKind::Replicator,
        idle: idle(node, "ReplicatorState", &["FAILED", "DELETING"]),
        cluster: source
            .as_ref()
            .and_then(|arn| by_arn(builder, arn, &origin)),
        written_cluster: source.into_iter().collect(),
        topics: if topics.is_empty() {
            Seen::Unread(Arc::from(missing()))
        } else {
            Seen::Is(topics.into_iter().map(TopicName::Regex).collect())
        },
        role: role(node, "ServiceExecutionRoleArn", missing),
        secrets: Vec::new(),
        subnets: network("SubnetIds"),
        groups: network("SecurityGroupIds"),
        sinks: sinks.into_iter().collect(),
        origin,
        account,
        region,
    };
    builder.estate.consumers.insert(arn.to_owned(), consumer);
}
