//! Security groups: unions of allow rules, stateful.
//!
//! A rule that names a group matches the private addresses of its members in the same VPC, in a
//! peered one of the same region, or, for what comes in, across a transit gateway that allows it.
//!
//! Source: VPC User Guide, "Security group rules" and "Security group referencing"; Transit Gateway
//! Guide, "Security group referencing".
//!
//! Must never: take a group or a prefix list that was not read for an empty one.

use std::net::IpAddr;

use ipnet::IpNet;

use super::path::By;
use super::place::{Groups, Place};
use super::verdict::{Admission, best};
use crate::estate::{Estate, GroupRule, Peer, SecurityGroup};
use crate::facts::{Evidence, NoteKind};
use crate::reach::Strength;

/// The other side of a rule, as its interface sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Other<'p, 'e> {
    /// Its address.
    pub(super) address: IpAddr,
    /// The interface that has that private address; none behind a public address.
    pub(super) place: Option<&'p Place<'e>>,
    /// How the packet comes; nothing when any way is to be considered.
    pub(super) by: Option<By>,
    /// Whether the address only stands for all of the internet.
    pub(super) anywhere: bool,
}

/// Whether the groups of `place` let in what comes from `other` to this port.
pub(super) fn ingress(
    estate: &Estate,
    place: &Place<'_>,
    port: u16,
    other: Other<'_, '_>,
) -> Admission {
    match place.groups {
        Groups::Unfiltered => Admission::yes(),
        Groups::Unread(what) => unread_groups(place, what),
        Groups::Known(ids) => {
            let each = ids.iter().map(|id| match estate.security_groups.get(id) {
                None => Admission::gap(format!(
                    "security group {id} of {} was not collected; it may admit port {port}",
                    place.name
                )),
                Some(group) => {
                    let rules = group.ingress.iter().filter(|rule| covers(rule, port));
                    best(rules.map(|rule| {
                        let says = format!("{id} ({}) admits {}", group.name, describe(rule));
                        matched(estate, rule, other, true)
                            .with(Evidence::statement(says, rule.source.clone()))
                    }))
                }
            });
            best(each)
        }
        // Nobody connects to an instance that is not there yet.
        Groups::Chosen => Admission::no(Vec::new()),
    }
}

/// Whether the groups of `place` let out what goes to `other` at this port.
pub(super) fn egress(
    estate: &Estate,
    place: &Place<'_>,
    port: u16,
    other: Other<'_, '_>,
) -> Admission {
    let of_group = |id: &str| match estate.security_groups.get(id) {
        None => Admission::gap(format!(
            "security group {id} of {} was not collected; whether it lets out port {port} is not known",
            place.name
        )),
        Some(group) => {
            let rules = group.egress.iter().filter(|rule| covers(rule, port));
            best(rules.map(|rule| {
                let says = format!("{id} ({}) lets out {}", group.name, describe_out(rule));
                matched(estate, rule, other, false)
                    .with(Evidence::statement(says, rule.source.clone()))
            }))
        }
    };
    match place.groups {
        Groups::Unfiltered => Admission::yes(),
        Groups::Unread(what) => unread_groups(place, what),
        Groups::Known(ids) => best(ids.iter().map(|id| of_group(id))),
        Groups::Chosen => {
            let vpc = place.vpc;
            let own = estate
                .security_groups
                .values()
                .filter(|group| group.vpc.as_deref() == vpc)
                .filter(|group| may_choose(estate, place, group) != Strength::Never);
            let chosen = best(own.map(|group| of_group(&group.id)));
            let call = "ec2:DescribeSecurityGroups";
            let (_, region) = place.owner(estate);
            let account = place.account;
            if chosen.is_no() && !estate.listed(call, account, region) {
                let text = super::verdict::missing(call, account, region);
                return Admission::gap(format!("groups that a new host could be put into: {text}"));
            }
            chosen
        }
    }
}

/// Whether any rule for this port can match an address of the VPC, or a member of a group: whether
/// something that passes connections on could sit there.
pub(super) fn admits_neighbours(estate: &Estate, place: &Place<'_>, port: u16) -> bool {
    let Groups::Known(ids) = place.groups else {
        return !matches!(place.groups, Groups::Chosen);
    };
    let vpc = place.vpc;
    let subnets = estate
        .subnets
        .values()
        .filter(|s| vpc.is_none_or(|id| s.vpc == id));
    let blocks: Vec<IpNet> = subnets.filter_map(|s| s.cidr).collect();
    let near = |net: &IpNet| {
        net.prefix_len() <= 8
            || blocks
                .iter()
                .any(|block| super::blocks::overlap(block, net))
            || blocks.is_empty() && super::blocks::is_private(net)
    };
    let lets_in = |rule: &GroupRule| match &rule.peer {
        Peer::Net(net) => near(net),
        Peer::PrefixList(id) => match entries(estate, id) {
            Some(nets) => nets.iter().any(near),
            None => true,
        },
        Peer::Group(_) | Peer::Unreadable(_) => true,
    };
    any_rule(estate, ids, port, lets_in)
}

/// Whether some client could be admitted: that a rule for the port exists is all that can be asked
/// about somebody who sits nobody knows where.
pub(super) fn some_client(estate: &Estate, place: &Place<'_>, port: u16) -> Admission {
    some_such_client(estate, place, port, &|_| true)
}

fn some_such_client(
    estate: &Estate,
    place: &Place<'_>,
    port: u16,
    fits: &dyn Fn(&GroupRule) -> bool,
) -> Admission {
    let ids = match place.groups {
        Groups::Known(ids) => ids,
        Groups::Unread(what) => return unread_groups(place, what),
        Groups::Unfiltered | Groups::Chosen => return unread_groups(place, ""),
    };
    let each = ids.iter().map(|id| {
        let Some(group) = estate.security_groups.get(id) else {
            return Admission::gap(format!(
                "security group {id} of {} was not collected; it may admit port {port}",
                place.name
            ));
        };
        let rules = group.ingress.iter().filter(|rule| covers(rule, port));
        let rules = rules.filter(|rule| fits(rule));
        best(rules.map(|rule| {
            let says = format!("{id} ({}) admits {}", group.name, describe(rule));
            let admission = match &rule.peer {
                Peer::PrefixList(list) => match entries(estate, list) {
                    Some([]) => Admission::no(Vec::new()),
                    Some(_) => anyone(rule),
                    None => unread_list(list, rule),
                },
                Peer::Unreadable(_) => unreadable(rule),
                Peer::Net(_) | Peer::Group(_) => anyone(rule),
            };
            admission.with(Evidence::statement(says, rule.source.clone()))
        }))
    });
    best(each)
}

/// The same of a client with this address; `member` says which groups it may be in.
pub(super) fn client_at(
    estate: &Estate,
    place: &Place<'_>,
    port: u16,
    address: IpAddr,
    member: &dyn Fn(&str) -> bool,
) -> Admission {
    some_such_client(estate, place, port, &|rule| match &rule.peer {
        Peer::PrefixList(list) => {
            entries(estate, list).is_none_or(|nets| nets.iter().any(|net| net.contains(&address)))
        }
        Peer::Net(net) => net.contains(&address),
        Peer::Group(group) => member(group),
        Peer::Unreadable(_) => true,
    })
}

fn unread_groups(place: &Place<'_>, what: &str) -> Admission {
    let text = format!("the security groups of {} were not collected", place.name);
    Admission::gap(if what.is_empty() {
        text
    } else {
        what.to_owned()
    })
}

fn anyone(rule: &GroupRule) -> Admission {
    let text = format!(
        "the client must sit where a rule admits it: {}",
        describe(rule)
    );
    Admission::doubtful(Strength::Conditional, NoteKind::NotModelled, text).at(&rule.source)
}

fn unread_list(list: &str, rule: &GroupRule) -> Admission {
    Admission::gap(format!(
        "the entries of prefix list {list} were not collected"
    ))
    .at(&rule.source)
}

fn unreadable(rule: &GroupRule) -> Admission {
    Admission::gap("an address block of a security group cannot be read".to_owned())
        .at(&rule.source)
}

/// The entries of a prefix list, when they were read.
pub(super) fn entries<'e>(estate: &'e Estate, id: &str) -> Option<&'e [IpNet]> {
    let list = estate.prefix_lists.get(id)?;
    list.entries.as_ref().map(Vec::as_slice)
}

/// The blocks that a place's groups tell addresses apart by.
pub(super) fn cuts(estate: &Estate, place: &Place<'_>, into: &mut Vec<IpNet>) {
    let Groups::Known(ids) = place.groups else {
        return;
    };
    for id in ids {
        for rule in estate
            .security_groups
            .get(id)
            .into_iter()
            .flat_map(|g| g.ingress.iter().chain(&g.egress))
        {
            match &rule.peer {
                Peer::Net(net) => into.push(*net),
                Peer::PrefixList(list) => {
                    into.extend(entries(estate, list).into_iter().flatten().copied());
                }
                Peer::Group(_) | Peer::Unreadable(_) => {}
            }
        }
    }
}

fn covers(rule: &GroupRule, port: u16) -> bool {
    match rule.protocol.as_str() {
        "-1" => true,
        "tcp" | "6" => rule
            .ports
            .is_none_or(|(from, to)| (from..=to).contains(&port)),
        _ => false,
    }
}

fn describe(rule: &GroupRule) -> String {
    format!("{} from {}", traffic(rule), peer(rule))
}

fn describe_out(rule: &GroupRule) -> String {
    format!("{} to {}", traffic(rule), peer(rule))
}

fn peer(rule: &GroupRule) -> String {
    match &rule.peer {
        Peer::Net(net) => net.to_string(),
        Peer::Group(text) | Peer::PrefixList(text) | Peer::Unreadable(text) => text.clone(),
    }
}

fn traffic(rule: &GroupRule) -> String {
    match (rule.protocol.as_str(), rule.ports) {
        ("-1", _) => "all traffic".to_owned(),
        (_, None) => "all TCP ports".to_owned(),
        (_, Some((from, to))) if from == to => format!("port {from}"),
        (_, Some((from, to))) => format!("ports {from} to {to}"),
    }
}

fn yes(matches: bool) -> Admission {
    if matches {
        Admission::yes()
    } else {
        Admission::default()
    }
}

fn matched(estate: &Estate, rule: &GroupRule, other: Other<'_, '_>, incoming: bool) -> Admission {
    match &rule.peer {
        Peer::Net(net) => within(net, other),
        Peer::PrefixList(list) => match entries(estate, list) {
            Some(nets) => best(nets.iter().map(|net| within(net, other))),
            None => unread_list(list, rule),
        },
        Peer::Unreadable(_) => unreadable(rule),
        Peer::Group(group) => match other.place {
            Some(place) => member(estate, group, place, other.by, incoming),
            None => yes(false),
        },
    }
}

fn within(net: &IpNet, other: Other<'_, '_>) -> Admission {
    if !net.contains(&other.address) {
        return yes(false);
    }
    // A block of half of all addresses is the internet; a smaller one is a part of it.
    if other.anywhere && net.prefix_len() > 1 {
        let text = format!("the sender must have an address in {net}");
        return Admission::doubtful(Strength::Conditional, NoteKind::NotModelled, text);
    }
    yes(true)
}

/// Whether whoever launches an instance may put it into a group: one of its own account, or one that
/// is shared with it. Source: VPC User Guide, "Share your VPC subnets with other accounts",
/// responsibilities of participants: they cannot launch resources with groups of others.
fn may_choose(estate: &Estate, place: &Place<'_>, group: &SecurityGroup) -> Strength {
    let shared = estate.group_guests.get(&group.id);
    if group.account == place.account
        || group.account.is_empty()
        || shared.is_some_and(|with| with.contains(place.account))
    {
        return Strength::Always;
    }
    let (_, region) = place.owner(estate);
    let read = ["ram:ListResources", "ram:ListPrincipals"]
        .iter()
        .all(|call| estate.listed(call, &group.account, region));
    if read { Strength::Never } else { Strength::Gap }
}

/// Whether the place counts as a member of the group, the way the packet comes.
fn member(
    estate: &Estate,
    group: &str,
    place: &Place<'_>,
    by: Option<By>,
    incoming: bool,
) -> Admission {
    let belongs = match place.groups {
        Groups::Known(ids) => yes(ids.iter().any(|id| id == group)),
        Groups::Unfiltered => yes(false),
        Groups::Unread(what) => unread_groups(place, what),
        // The launcher puts the new host into the group; one of another VPC cannot be chosen.
        Groups::Chosen => match estate.security_groups.get(group) {
            Some(known) if known.vpc.as_deref() == place.vpc || known.vpc.is_none() => {
                let text = format!("whether {group} is shared with account {}", place.account);
                let strength = may_choose(estate, place, known);
                Admission::yes().weakened(strength, NoteKind::NotCollected, text)
            }
            Some(_) => yes(false),
            None => Admission::gap(format!("security group {group} was not collected")),
        },
    };
    let carried = match by {
        None | Some(By::SameSubnet | By::SameVpc | By::Peering { same_region: true }) => yes(true),
        Some(By::Peering { same_region: false } | By::Public) => yes(false),
        Some(By::Transit { references }) => match references {
            Some(on) => yes(on && incoming),
            None => Admission::gap(
                "whether security groups may be named across the transit gateway: ec2:DescribeTransitGateways, ec2:DescribeTransitGatewayVpcAttachments".to_owned(),
            ),
        },
        Some(By::Unknown) => Admission::gap(format!(
            "whether {group} can be named across the way to {}",
            place.name
        )),
    };
    belongs.and(carried)
}

/// Whether a rule for the port names addresses, so that somebody behind an address that is not
/// known could be admitted.
pub(super) fn names_addresses(estate: &Estate, place: &Place<'_>, port: u16) -> bool {
    let Groups::Known(ids) = place.groups else {
        return !matches!(place.groups, Groups::Chosen);
    };
    any_rule(estate, ids, port, |rule| {
        !matches!(rule.peer, Peer::Group(_))
    })
}

/// What the rules that name a group of that other place admit to the port.
pub(super) fn by_group(
    estate: &Estate,
    place: &Place<'_>,
    port: u16,
    other: &Place<'_>,
) -> Admission {
    let (Groups::Known(ids), Groups::Known(theirs)) = (place.groups, other.groups) else {
        return Admission::default();
    };
    let groups = ids.iter().filter_map(|id| estate.security_groups.get(id));
    let rules = groups.flat_map(|group| group.ingress.iter().map(move |rule| (group, rule)));
    let named = rules
        .filter(|(_, rule)| covers(rule, port))
        .filter(|(_, rule)| matches!(&rule.peer, Peer::Group(id) if theirs.contains(id)));
    best(named.map(|(group, rule)| {
        let says = format!("{} ({}) admits {}", group.id, group.name, describe(rule));
        Admission::surely(vec![Evidence::statement(says, rule.source.clone())])
    }))
}

/// Whether the groups of a place may admit anybody at all to the port.
pub(super) fn admits_anybody(estate: &Estate, place: &Place<'_>, port: u16) -> bool {
    let Groups::Known(ids) = place.groups else {
        return !matches!(place.groups, Groups::Chosen);
    };
    any_rule(estate, ids, port, |_| true)
}

/// Whether some rule for the port is such; a group that was not read may have any.
fn any_rule(
    estate: &Estate,
    ids: &[String],
    port: u16,
    is_such: impl Fn(&GroupRule) -> bool,
) -> bool {
    ids.iter().any(|id| match estate.security_groups.get(id) {
        Some(group) => {
            let mut rules = group.ingress.iter().filter(|rule| covers(rule, port));
            rules.any(&is_such)
        }
        None => true,
    })
}
