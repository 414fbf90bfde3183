//! What reads Kafka for somebody, containers, and what would be seen.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use catchment::capture::Capture;
use catchment::estate::{
    Consumer, ConsumerKind, Estate, Outcome, Seen, SinkKind, TopicName, build,
};

use super::*;

const MSK: &str = r#"{"ClusterInfoList": [{"ClusterType": "PROVISIONED", "ClusterArn": "arn:aws:kafka:eu-west-1:111122223333:cluster/bay/u-1", "ClusterName": "bay", "State": "ACTIVE",
  "Provisioned": {"BrokerNodeGroupInfo": {"ClientSubnets": ["subnet-1"], "SecurityGroups": ["sg-1"], "ConnectivityInfo": {"PublicAccess": {"Type": "DISABLED"}}}, "NumberOfBrokerNodes": 1,
  "ClientAuthentication": {"Sasl": {"Iam": {"Enabled": true}}}, "EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS"}}, "CurrentBrokerSoftwareInfo": {}}}]}"#;

const BOOTSTRAP: &str = "eu-west-1/kafka-get-bootstrap-brokers/arn%3Aaws%3Akafka%3Aeu-west-1%3A111122223333%3Acluster%2Fbay%2Fu-1.json";

fn with(more: &[(&str, &str)]) -> Estate {
    let mut texts = vec![
        ("sts.json", CALLER),
        ("eu-west-1/clusters.json", MSK),
        (
            BOOTSTRAP,
            r#"{"BootstrapBrokerStringSaslIam": "b-1.bay.kafka.eu-west-1.amazonaws.com:9098"}"#,
        ),
    ];
    texts.extend(more);
    estate(texts)
}

fn only(estate: &Estate) -> &Consumer {
    assert_eq!(estate.consumers.len(), 1, "{:?}", estate.consumers);
    estate.consumers.values().next().unwrap()
}

fn literal(name: &str) -> Seen<Vec<TopicName>> {
    Seen::Is(vec![TopicName::Literal(name.to_owned())])
}

fn sinks(consumer: &Consumer) -> Vec<(SinkKind, &str)> {
    let sinks = consumer.sinks.iter();
    sinks.map(|s| (s.kind, s.name.as_str())).collect()
}

const CONNECTORS: &str = r#"{"connectors": [{"connectorArn": "arn:aws:kafkaconnect:eu-west-1:111122223333:connector/lake/c-1", "connectorName": "lake", "connectorState": "RUNNING",
  "kafkaCluster": {"apacheKafkaCluster": {"bootstrapServers": "b-1.bay.kafka.eu-west-1.amazonaws.com:9098", "vpc": {"subnets": ["subnet-1"], "securityGroups": ["sg-2"]}}},
  "serviceExecutionRoleArn": "arn:aws:iam::111122223333:role/lake"}]}"#;

#[test]
fn a_connector_reads_its_topics_as_its_role_and_leaves_no_secret_behind() {
    let described = r#"{"connectorArn": "arn:aws:kafkaconnect:eu-west-1:111122223333:connector/lake/c-1", "connectorName": "lake",
      "connectorConfiguration": {"connector.class": "io.confluent.connect.s3.S3SinkConnector", "topics": "payments, orders", "s3.bucket.name": "lake",
        "aws.secret.access.key": "c4n4ry-s3cr3t", "some.thing": "c4n4ry-s3cr3t", "errors.deadletterqueue.topic.name": "dead"},
      "kafkaCluster": {"apacheKafkaCluster": {"bootstrapServers": "b-1.bay.kafka.eu-west-1.amazonaws.com:9098", "vpc": {"subnets": ["subnet-1"], "securityGroups": ["sg-2"]}}},
      "serviceExecutionRoleArn": "arn:aws:iam::111122223333:role/lake"}"#;
    let mut texts = vec![("sts.json", CALLER), ("eu-west-1/clusters.json", MSK)];
    texts.push(("eu-west-1/connectors.json", CONNECTORS));
    texts.push(("eu-west-1/connector.json", described));
    let capture = Capture::from_files(files(texts));
    assert!(!format!("{capture:?}").contains("c4n4ry"));
    let estate = with(&[
        ("eu-west-1/connectors.json", CONNECTORS),
        ("eu-west-1/connector.json", described),
    ]);
    let connector = only(&estate);
    assert_eq!(connector.kind, ConsumerKind::Connector);
    assert_eq!(connector.cluster.as_ref().unwrap().to, "bay");
    assert_eq!(
        connector.topics,
        Seen::Is(vec![
            TopicName::Literal("payments".to_owned()),
            TopicName::Literal("orders".to_owned())
        ])
    );
    assert_eq!(
        connector.role.as_ref().unwrap().to,
        "arn:aws:iam::111122223333:role/lake"
    );
    assert_eq!(
        sinks(connector),
        [(SinkKind::Bucket, "lake"), (SinkKind::Topic, "dead")]
    );
    assert_eq!(connector.groups, ["sg-2"]);
    assert!(!format!("{:?}", build(&capture)).contains("c4n4ry"));
}

#[test]
fn a_connector_that_is_only_listed_reads_topics_that_were_not_read() {
    let estate = with(&[("eu-west-1/connectors.json", CONNECTORS)]);
    assert!(matches!(only(&estate).topics, Seen::Unread(_)));
    assert_eq!(
        outcome(
            &estate,
            "kafkaconnect:DescribeConnector",
            REGION,
            "arn:aws:kafkaconnect:eu-west-1:111122223333:connector/lake/c-1"
        ),
        Some(Outcome::NotCollected)
    );
}

#[test]
fn a_replicator_reads_the_source_and_writes_the_target() {
    let estate = with(&[(
        "eu-west-1/replicator.json",
        r#"{"ReplicatorArn": "arn:aws:kafka:eu-west-1:111122223333:replicator/r/x", "ReplicatorName": "r", "ServiceExecutionRoleArn": "arn:aws:iam::111122223333:role/repl",
          "KafkaClusters": [
            {"AmazonMskCluster": {"MskClusterArn": "arn:aws:kafka:eu-central-1:111122223333:cluster/far/u-9"}, "KafkaClusterAlias": "far", "VpcConfig": {"SubnetIds": ["subnet-9"], "SecurityGroupIds": ["sg-9"]}},
            {"AmazonMskCluster": {"MskClusterArn": "arn:aws:kafka:eu-west-1:111122223333:cluster/bay/u-1"}, "KafkaClusterAlias": "bay", "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}],
          "ReplicationInfoList": [{"SourceKafkaClusterAlias": "bay", "TargetKafkaClusterAlias": "far", "TopicReplication": {"TopicsToReplicate": ["pay.*"], "CopyAccessControlListsForTopics": true}}]}"#,
    )]);
    let replicator = only(&estate);
    assert_eq!(replicator.kind, ConsumerKind::Replicator);
    // The aliases say which is which, not the order.
    assert_eq!(replicator.cluster.as_ref().unwrap().to, "bay");
    assert_eq!(
        sinks(replicator),
        [(
            SinkKind::Cluster,
            "arn:aws:kafka:eu-central-1:111122223333:cluster/far/u-9"
        )]
    );
    assert_eq!(
        replicator.topics,
        Seen::Is(vec![TopicName::Regex("pay.*".to_owned())])
    );
}

const FUNCTIONS: &str = r#"{"Functions": [{"FunctionName": "settle", "FunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:settle", "Role": "arn:aws:iam::111122223333:role/settle",
  "VpcConfig": {"SubnetIds": ["subnet-7"], "SecurityGroupIds": ["sg-7"], "VpcId": "vpc-1"}, "Environment": {"Variables": {"PASSWORD": "c4n4ry-s3cr3t"}}}]}"#;

#[test]
fn a_mapping_reads_as_the_role_of_its_function_from_the_subnets_of_the_cluster() {
    let mapping = r#"{"EventSourceMappings": [
      {"UUID": "m-1", "EventSourceArn": "arn:aws:kafka:eu-west-1:111122223333:cluster/bay/u-1", "FunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:settle:live", "Topics": ["payments"], "State": "Enabled",
       "SourceAccessConfigurations": [{"Type": "SASL_SCRAM_512_AUTH", "URI": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:AmazonMSK_settle-AbCdEf"}],
       "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::failed/x"}}},
      {"UUID": "m-2", "EventSourceArn": "arn:aws:sqs:eu-west-1:111122223333:q", "FunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:settle"}]}"#;
    let estate = with(&[
        ("eu-west-1/functions.json", FUNCTIONS),
        ("eu-west-1/mappings.json", mapping),
    ]);
    let found = only(&estate);
    assert_eq!(found.cluster.as_ref().unwrap().to, "bay");
    assert_eq!(found.topics, literal("payments"));
    assert_eq!(
        found.role.as_ref().unwrap().to,
        "arn:aws:iam::111122223333:role/settle"
    );
    assert_eq!(
        (found.subnets.len(), found.groups.as_slice()),
        (1, &["sg-1".to_owned()][..])
    );
    assert_eq!(found.secrets.len(), 1);
    assert_eq!(
        sinks(found),
        [
            (
                SinkKind::Function,
                "arn:aws:lambda:eu-west-1:111122223333:function:settle"
            ),
            (SinkKind::Bucket, "failed")
        ]
    );
    let function = &estate.functions["arn:aws:lambda:eu-west-1:111122223333:function:settle"];
    assert_eq!(function.subnets, ["subnet-7"]);
    assert!(!format!("{estate:?}").contains("c4n4ry"));
    let alone = with(&[("eu-west-1/mappings.json", mapping)]);
    assert!(matches!(only(&alone).role, Seen::Unread(_)));
    assert_eq!(
        outcome(&alone, "lambda:ListFunctions", REGION, ""),
        Some(Outcome::NotCollected)
    );
}

#[test]
fn a_mapping_to_a_self_managed_cluster_is_found_by_its_servers() {
    let mut texts = pier();
    texts.push((
        "eu-west-1/mappings.json",
        r#"{"EventSourceMappings": [{"UUID": "m-3", "FunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:x", "Topics": ["payments"],
          "SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["10.0.1.11:9092"]}},
          "SourceAccessConfigurations": [{"Type": "VPC_SUBNET", "URI": "subnet:subnet-3"}, {"Type": "VPC_SECURITY_GROUP", "URI": "security_group:sg-3"}]}]}"#,
    ));
    let estate = estate(texts);
    let found = only(&estate);
    assert_eq!(found.cluster.as_ref().unwrap().to, "pier");
    assert_eq!(
        (found.subnets.as_slice(), found.groups.as_slice()),
        (&["subnet-3".to_owned()][..], &["sg-3".to_owned()][..])
    );
}

#[test]
fn pipes_and_firehose_streams_from_kafka_name_role_topic_and_sink_and_others_are_left_out() {
    let estate = with(&[
        (
            "eu-west-1/pipes.json",
            r#"{"Pipes": [{"Arn": "arn:aws:pipes:eu-west-1:111122223333:pipe/p", "Name": "p", "Source": "arn:aws:kafka:eu-west-1:111122223333:cluster/bay/u-1", "Target": "arn:aws:sqs:eu-west-1:111122223333:q"},
              {"Arn": "arn:aws:pipes:eu-west-1:111122223333:pipe/other", "Name": "other", "Source": "arn:aws:sqs:eu-west-1:111122223333:q", "Target": "x"}]}"#,
        ),
        (
            "eu-west-1/pipes-describe-pipe/p.json",
            r#"{"Arn": "arn:aws:pipes:eu-west-1:111122223333:pipe/p", "Name": "p", "RoleArn": "arn:aws:iam::111122223333:role/p", "Source": "arn:aws:kafka:eu-west-1:111122223333:cluster/bay/u-1",
              "SourceParameters": {"ManagedStreamingKafkaParameters": {"TopicName": "payments", "Credentials": {"SaslScram512Auth": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s-AbCdEf"}}}, "Target": "arn:aws:sqs:eu-west-1:111122223333:q"}"#,
        ),
        (
            "eu-west-1/stream.json",
            r#"{"DeliveryStreamDescription": {"DeliveryStreamName": "f", "DeliveryStreamARN": "arn:aws:firehose:eu-west-1:111122223333:deliverystream/f",
              "Source": {"MSKSourceDescription": {"MSKClusterARN": "arn:aws:kafka:eu-west-1:111122223333:cluster/bay/u-1", "TopicName": "orders", "AuthenticationConfiguration": {"RoleARN": "arn:aws:iam::111122223333:role/f", "Connectivity": "PRIVATE"}}},
              "Destinations": [{"ExtendedS3DestinationDescription": {"BucketARN": "arn:aws:s3:::lake", "RoleARN": "arn:aws:iam::111122223333:role/f", "S3BackupDescription": {"BucketARN": "arn:aws:s3:::backup"}}}]}}"#,
        ),
    ]);
    let pipe = &estate.consumers["arn:aws:pipes:eu-west-1:111122223333:pipe/p"];
    assert_eq!(
        (pipe.kind, &pipe.topics),
        (ConsumerKind::Pipe, &literal("payments"))
    );
    assert_eq!(pipe.secrets.len(), 1);
    assert_eq!(
        pipe.role.as_ref().unwrap().to,
        "arn:aws:iam::111122223333:role/p"
    );
    let stream = &estate.consumers["arn:aws:firehose:eu-west-1:111122223333:deliverystream/f"];
    assert_eq!(stream.topics, literal("orders"));
    assert_eq!(
        sinks(stream),
        [(SinkKind::Bucket, "backup"), (SinkKind::Bucket, "lake")]
    );
    assert_eq!(estate.consumers.len(), 2);
}

#[test]
fn a_task_acts_as_the_role_of_its_override_or_definition() {
    let task = r#"{"tasks": [{"taskArn": "arn:aws:ecs:eu-west-1:111122223333:task/c/t-1", "clusterArn": "c", "taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/d:3", "lastStatus": "RUNNING",
      "attachments": [{"type": "ElasticNetworkInterface", "details": [{"name": "subnetId", "value": "subnet-1"}, {"name": "networkInterfaceId", "value": "eni-t"}, {"name": "privateIPv4Address", "value": "10.0.1.77"}]}]}]}"#;
    let definition = r#"{"taskDefinition": {"taskDefinitionArn": "arn:aws:ecs:eu-west-1:111122223333:task-definition/d:3", "taskRoleArn": "arn:aws:iam::111122223333:role/task", "executionRoleArn": "arn:aws:iam::111122223333:role/exec",
      "containerDefinitions": [{"image": "kafka", "environment": [{"name": "PW", "value": "c4n4ry-s3cr3t"}], "secrets": [{"name": "S", "valueFrom": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s-AbCdEf"}]}]}}"#;
    let broker = "node.id=5\nadvertised.listeners=CLIENT://10.0.1.77:9092\n";
    let texts = vec![
        ("sts.json", CALLER),
        ("eu-west-1/ecs-describe-tasks/c.json", task),
        ("kafka/pier/server.properties", broker),
    ];
    let alone = estate(texts.clone());
    let found = alone.tasks.values().next().unwrap();
    assert!(matches!(found.role, Seen::Unread(_)) && matches!(found.secrets, Seen::Unread(_)));
    let mut texts = texts;
    texts.push(("eu-west-1/definition.json", definition));
    let whole = estate(texts);
    let found = whole.tasks.values().next().unwrap();
    assert_eq!(
        found.role.as_ref().unwrap().to,
        "arn:aws:iam::111122223333:role/task"
    );
    assert_eq!(found.secrets.as_ref().unwrap().len(), 1);
    // The broker that answers at the task's interface acts as the task.
    let broker = &whole.clusters["pier"].brokers[&5];
    assert_eq!(broker.interface.as_ref().unwrap().to, "eni-t");
    assert_eq!(
        broker.role.as_ref().unwrap().to,
        "arn:aws:iam::111122223333:role/task"
    );
    assert!(!codes(&whole).contains(&"broker-without-host"));
    assert!(!format!("{whole:?}").contains("c4n4ry"));
}

const STRIMZI: &str =
    "node.id=0\nadvertised.listeners=CLIENT://pier-kafka-0.pier-kafka-brokers.streams.svc:9092\n";

#[test]
fn pods_of_strimzi_get_the_role_of_their_service_account_by_pod_identity_trust_or_pin() {
    let eks = vec![
        ("sts.json", CALLER),
        (
            "eu-west-1/eks-describe-cluster/k.json",
            r#"{"cluster": {"name": "k", "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/k", "resourcesVpcConfig": {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-2"], "clusterSecurityGroupId": "sg-1", "vpcId": "vpc-1", "endpointPublicAccess": true, "publicAccessCidrs": ["0.0.0.0/0"]},
              "identity": {"oidc": {"issuer": "https://oidc.eks.eu-west-1.amazonaws.com/id/X"}}, "accessConfig": {"authenticationMode": "API"}}}"#,
        ),
        (
            "eu-west-1/eks-list-pod-identity-associations/k.json",
            r#"{"associations": [{"clusterName": "k", "namespace": "streams", "serviceAccount": "pier-kafka", "associationId": "a-1"}, {"clusterName": "k", "namespace": "other", "serviceAccount": "pier-kafka", "associationId": "a-2"}]}"#,
        ),
        (
            "eu-west-1/eks-describe-pod-identity-association/k/a-1.json",
            r#"{"association": {"clusterName": "k", "namespace": "streams", "serviceAccount": "pier-kafka", "associationId": "a-1", "roleArn": "arn:aws:iam::111122223333:role/pods"}}"#,
        ),
        (
            "eu-west-1/eks-list-nodegroups/k.json",
            r#"{"nodegroups": ["n"]}"#,
        ),
        (
            "eu-west-1/eks-describe-nodegroup/k/n.json",
            r#"{"nodegroup": {"nodegroupName": "n", "clusterName": "k", "nodeRole": "arn:aws:iam::111122223333:role/node", "subnets": ["subnet-1"]}}"#,
        ),
        (
            "eu-west-1/eks-list-access-entries/k.json",
            r#"{"accessEntries": ["arn:aws:iam::111122223333:role/admin"]}"#,
        ),
        (
            "eu-west-1/eks-list-associated-access-policies/k/arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fadmin.json",
            r#"{"associatedAccessPolicies": [{"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy", "accessScope": {"type": "cluster", "namespaces": []}}]}"#,
        ),
        ("kafka/pier/server.properties", STRIMZI),
    ];
    let whole = estate(eks.clone());
    let cluster = whole.kubernetes.values().next().unwrap();
    assert_eq!(cluster.groups, ["sg-1", "sg-2"]);
    assert_eq!(cluster.public_from, Seen::Is(vec!["0.0.0.0/0".to_owned()]));
    let groups = cluster.node_groups.as_ref().unwrap();
    assert_eq!(
        groups[0].role.as_ref().unwrap().to,
        "arn:aws:iam::111122223333:role/node"
    );
    assert!(matches!(
        cluster.pod_identities.as_ref().unwrap()[1].role,
        Seen::Unread(_)
    ));
    let access = &cluster.access.as_ref().unwrap()[0];
    assert_eq!(access.policies.as_ref().unwrap().len(), 1);
    let role = |estate: &Estate| {
        let broker = &estate.clusters["pier"].brokers[&0];
        broker.role.as_ref().map(|l| l.to.clone())
    };
    assert_eq!(
        role(&whole).as_deref(),
        Some("arn:aws:iam::111122223333:role/pods")
    );

    let trust = r#"{"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [{"RoleName": "irsa", "Arn": "arn:aws:iam::111122223333:role/irsa", "RolePolicyList": [], "AttachedManagedPolicies": [], "InstanceProfileList": [],
      "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/x"}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {"x:sub": "system:serviceaccount:streams:pier-kafka"}}}]}}]}"#;
    let by_trust = vec![
        ("sts.json", CALLER),
        ("iam.json", trust),
        ("kafka/pier/server.properties", STRIMZI),
    ];
    assert_eq!(
        role(&estate(by_trust.clone())).as_deref(),
        Some("arn:aws:iam::111122223333:role/irsa")
    );
    let mut pinned = by_trust;
    pinned.push((
        "catchment.toml",
        "[[refute]]\nlink = \"broker-role\"\nfrom = \"pier/0\"\nto = \"arn:aws:iam::111122223333:role/irsa\"\n",
    ));
    assert_eq!(role(&estate(pinned)), None);
}

#[test]
fn lists_of_a_kubernetes_cluster_that_were_not_read_are_unread() {
    let estate = estate([
        ("sts.json", CALLER),
        (
            "eu-west-1/eks-describe-cluster/k.json",
            r#"{"cluster": {"name": "k", "arn": "arn:aws:eks:eu-west-1:111122223333:cluster/k"}}"#,
        ),
    ]);
    let cluster = estate.kubernetes.values().next().unwrap();
    assert!(matches!(cluster.node_groups, Seen::Unread(_)));
    assert!(matches!(cluster.pod_identities, Seen::Unread(_)));
    assert!(matches!(cluster.access, Seen::Unread(_)));
    assert!(matches!(cluster.public_from, Seen::Unread(_)));
    assert_eq!(
        outcome(&estate, "eks:ListAccessEntries", REGION, "k"),
        Some(Outcome::NotCollected)
    );
}

#[test]
fn trails_say_which_data_events_they_log_and_are_unread_without_selectors() {
    let trails = r#"{"trailList": [{"Name": "all", "TrailARN": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/all", "HomeRegion": "eu-west-1", "S3BucketName": "logs", "IsMultiRegionTrail": true, "IsOrganizationTrail": false},
      {"Name": "new", "TrailARN": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/new", "HomeRegion": "eu-west-1", "S3BucketName": "logs"}]}"#;
    let estate = estate([
        ("sts.json", CALLER),
        ("eu-west-1/trails.json", trails),
        (
            "eu-west-1/cloudtrail-get-event-selectors/all.json",
            r#"{"EventSelectors": [{"ReadWriteType": "WriteOnly", "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::lake/"]}]},
                {"ReadWriteType": "All", "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}],
              "AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}, {"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::x/"]}]},
                {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]}"#,
        ),
        (
            "eu-west-1/flow-logs.json",
            r#"{"FlowLogs": [{"FlowLogId": "fl-1", "ResourceId": "vpc-1", "TrafficType": "ALL", "FlowLogStatus": "ACTIVE", "LogDestination": "arn:aws:s3:::logs"}]}"#,
        ),
    ]);
    let all = &estate.trails["arn:aws:cloudtrail:eu-west-1:111122223333:trail/all"];
    let events = all.data_events.as_ref().unwrap();
    assert_eq!(events.len(), 3);
    assert_eq!(
        (
            events[0].resources.as_slice(),
            events[0].reads,
            events[0].writes
        ),
        (&["arn:aws:s3:::lake/".to_owned()][..], false, true)
    );
    assert!(events[1].resources.is_empty() && events[1].reads);
    assert!(events[2].narrowed && events[2].resources.is_empty());
    let new = &estate.trails["arn:aws:cloudtrail:eu-west-1:111122223333:trail/new"];
    assert!(matches!(new.data_events, Seen::Unread(_)));
    assert!(estate.flow_logs["fl-1"].active);
}
