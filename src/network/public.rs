//! Connections from public addresses, through an internet gateway.
//!
//! Must never: take a table, a gateway or a group that was not read for one that blocks.

use std::net::IpAddr;

use ipnet::IpNet;

use super::admission::{Opening, leg};
use super::blocks::{internet, is_private};
use super::filters::pass;
use super::groups::{self, Other, ingress};
use super::path::{By, edge, lookup, missing_table, sends};
use super::place::Place;
use super::public_access::{Gate, passes};
use super::shown::Shown;
use super::verdict::{Admission, best};
use crate::estate::{Estate, Via};
use crate::facts::NoteKind;
use crate::reach::Strength;

/// Whether what comes from a public address gets in and is answered: an internet gateway and a
/// route to it. Source: VPC User Guide, "Internet gateways".
pub(super) fn answers_publicly(estate: &Estate, place: &Place<'_>, other: IpAddr) -> Admission {
    let Some(table) = place.table(estate) else {
        return Admission::gap(missing_table(estate, place));
    };
    let found = lookup(estate, table, other);
    let Some(route) = found.route else {
        return match found.doubt {
            Some(doubt) => Admission::gap(doubt),
            None => Admission::default(),
        };
    };
    let evidence = sends(table, route);
    if route.blackhole {
        return Admission::no(vec![evidence]);
    }
    let admission = match &route.via {
        Via::Internet(id) => {
            let gateway = estate.gateways.get(id);
            let elsewhere = gateway.is_some_and(|g| {
                place
                    .vpc
                    .is_some_and(|vpc| !g.vpcs.iter().any(|v| v == vpc))
            });
            if elsewhere {
                return Admission::no(vec![evidence]);
            }
            let edge = estate
                .route_tables
                .values()
                .find(|t| t.gateways.contains(id));
            let passed = Admission::surely(vec![evidence]).and(passes(estate, place, Gate::Inward));
            match edge {
                Some(edge) => passed.weakened(
                    Strength::Conditional,
                    NoteKind::NotModelled,
                    format!("what the routes of {} for {id} lead through", edge.id),
                ),
                None => passed,
            }
        }
        Via::Appliance(id) | Via::Endpoint(id) | Via::Other(id) => {
            let text = format!("what {id} lets through");
            Admission::surely(vec![evidence]).weakened(
                Strength::Conditional,
                NoteKind::NotModelled,
                text,
            )
        }
        // Nobody can begin a connection inward through these, and the answer to one that came in
        // through the internet gateway must leave by it.
        Via::Local
        | Via::EgressOnly(_)
        | Via::Nat(_)
        | Via::Peering(_)
        | Via::Transit(_)
        | Via::Vpn(_) => Admission::no(vec![evidence]),
    };
    match found.doubt {
        Some(doubt) => admission.weakened(Strength::Conditional, NoteKind::NotCollected, doubt),
        None => admission,
    }
}

/// From public addresses.
pub(super) fn outside(
    estate: &Estate,
    sources: &[IpAddr],
    anywhere: bool,
    to: &Place<'_>,
    opening: Opening<'_>,
) -> Admission {
    let port = opening.port;
    let v6 = to.inside.iter().map(IpNet::addr).find(IpAddr::is_ipv6);
    let v4 = to.public.iter().copied().find(IpAddr::is_ipv4);
    let shown = sources.iter().filter(|from| opening.shown.allows(**from));
    best(shown.map(|from| {
        let other = Other {
            address: *from,
            place: None,
            by: Some(By::Public),
            anywhere,
        };
        let admitted = ingress(estate, to, port, other);
        if admitted.is_no() {
            return admitted;
        }
        let address = if from.is_ipv4() { v4 } else { v6 };
        let Some(address) = address else {
            if from.is_ipv6() && !to.v6_known {
                let text = format!("whether {} has an IPv6 address was not collected", to.name);
                return admitted.and(Admission::gap(text));
            }
            return Admission::default();
        };
        let filtered = pass(
            estate,
            &[leg(*from, address, vec![edge(estate, to, true)])],
            &[leg(address, *from, vec![edge(estate, to, false)])],
            port,
        );
        admitted
            .and(answers_publicly(estate, to, *from))
            .and(filtered)
    }))
}

/// From any address of the internet; nobody has one that is asked for by itself.
pub(super) fn from_internet(estate: &Estate, to: &Place<'_>, opening: Opening<'_>) -> Admission {
    if matches!(opening.shown, Shown::Only(_)) {
        return Admission::default();
    }
    let mut sources = internet();
    let mut cuts = Vec::new();
    groups::cuts(estate, to, &mut cuts);
    // A rule for a large part of the internet admits whoever has an address there.
    let large = |net: &&IpNet| (2..=8).contains(&net.prefix_len()) && !is_private(net);
    sources.extend(cuts.iter().filter(large).map(IpNet::addr));
    outside(estate, &sources, true, to, opening)
}
