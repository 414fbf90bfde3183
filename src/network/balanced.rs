//! Connections that something accepts and passes on: Network Load Balancers, and endpoints of
//! services that are offered through `PrivateLink` in front of one.
//!
//! Source: Network Load Balancer Guide, "Client IP preservation" (on for instances, off for TCP
//! targets by address, unless an attribute says otherwise; never for `PrivateLink`), "Security
//! groups"; `PrivateLink` Guide, "Share your services".
//!
//! Must never: take load balancers that were not listed for none.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::admission::{between, directly};
use super::blocks::{candidates, internet};
use super::filters::{Leg, Packet, pass};
use super::groups::{Other, admits_neighbours, ingress, names_group};
use super::path::{By, edge};
use super::place::{Groups, Place, Sender, Target, blocks_of};
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
pub(super) fn admit(estate: &Estate, sender: Sender<'_>, target: &Target<'_>) -> Admission {
    let places = target.places.iter();
    best(places.map(|place| before(estate, sender, place, target.port)))
}

fn before(estate: &Estate, sender: Sender<'_>, place: &Place<'_>, port: u16) -> Admission {
    if !admits_neighbours(estate, place, port) {
        return Admission::default();
    }
    let found = best(
        estate
            .balancers
            .values()
            .filter(|balancer| balancer.network)
            .map(|balancer| through(estate, sender, balancer, place, port)),
    );
    if found.is_sure()
        || assumed(estate, "load-balancers", "none").is_some()
        || estate.listed(BALANCERS, place.account, place.region)
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
    port: u16,
) -> Admission {
    let beside = balancer.vpc.is_none() || balancer.vpc.as_deref() == place.vpc;
    let listeners = match &balancer.listeners {
        Seen::Is(listeners) => listeners,
        Seen::Unread(what) if beside => return Admission::gap(what.to_string()),
        Seen::Unread(_) | Seen::Absent => return Admission::default(),
    };
    best(listeners.iter().map(|listener| {
        let onward =
            best(
                listener
                    .target_groups
                    .iter()
                    .map(|arn| match estate.target_groups.get(arn) {
                        Some(group) => registered(group, place, port, beside),
                        None if beside => {
                            Admission::gap(missing(GROUPS, &balancer.account, &balancer.region))
                        }
                        None => Admission::default(),
                    }),
            );
        if onward.is_no() {
            return onward;
        }
        let kind = listener
            .target_groups
            .iter()
            .filter_map(|arn| estate.target_groups.get(arn))
            .find(|group| !registered(group, place, port, beside).is_no());
        let pass = Pass {
            estate,
            sender,
            balancer,
            listener,
            group: kind,
            place,
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
    group: Option<&'e TargetGroup>,
    place: &'a Place<'e>,
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
            let arrives = directly(self.estate, self.sender, node, self.listener.port);
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
        let masked = between(self.estate, node, self.place, self.port);
        if names_group(self.estate, self.place, self.port, node) {
            return masked;
        }
        let preserved = self.preserved(node);
        let doubt = |admission: Admission, to: Strength| {
            let text = "whether the target group keeps the client's address: elbv2:DescribeTargetGroupAttributes";
            admission.weakened(to, NoteKind::NotCollected, text.to_owned())
        };
        let either = masked.clone().and(preserved.clone());
        let keeps = self.group.is_some_and(|group| group.kind == "instance");
        let (usual, other) = if keeps {
            (preserved, masked)
        } else {
            (masked, preserved)
        };
        either
            .or(doubt(usual, Strength::Conditional))
            .or(doubt(other, Strength::Gap))
    }

    /// What the target admits from the sender's own address.
    fn preserved(&self, node: &Place<'e>) -> Admission {
        let estate = self.estate;
        let mut cuts = Vec::new();
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
            Sender::Internet => (internet(), true),
            Sender::Network(network) => (within(&network.blocks), false),
            Sender::NewHost(subnet) => (within(&Place::of_subnet(subnet).inside), false),
            Sender::Host(host) => (every(Place::of_host(estate, host)), false),
            Sender::Attached(attached) => (every(Place::of_attached(estate, attached)), false),
            Sender::Client => return Admission::default(),
        };
        best(sources.into_iter().map(|from| {
            let other = Other {
                address: from,
                place: None,
                by: Some(By::Public),
                anywhere,
            };
            let admitted = ingress(estate, self.place, self.port, other);
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
                    .map(|place| directly(estate, self.sender, place, self.listener.port)),
            );
            if arrives.is_no() {
                return arrives;
            }
            let says = format!("{} is an endpoint for {}", endpoint.id, endpoint.service);
            let onward = best(
                self.nodes()
                    .iter()
                    .map(|node| between(estate, node, self.place, self.port)),
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
