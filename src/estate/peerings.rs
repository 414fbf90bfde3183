//! VPC peering connections.
//!
//! Must never: take a peering that waits, was refused or expired for one that carries traffic.

use super::build::{Builder, captured, text};
use super::network::block;
use super::{Peering, PeeringSide, Severity};
use crate::capture::json::Node;

/// Reads all peerings. Both accounts of one describe it, and each with its own tags: that is no
/// contradiction.
pub(super) fn read(builder: &mut Builder<'_>) {
    for answer in builder.answers("ec2:DescribeVpcPeeringConnections") {
        for node in answer.body.list("VpcPeeringConnections") {
            let Some(id) = text(node, "VpcPeeringConnectionId") else {
                let message = "a peering without `VpcPeeringConnectionId` was left out";
                let source = Some(node.source.clone());
                builder.note("malformed-answer", Severity::Error, message, source);
                continue;
            };
            if !builder.estate.peerings.contains_key(&id) {
                let peering = peering(builder, &id, node);
                builder.estate.peerings.insert(id, peering);
            }
        }
    }
}

fn peering(builder: &mut Builder<'_>, id: &str, node: &Node) -> Peering {
    let status = node.get("Status").and_then(|s| s.str("Code"));
    Peering {
        id: id.to_owned(),
        active: status == Some("active"),
        requester: side(builder, node.get("RequesterVpcInfo")),
        accepter: side(builder, node.get("AccepterVpcInfo")),
        origin: captured(node),
    }
}

fn side(builder: &mut Builder<'_>, node: Option<&Node>) -> PeeringSide {
    let mut side = PeeringSide {
        vpc: String::new(),
        account: String::new(),
        region: String::new(),
        blocks: Vec::new(),
    };
    let Some(node) = node else {
        return side;
    };
    side.vpc = text(node, "VpcId").unwrap_or_default();
    side.account = text(node, "OwnerId").unwrap_or_default();
    side.region = text(node, "Region").unwrap_or_default();
    if let Some(primary) = text(node, "CidrBlock") {
        side.blocks.extend(block(builder, node, &primary));
    }
    for (list, field) in [
        ("CidrBlockSet", "CidrBlock"),
        ("Ipv6CidrBlockSet", "Ipv6CidrBlock"),
    ] {
        for item in node.list(list) {
            if let Some(written) = text(item, field) {
                side.blocks.extend(block(builder, item, &written));
            }
        }
    }
    side.blocks.sort();
    side.blocks.dedup();
    side
}
