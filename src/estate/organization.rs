//! The organization: which SCPs and RCPs bind which account.
//!
//! Must never: take an unread level for one without policies.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::build::{Builder, is_account, text};
use super::{OrgLevel, Origin, Outcome, PolicyHold, Seen, managed};
use crate::capture::Answer;
use crate::capture::json::Node;

const SCP: &str = "SERVICE_CONTROL_POLICY";
const RCP: &str = "RESOURCE_CONTROL_POLICY";

type Policies = Seen<Vec<PolicyHold>>;

/// Reads the organization and fills the levels of every account.
pub(super) fn read(builder: &mut Builder<'_>) {
    let call = "organizations:DescribeOrganization";
    let answers: Vec<&Answer> = builder
        .capture
        .answers
        .iter()
        .filter(|a| a.call == call)
        .collect();
    let organization = answers
        .iter()
        .find(|a| a.outcome == Outcome::Ok)
        .and_then(|a| a.body.get("Organization"));
    let alone: Vec<&str> = answers
        .iter()
        .filter(|a| a.outcome == Outcome::Absent)
        .map(|a| a.account.as_str())
        .collect();
    let outcome = if organization.is_some() {
        Outcome::Ok
    } else {
        answers
            .iter()
            .map(|a| a.outcome)
            .filter(|o| *o != Outcome::Ok)
            .min()
            .unwrap_or(Outcome::NotCollected)
    };
    builder.cover(call, "", "", "", outcome);
    if let Some(node) = organization {
        builder.estate.organization.id =
            text(node, "Id").map_or_else(|| Seen::Unread(Arc::from(call)), Seen::Is);
        builder.estate.organization.management_account =
            text(node, "MasterAccountId").or_else(|| text(node, "ManagementAccountId"));
    } else if outcome == Outcome::Absent {
        builder.estate.organization.id = Seen::Absent;
    }
    let types = enabled_types(builder, organization);
    let accounts: Vec<String> = builder
        .estate
        .accounts
        .keys()
        .filter(|a| is_account(a))
        .cloned()
        .collect();
    let only_one = accounts.len() == 1;
    let mut any = false;
    for account in accounts {
        // "Not in use" is said of the account that asked.
        let is_alone =
            alone.contains(&account.as_str()) || (only_one && outcome == Outcome::Absent);
        let levels = if is_alone {
            Vec::new()
        } else {
            levels(builder, &account, &types)
        };
        any |= !is_alone;
        builder.estate.organization.levels.insert(account, levels);
    }
    if any {
        for call in ["organizations:ListAccounts", "organizations:ListRoots"] {
            let outcome = builder
                .capture
                .answers_to(call)
                .map(|a| a.outcome)
                .min()
                .unwrap_or(Outcome::NotCollected);
            builder.cover(call, "", "", "", outcome);
        }
    }
    assume(builder);
}

/// Whether SCPs and RCPs are in force at all: `Some(false)` when they are known not to be.
struct Enabled {
    scps: Option<bool>,
    rcps: Option<bool>,
}

fn enabled_types(builder: &Builder<'_>, organization: Option<&Node>) -> Enabled {
    if organization.and_then(|o| o.str("FeatureSet")) == Some("CONSOLIDATED_BILLING") {
        return Enabled {
            scps: Some(false),
            rcps: Some(false),
        };
    }
    let roots = builder.answers("organizations:ListRoots");
    let root = roots.iter().find_map(|a| a.body.list("Roots").first());
    let enabled = |kind: &str| {
        let types = root?.get("PolicyTypes")?.items();
        Some(
            types
                .iter()
                .any(|t| t.str("Type") == Some(kind) && t.str("Status") != Some("PENDING_DISABLE")),
        )
    };
    Enabled {
        scps: enabled(SCP),
        rcps: enabled(RCP),
    }
}

/// From the root of the organization down to the account.
fn levels(builder: &mut Builder<'_>, account: &str, types: &Enabled) -> Vec<OrgLevel> {
    let call = "organizations:ListParents";
    let mut chain = vec![account.to_owned()];
    let mut open = None;
    while let Some(child) = chain.last().filter(|id| !id.starts_with("r-")).cloned() {
        let answer = builder.about(call, &child, None, None);
        let outcome = answer.map_or(Outcome::NotCollected, |a| a.outcome);
        builder.cover(call, account_of(&child), "", &child, outcome);
        let parent = answer
            .filter(|a| matches!(a.outcome, Outcome::Ok))
            .and_then(|a| a.body.list("Parents").first())
            .and_then(|p| text(p, "Id"));
        match parent {
            // A loop is broken input; organizations nest five deep.
            Some(parent) if chain.len() < 12 && !chain.contains(&parent) => chain.push(parent),
            _ => {
                open = Some(child);
                break;
            }
        }
    }
    let mut levels = Vec::new();
    if let Some(child) = open {
        let missing: Arc<str> = Arc::from(format!("{call} of {child}"));
        levels.push(OrgLevel {
            id: format!("above {child}"),
            scps: in_force(types.scps, || Seen::Unread(missing.clone())),
            rcps: in_force(types.rcps, || Seen::Unread(missing.clone())),
        });
    }
    for id in chain.iter().rev() {
        let scps = in_force(types.scps, || attached(builder, id, SCP));
        let rcps = in_force(types.rcps, || attached(builder, id, RCP));
        levels.push(OrgLevel {
            id: id.clone(),
            scps,
            rcps,
        });
    }
    levels
}

fn account_of(id: &str) -> &str {
    if is_account(id) { id } else { "" }
}

fn in_force(enabled: Option<bool>, read: impl FnOnce() -> Policies) -> Policies {
    if enabled == Some(false) {
        Seen::Absent
    } else {
        read()
    }
}

fn attached(builder: &mut Builder<'_>, target: &str, kind: &str) -> Policies {
    let call = "organizations:ListPoliciesForTarget";
    let resource = format!("{target}/{kind}");
    let exact = builder.about(call, &resource, None, None);
    // Without the filter in its name, a list tells its kind only by what it holds.
    let plain = builder.about(call, target, None, None).filter(|a| {
        a.outcome != Outcome::Ok
            || a.body
                .list("Policies")
                .iter()
                .any(|p| p.str("Type") == Some(kind))
    });
    let answer = exact.or(plain);
    let outcome = answer.map_or(Outcome::NotCollected, |a| a.outcome);
    builder.cover(call, account_of(target), "", &resource, outcome);
    let unread = || Seen::Unread(Arc::from(format!("{call} of {target} ({kind})")));
    let Some(answer) = answer else {
        return unread();
    };
    match outcome {
        Outcome::Ok => {}
        // No organization, seen from here.
        Outcome::Absent => return Seen::Absent,
        Outcome::Denied
        | Outcome::Unsupported
        | Outcome::Throttled
        | Outcome::Truncated
        | Outcome::ParseError
        | Outcome::NotCollected => return unread(),
    }
    let policies = answer.body.list("Policies").iter();
    let policies = policies.filter(|p| p.str("Type").is_none_or(|t| t == kind));
    let mut holds = Vec::new();
    for policy in policies {
        let id = policy.str("Id").unwrap_or_default();
        if id == "p-RCPFullAWSAccess" {
            continue;
        }
        holds.push(PolicyHold {
            name: text(policy, "Name")
                .or_else(|| text(policy, "Arn"))
                .unwrap_or_else(|| id.to_owned()),
            how: format!("attached to {target}"),
            document: content(builder, id, policy.str("Arn").unwrap_or_default()),
        });
    }
    Seen::Is(holds)
}

fn content(builder: &mut Builder<'_>, id: &str, arn: &str) -> Seen<Arc<crate::policy::Document>> {
    let call = "organizations:DescribePolicy";
    let answer = builder.about(call, id, None, None);
    let missing = || format!("{call} of {id}");
    let outcome = answer.map_or(Outcome::NotCollected, |a| a.outcome);
    if let Some(answer) = answer.filter(|a| a.outcome == Outcome::Ok) {
        let content = answer.body.get("Policy").and_then(|p| p.get("Content"));
        let document = builder.seen_document(content, missing);
        let read = document.as_ref().is_some();
        builder.cover(
            call,
            "",
            "",
            id,
            if read {
                Outcome::Ok
            } else {
                Outcome::ParseError
            },
        );
        return document;
    }
    if let Some(document) = managed::document(arn) {
        return Seen::Is(document);
    }
    builder.cover(call, "", "", id, outcome);
    Seen::Unread(Arc::from(missing()))
}

/// Takes unread policies away where `catchment.toml` says that there are none.
fn assume(builder: &mut Builder<'_>) {
    let assumed: BTreeMap<_, _> = builder.estate.config.assume.clone();
    for (what, is_scps) in [("scps", true), ("rcps", false)] {
        let Some((_, at)) = assumed.get(what).filter(|(value, _)| value == "none") else {
            continue;
        };
        let mut changed = false;
        for level in builder.estate.organization.levels.values_mut().flatten() {
            let policies = if is_scps {
                &mut level.scps
            } else {
                &mut level.rcps
            };
            if matches!(policies, Seen::Unread(_)) {
                *policies = Seen::Absent;
                changed = true;
            }
        }
        if changed {
            let why = format!(
                "no {} bind the accounts of this capture",
                what.to_ascii_uppercase().replace("CPS", "CPs")
            );
            builder.estate.organization.assumed.push(Origin::Assumed {
                why,
                at: at.clone(),
            });
        }
    }
}
