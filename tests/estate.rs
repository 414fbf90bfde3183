//! From files to an estate: whatever shape answers come in, what is missing, what is broken.

use std::collections::BTreeMap;
use std::path::PathBuf;

use catchment::capture::{Capture, load};
use catchment::estate::{Call, Estate, IdentityKind, Origin, Outcome, Seen, Severity, build};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

fn files<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> BTreeMap<String, String> {
    files
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect()
}

fn estate<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Estate {
    build(&Capture::from_files(files(texts)))
}

fn outcome(estate: &Estate, call: &str, region: &str, resource: &str) -> Option<Outcome> {
    let account = if call.starts_with("kafka:") {
        ""
    } else {
        ACCOUNT
    };
    let call = Call {
        call: call.to_owned(),
        account: account.to_owned(),
        region: region.to_owned(),
        resource: resource.to_owned(),
    };
    estate.coverage.calls.get(&call).copied()
}

fn codes(estate: &Estate) -> Vec<&'static str> {
    estate.diagnostics.iter().map(|d| d.code).collect()
}

fn at(estate: &Estate, code: &str) -> Vec<String> {
    let found = estate.diagnostics.iter().filter(|d| d.code == code);
    found
        .map(|d| {
            d.source
                .as_ref()
                .map_or_else(String::new, ToString::to_string)
        })
        .collect()
}

const CALLER: &str = r#"{"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/audit", "UserId": "AIDA"}"#;

const GAAD: &str = r#"{
  "UserDetailList": [
    {"UserName": "ana", "Arn": "arn:aws:iam::111122223333:user/ana", "GroupList": ["analysts"],
     "AttachedManagedPolicies": [
       {"PolicyName": "own", "PolicyArn": "arn:aws:iam::111122223333:policy/own"},
       {"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
       {"PolicyName": "ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
     "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/gone"},
     "Tags": [{"Key": "team", "Value": "data"}]}
  ],
  "GroupDetailList": [
    {"GroupName": "analysts", "Arn": "arn:aws:iam::111122223333:group/analysts",
     "GroupPolicyList": [{"PolicyName": "read", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}}],
     "AttachedManagedPolicies": []}
  ],
  "RoleDetailList": [
    {"RoleName": "broker", "Arn": "arn:aws:iam::111122223333:role/broker",
     "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
     "InstanceProfileList": [{"Arn": "arn:aws:iam::111122223333:instance-profile/broker", "Roles": [{"Arn": "arn:aws:iam::111122223333:role/broker"}]}],
     "RolePolicyList": [], "AttachedManagedPolicies": []}
  ],
  "Policies": [
    {"Arn": "arn:aws:iam::111122223333:policy/own", "DefaultVersionId": "v2", "PolicyVersionList": [
      {"VersionId": "v1", "IsDefaultVersion": false, "Document": {"Version": "2012-10-17", "Statement": []}},
      {"VersionId": "v2", "IsDefaultVersion": true, "Document": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}}]}
  ],
  "IsTruncated": false
}"#;

const INSTANCES: &str = r#"{"Reservations": [{"OwnerId": "111122223333", "Instances": [
  {"InstanceId": "i-0b1", "PrivateIpAddress": "10.0.1.11", "VpcId": "vpc-1", "SubnetId": "subnet-1",
   "Placement": {"AvailabilityZone": "eu-west-1a"}, "State": {"Name": "running"},
   "IamInstanceProfile": {"Arn": "arn:aws:iam::111122223333:instance-profile/broker"},
   "SecurityGroups": [{"GroupId": "sg-1"}], "RootDeviceName": "/dev/xvda",
   "BlockDeviceMappings": [
     {"DeviceName": "/dev/sdf", "Ebs": {"VolumeId": "vol-data"}},
     {"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-root"}}],
   "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "PrivateIpAddress": "10.0.1.11", "PrivateDnsName": "ip-10-0-1-11.eu-west-1.compute.internal"}],
   "Tags": []},
  {"InstanceId": "i-0b2", "PrivateIpAddress": "10.0.1.12", "State": {"Name": "running"}, "Placement": {"AvailabilityZone": "eu-west-1b"},
   "RootDeviceName": "/dev/xvda", "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-root2"}}],
   "Tags": [{"Key": "Name", "Value": "pier-broker-2"}]}
]}]}"#;

const BROKER1: &str = "node.id=1\nprocess.roles=broker,controller\nlisteners=CLIENT://0.0.0.0:9092,CONTROLLER://:9093\nadvertised.listeners=CLIENT://10.0.1.11:9092\nlistener.security.protocol.map=CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT\ncontroller.listener.names=CONTROLLER\nlog.dirs=/data/kafka\nsuper.users=User:admin;User:broker\nsasl.enabled.mechanisms=PLAIN\nlistener.name.client.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\\n  username=\"broker\" password=\"c4n4ry-s3cr3t\" \\\n  user_alice=\"c4n4ry-s3cr3t\";\nssl.keystore.password=c4n4ry-s3cr3t\n";

const ACLS: &str = "Current ACLs for resource `ResourcePattern(resourceType=TOPIC, name=payments, patternType=LITERAL)`: \n \t(principal=User:settle, host=*, operation=READ, permissionType=ALLOW)\n";

fn pier() -> Vec<(&'static str, &'static str)> {
    vec![
        ("sts.json", CALLER),
        ("iam.json", GAAD),
        ("eu-west-1/instances.json", INSTANCES),
        ("kafka/pier/broker-1.properties", BROKER1),
        (
            "kafka/pier/broker-2.properties",
            "node.id=2\nlisteners=CLIENT://:9092\nlistener.security.protocol.map=CLIENT:PLAINTEXT\nlog.dirs=/data/kafka\n",
        ),
        ("kafka/pier/acls.txt", ACLS),
        (
            "kafka/pier/topics.txt",
            "Topic: payments\tPartitionCount: 1\tReplicationFactor: 2\tConfigs: \n\tTopic: payments\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\n",
        ),
        ("README.md", "notes"),
    ]
}

#[test]
fn identities_hold_their_own_and_their_groups_policies() {
    let estate = estate(pier());
    let ana = &estate.identities["arn:aws:iam::111122223333:user/ana"];
    let held: Vec<_> = ana
        .policies
        .iter()
        .map(|p| (p.how.as_str(), p.document.as_ref().is_some()))
        .collect();
    assert_eq!(
        held,
        [
            ("managed", true),
            ("managed", true),
            ("managed", false),
            ("group analysts", true)
        ]
    );
    let own = ana.policies[0].document.as_ref().unwrap();
    assert_eq!(own.statements.len(), 1, "the default version counts");
    let shipped = ana.policies[1].document.as_ref().unwrap();
    assert_eq!(
        shipped.source.file(),
        "graphs/aws-managed/AdministratorAccess.json"
    );
    let Seen::Unread(missing) = &ana.policies[2].document else {
        panic!()
    };
    assert_eq!(
        &**missing,
        "iam policy arn:aws:iam::aws:policy/ReadOnlyAccess"
    );
    let Seen::Is(boundary) = &ana.boundary else {
        panic!()
    };
    assert!(matches!(boundary.document, Seen::Unread(_)));
    assert_eq!(ana.tags["team"], "data");
    let root = &estate.identities["arn:aws:iam::111122223333:root"];
    assert_eq!(root.kind, IdentityKind::Root);
    assert!(estate.accounts[ACCOUNT].identities_read);
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
    assert_eq!(cluster.model, "self-managed");
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
    assert_eq!(cluster.model, "automq-s3-wal");
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

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}"#;

fn shape(estate: &Estate) -> String {
    let bucket = &estate.buckets["b"];
    let document = bucket.policy.as_ref();
    let effects: Vec<_> = document
        .iter()
        .flat_map(|d| &d.statements)
        .map(|s| s.effect)
        .collect();
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        bucket.account,
        bucket.encryption,
        bucket.public_access_block,
        bucket.region,
        effects,
        estate.accounts,
        estate.coverage,
    )
}

#[test]
fn envelopes_bare_answers_and_layouts_give_the_same_estate() {
    let string = serde_json::to_string(POLICY).unwrap();
    let encoded = serde_json::to_string(
        &POLICY
            .replace('{', "%7B")
            .replace('"', "%22")
            .replace('}', "%7D"),
    )
    .unwrap();
    let encryption = r#"{"ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/b"}, "BucketKeyEnabled": true}]}}"#;
    let block = r#"{"Error": {"Code": "NoSuchPublicAccessBlockConfiguration", "Message": "none"}}"#;
    let mut shapes = Vec::new();
    for document in [POLICY, &string, &encoded] {
        let body = format!("{{\"Policy\": {document}}}");
        shapes.push(shape(&estate([
            ("demo/sts-get-caller-identity.json", CALLER),
            (
                "demo/us-east-1/s3-list-buckets.json",
                r#"{"Buckets": [{"Name": "b"}]}"#,
            ),
            ("demo/us-east-1/s3-get-bucket-policy/b", &body),
            ("demo/us-east-1/s3-get-bucket-encryption/b", encryption),
            ("demo/us-east-1/s3-get-public-access-block/b", block),
            (
                "demo/us-east-1/s3-get-bucket-location/b",
                r#"{"LocationConstraint": "eu-west-1"}"#,
            ),
        ])));
        shapes.push(shape(&estate([
            ("accounts/111122223333/s3.json", r#"{"Buckets": [{"Name": "b"}]}"#),
            ("accounts/111122223333/s3api-get-bucket-policy/b.json", &body),
            ("accounts/111122223333/s3api-get-bucket-encryption/b.json", encryption),
            ("accounts/111122223333/s3api-get-public-access-block/b.json", "\nAn error occurred (NoSuchPublicAccessBlockConfiguration) when calling the GetPublicAccessBlock operation: none\n"),
            ("accounts/111122223333/s3api-get-bucket-location/b.json", r#"{"LocationConstraint": "EU"}"#),
        ])));
        let envelope = |call: &str, params: &str, rest: &str| {
            format!(
                r#"{{"call": "{call}", "params": {params}, "account": "111122223333", "region": "eu-west-1", "at": "2026-11-01T00:00:00Z", {rest}}}"#
            )
        };
        let named = r#"{"Bucket": "b"}"#;
        let list = envelope(
            "s3:ListBuckets",
            "{}",
            r#""status": 200, "outcome": "ok", "body": {"Buckets": [{"Name": "b"}]}"#,
        );
        let policy = envelope(
            "s3:GetBucketPolicy",
            named,
            &format!(r#""status": 200, "outcome": "ok", "body": {body}"#),
        );
        let sse = envelope(
            "s3:GetBucketEncryption",
            named,
            &format!(r#""status": 200, "body": {encryption}"#),
        );
        let none = envelope(
            "s3:GetPublicAccessBlock",
            named,
            r#""status": 404, "error": {"code": "NoSuchPublicAccessBlockConfiguration"}, "body": null"#,
        );
        let place = envelope(
            "s3:GetBucketLocation",
            named,
            r#""status": 200, "body": {"LocationConstraint": "eu-west-1"}"#,
        );
        shapes.push(shape(&estate([
            ("1", &*list),
            ("2", &policy),
            ("3.json", &sse),
            ("4.json", &none),
            ("5.json", &place),
        ])));
    }
    for other in &shapes[1..] {
        assert_eq!(other, &shapes[0]);
    }
    assert!(
        shapes[0].contains("bucket_key: true") && shapes[0].contains("Absent"),
        "{}",
        shapes[0]
    );
}

#[test]
fn a_missing_file_is_unread_and_not_collected_and_an_error_is_what_it_says() {
    let estate = estate([
        ("sts.json", CALLER),
        (
            "s3-list-buckets.json",
            r#"{"Buckets": [{"Name": "absent"}, {"Name": "denied"}, {"Name": "missing"}, {"Name": "odd"}, {"Name": "empty"}]}"#,
        ),
        (
            "s3-get-bucket-policy/absent.json",
            r#"{"Error": {"Code": "NoSuchBucketPolicy"}}"#,
        ),
        (
            "s3-get-bucket-policy/denied.json",
            r#"{"Error": {"Code": "AccessDenied"}}"#,
        ),
        (
            "s3-get-bucket-policy/odd.json",
            r#"{"Error": {"Code": "NoSuchBucket"}}"#,
        ),
        ("s3-get-bucket-policy/empty.json", ""),
    ]);
    let policy = |name: &str| estate.buckets[name].policy.clone();
    assert!(matches!(policy("absent"), Seen::Absent));
    let Seen::Unread(text) = policy("missing") else {
        panic!()
    };
    assert_eq!(
        &*text,
        "s3:GetBucketPolicy of missing (account 111122223333)"
    );
    for name in ["denied", "odd", "empty"] {
        assert!(matches!(policy(name), Seen::Unread(_)), "{name}");
    }
    for (name, expected) in [
        ("absent", Outcome::Absent),
        ("denied", Outcome::Denied),
        ("missing", Outcome::NotCollected),
        ("odd", Outcome::ParseError),
        ("empty", Outcome::ParseError),
    ] {
        assert_eq!(
            outcome(&estate, "s3:GetBucketPolicy", "", name),
            Some(expected),
            "{name}"
        );
    }
    assert_eq!(
        outcome(&estate, "iam:GetAccountAuthorizationDetails", "", ""),
        Some(Outcome::NotCollected)
    );
    assert_eq!(
        outcome(&estate, "s3:ListBuckets", "", ""),
        Some(Outcome::Ok)
    );
    assert!(codes(&estate).contains(&"unknown-error-code"));
}

#[test]
fn broken_json_is_named_by_line_and_the_rest_is_used() {
    let mut texts = pier();
    texts.push((
        "s3-list-buckets.json",
        "{\n  \"Buckets\": [\n    {\"Name\" \"b\"}\n",
    ));
    texts.push(("other.json", "{\"Strange\": 1}"));
    let estate = estate(texts);
    assert_eq!(at(&estate, "malformed-json"), ["s3-list-buckets.json:3"]);
    assert_eq!(at(&estate, "unrecognised-file"), ["other.json:1"]);
    assert_eq!(
        outcome(&estate, "s3:ListBuckets", "", ""),
        Some(Outcome::ParseError)
    );
    assert_eq!(estate.hosts.len(), 2);
}

#[test]
fn a_broken_policy_is_unread_and_a_broken_acl_makes_the_list_doubtful() {
    let mut texts = pier();
    texts.push((
        "s3-get-bucket-policy/b.json",
        r#"{"Policy": "{\"Version\": "}"#,
    ));
    texts.retain(|(path, _)| *path != "kafka/pier/acls.txt");
    let acls = format!("{ACLS}\t(principal=User:x, host=*, operation=READ\n");
    texts.push(("kafka/pier/acls.txt", &acls));
    let estate = estate(texts);
    assert!(matches!(estate.buckets["b"].policy, Seen::Unread(_)));
    assert_eq!(
        outcome(&estate, "s3:GetBucketPolicy", "", "b"),
        Some(Outcome::ParseError)
    );
    assert_eq!(
        at(&estate, "malformed-policy"),
        ["s3-get-bucket-policy/b.json:1"]
    );
    assert_eq!(at(&estate, "malformed-acl"), ["kafka/pier/acls.txt:3"]);
    assert_eq!(
        outcome(&estate, "kafka:acls", "", "pier"),
        Some(Outcome::ParseError)
    );
    assert_eq!(estate.clusters["pier"].acls.as_ref().unwrap().len(), 1);
}

#[test]
fn the_order_of_files_and_of_pages_does_not_matter() {
    let page = |user: &str, marker: &str| {
        format!(
            r#"{{"UserDetailList": [{{"UserName": "{user}", "Arn": "arn:aws:iam::111122223333:user/{user}"}}], "GroupDetailList": [], "RoleDetailList": [], "Policies": [], {marker}}}"#
        )
    };
    let first = page("ben", r#""IsTruncated": true, "Marker": "m""#);
    let second = page("cleo", r#""IsTruncated": false"#);
    let mut texts = pier();
    texts.push(("more-1.json", &first));
    texts.push(("more-2.json", &second));
    let forward = build(&Capture::from_files(files(texts.clone())));
    texts.reverse();
    let backward = build(&Capture::from_files(files(texts)));
    assert_eq!(format!("{forward:?}"), format!("{backward:?}"));
    assert_eq!(
        outcome(&forward, "iam:GetAccountAuthorizationDetails", "", ""),
        Some(Outcome::Ok)
    );
    assert!(
        forward
            .identities
            .contains_key("arn:aws:iam::111122223333:user/cleo")
    );
    let lone = estate([("gaad.json", &*first)]);
    assert_eq!(
        outcome(&lone, "iam:GetAccountAuthorizationDetails", "", ""),
        Some(Outcome::Truncated)
    );
    assert!(!lone.accounts[ACCOUNT].identities_read);
}

#[test]
fn contradictory_answers_are_told_and_copies_are_not() {
    let one = format!("{{\"Policy\": {POLICY}}}");
    let two = one.replace("GetObject", "PutObject");
    let same = estate([
        ("sts.json", CALLER),
        ("a/s3-get-bucket-policy/b", &*one),
        ("b/s3-get-bucket-policy/b", &one),
    ]);
    assert!(!codes(&same).contains(&"contradictory-answers"));
    let other = estate([
        ("sts.json", CALLER),
        ("a/s3-get-bucket-policy/b", &*one),
        ("b/s3-get-bucket-policy/b", &two),
    ]);
    assert_eq!(
        at(&other, "contradictory-answers"),
        ["b/s3-get-bucket-policy/b:1"]
    );
    assert_eq!(
        other.buckets["b"].policy.as_ref().unwrap().source.file(),
        "a/s3-get-bucket-policy/b"
    );
}

#[test]
fn keys_are_found_by_arn_id_and_alias_and_a_named_key_exists() {
    let arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555";
    let aliases = r#"{"Aliases": [{"AliasName": "alias/pier", "AliasArn": "arn:aws:kms:eu-west-1:111122223333:alias/pier", "TargetKeyId": "11111111-2222-3333-4444-555555555555"}, {"AliasName": "alias/aws/ebs", "AliasArn": "arn:aws:kms:eu-west-1:111122223333:alias/aws/ebs", "TargetKeyId": "99999999-2222-3333-4444-555555555555"}, {"AliasName": "alias/aws/s3", "AliasArn": "arn:aws:kms:eu-west-1:111122223333:alias/aws/s3"}]}"#;
    let volumes = r#"{"Volumes": [{"VolumeId": "vol-1", "AvailabilityZone": "eu-west-1a", "Encrypted": true, "KmsKeyId": "arn:aws:kms:eu-west-1:444455556666:key/aaaaaaaa-2222-3333-4444-555555555555"}]}"#;
    let estate = estate([
        ("sts.json", CALLER),
        ("eu-west-1/kms-list-aliases.json", aliases),
        (
            "eu-west-1/kms-get-key-policy/11111111-2222-3333-4444-555555555555.json",
            r#"{"Policy": {"Version": "2012-10-17", "Statement": []}, "PolicyName": "default"}"#,
        ),
        ("eu-west-1/volumes.json", volumes),
    ]);
    for name in [
        arn,
        "11111111-2222-3333-4444-555555555555",
        "alias/pier",
        "arn:aws:kms:eu-west-1:111122223333:alias/pier",
    ] {
        let Seen::Is(key) = estate.key_for(name, ACCOUNT, REGION) else {
            panic!("{name}")
        };
        assert!(
            key.arn == arn && matches!(key.policy, Seen::Is(_)),
            "{name}"
        );
    }
    assert!(matches!(
        estate.key_for("alias/pier", ACCOUNT, "us-east-1"),
        Seen::Unread(_)
    ));
    let Seen::Is(ebs) = estate.key_for("alias/aws/ebs", ACCOUNT, REGION) else {
        panic!()
    };
    assert!(ebs.aws_managed);
    let far =
        &estate.keys["arn:aws:kms:eu-west-1:444455556666:key/aaaaaaaa-2222-3333-4444-555555555555"];
    assert!(matches!(far.policy, Seen::Unread(_)));
    assert!(estate.accounts.contains_key("444455556666"));
}

#[test]
fn security_groups_endpoints_and_routes_keep_every_admission() {
    let groups = r#"{"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "brokers", "OwnerId": "111122223333", "VpcId": "vpc-1", "IpPermissions": [
      {"IpProtocol": "tcp", "FromPort": 9092, "ToPort": 9093, "IpRanges": [{"CidrIp": "10.0.0.0/16"}, {"CidrIp": "nonsense"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}], "UserIdGroupPairs": [{"GroupId": "sg-2"}], "PrefixListIds": [{"PrefixListId": "pl-1"}]},
      {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}], "IpPermissionsEgress": []}]}"#;
    let endpoints = r#"{"VpcEndpoints": [{"VpcEndpointId": "vpce-1", "VpcEndpointType": "Gateway", "VpcId": "vpc-1", "ServiceName": "com.amazonaws.eu-west-1.s3", "State": "available", "RouteTableIds": ["rtb-1"], "PolicyDocument": "{\"Version\":\"2008-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}"}]}"#;
    let tables = r#"{"RouteTables": [{"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": true}, {"Main": false, "SubnetId": "subnet-1"}], "Routes": [{"GatewayId": "local", "DestinationCidrBlock": "10.0.0.0/16"}, {"GatewayId": "igw-1", "DestinationCidrBlock": "0.0.0.0/0", "State": "active"}]}]}"#;
    let estate = estate([
        ("sts.json", CALLER),
        ("eu-west-1/a.json", groups),
        ("eu-west-1/b.json", endpoints),
        ("eu-west-1/c.json", tables),
    ]);
    let group = &estate.security_groups["sg-1"];
    assert_eq!(group.ingress.len(), 6);
    assert_eq!(group.ingress[0].ports, Some((9092, 9093)));
    assert_eq!(group.ingress[5].ports, None);
    assert_eq!(
        at(&estate, "malformed-address-block"),
        ["eu-west-1/a.json:2"]
    );
    let endpoint = &estate.endpoints["vpce-1"];
    assert_eq!(
        (
            endpoint.service.as_str(),
            endpoint.gateway,
            endpoint.account.as_str()
        ),
        ("s3", true, ACCOUNT)
    );
    assert!(matches!(endpoint.policy, Seen::Is(_)));
    let table = &estate.route_tables["rtb-1"];
    assert!(table.main && table.internet && table.subnets == ["subnet-1"]);
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
        "[[pin]]\nkind = \"secret-user\"\nfrom = \"y\"\nto = \"pier/User:alice\"\n",
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
    texts.push(("catchment.toml", "[[refute]]\nkind = \"secret-user\"\nfrom = \"kafka/pier/settle\"\nto = \"pier/User:settle\"\n"));
    assert_eq!(users(&estate(texts), "kafka/pier/settle"), [""; 0]);
}

#[test]
fn pins_override_and_refutations_remove_links() {
    let mut texts = pier();
    texts.push(("catchment.toml", "[[pin]]\nkind = \"broker-host\"\nfrom = \"pier/1\"\nto = \"i-0b2\"\n\n[[pin]]\nkind = \"log-volume\"\nfrom = \"pier/1\"\nto = \"vol-root2\"\n\n[[refute]]\nkind = \"broker-host\"\nfrom = \"pier/2\"\nto = \"i-0b2\"\n\n[[pin]]\nkind = \"broker-host\"\nfrom = \"pier/9\"\nto = \"i-0b2\"\n"));
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

const ORGANIZATION: &str =
    r#"{"Organization": {"Id": "o-1", "MasterAccountId": "999999999999", "FeatureSet": "ALL"}}"#;

#[test]
fn organization_levels_go_from_the_root_to_the_account() {
    let texts = [
        ("sts.json", CALLER),
        ("org/a.json", ORGANIZATION),
        (
            "org/organizations-list-parents/111122223333.json",
            r#"{"Parents": [{"Id": "ou-1", "Type": "ORGANIZATIONAL_UNIT"}]}"#,
        ),
        (
            "org/organizations-list-parents/ou-1.json",
            r#"{"Parents": [{"Id": "r-1", "Type": "ROOT"}]}"#,
        ),
        (
            "org/organizations-list-policies-for-target/r-1/SERVICE_CONTROL_POLICY.json",
            r#"{"Policies": [{"Id": "p-FullAWSAccess", "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY"}]}"#,
        ),
        (
            "org/organizations-list-policies-for-target/ou-1.json",
            r#"{"Policies": [{"Id": "p-1", "Arn": "arn:aws:organizations::999999999999:policy/o-1/service_control_policy/p-1", "Name": "guard", "Type": "SERVICE_CONTROL_POLICY"}]}"#,
        ),
        (
            "org/p1.json",
            r#"{"Policy": {"PolicySummary": {"Id": "p-1", "Name": "guard", "Type": "SERVICE_CONTROL_POLICY"}, "Content": "{\"Version\":\"2012-10-17\",\"Statement\":[]}"}}"#,
        ),
    ];
    let read = estate(texts);
    assert!(matches!(&read.organization.id, Seen::Is(id) if id == "o-1"));
    assert_eq!(
        read.organization.management_account.as_deref(),
        Some("999999999999")
    );
    let levels = &read.organization.levels[ACCOUNT];
    assert_eq!(
        levels.iter().map(|l| l.id.as_str()).collect::<Vec<_>>(),
        ["r-1", "ou-1", ACCOUNT]
    );
    assert!(matches!(&levels[0].scps, Seen::Is(p) if matches!(p[0].document, Seen::Is(_))));
    assert!(
        matches!(&levels[1].scps, Seen::Is(p) if p[0].name == "guard" && matches!(p[0].document, Seen::Is(_)))
    );
    assert!(matches!(levels[2].scps, Seen::Unread(_)));
    assert!(levels.iter().all(|l| matches!(l.rcps, Seen::Unread(_))));
    let assumed = estate(texts.into_iter().chain([(
        "catchment.toml",
        "[assume]\nscps = \"none\"\nrcps = \"none\"\n",
    )]));
    let levels = &assumed.organization.levels[ACCOUNT];
    assert!(matches!(levels[2].scps, Seen::Absent) && matches!(levels[0].scps, Seen::Is(_)));
    assert!(levels.iter().all(|l| matches!(l.rcps, Seen::Absent)));
    assert_eq!(assumed.organization.assumed.len(), 2);
}

#[test]
fn without_any_answer_about_it_the_organization_is_unread_and_without_one_it_is_absent() {
    let unread = estate([("sts.json", CALLER), ("iam.json", GAAD)]);
    assert!(matches!(unread.organization.id, Seen::Unread(_)));
    let levels = &unread.organization.levels[ACCOUNT];
    assert_eq!(levels[0].id, "above 111122223333");
    assert!(
        levels
            .iter()
            .all(|l| matches!((&l.scps, &l.rcps), (Seen::Unread(_), Seen::Unread(_))))
    );
    let none = r#"{"Error": {"Code": "AWSOrganizationsNotInUseException"}}"#;
    let absent = estate([
        ("sts.json", CALLER),
        ("organizations-describe-organization.json", none),
    ]);
    assert!(matches!(absent.organization.id, Seen::Absent));
    assert!(absent.organization.levels[ACCOUNT].is_empty());
}

fn corpus(path: &str) -> Option<PathBuf> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/corpus")
        .join(path);
    dir.exists().then_some(dir)
}

fn count(estate: &Estate, kind: IdentityKind) -> usize {
    estate
        .identities
        .values()
        .filter(|i| i.kind == kind)
        .count()
}

#[test]
fn cloudmapper_s_demo_loads_and_names_its_gaps() {
    let Some(dir) = corpus("cloudmapper-demo") else {
        return;
    };
    let capture = load(&dir).unwrap();
    let estate = build(&capture);
    assert_eq!(
        (
            count(&estate, IdentityKind::User),
            count(&estate, IdentityKind::Role)
        ),
        (2, 4)
    );
    assert_eq!(
        (
            estate.hosts.len(),
            estate.interfaces.len(),
            estate.security_groups.len(),
            estate.subnets.len(),
            estate.endpoints.len()
        ),
        CLOUDMAPPER
    );
    assert_eq!(
        estate.buckets["cloudmapper_demo"].account.as_deref(),
        Some("123456789012")
    );
    assert!(matches!(
        estate.buckets["cloudmapper_demo"].policy,
        Seen::Is(_)
    ));
    assert_eq!(
        estate.buckets["cloudmapper_demo"].region.as_deref(),
        Some("us-east-1")
    );
    assert!(matches!(
        estate.secrets.values().next().unwrap().policy,
        Seen::Absent
    ));
    let missing: Vec<_> = estate
        .coverage
        .calls
        .iter()
        .filter(|(_, o)| **o == Outcome::NotCollected)
        .map(|(c, _)| c.call.as_str())
        .collect();
    for call in [
        "ec2:DescribeVolumes",
        "ec2:DescribeRouteTables",
        "kms:ListKeys",
        "s3:GetBucketEncryption",
        "organizations:DescribeOrganization",
    ] {
        assert!(missing.contains(&call), "{call} in {missing:?}");
    }
    assert_eq!(estate.accounts.keys().collect::<Vec<_>>(), ["123456789012"]);
    assert!(
        !codes(&estate).contains(&"unrecognised-file"),
        "{:#?}",
        estate.diagnostics
    );
}

/// Instances, interfaces, security groups, subnets and endpoints, counted with jq. One interface
/// is listed, another one only stands in its instance.
const CLOUDMAPPER: (usize, usize, usize, usize, usize) = (3, 2, 8, 4, 2);

#[test]
fn cloudsplaining_s_files_load_each_with_its_users_and_roles() {
    for (file, users, roles) in [
        ("example-authz-details.json", 3, 3),
        ("example.json", 44, 78),
        ("example_authz_v2.json", 1, 2),
    ] {
        let Some(path) = corpus("cloudsplaining").map(|dir| dir.join(file)) else {
            return;
        };
        let text = std::fs::read_to_string(path).unwrap();
        let estate = build(&Capture::from_files(files([(file, &*text)])));
        assert_eq!(
            (
                count(&estate, IdentityKind::User),
                count(&estate, IdentityKind::Role)
            ),
            (users, roles),
            "{file}"
        );
        assert!(
            codes(&estate)
                .iter()
                .all(|c| *c != "malformed-answer" && *c != "unrecognised-file")
        );
        let lists = estate
            .coverage
            .calls
            .iter()
            .filter(|(c, _)| c.call == "s3:ListBuckets");
        assert!(
            lists.clone().count() > 0
                && lists.into_iter().all(|(_, o)| *o == Outcome::NotCollected)
        );
    }
}

#[test]
fn an_envelope_s_outcome_counts_and_pages_are_joined() {
    let envelope = |call: &str, params: &str, rest: &str| {
        format!(
            r#"{{"call": "{call}", "params": {params}, "account": "111122223333", "region": "eu-west-1", {rest}}}"#
        )
    };
    let pages = [
        envelope(
            "s3:ListBuckets",
            "{}",
            r#""outcome": "ok", "body": {"Buckets": [{"Name": "a"}], "ContinuationToken": "t"}"#,
        ),
        envelope(
            "s3:ListBuckets",
            "{}",
            r#""outcome": "ok", "body": {"Buckets": [{"Name": "b"}]}"#,
        ),
        envelope(
            "ec2:DescribeVolumes",
            "{}",
            r#""outcome": "truncated", "body": {"Volumes": []}"#,
        ),
        envelope(
            "ec2:DescribeSnapshots",
            "{}",
            r#""outcome": "denied", "error": {"code": "UnauthorizedOperation"}, "body": null"#,
        ),
        envelope(
            "s3control:GetPublicAccessBlock",
            r#"{"AccountId": "111122223333"}"#,
            r#""body": {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": true}}"#,
        ),
        envelope(
            "organizations:ListPoliciesForTarget",
            r#"{"TargetId": "111122223333", "Filter": "SERVICE_CONTROL_POLICY"}"#,
            r#""outcome": "ok", "body": {"Policies": []}"#,
        ),
        envelope(
            "lambda:ListFunctions",
            "{}",
            r#""outcome": "ok", "body": {}"#,
        ),
    ];
    let names = [
        "1.json", "2.json", "3.json", "4.json", "5.json", "6.json", "7.json",
    ];
    let capture = Capture::from_files(files(
        names.into_iter().zip(pages.iter().map(String::as_str)),
    ));
    assert_eq!(capture.unused["lambda:ListFunctions"], 1);
    let estate = build(&capture);
    assert_eq!(estate.buckets.keys().collect::<Vec<_>>(), ["a", "b"]);
    for (call, region, expected) in [
        ("s3:ListBuckets", "", Outcome::Ok),
        ("ec2:DescribeVolumes", REGION, Outcome::Truncated),
        ("ec2:DescribeSnapshots", REGION, Outcome::Denied),
        ("ec2:DescribeSubnets", REGION, Outcome::NotCollected),
        ("s3control:GetPublicAccessBlock", "", Outcome::Ok),
    ] {
        assert_eq!(outcome(&estate, call, region, ""), Some(expected), "{call}");
    }
    assert!(
        matches!(&estate.accounts[ACCOUNT].public_access_block, Seen::Is(b) if b.restrict_public_buckets)
    );
    let levels = &estate.organization.levels[ACCOUNT];
    assert!(matches!(&levels[1].scps, Seen::Is(policies) if policies.is_empty()));
}

#[test]
fn accounts_come_from_the_nearest_witness() {
    let buckets = |name: &str| format!(r#"{{"Buckets": [{{"Name": "{name}"}}]}}"#);
    let (a, b, c) = (buckets("a"), buckets("b"), buckets("c"));
    let estate = estate([
        ("sts.json", CALLER),
        ("a.json", &*a),
        ("accounts/222233334444/b.json", &b),
        (
            "accounts/prod/sts.json",
            r#"{"Account": "333344445555", "Arn": "arn:aws:iam::333344445555:user/x", "UserId": "A"}"#,
        ),
        ("accounts/prod/eu-west-1/c.json", &c),
    ]);
    let owner = |name: &str| estate.buckets[name].account.clone();
    assert_eq!(owner("b").as_deref(), Some("222233334444"));
    assert_eq!(owner("c").as_deref(), Some("333344445555"));
    assert_eq!(
        owner("a").as_deref(),
        Some(ACCOUNT),
        "{:#?}",
        estate.diagnostics
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
fn a_document_alone_is_the_answer_of_its_folder() {
    let string = serde_json::to_string(POLICY).unwrap();
    let estate = estate([
        ("sts.json", CALLER),
        ("s3-get-bucket-policy/b.json", POLICY),
        ("s3-get-bucket-policy/c.json", &string),
    ]);
    for name in ["b", "c"] {
        assert_eq!(
            estate.buckets[name]
                .policy
                .as_ref()
                .unwrap()
                .statements
                .len(),
            1,
            "{name}"
        );
    }
}

mod any {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn no_text_in_any_kind_of_file_stops_the_others(
            text in "(\\PC|[\\n\\t=:,@{}?&\"'/\\[\\]]){0,120}",
            cut in 0_usize..400,
        ) {
            let mut texts = pier();
            let broken: String = INSTANCES.chars().take(cut).collect();
            let properties = format!(
                "node.id=7\nsasl.jaas.config={text}\ns3.data.buckets=0@s3://b?{text}\nlisteners={text}\n"
            );
            for path in ["catchment.toml", "x.json", "kafka/quay/acls.txt", "kafka/quay/topics.txt", "s3-get-bucket-policy/z"] {
                texts.push((path, &text));
            }
            texts.push(("kafka/quay/server.properties", &properties));
            texts.push(("eu-west-1/broken.json", &broken));
            let estate = estate(texts);
            prop_assert_eq!(estate.clusters["pier"].brokers.len(), 2);
            prop_assert!(estate.hosts.len() >= 2);
        }
    }
}
