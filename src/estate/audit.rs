//! Trails of CloudTrail with their data events, and flow logs.
//!
//! Source: CloudTrail API Reference, `DescribeTrails`, `GetEventSelectors`; EC2 API Reference,
//! `DescribeFlowLogs`.
//!
//! Must never: take selectors that were not read for none.

use std::str::FromStr as _;
use std::sync::Arc;

use super::build::{Builder, captured, in_account, text};
use super::files::names;
use super::network::each;
use super::{DataEvents, FlowLog, Outcome, Seen, Trail};
use crate::capture::Answer;
use crate::capture::json::Node;
use crate::names::Arn;

/// Reads both.
pub(super) fn read(builder: &mut Builder<'_>) {
    for answer in builder.answers("cloudtrail:DescribeTrails") {
        for node in answer.body.list("trailList") {
            trail(builder, node, answer);
        }
    }
    each(
        builder,
        "ec2:DescribeFlowLogs",
        "FlowLogs",
        "FlowLogId",
        flow_log,
    );
}

fn trail(builder: &mut Builder<'_>, node: &Node, answer: &Answer) {
    let Some(arn) = text(node, "TrailARN") else {
        return;
    };
    if builder.estate.trails.contains_key(&arn) {
        // A trail of all regions is described in each of them.
        return;
    }
    let parsed = Arn::from_str(&arn).ok();
    let account = parsed.as_ref().map_or("", Arn::account);
    let account = Some(account)
        .filter(|a| !a.is_empty())
        .unwrap_or(&answer.account)
        .to_owned();
    let by_arn = parsed.as_ref().map_or("", Arn::region).to_owned();
    let region = text(node, "HomeRegion").unwrap_or(by_arn);
    let name = text(node, "Name").unwrap_or_default();
    let call = "cloudtrail:GetEventSelectors";
    let found = builder
        .about(call, &arn, None, None)
        .or_else(|| builder.about(call, &name, Some(&account), None));
    let outcome = found.map_or(Outcome::NotCollected, |a| a.outcome);
    let selected = found.filter(|a| matches!(a.outcome, Outcome::Ok | Outcome::Truncated));
    let data_events = selected.map_or_else(
        || {
            Seen::Unread(Arc::from(format!(
                "{call} of {name} ({})",
                in_account(&account)
            )))
        },
        |answer| Seen::Is(data_events(&answer.body)),
    );
    builder.cover(call, &account, &region, &arn, outcome);
    let flag = |field: &str| node.get(field).and_then(Node::as_bool) == Some(true);
    let trail = Trail {
        all_regions: flag("IsMultiRegionTrail"),
        organization: flag("IsOrganizationTrail"),
        bucket: text(node, "S3BucketName"),
        key: text(node, "KmsKeyId"),
        origin: captured(node),
        arn: arn.clone(),
        name,
        account,
        region,
        data_events,
    };
    builder.estate.trails.insert(arn, trail);
}

fn data_events(body: &Node) -> Vec<DataEvents> {
    let mut all = Vec::new();
    for selector in body.list("EventSelectors") {
        let kind = selector.str("ReadWriteType").unwrap_or("All");
        for resource in selector.list("DataResources") {
            let Some(resource_type) = text(resource, "Type") else {
                continue;
            };
            // `arn:aws:s3` alone, or with three colons, is every bucket of the account.
            let every = |v: &String| v.trim_end_matches(':').matches(':').count() < 3;
            let values = names(resource, "Values");
            all.push(DataEvents {
                resource_type,
                resources: if values.iter().any(every) {
                    Vec::new()
                } else {
                    values
                },
                reads: kind != "WriteOnly",
                writes: kind != "ReadOnly",
                narrowed: false,
            });
        }
    }
    for selector in body.list("AdvancedEventSelectors") {
        all.extend(advanced(selector));
    }
    all
}

/// One advanced selector; nothing when it is about no data events.
fn advanced(selector: &Node) -> Option<DataEvents> {
    let fields = selector.list("FieldSelectors");
    let of = |name: &'static str| fields.iter().filter(move |f| f.str("Field") == Some(name));
    let category = of("eventCategory").flat_map(|f| names(f, "Equals")).next();
    if category.as_deref() != Some("Data") {
        return None;
    }
    let resource_type = of("resources.type")
        .flat_map(|f| names(f, "Equals"))
        .next()?;
    let resources: Vec<String> = of("resources.ARN")
        .flat_map(|f| {
            let mut all = names(f, "StartsWith");
            all.extend(names(f, "Equals"));
            all
        })
        .collect();
    let read_only = of("readOnly").flat_map(|f| names(f, "Equals")).next();
    let other = fields.iter().any(|field| {
        let plain = ["Field", "Equals"];
        let by_beginning = field.str("Field") == Some("resources.ARN");
        let known = [
            "eventCategory",
            "resources.type",
            "resources.ARN",
            "readOnly",
        ];
        !known.contains(&field.str("Field").unwrap_or_default())
            || field.members().iter().any(|(name, _)| {
                !(plain.contains(&name.as_str()) || by_beginning && name == "StartsWith")
            })
    });
    Some(DataEvents {
        resource_type,
        resources,
        reads: read_only.as_deref() != Some("false"),
        writes: read_only.as_deref() != Some("true"),
        narrowed: other,
    })
}

fn flow_log(builder: &mut Builder<'_>, id: &str, node: &Node, _: &Answer) {
    let flow_log = FlowLog {
        id: id.to_owned(),
        resource: text(node, "ResourceId").unwrap_or_default(),
        traffic: text(node, "TrafficType").unwrap_or_else(|| "ALL".to_owned()),
        destination: text(node, "LogDestination").or_else(|| text(node, "LogGroupName")),
        active: node.str("FlowLogStatus") == Some("ACTIVE")
            && node.str("DeliverLogsStatus") != Some("FAILED"),
        origin: captured(node),
    };
    builder.estate.flow_logs.insert(id.to_owned(), flow_log);
}
