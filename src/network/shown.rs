//! Which address the target sees: connections that differ only in it may be treated differently by
//! whoever listens.
//!
//! Must never: let a sender show an address that it neither has nor gets on its way.

use std::net::IpAddr;

use ipnet::IpNet;

use super::place::{Place, Sender};
use crate::estate::Estate;

/// The source addresses that a connection is asked about.
#[derive(Clone, Copy, Debug, Default)]
pub enum Shown<'a> {
    /// Whichever.
    #[default]
    Any,
    /// This one alone.
    Only(IpAddr),
    /// Any but these.
    NoneOf(&'a [IpAddr]),
}

impl Shown<'_> {
    pub(super) fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Only(only) => only == address,
            Self::NoneOf(others) => !others.contains(&address),
        }
    }

    /// The addresses that it tells apart from all others.
    pub(super) fn cuts(self) -> Vec<IpNet> {
        match self {
            Self::Any => Vec::new(),
            Self::Only(only) => vec![IpNet::from(only)],
            Self::NoneOf(others) => others.iter().copied().map(IpNet::from).collect(),
        }
    }

    /// Whether something of a VPC that was not read, such as a load balancer, may show such an
    /// address.
    pub(super) fn fits_unread(self, estate: &Estate, vpc: Option<&str>) -> bool {
        match self {
            Self::Any | Self::NoneOf(_) => true,
            Self::Only(only) => may_have(estate, vpc, only),
        }
    }
}

impl Sender<'_> {
    /// Whether one of the sender's own addresses is such.
    pub fn shows(self, estate: &Estate, shown: Shown<'_>) -> bool {
        let (own, blocks): (Vec<IpAddr>, Vec<IpNet>) = match self {
            Self::Client => return true,
            Self::Internet => return !matches!(shown, Shown::Only(_)),
            Self::Host(host) => {
                let all = host.private_addresses.iter().chain(&host.public_addresses);
                (
                    all.filter_map(|text| text.parse().ok()).collect(),
                    Vec::new(),
                )
            }
            Self::Attached(attached) => {
                let (mut own, mut blocks) = (Vec::new(), Vec::new());
                for place in Place::of_attached(estate, attached) {
                    own.extend(place.public.iter().copied());
                    if place.floating {
                        blocks.extend(place.inside.iter().copied());
                    } else {
                        own.extend(place.inside.iter().map(IpNet::addr));
                    }
                }
                (own, blocks)
            }
            Self::NewHost(subnet) | Self::Guest(subnet, _) => {
                (Vec::new(), Place::of_subnet(subnet).inside)
            }
            Self::Network(network) => (Vec::new(), network.blocks.clone()),
        };
        let some = own.iter().any(|address| shown.allows(*address));
        match shown {
            Shown::Any => true,
            Shown::Only(only) => some || blocks.iter().any(|block| block.contains(&only)),
            Shown::NoneOf(_) => some || own.is_empty(),
        }
    }
}

/// Whether something of a VPC may have an address: no host that was read has it.
pub(super) fn may_have(estate: &Estate, vpc: Option<&str>, address: IpAddr) -> bool {
    let of_vpc = |other: Option<&String>| match (vpc, other) {
        (Some(vpc), Some(other)) => vpc == other,
        (None, _) | (_, None) => false,
    };
    let is_it = |text: &String| text.parse() == Ok(address);
    let hosts = estate.hosts.values().filter(|host| !host.gone);
    let taken = hosts.filter(|host| of_vpc(host.vpc.as_ref())).any(|host| {
        let interfaces = host.interfaces.iter();
        let of_interfaces = interfaces.filter_map(|id| estate.interfaces.get(id));
        let private = of_interfaces.flat_map(|interface| &interface.private_addresses);
        host.private_addresses.iter().chain(private).any(is_it)
    });
    let blocks = vpc
        .and_then(|id| estate.vpcs.get(id))
        .map(|vpc| vpc.blocks.as_slice());
    let inside = blocks.is_none_or(|blocks| {
        blocks.is_empty() || blocks.iter().any(|block| block.contains(&address))
    });
    let private = super::blocks::is_private(&IpNet::from(address));
    !taken && (inside || !private)
}
