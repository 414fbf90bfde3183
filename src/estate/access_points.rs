//! S3 access points, of one region and of several, and those of Object Lambda.
//!
//! Source: Amazon S3 API Reference, `ListMultiRegionAccessPoints`,
//! `GetMultiRegionAccessPointPolicy`: of the two policies, the established one is in force.
//!
//! Must never: take an access point whose network origin was not read for one that is open to the
//! internet, nor one that is for one that is shut.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::buckets::{access_block, switches, value};
use super::build::{Builder, captured, in_account, is_account, text};
use super::{AccessPoint, Bucket, Estate, ObjectLambda, Origin, Outcome, Seen};
use crate::capture::Answer;
use crate::capture::json::Node;
use crate::names::Arn;
use crate::policy::{Document, Statement, Template, Test};

const MULTI_REGION: &str = "s3control:ListMultiRegionAccessPoints";

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
    for answer in builder.answers(MULTI_REGION) {
        for node in answer.body.list("AccessPoints") {
            multi_region(builder, node, answer);
        }
    }
    for answer in builder.answers("s3control:ListAccessPointsForObjectLambda") {
        for node in answer.body.list("ObjectLambdaAccessPointList") {
            object_lambda(builder, node, answer);
        }
    }
    lists(builder);
}

/// Lists of Multi-Region access points: of accounts whose access points a log bucket's policy
/// speaks of, and whatever was asked for.
fn lists(builder: &mut Builder<'_>) {
    let named = builder.estate.log_buckets().flat_map(delegates_to);
    let mut accounts: BTreeSet<String> = named
        .filter(|(account, region)| region.is_none() && is_account(account))
        .map(|(account, _)| account)
        .collect();
    let asked = builder.capture.answers.iter();
    let asked = asked.filter(|a| a.call == MULTI_REGION && !a.account.is_empty());
    accounts.extend(asked.map(|answer| answer.account.clone()));
    for account in accounts {
        let answer = builder.about(MULTI_REGION, "", Some(&account), None);
        let outcome = answer.map_or(Outcome::NotCollected, |answer| answer.outcome);
        builder.cover(MULTI_REGION, &account, "", "", outcome);
    }
}

fn multi_region(builder: &mut Builder<'_>, node: &Node, answer: &Answer) {
    let (Some(name), Some(alias)) = (text(node, "Name"), text(node, "Alias")) else {
        return;
    };
    let account = answer.account.clone();
    let arn = format!("arn:aws:s3::{account}:accesspoint/{alias}");
    let call = "s3control:GetMultiRegionAccessPointPolicy";
    let missing = format!("{call} of {name} ({})", in_account(&account));
    let found = builder.about(call, &name, Some(&account), None).cloned();
    let (policy, outcome) = established(builder, found.as_ref(), &missing);
    let regions = node.list("Regions").iter();
    let buckets: Vec<String> = regions.filter_map(|r| text(r, "Bucket")).collect();
    let log = buckets.iter().any(|bucket| holds(builder, bucket));
    if log || outcome != Outcome::NotCollected {
        builder.cover(call, &account, "", &name, outcome);
    }
    let block = node.get("PublicAccessBlock").and_then(switches);
    let block = block.map_or_else(
        || {
            Seen::Unread(Arc::from(format!(
                "{MULTI_REGION} ({})",
                in_account(&account)
            )))
        },
        Seen::Is,
    );
    let point = AccessPoint {
        arn: arn.clone(),
        name,
        account,
        region: String::new(),
        multi_region: true,
        buckets,
        vpc: Seen::Absent,
        policy,
        guard: None,
        public_access_block: block,
        origin: captured(node),
    };
    builder.estate.access_points.insert(arn, point);
}

/// The policy in force of a Multi-Region access point. One that is only proposed is not, but may be
/// by now.
fn established(
    builder: &mut Builder<'_>,
    answer: Option<&Answer>,
    missing: &str,
) -> (Seen<Arc<Document>>, Outcome) {
    let inner = |name: &str| {
        let policy = answer?.body.get("Policy")?.get(name)?.get("Policy")?;
        policy
            .scalar()
            .is_none_or(|t| !t.is_empty())
            .then_some(policy)
    };
    let usable = answer.filter(|a| matches!(a.outcome, Outcome::Ok | Outcome::Truncated));
    let Some(body) = usable.map(|answer| &answer.body) else {
        return builder.answered_document(answer, "Policy", missing);
    };
    if let Some(policy) = inner("Established") {
        let seen = builder.seen_document(Some(policy), || missing.to_owned());
        let read = matches!(seen, Seen::Is(_));
        return (
            seen,
            if read {
                Outcome::Ok
            } else {
                Outcome::ParseError
            },
        );
    }
    if body.get("Policy").is_some() && inner("Proposed").is_none() {
        return (Seen::Absent, Outcome::Ok);
    }
    (Seen::Unread(Arc::from(missing)), Outcome::ParseError)
}

fn object_lambda(builder: &mut Builder<'_>, node: &Node, answer: &Answer) {
    let Some(name) = text(node, "Name") else {
        return;
    };
    let written = text(node, "ObjectLambdaAccessPointArn");
    let parsed = written.as_deref().and_then(|arn| arn.parse::<Arn>().ok());
    let account = parsed.as_ref().map_or(&*answer.account, Arn::account);
    let region = parsed.as_ref().map_or(&*answer.region, Arn::region);
    let call = "s3control:GetAccessPointConfigurationForObjectLambda";
    let found = builder
        .about(call, &name, Some(account), Some(region))
        .cloned();
    let missing = format!("{call} of {name} ({})", in_account(account));
    let (configuration, outcome) = value(builder, found.as_ref(), &missing, |body| {
        let configuration = body.get("Configuration")?;
        let transformations = configuration.list("TransformationConfigurations").iter();
        let functions = transformations.filter_map(|transformation| {
            let function = transformation
                .get("ContentTransformation")?
                .get("AwsLambda")?;
            text(function, "FunctionArn")
        });
        Some((
            text(configuration, "SupportingAccessPoint")?,
            functions.collect::<Vec<_>>(),
        ))
    });
    builder.cover(call, account, region, &name, outcome);
    let (supporting, functions) = match configuration {
        Seen::Is((point, functions)) => (Seen::Is(point), functions),
        Seen::Absent => (Seen::Absent, Vec::new()),
        Seen::Unread(what) => (Seen::Unread(what), Vec::new()),
    };
    let arn = written.clone().unwrap_or_else(|| {
        format!("arn:aws:s3-object-lambda:{region}:{account}:accesspoint/{name}")
    });
    let found = ObjectLambda {
        arn: arn.clone(),
        name,
        account: account.to_owned(),
        region: region.to_owned(),
        supporting,
        functions,
        origin: captured(node),
    };
    builder.estate.object_lambdas.insert(arn, found);
}

/// The accounts whose access points a bucket's policy speaks of, with the region where it says one:
/// without, the access points of several regions are meant too.
fn delegates_to(bucket: &Bucket) -> BTreeSet<(String, Option<String>)> {
    let Seen::Is(policy) = &bucket.policy else {
        return BTreeSet::new();
    };
    let own = bucket.account.as_deref().unwrap_or("unknown");
    let mut found = BTreeSet::new();
    for test in policy.statements.iter().flat_map(|s| &s.conditions) {
        let values = || test.values.iter().map(Template::text);
        match test.key.as_str() {
            "s3:dataaccesspointaccount" => {
                found.extend(values().map(|account| (account.to_owned(), None)));
            }
            "s3:dataaccesspointarn" => found.extend(values().filter_map(|arn| {
                let mut parts = arn.split(':').skip(3);
                let region = parts.next()?;
                let account = parts.next()?.to_owned();
                let fixed = !region.is_empty() && !region.contains(['*', '?']);
                Some((account, fixed.then(|| region.to_owned())))
            })),
            "s3:accesspointnetworkorigin" => {
                found.insert((own.to_owned(), None));
            }
            _ => {}
        }
    }
    found
}

impl Estate {
    /// Lists of access points that were not read and through which a bucket's policy lets requests
    /// in. Where the policy does not mention access points, they let nobody in who is not in already.
    pub fn unlisted_access_points(&self, bucket: &Bucket) -> BTreeSet<String> {
        let region = bucket.region.as_deref();
        let place = region.unwrap_or("region unknown");
        // A value without an account says nothing of whose lists would tell.
        let listed = |call: &str, account: &str, region: &str| {
            !account.is_empty() && self.listed(call, account, region)
        };
        let mut missing = BTreeSet::new();
        for (account, fixed) in delegates_to(bucket) {
            let call = "s3control:ListAccessPoints";
            if !listed(call, &account, region.unwrap_or_default()) {
                missing.insert(format!("{call} (account {account}, {place})"));
            }
            if fixed.is_none() && !listed(MULTI_REGION, &account, "") {
                missing.insert(format!("{MULTI_REGION} (account {account})"));
            }
        }
        missing
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
        multi_region: false,
        buckets: vec![bucket],
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
    let log = point.buckets.iter().any(|bucket| holds(builder, bucket));
    if log || policy_outcome != Outcome::NotCollected {
        let call = "s3control:GetAccessPointPolicy";
        builder.cover(call, account, region, &point.name, policy_outcome);
    }
    if log || block_outcome != Outcome::NotCollected {
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
