//! S3 access points.
//!
//! Must never: take an access point whose network origin was not read for one that is open to the
//! internet, nor one that is for one that is shut.

use std::sync::Arc;

use super::buckets::{access_block, value};
use super::build::{Builder, captured, in_account, text};
use super::{AccessPoint, Origin, Outcome, Seen};
use crate::capture::Answer;
use crate::capture::json::Node;
use crate::names::Arn;
use crate::policy::{Document, Statement, Test};

/// Reads what lists of access points and answers about single ones say.
pub(super) fn read(builder: &mut Builder<'_>) {
    for answer in builder.answers("s3control:ListAccessPoints") {
        for node in answer.body.list("AccessPointList") {
            add(builder, node, answer);
        }
    }
    for answer in builder.answers("s3control:GetAccessPoint") {
        add(builder, &answer.body, answer);
    }
    let arns: Vec<String> = builder.estate.access_points.keys().cloned().collect();
    for arn in arns {
        fill(builder, &arn);
    }
}

fn add(builder: &mut Builder<'_>, node: &Node, answer: &Answer) {
    let (Some(name), Some(bucket)) = (text(node, "Name"), text(node, "Bucket")) else {
        return;
    };
    let written = text(node, "AccessPointArn");
    let parsed = written.as_deref().and_then(|arn| arn.parse::<Arn>().ok());
    let account = parsed.as_ref().map_or(&*answer.account, Arn::account);
    let region = parsed.as_ref().map_or(&*answer.region, Arn::region);
    let arn = written
        .clone()
        .unwrap_or_else(|| format!("arn:aws:s3:{region}:{account}:accesspoint/{name}"));
    let place = in_account(account);
    let unread = |call: &str| Arc::from(format!("{call} of {name} ({place})"));
    let vpc = match node.str("NetworkOrigin") {
        Some("Internet") => Seen::Absent,
        Some("VPC") => node
            .get("VpcConfiguration")
            .and_then(|vpc| text(vpc, "VpcId"))
            .map_or_else(
                || Seen::Unread(unread("s3control:GetAccessPoint")),
                Seen::Is,
            ),
        Some(_) | None => Seen::Unread(unread("s3control:GetAccessPoint")),
    };
    let point = AccessPoint {
        arn: arn.clone(),
        account: account.to_owned(),
        region: region.to_owned(),
        bucket,
        vpc,
        policy: Seen::Unread(unread("s3control:GetAccessPointPolicy")),
        guard: None,
        public_access_block: Seen::Unread(unread("s3control:GetAccessPoint")),
        origin: captured(node),
        name,
    };
    let known = builder
        .estate
        .access_points
        .entry(arn)
        .or_insert_with(|| point.clone());
    if matches!(known.vpc, Seen::Unread(_)) {
        known.vpc = point.vpc;
    }
}

fn fill(builder: &mut Builder<'_>, arn: &str) {
    let Some(point) = builder.estate.access_points.get(arn).cloned() else {
        return;
    };
    let (account, region) = (point.account.as_str(), point.region.as_str());
    let find = |builder: &Builder<'_>, call: &str| {
        builder
            .about(call, &point.name, Some(account), Some(region))
            .or_else(|| builder.about(call, arn, None, None))
            .cloned()
    };
    let place = in_account(account);
    let missing = |call: &str| format!("{call} of {} ({place})", point.name);
    let call = "s3control:GetAccessPointPolicy";
    let answer = find(builder, call);
    let (policy, policy_outcome) =
        builder.answered_document(answer.as_ref(), "Policy", &missing(call));
    let call = "s3control:GetAccessPoint";
    let answer = find(builder, call);
    let (block, block_outcome) = value(builder, answer.as_ref(), &missing(call), access_block);
    if holds(builder, &point.bucket) || policy_outcome != Outcome::NotCollected {
        let call = "s3control:GetAccessPointPolicy";
        builder.cover(call, account, region, &point.name, policy_outcome);
    }
    if holds(builder, &point.bucket) || block_outcome != Outcome::NotCollected {
        let call = "s3control:GetAccessPoint";
        builder.cover(call, account, region, &point.name, block_outcome);
    }
    if let Some(known) = builder.estate.access_points.get_mut(arn) {
        known.guard = guard(known);
        known.policy = policy;
        known.public_access_block = block;
    }
}

fn holds(builder: &Builder<'_>, bucket: &str) -> bool {
    let clusters = builder.estate.clusters.values();
    let mut links = clusters.flat_map(|cluster| cluster.buckets.values());
    links.any(|link| link.to == bucket)
}

/// A deny for requests that do not come from the VPC of the access point.
///
/// Source: Amazon S3 User Guide, "Creating access points restricted to a virtual private cloud":
/// Amazon S3 rejects any request through it that does not come from that VPC.
fn guard(point: &AccessPoint) -> Option<Arc<Document>> {
    let source = match &point.origin {
        Origin::Captured(source) | Origin::Pinned(source) | Origin::Assumed { at: source, .. } => {
            source
        }
        Origin::Inferred { from, .. } => from.first()?,
    };
    let statement = match &point.vpc {
        Seen::Absent => return None,
        Seen::Is(vpc) => {
            let outside = Test::of("StringNotEquals", "aws:SourceVpc", [vpc.as_str()], source);
            Statement::deny_everyone(vec![outside], source.clone())
        }
        Seen::Unread(what) => {
            let mut statement = Statement::deny_everyone(Vec::new(), source.clone());
            let text = format!("it is shut to the caller's network, which was not read: {what}");
            statement.undecidable = Some(text);
            statement
        }
    };
    Some(Arc::new(Document::of(vec![statement], source.clone())))
}
