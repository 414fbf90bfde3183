//! Subnets, security groups, interfaces, endpoints and route tables.
//!
//! Must never: drop an admission that cannot be read; its other side becomes a list that was not
//! read.

use std::str::FromStr as _;

use ipnet::IpNet;

use super::build::{Builder, captured, in_account, sorted, text, texts};
use super::{
    Endpoint, GroupRule, Interface, Peer, RouteTable, SecurityGroup, Seen, Severity, Subnet,
};
use crate::capture::Answer;
use crate::capture::json::Node;

/// Reads all answers about networks.
pub(super) fn read(builder: &mut Builder<'_>) {
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
        |b, id, node, _| {
            interface(b, id, node, None);
        },
    );
    each(
        builder,
        "ec2:DescribeVpcEndpoints",
        "VpcEndpoints",
        "VpcEndpointId",
        endpoint,
    );
    each(
        builder,
        "ec2:DescribeRouteTables",
        "RouteTables",
        "RouteTableId",
        route_table,
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

fn network(builder: &mut Builder<'_>, node: &Node, text: &str) -> Option<IpNet> {
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

fn subnet(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    let cidr = text(node, "CidrBlock").and_then(|cidr| network(builder, node, &cidr));
    let subnet = Subnet {
        id: id.to_owned(),
        account: owner(node, answer),
        vpc: text(node, "VpcId").unwrap_or_default(),
        cidr,
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
        ingress: rules(builder, node.list("IpPermissions")),
        egress: rules(builder, node.list("IpPermissionsEgress")),
        origin: captured(node),
    };
    builder.estate.security_groups.insert(id.to_owned(), group);
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
                    network(builder, range, &written).map_or(Peer::PrefixList(written), Peer::Net);
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
pub(super) fn interface(builder: &mut Builder<'_>, id: &str, node: &Node, instance: Option<&str>) {
    let attachment = node.get("Attachment").and_then(|a| text(a, "InstanceId"));
    let mut addresses = texts(node, "PrivateIpAddresses", "PrivateIpAddress");
    addresses.extend(text(node, "PrivateIpAddress"));
    addresses.extend(texts(node, "Ipv6Addresses", "Ipv6Address"));
    let interface = Interface {
        id: id.to_owned(),
        instance: attachment.or(instance.map(str::to_owned)),
        subnet: text(node, "SubnetId"),
        private_addresses: sorted(addresses),
        private_dns: text(node, "PrivateDnsName"),
        public_address: node.get("Association").and_then(|a| text(a, "PublicIp")),
        groups: sorted(texts(node, "Groups", "GroupId")),
        origin: captured(node),
    };
    builder
        .estate
        .interfaces
        .entry(id.to_owned())
        .or_insert(interface);
}

fn endpoint(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    let state = node.str("State").unwrap_or_default().to_ascii_lowercase();
    if matches!(
        state.as_str(),
        "deleted" | "deleting" | "rejected" | "failed" | "expired"
    ) {
        return;
    }
    let account = owner(node, answer);
    let kind = node.str("VpcEndpointType").unwrap_or("Gateway").to_owned();
    let missing = || format!("policy of VPC endpoint {id} ({})", in_account(&account));
    let policy = if kind == "GatewayLoadBalancer" {
        Seen::Absent
    } else {
        builder.seen_document(node.get("PolicyDocument"), missing)
    };
    let written = node.str("ServiceName").unwrap_or_default();
    let service = written
        .splitn(4, '.')
        .nth(3)
        .filter(|_| written.starts_with("com.amazonaws."));
    let endpoint = Endpoint {
        id: id.to_owned(),
        account,
        vpc: text(node, "VpcId").unwrap_or_default(),
        service: service.unwrap_or(written).to_owned(),
        gateway: kind == "Gateway",
        route_tables: sorted(node.list("RouteTableIds").iter().filter_map(Node::scalar)),
        policy,
        origin: captured(node),
    };
    builder.estate.endpoints.insert(id.to_owned(), endpoint);
}

fn route_table(builder: &mut Builder<'_>, id: &str, node: &Node, _: &Answer) {
    let associations = node.list("Associations");
    let to_internet = |route: &&Node| {
        route
            .str("GatewayId")
            .is_some_and(|g| g.starts_with("igw-"))
            && route.str("State") != Some("blackhole")
    };
    let table = RouteTable {
        id: id.to_owned(),
        vpc: text(node, "VpcId").unwrap_or_default(),
        main: associations
            .iter()
            .any(|a| a.get("Main").and_then(Node::as_bool) == Some(true)),
        subnets: sorted(associations.iter().filter_map(|a| text(a, "SubnetId"))),
        internet: node.list("Routes").iter().any(|route| to_internet(&route)),
    };
    builder.estate.route_tables.insert(id.to_owned(), table);
}
