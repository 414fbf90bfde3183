//! Recorded answers: the request is not kept, so the resource is taken from what was.

use super::*;

const SYSTEMS: &str = r#"{"status_code": 200, "data": {"ResponseMetadata": {}, "FileSystems": [
  {"FileSystemId": "fs-1", "CreationToken": "t", "OwnerId": "111122223333",
   "CreationTime": {"__class__": "datetime", "year": 2026, "month": 11, "day": 3, "hour": 1, "minute": 2, "second": 3, "microsecond": 0}}]}}"#;
const DENIED: &str = r#"{"status_code": 403, "data": {"Error": {"Code": "AccessDeniedException", "Message": "no"}, "ResponseMetadata": {}}}"#;
const BUCKETS: &str = r#"{"status_code": 200, "data": {"Buckets": [{"Name": "quay"}]}}"#;
const TWO_BUCKETS: &str =
    r#"{"status_code": 200, "data": {"Buckets": [{"Name": "quay"}, {"Name": "pier"}]}}"#;
const ENCRYPTION: &str =
    r#"{"status_code": 200, "data": {"ServerSideEncryptionConfiguration": {"Rules": []}}}"#;

#[test]
fn endpoint_prefixes_are_the_names_of_services() {
    let capture = capture([
        ("elasticfilesystem.DescribeFileSystems_1.json", SYSTEMS),
        (
            "elasticloadbalancing.DescribeLoadBalancers_1.json",
            r#"{"status_code": 200, "data": {"LoadBalancers": []}}"#,
        ),
        (
            "s3.PutBucketPolicy_1.json",
            r#"{"status_code": 200, "data": {}}"#,
        ),
    ]);
    let systems = only(&capture, "efs:DescribeFileSystems");
    assert_eq!(systems.account, "111122223333");
    let made = systems.body.list("FileSystems")[0].str("CreationTime");
    assert_eq!(made, Some("2026-11-03T01:02:03+00:00"));
    only(&capture, "elbv2:DescribeLoadBalancers");
    assert_eq!(capture.unused.get("s3:PutBucketPolicy"), Some(&1));
}

#[test]
fn the_body_names_the_resource() {
    let capture = capture([
        (
            "elasticfilesystem.DescribeFileSystemPolicy_1.json",
            r#"{"status_code": 200, "data": {"FileSystemId": "fs-7", "Policy": "{}"}}"#,
        ),
        (
            "s3.GetBucketPolicy_1.json",
            r#"{"status_code": 404, "data": {"Error": {"Code": "NoSuchBucketPolicy", "BucketName": "quay"}}}"#,
        ),
        (
            "s3.GetBucketPolicy_2.json",
            r#"{"status_code": 200, "data": {"Policy": "{\"Statement\": [{\"Effect\": \"Deny\", \"Resource\": \"arn:aws:s3:::pier/*\"}]}"}}"#,
        ),
    ]);
    assert_eq!(
        only(&capture, "efs:DescribeFileSystemPolicy").resource,
        "fs-7"
    );
    let policies: Vec<_> = capture
        .answers_to("s3:GetBucketPolicy")
        .map(|a| (a.resource.as_str(), a.outcome))
        .collect();
    assert_eq!(policies, [("pier", Outcome::Ok), ("quay", Outcome::Absent)]);
    assert!(capture.unplaced.is_empty());
}

#[test]
fn the_only_one_listed_beside_it_is_the_resource() {
    let capture = capture([
        ("elasticfilesystem.DescribeFileSystems_1.json", SYSTEMS),
        ("elasticfilesystem.DescribeFileSystemPolicy_1.json", DENIED),
        ("s3.ListBuckets_1.json", BUCKETS),
        ("s3.GetBucketEncryption_1.json", ENCRYPTION),
    ]);
    let policy = only(&capture, "efs:DescribeFileSystemPolicy");
    assert_eq!(
        (policy.resource.as_str(), policy.outcome),
        ("fs-1", Outcome::Denied)
    );
    assert_eq!(only(&capture, "s3:GetBucketEncryption").resource, "quay");
}

#[test]
fn a_resource_is_never_guessed() {
    let page = BUCKETS.replace("\"Buckets\"", "\"ContinuationToken\": \"t\", \"Buckets\"");
    for lists in [
        vec![],
        vec![("s3.ListBuckets_1.json", TWO_BUCKETS)],
        vec![("s3.ListBuckets_1.json", page.as_str())],
        vec![("s3.ListBuckets_1.json", DENIED)],
        // Two lists that differ are two resources.
        vec![
            ("s3.ListBuckets_1.json", BUCKETS),
            (
                "s3.ListBuckets_2.json",
                r#"{"status_code": 200, "data": {"Buckets": [{"Name": "pier"}]}}"#,
            ),
        ],
    ] {
        let mut files = lists.clone();
        files.push(("s3.GetBucketEncryption_1.json", ENCRYPTION));
        let capture = capture(files);
        assert_eq!(
            capture.answers_to("s3:GetBucketEncryption").count(),
            0,
            "{lists:?}"
        );
        assert_eq!(capture.unplaced.len(), 1, "{lists:?}");
        assert!(codes(&capture).contains(&"unplaced-answer"), "{lists:?}");
    }
}

#[test]
fn a_bucket_without_its_unplaced_policy_is_unread() {
    let capture = capture([
        ("s3.ListBuckets_1.json", TWO_BUCKETS),
        (
            "s3.GetBucketPolicy_1.json",
            r#"{"status_code": 200, "data": {"Policy": "{\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"*\", \"Resource\": \"*\"}]}"}}"#,
        ),
    ]);
    let estate = catchment::estate::build(&capture);
    for bucket in ["quay", "pier"] {
        let policy = &estate.buckets[bucket].policy;
        assert!(
            matches!(policy, catchment::estate::Seen::Unread(_)),
            "{bucket}: {policy:?}"
        );
    }
}

#[test]
fn the_later_recording_counts_also_behind_the_tenth() {
    let encryption = |algorithm: &str| {
        format!(
            r#"{{"status_code": 200, "data": {{"ServerSideEncryptionConfiguration": {{"Rules": [{{"ApplyServerSideEncryptionByDefault": {{"SSEAlgorithm": "{algorithm}"}}}}]}}}}}}"#
        )
    };
    let (second, tenth) = (encryption("AES256"), encryption("aws:kms"));
    let capture = capture([
        ("s3.ListBuckets_1.json", BUCKETS),
        ("s3.GetBucketEncryption_2.json", second.as_str()),
        ("s3.GetBucketEncryption_10.json", tenth.as_str()),
    ]);
    let answer = only(&capture, "s3:GetBucketEncryption");
    assert_eq!(&*answer.file, "s3.GetBucketEncryption_10.json");
    let said = capture
        .diagnostics
        .iter()
        .find(|d| d.code == "contradictory-answers")
        .unwrap();
    assert!(
        said.message.contains("because it is newer"),
        "{}",
        said.message
    );
    assert!(said.message.contains("_10.json"), "{}", said.message);
    assert!(said.source.as_ref().unwrap().file().contains("_2.json"));
}

#[test]
fn recordings_of_several_folders_are_not_mixed() {
    let capture = capture([
        ("one/s3.ListBuckets_1.json", BUCKETS),
        ("two/s3.ListBuckets_1.json", TWO_BUCKETS),
        ("two/s3.GetBucketEncryption_1.json", ENCRYPTION),
        ("notes/vpcs.json", r#"{"Vpcs": []}"#),
    ]);
    assert_eq!(capture.answers.len(), 1, "{:#?}", capture.answers);
    let said = capture
        .diagnostics
        .iter()
        .find(|d| d.code == "recordings-in-several-folders")
        .unwrap();
    assert!(said.message.contains("2 folders"), "{}", said.message);
    assert!(said.message.contains("--also"), "{}", said.message);
}
