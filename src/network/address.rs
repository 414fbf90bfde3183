//! A client of whom nothing is known but the address that the target sees.
//!
//! Whoever has an address of a network that the estate knows is filtered by that address: by the
//! groups of the target, and by the network ACL of its subnet. Source: VPC User Guide, "Security
//! group rules", "Network ACL rules".
//!
//! Must never: decide by an address that no network is known to have. A proxy beside the target, a
//! bridge of containers or a translation may show it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::admission::leg;
use super::filters::pass;
use super::groups;
use super::path::edge;
use super::place::{Groups, Place, blocks_of};
use super::verdict::Admission;
use crate::estate::Estate;
use crate::facts::NoteKind;
use crate::reach::Strength;

/// Whether a client whose address the target sees as this one may be admitted.
pub(super) fn client_at(
    estate: &Estate,
    place: &Place<'_>,
    port: u16,
    address: IpAddr,
) -> Admission {
    let same = |own: &IpAddr| own.is_ipv4() == address.is_ipv4();
    let own = place.inside.iter().map(IpNet::addr).find(same);
    let (Some(own), true) = (own, is_known(estate, address)) else {
        return groups::some_client(estate, place, port);
    };
    if own == address && !place.floating {
        // What a host sends to itself meets no filter.
        let text = format!("the client must sit on {} itself", place.name);
        return Admission::doubtful(Strength::Conditional, NoteKind::NotModelled, text);
    }
    let admitted = groups::client_at(estate, place, port, address, &|group| {
        may_be_member(estate, group, address)
    });
    let beside = place.subnet.is_some_and(|subnet| {
        let blocks = blocks_of(estate, subnet);
        blocks.iter().any(|block| block.contains(&address))
    });
    if admitted.is_no() || beside {
        return admitted;
    }
    let there = leg(address, own, vec![edge(estate, place, true)]);
    let back = leg(own, address, vec![edge(estate, place, false)]);
    admitted.and(pass(estate, &[there], &[back], port))
}

/// Whether an address lies in a network of the estate: a VPC, the other side of a peering, or one
/// that people declare.
fn is_known(estate: &Estate, address: IpAddr) -> bool {
    let within = |blocks: &[IpNet]| blocks.iter().any(|block| block.contains(&address));
    let mut sides = estate
        .peerings
        .values()
        .flat_map(|peering| [&peering.requester, &peering.accepter]);
    !vpcs_of(estate, address).is_empty()
        || sides.any(|side| within(&side.blocks))
        || estate.config.networks.values().any(|n| within(&n.blocks))
}

/// The VPCs that have an address.
fn vpcs_of(estate: &Estate, address: IpAddr) -> BTreeSet<&str> {
    let vpcs = estate.vpcs.values();
    let vpcs = vpcs.filter(|vpc| vpc.blocks.iter().any(|block| block.contains(&address)));
    let subnets = estate.subnets.values();
    let subnets = subnets.filter(|s| s.cidr.iter().chain(&s.v6).any(|b| b.contains(&address)));
    vpcs.map(|vpc| vpc.id.as_str())
        .chain(subnets.map(|subnet| subnet.vpc.as_str()))
        .collect()
}

/// Whether whoever has an address may be a member of a group: an interface that was read says so,
/// or one that was not may have the address.
fn may_be_member(estate: &Estate, group: &str, address: IpAddr) -> bool {
    let has = |place: &Place<'_>| !place.floating && place.inside.contains(&IpNet::from(address));
    let interfaces = estate.interfaces.values();
    let interfaces = interfaces.map(|interface| Place::of_interface(estate, interface));
    let hosts = estate.hosts.values().filter(|host| !host.gone);
    let hosts = hosts.flat_map(|host| Place::of_host(estate, host));
    let holders: Vec<Place<'_>> = interfaces.chain(hosts).filter(has).collect();
    let member = |place: &Place<'_>| match place.groups {
        Groups::Known(ids) => ids.iter().any(|id| id == group),
        Groups::Unread(_) | Groups::Chosen => true,
        Groups::Unfiltered => false,
    };
    let vpcs = vpcs_of(estate, address);
    let held = |vpc: &str| holders.iter().any(|place| place.vpc == Some(vpc));
    holders.iter().any(member) || vpcs.is_empty() || vpcs.into_iter().any(|vpc| !held(vpc))
}
