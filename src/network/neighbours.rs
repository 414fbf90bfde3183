//! Which VPCs could send to a set of VPCs at all, before any question about a port.
//!
//! Must never: leave out a VPC whose route tables were not read.

use std::collections::BTreeSet;

use crate::estate::{Destination, Estate, Route, Via};

/// The VPCs themselves, those that some route may lead to them from, and those whose routes were
/// not read. `public` says whether something in them has a public address, which a NAT gateway of
/// any VPC may send to.
pub fn neighbours<'e>(
    estate: &'e Estate,
    vpcs: &BTreeSet<&'e str>,
    public: bool,
) -> BTreeSet<&'e str> {
    let mut all = vpcs.clone();
    if vpcs.is_empty() {
        return all;
    }
    let others: BTreeSet<&str> = estate.subnets.values().map(|s| s.vpc.as_str()).collect();
    for vpc in others.difference(vpcs) {
        let mut tables = estate
            .route_tables
            .values()
            .filter(|table| table.vpc == *vpc)
            .peekable();
        let unread = tables.peek().is_none();
        let leads = tables
            .flat_map(|table| &table.routes)
            .any(|route| may_lead(estate, route, vpcs, public));
        if unread || leads {
            all.insert(vpc);
        }
    }
    all
}

fn may_lead(estate: &Estate, route: &Route, vpcs: &BTreeSet<&str>, public: bool) -> bool {
    match &route.via {
        Via::Local | Via::Internet(_) | Via::EgressOnly(_) => false,
        Via::Nat(_) => public,
        Via::Peering(id) => estate.peerings.get(id).is_none_or(|peering| {
            let sides = [&peering.requester.vpc, &peering.accepter.vpc];
            sides.iter().any(|vpc| vpcs.contains(vpc.as_str()))
        }),
        // A gateway endpoint serves the addresses of an AWS service.
        Via::Endpoint(_) => !matches!(route.to, Destination::PrefixList(_)),
        Via::Transit(_) | Via::Vpn(_) | Via::Appliance(_) | Via::Other(_) => true,
    }
}
