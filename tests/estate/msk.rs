//! Amazon MSK: what the service says of a cluster, and the Kafka cluster that follows from it.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, and one that tests nothing says so"
)]

use catchment::capture::Capture;
use catchment::estate::{
    AWS_MSK_IAM, Estate, Listener, ManagedAuthentication, Outcome, SecurityProtocol, Seen, build,
};

use super::*;

pub(crate) const ARN: &str = "arn:aws:kafka:eu-west-1:111122223333:cluster/bay/u-1";

/// One cluster in the answer of `ListClustersV2`, with the members given.
pub(crate) fn listed(provisioned: &str) -> String {
    format!(
        r#"{{"ClusterInfoList": [{{"ClusterType": "PROVISIONED", "ClusterArn": "{ARN}", "ClusterName": "bay", "State": "ACTIVE",
        "Provisioned": {{"BrokerNodeGroupInfo": {{"ClientSubnets": ["subnet-1", "subnet-2"], "InstanceType": "kafka.m5.large", "SecurityGroups": ["sg-1"],
        "ConnectivityInfo": {{"PublicAccess": {{"Type": "DISABLED"}}}}}}, "NumberOfBrokerNodes": 2,
        "CurrentBrokerSoftwareInfo": {{"KafkaVersion": "3.6.0"}}, {provisioned}}}}}]}}"#
    )
}

const SCRAM: &str = r#""ClientAuthentication": {"Sasl": {"Scram": {"Enabled": true}, "Iam": {"Enabled": true}}, "Tls": {"CertificateAuthorityArnList": [], "Enabled": false}, "Unauthenticated": {"Enabled": false}},
    "EncryptionInfo": {"EncryptionAtRest": {"DataVolumeKMSKeyId": "arn:aws:kms:eu-west-1:111122223333:key/k"}, "EncryptionInTransit": {"ClientBroker": "TLS", "InCluster": true}}"#;

const NODES: &str = r#"{"NodeInfoList": [
  {"NodeType": "BROKER", "BrokerNodeInfo": {"AttachedENIId": "eni-b2", "BrokerId": 2.0, "ClientSubnet": "subnet-2", "ClientVpcIpAddress": "10.0.2.5", "Endpoints": ["b-2.bay.kafka.eu-west-1.amazonaws.com"]}},
  {"NodeType": "BROKER", "BrokerNodeInfo": {"AttachedENIId": "eni-b1", "BrokerId": 1.0, "ClientSubnet": "subnet-1", "ClientVpcIpAddress": "10.0.1.5", "Endpoints": ["b-1.bay.kafka.eu-west-1.amazonaws.com"]}},
  {"NodeType": "CONTROLLER", "ControllerNodeInfo": {"Endpoints": []}}]}"#;

fn about(call: &str) -> String {
    let id = ARN.replace(':', "%3A").replace('/', "%2F");
    format!("eu-west-1/kafka-{call}/{id}.json")
}

fn with(list: &str, more: &[(&str, &str)]) -> Estate {
    let mut texts = vec![("sts.json", CALLER), ("eu-west-1/clusters.json", list)];
    texts.extend(more);
    estate(texts)
}

fn authentication(provisioned: &str) -> Seen<ManagedAuthentication> {
    with(&listed(provisioned), &[]).managed[ARN]
        .authentication
        .clone()
}

fn listeners(estate: &Estate) -> Vec<(String, u16)> {
    let broker = estate.clusters["bay"].brokers.values().next().unwrap();
    let listener = |l: &Listener| (l.name.clone(), l.port);
    broker.listeners.iter().map(listener).collect()
}

fn named(all: &[(&str, u16)]) -> Vec<(String, u16)> {
    all.iter().map(|(n, p)| ((*n).to_owned(), *p)).collect()
}

#[test]
fn a_cluster_of_msk_is_a_kafka_cluster_with_its_nodes_and_listeners() {
    let estate = with(&listed(SCRAM), &[(&about("list-nodes"), NODES)]);
    let managed = &estate.managed[ARN];
    assert_eq!(
        (
            managed.name.as_str(),
            managed.account.as_str(),
            managed.region.as_str()
        ),
        ("bay", ACCOUNT, REGION)
    );
    assert_eq!(managed.public, Seen::Is(false));
    assert_eq!(managed.configuration, Seen::Absent);
    let cluster = &estate.clusters["bay"];
    assert_eq!(cluster.managed.as_ref().unwrap().to, ARN);
    assert_eq!(
        (cluster.account.as_deref(), cluster.region.as_deref()),
        (Some(ACCOUNT), Some(REGION))
    );
    let interfaces: Vec<_> = cluster
        .brokers
        .values()
        .map(|b| {
            (
                b.id,
                b.interface.as_ref().unwrap().to.as_str(),
                b.host.is_none(),
            )
        })
        .collect();
    assert_eq!(interfaces, [(1, "eni-b1", true), (2, "eni-b2", true)]);
    assert_eq!(
        listeners(&estate),
        named(&[("CLIENT_SASL_SCRAM", 9096), ("CLIENT_IAM", 9098)])
    );
    let broker = &cluster.brokers[&1];
    assert_eq!(broker.listeners[0].mechanisms, ["SCRAM-SHA-512"]);
    assert_eq!(broker.listeners[1].mechanisms, [AWS_MSK_IAM]);
    assert_eq!(
        broker.listeners[0].advertised_host.as_deref(),
        Some("b-1.bay.kafka.eu-west-1.amazonaws.com")
    );
    // What the service sets when no configuration says otherwise.
    assert_eq!(
        broker.properties["allow.everyone.if.no.acl.found"].value,
        "true"
    );
    assert!(broker.properties.contains_key("authorizer.class.name"));
    assert!(!codes(&estate).contains(&"broker-without-host"));
}

#[test]
fn an_empty_client_authentication_is_unread_unless_encryption_is_told() {
    let unread = authentication(r#""ClientAuthentication": {}, "EncryptionInfo": {}"#);
    assert!(matches!(unread, Seen::Unread(_)));
    // In the service's own shape, no method means that none is asked for.
    let encryption = r#""EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS"}}"#;
    for provisioned in [
        encryption.to_owned(),
        format!(r#""ClientAuthentication": {{}}, {encryption}"#),
    ] {
        let Seen::Is(admits) = authentication(&provisioned) else {
            panic!("{provisioned}")
        };
        assert!(admits.unauthenticated && admits.encrypted && !admits.plaintext);
    }
    let estate = with(&listed(encryption), &[]);
    let broker = &estate.clusters["bay"].brokers[&1];
    assert_eq!(listeners(&estate), named(&[("CLIENT_SECURE", 9094)]));
    assert!(broker.listeners[0].is_open());
}

#[test]
fn where_authentication_is_unread_every_listener_may_be_there() {
    let estate = with(
        &listed(r#""ClientAuthentication": {}, "EncryptionInfo": {}"#),
        &[],
    );
    let broker = &estate.clusters["bay"].brokers[&1];
    let ports: Vec<u16> = broker.listeners.iter().map(|l| l.port).collect();
    assert_eq!(ports, [9092, 9094, 9094, 9096, 9098, 14001, 14001, 14001]);
    assert!(broker.listeners.iter().all(|l| l.unread.is_some()));
}

#[test]
fn plaintext_lets_everybody_in_and_certificates_beside_no_credential_are_two_kinds_of_client() {
    let both = r#""ClientAuthentication": {"Tls": {"CertificateAuthorityArnList": ["arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/x"]}},
        "EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS_PLAINTEXT"}}"#;
    let Seen::Is(admits) = authentication(both) else {
        panic!()
    };
    assert!(admits.tls && admits.unauthenticated && admits.plaintext && admits.encrypted);
    let estate = with(&listed(both), &[]);
    let broker = &estate.clusters["bay"].brokers[&1];
    let kinds: Vec<_> = broker
        .listeners
        .iter()
        .map(|l| (l.port, l.protocol, l.client_certificate))
        .collect();
    assert_eq!(
        kinds,
        [
            (9092, SecurityProtocol::Plaintext, false),
            (9094, SecurityProtocol::Ssl, false),
            (9094, SecurityProtocol::Ssl, true),
        ]
    );
}

#[test]
fn public_access_doubles_the_listeners_that_authenticate() {
    let public = listed(SCRAM).replace("DISABLED", "SERVICE_PROVIDED_EIPS");
    assert_eq!(
        listeners(&with(&public, &[])),
        named(&[
            ("CLIENT_SASL_SCRAM", 9096),
            ("CLIENT_IAM", 9098),
            ("CLIENT_SASL_SCRAM_PUBLIC", 9196),
            ("CLIENT_IAM_PUBLIC", 9198)
        ])
    );
    // Not told: they may be there.
    let silent = listed(SCRAM).replace("PublicAccess", "Other");
    let estate = with(&silent, &[]);
    assert!(matches!(estate.managed[ARN].public, Seen::Unread(_)));
    let broker = &estate.clusters["bay"].brokers[&1];
    let doubtful: Vec<_> = broker
        .listeners
        .iter()
        .map(|l| l.unread.is_some())
        .collect();
    assert_eq!(doubtful, [false, false, true, true]);
}

#[test]
fn brokers_that_were_not_listed_are_there_by_number_and_without_interface() {
    let estate = with(&listed(SCRAM), &[]);
    let cluster = &estate.clusters["bay"];
    assert_eq!(cluster.brokers.keys().collect::<Vec<_>>(), [&1, &2]);
    assert!(cluster.brokers.values().all(|b| b.interface.is_none()));
    assert!(codes(&estate).contains(&"managed-nodes-unread"));
    assert_eq!(
        outcome(&estate, "kafka:ListNodes", REGION, ARN),
        Some(Outcome::NotCollected)
    );
    assert_eq!(
        outcome(&estate, "kafka:acls", "", "bay"),
        Some(Outcome::NotCollected)
    );
}

#[test]
fn kafka_files_in_a_folder_of_the_same_name_are_about_the_same_cluster() {
    let estate = with(
        &listed(SCRAM),
        &[
            (&about("list-nodes"), NODES),
            ("kafka/bay/acls.txt", ACLS),
            (
                "kafka/bay/topics.txt",
                "Topic: payments\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: \n\tTopic: payments\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\n",
            ),
        ],
    );
    assert_eq!(estate.clusters.keys().collect::<Vec<_>>(), ["bay"]);
    let cluster = &estate.clusters["bay"];
    assert_eq!(cluster.acls.as_ref().unwrap().len(), 1);
    assert!(cluster.topics.as_ref().unwrap().contains_key("payments"));
    assert_eq!(cluster.brokers.len(), 2);
    assert_eq!(outcome(&estate, "kafka:acls", "", "bay"), Some(Outcome::Ok));
}

#[test]
fn clusters_of_the_same_name_are_told_apart_and_a_pin_says_whose_the_folder_is() {
    let other = listed(SCRAM)
        .replace("eu-west-1", "eu-central-1")
        .replace("u-1", "u-2");
    let list = listed(SCRAM);
    let more: Vec<(&str, &str)> = vec![
        ("eu-central-1/clusters.json", &other),
        ("kafka/bay/acls.txt", ACLS),
    ];
    let unsaid = with(&list, &more);
    assert_eq!(
        unsaid.clusters.keys().collect::<Vec<_>>(),
        [
            "bay",
            "bay@111122223333@eu-central-1",
            "bay@111122223333@eu-west-1"
        ]
    );
    assert!(unsaid.clusters["bay"].managed.is_none());
    assert!(codes(&unsaid).contains(&"ambiguous-cluster"));
    let mut said = more;
    said.push((
        "catchment.toml",
        "[cluster.bay]\nregion = \"eu-central-1\"\n",
    ));
    let said = with(&list, &said);
    assert_eq!(
        said.clusters.keys().collect::<Vec<_>>(),
        ["bay", "bay@111122223333@eu-west-1"]
    );
    assert_eq!(said.clusters["bay"].region.as_deref(), Some("eu-central-1"));
}

#[test]
fn not_found_means_no_cluster_policy_and_a_refusal_does_not() {
    let policy = |text: &str| {
        with(&listed(SCRAM), &[(&about("get-cluster-policy"), text)]).managed[ARN]
            .policy
            .clone()
    };
    assert!(matches!(
        policy(r#"{"Error": {"Code": "NotFoundException"}}"#),
        Seen::Absent
    ));
    assert!(matches!(
        policy(r#"{"Error": {"Code": "ForbiddenException"}}"#),
        Seen::Unread(_)
    ));
    assert!(matches!(
        policy(
            r#"{"CurrentVersion": "1", "Policy": "{\"Version\": \"2012-10-17\", \"Statement\": []}"}"#
        ),
        Seen::Is(_)
    ));
}

#[test]
fn a_configuration_is_decoded_and_one_that_was_not_read_leaves_the_default_open() {
    let custom = SCRAM.to_owned()
        + r#", "CurrentBrokerSoftwareInfo": {"ConfigurationArn": "arn:aws:kafka:eu-west-1:111122223333:configuration/c/u", "ConfigurationRevision": 3}"#;
    let list = listed(&custom);
    let unread = with(&list, &[]);
    assert!(matches!(unread.managed[ARN].configuration, Seen::Unread(_)));
    let broker = &unread.clusters["bay"].brokers[&1];
    assert!(
        !broker
            .properties
            .contains_key("allow.everyone.if.no.acl.found")
    );
    // allow.everyone.if.no.acl.found=false
    let revision = r#"{"Arn": "arn:aws:kafka:eu-west-1:111122223333:configuration/c/u", "Revision": 3, "ServerProperties": "YWxsb3cuZXZlcnlvbmUuaWYubm8uYWNsLmZvdW5kPWZhbHNlCg=="}"#;
    let read = with(&list, &[("eu-west-1/revision.json", revision)]);
    let broker = &read.clusters["bay"].brokers[&1];
    assert_eq!(
        broker.properties["allow.everyone.if.no.acl.found"].value,
        "false"
    );
    assert_eq!(
        outcome(
            &read,
            "kafka:DescribeConfigurationRevision",
            REGION,
            "arn:aws:kafka:eu-west-1:111122223333:configuration/c/u/3"
        ),
        Some(Outcome::Ok)
    );
}

#[test]
fn a_serverless_cluster_admits_iam_alone() {
    let list = format!(
        r#"{{"ClusterInfoList": [{{"ClusterType": "SERVERLESS", "ClusterArn": "{ARN}", "ClusterName": "bay", "State": "ACTIVE",
        "Serverless": {{"VpcConfigs": [{{"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}], "ClientAuthentication": {{"Sasl": {{"Iam": {{"Enabled": true}}}}}}}}}}]}}"#
    );
    let estate = with(&list, &[]);
    let managed = &estate.managed[ARN];
    assert!(managed.serverless && managed.groups == ["sg-1"]);
    assert_eq!(managed.scram_secrets, Seen::Absent);
    assert_eq!(listeners(&estate), named(&[("CLIENT_IAM", 9098)]));
    assert_eq!(outcome(&estate, "kafka:ListNodes", REGION, ARN), None);
    assert_eq!(outcome(&estate, "kafka:acls", "", "bay"), None);
}

#[test]
fn a_secret_that_is_associated_holds_the_password_of_some_user_even_when_nobody_lists_it() {
    let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:AmazonMSK_settle-AbCdEf";
    let list = format!(r#"{{"SecretArnList": ["{secret}"]}}"#);
    let unknown = with(&listed(SCRAM), &[(&about("list-scram-secrets"), &list)]);
    let users = |estate: &Estate| -> Vec<String> {
        let secret = &estate.secrets[secret];
        secret.users.iter().map(|l| l.to.clone()).collect()
    };
    assert_eq!(users(&unknown), ["bay/User:*"]);
    let found = &unknown.secrets[secret];
    assert_eq!(found.name, "AmazonMSK_settle");
    assert!(matches!(found.policy, Seen::Unread(_)));
    assert!(unknown.secret_key(found).is_none());
    // An ACL names a user of that name.
    let known = with(
        &listed(SCRAM),
        &[
            (&about("list-scram-secrets"), &list),
            ("kafka/bay/acls.txt", ACLS),
        ],
    );
    assert_eq!(users(&known), ["bay/User:settle"]);
}

#[test]
fn connections_from_other_vpcs_name_their_account() {
    let estate = with(
        &listed(SCRAM),
        &[(
            "eu-west-1/vpc-connections.json",
            r#"{"VpcConnections": [{"VpcConnectionArn": "arn:aws:kafka:eu-west-1:444455556666:vpc-connection/111122223333/bay/x", "TargetClusterArn": "arn:aws:kafka:eu-west-1:111122223333:cluster/bay/u-1", "Authentication": "SASL_IAM", "VpcId": "vpc-9", "State": "AVAILABLE"}]}"#,
        )],
    );
    let connection = estate.vpc_connections.values().next().unwrap();
    assert_eq!(
        (connection.account.as_str(), connection.cluster.as_str()),
        ("444455556666", ARN)
    );
}

#[test]
fn lists_of_msk_are_missed_only_where_msk_is_used() {
    let without = estate(pier());
    assert!(!without.coverage.calls.keys().any(|c| {
        c.call.starts_with("kafka:List")
            || c.call.starts_with("efs:")
            || c.call.starts_with("lambda:")
    }));
    let with = with(&listed(SCRAM), &[]);
    for call in [
        "kafka:ListVpcConnections",
        "kafka:ListReplicators",
        "kafkaconnect:ListConnectors",
        "lambda:ListEventSourceMappings",
        "pipes:ListPipes",
        "firehose:ListDeliveryStreams",
    ] {
        assert_eq!(
            outcome(&with, call, REGION, ""),
            Some(Outcome::NotCollected),
            "{call}"
        );
    }
    assert_eq!(
        outcome(&with, "kafka:ListClustersV2", REGION, ""),
        Some(Outcome::Ok)
    );
}

/// Unwraps a recorded answer: `{"status_code", "data"}`.
pub(crate) fn recorded(folder: &str, file: &str) -> Option<String> {
    let path = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/corpus/custodian-recorded")
        .join(folder)
        .join(file);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("{} is not here: nothing was tested", path.display());
        return None;
    };
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    Some(value["data"].to_string())
}

#[test]
fn recorded_answers_of_msk_are_read() {
    let Some(list) = recorded(
        "test_kafka_cluster_provisioned_and_serverless",
        "kafka.ListClustersV2_1.json",
    ) else {
        return;
    };
    let estate = build(&Capture::from_files(files([(
        "clusters.json",
        list.as_str(),
    )])));
    assert_eq!(estate.managed.len(), 2);
    let serverless = estate.managed.values().find(|m| m.serverless).unwrap();
    assert_eq!(serverless.groups, ["sg-0e5c97dfc455dc571"]);
    // The provisioned one has no `ClientAuthentication`: it asks for no credential.
    let provisioned = estate.managed.values().find(|m| !m.serverless).unwrap();
    let admits = provisioned.authentication.as_ref().unwrap();
    assert!(admits.unauthenticated && admits.encrypted && !admits.plaintext);
    assert_eq!(
        (provisioned.size, provisioned.account.as_str()),
        (Some(2), "644160558196")
    );

    let Some(list) = recorded(
        "test_kafka_cluster_cross_account_filter",
        "kafka.ListClustersV2_1.json",
    ) else {
        return;
    };
    let estate = build(&Capture::from_files(files([(
        "clusters.json",
        list.as_str(),
    )])));
    let express = estate.managed.values().next().unwrap();
    assert!(express.express && express.authentication.as_ref().unwrap().iam);
    assert!(!express.from_other_vpcs.iam);
    let names: Vec<_> = estate.clusters["demo-cluster-1"].brokers[&1]
        .listeners
        .iter()
        .map(|l| l.name.as_str())
        .collect();
    assert_eq!(names, ["CLIENT_IAM"]);
}

#[test]
fn the_old_shape_of_listings_is_read() {
    let dir = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/corpus/cloudmapper-demo");
    if !dir.exists() {
        eprintln!("{} is not here: nothing was tested", dir.display());
        return;
    }
    let estate = build(&catchment::capture::load(&dir).unwrap());
    let managed = estate.managed.values().next().unwrap();
    assert_eq!((managed.name.as_str(), managed.size), ("demo", Some(3)));
    // From 2019, before there was any authentication but certificates.
    let admits = managed.authentication.as_ref().unwrap();
    assert!(admits.unauthenticated && !admits.iam);
    assert_eq!(
        estate.clusters["demo"].managed.as_ref().unwrap().to,
        managed.arn
    );
}

#[test]
fn recorded_answers_of_efs_are_read() {
    let Some(systems) = recorded(
        "test_create_efs_mount_target",
        "elasticfilesystem.DescribeFileSystems_1.json",
    ) else {
        return;
    };
    let targets = recorded(
        "test_create_efs_mount_target",
        "elasticfilesystem.DescribeMountTargets_1.json",
    )
    .unwrap();
    let none = recorded(
        "test_efs_has_statement_no_policy",
        "elasticfilesystem.DescribeFileSystemPolicy_1.json",
    )
    .unwrap();
    let estate = build(&Capture::from_files(files([
        ("us-east-1/file-systems.json", systems.as_str()),
        ("us-east-1/mount-targets.json", targets.as_str()),
        (
            "us-east-1/elasticfilesystem-describe-file-system-policy/fs-028d2a86fa813320a.json",
            none.as_str(),
        ),
    ])));
    let found = &estate.file_systems["fs-028d2a86fa813320a"];
    assert_eq!(found.account, "644160558196");
    assert!(matches!(found.policy, Seen::Absent));
    assert!(found.mount_targets.as_ref().unwrap().len() >= 3);
    let refused = recorded(
        "test_efs_access_denied",
        "elasticfilesystem.DescribeFileSystemPolicy_1.json",
    )
    .unwrap();
    let estate = build(&Capture::from_files(files([
        ("us-east-1/file-systems.json", systems.as_str()),
        (
            "us-east-1/elasticfilesystem-describe-file-system-policy/fs-028d2a86fa813320a.json",
            refused.as_str(),
        ),
    ])));
    assert!(matches!(
        estate.file_systems["fs-028d2a86fa813320a"].policy,
        Seen::Unread(_)
    ));
}
