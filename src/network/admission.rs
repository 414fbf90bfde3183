//! One question: may this sender open that port?
//!
//! A connection needs its way there and its way back, the groups of both sides, and the network
//! ACLs of every subnet's edge that it crosses. What the sender may choose, an address of its block
//! or a source port, is chosen once for all of them.
//!
//! Must never: say no for want of an answer.

use std::net::IpAddr;

use ipnet::IpNet;

use super::address::client_at;
use super::balanced;
use super::blocks::candidates;
use super::declared::from_network;
use super::filters::{self, Leg, Packet, pass};
use super::groups::{self, Other, egress, ingress};
use super::path::{self, By, carry, edge, lookup, missing_table, sends};
use super::place::{Place, Sender, Target};
use super::public::{answers_publicly, from_internet};
use super::public_access::{Gate, passes, translated};
use super::shown::{Shown, may_have};
use super::verdict::{Admission, best, missing};
use crate::estate::{Destination, Estate, Via};
use crate::facts::NoteKind;
use crate::reach::Strength;

/// The port that would be opened, and the addresses that the other side may see.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening<'a> {
    pub(super) port: u16,
    pub(super) shown: Shown<'a>,
}

/// Whether `sender` may open `target`, as the estate tells. Complexity: the addresses that the
/// rules of both sides tell apart, times those rules.
pub fn admit(estate: &Estate, sender: Sender<'_>, target: &Target<'_>) -> Admission {
    admit_showing(estate, sender, target, Shown::Any)
}

/// Whether it may so that the target sees one of these addresses.
pub fn admit_showing(
    estate: &Estate,
    sender: Sender<'_>,
    target: &Target<'_>,
    shown: Shown<'_>,
) -> Admission {
    let opening = Opening {
        port: target.port,
        shown,
    };
    if matches!(sender, Sender::Client) {
        let places = target.places.iter();
        return best(places.map(|place| match shown {
            Shown::Only(address) => client_at(estate, place, target.port, address),
            Shown::Any | Shown::NoneOf(_) => groups::some_client(estate, place, target.port),
        }));
    }
    let places = target.places.iter();
    let direct = best(places.map(|place| directly(estate, sender, place, opening)));
    if direct.is_sure() {
        return direct;
    }
    let passed_on = balanced::admit(estate, sender, target, opening);
    direct.or(passed_on)
}

/// The same without anything that accepts connections and passes them on.
pub fn admit_directly(estate: &Estate, sender: Sender<'_>, target: &Target<'_>) -> Admission {
    let opening = Opening {
        port: target.port,
        shown: Shown::Any,
    };
    let places = target.places.iter();
    best(places.map(|place| directly(estate, sender, place, opening)))
}

pub(super) fn directly(
    estate: &Estate,
    sender: Sender<'_>,
    target: &Place<'_>,
    opening: Opening<'_>,
) -> Admission {
    match sender {
        Sender::Host(host) => {
            let own = Place::of_host(estate, host);
            best(
                own.iter()
                    .map(|place| between(estate, place, target, opening)),
            )
        }
        Sender::Attached(attached) => {
            let own = Place::of_attached(estate, attached);
            best(
                own.iter()
                    .map(|place| between(estate, place, target, opening)),
            )
        }
        Sender::NewHost(subnet) => between(estate, &Place::of_subnet(subnet), target, opening),
        Sender::Guest(subnet, account) => {
            between(estate, &Place::of_guest(subnet, account), target, opening)
        }
        Sender::Internet => from_internet(estate, target, opening),
        Sender::Network(network) => from_network(estate, network, target, opening),
        Sender::Client => Admission::default(),
    }
}

/// What the rules of both sides tell addresses apart by.
pub(super) fn cuts(estate: &Estate, sides: &[&Place<'_>], shown: Shown<'_>) -> Vec<IpNet> {
    let mut cuts = shown.cuts();
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
pub(super) fn between(
    estate: &Estate,
    from: &Place<'_>,
    to: &Place<'_>,
    opening: Opening<'_>,
) -> Admission {
    if from.inside.is_empty() || to.inside.is_empty() && to.public.is_empty() {
        let unread = from.inside.is_empty() && !opening.shown.fits_unread(estate, from.vpc);
        if unread || !groups::admits_anybody(estate, to, opening.port) {
            return Admission::default();
        }
        let unknown = if from.inside.is_empty() { from } else { to };
        return Admission::gap(format!("the addresses of {}", unknown.name));
    }
    if to.floating {
        return whichever(estate, to, from, opening, &|to| {
            between(estate, from, to, opening)
        });
    }
    if from.floating {
        return from_somewhere(estate, from, to, opening);
    }
    let all = Ask {
        estate,
        from,
        to,
        opening,
        port: opening.port,
        behind: None,
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

/// From an interface whose address is not known. That the target must see one address alone is a
/// condition then; that it must not see some is none, as those are asked about apart.
fn from_somewhere(
    estate: &Estate,
    from: &Place<'_>,
    to: &Place<'_>,
    opening: Opening<'_>,
) -> Admission {
    let Shown::Only(only) = opening.shown else {
        return whichever(estate, from, to, opening, &|from| {
            between(estate, from, to, opening)
        });
    };
    let has = from.inside.iter().any(|block| block.contains(&only));
    if !has || !may_have(estate, from.vpc, only) {
        // Its address is another one, which a NAT gateway may still change.
        return whichever(estate, from, to, opening, &|from| {
            between(estate, from, to, opening)
        });
    }
    let there = Place {
        inside: vec![IpNet::from(only)],
        floating: false,
        ..from.clone()
    };
    let text = format!("the address that {} gets", from.name);
    between(estate, &there, to, opening).weakened(
        Strength::Conditional,
        NoteKind::NotModelled,
        text,
    )
}

/// The answer for a place whose address is not known: certain if it is for every address.
fn whichever<'e>(
    estate: &Estate,
    place: &Place<'e>,
    other: &Place<'_>,
    opening: Opening<'_>,
    ask: &dyn Fn(&Place<'e>) -> Admission,
) -> Admission {
    let shown = opening.shown;
    let cuts = cuts(estate, &[place, other], shown);
    let answers: Vec<Admission> = place
        .inside
        .iter()
        .flat_map(|block| candidates(block, &cuts))
        .filter(|address| !matches!(shown, Shown::NoneOf(others) if others.contains(address)))
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
    opening: Opening<'a>,
    port: u16,
    /// Who sends through `from`, when that is a NAT gateway.
    behind: Option<&'a Place<'e>>,
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
            cuts(self.estate, &[self.from, self.to], self.opening.shown)
        };
        let sources = blocks.into_iter().flat_map(|b| candidates(b, &cuts));
        let shown = sources.filter(|address| self.opening.shown.allows(*address));
        shown
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
                .filter(|own| own.is_ipv4() && self.opening.shown.allows(*own))
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
                    let gate = match (self.behind, &route.via) {
                        (Some(client), _) => translated(estate, self.from, client),
                        (None, Via::EgressOnly(_)) => passes(estate, self.from, Gate::Behind),
                        (None, _) => passes(estate, self.from, Gate::Outward),
                    };
                    let out = Admission::surely(vec![sends(table, route)]).and(gate);
                    best(each).and(out)
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
            if route.blackhole
                || !groups::names_addresses(estate, self.to, self.port)
                || !self.opening.shown.fits_unread(estate, self.from.vpc)
            {
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
            opening: self.opening,
            port: self.port,
            behind: Some(self.from),
        };
        let is_inside = self.to.inside.iter().any(|block| block.addr() == to);
        let onward = if is_inside && to.is_ipv4() {
            let own = nat.inside.iter().map(IpNet::addr);
            let own = own.filter(|from| self.opening.shown.allows(*from));
            best(own.map(|from| onward.masked(from, to)))
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
        let cuts = cuts(estate, &[self.from], Shown::Any);
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

pub(super) fn leg(from: IpAddr, to: IpAddr, crossings: Vec<filters::Crossing<'_>>) -> Leg<'_> {
    Leg {
        packet: Packet { from, to },
        crossings,
    }
}
