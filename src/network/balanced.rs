//! Connections that something accepts and passes on: Network Load Balancers, and endpoints of
//! services that are offered through `PrivateLink` in front of one.
//!
//! Source: Network Load Balancer Guide, "Client IP preservation" (an attribute of the target group;
//! never for `PrivateLink`), "Security groups"; `PrivateLink` Guide, "Share your services".
//!
//! Must never: take load balancers that were not listed for none.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::admission::{Opening, between, directly};
use super::blocks::{candidates, internet};
use super::filters::{Leg, Packet, pass};
use super::groups::{Other, admits_neighbours, by_group, ingress};
use super::path::{By, edge};
use super::place::{Groups, Place, Sender, Target, blocks_of};
use super::shown::Shown;
use super::verdict::{Admission, assumed, best, missing};
use crate::estate::{
    Balancer, BalancerListener, Estate, Origin, RegisteredTarget, Seen, TargetGroup,
};
use crate::facts::{Evidence, NoteKind};
use crate::reach::Strength;

const BALANCERS: &str = "elbv2:DescribeLoadBalancers";
const GROUPS: &str = "elbv2:DescribeTargetGroups";
const SERVICES: &str = "ec2:DescribeVpcEndpointServiceConfigurations";

/// Whether the sender gets to the target through something before it.
pub(super) fn admit(
    estate: &Estate,
    sender: Sender<'_>,
    target: &Target<'_>,
    opening: Opening<'_>,
) -> Admission {
    let places = target.places.iter();
    best(places.map(|place| before(estate, sender, place, opening)))
}

fn before(
    estate: &Estate,
    sender: Sender<'_>,
    place: &Place<'_>,
    opening: Opening<'_>,
) -> Admission {
    if !admits_neighbours(estate, place, opening.port) {
        return Admission::default();
    }
    let found = best(
        estate
            .balancers
            .values()
            .filter(|balancer| balancer.network)
            .map(|balancer| through(estate, sender, balancer, place, opening)),
    );
    if found.is_sure()
        || assumed(estate, "load-balancers", "none").is_some()
        || estate.listed(BALANCERS, place.account, place.region)
        // It would show the client's address or its own.
        || !sender.shows(estate, opening.shown) && !opening.shown.fits_unread(estate, place.vpc)
    {
        return found;
    }
    let call = missing(BALANCERS, place.account, place.region);
    found.or(Admission::gap(format!("load balancers: {call}")))
}

fn through(
    estate: &Estate,
    sender: Sender<'_>,
    balancer: &Balancer,
    place: &Place<'_>,
    opening: Opening<'_>,
) -> Admission {
    let port = opening.port;
    let beside = balancer.vpc.is_none() || balancer.vpc.as_deref() == place.vpc;
    let listeners = match &balancer.listeners {
        Seen::Is(listeners) => listeners,
        Seen::Unread(what) if beside => return Admission::gap(what.to_string()),
        Seen::Unread(_) | Seen::Absent => return Admission::default(),
    };
    let groups = listeners.iter().flat_map(|listener| {
        listener
            .target_groups
            .iter()
            .map(move |arn| (listener, arn))
    });
    best(groups.map(|(listener, arn)| {
        let Some(group) = estate.target_groups.get(arn) else {
            return if beside {
                Admission::gap(missing(GROUPS, &balancer.account, &balancer.region))
            } else {
                Admission::default()
            };
        };
        let onward = registered(group, place, port, beside);
        if onward.is_no() {
            return onward;
        }
        let pass = Pass {
            estate,
            sender,
            balancer,
            listener,
            group,
            place,
            opening,
            port,
        };
        onward.and(pass.directly().or(pass.over_private_link()))
    }))
}

/// Whether a target group sends to this port of the place.
fn registered(group: &TargetGroup, place: &Place<'_>, port: u16, beside: bool) -> Admission {
    let targets = match &group.targets {
        Seen::Is(targets) => targets,
        Seen::Unread(what) if beside => return Admission::gap(what.to_string()),
        Seen::Unread(_) | Seen::Absent => return Admission::default(),
    };
    let is_it = |target: &&RegisteredTarget| {
        let by_address = target
            .id
            .parse::<IpAddr>()
            .is_ok_and(|address| place.inside.iter().any(|own| own.addr() == address));
        let by_instance = place.instance == Some(target.id.as_str());
        (by_address || by_instance) && target.port.or(group.port) == Some(port)
    };
    best(targets.iter().filter(is_it).map(|target| {
        let says = format!("{} is registered behind it, on port {port}", target.id);
        let evidence = Evidence::statement(says, target.source.clone());
        let admission = Admission::surely(vec![evidence]);
        if target.health == "healthy" {
            return admission;
        }
        let text = format!("{} must be healthy, and is {}", target.id, target.health);
        admission.weakened(Strength::Conditional, NoteKind::NotModelled, text)
    }))
}

/// A listener of a load balancer before a port.
struct Pass<'a, 'e> {
    estate: &'e Estate,
    sender: Sender<'a>,
    balancer: &'e Balancer,
    listener: &'e BalancerListener,
    group: &'e TargetGroup,
    place: &'a Place<'e>,
    opening: Opening<'a>,
    port: u16,
}

impl<'e> Pass<'_, 'e> {
    /// The nodes of the load balancer, one in each of its subnets.
    fn nodes(&self) -> Vec<Place<'e>> {
        let balancer = self.balancer;
        let given: Vec<IpNet> = balancer
            .addresses
            .iter()
            .filter_map(|text| text.parse::<IpAddr>().ok())
            .map(IpNet::from)
            .collect();
        let node = |subnet: &'e String| {
            let blocks = blocks_of(self.estate, subnet);
            let own = |address: &&IpNet| blocks.iter().any(|block| block.contains(*address));
            let own: Vec<IpNet> = given.iter().filter(own).copied().collect();
            Place {
                name: balancer.name.clone(),
                account: &balancer.account,
                region: &balancer.region,
                vpc: balancer.vpc.as_deref(),
                subnet: Some(subnet),
                groups: if balancer.groups.is_empty() {
                    Groups::Unfiltered
                } else {
                    Groups::Known(&balancer.groups)
                },
                instance: None,
                floating: own.is_empty(),
                inside: if own.is_empty() { blocks } else { own },
                // Its public addresses are not told; only rules for all addresses contain this one.
                public: if balancer.internet_facing {
                    vec![IpAddr::V4(Ipv4Addr::UNSPECIFIED)]
                } else {
                    Vec::new()
                },
                v6_known: true,
            }
        };
        balancer.subnets.iter().map(node).collect()
    }

    /// What the client opens, from whichever address.
    fn front(&self) -> Opening<'static> {
        Opening {
            port: self.listener.port,
            shown: Shown::Any,
        }
    }

    fn listens(&self) -> Evidence {
        let says = format!(
            "load balancer {} listens on port {}",
            self.balancer.name, self.listener.port
        );
        let origin = Origin::Captured(self.listener.source.clone());
        Evidence::description(says, origin)
    }

    fn directly(&self) -> Admission {
        best(self.nodes().iter().map(|node| {
            let arrives = directly(self.estate, self.sender, node, self.front());
            if arrives.is_no() {
                return arrives;
            }
            Admission::surely(vec![self.listens()])
                .and(arrives)
                .and(self.onward(node))
        }))
    }

    /// From a node to the target, whose groups see the node's address or the sender's.
    fn onward(&self, node: &Place<'e>) -> Admission {
        let masked = between(self.estate, node, self.place, self.opening);
        let preserved = self.preserved(node);
        let onward = match &self.group.preserves_client {
            // What comes over IPv6 to a target without it comes from the load balancer's address.
            Seen::Is(true) if self.balancer.address_type == "dualstack" && !self.has_v6() => {
                preserved.or(masked)
            }
            Seen::Is(true) => preserved,
            Seen::Is(false) => masked,
            Seen::Unread(what) => {
                let doubt = |admission: Admission, to: Strength| {
                    let text = format!("whether the target sees the client's address: {what}");
                    admission.weakened(to, NoteKind::NotCollected, text)
                };
                let either = masked.clone().and(preserved.clone());
                let (usual, other) = if self.group.kind == "instance" {
                    (preserved, masked)
                } else {
                    (masked, preserved)
                };
                either
                    .or(doubt(usual, Strength::Conditional))
                    .or(doubt(other, Strength::Gap))
            }
            // Nothing is sent on to what is no instance and no address.
            Seen::Absent => Admission::default(),
        };
        if self.group.proxy_protocol != Seen::Is(true) {
            return onward;
        }
        let text = "what is behind the load balancer must read the proxy protocol".to_owned();
        onward.weakened(Strength::Conditional, NoteKind::NotModelled, text)
    }

    fn has_v6(&self) -> bool {
        self.place.inside.iter().any(|own| own.addr().is_ipv6())
    }

    /// What the target admits from the sender's own address.
    fn preserved(&self, node: &Place<'e>) -> Admission {
        let estate = self.estate;
        let mut cuts = self.opening.shown.cuts();
        super::groups::cuts(estate, self.place, &mut cuts);
        super::filters::cuts(estate, self.place.subnet, &mut cuts);
        let within = |blocks: &[IpNet]| -> Vec<IpAddr> {
            blocks.iter().flat_map(|b| candidates(b, &cuts)).collect()
        };
        let every = |places: Vec<Place<'_>>| -> Vec<IpAddr> {
            let all = places.iter().flat_map(|place| {
                let public = place.public.iter().copied();
                within(&place.inside).into_iter().chain(public)
            });
            all.collect()
        };
        let (sources, anywhere) = match self.sender {
            Sender::Internet if matches!(self.opening.shown, Shown::Only(_)) => {
                return Admission::default();
            }
            Sender::Internet => (internet(), true),
            Sender::Network(network) => (within(&network.blocks), false),
            Sender::NewHost(subnet) | Sender::Guest(subnet, _) => {
                (within(&Place::of_subnet(subnet).inside), false)
            }
            Sender::Host(host) => (every(Place::of_host(estate, host)), false),
            Sender::Attached(attached) => (every(Place::of_attached(estate, attached)), false),
            Sender::Client => return Admission::default(),
        };
        let shown = sources
            .into_iter()
            .filter(|from| self.opening.shown.allows(*from));
        best(shown.map(|from| {
            let other = Other {
                address: from,
                place: None,
                by: Some(By::Public),
                anywhere,
            };
            // A rule that names the load balancer's group admits what it sends on, whoever sent it.
            let named = by_group(estate, self.place, self.port, node);
            let admitted = ingress(estate, self.place, self.port, other).or(named);
            if admitted.is_no() || node.is_beside(self.place) {
                return admitted;
            }
            // Replies find their way back through the load balancer, past the route tables.
            let (there, back) = (
                edge(estate, self.place, true),
                edge(estate, self.place, false),
            );
            let leg = |packet, crossing| Leg {
                packet,
                crossings: vec![crossing],
            };
            let to = from;
            let filtered = pass(
                estate,
                &[leg(Packet { from, to }, there)],
                &[leg(Packet { from: to, to: from }, back)],
                self.port,
            );
            admitted.and(filtered)
        }))
    }

    /// Through an endpoint of a service that the load balancer stands behind.
    fn over_private_link(&self) -> Admission {
        let estate = self.estate;
        let services: Vec<&str> = estate
            .endpoint_services
            .values()
            .filter(|service| service.balancers.contains(&self.balancer.arn))
            .map(|service| service.id.as_str())
            .collect();
        let listed = estate.listed(SERVICES, &self.balancer.account, &self.balancer.region);
        let endpoints = estate
            .endpoints
            .values()
            .filter(|e| !e.gateway && e.available && e.service.contains("vpce-svc-"));
        best(endpoints.map(|endpoint| {
            let is_it = services.iter().any(|id| endpoint.service.ends_with(id));
            let known = estate
                .endpoint_services
                .keys()
                .any(|id| endpoint.service.ends_with(id.as_str()));
            if !is_it && (known || listed) {
                return Admission::default();
            }
            let places = Place::of_endpoint(estate, endpoint);
            let arrives = best(
                places
                    .iter()
                    .map(|place| directly(estate, self.sender, place, self.front())),
            );
            if arrives.is_no() {
                return arrives;
            }
            let says = format!("{} is an endpoint for {}", endpoint.id, endpoint.service);
            let onward = best(
                self.nodes()
                    .iter()
                    .map(|node| between(estate, node, self.place, self.opening)),
            );
            let mut admission = Admission::surely(vec![
                Evidence::description(says, endpoint.origin.clone()),
                self.listens(),
            ])
            .and(arrives)
            .and(onward);
            if !is_it {
                let call = missing(SERVICES, &self.balancer.account, &self.balancer.region);
                let text = format!("what stands behind {}: {call}", endpoint.service);
                return admission.and(Admission::gap(text));
            }
            if self.balancer.filters_private_link && !self.balancer.groups.is_empty() {
                let text = format!(
                    "what the security groups of {} let in through PrivateLink",
                    self.balancer.name
                );
                admission = admission.weakened(Strength::Conditional, NoteKind::NotModelled, text);
            }
            admission
        }))
    }
}
