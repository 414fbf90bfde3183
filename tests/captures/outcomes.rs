//! What an answer or an error says about what was asked.

use super::*;

/// The outcome of one error as an envelope, as a bare answer and as the AWS CLI prints it.
fn told(call: &str, operation: &str, stem: &str, code: &str) -> [Outcome; 3] {
    let envelope = format!(
        r#"{{"call": "{call}", "account": "111122223333", "params": {{"Bucket": "x", "FileSystemId": "x", "ClusterArn": "x", "Name": "x", "KeyId": "x"}}, "error": {{"code": "{code}"}}}}"#
    );
    let bare = format!(r#"{{"Error": {{"Code": "{code}", "Message": "m"}}}}"#);
    let printed =
        format!("\nAn error occurred ({code}) when calling the {operation} operation: text\n");
    let beside = format!("{stem}/x.json");
    [
        outcome(&[("e.json", &envelope)], call),
        outcome(&[(&beside, &bare)], call),
        outcome(&[(&beside, &printed)], call),
    ]
}

#[test]
fn each_code_of_absence_means_none_for_its_call_and_unknown_for_others() {
    for (call, operation, stem, code) in [
        (
            "s3:GetBucketPolicy",
            "GetBucketPolicy",
            "s3-get-bucket-policy",
            "NoSuchBucketPolicy",
        ),
        (
            "s3:GetPublicAccessBlock",
            "GetPublicAccessBlock",
            "s3-get-public-access-block",
            "NoSuchPublicAccessBlockConfiguration",
        ),
        (
            "s3:GetBucketEncryption",
            "GetBucketEncryption",
            "s3-get-bucket-encryption",
            "ServerSideEncryptionConfigurationNotFoundError",
        ),
        (
            "s3:GetBucketOwnershipControls",
            "GetBucketOwnershipControls",
            "s3-get-bucket-ownership-controls",
            "OwnershipControlsNotFoundError",
        ),
        (
            "s3:GetBucketReplication",
            "GetBucketReplication",
            "s3-get-bucket-replication",
            "ReplicationConfigurationNotFoundError",
        ),
        (
            "efs:DescribeFileSystemPolicy",
            "DescribeFileSystemPolicy",
            "efs-describe-file-system-policy",
            "PolicyNotFound",
        ),
        (
            "kafka:GetClusterPolicy",
            "GetClusterPolicy",
            "kafka-get-cluster-policy",
            "NotFoundException",
        ),
    ] {
        assert_eq!(
            told(call, operation, stem, code),
            [Outcome::Absent; 3],
            "{call}"
        );
        assert_eq!(
            told(call, operation, stem, "ResourceNotFoundException"),
            [Outcome::ParseError; 3],
            "{call}"
        );
        assert_eq!(
            told(call, operation, stem, "AccessDenied"),
            [Outcome::Denied; 3],
            "{call}"
        );
        let of_another = told(
            "kms:GetKeyPolicy",
            "GetKeyPolicy",
            "kms-get-key-policy",
            code,
        );
        assert_eq!(of_another, [Outcome::ParseError; 3], "{code}");
    }
}

#[test]
fn a_status_without_a_code_is_a_refusal_only_when_it_is_one() {
    for (status, expected) in [
        (401, Outcome::Denied),
        (403, Outcome::Denied),
        (429, Outcome::Throttled),
        (404, Outcome::ParseError),
        (500, Outcome::ParseError),
    ] {
        let envelope = format!(
            r#"{{"call": "kafka:GetClusterPolicy", "account": "111122223333", "region": "eu-west-1",
                "params": {{"ClusterArn": "arn:aws:kafka:eu-west-1:111122223333:cluster/c/u"}}, "status": {status}, "body": null}}"#
        );
        assert_eq!(
            outcome(&[("e.json", &envelope)], "kafka:GetClusterPolicy"),
            expected,
            "{status}"
        );
        let recorded = format!(r#"{{"status_code": {status}, "data": {{}}}}"#);
        let files = [
            (
                "kafka.ListClustersV2_1.json",
                r#"{"status_code": 200, "data": {"ClusterInfoList": [{"ClusterArn": "arn:c", "ClusterType": "PROVISIONED"}]}}"#,
            ),
            ("kafka.GetClusterPolicy_1.json", recorded.as_str()),
        ];
        assert_eq!(
            outcome(&files, "kafka:GetClusterPolicy"),
            expected,
            "{status}"
        );
    }
}

#[test]
fn bad_credentials_are_said_once_and_are_no_finding_about_the_resource() {
    let error = r#"{"Error": {"Code": "ExpiredToken", "Message": "m"}}"#;
    let capture = capture([
        ("s3-get-bucket-policy/a.json", error),
        ("s3-get-bucket-policy/b.json", error),
        (
            "s3-get-bucket-policy/c.json",
            r#"{"Error": {"Code": "SignatureDoesNotMatch"}}"#,
        ),
    ]);
    assert!(capture.answers.iter().all(|a| a.outcome == Outcome::Denied));
    let said: Vec<&str> = capture
        .diagnostics
        .iter()
        .filter(|d| d.code == "bad-credentials")
        .map(|d| d.message.as_str())
        .collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("`ExpiredToken`") && said[0].contains("(2 answers)"));
    assert!(said.iter().all(|text| text.contains("collect it again")));
}

#[test]
fn every_pager_of_aws_tells_an_open_list() {
    let parts: [(&str, &str, &str); 14] = [
        (
            "kms-list-keys",
            r#""Keys": []"#,
            r#""NextMarker": "m", "Truncated": true"#,
        ),
        (
            "elbv2-describe-load-balancers",
            r#""LoadBalancers": []"#,
            r#""NextMarker": "m""#,
        ),
        (
            "efs-describe-file-systems",
            r#""FileSystems": []"#,
            r#""NextMarker": "m""#,
        ),
        (
            "s3-list-buckets",
            r#""Buckets": []"#,
            r#""ContinuationToken": "t""#,
        ),
        ("ec2-describe-vpcs", r#""Vpcs": []"#, r#""NextToken": "t""#),
        (
            "ecs-list-clusters",
            r#""clusterArns": []"#,
            r#""nextToken": "t""#,
        ),
        (
            "eks-list-clusters",
            r#""clusters": []"#,
            r#""nextToken": "t""#,
        ),
        (
            "kafkaconnect-list-connectors",
            r#""connectors": []"#,
            r#""nextToken": "t""#,
        ),
        (
            "firehose-list-delivery-streams",
            r#""DeliveryStreamNames": []"#,
            r#""HasMoreDeliveryStreams": true"#,
        ),
        (
            "iam-list-instance-profiles",
            r#""InstanceProfiles": []"#,
            r#""IsTruncated": true, "Marker": "m""#,
        ),
        (
            "lambda-list-functions",
            r#""Functions": []"#,
            r#""NextMarker": "m""#,
        ),
        (
            "organizations-list-accounts",
            r#""Accounts": []"#,
            r#""NextToken": "t""#,
        ),
        // The CLI's own token stands beside the flag of the last page.
        (
            "iam-list-instance-profiles",
            r#""InstanceProfiles": []"#,
            r#""IsTruncated": false, "NextToken": "t""#,
        ),
        (
            "s3-list-bucket-inventory-configurations/b",
            r#""InventoryConfigurationList": []"#,
            r#""IsTruncated": true, "NextContinuationToken": "t""#,
        ),
    ];
    for (stem, list, more) in parts {
        let read = |text: String| {
            let capture = capture([(&*format!("{stem}.json"), &*text)]);
            assert_eq!(capture.answers.len(), 1, "{stem}");
            capture.answers[0].outcome
        };
        assert_eq!(
            read(format!("{{{list}, {more}}}")),
            Outcome::Truncated,
            "{stem} {more}"
        );
        assert_eq!(read(format!("{{{list}}}")), Outcome::Ok, "{stem}");
    }
    // A null token, an empty marker and what the request said are no pages.
    for (stem, text) in [
        ("ec2-describe-vpcs", r#"{"Vpcs": [], "NextToken": null}"#),
        (
            "kms-list-keys",
            r#"{"Keys": [], "Truncated": false, "NextMarker": "m"}"#,
        ),
        (
            "efs-describe-file-systems",
            r#"{"FileSystems": [], "Marker": "m"}"#,
        ),
        (
            "s3-list-bucket-inventory-configurations/b",
            r#"{"InventoryConfigurationList": [], "IsTruncated": false, "ContinuationToken": "t"}"#,
        ),
    ] {
        let capture = capture([(&*format!("{stem}.json"), text)]);
        assert_eq!(capture.answers[0].outcome, Outcome::Ok, "{stem}: {text}");
    }
}

#[test]
fn transit_gateway_routes_that_were_cut_off_are_truncated() {
    let path = "ec2-search-transit-gateway-routes/tgw-rtb-1/all.json";
    let path_two = "ec2-search-transit-gateway-routes/tgw-rtb-1.json";
    let call = "ec2:SearchTransitGatewayRoutes";
    let cut = r#"{"Routes": [{"DestinationCidrBlock": "10.0.0.0/8"}], "AdditionalRoutesAvailable": true}"#;
    let rest = r#"{"Routes": [], "AdditionalRoutesAvailable": false}"#;
    assert_eq!(outcome(&[(path_two, cut)], call), Outcome::Truncated);
    assert_eq!(outcome(&[(path_two, rest)], call), Outcome::Ok);
    // A second answer does not complete what had no way on.
    let envelope = |body: &str| {
        format!(
            r#"{{"call": "{call}", "account": "111122223333", "region": "eu-west-1", "params": {{"TransitGatewayRouteTableId": "tgw-rtb-1"}}, "body": {body}}}"#
        )
    };
    let (first, second) = (envelope(cut), envelope(rest));
    assert_eq!(
        outcome(&[("a.json", &first), ("b.json", &second)], call),
        Outcome::Truncated
    );
    let paged = envelope(&cut.replace("true}", "true, \"NextToken\": \"t\"}"));
    assert_eq!(
        outcome(&[("a.json", &paged), ("b.json", &second)], call),
        Outcome::Ok
    );
    assert_ne!(path, path_two);
}

#[test]
fn the_newer_envelope_counts_and_both_places_are_said() {
    let envelope = |at: &str, resource: &str| {
        format!(
            r#"{{"call": "s3:GetBucketPolicy", "account": "111122223333", "params": {{"Bucket": "quay"}}, {at} "body": {{"Policy": "{{\"Statement\": [], \"Id\": \"{resource}\"}}"}}}}"#
        )
    };
    let old = envelope(r#""at": "2026-11-01T00:00:00Z","#, "old");
    let new = envelope(r#""at": "2026-11-02T00:00:00Z","#, "new");
    let undated = envelope("", "undated");
    for (files, used, why) in [
        ([("a.json", &old), ("b.json", &new)], "b.json", "newer"),
        ([("a.json", &new), ("b.json", &old)], "a.json", "newer"),
        ([("a.json", &undated), ("b.json", &new)], "a.json", "first"),
    ] {
        let capture = capture(files.map(|(path, text)| (path, text.as_str())));
        assert_eq!(&*only(&capture, "s3:GetBucketPolicy").file, used);
        let said = capture
            .diagnostics
            .iter()
            .find(|d| d.code == "contradictory-answers")
            .unwrap();
        assert!(said.message.contains(used), "{}", said.message);
        assert!(said.message.contains(why), "{}", said.message);
        assert_ne!(said.source.as_ref().unwrap().file(), used);
    }
}

#[test]
fn a_bare_acl_or_key_grant_list_is_not_taken_for_the_other() {
    let acl = r#"{"Owner": {"ID": "o"}, "Grants": [{"Grantee": {"Type": "CanonicalUser", "ID": "o"}, "Permission": "FULL_CONTROL"}]}"#;
    let bare = capture([("acl.json", acl)]);
    assert!(bare.answers.is_empty());
    assert!(
        bare.diagnostics[0]
            .message
            .contains("s3-get-bucket-acl/BUCKET.json")
    );
    let named = capture([("s3-get-bucket-acl/quay.json", acl)]);
    assert_eq!(only(&named, "s3:GetBucketAcl").resource, "quay");
    let grants = r#"{"Grants": [{"GrantId": "g", "KeyId": "arn:aws:kms:eu-west-1:111122223333:key/k"}], "Truncated": false}"#;
    let capture = capture([("x.json", grants)]);
    let answer = only(&capture, "kms:ListGrants");
    assert_eq!(answer.resource, "arn:aws:kms:eu-west-1:111122223333:key/k");
    assert_eq!(
        (answer.account.as_str(), answer.region.as_str()),
        ("111122223333", "eu-west-1")
    );
}

#[test]
fn an_access_point_keeps_its_name_and_an_account_s_block_has_none() {
    let point = r#"{"Name": "door", "Bucket": "quay", "NetworkOrigin": "Internet"}"#;
    let capture = capture([
        ("accounts/111122223333/eu-west-1/point.json", point),
        (
            "accounts/111122223333/eu-west-1/s3control-get-access-point-policy/door.json",
            r#"{"Policy": "{}"}"#,
        ),
        (
            "accounts/111122223333/s3control-get-public-access-block/111122223333.json",
            r#"{"PublicAccessBlockConfiguration": {}}"#,
        ),
    ]);
    assert_eq!(only(&capture, "s3control:GetAccessPoint").resource, "door");
    let policy = only(&capture, "s3control:GetAccessPointPolicy");
    assert_eq!(policy.resource, "door");
    let block = only(&capture, "s3control:GetPublicAccessBlock");
    assert_eq!(
        (block.resource.as_str(), block.account.as_str()),
        ("", "111122223333")
    );
}

#[test]
fn what_sdks_add_about_the_transport_is_no_part_of_an_answer() {
    let with = |id: &str| {
        format!(
            r#"{{"ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:s-AbCdEf", "Name": "s",
                "ResponseMetadata": {{"RequestId": "{id}", "HTTPStatusCode": 200}}}}"#
        )
    };
    let (one, two) = (with("1"), with("2"));
    let capture = capture([("a.json", one.as_str()), ("b.json", two.as_str())]);
    let policy = only(&capture, "secretsmanager:GetResourcePolicy");
    assert_eq!(policy.outcome, Outcome::Absent);
    assert!(!codes(&capture).contains(&"contradictory-answers"));
}

#[test]
fn tags_of_managed_kafka_are_a_map_and_those_of_instances_a_list() {
    let clusters = r#"{"ClusterInfoList": [{"ClusterArn": "arn:aws:kafka:eu-west-1:111122223333:cluster/c/u", "ClusterType": "SERVERLESS", "Tags": {"a": "b"}}]}"#;
    assert_eq!(
        outcome(&[("c.json", clusters)], "kafka:ListClustersV2"),
        Outcome::Ok
    );
    let instances = r#"{"Reservations": [{"OwnerId": "111122223333", "Instances": [{"InstanceId": "i-1", "Tags": {"a": "b"}}]}]}"#;
    assert_eq!(
        outcome(&[("i.json", instances)], "ec2:DescribeInstances"),
        Outcome::Truncated
    );
}
