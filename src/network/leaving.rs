//! From which public addresses requests leave a VPC.
//!
//! Must never: say that nothing leaves from an address for want of an answer.

use ipnet::IpNet;

use super::blocks::internet;
use super::path::{lookup, missing_table, sends};
use super::place::{Place, Sender};
use super::public_access::{Gate, passes, translated};
use super::verdict::{Admission, best, missing};
use crate::estate::{Estate, Via};
use crate::facts::{Evidence, NoteKind};
use crate::reach::Strength;

/// Whether requests to the internet leave a host, or a new host of a subnet, from an address of
/// `block`: its own behind an internet gateway, or that of a NAT gateway.
pub fn leaves_by(estate: &Estate, sender: Sender<'_>, block: &IpNet) -> Admission {
    let (places, new) = match sender {
        Sender::Host(host) => (Place::of_host(estate, host), false),
        Sender::Attached(attached) => (Place::of_attached(estate, attached), false),
        Sender::NewHost(subnet) | Sender::Guest(subnet, _) => {
            (vec![Place::of_subnet(subnet)], true)
        }
        Sender::Internet | Sender::Network(_) | Sender::Client => return Admission::default(),
    };
    best(places.iter().map(|place| leaves(estate, place, new, block)))
}

fn leaves(estate: &Estate, place: &Place<'_>, new: bool, block: &IpNet) -> Admission {
    let own = place.public.iter().any(|address| block.contains(address));
    let Some(table) = place.table(estate) else {
        return if own {
            Admission::unread_guard(missing_table(estate, place))
        } else {
            Admission::gap(missing_table(estate, place))
        };
    };
    let somewhere = internet();
    let Some(route) = somewhere
        .first()
        .and_then(|address| lookup(estate, table, *address).route)
        .filter(|route| !route.blackhole)
    else {
        return Admission::default();
    };
    match &route.via {
        Via::Internet(_) if own => {
            Admission::surely(vec![sends(table, route)]).and(passes(estate, place, Gate::Outward))
        }
        Via::Internet(_) if new => Admission::doubtful(
            Strength::Gap,
            NoteKind::NotModelled,
            format!("the public address that a new host in {} gets", place.name),
        ),
        Via::Internet(_) | Via::EgressOnly(_) | Via::Local => Admission::default(),
        Via::Nat(id) => {
            let Some(gateway) = estate.nat_gateways.get(id) else {
                let (account, region) = place.owner(estate);
                let call = missing("ec2:DescribeNatGateways", account, region);
                return Admission::gap(format!("the addresses of {id}: {call}"));
            };
            let nat = Place::of_nat(gateway);
            if !nat.public.iter().any(|address| block.contains(address)) {
                return Admission::default();
            }
            let says = format!("{id} sends from {}", gateway.public_addresses.join(", "));
            Admission::surely(vec![
                sends(table, route),
                Evidence::description(says, gateway.origin.clone()),
            ])
            .and(translated(estate, &nat, place))
        }
        Via::Peering(id)
        | Via::Transit(id)
        | Via::Vpn(id)
        | Via::Endpoint(id)
        | Via::Appliance(id)
        | Via::Other(id) => {
            let text = format!("the address that what goes through {id} leaves by");
            Admission::doubtful(Strength::Gap, NoteKind::NotModelled, text)
        }
    }
}
