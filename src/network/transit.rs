//! Transit gateways: from an attachment through its route table to another attachment.
//!
//! Source: Transit Gateway Guide, "How transit gateways work" (static routes beat propagated ones of
//! the same length), "VPC attachments" (resources of a zone without attachment do not reach the
//! gateway), "Network ACLs for transit gateways".
//!
//! Must never: take an attachment or a route that was not read for a missing one.

use std::net::IpAddr;

use super::filters::{Crossing, Packet};
use super::path::{By, Carried, edge};
use super::place::Place;
use super::verdict::{Admission, missing};
use crate::estate::{Estate, Seen, TransitAttachment, TransitRoute, TransitTable};
use crate::facts::{Evidence, NoteKind};
use crate::reach::Strength;

const ATTACHMENTS: &str = "ec2:DescribeTransitGatewayAttachments";
const SEARCH: &str = "ec2:SearchTransitGatewayRoutes";
/// Gateways that a packet may pass; peerings of gateways are joined by hand, one by one.
const GATEWAYS: usize = 4;

/// Whether a packet that a subnet sends to a transit gateway arrives at `to`.
pub(super) fn carry<'e>(
    estate: &'e Estate,
    gateway: &str,
    from: &Place<'e>,
    to: &Place<'e>,
    packet: Packet,
) -> Carried<'e> {
    let entry = attachment(estate, gateway, from);
    let lost = |admission| Carried {
        admission,
        by: By::Unknown,
        crossings: Vec::new(),
    };
    let Some(entry) = entry else {
        let (account, region) = from.owner(estate);
        return lost(if estate.listed(ATTACHMENTS, account, region) {
            Admission::default()
        } else {
            let call = missing(ATTACHMENTS, account, region);
            Admission::gap(format!("how {gateway} is attached: {call}"))
        });
    };
    let entered = enters(estate, entry, from);
    if entered.is_no() {
        return lost(entered);
    }
    let (through, exit) = follow(estate, entry, to, packet.to);
    if through.is_no() {
        return lost(through);
    }
    let mut crossings = Vec::new();
    crossings.extend(leave(estate, entry, from));
    crossings.extend(arrive(estate, exit, to));
    let unread = [Some(entry), exit]
        .into_iter()
        .flatten()
        .find_map(|side| match &side.subnets {
            Seen::Unread(what) => Some(what.to_string()),
            Seen::Is(_) | Seen::Absent => None,
        });
    let mut admission = entered.and(through);
    if let Some(what) = unread {
        let text = format!("the subnets of a transit gateway attachment: {what}");
        admission = admission.weakened(Strength::Conditional, NoteKind::NotCollected, text);
    }
    Carried {
        admission,
        by: By::Transit {
            references: references(estate, gateway, entry, exit),
        },
        crossings,
    }
}

fn attachment<'e>(
    estate: &'e Estate,
    gateway: &str,
    place: &Place<'_>,
) -> Option<&'e TransitAttachment> {
    let of_gateway = estate
        .transit_attachments
        .values()
        .filter(|a| a.gateway == gateway && a.kind == "vpc");
    of_gateway
        .filter(|a| Some(a.resource.as_str()) == place.vpc)
        .max_by_key(|a| a.available)
}

/// Whether groups may be named across: the gateway and both attachments must allow it.
fn references(
    estate: &Estate,
    gateway: &str,
    entry: &TransitAttachment,
    exit: Option<&TransitAttachment>,
) -> Option<bool> {
    let mut answers = vec![
        estate.transit_gateways.get(gateway).map(|g| g.references),
        entry.references.as_ref().copied(),
    ];
    answers.push(exit.and_then(|e| e.references.as_ref().copied()));
    if answers.contains(&Some(false)) {
        return Some(false);
    }
    answers
        .into_iter()
        .collect::<Option<Vec<bool>>>()
        .map(|_| true)
}

/// Whether traffic of the sender's zone gets to the gateway.
fn enters(estate: &Estate, entry: &TransitAttachment, from: &Place<'_>) -> Admission {
    let says = format!(
        "{} attaches {} to {}",
        entry.id, entry.resource, entry.gateway
    );
    let evidence = Evidence::description(says, entry.origin.clone());
    if !entry.available {
        return Admission::no(vec![evidence]);
    }
    let Some(subnets) = entry.subnets.as_ref() else {
        return Admission::surely(vec![evidence]);
    };
    let zones: Option<Vec<&str>> = subnets
        .iter()
        .map(|id| estate.subnets.get(id)?.zone.as_deref())
        .collect();
    match (zones, from.zone(estate)) {
        (Some(zones), Some(own)) if !zones.contains(&own) => Admission::no(vec![evidence]),
        (Some(_) | None, _) => Admission::surely(vec![evidence]),
    }
}

/// From the table of an attachment to the attachment of the target's VPC.
fn follow<'e>(
    estate: &'e Estate,
    entry: &'e TransitAttachment,
    to: &Place<'_>,
    address: IpAddr,
) -> (Admission, Option<&'e TransitAttachment>) {
    let mut at = entry;
    let mut so_far = Admission::yes();
    for _ in 0..GATEWAYS {
        let (step, next) = one_table(estate, at, address);
        so_far = so_far.and(step);
        if so_far.is_no() {
            return (so_far, None);
        }
        let Some(next) = next else {
            return (so_far, None);
        };
        match next.kind.as_str() {
            "vpc" if Some(next.resource.as_str()) == to.vpc => {
                let arrived = if next.available {
                    so_far
                } else {
                    Admission::default()
                };
                return (arrived, Some(next));
            }
            "peering" => {
                // The other gateway decides by the table of its side of the peering.
                let key = (next.resource.clone(), next.id.clone());
                let Some(other) = estate.transit_attachments.get(&key) else {
                    let text = format!("{ATTACHMENTS}: {} at {}", next.id, next.resource);
                    return (so_far.and(Admission::gap(text)), None);
                };
                at = other;
            }
            // Another VPC, a VPN: an appliance behind it may send the packet on.
            _ => {
                let text = format!("where {} ({}) sends it on to", next.resource, next.kind);
                let gap = Admission::doubtful(Strength::Gap, NoteKind::NotModelled, text);
                return (so_far.and(gap), None);
            }
        }
    }
    let text = format!("more than {GATEWAYS} transit gateways in a row");
    let gap = Admission::doubtful(Strength::Gap, NoteKind::NotModelled, text);
    (so_far.and(gap), None)
}

/// What the table of an attachment says about an address.
fn one_table<'e>(
    estate: &'e Estate,
    at: &TransitAttachment,
    address: IpAddr,
) -> (Admission, Option<&'e TransitAttachment>) {
    let table = match &at.table {
        Seen::Is(table) => table,
        Seen::Absent => return (Admission::default(), None),
        Seen::Unread(what) => {
            let text = format!("the route table of a transit gateway attachment: {what}");
            return (Admission::gap(text), None);
        }
    };
    let unread = || (Admission::gap(format!("{SEARCH} of {table}")), None);
    let Some(table) = estate.transit_tables.get(table) else {
        return unread();
    };
    let Some(routes) = table.routes.as_ref() else {
        return unread();
    };
    let fits = |route: &&TransitRoute| route.to.is_some_and(|net| net.contains(&address));
    let length = |route: &TransitRoute| route.to.map_or(0, |net| net.prefix_len());
    let route = routes
        .iter()
        .filter(fits)
        .max_by_key(|route| (length(route), !route.propagated));
    let hidden = !table.complete || routes.iter().any(|route| route.to.is_none());
    let Some(route) = route else {
        return if hidden {
            (
                Admission::gap(format!("{SEARCH} of {}: more routes", table.id)),
                None,
            )
        } else {
            (Admission::default(), None)
        };
    };
    let evidence = says(table, route);
    if route.blackhole {
        return (Admission::no(vec![evidence]), None);
    }
    let mut admission = Admission::surely(vec![evidence]);
    if hidden {
        let text = format!("{SEARCH} of {}: more routes", table.id);
        admission = admission.weakened(Strength::Conditional, NoteKind::NotCollected, text);
    }
    let keys = route
        .attachments
        .iter()
        .map(|id| (table.gateway.clone(), id.clone()));
    let next = keys
        .filter_map(|key| estate.transit_attachments.get(&key))
        .max_by_key(|a| a.available);
    if next.is_none() {
        let text = format!("{ATTACHMENTS}: {}", route.attachments.join(", "));
        admission = admission.and(Admission::gap(text));
    }
    (admission, next)
}

fn says(table: &TransitTable, route: &TransitRoute) -> Evidence {
    let to = route
        .to
        .map_or_else(|| "something".to_owned(), |net| net.to_string());
    let text = if route.blackhole {
        format!("transit gateway route table {} drops {to}", table.id)
    } else {
        format!(
            "transit gateway route table {} sends {to} to {}",
            table.id,
            route.attachments.join(", ")
        )
    };
    Evidence::statement(text, route.source.clone())
}

/// The attachment's subnet in the zone of a place, or its first one.
fn subnet_of<'e>(
    estate: &'e Estate,
    attachment: &'e TransitAttachment,
    place: &Place<'_>,
) -> Option<&'e str> {
    let subnets = attachment.subnets.as_ref()?;
    if let Some(own) = subnets.iter().find(|id| place.subnet == Some(id.as_str())) {
        return Some(own);
    }
    let zone = place.zone(estate);
    let beside = subnets.iter().find(|id| {
        let other = estate.subnets.get(*id);
        zone.is_some() && other.and_then(|s| s.zone.as_deref()) == zone
    });
    beside.or_else(|| subnets.first()).map(String::as_str)
}

/// Out of the sender's subnet, into that of the attachment.
fn leave<'e>(
    estate: &'e Estate,
    attachment: &'e TransitAttachment,
    from: &Place<'e>,
) -> Vec<Crossing<'e>> {
    let out = edge(estate, from, false);
    let gate = subnet_of(estate, attachment, from);
    let into = gate.map(|subnet| Crossing {
        subnet: Some(subnet),
        inward: true,
        ..out
    });
    std::iter::once(out).chain(into).collect()
}

/// Out of the attachment's subnet, into that of the target; in one subnet nothing is asked.
fn arrive<'e>(
    estate: &'e Estate,
    attachment: Option<&'e TransitAttachment>,
    to: &Place<'e>,
) -> Vec<Crossing<'e>> {
    let into = edge(estate, to, true);
    let gate = attachment.and_then(|a| subnet_of(estate, a, to));
    match gate {
        Some(subnet) if Some(subnet) == to.subnet => Vec::new(),
        Some(subnet) => vec![
            Crossing {
                subnet: Some(subnet),
                inward: false,
                ..into
            },
            into,
        ],
        None => vec![into],
    }
}
