//! One question: may this sender open that port?
//!
//! Source: VPC User Guide, "Security group rules": groups are unions of allow rules; a rule that
//! names a group matches the private addresses of its members in the same VPC or a peered one.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::estate::{Estate, GroupRule, Host, Origin, Peer, SecurityGroup, Subnet};
use crate::facts::{Evidence, Note, NoteKind};
use crate::reach::Strength;

/// Where a connection would come from.
#[derive(Clone, Copy, Debug)]
pub enum Sender<'a> {
    /// Code on a known instance.
    Host(&'a Host),
    /// Code on a new instance in a subnet, whose launcher chooses among the groups of the VPC.
    NewHost(&'a Subnet),
    /// Any address of the internet.
    Internet,
    /// An address block that people declared.
    Network(&'a IpNet),
    /// Somebody whom the listener is meant for; the capture does not say where they sit.
    Client,
}

/// The port that would be opened.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The host that listens.
    pub host: &'a Host,
    /// The port.
    pub port: u16,
}

/// Whether, why and with which doubts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Admission {
    /// How surely.
    pub strength: Strength,
    /// The rule that admits, when one does.
    pub evidence: Vec<Evidence>,
    /// Why not surely.
    pub notes: Vec<Note>,
}

impl Admission {
    fn weaken(mut self, to: Strength, kind: NoteKind, text: String) -> Self {
        if self.strength > to {
            self.strength = to;
            self.notes.push(Note {
                kind,
                text,
                source: None,
            });
        }
        self
    }
}

/// Whether `sender` may open `target`, as the estate tells. Complexity: the ingress rules of the
/// target's groups times the sender's addresses.
pub fn admit(estate: &Estate, sender: Sender<'_>, target: Target<'_>) -> Admission {
    let best = target
        .host
        .groups
        .iter()
        .map(|id| match estate.security_groups.get(id) {
            Some(group) => best_rule(sender, target, group),
            None => unread_group(id, target),
        })
        .fold(Admission::default(), stronger);
    if best.strength == Strength::Never {
        return best;
    }
    let routed = route(estate, sender, target, best);
    network_acls(estate, sender, target, routed)
}

/// The stronger of two; the first when they are equal, so that order decides nothing else.
fn stronger(a: Admission, b: Admission) -> Admission {
    if b.strength > a.strength { b } else { a }
}

fn unread_group(id: &str, target: Target<'_>) -> Admission {
    Admission {
        strength: Strength::Gap,
        evidence: Vec::new(),
        notes: vec![Note {
            kind: NoteKind::NotCollected,
            text: format!(
                "security group {id} of {} was not collected; it may admit port {}",
                target.host.id, target.port
            ),
            source: None,
        }],
    }
}

fn best_rule(sender: Sender<'_>, target: Target<'_>, group: &SecurityGroup) -> Admission {
    group
        .ingress
        .iter()
        .filter(|rule| covers_port(rule, target.port))
        .map(|rule| {
            let (strength, note) = match_peer(sender, target, rule);
            let says = format!("{} ({}) admits {}", group.id, group.name, describe(rule));
            Admission {
                strength,
                evidence: vec![Evidence::statement(says, rule.source.clone())],
                notes: note.into_iter().collect(),
            }
        })
        .fold(Admission::default(), stronger)
}

fn covers_port(rule: &GroupRule, port: u16) -> bool {
    match rule.protocol.as_str() {
        "-1" => true,
        "tcp" | "6" => rule
            .ports
            .is_none_or(|(from, to)| (from..=to).contains(&port)),
        _ => false,
    }
}

fn describe(rule: &GroupRule) -> String {
    let peer = match &rule.peer {
        Peer::Net(net) => net.to_string(),
        Peer::Group(group) => group.clone(),
        Peer::PrefixList(list) => list.clone(),
    };
    match (rule.protocol.as_str(), rule.ports) {
        ("-1", _) => format!("all traffic from {peer}"),
        (_, None) => format!("all TCP ports from {peer}"),
        (_, Some((from, to))) if from == to => format!("port {from} from {peer}"),
        (_, Some((from, to))) => format!("ports {from} to {to} from {peer}"),
    }
}

fn match_peer(
    sender: Sender<'_>,
    target: Target<'_>,
    rule: &GroupRule,
) -> (Strength, Option<Note>) {
    let yes = |matches: bool| {
        (
            if matches {
                Strength::Always
            } else {
                Strength::Never
            },
            None,
        )
    };
    match (&rule.peer, sender) {
        (Peer::PrefixList(list), _) => (
            Strength::Gap,
            Some(Note {
                kind: NoteKind::NotCollected,
                text: format!("the entries of prefix list {list} were not collected"),
                source: Some(rule.source.clone()),
            }),
        ),
        // Clients are somewhere; that the rule admits somebody is all that can be asked.
        (_, Sender::Client) => (
            Strength::Conditional,
            Some(Note {
                kind: NoteKind::NotModelled,
                text: format!(
                    "the client must sit where a rule admits it: {}",
                    describe(rule)
                ),
                source: Some(rule.source.clone()),
            }),
        ),
        (Peer::Net(net), Sender::Host(host)) => {
            let private = host.private_addresses.iter().any(|a| contains(net, a));
            let public = host.public_addresses.iter().any(|a| contains(net, a));
            yes(private || (public && !target.host.public_addresses.is_empty()))
        }
        (Peer::Net(net), Sender::NewHost(subnet)) => yes(subnet
            .cidr
            .is_some_and(|cidr| net.contains(&cidr) || cidr.contains(net))),
        (Peer::Net(net), Sender::Internet) => yes(net.prefix_len() == 0),
        (Peer::Net(net), Sender::Network(block)) => yes(net.contains(block) || block.contains(net)),
        (Peer::Group(group), Sender::Host(host)) => yes(host.groups.contains(group)),
        // The launcher puts the new host into a group that the rule names; a group of another VPC
        // cannot be chosen, which `route` sees by the VPCs.
        (Peer::Group(_), Sender::NewHost(_)) => yes(true),
        // A group never matches traffic that comes in through a public address.
        (Peer::Group(_), Sender::Internet | Sender::Network(_)) => yes(false),
    }
}

fn contains(net: &IpNet, address: &str) -> bool {
    address
        .parse::<IpAddr>()
        .is_ok_and(|address| net.contains(&address))
}

fn route(estate: &Estate, sender: Sender<'_>, target: Target<'_>, so_far: Admission) -> Admission {
    let vpc = match sender {
        Sender::Host(host) => host.vpc.as_deref(),
        Sender::NewHost(subnet) => Some(subnet.vpc.as_str()),
        Sender::Internet | Sender::Network(_) => {
            return public_route(estate, target, so_far);
        }
        Sender::Client => return so_far,
    };
    match (vpc, target.host.vpc.as_deref()) {
        (Some(a), Some(b)) if a == b => so_far,
        (Some(a), Some(b)) => so_far.weaken(
            Strength::Gap,
            NoteKind::NotCollected,
            format!("a peering or transit gateway from {a} to {b} was not collected"),
        ),
        (None, _) | (_, None) => so_far.weaken(
            Strength::Conditional,
            NoteKind::NotCollected,
            format!(
                "the VPC of one side of {} was not collected",
                target.host.id
            ),
        ),
    }
}

fn public_route(estate: &Estate, target: Target<'_>, so_far: Admission) -> Admission {
    let host = target.host;
    if host.public_addresses.is_empty() {
        let text = format!(
            "{} has no public address; a load balancer, VPN or peering before it was not collected",
            host.id
        );
        return match so_far.strength {
            Strength::Never => so_far,
            Strength::Gap | Strength::Conditional | Strength::Always => {
                so_far.weaken(Strength::Gap, NoteKind::NotCollected, text)
            }
        };
    }
    let table = host
        .subnet
        .as_deref()
        .and_then(|subnet| estate.route_table_of(subnet));
    match table {
        Some(table) if table.internet => so_far,
        Some(_) => Admission::default(),
        None => so_far.weaken(
            Strength::Conditional,
            NoteKind::NotCollected,
            format!(
                "the route table of the subnet of {} was not collected",
                host.id
            ),
        ),
    }
}

/// Network ACLs filter what crosses a subnet's edge. They are not read yet, so that crossing is
/// conditional unless `catchment.toml` says that they let everything through.
fn network_acls(
    estate: &Estate,
    sender: Sender<'_>,
    target: Target<'_>,
    so_far: Admission,
) -> Admission {
    if let Some((value, source)) = estate.config.assume.get("network-acls")
        && value == "allow-all"
    {
        let mut admission = so_far;
        admission.evidence.push(Evidence::description(
            "network ACLs let everything through",
            Origin::Assumed {
                why: "network-acls = \"allow-all\"".to_owned(),
                at: source.clone(),
            },
        ));
        return admission;
    }
    let subnet = match sender {
        Sender::Host(host) => host.subnet.as_deref(),
        Sender::NewHost(subnet) => Some(subnet.id.as_str()),
        Sender::Internet | Sender::Network(_) | Sender::Client => None,
    };
    if subnet.is_some() && subnet == target.host.subnet.as_deref() {
        return so_far;
    }
    so_far.weaken(
        Strength::Conditional,
        NoteKind::NotCollected,
        format!(
            "the network ACLs before {} were not collected",
            target.host.id
        ),
    )
}
