//! Network ACLs.
//!
//! Must never: leave out an entry that cannot be read; it may match anything.

use super::build::{Builder, captured, sorted, text, texts};
use super::network::{block, each, owner};
use super::{AclEntry, NetworkAcl};
use crate::capture::Answer;
use crate::capture::json::Node;

/// Reads all network ACLs.
pub(super) fn read(builder: &mut Builder<'_>) {
    each(
        builder,
        "ec2:DescribeNetworkAcls",
        "NetworkAcls",
        "NetworkAclId",
        network_acl,
    );
}

fn network_acl(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    // Each has entries, at least the one that denies the rest: without, it was not read.
    if !node.has_list("Entries") {
        return;
    }
    let (mut ingress, mut egress) = (Vec::new(), Vec::new());
    for item in node.list("Entries") {
        let entry = entry(builder, item);
        if item.get("Egress").and_then(Node::as_bool) == Some(true) {
            egress.push(entry);
        } else {
            ingress.push(entry);
        }
    }
    for entries in [&mut ingress, &mut egress] {
        entries.sort_by(|a, b| (a.number, &a.source).cmp(&(b.number, &b.source)));
    }
    let acl = NetworkAcl {
        id: id.to_owned(),
        account: owner(node, answer),
        vpc: text(node, "VpcId").unwrap_or_default(),
        default: node.get("IsDefault").and_then(Node::as_bool) == Some(true),
        subnets: sorted(texts(node, "Associations", "SubnetId")),
        ingress,
        egress,
        origin: captured(node),
    };
    builder.estate.network_acls.insert(id.to_owned(), acl);
}

fn entry(builder: &mut Builder<'_>, node: &Node) -> AclEntry {
    let written = text(node, "CidrBlock").or_else(|| text(node, "Ipv6CidrBlock"));
    let range = node.get("PortRange");
    let port = |name: &str| {
        range
            .and_then(|r| r.get(name))
            .and_then(Node::as_i64)
            .and_then(|p| u16::try_from(p).ok())
    };
    AclEntry {
        number: node
            .get("RuleNumber")
            .and_then(Node::as_i64)
            .unwrap_or_default(),
        protocol: node
            .get("Protocol")
            .and_then(Node::scalar)
            .unwrap_or_else(|| "-1".to_owned()),
        ports: port("From").zip(port("To")),
        block: written.and_then(|written| block(builder, node, &written)),
        allows: node.str("RuleAction") == Some("allow"),
        source: node.source.clone(),
    }
}
