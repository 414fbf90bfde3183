//! Importers of what opens stored bytes beside policies: every shape of answer.

use catchment::estate::{Estate, Grantee, Ownership, Seen, Versioning};

use super::*;

const LISTED: (&str, &str) = (
    "eu-west-1/s3-list-buckets.json",
    r#"{"Buckets": [{"Name": "log", "BucketRegion": "eu-west-1"}]}"#,
);

fn bucket(call: &str, answer: &str) -> Estate {
    let path = format!("eu-west-1/{call}/log.json");
    estate([("sts.json", CALLER), LISTED, (&path, answer)])
}

fn error(code: &str) -> String {
    format!(r#"{{"Error": {{"Code": "{code}", "Message": "m"}}}}"#)
}

#[test]
fn what_is_absent_is_said_by_the_code_of_the_very_call() {
    let of = |call: &str, code: &str| {
        let estate = bucket(call, &error(code));
        let settings = estate.buckets["log"].settings.clone();
        (settings.ownership, settings.replication)
    };
    let ownership = "s3-get-bucket-ownership-controls";
    let replication = "s3-get-bucket-replication";
    assert_eq!(
        of(ownership, "OwnershipControlsNotFoundError").0,
        Seen::Absent
    );
    assert_eq!(
        of(replication, "ReplicationConfigurationNotFoundError").1,
        Seen::Absent
    );
    for (call, code) in [
        (ownership, "ReplicationConfigurationNotFoundError"),
        (ownership, "AccessDenied"),
        (replication, "OwnershipControlsNotFoundError"),
        (replication, "NoSuchBucket"),
    ] {
        let (first, second) = of(call, code);
        assert!(matches!(first, Seen::Unread(_)), "{call} {code}");
        assert!(matches!(second, Seen::Unread(_)), "{call} {code}");
    }
}

#[test]
fn an_empty_answer_about_versions_says_that_there_never_were_any() {
    let of = |answer: &str| {
        bucket("s3-get-bucket-versioning", answer).buckets["log"]
            .settings
            .versioning
            .clone()
    };
    assert_eq!(of("{}"), Seen::Is(Versioning::Never));
    assert_eq!(
        of(r#"{"Status": "Enabled"}"#),
        Seen::Is(Versioning::Enabled)
    );
    assert_eq!(
        of(r#"{"Status": "Suspended", "MFADelete": "Disabled"}"#),
        Seen::Is(Versioning::Suspended)
    );
    for broken in ["", "null", "[]", r#"{"Status": "On"}"#, r#"{"Status": 1}"#] {
        assert!(matches!(of(broken), Seen::Unread(_)), "{broken}");
    }
}

#[test]
fn ownership_is_read_and_never_guessed() {
    let of = |owner: &str| {
        let answer =
            format!(r#"{{"OwnershipControls": {{"Rules": [{{"ObjectOwnership": "{owner}"}}]}}}}"#);
        bucket("s3-get-bucket-ownership-controls", &answer).buckets["log"]
            .settings
            .ownership
            .clone()
    };
    assert_eq!(
        of("BucketOwnerEnforced"),
        Seen::Is(Ownership::BucketOwnerEnforced)
    );
    assert_eq!(of("ObjectWriter"), Seen::Is(Ownership::ObjectWriter));
    assert!(matches!(of("Somebody"), Seen::Unread(_)));
}

#[test]
fn an_acl_names_accounts_groups_and_the_log_delivery() {
    let answer = r#"{"Owner": {"ID": "o1"}, "Grants": [
      {"Grantee": {"Type": "CanonicalUser", "ID": "c2"}, "Permission": "WRITE_ACP"},
      {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"},
      {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"}, "Permission": "READ"},
      {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}, "Permission": "WRITE"},
      {"Grantee": {"Type": "Group", "URI": "urn:else"}, "Permission": "READ"}]}"#;
    let estate = bucket("s3-get-bucket-acl", answer);
    let Seen::Is(acl) = &estate.buckets["log"].settings.acl else {
        panic!("not read");
    };
    assert_eq!(acl.owner.as_deref(), Some("o1"));
    let grantees: Vec<_> = acl
        .grants
        .iter()
        .map(|grant| grant.grantee.clone())
        .collect();
    assert_eq!(
        grantees,
        [
            Grantee::Canonical("c2".to_owned()),
            Grantee::AllUsers,
            Grantee::AuthenticatedUsers,
            Grantee::LogDelivery,
            Grantee::Other("urn:else".to_owned())
        ]
    );
    assert_eq!(acl.grants[0].permission, "WRITE_ACP");
    let broken = bucket(
        "s3-get-bucket-acl",
        r#"{"Grants": [{"Permission": "READ"}]}"#,
    );
    assert!(matches!(
        broken.buckets["log"].settings.acl,
        Seen::Unread(_)
    ));
}

#[test]
fn replication_rules_are_read_in_both_forms() {
    let answer = r#"{"ReplicationConfiguration": {"Role": "arn:aws:iam::111122223333:role/r", "Rules": [
      {"ID": "old", "Prefix": "a/", "Status": "Disabled", "Destination": {"Bucket": "arn:aws:s3:::one"}},
      {"ID": "new", "Status": "Enabled", "Filter": {"And": {"Prefix": "b/", "Tags": [{"Key": "k", "Value": "v"}]}},
       "DeleteMarkerReplication": {"Status": "Enabled"},
       "Destination": {"Bucket": "arn:aws:s3:::two", "Account": "444455556666",
         "EncryptionConfiguration": {"ReplicaKmsKeyID": "arn:aws:kms:eu-west-1:444455556666:key/k"}}}]}}"#;
    let estate = bucket("s3-get-bucket-replication", answer);
    let Seen::Is(rules) = &estate.buckets["log"].settings.replication else {
        panic!("not read");
    };
    let [old, new] = rules.as_slice() else {
        panic!("{rules:?}");
    };
    assert_eq!(
        (old.destination.as_str(), old.prefix.as_str()),
        ("one", "a/")
    );
    assert!(!old.enabled && !old.by_tag && !old.delete_markers);
    assert_eq!(
        (new.destination.as_str(), new.prefix.as_str()),
        ("two", "b/")
    );
    assert!(new.enabled && new.by_tag && new.delete_markers);
    assert_eq!(new.account.as_deref(), Some("444455556666"));
    assert!(new.key.as_deref().is_some_and(|key| key.ends_with("key/k")));
    assert_eq!(
        new.role.as_deref(),
        Some("arn:aws:iam::111122223333:role/r")
    );
}

#[test]
fn where_logs_notifications_and_inventories_go_is_read() {
    let logging = bucket(
        "s3-get-bucket-logging",
        r#"{"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}}"#,
    );
    let target = &logging.buckets["log"].settings.logging;
    assert_eq!(*target, Seen::Is(vec!["logs".to_owned()]));
    let none = bucket("s3-get-bucket-logging", "{}");
    assert_eq!(none.buckets["log"].settings.logging, Seen::Is(Vec::new()));
    let told = bucket(
        "s3-get-bucket-notification-configuration",
        r#"{"QueueConfigurations": [{"QueueArn": "arn:aws:sqs:eu-west-1:1:q", "Events": []}], "EventBridgeConfiguration": {}}"#,
    );
    assert_eq!(
        told.buckets["log"].settings.notifications,
        Seen::Is(vec![
            "arn:aws:sqs:eu-west-1:1:q".to_owned(),
            "events.amazonaws.com".to_owned()
        ])
    );
    let listed = bucket(
        "s3-list-bucket-inventory-configurations",
        r#"{"InventoryConfigurationList": [{"Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::lists"}}}]}"#,
    );
    assert_eq!(
        listed.buckets["log"].settings.inventories,
        Seen::Is(vec!["lists".to_owned()])
    );
}

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0f3c7c52-7d3c-4e53-8f41-6f0e3e0a1b2c";

fn grants(answer: &str) -> Estate {
    let keys = format!(r#"{{"Keys": [{{"KeyId": "k", "KeyArn": "{KEY}"}}]}}"#);
    let path = "eu-west-1/kms-list-grants/0f3c7c52-7d3c-4e53-8f41-6f0e3e0a1b2c.json";
    estate([
        ("sts.json", CALLER),
        ("eu-west-1/kms-list-keys.json", &keys),
        (path, answer),
    ])
}

#[test]
fn grants_keep_their_operations_constraints_and_principals() {
    let answer = r#"{"Truncated": false, "Grants": [
      {"GrantId": "g1", "GranteePrincipal": "arn:aws:iam::111122223333:role/batch",
       "RetiringPrincipal": "arn:aws:iam::111122223333:role/owner", "IssuingAccount": "arn:aws:iam::111122223333:root",
       "Operations": ["Decrypt", "GenerateDataKey"],
       "Constraints": {"EncryptionContextSubset": {"aws:s3:arn": "arn:aws:s3:::log"}}},
      {"GrantId": "g2", "GranteePrincipal": "rds.eu-west-1.amazonaws.com", "Operations": ["Decrypt"],
       "Constraints": {"EncryptionContextEquals": {"a": "b"}}}]}"#;
    let estate = grants(answer);
    let found = &estate.keys[KEY].grants;
    assert_eq!(found.unread, None);
    let [first, second] = found.grants.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(first.operations, ["Decrypt", "GenerateDataKey"]);
    assert_eq!(
        first.retiring.as_deref(),
        Some("arn:aws:iam::111122223333:role/owner")
    );
    assert_eq!(
        first.issuer.as_deref(),
        Some("arn:aws:iam::111122223333:root")
    );
    assert_eq!(first.context_subset["aws:s3:arn"], "arn:aws:s3:::log");
    assert_eq!(second.context_equals["a"], "b");
    assert_eq!(found.document.statements.len(), 2);
    assert_eq!(found.document.statements[1].conditions.len(), 2);
}

#[test]
fn grants_that_are_refused_cut_off_or_broken_may_be_more() {
    for answer in [
        error("AccessDeniedException"),
        r#"{"Grants": [], "Truncated": true, "NextMarker": "x"}"#.to_owned(),
        r#"{"Grants": [{"GrantId": "g"}], "Truncated": false}"#.to_owned(),
        String::new(),
    ] {
        let found = grants(&answer).keys[KEY].grants.clone();
        assert!(found.unread.is_some(), "{answer}");
    }
    let none = grants(r#"{"Grants": [], "Truncated": false}"#);
    assert_eq!(none.keys[KEY].grants.unread, None);
}

fn snapshot(answers: &[(&str, &str)]) -> Estate {
    let listed = r#"{"Snapshots": [{"SnapshotId": "snap-1", "VolumeId": "vol-1", "OwnerId": "111122223333", "Encrypted": false}]}"#;
    let mut files = vec![
        ("sts.json", CALLER),
        ("eu-west-1/ec2-describe-snapshots.json", listed),
    ];
    files.extend(answers);
    estate(files)
}

#[test]
fn sharing_is_read_with_what_blocks_it() {
    let path = "eu-west-1/ec2-describe-snapshot-attribute/snap-1.json";
    let both = r#"{"SnapshotId": "snap-1", "CreateVolumePermissions": [{"UserId": "444455556666"}, {"Group": "all"}]}"#;
    let state = "eu-west-1/ec2-get-snapshot-block-public-access-state.json";
    for (answer, statements) in [
        (r#"{"State": "unblocked"}"#, 2),
        (r#"{"State": "block-new-sharing"}"#, 2),
        (r#"{"State": "block-all-sharing"}"#, 1),
    ] {
        let estate = snapshot(&[(path, both), (state, answer)]);
        let Seen::Is(sharing) = &estate.snapshots["snap-1"].sharing else {
            panic!("not read");
        };
        assert!(sharing.everyone && sharing.accounts.contains("444455556666"));
        assert_eq!(sharing.document.statements.len(), statements, "{answer}");
    }
    let unsure = snapshot(&[(path, both)]);
    let Seen::Is(sharing) = &unsure.snapshots["snap-1"].sharing else {
        panic!("not read");
    };
    assert!(sharing.document.statements[1].undecidable.is_some());
    let refused = error("UnauthorizedOperation");
    for answers in [&[(path, refused.as_str())][..], &[]] {
        let sharing = snapshot(answers).snapshots["snap-1"].sharing.clone();
        assert!(matches!(sharing, Seen::Unread(_)));
    }
    let default = snapshot(&[("eu-west-1/d.json", r#"{"EbsEncryptionByDefault": true}"#)]);
    let place = (ACCOUNT.to_owned(), REGION.to_owned());
    assert_eq!(default.encrypts_disks.get(&place), Some(&true));
}

#[test]
fn an_access_point_keeps_its_origin_policy_and_block() {
    let list = r#"{"AccessPointList": [
      {"Name": "in", "NetworkOrigin": "VPC", "VpcConfiguration": {"VpcId": "vpc-1"}, "Bucket": "log",
       "AccessPointArn": "arn:aws:s3:eu-west-1:111122223333:accesspoint/in"},
      {"Name": "out", "NetworkOrigin": "Internet", "Bucket": "log",
       "AccessPointArn": "arn:aws:s3:eu-west-1:111122223333:accesspoint/out"},
      {"Name": "odd", "Bucket": "log"}]}"#;
    let policy = r#"{"Policy": "{\"Version\":\"2012-10-17\",\"Statement\":[]}"}"#;
    let absent = error("NoSuchAccessPointPolicy");
    let estate = estate([
        ("sts.json", CALLER),
        ("eu-west-1/s3control-list-access-points.json", list),
        (
            "eu-west-1/s3control-get-access-point-policy/in.json",
            policy,
        ),
        (
            "eu-west-1/s3control-get-access-point-policy/out.json",
            &absent,
        ),
        (
            "eu-west-1/s3control-get-access-point/in.json",
            r#"{"Name": "in", "Bucket": "log", "NetworkOrigin": "VPC", "VpcConfiguration": {"VpcId": "vpc-1"},
                "PublicAccessBlockConfiguration": {"RestrictPublicBuckets": true}}"#,
        ),
    ]);
    let point = |name: &str| {
        &estate.access_points[&format!("arn:aws:s3:eu-west-1:111122223333:accesspoint/{name}")]
    };
    assert_eq!(point("in").vpc, Seen::Is("vpc-1".to_owned()));
    assert!(point("in").guard.is_some());
    assert!(matches!(point("in").policy, Seen::Is(_)));
    assert!(
        matches!(&point("in").public_access_block, Seen::Is(block) if block.restrict_public_buckets)
    );
    assert_eq!(point("out").vpc, Seen::Absent);
    assert!(point("out").guard.is_none());
    assert!(matches!(point("out").policy, Seen::Absent));
    assert!(matches!(point("odd").vpc, Seen::Unread(_)));
    assert!(point("odd").guard.is_some());
    assert!(matches!(point("odd").policy, Seen::Unread(_)));
}

#[test]
fn only_what_guards_a_log_is_missed() {
    let listed = r#"{"Buckets": [{"Name": "log"}, {"Name": "other"}]}"#;
    let properties = "node.id=1\nprocess.roles=broker\nelasticstream.enable=true\ns3.data.buckets=0@s3://log?region=eu-west-1\nlisteners=C://:9093\ncontroller.listener.names=C\n";
    let estate = estate([
        ("sts.json", CALLER),
        ("eu-west-1/s3-list-buckets.json", listed),
        ("kafka/quay/server-1.properties", properties),
    ]);
    let missed = |name: &str| {
        let calls = estate.coverage.calls.keys();
        let calls = calls.filter(|call| call.resource == name);
        let mut calls: Vec<&str> = calls.map(|call| call.call.as_str()).collect();
        calls.retain(|call| {
            !matches!(
                *call,
                "s3:GetBucketPolicy" | "s3:GetBucketEncryption" | "s3:GetPublicAccessBlock"
            )
        });
        calls.join(" ")
    };
    assert_eq!(
        missed("log"),
        "s3:GetBucketAcl s3:GetBucketOwnershipControls s3:GetBucketReplication s3:GetBucketVersioning"
    );
    assert_eq!(missed("other"), "");
}
