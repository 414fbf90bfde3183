//! Kafka clusters and what links them to the rest; redaction.

use catchment::capture::Capture;
use catchment::estate::{Estate, Origin, Outcome, Seen, Severity, build};

use super::*;

fn model_of(cluster: &catchment::estate::Cluster) -> Option<String> {
    let models = catchment::models::built_in().ok()?;
    Some(catchment::models::of_cluster(&models, cluster)?.id.clone())
}

#[test]
fn hosts_roles_volumes_and_brokers_are_linked_with_reasons() {
    let estate = estate(pier());
    let host = &estate.hosts["i-0b1"];
    assert_eq!(
        host.role.as_ref().unwrap().to,
        "arn:aws:iam::111122223333:role/broker"
    );
    let devices: Vec<_> = host
        .volumes
        .iter()
        .map(|v| (v.root, v.volume.to.as_str()))
        .collect();
    assert_eq!(devices, [(true, "vol-root"), (false, "vol-data")]);
    assert!(matches!(
        estate.volumes["vol-data"].encrypted,
        Seen::Unread(_)
    ));
    let cluster = &estate.clusters["pier"];
    let first = &cluster.brokers[&1];
    assert_eq!(first.host.as_ref().unwrap().to, "i-0b1");
    let Origin::Inferred { why, from } = &first.host.as_ref().unwrap().origin else {
        panic!()
    };
    assert_eq!(
        why,
        "private address 10.0.1.11 of i-0b1 is the advertised host of node 1 of pier"
    );
    assert_eq!(from[0].to_string(), "kafka/pier/broker-1.properties:4");
    assert_eq!(
        first
            .volumes
            .iter()
            .map(|v| v.to.as_str())
            .collect::<Vec<_>>(),
        ["vol-data"]
    );
    // The second broker names no address: its instance's name does.
    let second = &cluster.brokers[&2];
    assert_eq!(second.host.as_ref().unwrap().to, "i-0b2");
    assert_eq!(second.volumes[0].to, "vol-root2");
    assert_eq!(
        (cluster.account.as_deref(), cluster.region.as_deref()),
        (Some(ACCOUNT), Some(REGION))
    );
    assert_eq!(model_of(cluster).as_deref(), Some("self-managed"));
    let users: Vec<_> = cluster
        .users
        .keys()
        .map(catchment::names::KafkaPrincipal::as_str)
        .collect();
    assert_eq!(
        users,
        ["User:admin", "User:alice", "User:broker", "User:settle"]
    );
    assert_eq!(
        cluster.acls.as_ref().unwrap()[0].source.to_string(),
        "kafka/pier/acls.txt:2"
    );
    assert_eq!(
        cluster.topics.as_ref().unwrap()["payments"].replicas,
        [vec![1, 2]]
    );
}

#[test]
fn brokers_are_found_by_dns_name_and_voter_and_never_among_equals() {
    let mut texts = pier();
    texts.retain(|(path, _)| !path.ends_with(".properties"));
    let dns =
        "node.id=1\nadvertised.listeners=CLIENT://ip-10-0-1-11.eu-west-1.compute.internal:9092\n";
    let voter = "node.id=2\nprocess.roles=controller\nlisteners=CONTROLLER://:9093\nlistener.security.protocol.map=CONTROLLER:SSL\ncontroller.quorum.voters=1@10.0.1.11:9093,2@10.0.1.12:9093\n";
    texts.push(("kafka/pier/a.properties", dns));
    texts.push(("kafka/pier/b.properties", voter));
    texts.push((
        "kafka/pier/topics-all.txt",
        "Topic: far\tPartition: 0\tLeader: 7\tReplicas: 7\tIsr: 7\n",
    ));
    texts.push(("catchment.toml", "[cluster.pier]\nmodel = \"redpanda\"\n"));
    let found = estate(texts.clone());
    let cluster = &found.clusters["pier"];
    let hosts: Vec<_> = cluster
        .brokers
        .values()
        .map(|b| b.host.as_ref().map(|l| l.to.as_str()))
        .collect();
    assert_eq!(hosts, [Some("i-0b1"), Some("i-0b2")]);
    assert!(!cluster.brokers[&2].holds_data && cluster.brokers[&2].volumes.is_empty());
    assert_eq!(cluster.model, "redpanda");
    assert_eq!(
        outcome(&found, "kafka:properties", "", "pier/7"),
        Some(Outcome::NotCollected)
    );
    assert_eq!(
        outcome(&found, "kafka:properties", "", "pier"),
        Some(Outcome::Ok)
    );
    let twin = INSTANCES
        .replace("i-0b1", "i-0c1")
        .replace("i-0b2", "i-0c2")
        .replace("eni-1", "eni-2");
    texts.push(("eu-west-1/other.json", &twin));
    let equal = estate(texts);
    assert!(equal.clusters["pier"].brokers[&1].host.is_none());
    assert_eq!(
        codes(&equal)
            .iter()
            .filter(|c| **c == "ambiguous-host")
            .count(),
        2
    );
}

#[test]
fn secrets_are_linked_to_users_by_tags_and_names_and_never_otherwise() {
    let secrets = r#"{"SecretList": [
      {"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:kafka/pier/settle-aa", "Name": "kafka/pier/settle"},
      {"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:app/settle-bb", "Name": "app/settle"},
      {"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-cc", "Name": "x", "Tags": [{"Key": "kafka-user", "Value": "newcomer"}]},
      {"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:y-dd", "Name": "y"}]}"#;
    let mut texts = pier();
    texts.push(("eu-west-1/secretsmanager-list-secrets.json", secrets));
    texts.push((
        "eu-west-1/secretsmanager-get-resource-policy/x",
        r#"{"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-cc", "Name": "x"}"#,
    ));
    texts.push((
        "catchment.toml",
        "[[pin]]\nlink = \"secret-user\"\nfrom = \"y\"\nto = \"pier/User:alice\"\n",
    ));
    let linked = estate(texts.clone());
    let users = |estate: &Estate, name: &str| -> Vec<String> {
        let secret = estate.secrets.values().find(|s| s.name == name).unwrap();
        secret.users.iter().map(|l| l.to.clone()).collect()
    };
    assert_eq!(users(&linked, "kafka/pier/settle"), ["pier/User:settle"]);
    assert_eq!(users(&linked, "app/settle"), [""; 0]);
    assert_eq!(users(&linked, "x"), ["pier/User:newcomer"]);
    assert_eq!(users(&linked, "y"), ["pier/User:alice"]);
    let x = linked.secrets.values().find(|s| s.name == "x").unwrap();
    assert!(matches!(x.policy, Seen::Absent));
    texts.pop();
    texts.push(("catchment.toml", "[[refute]]\nlink = \"secret-user\"\nfrom = \"kafka/pier/settle\"\nto = \"pier/User:settle\"\n"));
    assert_eq!(users(&estate(texts), "kafka/pier/settle"), [""; 0]);
}

#[test]
fn pins_override_and_refutations_remove_links() {
    let mut texts = pier();
    texts.push(("catchment.toml", "[[pin]]\nlink = \"broker-host\"\nfrom = \"pier/1\"\nto = \"i-0b2\"\n\n[[pin]]\nlink = \"log-volume\"\nfrom = \"pier/1\"\nto = \"vol-root2\"\n\n[[refute]]\nlink = \"broker-host\"\nfrom = \"pier/2\"\nto = \"i-0b2\"\n\n[[pin]]\nlink = \"broker-host\"\nfrom = \"pier/9\"\nto = \"i-0b2\"\n"));
    let estate = estate(texts);
    let brokers = &estate.clusters["pier"].brokers;
    assert_eq!(brokers[&1].host.as_ref().unwrap().to, "i-0b2");
    assert!(
        matches!(&brokers[&1].host.as_ref().unwrap().origin, Origin::Pinned(s) if s.line() == 1)
    );
    assert_eq!(brokers[&1].volumes[0].to, "vol-root2");
    assert!(brokers[&2].host.is_none());
    assert_eq!(at(&estate, "unknown-link-end"), ["catchment.toml:16"]);
}

#[test]
fn an_automq_cluster_keeps_its_log_in_buckets() {
    let estate = estate([
        ("sts.json", CALLER),
        (
            "kafka/quay/server.properties",
            "node.id=3\nelasticstream.enable=true\nlog.dirs=/data\ns3.data.buckets=0@s3://pier-data?region=eu-west-1,1@s3://pier-more?region=eu-west-1\n",
        ),
    ]);
    let cluster = &estate.clusters["quay"];
    assert_eq!(model_of(cluster).as_deref(), Some("automq-s3-wal"));
    let buckets: Vec<_> = cluster
        .buckets
        .iter()
        .map(|(k, l)| (k.as_str(), l.to.as_str()))
        .collect();
    assert_eq!(
        buckets,
        [
            ("data", "pier-data"),
            ("data 2", "pier-more"),
            ("wal", "pier-data")
        ]
    );
    assert!(matches!(
        cluster.buckets["wal"].origin,
        Origin::Inferred { .. }
    ));
    let bucket = &estate.buckets["pier-data"];
    assert_eq!(
        (bucket.account.as_deref(), bucket.region.as_deref()),
        (None, Some(REGION))
    );
    assert!(matches!(bucket.policy, Seen::Unread(_)));
}

#[test]
fn no_secret_is_anywhere_in_the_estate_or_the_capture() {
    let canary = "c4n4ry-s3cr3t";
    let mut texts = pier();
    let uris = "node.id=3\nelasticstream.enable=true\ns3.data.buckets=0@s3://pier-data?region=eu-west-1&accessKey=c4n4ry-s3cr3t&secretKey=c4n4ry-s3cr3t\nrsm.config.storage.aws.secret.access.key=c4n4ry-s3cr3t\npassword c4n4ry-s3cr3t\nc4n4ry-s3cr3t\n";
    texts.push(("kafka/quay/server.properties", uris));
    texts.push(("kafka/quay/acls.txt", "c4n4ry-s3cr3t\n"));
    texts.push(("secret.json", r#"{"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-x", "Name": "a", "SecretString": "c4n4ry-s3cr3t", "VersionId": "1"}"#));
    texts.push(("bad.json", "{\"x\": c4n4ry-s3cr3t}"));
    let capture = Capture::from_files(files(texts));
    let estate = build(&capture);
    for diagnostic in &estate.diagnostics {
        assert!(!diagnostic.message.contains(canary), "{diagnostic:?}");
    }
    assert!(!format!("{estate:?}").contains(canary));
    assert!(!format!("{capture:?}").contains(canary));
    assert_eq!(
        at(&estate, "static-key-in-config"),
        [
            "kafka/quay/server.properties:3",
            "kafka/quay/server.properties:4"
        ]
    );
    assert_eq!(at(&estate, "secret-value-in-capture"), ["secret.json:1"]);
    assert!(
        estate
            .diagnostics
            .iter()
            .any(|d| d.severity == Severity::Finding)
    );
}
