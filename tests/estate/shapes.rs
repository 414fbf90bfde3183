//! Shapes of answers, missing and broken files, the order of files.

use catchment::capture::Capture;
use catchment::estate::{Estate, Outcome, Seen, build};

use super::*;

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
            "rds:DescribeDBInstances",
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
    assert_eq!(capture.unused["rds:DescribeDBInstances"], 1);
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
fn something_else_in_place_of_a_list_is_never_an_empty_list() {
    let wrong = GAAD.replace(r#""GroupList": ["analysts"]"#, r#""GroupList": {"x": 1}"#);
    let estate = estate([
        ("sts.json", CALLER),
        ("iam.json", &*wrong),
        (
            "eu-west-1/ec2-describe-instances.json",
            r#"{"Reservations": {}}"#,
        ),
        ("eu-west-1/ec2-describe-volumes.json", "{}"),
    ]);
    assert_eq!(
        at(&estate, "malformed-answer"),
        [
            "eu-west-1/ec2-describe-instances.json:1",
            "eu-west-1/ec2-describe-volumes.json:1",
            "iam.json:3"
        ]
    );
    assert_eq!(
        outcome(&estate, "ec2:DescribeInstances", REGION, ""),
        Some(Outcome::ParseError)
    );
    assert_eq!(
        outcome(&estate, "ec2:DescribeVolumes", REGION, ""),
        Some(Outcome::ParseError)
    );
    assert_eq!(
        outcome(&estate, "iam:GetAccountAuthorizationDetails", "", ""),
        Some(Outcome::Truncated)
    );
    assert!(
        estate
            .identities
            .contains_key("arn:aws:iam::111122223333:user/ana")
    );
}
