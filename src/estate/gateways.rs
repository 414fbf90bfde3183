//! Internet, egress-only, NAT and virtual private gateways, and public addresses.
//!
//! Must never: take a gateway that was not listed for one that is gone.

use super::build::{Builder, captured, sorted, text, texts};
use super::network::{each, owner};
use super::{Gateway, NatGateway};
use crate::capture::Answer;
use crate::capture::json::Node;

/// Reads all gateways.
pub(super) fn read(builder: &mut Builder<'_>) {
    for (call, list, id, attachments) in [
        (
            "ec2:DescribeInternetGateways",
            "InternetGateways",
            "InternetGatewayId",
            "Attachments",
        ),
        (
            "ec2:DescribeEgressOnlyInternetGateways",
            "EgressOnlyInternetGateways",
            "EgressOnlyInternetGatewayId",
            "Attachments",
        ),
        (
            "ec2:DescribeVpnGateways",
            "VpnGateways",
            "VpnGatewayId",
            "VpcAttachments",
        ),
    ] {
        each(builder, call, list, id, |b, id, node, answer| {
            gateway(b, id, node, answer, attachments);
        });
    }
    each(
        builder,
        "ec2:DescribeNatGateways",
        "NatGateways",
        "NatGatewayId",
        nat_gateway,
    );
}

fn gateway(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer, list: &str) {
    let attached = |attachment: &&Node| {
        !matches!(
            attachment.str("State"),
            Some("detaching" | "detached" | "deleted")
        )
    };
    let attachments = node.list(list).iter().filter(attached);
    let gateway = Gateway {
        id: id.to_owned(),
        account: owner(node, answer),
        vpcs: sorted(attachments.filter_map(|a| text(a, "VpcId"))),
        origin: captured(node),
    };
    builder.estate.gateways.insert(id.to_owned(), gateway);
}

fn nat_gateway(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    let gateway = NatGateway {
        id: id.to_owned(),
        account: answer.account.clone(),
        region: answer.region.clone(),
        vpc: text(node, "VpcId"),
        subnet: text(node, "SubnetId"),
        available: matches!(node.str("State"), None | Some("available")),
        private_addresses: sorted(texts(node, "NatGatewayAddresses", "PrivateIp")),
        public_addresses: sorted(texts(node, "NatGatewayAddresses", "PublicIp")),
        origin: captured(node),
    };
    builder.estate.nat_gateways.insert(id.to_owned(), gateway);
}

/// Gives interfaces and instances the Elastic IP addresses that only the list of addresses names.
pub(super) fn addresses(builder: &mut Builder<'_>) {
    for answer in builder.answers("ec2:DescribeAddresses") {
        for node in answer.body.list("Addresses") {
            let Some(public) = text(node, "PublicIp") else {
                continue;
            };
            let mut instance = text(node, "InstanceId");
            if let Some(interface) = text(node, "NetworkInterfaceId")
                .and_then(|id| builder.estate.interfaces.get_mut(&id))
            {
                add(&mut interface.public_addresses, &public);
                instance = instance.or_else(|| interface.instance.clone());
            }
            if let Some(host) = instance.and_then(|id| builder.estate.hosts.get_mut(&id)) {
                add(&mut host.public_addresses, &public);
            }
        }
    }
}

fn add(addresses: &mut Vec<String>, address: &str) {
    if !addresses.iter().any(|known| known == address) {
        addresses.push(address.to_owned());
        addresses.sort();
    }
}
