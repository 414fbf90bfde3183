//! Transit gateways: attachments, route tables, associations, routes.
//!
//! Must never: take a search that says that there are more routes for all of them.

use std::sync::Arc;

use super::build::{Builder, captured, sorted, text};
use super::network::{block, each};
use super::{
    Outcome, Seen, Severity, TransitAttachment, TransitGateway, TransitRoute, TransitTable,
};
use crate::capture::Answer;
use crate::capture::json::Node;

const ASSOCIATIONS: &str = "ec2:GetTransitGatewayRouteTableAssociations";
const ROUTES: &str = "ec2:SearchTransitGatewayRoutes";
const VPC_ATTACHMENTS: &str = "ec2:DescribeTransitGatewayVpcAttachments";

/// Reads everything about transit gateways.
pub(super) fn read(builder: &mut Builder<'_>) {
    // Every account that a gateway is shared with describes it, with its own tags.
    for answer in builder.answers("ec2:DescribeTransitGateways") {
        for node in answer.body.list("TransitGateways") {
            if let Some(id) = text(node, "TransitGatewayId") {
                gateway(builder, &id, node, answer);
            }
        }
    }
    for answer in builder.answers("ec2:DescribeTransitGatewayAttachments") {
        for node in answer.body.list("TransitGatewayAttachments") {
            attachment(builder, node);
        }
    }
    for answer in builder.answers(VPC_ATTACHMENTS) {
        for node in answer.body.list("TransitGatewayVpcAttachments") {
            vpc_attachment(builder, node);
        }
    }
    each(
        builder,
        "ec2:DescribeTransitGatewayRouteTables",
        "TransitGatewayRouteTables",
        "TransitGatewayRouteTableId",
        table,
    );
}

fn is_on(node: Option<&Node>, name: &str) -> bool {
    node.and_then(|o| o.str(name)) == Some("enable")
}

fn gateway(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    let gateway = TransitGateway {
        id: id.to_owned(),
        account: text(node, "OwnerId").unwrap_or_else(|| answer.account.clone()),
        region: answer.region.clone(),
        references: is_on(node.get("Options"), "SecurityGroupReferencingSupport"),
        origin: captured(node),
    };
    builder
        .estate
        .transit_gateways
        .entry(id.to_owned())
        .or_insert(gateway);
}

/// An attachment is described by the gateway's account and by the attached one, and each leaves
/// something out: what one does not tell, the other may.
fn merge(builder: &mut Builder<'_>, new: TransitAttachment) {
    let key = (new.gateway.clone(), new.id.clone());
    match builder.estate.transit_attachments.get_mut(&key) {
        None => {
            builder.estate.transit_attachments.insert(key, new);
        }
        Some(known) => {
            if matches!(known.table, Seen::Unread(_)) {
                known.table = new.table;
            }
            if matches!(known.subnets, Seen::Unread(_)) {
                known.subnets = new.subnets;
            }
            if matches!(known.references, Seen::Unread(_)) {
                known.references = new.references;
            }
        }
    }
}

fn unread<T>(what: &str, id: &str) -> Seen<T> {
    Seen::Unread(Arc::from(format!("{what} of {id}")))
}

fn attachment(builder: &mut Builder<'_>, node: &Node) {
    let (Some(id), Some(gateway)) = (
        text(node, "TransitGatewayAttachmentId"),
        text(node, "TransitGatewayId"),
    ) else {
        let message = "a transit gateway attachment without its id or its gateway was left out";
        builder.note(
            "malformed-answer",
            Severity::Error,
            message,
            Some(node.source.clone()),
        );
        return;
    };
    let association = node.get("Association").filter(|a| {
        !matches!(
            a.str("State"),
            Some("disassociating" | "disassociated" | "associating")
        )
    });
    let table = association.and_then(|a| text(a, "TransitGatewayRouteTableId"));
    let new = TransitAttachment {
        gateway,
        kind: text(node, "ResourceType").unwrap_or_default(),
        resource: text(node, "ResourceId").unwrap_or_default(),
        available: matches!(node.str("State"), None | Some("available")),
        table: table.map_or_else(|| unread(ASSOCIATIONS, &id), Seen::Is),
        subnets: unread(VPC_ATTACHMENTS, &id),
        references: unread(VPC_ATTACHMENTS, &id),
        origin: captured(node),
        id,
    };
    merge(builder, new);
}

fn vpc_attachment(builder: &mut Builder<'_>, node: &Node) {
    let (Some(id), Some(gateway)) = (
        text(node, "TransitGatewayAttachmentId"),
        text(node, "TransitGatewayId"),
    ) else {
        return;
    };
    let options = node.get("Options");
    let references = options.and_then(|o| o.str("SecurityGroupReferencingSupport"));
    let new = TransitAttachment {
        gateway,
        kind: "vpc".to_owned(),
        resource: text(node, "VpcId").unwrap_or_default(),
        available: matches!(node.str("State"), None | Some("available")),
        table: unread(ASSOCIATIONS, &id),
        subnets: Seen::Is(sorted(
            node.list("SubnetIds").iter().filter_map(Node::scalar),
        )),
        references: references.map_or_else(
            || unread(VPC_ATTACHMENTS, &id),
            |state| Seen::Is(state == "enable"),
        ),
        origin: captured(node),
        id,
    };
    merge(builder, new);
}

fn table(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    let gateway = text(node, "TransitGatewayId").unwrap_or_default();
    let (account, region) = (answer.account.as_str(), answer.region.as_str());
    let associations = builder.about(ASSOCIATIONS, id, Some(account), Some(region));
    let outcome = associations.map_or(Outcome::NotCollected, |a| a.outcome);
    builder.cover(ASSOCIATIONS, account, region, id, outcome);
    for item in associations
        .into_iter()
        .flat_map(|a| a.body.list("Associations"))
    {
        let attachment = text(item, "TransitGatewayAttachmentId").unwrap_or_default();
        let on = matches!(item.str("State"), None | Some("associated"));
        let key = (gateway.clone(), attachment);
        if let Some(known) = builder
            .estate
            .transit_attachments
            .get_mut(&key)
            .filter(|_| on)
        {
            known.table = Seen::Is(id.to_owned());
        }
    }
    let searched = builder.about(ROUTES, id, Some(account), Some(region));
    let more = searched.is_some_and(|a| {
        a.body
            .get("AdditionalRoutesAvailable")
            .and_then(Node::as_bool)
            == Some(true)
    });
    let outcome = match searched {
        None => Outcome::NotCollected,
        Some(_) if more => Outcome::Truncated,
        Some(answer) => answer.outcome,
    };
    builder.cover(ROUTES, account, region, id, outcome);
    let routes = match searched {
        Some(answer) if matches!(outcome, Outcome::Ok | Outcome::Truncated) => {
            let mut routes = Vec::new();
            for item in answer.body.list("Routes") {
                routes.push(route(builder, item));
            }
            Seen::Is(routes)
        }
        Some(_) | None => unread(ROUTES, id),
    };
    let table = TransitTable {
        id: id.to_owned(),
        gateway,
        routes,
        complete: outcome == Outcome::Ok,
        origin: captured(node),
    };
    builder.estate.transit_tables.insert(id.to_owned(), table);
}

fn route(builder: &mut Builder<'_>, node: &Node) -> TransitRoute {
    let written = text(node, "DestinationCidrBlock");
    let attachments = node.list("TransitGatewayAttachments").iter();
    TransitRoute {
        to: written.and_then(|written| block(builder, node, &written)),
        attachments: sorted(attachments.filter_map(|a| text(a, "TransitGatewayAttachmentId"))),
        blackhole: node.str("State") == Some("blackhole"),
        propagated: node.str("Type") == Some("propagated"),
        source: node.source.clone(),
    }
}
