//! What a complete capture would hold: accounts, and for each call that the analysis wants an
//! outcome.
//!
//! Must never: leave out a call because nobody made it; that is what *not collected* is for.

use std::collections::{BTreeMap, BTreeSet};

use super::build::{Builder, in_account, is_account, text};
use super::{
    Backup, Estate, KeyState, Outcome, Peer, Seen, Via, VpcBlockMode, buckets, grants, identity,
    snapshots,
};
use crate::capture::json::Node;

const GLOBAL: [&str; 3] = [
    "iam:GetAccountAuthorizationDetails",
    "iam:ListInstanceProfiles",
    "s3:ListBuckets",
];

const REGIONAL: [&str; 12] = [
    "ec2:DescribeInstances",
    "ec2:DescribeVolumes",
    "ec2:DescribeSnapshots",
    "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeVpcEndpoints",
    "ec2:DescribeRouteTables",
    "ec2:DescribeNetworkAcls",
    "elbv2:DescribeLoadBalancers",
    "kms:ListKeys",
    "secretsmanager:ListSecrets",
];

/// Lists that matter only where something names what they hold. Whatever became of them is covered
/// when they were asked for.
const NETWORK: [&str; 17] = [
    "ec2:DescribeVpcs",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeEgressOnlyInternetGateways",
    "ec2:DescribeNatGateways",
    "ec2:DescribeVpcBlockPublicAccessOptions",
    "ec2:DescribeVpcBlockPublicAccessExclusions",
    "ec2:DescribeVpnGateways",
    "ec2:DescribeAddresses",
    "ec2:DescribeManagedPrefixLists",
    "ec2:DescribePrefixLists",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeTransitGateways",
    "ec2:DescribeTransitGatewayAttachments",
    "ec2:DescribeTransitGatewayVpcAttachments",
    "ec2:DescribeTransitGatewayRouteTables",
    "ec2:DescribeVpcEndpointServiceConfigurations",
    "elbv2:DescribeTargetGroups",
];

/// Adds every account that something names, its regions, and its root user.
pub(super) fn accounts(builder: &mut Builder<'_>) {
    let mut regions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for answer in &builder.capture.answers {
        let theirs = regions.entry(answer.account.clone()).or_default();
        theirs.extend(Some(answer.region.clone()).filter(|r| !r.is_empty()));
    }
    let estate = &builder.estate;
    let owners = estate
        .keys
        .values()
        .map(|k| &k.account)
        .chain(estate.secrets.values().map(|s| &s.account))
        .chain(estate.hosts.values().map(|h| &h.account))
        .chain(estate.volumes.values().map(|v| &v.account))
        .chain(estate.snapshots.values().map(|s| &s.account))
        .chain(estate.identities.values().map(|i| &i.account))
        .chain(estate.managed.values().map(|m| &m.account))
        .chain(estate.file_systems.values().map(|f| &f.account))
        .chain(estate.buckets.values().filter_map(|b| b.account.as_ref()));
    for owner in owners {
        regions.entry(owner.clone()).or_default();
    }
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for answer in builder.answers("organizations:ListAccounts") {
        for node in answer.body.list("Accounts") {
            let Some(id) = text(node, "Id") else { continue };
            names.extend(text(node, "Name").map(|name| (id.clone(), name)));
            regions.entry(id).or_default();
        }
    }
    for answer in builder.answers("organizations:DescribeOrganization") {
        let master = answer
            .body
            .get("Organization")
            .and_then(|o| o.get("MasterAccountId"))
            .and_then(Node::scalar);
        regions.entry(master.unwrap_or_default()).or_default();
    }
    for (id, regions) in regions.into_iter().filter(|(id, _)| is_account(id)) {
        let account = builder.estate.accounts.entry(id.clone()).or_default();
        account.id.clone_from(&id);
        account.name = names.remove(&id);
        account.regions = regions.into_iter().collect();
        access_block(builder, &id);
        identity::root(builder, &id);
    }
}

fn access_block(builder: &mut Builder<'_>, id: &str) {
    let call = "s3control:GetPublicAccessBlock";
    let answer = builder
        .about(call, "", Some(id), None)
        .filter(|a| a.account == id)
        .cloned();
    let missing = format!("{call} ({})", in_account(id));
    let (block, outcome) =
        buckets::value(builder, answer.as_ref(), &missing, buckets::access_block);
    builder.cover(call, id, "", "", outcome);
    if let Some(account) = builder.estate.accounts.get_mut(id) {
        account.public_access_block = block;
    }
}

/// What guards the holders of logs beside policies: grants of their keys, sharing of their
/// snapshots. Those of other things are read where they are there, and nobody misses them.
pub(super) fn guards(builder: &mut Builder<'_>) {
    let estate = &builder.estate;
    let clusters = || estate.clusters.values();
    let live = clusters().flat_map(|c| c.brokers.values());
    let live = live.flat_map(|broker| broker.volumes.iter().chain(&broker.wal_volumes));
    let live = live.map(|link| link.to.as_str());
    let retired = clusters().flat_map(|c| c.retired_volumes.iter().map(|(_, l)| l.to.as_str()));
    let volumes: BTreeSet<&str> = live.chain(retired).collect();
    let copies = || {
        let all = estate.snapshots.values();
        all.filter(|copy| volumes.contains(copy.volume.as_str()))
    };
    let buckets = clusters().flat_map(|c| c.buckets.values().map(|link| link.to.clone()));
    let buckets = buckets.chain(estate.copies().into_iter().map(|copy| copy.to));
    let of_buckets = buckets.filter_map(|name| estate.buckets.get(&name));
    let of_buckets = of_buckets.map(|bucket| estate.bucket_key_state(bucket));
    let of_volumes = volumes.iter().filter_map(|id| estate.volumes.get(*id));
    let of_volumes = of_volumes.map(|volume| estate.volume_key_state(volume));
    let of_copies = copies().map(|copy| estate.snapshot_key_state(copy));
    let secrets = estate.secrets.values().filter(|s| !s.users.is_empty());
    let of_secrets = secrets.map(|secret| estate.secret_key_state(secret));
    let held = |backup: &&Backup| {
        let links = clusters().flat_map(|c| c.buckets.values().chain(c.file_systems.values()));
        let mut names = links.map(|link| link.to.as_str());
        volumes.contains(backup.resource.as_str()) || names.any(|name| name == backup.resource)
    };
    let of_backups = estate.backups.values().filter(held);
    let of_backups = of_backups.map(|backup| estate.backup_key_state(backup));
    let states = of_buckets
        .chain(of_backups)
        .chain(of_volumes)
        .chain(of_copies)
        .chain(of_secrets);
    let keys: BTreeSet<String> = states
        .filter_map(|state| match state {
            KeyState::Customer(key) => Some(key.arn.clone()),
            KeyState::None | KeyState::AwsManaged | KeyState::Unread(_) => None,
        })
        .collect();
    let log_snapshots: BTreeSet<String> = copies().map(|copy| copy.id.clone()).collect();
    grants::read(builder, &keys);
    snapshots::read(builder, &log_snapshots);
    access_points(builder);
}

/// The lists of access points: one for each account and region that holds a bucket with a log, and
/// whatever was asked for.
fn access_points(builder: &mut Builder<'_>) {
    let call = "s3control:ListAccessPoints";
    let estate = &builder.estate;
    let named = estate.log_buckets();
    let places = named.filter_map(|bucket| Some((bucket.account.clone()?, bucket.region.clone()?)));
    let asked = builder.capture.answers.iter();
    let asked = asked.filter(|a| a.call == call && !a.account.is_empty());
    let asked = asked.map(|a| (a.account.clone(), a.region.clone()));
    let places: BTreeSet<(String, String)> = places.chain(asked).collect();
    for (account, region) in places {
        let answer = builder.about(call, "", Some(&account), Some(&region));
        let outcome = answer.map_or(Outcome::NotCollected, |answer| answer.outcome);
        builder.cover(call, &account, &region, "", outcome);
    }
}

/// The outcome of every list call, for each account and each of its regions.
pub(super) fn calls(builder: &mut Builder<'_>) {
    let mut outcomes: BTreeMap<(String, String, String), Outcome> = BTreeMap::new();
    let asked: BTreeSet<&str> = builder
        .capture
        .answers
        .iter()
        .map(|a| a.account.as_str())
        .collect();
    for account in builder.estate.accounts.values() {
        let mut expect = |call: &str, region: &str| {
            let key = (call.to_owned(), account.id.clone(), region.to_owned());
            outcomes.insert(key, Outcome::NotCollected);
        };
        expect(GLOBAL[0], "");
        if !asked.contains(account.id.as_str()) {
            // An account that is merely named: one gap says it all.
            continue;
        }
        GLOBAL[1..].iter().for_each(|call| expect(call, ""));
        for call in REGIONAL {
            if account.regions.is_empty() {
                expect(call, "");
            }
            account
                .regions
                .iter()
                .for_each(|region| expect(call, region));
        }
    }
    for (call, account, region) in named(&builder.estate) {
        outcomes.insert((call.to_owned(), account, region), Outcome::NotCollected);
    }
    for answer in &builder.capture.answers {
        let call = answer.call.as_str();
        if GLOBAL.contains(&call) || REGIONAL.contains(&call) || NETWORK.contains(&call) {
            let key = (
                answer.call.clone(),
                answer.account.clone(),
                answer.region.clone(),
            );
            outcomes.insert(key, answer.outcome);
        }
    }
    // Account authorization details hold the instance profiles of every role.
    outcomes.retain(|(call, account, _), outcome| {
        let identities = builder
            .estate
            .accounts
            .get(account)
            .is_some_and(|a| a.identities_read);
        !(call == "iam:ListInstanceProfiles" && *outcome == Outcome::NotCollected && identities)
    });
    for ((call, account, region), outcome) in outcomes {
        builder.cover(&call, &account, &region, "", outcome);
    }
}

/// Network lists that something in the estate leads to: a route, a load balancer.
fn named(estate: &Estate) -> BTreeSet<(&'static str, String, String)> {
    let mut calls = BTreeSet::new();
    for table in estate.route_tables.values() {
        let mut expect = |call| calls.insert((call, table.account.clone(), table.region.clone()));
        for route in &table.routes {
            match &route.via {
                Via::Peering(_) => {
                    expect("ec2:DescribeVpcPeeringConnections");
                }
                Via::Transit(_) => {
                    expect("ec2:DescribeTransitGatewayAttachments");
                    expect("ec2:DescribeTransitGatewayVpcAttachments");
                }
                Via::Internet(_) | Via::EgressOnly(_) => {
                    expect("ec2:DescribeVpcBlockPublicAccessOptions");
                }
                Via::Local
                | Via::Nat(_)
                | Via::Vpn(_)
                | Via::Endpoint(_)
                | Via::Appliance(_)
                | Via::Other(_) => {}
            }
        }
    }
    // Where it blocks nothing, its exclusions change nothing.
    let blocked = estate.public_access.iter();
    let blocked = blocked.filter(|(_, access)| access.mode != VpcBlockMode::Off);
    calls.extend(blocked.map(|((account, region), _)| {
        let call = "ec2:DescribeVpcBlockPublicAccessExclusions";
        (call, account.clone(), region.clone())
    }));
    for gateway in estate.transit_gateways.values() {
        let call = "ec2:DescribeTransitGatewayRouteTables";
        calls.insert((call, gateway.account.clone(), gateway.region.clone()));
    }
    for balancer in estate.balancers.values().filter(|b| b.network) {
        for call in [
            "elbv2:DescribeTargetGroups",
            "ec2:DescribeVpcEndpointServiceConfigurations",
        ] {
            calls.insert((call, balancer.account.clone(), balancer.region.clone()));
        }
    }
    calls
}

/// Prefix lists that security groups name and whose entries were not read.
pub(super) fn prefix_lists(builder: &mut Builder<'_>) {
    let mut open: BTreeSet<(String, String)> = BTreeSet::new();
    for group in builder.estate.security_groups.values() {
        for rule in group.ingress.iter().chain(&group.egress) {
            if let Peer::PrefixList(id) = &rule.peer
                && !builder
                    .estate
                    .prefix_lists
                    .get(id)
                    .is_some_and(|list| matches!(list.entries, Seen::Is(_)))
            {
                open.insert((group.account.clone(), id.clone()));
            }
        }
    }
    let call = "ec2:GetManagedPrefixListEntries";
    for (account, id) in open {
        let told = builder
            .estate
            .coverage
            .calls
            .keys()
            .any(|c| c.call == call && c.resource == id);
        if !told {
            builder.cover(call, &account, "", &id, Outcome::NotCollected);
        }
    }
}
