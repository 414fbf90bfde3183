//! Network ACLs: numbered entries without memory, asked wherever a packet crosses a subnet's edge,
//! on the way there and on the way back.
//!
//! Source: VPC User Guide, "Network ACL rules" and "Ephemeral ports"; the destination port of a
//! reply is the port that the sender chose.
//!
//! Must never: let a network ACL that was not read pass for an open one, unless people say so.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use super::verdict::{Admission, assumed, missing};
use crate::estate::{AclEntry, Estate, NetworkAcl, Origin};
use crate::facts::{Evidence, NoteKind};
use crate::reach::Strength;

const CALL: &str = "ec2:DescribeNetworkAcls";

/// A subnet's edge that a packet crosses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Crossing<'e> {
    /// The subnet, when it is known.
    pub(super) subnet: Option<&'e str>,
    /// Owner of the subnet.
    pub(super) account: &'e str,
    /// Region of the subnet.
    pub(super) region: &'e str,
    /// Whether the packet comes in, so that its source is looked at, or goes out.
    pub(super) inward: bool,
}

/// A packet: its addresses. Ports are the listener's on the way there, the sender's on the way back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet {
    pub(super) from: IpAddr,
    pub(super) to: IpAddr,
}

/// One leg: a packet and the edges it crosses.
#[derive(Clone, Debug)]
pub(super) struct Leg<'e> {
    pub(super) packet: Packet,
    pub(super) crossings: Vec<Crossing<'e>>,
}

/// Whether the way there lets `port` through, and the way back some port that the sender chooses.
pub(super) fn pass(estate: &Estate, there: &[Leg<'_>], back: &[Leg<'_>], port: u16) -> Admission {
    let crossed = there
        .iter()
        .chain(back)
        .any(|leg| !leg.crossings.is_empty());
    if !crossed {
        return Admission::yes();
    }
    let forward = leg_by_leg(estate, there, port);
    if forward.is_no() {
        return forward;
    }
    let mut best = Admission::default();
    for port in source_ports(estate, back) {
        let mut reply = leg_by_leg(estate, back, port);
        if port < 1024 {
            let text = format!("the sender must bind a source port below 1024, such as {port}");
            reply = reply.weakened(Strength::Conditional, NoteKind::NotModelled, text);
        }
        best = best.or(reply);
        if best.is_sure() {
            break;
        }
    }
    forward.and(best)
}

/// Ports that the entries tell apart, those that every program may use first.
fn source_ports(estate: &Estate, legs: &[Leg<'_>]) -> Vec<u16> {
    let mut ports = BTreeSet::from([1, 1024]);
    for crossing in legs.iter().flat_map(|leg| &leg.crossings) {
        for entry in acl_of(estate, crossing)
            .into_iter()
            .flat_map(|acl| entries(acl, crossing.inward))
        {
            if let Some((from, to)) = entry.ports {
                ports.insert(from.max(1));
                ports.extend(to.checked_add(1));
            }
        }
    }
    let (low, high): (Vec<u16>, Vec<u16>) = ports.into_iter().partition(|port| *port < 1024);
    high.into_iter().chain(low).collect()
}

fn leg_by_leg(estate: &Estate, legs: &[Leg<'_>], port: u16) -> Admission {
    let mut all = Admission::yes();
    for leg in legs {
        for crossing in &leg.crossings {
            all = all.and(cross(estate, crossing, leg.packet, port));
            if all.is_no() {
                return all;
            }
        }
    }
    all
}

/// The network ACL of a subnet: each has exactly one.
fn acl_of<'e>(estate: &'e Estate, crossing: &Crossing<'_>) -> Option<&'e NetworkAcl> {
    let subnet = crossing.subnet?;
    let mut acls = estate.network_acls.values();
    acls.find(|acl| acl.subnets.iter().any(|associated| associated == subnet))
}

fn entries(acl: &NetworkAcl, inward: bool) -> &[AclEntry] {
    if inward { &acl.ingress } else { &acl.egress }
}

/// The blocks that the network ACLs of a subnet tell addresses apart by.
pub(super) fn cuts(estate: &Estate, subnet: Option<&str>, into: &mut Vec<IpNet>) {
    let Some(subnet) = subnet else {
        return;
    };
    let acls = estate.network_acls.values();
    for acl in acls.filter(|acl| acl.subnets.iter().any(|id| id == subnet)) {
        into.extend(
            acl.ingress
                .iter()
                .chain(&acl.egress)
                .filter_map(|e| e.block),
        );
    }
}

fn cross(estate: &Estate, crossing: &Crossing<'_>, packet: Packet, port: u16) -> Admission {
    let Some(acl) = acl_of(estate, crossing) else {
        return unread(estate, crossing);
    };
    let other = if crossing.inward {
        packet.from
    } else {
        packet.to
    };
    let (verdict, entry) = decide(entries(acl, crossing.inward), other, port);
    let evidence: Vec<Evidence> = entry
        .map(|entry| {
            Evidence::statement(describe(acl, entry, crossing.inward), entry.source.clone())
        })
        .into_iter()
        .collect();
    match verdict {
        Verdict::Allow => Admission::surely(evidence),
        Verdict::Deny => Admission::no(evidence),
        Verdict::Unsure => Admission::surely(evidence).weakened(
            Strength::Conditional,
            NoteKind::NotCollected,
            format!("an entry of network ACL {} cannot be read", acl.id),
        ),
    }
}

fn unread(estate: &Estate, crossing: &Crossing<'_>) -> Admission {
    if let Some(source) = assumed(estate, "network-acls", "allow-all") {
        let origin = Origin::Assumed {
            why: "network-acls = \"allow-all\"".to_owned(),
            at: source.clone(),
        };
        let says = "network ACLs let everything through";
        return Admission::surely(vec![Evidence::description(says, origin)]);
    }
    Admission::unread_guard(format!(
        "network ACLs: {}",
        missing(CALL, crossing.account, crossing.region)
    ))
}

/// What the entries of one direction say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Allow,
    Deny,
    /// An entry that cannot be read may decide otherwise.
    Unsure,
}

/// The first entry that matches decides; what none matches is denied.
fn decide(entries: &[AclEntry], other: IpAddr, port: u16) -> (Verdict, Option<&AclEntry>) {
    let tcp = |entry: &&AclEntry| matches!(entry.protocol.as_str(), "-1" | "6" | "tcp" | "all");
    let on_port = |entry: &&AclEntry| {
        let all = matches!(entry.protocol.as_str(), "-1" | "all");
        all || entry
            .ports
            .is_none_or(|(from, to)| (from..=to).contains(&port))
    };
    let mut may_allow = false;
    let mut may_deny = false;
    for entry in entries.iter().filter(tcp).filter(on_port) {
        match entry.block {
            Some(block) if !block.contains(&other) => {}
            Some(_) => {
                let differs = if entry.allows { may_deny } else { may_allow };
                let verdict = match (differs, entry.allows) {
                    (true, _) => Verdict::Unsure,
                    (false, true) => Verdict::Allow,
                    (false, false) => Verdict::Deny,
                };
                return (verdict, Some(entry));
            }
            None if entry.allows => may_allow = true,
            None => may_deny = true,
        }
    }
    let verdict = if may_allow {
        Verdict::Unsure
    } else {
        Verdict::Deny
    };
    (verdict, None)
}

fn describe(acl: &NetworkAcl, entry: &AclEntry, inward: bool) -> String {
    let does = match (entry.allows, inward) {
        (true, true) => "lets in",
        (true, false) => "lets out",
        (false, true) => "keeps out",
        (false, false) => "keeps in",
    };
    let all = matches!(entry.protocol.as_str(), "-1" | "all");
    let traffic = match entry.ports.filter(|_| !all) {
        None if all => "all traffic".to_owned(),
        None => "all TCP ports".to_owned(),
        Some((from, to)) if from == to => format!("port {from}"),
        Some((from, to)) => format!("ports {from} to {to}"),
    };
    let block = entry
        .block
        .map_or_else(|| "an unreadable block".to_owned(), |b| b.to_string());
    let way = if inward { "from" } else { "to" };
    format!(
        "entry {} of network ACL {} {does} {traffic} {way} {block}",
        entry.number, acl.id
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::capture::Source;

    fn entry() -> impl Strategy<Value = AclEntry> {
        let protocol = prop_oneof![Just("6"), Just("-1"), Just("17")];
        let ports = proptest::option::of((0_u16..20, 0_u16..20));
        let block = prop_oneof![
            Just(Some("0.0.0.0/0")),
            Just(Some("10.0.0.0/31")),
            Just(Some("10.0.0.1/32")),
            Just(None)
        ];
        (1_i64..6, protocol, ports, block, any::<bool>()).prop_map(
            |(number, protocol, ports, block, allows)| AclEntry {
                number,
                protocol: protocol.to_owned(),
                ports: ports.map(|(a, b)| (a.min(b), a.max(b))),
                block: block.map(|text| text.parse().unwrap()),
                allows,
                source: Source::new("acl.json", 1, ""),
            },
        )
    }

    /// The definition: go through the numbers; an entry that cannot be read may or may not match,
    /// so try both for each.
    fn slow(entries: &[AclEntry], other: IpAddr, port: u16) -> Verdict {
        let unreadable: Vec<usize> = (0..entries.len())
            .filter(|at| entries[*at].block.is_none())
            .collect();
        let mut answers = BTreeSet::new();
        for choice in 0..1_u32 << unreadable.len() {
            let matches = |at: usize| match unreadable.iter().position(|u| *u == at) {
                Some(bit) => choice >> bit & 1 == 1,
                None => entries[at].block.unwrap().contains(&other),
            };
            let first = (0..entries.len()).find(|at| {
                let entry = &entries[*at];
                let ports = entry.ports.unwrap_or((0, u16::MAX));
                matches(*at)
                    && (entry.protocol == "-1"
                        || entry.protocol == "6" && ports.0 <= port && port <= ports.1)
            });
            answers.insert(first.is_some_and(|at| entries[at].allows));
        }
        match (answers.contains(&true), answers.contains(&false)) {
            (true, true) => Verdict::Unsure,
            (true, false) => Verdict::Allow,
            (false, _) => Verdict::Deny,
        }
    }

    proptest! {
        #[test]
        fn the_first_entry_that_matches_decides_for_every_port(
            mut entries in proptest::collection::vec(entry(), 0..6),
        ) {
            entries.sort_by_key(|entry| entry.number);
            for last in 0..3 {
                let other = IpAddr::from([10, 0, 0, last]);
                for port in 0..24 {
                    let (found, _) = decide(&entries, other, port);
                    prop_assert_eq!(found, slow(&entries, other, port));
                }
            }
        }
    }

    /// An estate whose one subnet has these entries in both directions.
    fn estate(ingress: Vec<AclEntry>, egress: Vec<AclEntry>) -> Estate {
        let mut estate = Estate::default();
        let acl = NetworkAcl {
            id: "acl-1".to_owned(),
            account: String::new(),
            vpc: String::new(),
            default: false,
            subnets: vec!["subnet-1".to_owned()],
            ingress,
            egress,
            origin: Origin::Captured(Source::new("acl.json", 1, "")),
        };
        estate.network_acls.insert(acl.id.clone(), acl);
        estate
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Against the definition: try every port that the sender could choose.
        #[test]
        fn the_reply_passes_if_it_does_on_any_port_at_all(
            mut ingress in proptest::collection::vec(entry(), 0..4),
            mut egress in proptest::collection::vec(entry(), 0..4),
            high in any::<bool>(),
        ) {
            for entries in [&mut ingress, &mut egress] {
                entries.sort_by_key(|entry| entry.number);
                // Around the ports that every program may use, or below them.
                for ports in entries.iter_mut().filter_map(|e| e.ports.as_mut()).filter(|_| high) {
                    *ports = (ports.0 + 1015, ports.1 + 1015);
                }
            }
            let slow = {
                let address = IpAddr::from([10, 0, 0, 1]);
                let sure = |verdict| match verdict {
                    Verdict::Allow => Strength::Always,
                    Verdict::Unsure => Strength::Conditional,
                    Verdict::Deny => Strength::Never,
                };
                let there = sure(decide(&ingress, address, 9092).0);
                let back = (1..=u16::MAX).map(|port| {
                    let reply = sure(decide(&egress, address, port).0);
                    if port < 1024 { reply.min(Strength::Conditional) } else { reply }
                });
                there.min(back.max().unwrap())
            };
            let crossing = |inward| Crossing { subnet: Some("subnet-1"), account: "", region: "", inward };
            let (a, b) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 1, 1]));
            let there = [Leg { packet: Packet { from: a, to: b }, crossings: vec![crossing(true)] }];
            let back = [Leg { packet: Packet { from: b, to: a }, crossings: vec![crossing(false)] }];
            prop_assert_eq!(pass(&estate(ingress, egress), &there, &back, 9092).strength, slow);
        }
    }
}
