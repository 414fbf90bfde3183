//! Load balancers, their listeners, target groups and registered targets.
//!
//! Must never: take listeners or targets that were not read for none.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::build::{Builder, captured, sorted, text, texts};
use super::network::each;
use super::{Balancer, BalancerListener, Outcome, RegisteredTarget, Seen, TargetGroup};
use crate::capture::Answer;
use crate::capture::json::Node;

const LISTENERS: &str = "elbv2:DescribeListeners";
const TARGETS: &str = "elbv2:DescribeTargetHealth";
const ATTRIBUTES: &str = "elbv2:DescribeTargetGroupAttributes";

/// Reads all load balancers and target groups.
pub(super) fn read(builder: &mut Builder<'_>) {
    each(
        builder,
        "elbv2:DescribeLoadBalancers",
        "LoadBalancers",
        "LoadBalancerArn",
        balancer,
    );
    each(
        builder,
        "elbv2:DescribeTargetGroups",
        "TargetGroups",
        "TargetGroupArn",
        target_group,
    );
}

/// What an answer about one thing lists; unread without a complete answer.
fn listed<T>(
    builder: &mut Builder<'_>,
    call: &str,
    id: &str,
    answer: &Answer,
    list: &str,
    item: impl Fn(&Node) -> Option<T>,
) -> Seen<Vec<T>> {
    let (account, region) = (answer.account.as_str(), answer.region.as_str());
    let found = builder.about(call, id, Some(account), Some(region));
    let outcome = found.map_or(Outcome::NotCollected, |a| a.outcome);
    builder.cover(call, account, region, id, outcome);
    match found {
        Some(found) if outcome == Outcome::Ok => {
            Seen::Is(found.body.list(list).iter().filter_map(item).collect())
        }
        Some(_) | None => Seen::Unread(Arc::from(format!("{call} of {id}"))),
    }
}

fn port(node: &Node) -> Option<u16> {
    node.get("Port")
        .and_then(Node::as_i64)
        .and_then(|p| u16::try_from(p).ok())
}

fn balancer(builder: &mut Builder<'_>, arn: &str, node: &Node, answer: &Answer) {
    let network = node.str("Type") == Some("network");
    let listeners = if network {
        listed(builder, LISTENERS, arn, answer, "Listeners", listener)
    } else {
        Seen::Unread(Arc::from(format!("{LISTENERS} of {arn}")))
    };
    let zones = node.list("AvailabilityZones");
    let balancer = Balancer {
        arn: arn.to_owned(),
        name: text(node, "LoadBalancerName").unwrap_or_default(),
        account: answer.account.clone(),
        region: answer.region.clone(),
        network,
        address_type: text(node, "IpAddressType").unwrap_or_default(),
        internet_facing: node.str("Scheme") == Some("internet-facing"),
        vpc: text(node, "VpcId"),
        subnets: sorted(zones.iter().filter_map(|z| text(z, "SubnetId"))),
        addresses: sorted(
            zones
                .iter()
                .flat_map(|z| texts(z, "LoadBalancerAddresses", "PrivateIPv4Address")),
        ),
        groups: sorted(node.list("SecurityGroups").iter().filter_map(Node::scalar)),
        filters_private_link: node.str("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic")
            != Some("off"),
        listeners,
        origin: captured(node),
    };
    builder.estate.balancers.insert(arn.to_owned(), balancer);
}

fn listener(node: &Node) -> Option<BalancerListener> {
    let actions = node.list("DefaultActions").iter();
    let groups = actions.flat_map(|action| {
        let forward = action.get("ForwardConfig");
        let several = forward
            .map(|f| texts(f, "TargetGroups", "TargetGroupArn"))
            .unwrap_or_default();
        text(action, "TargetGroupArn").into_iter().chain(several)
    });
    Some(BalancerListener {
        port: port(node)?,
        protocol: text(node, "Protocol").unwrap_or_default(),
        target_groups: sorted(groups),
        source: node.source.clone(),
    })
}

fn target_group(builder: &mut Builder<'_>, arn: &str, node: &Node, answer: &Answer) {
    let kind = text(node, "TargetType").unwrap_or_default();
    // Only Network Load Balancers send TCP on as it is.
    let protocol = node.str("Protocol").unwrap_or_default();
    let tcp = matches!(protocol, "" | "TCP" | "TLS" | "TCP_UDP");
    let sends = tcp && matches!(kind.as_str(), "instance" | "ip");
    let said = if sends {
        attributes(builder, arn, answer)
    } else {
        Seen::Absent
    };
    let targets = if sends {
        let list = "TargetHealthDescriptions";
        listed(builder, TARGETS, arn, answer, list, registered)
    } else {
        Seen::Absent
    };
    let group = TargetGroup {
        arn: arn.to_owned(),
        port: port(node),
        preserves_client: preserves(&kind, protocol, &said),
        proxy_protocol: flag(&said, "proxy_protocol_v2.enabled", false),
        kind,
        targets,
        origin: captured(node),
    };
    builder.estate.target_groups.insert(arn.to_owned(), group);
}

/// The attributes of a target group, by key.
fn attributes(
    builder: &mut Builder<'_>,
    arn: &str,
    answer: &Answer,
) -> Seen<BTreeMap<String, String>> {
    let item = |node: &Node| Some((text(node, "Key")?, text(node, "Value").unwrap_or_default()));
    let all = listed(builder, ATTRIBUTES, arn, answer, "Attributes", item);
    match all {
        Seen::Is(all) => Seen::Is(all.into_iter().collect()),
        Seen::Absent => Seen::Absent,
        Seen::Unread(what) => Seen::Unread(what),
    }
}

fn flag(said: &Seen<BTreeMap<String, String>>, key: &str, default: bool) -> Seen<bool> {
    match said {
        Seen::Is(all) => Seen::Is(all.get(key).map_or(default, |value| value == "true")),
        Seen::Absent => Seen::Absent,
        Seen::Unread(what) => Seen::Unread(Arc::clone(what)),
    }
}

/// Whether targets see the client's address. Source: Network Load Balancer Guide, "Edit target group
/// attributes", "Client IP preservation": always with UDP; with TCP and TLS by the attribute, which
/// is on for instances and off for addresses unless somebody sets it.
fn preserves(kind: &str, protocol: &str, said: &Seen<BTreeMap<String, String>>) -> Seen<bool> {
    if protocol == "TCP_UDP" {
        return Seen::Is(true);
    }
    flag(said, "preserve_client_ip.enabled", kind == "instance")
}

fn registered(node: &Node) -> Option<RegisteredTarget> {
    let target = node.get("Target")?;
    let health = node.get("TargetHealth").and_then(|h| text(h, "State"));
    Some(RegisteredTarget {
        id: text(target, "Id")?,
        port: port(target),
        health: health.unwrap_or_default(),
        source: node.source.clone(),
    })
}
