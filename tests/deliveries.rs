//! What consumers leave behind beside the log, rule by rule: estates made in the test from a small
//! fixture, with the answer that the documents of AWS and Kafka give.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod support;

use catchment::query;
use catchment::reach::Strength::{self, Always, Conditional, Gap};
use serde_json::{Value, json};
use support::{Files, allow, cells, document, fixture, view};

const ACCOUNT: &str = "111122223333";
const HERE: &str = "accounts/111122223333/eu-west-1";
const IDENTITIES: &str =
    "accounts/111122223333/us-east-1/iam-get-account-authorization-details.json";
const SINK: &str = "kafka/quay/connect/lake.properties";

/// A self-managed cluster `quay` with the topics `payments` and `orders`, and a bucket `lake` that
/// nothing has to do with it.
fn quay() -> Files {
    let mut files = fixture("small/existing-snapshot");
    let topics = files.get_mut("kafka/quay/topics.txt").unwrap();
    topics.push_str(
        "Topic: orders\tPartitionCount: 1\tReplicationFactor: 1\tConfigs:\n\tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\n",
    );
    let config = files.get_mut("catchment.toml").unwrap();
    config.push_str("\n[[asset]]\nname = \"orders\"\ntopics = [\"orders\"]\nintended = []\n");
    config.push_str("\n[cluster.quay]\naccount = \"111122223333\"\nregion = \"eu-west-1\"\n");
    bucket(&mut files, "lake");
    files
}

/// Adds a bucket of the account: no policy, no key, ACLs off, never versioned.
fn bucket(files: &mut Files, name: &str) {
    let list = files.entry(format!("{HERE}/s3-list-buckets.json"));
    let mut buckets: Value = list
        .or_insert_with(|| json!({ "Buckets": [] }).to_string())
        .parse()
        .unwrap();
    let all = buckets["Buckets"].as_array_mut().unwrap();
    all.push(json!({ "Name": name, "BucketRegion": "eu-west-1" }));
    put(files, "s3-list-buckets.json", &buckets);
    let block = json!({ "PublicAccessBlockConfiguration": {
        "BlockPublicAcls": true, "IgnorePublicAcls": true,
        "BlockPublicPolicy": true, "RestrictPublicBuckets": true
    }});
    let encryption = json!({ "ServerSideEncryptionConfiguration": { "Rules": [{
        "ApplyServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" }
    }]}});
    let owner = json!({ "OwnershipControls": { "Rules": [
        { "ObjectOwnership": "BucketOwnerEnforced" }
    ]}});
    let none = |code: &str| json!({ "Error": { "Code": code, "Message": "there is none" } });
    let answers = [
        ("policy", none("NoSuchBucketPolicy")),
        ("replication", none("ReplicationConfigurationNotFoundError")),
        ("encryption", encryption),
        ("ownership-controls", owner),
        ("versioning", json!({})),
    ];
    for (call, answer) in answers {
        put(files, &format!("s3-get-bucket-{call}/{name}.json"), &answer);
    }
    put(
        files,
        &format!("s3-get-public-access-block/{name}.json"),
        &block,
    );
    put(
        files,
        "s3control-list-access-points.json",
        &json!({ "AccessPointList": [] }),
    );
}

fn put(files: &mut Files, path: &str, answer: &Value) {
    files.insert(format!("{HERE}/{path}"), answer.to_string());
}

/// Sets the roles of the account: what each may do; they trust nobody but the account.
fn roles(files: &mut Files, roles: &[(&str, &[Value])]) {
    let roles: Vec<Value> = roles
        .iter()
        .map(|(name, statements)| {
            json!({
                "Path": "/", "RoleName": name, "RoleId": format!("AROA{}", name.to_uppercase()),
                "Arn": arn(name),
                "AssumeRolePolicyDocument": document(&[json!({
                    "Effect": "Allow", "Principal": { "Service": ["firehose.amazonaws.com", "kafkaconnect.amazonaws.com"] },
                    "Action": "sts:AssumeRole"
                })]),
                "InstanceProfileList": [],
                "RolePolicyList": [{ "PolicyName": "p", "PolicyDocument": document(statements) }],
                "AttachedManagedPolicies": [], "Tags": []
            })
        })
        .collect();
    let details = json!({
        "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": [],
        "IsTruncated": false
    });
    files.insert(IDENTITIES.to_owned(), details.to_string());
}

fn arn(role: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{role}")
}

fn reads(files: &Files, role: &str, asset: &str) -> Option<Strength> {
    let cells = cells(&view(files, None));
    cells.get(&(arn(role), asset.to_owned())).copied()
}

fn sink(files: &mut Files, settings: &str) {
    let text = format!(
        "name=lake\nconnector.class=io.confluent.connect.s3.S3SinkConnector\ns3.bucket.name=lake\n{settings}\n"
    );
    files.insert(SINK.to_owned(), text);
}

/// Two roles that read a folder of the lake each.
fn two_readers(files: &mut Files) {
    let get = |key: &str| allow("s3:GetObject", &format!("arn:aws:s3:::lake/{key}"));
    roles(
        files,
        &[
            ("payer", &[get("topics/payments/*")]),
            ("buyer", &[get("topics/orders/*")]),
        ],
    );
}

#[test]
fn a_bucket_that_nothing_fills_holds_no_events() {
    let mut files = quay();
    two_readers(&mut files);
    assert_eq!(reads(&files, "payer", "payments"), None);
}

#[test]
fn whoever_reads_objects_of_a_topic_in_a_sinks_bucket_reads_that_topic_and_no_other() {
    let mut files = quay();
    two_readers(&mut files);
    sink(&mut files, "topics=payments,orders");
    assert_eq!(reads(&files, "payer", "payments"), Some(Always));
    assert_eq!(reads(&files, "payer", "orders"), None);
    assert_eq!(reads(&files, "buyer", "orders"), Some(Always));
    assert_eq!(reads(&files, "buyer", "payments"), None);
}

#[test]
fn a_sink_copies_the_topics_that_it_names_or_matches_and_no_other() {
    let mut files = quay();
    two_readers(&mut files);
    sink(&mut files, "topics=orders");
    assert_eq!(reads(&files, "payer", "payments"), None);
    sink(&mut files, "topics.regex=(pay|ref).*");
    assert_eq!(reads(&files, "payer", "payments"), Some(Always));
    // The whole name must match.
    sink(&mut files, "topics.regex=pay");
    assert_eq!(reads(&files, "payer", "payments"), None);
    // What this program cannot read, Java may.
    sink(&mut files, "topics.regex=(?!orders).*");
    assert_eq!(reads(&files, "payer", "payments"), Some(Conditional));
}

#[test]
fn objects_lie_below_the_folder_that_a_sink_names() {
    let mut files = quay();
    two_readers(&mut files);
    sink(&mut files, "topics=payments\ntopics.dir=raw");
    assert_eq!(reads(&files, "payer", "payments"), None);
    // A class whose keys are not known may write anywhere below its prefix.
    let text = "name=lake\nconnector.class=io.example.Sink\naws.s3.bucket.name=lake\naws.s3.prefix=topics/\ntopics=payments\n";
    files.insert(SINK.to_owned(), text.to_owned());
    assert_eq!(reads(&files, "payer", "payments"), Some(Always));
}

#[test]
fn the_rest_api_of_connect_tells_the_same_as_a_file() {
    let mut files = quay();
    two_readers(&mut files);
    let config = json!({
        "connector.class": "io.confluent.connect.s3.S3SinkConnector", "topics": "payments",
        "s3.bucket.name": "lake", "aws.secret.access.key": "hunter2hunter2hunter2"
    });
    let one = json!({ "name": "lake", "config": config, "tasks": [], "type": "sink" });
    let path = "kafka/quay/connect/lake.json";
    files.insert(path.to_owned(), one.to_string());
    assert_eq!(reads(&files, "payer", "payments"), Some(Always));
    let all = json!({ "lake": { "info": one } });
    files.insert(path.to_owned(), all.to_string());
    assert_eq!(reads(&files, "payer", "payments"), Some(Always));
    let answer = serde_json::to_string(&query::map(&view(&files, None))).unwrap();
    assert!(!answer.contains("hunter2"), "{answer}");
}

#[test]
fn the_map_names_buckets_that_consumers_and_replication_fill() {
    let mut files = bay();
    bucket(&mut files, "mirror");
    let rule = json!({ "ReplicationConfiguration": {
        "Role": arn("copier"),
        "Rules": [{ "ID": "r", "Status": "Enabled", "Destination": { "Bucket": "arn:aws:s3:::mirror" } }]
    }});
    put(&mut files, "s3-get-bucket-replication/lake.json", &rule);
    let map = query::map(&view(&files, None));
    let buckets = map.holders.iter().filter(|holder| holder.kind == "bucket");
    let told: Vec<_> = buckets
        .map(|holder| (holder.id.as_str(), holder.role.as_str(), holder.topics))
        .collect();
    assert_eq!(
        told,
        [
            ("lake", "copies by deliverystream/s", 1),
            ("mirror", "replica of lake", 1)
        ]
    );
}

#[test]
fn a_source_connector_leaves_nothing_behind() {
    let mut files = quay();
    two_readers(&mut files);
    let text = "name=in\nconnector.class=io.confluent.connect.s3.source.S3SourceConnector\ns3.bucket.name=lake\n";
    files.insert(SINK.to_owned(), text.to_owned());
    assert_eq!(reads(&files, "payer", "payments"), None);
}

#[test]
fn a_connector_whose_cluster_is_not_known_may_read_any() {
    let mut files = quay();
    two_readers(&mut files);
    sink(&mut files, "topics=payments");
    let text = files.remove(SINK).unwrap();
    files.insert("connect/lake.properties".to_owned(), text);
    assert_eq!(reads(&files, "payer", "payments"), Some(Conditional));
    let config = files.get_mut("catchment.toml").unwrap();
    config.push_str(
        "\n[[pin]]\nlink = \"consumer-cluster\"\nfrom = \"connect/lake\"\nto = \"quay\"\n",
    );
    assert_eq!(reads(&files, "payer", "payments"), Some(Always));
    let config = files.get_mut("catchment.toml").unwrap();
    *config = config.replace("to = \"quay\"", "to = \"another\"");
    assert_eq!(reads(&files, "payer", "payments"), None);
    let config = files.get_mut("catchment.toml").unwrap();
    *config = config.replace("[[pin]]", "[[refute]]");
    assert_eq!(reads(&files, "payer", "payments"), Some(Conditional));
    let config = files.get_mut("catchment.toml").unwrap();
    *config = config.replace("to = \"another\"", "to = \"quay\"");
    assert_eq!(reads(&files, "payer", "payments"), None);
}

#[test]
fn a_bucket_of_copies_that_was_not_collected_is_a_gap_for_whoever_its_policy_names() {
    let mut files = quay();
    two_readers(&mut files);
    sink(&mut files, "topics=payments");
    files.retain(|path, _| !path.contains("s3-"));
    let cells = cells(&view(&files, None));
    let named = cells.iter().find(|((who, asset), _)| {
        who.starts_with("whoever") && who.contains("lake") && asset == "payments"
    });
    assert_eq!(named.map(|(_, strength)| *strength), Some(Gap), "{cells:?}");
}

#[test]
fn objects_that_replication_copies_are_read_where_they_are_copied_to() {
    let mut files = quay();
    let get =
        |bucket: &str, key: &str| allow("s3:GetObject", &format!("arn:aws:s3:::{bucket}/{key}"));
    roles(
        &mut files,
        &[
            ("payer", &[get("mirror", "topics/payments/*")]),
            ("buyer", &[get("mirror", "topics/orders/*")]),
        ],
    );
    bucket(&mut files, "mirror");
    sink(&mut files, "topics=payments,orders");
    assert_eq!(reads(&files, "payer", "payments"), None);
    let rule = |prefix: &str| {
        json!({ "ReplicationConfiguration": {
            "Role": "arn:aws:iam::111122223333:role/copier",
            "Rules": [{ "ID": "r", "Priority": 1, "Status": "Enabled", "Filter": { "Prefix": prefix },
                        "Destination": { "Bucket": "arn:aws:s3:::mirror" },
                        "DeleteMarkerReplication": { "Status": "Disabled" } }]
        }})
    };
    let path = "s3-get-bucket-replication/lake.json";
    put(&mut files, path, &rule(""));
    assert_eq!(reads(&files, "payer", "payments"), Some(Always));
    // Keys of the other topic do not begin so.
    put(&mut files, path, &rule("topics/payments/"));
    assert_eq!(reads(&files, "payer", "payments"), Some(Conditional));
    assert_eq!(reads(&files, "buyer", "orders"), None);
}

#[test]
fn failed_records_of_a_sink_make_its_dead_letter_topic_a_copy() {
    // Bob's ACL is on `orders` alone.
    let mut files = fixture("small/kafka-default-allow");
    let bob = |files: &Files| {
        let cells = cells(&view(files, None));
        let user = "kafka User:bob".to_owned();
        cells.get(&(user, "payments".to_owned())).copied()
    };
    assert_eq!(bob(&files), None);
    sink(
        &mut files,
        "topics=payments\nerrors.deadletterqueue.topic.name=orders",
    );
    assert_eq!(bob(&files), Some(Conditional));
}

#[test]
fn a_stream_or_table_that_a_consumer_fills_is_read_by_somebody() {
    let mut files = quay();
    roles(&mut files, &[]);
    let text = "name=out\nconnector.class=com.github.jcustenborder.kafka.connect.kinesis.KinesisSinkConnector\nkinesis.stream=clicks\ntopics=payments\n";
    files.insert(SINK.to_owned(), text.to_owned());
    let cells = cells(&view(&files, None));
    let who = "whoever reads clicks, which quay/lake fills".replace("quay/lake", "quay/out");
    assert_eq!(
        cells.get(&(who.clone(), "payments".to_owned())),
        Some(&Gap),
        "{cells:?}"
    );
    assert_eq!(cells.get(&(who, "orders".to_owned())), None);
}

/// An MSK cluster with the topic `payments`, a role that reads the topic `copies`, and a stream of
/// Firehose.
fn bay() -> Files {
    let mut files = quay();
    let cluster = "arn:aws:kafka:eu-west-1:111122223333:cluster/bay/u-1";
    let msk = json!({ "ClusterInfoList": [{
        "ClusterArn": cluster, "ClusterName": "bay", "ClusterType": "PROVISIONED", "State": "ACTIVE",
        "Provisioned": {
            "BrokerNodeGroupInfo": { "ClientSubnets": [], "SecurityGroups": [], "InstanceType": "kafka.m7g.large" },
            "ClientAuthentication": { "Sasl": { "Iam": { "Enabled": true } }, "Unauthenticated": { "Enabled": false } },
            "EncryptionInfo": { "EncryptionInTransit": { "ClientBroker": "TLS", "InCluster": true } },
            "NumberOfBrokerNodes": 1
        }
    }]});
    put(&mut files, "kafka-list-clusters-v2.json", &msk);
    files.insert("kafka/bay/topics.txt".to_owned(), "payments\n".to_owned());
    let stream = json!({ "DeliveryStreamDescription": {
        "DeliveryStreamName": "s", "DeliveryStreamStatus": "ACTIVE",
        "DeliveryStreamARN": "arn:aws:firehose:eu-west-1:111122223333:deliverystream/s",
        "Source": { "MSKSourceDescription": { "MSKClusterARN": cluster, "TopicName": "payments",
            "AuthenticationConfiguration": { "RoleARN": arn("pipe"), "Connectivity": "PRIVATE" } } },
        "Destinations": [{ "ExtendedS3DestinationDescription": {
            "BucketARN": "arn:aws:s3:::lake", "Prefix": "in/", "ErrorOutputPrefix": "failed/",
            "RoleARN": arn("pipe") } }]
    }});
    put(
        &mut files,
        "firehose-describe-delivery-stream/s.json",
        &stream,
    );
    let config = files.get_mut("catchment.toml").unwrap();
    *config = config.replace(
        "topics = [\"payments\"]",
        "topics = [\"payments\"]\ncluster = \"bay\"",
    );
    *config = config.replace(
        "topics = [\"orders\"]",
        "topics = [\"orders\"]\ncluster = \"quay\"",
    );
    files
}

#[test]
fn firehose_writes_below_its_prefixes() {
    let mut files = bay();
    let get = |key: &str| allow("s3:GetObject", &format!("arn:aws:s3:::lake/{key}"));
    roles(
        &mut files,
        &[
            ("in", &[get("in/*")]),
            ("failed", &[get("failed/*")]),
            ("out", &[get("out/*")]),
        ],
    );
    assert_eq!(reads(&files, "in", "payments"), Some(Always));
    assert_eq!(reads(&files, "failed", "payments"), Some(Always));
    assert_eq!(reads(&files, "out", "payments"), None);
}

#[test]
fn whoever_changes_the_destination_of_a_stream_reads_what_it_reads_if_its_role_may_write_there() {
    let mut files = bay();
    let update = allow("firehose:UpdateDestination", "*");
    let put_anywhere = allow("s3:PutObject", "*");
    let put_here = allow("s3:PutObject", "arn:aws:s3:::lake/*");
    roles(
        &mut files,
        &[
            ("operator", std::slice::from_ref(&update)),
            ("pipe", &[put_anywhere]),
        ],
    );
    assert_eq!(reads(&files, "operator", "payments"), Some(Always));
    roles(
        &mut files,
        &[("operator", &[update]), ("pipe", &[put_here])],
    );
    assert_eq!(reads(&files, "operator", "payments"), None);
}

#[test]
fn whoever_reconfigures_a_connector_reads_what_it_reads() {
    let mut files = bay();
    let arn = "arn:aws:kafkaconnect:eu-west-1:111122223333:connector/c/1";
    let connector = json!({
        "connectorArn": arn, "connectorName": "c", "connectorState": "RUNNING",
        "kafkaCluster": { "apacheKafkaCluster": { "bootstrapServers": "b-1.elsewhere:9098",
            "vpc": { "subnets": [], "securityGroups": [] } } },
        "serviceExecutionRoleArn": "arn:aws:iam::111122223333:role/pipe",
        "connectorConfiguration": { "connector.class": "io.example.Sink", "topics": "payments" }
    });
    put(
        &mut files,
        "kafkaconnect-describe-connector/c.json",
        &connector,
    );
    let config = files.get_mut("catchment.toml").unwrap();
    *config =
        format!("{config}\n[[pin]]\nlink = \"consumer-cluster\"\nfrom = \"{arn}\"\nto = \"bay\"\n");
    let update = allow("kafkaconnect:UpdateConnector", "*");
    roles(&mut files, &[("operator", &[update]), ("pipe", &[])]);
    assert_eq!(reads(&files, "operator", "payments"), Some(Always));
    roles(&mut files, &[("operator", &[]), ("pipe", &[])]);
    assert_eq!(reads(&files, "operator", "payments"), None);
}

#[test]
fn a_connector_that_is_paused_leaves_what_it_copied() {
    let mut files = bay();
    let get = allow("s3:GetObject", "arn:aws:s3:::lake/*");
    roles(&mut files, &[("reader", &[get])]);
    assert_eq!(reads(&files, "reader", "payments"), Some(Always));
    let path = format!("{HERE}/firehose-describe-delivery-stream/s.json");
    let stream = files.get_mut(&path).unwrap();
    *stream = stream.replace("\"ACTIVE\"", "\"SUSPENDED\"");
    assert_eq!(reads(&files, "reader", "payments"), Some(Conditional));
}

#[test]
fn whoever_reads_a_mirror_reads_its_source() {
    let mut files = bay();
    let target = "arn:aws:kafka:eu-west-1:111122223333:cluster/bay/u-1";
    let source = "arn:aws:kafka:eu-west-1:111122223333:cluster/far/u-2";
    let list: Value = files[&format!("{HERE}/kafka-list-clusters-v2.json")]
        .parse()
        .unwrap();
    let mut list = list;
    let mut far = list["ClusterInfoList"][0].clone();
    far["ClusterArn"] = json!(source);
    far["ClusterName"] = json!("far");
    list["ClusterInfoList"].as_array_mut().unwrap().push(far);
    put(&mut files, "kafka-list-clusters-v2.json", &list);
    files.insert("kafka/far/topics.txt".to_owned(), "wages\n".to_owned());
    files.insert(
        "kafka/bay/topics.txt".to_owned(),
        "payments\nfar.wages\nwages\n".to_owned(),
    );
    let config = files.get_mut("catchment.toml").unwrap();
    config.push_str(
        "\n[[asset]]\nname = \"wages\"\ncluster = \"far\"\ntopics = [\"wages\"]\nintended = []\n",
    );
    let replicator = |names: &str| {
        json!({
            "ReplicatorArn": "arn:aws:kafka:eu-west-1:111122223333:replicator/r/x", "ReplicatorName": "r",
            "ReplicatorState": "RUNNING", "ServiceExecutionRoleArn": arn("pipe"),
            "KafkaClusters": [
                { "AmazonMskCluster": { "MskClusterArn": source }, "KafkaClusterAlias": "far", "VpcConfig": { "SubnetIds": [] } },
                { "AmazonMskCluster": { "MskClusterArn": target }, "KafkaClusterAlias": "bay", "VpcConfig": { "SubnetIds": [] } }],
            "ReplicationInfoList": [{ "SourceKafkaClusterAlias": "far", "TargetKafkaClusterAlias": "bay",
                "TopicReplication": { "TopicsToReplicate": ["wa.*"], "TopicNameConfiguration": { "Type": names } } }]
        })
    };
    // Nobody's ACL but that of one user, on one topic of the target.
    files.insert(
        "kafka/bay/acls.txt".to_owned(),
        "Current ACLs for resource `ResourcePattern(resourceType=TOPIC, name=far.wages, patternType=LITERAL)`:\n\t(principal=User:eve, host=*, operation=READ, permissionType=ALLOW)\n".to_owned(),
    );
    roles(&mut files, &[]);
    let sources = |files: &Files| {
        let view = view(files, None);
        let rows = catchment::rules::built_in().unwrap();
        let rules = view.derivation.rules.iter();
        let mirrors = rules.filter(|rule| rows[rule.row].id == "mirror-holds-topic");
        let said = mirrors.map(|rule| {
            let from = view.derivation.say(rule.body[0]);
            format!("{from}: {}", view.derivation.say(rule.head))
        });
        said.collect::<Vec<_>>()
    };
    assert_eq!(sources(&files), Vec::<String>::new());
    let path = "replicator.json";
    put(
        &mut files,
        path,
        &replicator("PREFIXED_WITH_SOURCE_CLUSTER_ALIAS"),
    );
    assert_eq!(
        sources(&files),
        ["reads events of bay/far.wages: reads events of far/wages"]
    );
    put(&mut files, path, &replicator("IDENTICAL"));
    assert_eq!(
        sources(&files),
        ["reads events of bay/wages: reads events of far/wages"]
    );
}
