//! Route tables, and which one a subnet uses.
//!
//! Must never: leave out a route whose destination or target is not understood.

use super::build::{Builder, captured, sorted, text};
use super::network::{block, each, owner};
use super::{Destination, Estate, Route, RouteTable, Via};
use crate::capture::Answer;
use crate::capture::json::Node;

/// Reads all route tables.
pub(super) fn read(builder: &mut Builder<'_>) {
    each(
        builder,
        "ec2:DescribeRouteTables",
        "RouteTables",
        "RouteTableId",
        route_table,
    );
}

fn route_table(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    // Each has its local route: without routes, it was not read.
    if !node.has_list("Routes") {
        return;
    }
    let holds = |association: &&Node| {
        let state = association
            .get("AssociationState")
            .and_then(|s| s.str("State"));
        !matches!(state, Some("disassociating" | "disassociated" | "failed"))
    };
    let associations: Vec<&Node> = node.list("Associations").iter().filter(holds).collect();
    let mut routes = Vec::new();
    for item in node.list("Routes") {
        let to = destination(builder, item);
        routes.push(Route {
            to,
            via: via(item),
            blackhole: item.str("State") == Some("blackhole"),
            propagated: item.str("Origin") == Some("EnableVgwRoutePropagation"),
            source: item.source.clone(),
        });
    }
    let table = RouteTable {
        id: id.to_owned(),
        account: owner(node, answer),
        region: answer.region.clone(),
        vpc: text(node, "VpcId").unwrap_or_default(),
        main: associations
            .iter()
            .any(|a| a.get("Main").and_then(Node::as_bool) == Some(true)),
        subnets: sorted(associations.iter().filter_map(|a| text(a, "SubnetId"))),
        gateways: sorted(associations.iter().filter_map(|a| text(a, "GatewayId"))),
        routes,
        origin: captured(node),
    };
    builder.estate.route_tables.insert(id.to_owned(), table);
}

fn destination(builder: &mut Builder<'_>, route: &Node) -> Destination {
    for name in ["DestinationCidrBlock", "DestinationIpv6CidrBlock"] {
        if let Some(written) = text(route, name) {
            return block(builder, route, &written)
                .map_or(Destination::Unreadable(written), Destination::Net);
        }
    }
    text(route, "DestinationPrefixListId").map_or_else(
        || Destination::Unreadable("a destination that is not named".to_owned()),
        Destination::PrefixList,
    )
}

/// Makes a target of its id.
type Make = fn(String) -> Via;

/// Source: EC2 API Reference, `Route`.
fn via(route: &Node) -> Via {
    let named = |name: &str| text(route, name);
    if let Some(id) = named("GatewayId") {
        return match id.split('-').next() {
            Some("local") => Via::Local,
            Some("igw") => Via::Internet(id),
            Some("vgw") => Via::Vpn(id),
            Some("vpce") => Via::Endpoint(id),
            Some(_) | None => Via::Other(id),
        };
    }
    let kinds: [(&str, Make); 9] = [
        ("NatGatewayId", Via::Nat),
        ("VpcPeeringConnectionId", Via::Peering),
        ("TransitGatewayId", Via::Transit),
        ("EgressOnlyInternetGatewayId", Via::EgressOnly),
        ("NetworkInterfaceId", Via::Appliance),
        ("InstanceId", Via::Appliance),
        ("CarrierGatewayId", Via::Other),
        ("LocalGatewayId", Via::Other),
        ("CoreNetworkArn", Via::Other),
    ];
    kinds
        .iter()
        .find_map(|(name, make)| named(name).map(make))
        .unwrap_or_else(|| Via::Other("a target that is not named".to_owned()))
}

impl Estate {
    /// The table associated with a subnet, else the main one of its VPC; nothing when neither was
    /// read. Source: VPC User Guide, "Subnet route tables".
    pub fn route_table_of(&self, subnet: &str) -> Option<&RouteTable> {
        let own = self
            .route_tables
            .values()
            .find(|table| table.subnets.iter().any(|associated| associated == subnet));
        own.or_else(|| {
            let vpc = &self.subnets.get(subnet)?.vpc;
            self.route_tables
                .values()
                .find(|table| table.main && table.vpc == *vpc)
        })
    }
}
