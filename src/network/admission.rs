//! One question: may this sender open that port?
//!
//! A connection needs its way there and its way back, the groups of both sides, and the network
//! ACLs of every subnet's edge that it crosses. What the sender may choose, an address of its block
//! or a source port, is chosen once for all of them.
//!
//! Must never: say no for want of an answer.

use std::net::IpAddr;

use ipnet::IpNet;

use super::balanced;
use super::blocks::{candidates, internet, is_private};
use super::filters::{self, Leg, Packet, pass};
use super::groups::{self, Other, egress, ingress};
use super::path::{self, By, carry, edge, lookup, missing_table, sends};
use super::place::{Place, Sender, Target};
use super::verdict::{Admission, best, missing};
use crate::estate::{Destination, Estate, NetworkConfig, Origin, Via};
use crate::facts::{Evidence, NoteKind};
use crate::reach::Strength;

/// Whether `sender` may open `target`, as the estate tells. Complexity: the addresses that the
/// rules of both sides tell apart, times those rules.
pub fn admit(estate: &Estate, sender: Sender<'_>, target: &Target<'_>) -> Admission {
    if matches!(sender, Sender::Client) {
        let places = target.places.iter();
        return best(places.map(|place| groups::some_client(estate, place, target.port)));
    }
    let direct = admit_directly(estate, sender, target);
    if direct.is_sure() {
        return direct;
    }
    let passed_on = balanced::admit(estate, sender, target);
    direct.or(passed_on)
}

/// The same without anything that accepts connections and passes them on.
pub fn admit_directly(estate: &Estate, sender: Sender<'_>, target: &Target<'_>) -> Admission {
    let places = target.places.iter();
    best(places.map(|place| directly(estate, sender, place, target.port)))
}

pub(super) fn directly(
    estate: &Estate,
    sender: Sender<'_>,
    target: &Place<'_>,
    port: u16,
) -> Admission {
    match sender {
        Sender::Host(host) => {
            let own = Place::of_host(estate, host);
            best(own.iter().map(|place| between(estate, place, target, port)))
        }
        Sender::Attached(attached) => {
            let own = Place::of_attached(estate, attached);
            best(own.iter().map(|place| between(estate, place, target, port)))
        }
        Sender::NewHost(subnet) => between(estate, &Place::of_subnet(subnet), target, port),
        Sender::Internet => from_internet(estate, target, port),
        Sender::Network(network) => from_network(estate, network, target, port),
        Sender::Client => Admission::default(),
    }
}

/// What the rules of both sides tell addresses apart by.
fn cuts(estate: &Estate, sides: &[&Place<'_>]) -> Vec<IpNet> {
    let mut cuts = Vec::new();
    for place in sides {
        groups::cuts(estate, place, &mut cuts);
        filters::cuts(estate, place.subnet, &mut cuts);
        for route in place.table(estate).into_iter().flat_map(|t| &t.routes) {
            match &route.to {
                Destination::Net(net) => cuts.push(*net),
                Destination::PrefixList(id) => {
                    cuts.extend(groups::entries(estate, id).into_iter().flatten().copied());
                }
                Destination::Unreadable(_) => {}
            }
        }
    }
    cuts
}

/// From one interface to another.
pub(super) fn between(estate: &Estate, from: &Place<'_>, to: &Place<'_>, port: u16) -> Admission {
    if from.inside.is_empty() || to.inside.is_empty() && to.public.is_empty() {
        if !groups::admits_anybody(estate, to, port) {
            return Admission::default();
        }
        let unknown = if from.inside.is_empty() { from } else { to };
        return Admission::gap(format!("the addresses of {}", unknown.name));
    }
    if to.floating {
        return whichever(estate, to, from, &|to| between(estate, from, to, port));
    }
    if from.floating {
        return whichever(estate, from, to, &|from| between(estate, from, to, port));
    }
    let all = Ask {
        estate,
        from,
        to,
        port,
    };
    let inside = to.inside.iter().map(IpNet::addr);
    let private = best(inside.clone().map(|address| all.privately(address)));
    if private.is_sure() {
        return private;
    }
    let public = to
        .public
        .iter()
        .copied()
        .chain(inside.filter(IpAddr::is_ipv6));
    private.or(best(public.map(|address| all.publicly(address))))
}

/// The answer for a place whose address is not known: certain if it is for every address.
fn whichever<'e>(
    estate: &Estate,
    place: &Place<'e>,
    other: &Place<'_>,
    ask: &dyn Fn(&Place<'e>) -> Admission,
) -> Admission {
    let cuts = cuts(estate, &[place, other]);
    let answers: Vec<Admission> = place
        .inside
        .iter()
        .flat_map(|block| candidates(block, &cuts))
        .map(|address| {
            ask(&Place {
                inside: vec![IpNet::from(address)],
                floating: false,
                ..place.clone()
            })
        })
        .collect();
    let weakest = answers.iter().map(|a| a.strength).min().unwrap_or_default();
    let best = best(answers);
    if best.strength == weakest {
        return best;
    }
    let text = format!("the address that {} gets", place.name);
    best.weakened(Strength::Conditional, NoteKind::NotModelled, text)
}

fn other<'p, 'e>(address: IpAddr, place: Option<&'p Place<'e>>, by: Option<By>) -> Other<'p, 'e> {
    Other {
        address,
        place,
        by,
        anywhere: false,
    }
}

/// One interface to another one.
struct Ask<'a, 'e> {
    estate: &'e Estate,
    from: &'a Place<'e>,
    to: &'a Place<'e>,
    port: u16,
}

impl Ask<'_, '_> {
    /// The sender's addresses that the target's groups could admit, if any way led there.
    fn sources(&self, to: IpAddr) -> Vec<IpAddr> {
        let same = |block: &&IpNet| block.addr().is_ipv4() == to.is_ipv4();
        let blocks: Vec<&IpNet> = self.from.inside.iter().filter(same).collect();
        let single = blocks.iter().all(|b| b.prefix_len() == b.max_prefix_len());
        let cuts = if single {
            Vec::new()
        } else {
            cuts(self.estate, &[self.from, self.to])
        };
        let sources = blocks.into_iter().flat_map(|b| candidates(b, &cuts));
        sources
            .filter(|address| {
                let source = other(*address, Some(self.from), None);
                !ingress(self.estate, self.to, self.port, source).is_no()
            })
            .collect()
    }

    /// To an address in the target's VPC.
    fn privately(&self, to: IpAddr) -> Admission {
        let estate = self.estate;
        let sources = self.sources(to);
        let Some(first) = sources.first() else {
            return self.through_nat(to);
        };
        let there = carry(estate, self.from, self.to, Packet { from: *first, to });
        if there.admission.is_no() {
            return there.admission.or(self.through_nat(to));
        }
        let target = other(to, Some(self.to), Some(there.by));
        let out = egress(estate, self.from, self.port, target);
        if out.is_no() {
            return out;
        }
        best(sources.into_iter().map(|from| {
            let source = other(from, Some(self.from), Some(there.by));
            let admitted = ingress(estate, self.to, self.port, source);
            if admitted.is_no() {
                return admitted;
            }
            let back = carry(estate, self.to, self.from, Packet { from: to, to: from });
            let way = there.admission.clone().and(back.admission);
            let legs = (
                leg(from, to, there.crossings.clone()),
                leg(to, from, back.crossings),
            );
            let filtered = pass(estate, &[legs.0], &[legs.1], self.port);
            admitted.and(out.clone()).and(way).and(filtered)
        }))
    }

    /// To a public address of the target, out of an internet gateway or a NAT gateway.
    fn publicly(&self, to: IpAddr) -> Admission {
        let estate = self.estate;
        let own: Vec<IpAddr> = if to.is_ipv4() {
            self.from
                .public
                .iter()
                .copied()
                .filter(IpAddr::is_ipv4)
                .collect()
        } else {
            self.sources(to)
        };
        let Some(table) = self.from.table(estate) else {
            let gap = Admission::gap(missing_table(estate, self.from));
            let each = own.into_iter().map(|from| self.out_to(from, to));
            return best(each).and(gap);
        };
        match lookup(estate, table, to).route {
            Some(route) if route.blackhole => Admission::no(vec![sends(table, route)]),
            Some(route) => match &route.via {
                Via::Internet(_) | Via::EgressOnly(_) => {
                    let each = own.into_iter().map(|from| self.out_to(from, to));
                    best(each).and(Admission::surely(vec![sends(table, route)]))
                }
                Via::Nat(_) => self.through_nat(to),
                Via::Local
                | Via::Peering(_)
                | Via::Transit(_)
                | Via::Vpn(_)
                | Via::Endpoint(_)
                | Via::Appliance(_)
                | Via::Other(_) => Admission::default(),
            },
            None => Admission::default(),
        }
    }

    fn out_to(&self, from: IpAddr, to: IpAddr) -> Admission {
        let estate = self.estate;
        let source = other(from, None, Some(By::Public));
        let admitted = ingress(estate, self.to, self.port, source);
        if admitted.is_no() {
            return admitted;
        }
        let out = egress(
            estate,
            self.from,
            self.port,
            other(to, None, Some(By::Public)),
        );
        let there = vec![edge(estate, self.from, false), edge(estate, self.to, true)];
        let back = vec![edge(estate, self.to, false), edge(estate, self.from, true)];
        let filtered = pass(
            estate,
            &[leg(from, to, there)],
            &[leg(to, from, back)],
            self.port,
        );
        admitted
            .and(out)
            .and(answers_publicly(estate, self.to, from))
            .and(filtered)
    }

    /// With the address of a NAT gateway, from its subnet.
    fn through_nat(&self, to: IpAddr) -> Admission {
        let estate = self.estate;
        let Some(table) = self.from.table(estate) else {
            return Admission::default();
        };
        let Some(route) = lookup(estate, table, to).route else {
            return Admission::default();
        };
        let Via::Nat(id) = &route.via else {
            return Admission::default();
        };
        let Some(gateway) = estate.nat_gateways.get(id) else {
            // Its addresses are not known: they matter where a rule names addresses at all.
            if route.blackhole || !groups::names_addresses(estate, self.to, self.port) {
                return Admission::default();
            }
            let (account, region) = self.from.owner(estate);
            let call = missing("ec2:DescribeNatGateways", account, region);
            return Admission::gap(format!("the addresses of {id}: {call}"));
        };
        if !gateway.available || route.blackhole {
            return Admission::no(vec![sends(table, route)]);
        }
        let nat = Place::of_nat(gateway);
        let onward = Ask {
            estate,
            from: &nat,
            to: self.to,
            port: self.port,
        };
        let is_inside = self.to.inside.iter().any(|block| block.addr() == to);
        let onward = if is_inside && to.is_ipv4() {
            best(nat.inside.iter().map(|from| onward.masked(from.addr(), to)))
        } else {
            onward.publicly(to)
        };
        if onward.is_no() {
            return onward;
        }
        let out = egress(
            estate,
            self.from,
            self.port,
            other(to, None, Some(By::Public)),
        );
        let cuts = cuts(estate, &[self.from]);
        let own = self.from.inside.iter().flat_map(|b| candidates(b, &cuts));
        let filtered = best(own.map(|from| {
            let there = path::edges(estate, self.from, &nat);
            let back = path::edges(estate, &nat, self.from);
            let legs = (leg(from, to, there), leg(to, from, back));
            pass(estate, &[legs.0], &[legs.1], self.port)
        }));
        onward
            .and(out)
            .and(Admission::surely(vec![sends(table, route)]))
            .and(filtered)
    }

    /// From an address that hides who sends, so that no group matches.
    fn masked(&self, from: IpAddr, to: IpAddr) -> Admission {
        let estate = self.estate;
        let admitted = ingress(estate, self.to, self.port, other(from, None, None));
        if admitted.is_no() {
            return admitted;
        }
        let there = carry(estate, self.from, self.to, Packet { from, to });
        let back = carry(estate, self.to, self.from, Packet { from: to, to: from });
        let legs = (
            leg(from, to, there.crossings),
            leg(to, from, back.crossings),
        );
        admitted.and(there.admission).and(back.admission).and(pass(
            estate,
            &[legs.0],
            &[legs.1],
            self.port,
        ))
    }
}

fn leg(from: IpAddr, to: IpAddr, crossings: Vec<filters::Crossing<'_>>) -> Leg<'_> {
    Leg {
        packet: Packet { from, to },
        crossings,
    }
}

/// Whether what comes from a public address gets in and is answered: an internet gateway and a
/// route to it. Source: VPC User Guide, "Internet gateways".
fn answers_publicly(estate: &Estate, place: &Place<'_>, other: IpAddr) -> Admission {
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
            match edge {
                Some(edge) => Admission::surely(vec![evidence]).weakened(
                    Strength::Conditional,
                    NoteKind::NotModelled,
                    format!("what the routes of {} for {id} lead through", edge.id),
                ),
                None => Admission::surely(vec![evidence]),
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
fn outside(
    estate: &Estate,
    sources: &[IpAddr],
    anywhere: bool,
    to: &Place<'_>,
    port: u16,
) -> Admission {
    let v6 = to.inside.iter().map(IpNet::addr).find(IpAddr::is_ipv6);
    let v4 = to.public.iter().copied().find(IpAddr::is_ipv4);
    best(sources.iter().map(|from| {
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

fn from_internet(estate: &Estate, to: &Place<'_>, port: u16) -> Admission {
    let mut sources = internet();
    let mut cuts = Vec::new();
    groups::cuts(estate, to, &mut cuts);
    // A rule for a large part of the internet admits whoever has an address there.
    let large = |net: &&IpNet| (2..=8).contains(&net.prefix_len()) && !is_private(net);
    sources.extend(cuts.iter().filter(large).map(IpNet::addr));
    outside(estate, &sources, true, to, port)
}

/// From a declared network: over the internet from its public blocks, and over whatever joins it to
/// the VPC.
fn from_network(estate: &Estate, network: &NetworkConfig, to: &Place<'_>, port: u16) -> Admission {
    let cuts = cuts(estate, &[to]);
    best(network.blocks.iter().map(|block| {
        let sources = candidates(block, &cuts);
        let joined = best(
            sources
                .iter()
                .map(|from| joined(estate, network, *from, to, port)),
        );
        if is_private(block) {
            return joined;
        }
        joined.or(outside(estate, &sources, false, to, port))
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

/// Whether requests to the internet leave a host, or a new host of a subnet, from an address of
/// `block`: its own behind an internet gateway, or that of a NAT gateway.
pub fn leaves_by(estate: &Estate, sender: Sender<'_>, block: &IpNet) -> Admission {
    let (places, new) = match sender {
        Sender::Host(host) => (Place::of_host(estate, host), false),
        Sender::Attached(attached) => (Place::of_attached(estate, attached), false),
        Sender::NewHost(subnet) => (vec![Place::of_subnet(subnet)], true),
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
        Via::Internet(_) if own => Admission::surely(vec![sends(table, route)]),
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
