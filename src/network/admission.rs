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
        (Peer::Net(net), Sender::Internet) if net.prefix_len() > 0 => yes(false),
        (Peer::Net(IpNet::V6(_)), Sender::Internet) if !has_v6(target.host) => (
            Strength::Gap,
            Some(Note {
                kind: NoteKind::NotCollected,
                text: format!(
                    "whether {} has an IPv6 address was not collected",
                    target.host.id
                ),
                source: Some(rule.source.clone()),
            }),
        ),
        (Peer::Net(net), Sender::Network(block)) => yes(net.contains(block) || block.contains(net)),
        (Peer::Group(group), Sender::Host(host)) => yes(host.groups.contains(group)),
        // The launcher puts the new host into a group that the rule names; a group of another VPC
        // cannot be chosen, which `route` sees by the VPCs.
        (Peer::Group(_), Sender::NewHost(_)) | (Peer::Net(_), Sender::Internet) => yes(true),
        // A group never matches traffic that comes in through a public address.
        (Peer::Group(_), Sender::Internet | Sender::Network(_)) => yes(false),
    }
}

fn has_v6(host: &Host) -> bool {
    host.public_addresses
        .iter()
        .any(|address| address.contains(':'))
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::capture::Source;
    use crate::estate::{Peer, RouteTable, Seen};

    fn source() -> Source {
        Source::new("sg.json", 7, "/SecurityGroups/0/IpPermissions/0")
    }

    fn captured() -> Origin {
        Origin::Captured(source())
    }

    fn host(id: &str, address: &str, group: &str) -> Host {
        Host {
            id: id.to_owned(),
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
            vpc: Some("vpc-1".to_owned()),
            subnet: Some("subnet-1".to_owned()),
            private_addresses: vec![address.to_owned()],
            public_addresses: Vec::new(),
            groups: vec![group.to_owned()],
            role: Seen::Absent,
            volumes: Vec::new(),
            tags: BTreeMap::new(),
            gone: false,
            origin: captured(),
        }
    }

    fn rule(protocol: &str, ports: Option<(u16, u16)>, peer: Peer) -> GroupRule {
        GroupRule {
            protocol: protocol.to_owned(),
            ports,
            peer,
            source: source(),
        }
    }

    fn net(text: &str) -> Peer {
        Peer::Net(text.parse().unwrap())
    }

    /// An estate whose group `sg-broker` has the rules, and whose network ACLs are assumed open.
    fn estate(ingress: Vec<GroupRule>) -> Estate {
        let mut estate = Estate::default();
        let group = SecurityGroup {
            id: "sg-broker".to_owned(),
            account: "111122223333".to_owned(),
            name: "brokers".to_owned(),
            vpc: Some("vpc-1".to_owned()),
            ingress,
            egress: Vec::new(),
            origin: captured(),
        };
        estate.security_groups.insert(group.id.clone(), group);
        let assumed = ("allow-all".to_owned(), Source::new("catchment.toml", 2, ""));
        estate
            .config
            .assume
            .insert("network-acls".to_owned(), assumed);
        estate
    }

    fn asked(estate: &Estate, sender: Sender<'_>, broker: &Host) -> Strength {
        let target = Target {
            host: broker,
            port: 9092,
        };
        admit(estate, sender, target).strength
    }

    fn from_app(ingress: Vec<GroupRule>) -> Strength {
        let (app, broker) = (host("i-app", "10.0.1.5", "sg-app"), broker());
        asked(&estate(ingress), Sender::Host(&app), &broker)
    }

    fn broker() -> Host {
        host("i-broker", "10.0.0.9", "sg-broker")
    }

    #[test]
    fn groups_are_allow_only_and_match_protocol_and_port() {
        let app = || Peer::Group("sg-app".to_owned());
        assert_eq!(from_app(Vec::new()), Strength::Never);
        assert_eq!(
            from_app(vec![rule("tcp", Some((9092, 9094)), app())]),
            Strength::Always
        );
        assert_eq!(
            from_app(vec![rule("tcp", Some((9093, 9094)), app())]),
            Strength::Never
        );
        assert_eq!(from_app(vec![rule("6", None, app())]), Strength::Always);
        assert_eq!(from_app(vec![rule("-1", None, app())]), Strength::Always);
        assert_eq!(
            from_app(vec![rule("udp", Some((9092, 9092)), app())]),
            Strength::Never
        );
    }

    #[test]
    fn a_reference_matches_members_and_a_block_matches_private_addresses() {
        let other = Peer::Group("sg-other".to_owned());
        assert_eq!(from_app(vec![rule("-1", None, other)]), Strength::Never);
        assert_eq!(
            from_app(vec![rule("-1", None, net("10.0.1.0/24"))]),
            Strength::Always
        );
        assert_eq!(
            from_app(vec![rule("-1", None, net("10.0.2.0/24"))]),
            Strength::Never
        );
    }

    #[test]
    fn what_was_not_read_is_a_gap() {
        let list = Peer::PrefixList("pl-1".to_owned());
        assert_eq!(from_app(vec![rule("-1", None, list)]), Strength::Gap);
        let (app, mut broker) = (host("i-app", "10.0.1.5", "sg-app"), broker());
        broker.groups = vec!["sg-unread".to_owned()];
        assert_eq!(
            asked(&estate(Vec::new()), Sender::Host(&app), &broker),
            Strength::Gap
        );
    }

    #[test]
    fn between_vpcs_a_peering_that_was_not_read_is_a_gap() {
        let mut app = host("i-app", "10.0.1.5", "sg-app");
        app.vpc = Some("vpc-2".to_owned());
        let open = estate(vec![rule("-1", None, net("10.0.0.0/8"))]);
        assert_eq!(asked(&open, Sender::Host(&app), &broker()), Strength::Gap);
    }

    #[test]
    fn network_acls_that_were_not_read_make_crossing_a_subnet_conditional() {
        let mut open = estate(vec![rule("-1", None, net("10.0.0.0/8"))]);
        open.config.assume.clear();
        let mut app = host("i-app", "10.0.1.5", "sg-app");
        assert_eq!(
            asked(&open, Sender::Host(&app), &broker()),
            Strength::Always
        );
        app.subnet = Some("subnet-2".to_owned());
        assert_eq!(
            asked(&open, Sender::Host(&app), &broker()),
            Strength::Conditional
        );
    }

    #[test]
    fn the_internet_needs_an_open_block_a_public_address_and_a_route() {
        let mut open = estate(vec![rule("tcp", Some((9092, 9092)), net("0.0.0.0/0"))]);
        let mut broker = broker();
        // A load balancer before it may have been missed.
        assert_eq!(asked(&open, Sender::Internet, &broker), Strength::Gap);
        broker.public_addresses = vec!["198.51.100.7".to_owned()];
        assert_eq!(
            asked(&open, Sender::Internet, &broker),
            Strength::Conditional
        );
        let mut table = RouteTable {
            id: "rtb-1".to_owned(),
            vpc: "vpc-1".to_owned(),
            main: false,
            subnets: vec!["subnet-1".to_owned()],
            internet: true,
        };
        open.route_tables.insert("rtb-1".to_owned(), table.clone());
        assert_eq!(asked(&open, Sender::Internet, &broker), Strength::Always);
        table.internet = false;
        open.route_tables.insert("rtb-1".to_owned(), table);
        assert_eq!(asked(&open, Sender::Internet, &broker), Strength::Never);
        let office = estate(vec![rule("-1", None, net("203.0.113.0/24"))]);
        assert_eq!(asked(&office, Sender::Internet, &broker), Strength::Never);
    }

    #[test]
    fn an_open_ipv6_block_admits_nobody_to_an_ipv4_address() {
        let open = estate(vec![rule("-1", None, net("::/0"))]);
        let mut broker = broker();
        broker.public_addresses = vec!["198.51.100.7".to_owned()];
        assert_eq!(asked(&open, Sender::Internet, &broker), Strength::Gap);
    }

    #[test]
    fn clients_sit_where_some_rule_admits_them_or_nowhere() {
        let admitted = estate(vec![rule("tcp", Some((9092, 9092)), net("10.9.0.0/16"))]);
        assert_eq!(
            asked(&admitted, Sender::Client, &broker()),
            Strength::Conditional
        );
        assert_eq!(
            asked(&estate(Vec::new()), Sender::Client, &broker()),
            Strength::Never
        );
    }

    #[test]
    fn the_evidence_names_the_rule_and_its_place() {
        let app = host("i-app", "10.0.1.5", "sg-app");
        let open = estate(vec![rule("tcp", Some((9092, 9092)), net("10.0.0.0/8"))]);
        let target = Target {
            host: &broker(),
            port: 9092,
        };
        let admission = admit(&open, Sender::Host(&app), target);
        assert_eq!(
            admission.evidence[0].says,
            "sg-broker (brokers) admits port 9092 from 10.0.0.0/8"
        );
        assert_eq!(admission.evidence[0].source(), Some(&source()));
        assert!(admission.evidence[0].removable);
    }
}
