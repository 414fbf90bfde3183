//! Multi-Region access points: another door to each of their buckets, with a policy of its own.

use catchment::reach::Strength::{Always, Conditional, Gap};
use serde_json::{Value, json};

use crate::support::case::{ACCOUNT, Case, OBJECTS};
use crate::support::{allow, document};

const LIST: &str = "s3control-list-multi-region-access-points.json";
const POLICY: &str = "s3control-get-multi-region-access-point-policy/everywhere.json";
const ARN: &str = "arn:aws:s3::111122223333:accesspoint/mfzwi23gnjvgw.mrap";

fn points(bucket: &str) -> Value {
    let shut = json!({
        "BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true,
        "RestrictPublicBuckets": true
    });
    json!({ "AccessPoints": [{
        "Name": "everywhere", "Alias": "mfzwi23gnjvgw.mrap", "Status": "READY",
        "PublicAccessBlock": shut,
        "Regions": [
            { "Bucket": bucket, "Region": "eu-west-1", "BucketAccountId": ACCOUNT },
            { "Bucket": "elsewhere", "Region": "us-east-1", "BucketAccountId": ACCOUNT }
        ]
    }]})
}

fn policy(role: &str) -> Value {
    let lets = json!({
        "Effect": "Allow", "Action": "s3:GetObject", "Resource": format!("{ARN}/object/*"),
        "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:role/{role}") }
    });
    json!({ "Policy": { "Established": { "Policy": document(&[lets]).to_string() } } })
}

/// A bucket that leaves the decision to access points by this condition.
fn delegating(key: &str, value: &str) -> Case {
    let lets = json!({
        "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "s3:GetObject",
        "Resource": OBJECTS, "Condition": { "StringEquals": { key: value } }
    });
    Case::bucket().bucket_policy(&[lets])
}

const ACCOUNT_KEY: &str = "s3:DataAccessPointAccount";

#[test]
fn both_the_multi_region_access_point_and_the_bucket_must_allow() {
    let roles: &[(&str, &[Value])] = &[("through", &[]), ("other", &[])];
    let case = |case: Case, bucket: &str| {
        case.roles(roles)
            .with(LIST, &points(bucket))
            .with(POLICY, &policy("through"))
    };
    for (key, value) in [(ACCOUNT_KEY, ACCOUNT), ("s3:DataAccessPointArn", ARN)] {
        case(delegating(key, value), "quay-stream").expect(&[("through", Always)]);
    }
    case(delegating(ACCOUNT_KEY, ACCOUNT), "another").expect(&[]);
    case(
        delegating(
            "s3:DataAccessPointArn",
            "arn:aws:s3::111122223333:accesspoint/x.mrap",
        ),
        "quay-stream",
    )
    .expect(&[]);
    case(Case::bucket(), "quay-stream").expect(&[]);
}

#[test]
fn of_the_policies_of_a_multi_region_access_point_the_established_one_counts() {
    let case = |answer: &Value| {
        delegating(ACCOUNT_KEY, ACCOUNT)
            .roles(&[("through", &[])])
            .with(LIST, &points("quay-stream"))
            .with(POLICY, answer)
    };
    let named = &policy("through")["Policy"]["Established"];
    let whoever = format!(
        "whoever s3control:GetMultiRegionAccessPointPolicy of everywhere (account {ACCOUNT}) names"
    );
    // None yet, or one that is about to count.
    case(&json!({ "Policy": {} })).expect(&[]);
    case(&json!({ "Policy": { "Proposed": named } })).expect(&[(&whoever, Gap)]);
    let none = json!({ "Error": { "Code": "NoSuchMultiRegionAccessPoint" } });
    case(&none).expect(&[(&whoever, Gap)]);
}

#[test]
fn multi_region_access_points_that_were_not_listed_are_a_gap_where_the_bucket_delegates() {
    let whoever =
        format!("whoever s3control:ListMultiRegionAccessPoints (account {ACCOUNT}) names");
    let case = |key: &str, value: &str| delegating(key, value).roles(&[]).without(LIST);
    case(ACCOUNT_KEY, ACCOUNT).expect(&[(&whoever, Gap)]);
    // Only one of a region is meant.
    let one = "arn:aws:s3:eu-west-1:111122223333:accesspoint/one";
    case("s3:DataAccessPointArn", one).expect(&[]);
    case("s3:DataAccessPointArn", ARN).expect(&[(&whoever, Gap)]);
}

#[test]
fn who_may_rewrite_the_policy_of_a_multi_region_access_point_lets_itself_in() {
    let rewrites: &[Value] = &[allow("s3:PutMultiRegionAccessPointPolicy", ARN)];
    let other: &[Value] = &[allow("s3:PutAccessPointPolicy", ARN)];
    let case = delegating(ACCOUNT_KEY, ACCOUNT)
        .roles(&[("rewrites", rewrites), ("other", other)])
        .with(LIST, &points("quay-stream"))
        .with(POLICY, &policy("nobody"));
    case.expect(&[("rewrites", Always)]);
}

#[test]
fn who_may_make_multi_region_access_points_reads_where_the_bucket_delegates_to_them() {
    let points = "arn:aws:s3::111122223333:accesspoint/*";
    let both: &[Value] = &[
        allow("s3:CreateMultiRegionAccessPoint", points),
        allow("s3:PutMultiRegionAccessPointPolicy", points),
    ];
    let roles: &[(&str, &[Value])] = &[("maker", both), ("half", &both[..1])];
    delegating(ACCOUNT_KEY, ACCOUNT)
        .roles(roles)
        .expect(&[("maker", Always)]);
    Case::bucket().roles(roles).expect(&[]);
}

#[test]
fn the_region_of_a_multi_region_request_is_not_known() {
    let mut here = allow("s3:GetObject", "*");
    here["Condition"] = json!({ "StringEquals": { "aws:RequestedRegion": "eu-west-1" } });
    let shut = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS,
        "Condition": { "Null": { "s3:DataAccessPointArn": "true" } }
    });
    Case::bucket()
        .bucket_policy(&[shut])
        .roles(&[("here", &[here])])
        .with(LIST, &points("quay-stream"))
        .with(POLICY, &json!({ "Policy": {} }))
        .expect(&[("here", Conditional)]);
}
