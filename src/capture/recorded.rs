//! Recorded answers: `SERVICE.Operation_N.json` with `{"status_code", "data"}`, as test suites
//! record them (placebo and its kind). The service is an endpoint's prefix, dates are objects with
//! `"__class__": "datetime"`, and what was asked is not recorded.
//!
//! The resource of an answer is the one that its body names, else the only one of its kind that is
//! listed beside it; otherwise the answer stays without one and is used for nothing.
//!
//! Must never: guess a resource, or mix the recordings of two folders.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::json::{Node, Value};
use super::recognise::{Draft, Layout, answered, without_metadata};
use super::when::When;
use super::{Capture, Outcome, Severity, Source, calls, failure, merge};

/// What the name of a recording says: the call, and its number among those of the call.
fn name(path: &str) -> Option<(String, u32)> {
    let stem = path.rsplit('/').next()?.strip_suffix(".json")?;
    let (service, rest) = stem.split_once('.')?;
    let (operation, number) = rest.rsplit_once('_')?;
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let fits = !service.is_empty()
        && operation.starts_with(|c: char| c.is_ascii_uppercase())
        && plain(service)
        && plain(operation);
    let number = number.parse().ok()?;
    fits.then(|| {
        let call = format!("{}:{operation}", calls::service_of(service));
        let known = calls::spec(&call).map(|spec| spec.name.to_owned());
        (known.unwrap_or(call), number)
    })
}

fn is_recording(path: &str, text: &str) -> bool {
    name(path).is_some() && text.contains("\"status_code\"")
}

/// Leaves recordings out when they lie in several folders: each is a world of its own.
pub(crate) fn separate(capture: &mut Capture, files: &mut BTreeMap<String, String>) {
    let folder = |path: &str| path.rsplit_once('/').map_or("", |(f, _)| f).to_owned();
    let folders: BTreeSet<String> = files
        .iter()
        .filter(|(path, text)| is_recording(path, text))
        .map(|(path, _)| folder(path))
        .collect();
    if folders.len() < 2 {
        return;
    }
    let first = files
        .iter()
        .find(|(path, text)| is_recording(path, text))
        .map_or_else(String::new, |(path, _)| path.clone());
    files.retain(|path, text| !is_recording(path, text));
    let shown: Vec<String> = folders.iter().take(3).map(|f| format!("`{f}`")).collect();
    capture.note(
        "recordings-in-several-folders",
        Severity::Error,
        format!(
            "recorded answers lie in {} folders ({}, ...), each of them a capture of its own: none was read; give one folder as CAPTURE, and others of the same estate with `--also`",
            folders.len(),
            shown.join(", ")
        ),
        Source::new(first, 1, ""),
    );
}

/// Adds the file when it is a recording; says whether it was one.
pub(crate) fn file(
    capture: &mut Capture,
    drafts: &mut Vec<Draft>,
    file: &Arc<str>,
    node: &Node,
) -> bool {
    let Some((call, number)) = name(file) else {
        return false;
    };
    let (Some(status), Some(data)) = (
        node.get("status_code").and_then(Node::as_i64),
        node.get("data"),
    ) else {
        return false;
    };
    let mut body = data.clone();
    dates(&mut body);
    without_metadata(&mut body);
    let error = body.get("Error").filter(|e| e.get("Code").is_some());
    if status >= 400 || error.is_some() {
        let code = error.and_then(|e| e.get("Code")).and_then(Node::scalar);
        let code = code.or_else(|| body.get("ErrorCode").and_then(Node::scalar));
        // S3 names the bucket in its errors.
        let bucket = error.and_then(|e| e.str("BucketName"));
        let layout = Layout {
            resource: bucket.unwrap_or_default().to_owned(),
            call,
        };
        let before = drafts.len();
        failure::answer(
            capture,
            drafts,
            Some(layout),
            &code.unwrap_or_default(),
            Some(status),
            None,
            body,
        );
        for draft in &mut drafts[before..] {
            draft.at = Some(When::Nth(number));
            draft.recorded = true;
        }
        return true;
    }
    let Some(spec) = calls::spec(&call) else {
        *capture.unused.entry(call).or_default() += 1;
        return true;
    };
    let outcome = answered(capture, spec.name, &body);
    let resource = if spec.resource.is_empty() {
        None
    } else {
        calls::own_resource(spec.name, &body)
    };
    drafts.push(Draft {
        call: spec.name.to_owned(),
        resource: resource.unwrap_or_default(),
        account: None,
        region: None,
        outcome,
        body,
        file: file.clone(),
        at: Some(When::Nth(number)),
        recorded: true,
    });
    true
}

/// Turns recorded dates into text, as the AWS CLI prints them. AWS's times are UTC.
fn dates(node: &mut Node) {
    if node.str("__class__") == Some("datetime") {
        let part = |name: &str| node.get(name).and_then(Node::as_i64).unwrap_or(0);
        let micro = part("microsecond");
        let fraction = if micro == 0 {
            String::new()
        } else {
            format!(".{micro:06}")
        };
        let text = format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{fraction}+00:00",
            part("year"),
            part("month"),
            part("day"),
            part("hour"),
            part("minute"),
            part("second"),
        );
        node.value = Value::String(text);
        return;
    }
    match &mut node.value {
        Value::Object(members) => members.iter_mut().for_each(|(_, value)| dates(value)),
        Value::Array(items) => items.iter_mut().for_each(dates),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Which list names the resources that a parameter asks about: service and parameter of the
/// asking call, the list call, its list and the member that holds the name.
const LISTED: &[(&str, &str, &str, &str, &str)] = &[
    ("s3", "Bucket", "s3:ListBuckets", "Buckets", "Name"),
    ("kms", "KeyId", "kms:ListKeys", "Keys", "KeyArn"),
    (
        "secretsmanager",
        "SecretId",
        "secretsmanager:ListSecrets",
        "SecretList",
        "ARN",
    ),
    (
        "efs",
        "FileSystemId",
        "efs:DescribeFileSystems",
        "FileSystems",
        "FileSystemId",
    ),
    (
        "efs",
        "MountTargetId",
        "efs:DescribeMountTargets",
        "MountTargets",
        "MountTargetId",
    ),
    (
        "ec2",
        "SnapshotId",
        "ec2:DescribeSnapshots",
        "Snapshots",
        "SnapshotId",
    ),
    (
        "ec2",
        "PrefixListId",
        "ec2:DescribeManagedPrefixLists",
        "PrefixLists",
        "PrefixListId",
    ),
    (
        "ec2",
        "TransitGatewayRouteTableId",
        "ec2:DescribeTransitGatewayRouteTables",
        "TransitGatewayRouteTables",
        "TransitGatewayRouteTableId",
    ),
    (
        "elbv2",
        "LoadBalancerArn",
        "elbv2:DescribeLoadBalancers",
        "LoadBalancers",
        "LoadBalancerArn",
    ),
    (
        "elbv2",
        "TargetGroupArn",
        "elbv2:DescribeTargetGroups",
        "TargetGroups",
        "TargetGroupArn",
    ),
    (
        "kafka",
        "ClusterArn",
        "kafka:ListClusters",
        "ClusterInfoList",
        "ClusterArn",
    ),
    (
        "kafka",
        "ClusterArn",
        "kafka:ListClustersV2",
        "ClusterInfoList",
        "ClusterArn",
    ),
    (
        "kafkaconnect",
        "ConnectorArn",
        "kafkaconnect:ListConnectors",
        "connectors",
        "connectorArn",
    ),
    ("pipes", "Name", "pipes:ListPipes", "Pipes", "Name"),
];

/// Gives each recording without a resource the only one of its kind that is listed beside it.
pub(crate) fn place(drafts: &mut [Draft]) {
    for at in 0..drafts.len() {
        let draft = &drafts[at];
        if draft.recorded
            && draft.resource.is_empty()
            && let Some(resource) = the_listed(&draft.call, drafts)
        {
            drafts[at].resource = resource;
        }
    }
}

/// The only resource that the recordings list for a call; none when a list is not complete.
fn the_listed(call: &str, drafts: &[Draft]) -> Option<String> {
    let [param] = calls::spec(call)?.resource else {
        return None;
    };
    let service = call.split(':').next()?;
    let mut names = BTreeSet::new();
    for (_, _, list_call, list, member) in LISTED
        .iter()
        .filter(|(s, p, ..)| *s == service && p == param)
    {
        let lists = drafts.iter().filter(|d| d.recorded && d.call == *list_call);
        for answer in lists {
            if answer.outcome != Outcome::Ok || merge::has_more(list_call, &answer.body) {
                return None;
            }
            for item in answer.body.list(list) {
                names.insert(item.str(member)?.to_owned());
            }
        }
    }
    let only = names.pop_first()?;
    names.is_empty().then_some(only)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_recording_is_its_call_and_number() {
        for (path, call, number) in [
            (
                "a/elasticfilesystem.DescribeFileSystems_12.json",
                "efs:DescribeFileSystems",
                12,
            ),
            (
                "elasticloadbalancing.DescribeLoadBalancers_1.json",
                "elbv2:DescribeLoadBalancers",
                1,
            ),
            ("s3.PutBucketPolicy_1.json", "s3:PutBucketPolicy", 1),
        ] {
            assert_eq!(name(path), Some((call.to_owned(), number)), "{path}");
        }
        for path in [
            "s3.json",
            "s3.get-bucket_1.json",
            "s3.GetBucketPolicy.json",
            "s3.GetBucketPolicy_x.json",
            "server-1.properties",
        ] {
            assert_eq!(name(path), None, "{path}");
        }
    }

    #[test]
    fn recorded_dates_become_text() {
        let text = r#"{"d": [{"__class__": "datetime", "year": 2022, "month": 1, "day": 9, "hour": 3,
            "minute": 4, "second": 5, "microsecond": 670}]}"#;
        let mut node = Node::parse(&Arc::from("f"), text).unwrap();
        dates(&mut node);
        assert_eq!(
            node.list("d")[0].as_str(),
            Some("2022-01-09T03:04:05.000670+00:00")
        );
    }
}
