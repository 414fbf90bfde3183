//! Where a packet goes: which route of a subnet it takes, and whether it arrives in the other VPC.
//!
//! Source: VPC User Guide, "Route priority": the longest prefix wins; the local route beats what is
//! propagated; at equal length static routes beat those of prefix lists, and these the propagated
//! ones. VPC Peering Guide: a peering carries packets between its two VPCs alone.
//!
//! Must never: take a route table that was not read for one without the route.

use std::net::IpAddr;

use ipnet::IpNet;

use super::filters::{Crossing, Packet};
use super::groups::entries;
use super::place::Place;
use super::transit;
use super::verdict::{Admission, missing};
use crate::estate::{Destination, Estate, Route, RouteTable, Via};
use crate::facts::{Evidence, NoteKind};
use crate::reach::Strength;

pub(super) const TABLES: &str = "ec2:DescribeRouteTables";

/// How a packet comes to the other side, as far as security groups ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Within one subnet.
    SameSubnet,
    /// Within one VPC.
    SameVpc,
    /// Over a peering.
    Peering {
        /// Whether both VPCs are in one region.
        same_region: bool,
    },
    /// Over a transit gateway.
    Transit {
        /// Whether groups may be named across it; nothing when that was not read.
        references: Option<bool>,
    },
    /// From a public address.
    Public,
    /// Over something that was not read.
    Unknown,
}

/// What becomes of a packet on its way.
#[derive(Clone, Debug)]
pub(super) struct Carried<'e> {
    /// Whether it arrives.
    pub(super) admission: Admission,
    /// How.
    pub(super) by: By,
    /// Subnets' edges that it crosses.
    pub(super) crossings: Vec<Crossing<'e>>,
}

impl Carried<'_> {
    fn lost(admission: Admission) -> Self {
        Self {
            admission,
            by: By::Unknown,
            crossings: Vec::new(),
        }
    }
}

/// The route of a table for an address.
#[derive(Clone, Debug, Default)]
pub(super) struct Lookup<'e> {
    /// The route that wins, among those that were read.
    pub(super) route: Option<&'e Route>,
    /// A route that might win, whose destination was not read.
    pub(super) doubt: Option<String>,
}

/// Looks an address up. Complexity: the routes of the table.
pub(super) fn lookup<'e>(estate: &Estate, table: &'e RouteTable, address: IpAddr) -> Lookup<'e> {
    let mut found = Lookup::default();
    let mut rank = None;
    for route in &table.routes {
        let (length, listed) = match &route.to {
            Destination::Net(net) if net.contains(&address) => (net.prefix_len(), false),
            Destination::Net(_) => continue,
            Destination::PrefixList(id) => match entries(estate, id) {
                Some(nets) => match longest(nets, address) {
                    Some(length) => (length, true),
                    None => continue,
                },
                // Gateway endpoints: the public addresses of a service, which nobody listens at.
                None if matches!(&route.via, Via::Endpoint(_)) => continue,
                None => {
                    found.doubt = Some(format!("the entries of prefix list {id}"));
                    continue;
                }
            },
            Destination::Unreadable(what) => {
                found.doubt = Some(format!("a route for {what}"));
                continue;
            }
        };
        let kind = match (route.propagated, listed) {
            (false, false) => 2,
            (false, true) => 1,
            (true, _) => 0,
        };
        let local = matches!(route.via, Via::Local);
        let this = (!route.propagated, local, length, kind);
        let wins = match rank {
            None => true,
            Some(best) => beats(this, best),
        };
        if wins {
            rank = Some(this);
            found.route = Some(route);
        }
    }
    found
}

/// Static or not, local or not, prefix length, kind.
type Rank = (bool, bool, u8, u8);

fn beats(this: Rank, best: Rank) -> bool {
    // The local route beats what is propagated, however long that is.
    match (this, best) {
        ((_, true, _, _), (false, _, _, _)) => true,
        ((false, _, _, _), (_, true, _, _)) => false,
        _ => (this.2, this.3) > (best.2, best.3),
    }
}

fn longest(nets: &[IpNet], address: IpAddr) -> Option<u8> {
    let fitting = nets.iter().filter(|net| net.contains(&address));
    fitting.map(IpNet::prefix_len).max()
}

/// The route as evidence.
pub(super) fn sends(table: &RouteTable, route: &Route) -> Evidence {
    let to = match &route.to {
        Destination::Net(net) => net.to_string(),
        Destination::PrefixList(text) | Destination::Unreadable(text) => text.clone(),
    };
    let says = if route.blackhole {
        format!("route table {} drops what goes to {to}", table.id)
    } else {
        format!(
            "route table {} sends {to} to {}",
            table.id,
            target(&route.via)
        )
    };
    Evidence::statement(says, route.source.clone())
}

fn target(via: &Via) -> &str {
    match via {
        Via::Local => "the VPC itself",
        Via::Internet(id)
        | Via::EgressOnly(id)
        | Via::Nat(id)
        | Via::Peering(id)
        | Via::Transit(id)
        | Via::Vpn(id)
        | Via::Endpoint(id)
        | Via::Appliance(id)
        | Via::Other(id) => id,
    }
}

/// That the routes of a place's subnet are missing.
pub(super) fn missing_table(estate: &Estate, place: &Place<'_>) -> String {
    let (account, region) = place.owner(estate);
    format!("routes: {}", missing(TABLES, account, region))
}

/// Leaving and entering the subnets of both sides.
pub(super) fn edges<'e>(estate: &'e Estate, from: &Place<'e>, to: &Place<'e>) -> Vec<Crossing<'e>> {
    if from.is_beside(to) {
        return Vec::new();
    }
    vec![edge(estate, from, false), edge(estate, to, true)]
}

/// One edge: of the subnet of a place.
pub(super) fn edge<'e>(estate: &'e Estate, place: &Place<'e>, inward: bool) -> Crossing<'e> {
    let (account, region) = place.owner(estate);
    Crossing {
        subnet: place.subnet,
        account,
        region,
        inward,
    }
}

/// Whether a packet to a private address arrives at `to`.
pub(super) fn carry<'e>(
    estate: &'e Estate,
    from: &Place<'e>,
    to: &Place<'e>,
    packet: Packet,
) -> Carried<'e> {
    if from.is_beside(to) {
        return Carried {
            admission: Admission::yes(),
            by: By::SameSubnet,
            crossings: Vec::new(),
        };
    }
    let named = |vpc: Option<&'e str>| vpc.filter(|id| !id.is_empty());
    match (named(from.vpc), named(to.vpc)) {
        (Some(a), Some(b)) if a == b => Carried {
            admission: within_vpc(estate, from, packet),
            by: By::SameVpc,
            crossings: edges(estate, from, to),
        },
        (Some(a), Some(b)) => between_vpcs(estate, (from, a), (to, b), packet),
        (None, _) | (_, None) => Carried::lost(Admission::gap(format!(
            "the VPC of one side of {} was not collected",
            to.name
        ))),
    }
}

/// Every route table has a local route, so that only a more specific one can lead elsewhere.
/// Source: VPC User Guide, "Route table concepts".
fn within_vpc(estate: &Estate, from: &Place<'_>, packet: Packet) -> Admission {
    let Some(table) = from.table(estate) else {
        return Admission::unread_guard(missing_table(estate, from));
    };
    let found = lookup(estate, table, packet.to);
    let admission = match found.route {
        None => Admission::yes(),
        Some(route) if matches!(route.to, Destination::Net(net) if net.prefix_len() == 0) => {
            Admission::yes()
        }
        Some(route) if route.blackhole => return Admission::no(vec![sends(table, route)]),
        Some(route) => match &route.via {
            Via::Appliance(id) | Via::Endpoint(id) | Via::Nat(id) | Via::Other(id) => {
                Admission::doubtful(
                    Strength::Conditional,
                    NoteKind::NotModelled,
                    format!("what {id} lets through"),
                )
                .at(&route.source)
            }
            // None of the others serves addresses of the VPC itself.
            Via::Local
            | Via::Internet(_)
            | Via::EgressOnly(_)
            | Via::Peering(_)
            | Via::Transit(_)
            | Via::Vpn(_) => Admission::yes(),
        },
    };
    match found.doubt {
        Some(doubt) => admission.weakened(Strength::Conditional, NoteKind::NotCollected, doubt),
        None => admission,
    }
}

fn between_vpcs<'e>(
    estate: &'e Estate,
    (from, a): (&Place<'e>, &'e str),
    (to, b): (&Place<'e>, &'e str),
    packet: Packet,
) -> Carried<'e> {
    let Some(table) = from.table(estate) else {
        return Carried::lost(Admission::gap(missing_table(estate, from)));
    };
    let found = lookup(estate, table, packet.to);
    let Some(route) = found.route else {
        return Carried::lost(match found.doubt {
            Some(doubt) => Admission::gap(doubt),
            None => Admission::default(),
        });
    };
    let evidence = sends(table, route);
    if route.blackhole {
        return Carried::lost(Admission::no(vec![evidence]));
    }
    let mut carried = match &route.via {
        Via::Peering(id) => over_peering(estate, id, (from, a), (to, b)),
        Via::Transit(id) => transit::carry(estate, id, from, to, packet),
        // The address is one of the VPC's own, or of the internet: not that of the other VPC. What
        // a NAT gateway sends on, from its own subnet and with its own address, is decided apart.
        Via::Local | Via::Internet(_) | Via::EgressOnly(_) | Via::Nat(_) => {
            Carried::lost(Admission::default())
        }
        Via::Vpn(id) | Via::Endpoint(id) | Via::Appliance(id) | Via::Other(id) => {
            let text = format!("where {id} sends it on to");
            let gap = Admission::doubtful(Strength::Gap, NoteKind::NotModelled, text);
            Carried {
                admission: gap.at(&route.source),
                by: By::Unknown,
                crossings: edges(estate, from, to),
            }
        }
    };
    carried.admission = Admission::surely(vec![evidence]).and(carried.admission);
    if let Some(doubt) = found.doubt {
        carried.admission =
            carried
                .admission
                .weakened(Strength::Conditional, NoteKind::NotCollected, doubt);
    }
    carried
}

fn over_peering<'e>(
    estate: &'e Estate,
    id: &str,
    (from, a): (&Place<'e>, &str),
    (to, b): (&Place<'e>, &str),
) -> Carried<'e> {
    let crossings = edges(estate, from, to);
    let Some(peering) = estate.peerings.get(id) else {
        let (account, region) = from.owner(estate);
        let call = missing("ec2:DescribeVpcPeeringConnections", account, region);
        return Carried {
            admission: Admission::gap(format!("where {id} leads: {call}")),
            by: By::Unknown,
            crossings,
        };
    };
    let says = |what: &str| {
        let text = format!(
            "{id} {what} {} and {}",
            peering.requester.vpc, peering.accepter.vpc
        );
        Evidence::description(text, peering.origin.clone())
    };
    if !peering.active {
        return Carried::lost(Admission::no(vec![says("is not active between")]));
    }
    let sides = [
        peering.requester.vpc.as_str(),
        peering.accepter.vpc.as_str(),
    ];
    if !(sides.contains(&a) && sides.contains(&b)) {
        // A peering carries nothing on to a third VPC.
        return Carried::lost(Admission::no(vec![says("only joins")]));
    }
    // Answers from before peerings between regions name none.
    let regions = [&peering.requester.region, &peering.accepter.region];
    let named = regions.iter().all(|region| !region.is_empty());
    Carried {
        admission: Admission::surely(vec![says("joins")]),
        by: By::Peering {
            same_region: !named || regions[0] == regions[1],
        },
        crossings,
    }
}
