//! Resource Access Manager: subnets and security groups that other accounts may put hosts into.
//!
//! A share names resources and principals: accounts, organizational units, an organization. Subnets
//! can be shared within one organization alone. What another account lists or runs tells of shares
//! too. Shares are wanted where something hints at them: an answer of the service, or a subnet that
//! another account lists or has a host in.
//!
//! Source: VPC User Guide, "Share your VPC subnets with other accounts"; RAM API Reference,
//! `ListResources`, `ListPrincipals`, `GetResourceShareAssociations`.
//!
//! Must never: take shares that were not read for none where something hints at them.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use super::build::{Builder, is_account};
use super::{Origin, Outcome, Seen};
use crate::capture::json::Node;
use crate::capture::{Answer, Source};
use crate::names::Arn;

const RESOURCES: &str = "ram:ListResources";
const PRINCIPALS: &str = "ram:ListPrincipals";
const ASSOCIATIONS: &str = "ram:GetResourceShareAssociations";

/// What the shares say, as far as they were read.
#[derive(Default)]
struct Shares {
    /// Resources by share, each with its place.
    resources: BTreeMap<String, Vec<(String, Source)>>,
    /// Principals by share.
    principals: BTreeMap<String, BTreeSet<String>>,
    /// Shares that are no more.
    gone: BTreeSet<String>,
    /// Accounts that list a resource of another account.
    listed: Vec<(String, String, Source)>,
}

/// Reads shares, and what tells of them.
pub(super) fn read(builder: &mut Builder<'_>) {
    let shares = collect(builder);
    for (share, resources) in &shares.resources {
        if shares.gone.contains(share) {
            continue;
        }
        let principals = shares.principals.get(share);
        for (resource, source) in resources {
            for principal in principals.into_iter().flatten() {
                admit(builder, share, resource, principal, source);
            }
        }
    }
    for (account, resource, source) in &shares.listed {
        guest(builder, resource, account, Origin::Captured(source.clone()));
    }
    seen(builder);
    unread(builder);
}

fn collect(builder: &Builder<'_>) -> Shares {
    let mut shares = Shares::default();
    for answer in builder.answers("ram:GetResourceShares") {
        for node in answer.body.list("resourceShares") {
            let gone = matches!(node.str("status"), Some("DELETING" | "DELETED" | "FAILED"));
            let arn = node.str("resourceShareArn").filter(|_| gone);
            shares.gone.extend(arn.map(str::to_owned));
        }
    }
    let mut resource = |node: &Node, arn: Option<&str>, answer: &Answer| {
        let (Some(arn), Some(share)) = (arn, node.str("resourceShareArn")) else {
            return;
        };
        let all = shares.resources.entry(share.to_owned()).or_default();
        all.push((arn.to_owned(), node.source.clone()));
        let owner = Arn::from_str(arn).map(|arn| arn.account().to_owned());
        if owner.is_ok_and(|owner| owner != answer.account) && is_account(&answer.account) {
            let found = (answer.account.clone(), arn.to_owned(), node.source.clone());
            shares.listed.push(found);
        }
    };
    for answer in builder.answers(RESOURCES) {
        for node in answer.body.list("resources") {
            let status = node.str("status");
            let there = !matches!(status, Some("UNAVAILABLE" | "ZONAL_RESOURCE_INACCESSIBLE"));
            resource(node, node.str("arn").filter(|_| there), answer);
        }
    }
    let associations = builder.answers(ASSOCIATIONS);
    let associations = || {
        let nodes = associations.iter().flat_map(|answer| {
            answer
                .body
                .list("resourceShareAssociations")
                .iter()
                .map(move |n| (n, *answer))
        });
        nodes.filter(|(node, _)| {
            !matches!(
                node.str("status"),
                Some("DISASSOCIATED" | "DISASSOCIATING" | "FAILED")
            )
        })
    };
    let of = |node: &Node, kind: &str| node.str("associationType") == Some(kind);
    for (node, answer) in associations().filter(|(node, _)| of(node, "RESOURCE")) {
        resource(node, node.str("associatedEntity"), answer);
    }
    let mut principal = |node: &Node, id: Option<&str>| {
        if let (Some(id), Some(share)) = (id, node.str("resourceShareArn")) {
            let all = shares.principals.entry(share.to_owned()).or_default();
            all.insert(id.to_owned());
        }
    };
    for answer in builder.answers(PRINCIPALS) {
        for node in answer.body.list("principals") {
            principal(node, node.str("id"));
        }
    }
    for (node, _) in associations().filter(|(node, _)| of(node, "PRINCIPAL")) {
        principal(node, node.str("associatedEntity"));
    }
    shares
}

/// The id of a shared subnet or security group.
fn id_of(resource: &str) -> Option<(&str, bool)> {
    let (_, id) = resource.rsplit_once('/')?;
    let subnet = resource.contains(":subnet/");
    (subnet || resource.contains(":security-group/")).then_some((id, subnet))
}

fn guest(builder: &mut Builder<'_>, resource: &str, account: &str, origin: Origin) {
    let estate = &mut builder.estate;
    match id_of(resource) {
        Some((id, true)) => {
            let owner = estate.subnets.get(id).map(|subnet| subnet.account.as_str());
            if owner != Some(account) {
                let guests = estate.subnet_guests.entry(id.to_owned()).or_default();
                guests.entry(account.to_owned()).or_insert(origin);
            }
        }
        Some((id, false)) => {
            let guests = estate.group_guests.entry(id.to_owned()).or_default();
            guests.insert(account.to_owned());
        }
        None => {}
    }
}

/// What a principal of a share may use: an account by its id, or all of a unit or an organization.
fn admit(builder: &mut Builder<'_>, share: &str, resource: &str, principal: &str, source: &Source) {
    let origin = || Origin::Captured(source.clone());
    let account = Arn::from_str(principal)
        .map_or_else(|_| principal.to_owned(), |arn| arn.account().to_owned());
    if !principal.contains(":organizations:") {
        if is_account(&account) {
            guest(builder, resource, &account, origin());
        }
        return;
    }
    let whole = principal.contains(":organization/");
    let unit = principal.rsplit('/').next().unwrap_or_default();
    let organization = &builder.estate.organization;
    let own = match &organization.id {
        Seen::Is(id) => principal.contains(id.as_str()),
        Seen::Unread(_) => true,
        Seen::Absent => false,
    };
    let levels = organization.levels.iter().filter(|_| own);
    let members: Vec<String> = levels
        .filter(|(_, levels)| whole || levels.iter().any(|level| level.id == unit))
        .map(|(account, _)| account.clone())
        .collect();
    let read = |account: &String| {
        let account = builder.estate.accounts.get(account);
        account.is_some_and(|account| account.identities_read)
    };
    let (known, _): (Vec<String>, Vec<String>) = members.into_iter().partition(read);
    for account in known {
        guest(builder, resource, &account, origin());
    }
    // Those that were not read, and those that nobody listed.
    if let Some((id, true)) = id_of(resource) {
        let who = format!("of {unit} the share {share} names");
        let subnets = builder.estate.subnet_strangers.entry(who).or_default();
        subnets.insert(id.to_owned());
    }
}

/// Subnets that another account lists, or has a host in.
fn seen(builder: &mut Builder<'_>) {
    let mut found: Vec<(String, String, Origin)> = Vec::new();
    for answer in builder.answers("ec2:DescribeSubnets") {
        for node in answer.body.list("Subnets") {
            let owner = node.str("OwnerId").filter(|owner| *owner != answer.account);
            if let (Some(_), Some(id), true) =
                (owner, node.str("SubnetId"), is_account(&answer.account))
            {
                let origin = Origin::Captured(node.source.clone());
                found.push((id.to_owned(), answer.account.clone(), origin));
            }
        }
    }
    for host in builder.estate.hosts.values() {
        let subnet = host
            .subnet
            .as_ref()
            .and_then(|id| builder.estate.subnets.get(id));
        if let Some(subnet) = subnet.filter(|subnet| subnet.account != host.account)
            && is_account(&host.account)
            && is_account(&subnet.account)
        {
            let why = format!("{} of account {} stands in it", host.id, host.account);
            let from = match &host.origin {
                Origin::Captured(source) => vec![source.clone()],
                Origin::Inferred { .. } | Origin::Pinned(_) | Origin::Assumed { .. } => Vec::new(),
            };
            let origin = Origin::Inferred { why, from };
            found.push((subnet.id.clone(), host.account.clone(), origin));
        }
    }
    for (id, account, origin) in found {
        guest(builder, &format!(":subnet/{id}"), &account, origin);
    }
}

/// Accounts and regions whose shares something hints at and that were not read.
fn unread(builder: &mut Builder<'_>) {
    let answers = builder.capture.answers.iter();
    let answered = answers.filter(|a| a.call.starts_with("ram:") && is_account(&a.account));
    let answered = answered.map(|a| (a.account.clone(), a.region.clone()));
    let estate = &builder.estate;
    let hinted = estate.subnet_guests.keys();
    let hinted = hinted.filter_map(|id| estate.subnets.get(id));
    let hinted = hinted.map(|subnet| (subnet.account.clone(), subnet.region.clone()));
    let places: BTreeSet<(String, String)> = answered.chain(hinted).collect();
    for (account, region) in places {
        let owned: BTreeSet<String> = builder
            .estate
            .subnets
            .values()
            .filter(|subnet| subnet.account == account && subnet.region == region)
            .map(|subnet| subnet.id.clone())
            .collect();
        if owned.is_empty() {
            continue;
        }
        let mut missing = Vec::new();
        for (call, kind) in [(RESOURCES, "RESOURCE"), (PRINCIPALS, "PRINCIPAL")] {
            let of = |call: &str, about: &str| {
                let found = builder.about(call, about, Some(&account), Some(&region));
                let own = found.filter(|answer| answer.account == account);
                own.map_or(Outcome::NotCollected, |answer| answer.outcome)
            };
            let (listed, associated) = (of(call, ""), of(ASSOCIATIONS, kind));
            if associated == Outcome::Ok {
                builder.cover(ASSOCIATIONS, &account, &region, kind, associated);
                continue;
            }
            builder.cover(call, &account, &region, "", listed);
            if listed != Outcome::Ok {
                missing.push(call);
            }
        }
        if !missing.is_empty() {
            let calls = missing.join(", ");
            let who = format!("the shares of account {account} in {region} name: {calls}");
            let subnets = builder.estate.subnet_strangers.entry(who).or_default();
            subnets.extend(owned);
        }
    }
}
