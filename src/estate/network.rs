//! VPCs, subnets, security groups and interfaces.
//!
//! Must never: drop an admission that cannot be read; its other side becomes a list that was not
//! read.

use std::str::FromStr as _;

use ipnet::IpNet;

use super::build::{Builder, captured, sorted, text, texts};
use super::{GroupRule, Interface, Peer, SecurityGroup, Severity, Subnet, Vpc};
use crate::capture::Answer;
use crate::capture::json::Node;

/// Reads all answers about networks.
pub(super) fn read(builder: &mut Builder<'_>) {
    each(builder, "ec2:DescribeVpcs", "Vpcs", "VpcId", vpc);
    each(
        builder,
        "ec2:DescribeSubnets",
        "Subnets",
        "SubnetId",
        subnet,
    );
    each(
        builder,
        "ec2:DescribeSecurityGroups",
        "SecurityGroups",
        "GroupId",
        security_group,
    );
    each(
        builder,
        "ec2:DescribeNetworkInterfaces",
        "NetworkInterfaces",
        "NetworkInterfaceId",
        |b, id, node, answer| {
            interface(b, id, node, answer, None);
        },
    );
}

/// Calls `add` with every item of a list that is described for the first time.
pub(super) fn each<'c>(
    builder: &mut Builder<'c>,
    call: &str,
    list: &str,
    id: &str,
    add: impl Fn(&mut Builder<'c>, &str, &'c Node, &'c Answer),
) {
    for answer in builder.answers(call) {
        for node in answer.body.list(list) {
            let Some(id) = text(node, id) else {
                let message = format!("an entry of `{list}` without `{id}` was left out");
                builder.note(
                    "malformed-answer",
                    Severity::Error,
                    message,
                    Some(node.source.clone()),
                );
                continue;
            };
            if builder.is_first(&id, node) {
                add(builder, &id, node, answer);
            }
        }
    }
}

/// The owner that the item names, else the account that was asked.
pub(super) fn owner(node: &Node, answer: &Answer) -> String {
    text(node, "OwnerId").unwrap_or_else(|| answer.account.clone())
}

/// An address block; one that cannot be read is noted.
pub(super) fn block(builder: &mut Builder<'_>, node: &Node, text: &str) -> Option<IpNet> {
    let parsed = IpNet::from_str(text).ok();
    if parsed.is_none() {
        builder.note(
            "malformed-address-block",
            Severity::Error,
            "an address block cannot be read; expected the form `10.0.0.0/16`",
            Some(node.source.clone()),
        );
    }
    parsed
}

/// Blocks of an association set, without those that are on their way out.
fn associated(
    builder: &mut Builder<'_>,
    node: &Node,
    set: &str,
    field: &str,
    state: &str,
) -> Vec<IpNet> {
    let mut blocks = Vec::new();
    for item in node.list(set) {
        let gone = item
            .get(state)
            .and_then(|s| s.str("State"))
            .is_some_and(|s| matches!(s, "disassociating" | "disassociated" | "failed"));
        if let Some(written) = text(item, field).filter(|_| !gone) {
            blocks.extend(block(builder, item, &written));
        }
    }
    blocks
}

fn v6(builder: &mut Builder<'_>, node: &Node) -> Vec<IpNet> {
    associated(
        builder,
        node,
        "Ipv6CidrBlockAssociationSet",
        "Ipv6CidrBlock",
        "Ipv6CidrBlockState",
    )
}

fn vpc(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    let mut blocks = associated(
        builder,
        node,
        "CidrBlockAssociationSet",
        "CidrBlock",
        "CidrBlockState",
    );
    if let Some(primary) = text(node, "CidrBlock") {
        blocks.extend(block(builder, node, &primary));
    }
    blocks.extend(v6(builder, node));
    blocks.sort();
    blocks.dedup();
    let vpc = Vpc {
        id: id.to_owned(),
        account: owner(node, answer),
        region: answer.region.clone(),
        blocks,
        origin: captured(node),
    };
    builder.estate.vpcs.insert(id.to_owned(), vpc);
}

fn subnet(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    let cidr = text(node, "CidrBlock").and_then(|cidr| block(builder, node, &cidr));
    let v6 = v6(builder, node);
    let subnet = Subnet {
        id: id.to_owned(),
        account: owner(node, answer),
        region: answer.region.clone(),
        vpc: text(node, "VpcId").unwrap_or_default(),
        cidr,
        v6,
        zone: text(node, "AvailabilityZone"),
        origin: captured(node),
    };
    builder.estate.subnets.insert(id.to_owned(), subnet);
}

fn security_group(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    let group = SecurityGroup {
        id: id.to_owned(),
        account: owner(node, answer),
        name: text(node, "GroupName").unwrap_or_default(),
        vpc: text(node, "VpcId"),
        ingress: permissions(builder, node, "IpPermissions"),
        egress: permissions(builder, node, "IpPermissionsEgress"),
        origin: captured(node),
    };
    builder.estate.security_groups.insert(id.to_owned(), group);
}

/// The rules of one direction. AWS always names both; without one, it may hold anything.
fn permissions(builder: &mut Builder<'_>, node: &Node, list: &str) -> Vec<GroupRule> {
    if node.has_list(list) {
        return rules(builder, node.list(list));
    }
    vec![GroupRule {
        protocol: "-1".to_owned(),
        ports: None,
        peer: Peer::Unreadable(format!("`{list}`, which the answer lacks")),
        source: node.source.clone(),
    }]
}

fn rules(builder: &mut Builder<'_>, permissions: &[Node]) -> Vec<GroupRule> {
    let mut rules = Vec::new();
    for permission in permissions {
        let protocol = permission
            .get("IpProtocol")
            .and_then(Node::scalar)
            .unwrap_or_else(|| "-1".to_owned());
        let port = |name: &str| {
            permission
                .get(name)
                .and_then(Node::as_i64)
                .and_then(|p| u16::try_from(p).ok())
        };
        // For ICMP the two numbers are type and code, and -1 is all of them.
        let by_port = matches!(protocol.as_str(), "tcp" | "udp" | "6" | "17");
        let ports = port("FromPort").zip(port("ToPort")).filter(|_| by_port);
        let mut peers: Vec<(Peer, &Node)> = Vec::new();
        for (list, field) in [("IpRanges", "CidrIp"), ("Ipv6Ranges", "CidrIpv6")] {
            for range in permission.list(list) {
                let written = text(range, field).unwrap_or_default();
                let peer =
                    block(builder, range, &written).map_or(Peer::Unreadable(written), Peer::Net);
                peers.push((peer, range));
            }
        }
        for pair in permission.list("UserIdGroupPairs") {
            peers.extend(text(pair, "GroupId").map(|id| (Peer::Group(id), pair)));
        }
        for list in permission.list("PrefixListIds") {
            peers.extend(text(list, "PrefixListId").map(|id| (Peer::PrefixList(id), list)));
        }
        rules.extend(peers.into_iter().map(|(peer, node)| GroupRule {
            protocol: protocol.clone(),
            ports,
            peer,
            source: node.source.clone(),
        }));
    }
    rules
}

/// Adds an interface; `instance` is given where an instance describes its own.
pub(super) fn interface(
    builder: &mut Builder<'_>,
    id: &str,
    node: &Node,
    answer: &Answer,
    instance: Option<&str>,
) {
    let attachment = node.get("Attachment").and_then(|a| text(a, "InstanceId"));
    let mut addresses = texts(node, "PrivateIpAddresses", "PrivateIpAddress");
    addresses.extend(text(node, "PrivateIpAddress"));
    addresses.extend(texts(node, "Ipv6Addresses", "Ipv6Address"));
    let interface = Interface {
        id: id.to_owned(),
        account: owner(node, answer),
        region: answer.region.clone(),
        vpc: text(node, "VpcId"),
        instance: attachment.or(instance.map(str::to_owned)),
        subnet: text(node, "SubnetId"),
        private_addresses: sorted(addresses),
        private_dns: text(node, "PrivateDnsName"),
        public_addresses: public_addresses(node),
        groups: sorted(texts(node, "Groups", "GroupId")),
        origin: captured(node),
    };
    builder
        .estate
        .interfaces
        .entry(id.to_owned())
        .or_insert(interface);
}

/// The public addresses that a description of an interface names.
pub(super) fn public_addresses(node: &Node) -> Vec<String> {
    let public = |n: &Node| n.get("Association").and_then(|a| text(a, "PublicIp"));
    let secondary = node.list("PrivateIpAddresses").iter().filter_map(public);
    sorted(public(node).into_iter().chain(secondary))
}
