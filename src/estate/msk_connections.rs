//! Connections from other VPCs to clusters of Amazon MSK.
//!
//! The client's account lists and describes them, the cluster's account lists who has one.
//!
//! Source: MSK API Reference, `ListVpcConnections`, `DescribeVpcConnection`,
//! `ListClientVpcConnections`.
//!
//! Must never: take connections that were not listed for none.

use std::collections::BTreeSet;
use std::str::FromStr as _;

use super::build::{Builder, captured, text};
use super::files::names;
use super::{ManagedVpcConnection, Outcome};
use crate::capture::json::Node;
use crate::names::Arn;

const DESCRIBE: &str = "kafka:DescribeVpcConnection";
const LIST: &str = "kafka:ListVpcConnections";
const CLIENTS: &str = "kafka:ListClientVpcConnections";

/// Reads all connections, and covers the calls that tell of them.
pub(super) fn read(builder: &mut Builder<'_>) {
    let answers = &builder.capture.answers;
    for answer in answers.iter().filter(|a| a.call == LIST) {
        builder.cover(LIST, &answer.account, &answer.region, "", answer.outcome);
    }
    let mut found: Vec<(&Node, Option<String>)> = Vec::new();
    for answer in builder.answers(DESCRIBE) {
        found.push((&answer.body, text(&answer.body, "TargetClusterArn")));
    }
    let mut listed = BTreeSet::new();
    for answer in builder.answers(LIST) {
        for node in answer.body.list("VpcConnections") {
            listed.extend(text(node, "VpcConnectionArn"));
            found.push((node, text(node, "TargetClusterArn")));
        }
    }
    for answer in builder.answers(CLIENTS) {
        for node in answer.body.list("ClientVpcConnections") {
            found.push((node, Some(answer.resource.clone())));
        }
    }
    for (node, cluster) in found {
        let Some(arn) = text(node, "VpcConnectionArn") else {
            continue;
        };
        let state = node.str("State").unwrap_or_default();
        if matches!(state, "DELETING" | "REJECTED" | "REJECTING" | "FAILED") {
            continue;
        }
        let owner = Arn::from_str(&arn).ok().map(|a| a.account().to_owned());
        let of = |name: &str, other: &str| {
            let all = names(node, name);
            if all.is_empty() {
                names(node, other)
            } else {
                all
            }
        };
        let connection = ManagedVpcConnection {
            cluster: cluster.unwrap_or_default(),
            account: text(node, "Owner").or(owner).unwrap_or_default(),
            vpc: text(node, "VpcId"),
            subnets: of("Subnets", "ClientSubnets"),
            groups: names(node, "SecurityGroups"),
            authentication: text(node, "Authentication"),
            origin: captured(node),
            arn: arn.clone(),
        };
        let all = &mut builder.estate.vpc_connections;
        all.entry(arn).or_insert(connection);
    }
    // Only the account that made a connection may describe it.
    for arn in listed {
        if builder.estate.vpc_connections.contains_key(&arn) {
            cover(builder, DESCRIBE, &arn);
        }
    }
    let offered = builder.estate.managed.values();
    let offered: Vec<String> = offered
        .filter(|cluster| {
            let methods = cluster.from_other_vpcs;
            methods.iam || methods.scram || methods.tls
        })
        .map(|cluster| cluster.arn.clone())
        .collect();
    for arn in offered {
        cover(builder, CLIENTS, &arn);
    }
}

/// What became of a call about a resource, in the account and region of its ARN.
fn cover(builder: &mut Builder<'_>, call: &str, arn: &str) {
    let found = builder.about(call, arn, None, None);
    let outcome = found.map_or(Outcome::NotCollected, |answer| answer.outcome);
    let place = Arn::from_str(arn).ok();
    let place = place
        .as_ref()
        .map_or(("", ""), |a| (a.account(), a.region()));
    builder.cover(call, place.0, place.1, arn, outcome);
}
