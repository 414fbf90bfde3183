//! Connections from networks that people declare.
//!
//! Must never: take a network for joined to a VPC because its addresses are private.

use std::net::IpAddr;

use ipnet::IpNet;

use super::admission::{Opening, cuts, leg};
use super::blocks::{candidates, is_private};
use super::filters::pass;
use super::groups::{Other, ingress};
use super::path::{edge, lookup, missing_table, sends};
use super::place::Place;
use super::public::outside;
use super::verdict::{Admission, best};
use crate::estate::{Estate, NetworkConfig, Origin, Via};
use crate::facts::{Evidence, NoteKind};
use crate::reach::Strength;

/// From a declared network: over the internet from its public blocks, and over whatever joins it to
/// the VPC.
pub(super) fn from_network(
    estate: &Estate,
    network: &NetworkConfig,
    to: &Place<'_>,
    opening: Opening<'_>,
) -> Admission {
    let cuts = cuts(estate, &[to], opening.shown);
    best(network.blocks.iter().map(|block| {
        let mut sources = candidates(block, &cuts);
        sources.retain(|from| opening.shown.allows(*from));
        let joined = best(
            sources
                .iter()
                .map(|from| joined(estate, network, *from, to, opening.port)),
        );
        if is_private(block) {
            return joined;
        }
        joined.or(outside(estate, &sources, false, to, opening))
    }))
}

fn joined(
    estate: &Estate,
    network: &NetworkConfig,
    from: IpAddr,
    to: &Place<'_>,
    port: u16,
) -> Admission {
    let same = |address: &IpAddr| address.is_ipv4() == from.is_ipv4();
    let Some(address) = to.inside.iter().map(IpNet::addr).find(same) else {
        return Admission::default();
    };
    let other = Other {
        address: from,
        place: None,
        by: None,
        anywhere: false,
    };
    let admitted = ingress(estate, to, port, other);
    if admitted.is_no() {
        return admitted;
    }
    let way = joins(estate, network, from, to);
    if way.is_no() {
        return way;
    }
    let filtered = pass(
        estate,
        &[leg(from, address, vec![edge(estate, to, true)])],
        &[leg(address, from, vec![edge(estate, to, false)])],
        port,
    );
    admitted.and(way).and(filtered)
}

/// Whether a VPN, a Direct Connect or a transit gateway joins a declared network to the target.
fn joins(estate: &Estate, network: &NetworkConfig, from: IpAddr, to: &Place<'_>) -> Admission {
    let reaches = |id: &str| network.reaches.iter().any(|r| r == id);
    let declared = to.vpc.is_some_and(reaches);
    let says = || {
        let says = format!("network {} is joined to it", network.name);
        Evidence::description(says, Origin::Pinned(network.source.clone()))
    };
    let Some(table) = to.table(estate) else {
        let text = missing_table(estate, to);
        return if declared {
            Admission::unread_guard(text).with(says())
        } else {
            Admission::gap(text)
        };
    };
    let found = lookup(estate, table, from);
    let beyond = |id: &str| {
        Admission::gap(format!(
            "whether network {} is behind {id}; say so with `reaches` under `[network.{}]`",
            network.name, network.name
        ))
    };
    let contradiction = || {
        let text = format!(
            "no route of {} leads back to network {}",
            table.id, network.name
        );
        Admission::doubtful(Strength::Conditional, NoteKind::NotModelled, text).with(says())
    };
    let no = |evidence: Vec<Evidence>| {
        if declared {
            contradiction()
        } else {
            Admission::no(evidence)
        }
    };
    let Some(route) = found.route else {
        return match found.doubt {
            Some(doubt) if !declared => Admission::gap(doubt),
            Some(_) | None => no(Vec::new()),
        };
    };
    let evidence = sends(table, route);
    if route.blackhole {
        return no(vec![evidence]);
    }
    match &route.via {
        Via::Vpn(id) | Via::Transit(id) => {
            if declared || reaches(id) {
                Admission::surely(vec![says(), evidence])
            } else {
                beyond(id).with(evidence)
            }
        }
        Via::Peering(id) | Via::Endpoint(id) | Via::Appliance(id) | Via::Other(id) => {
            if declared {
                let text = format!("what {id} lets through");
                Admission::surely(vec![says(), evidence]).weakened(
                    Strength::Conditional,
                    NoteKind::NotModelled,
                    text,
                )
            } else {
                beyond(id).with(evidence)
            }
        }
        Via::Local => {
            let text = format!(
                "addresses of network {} lie in the VPC itself",
                network.name
            );
            Admission::doubtful(Strength::Conditional, NoteKind::NotModelled, text)
        }
        Via::Internet(_) | Via::EgressOnly(_) | Via::Nat(_) => no(vec![evidence]),
    }
}
