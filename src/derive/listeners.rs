//! Which listeners one can reach, and whom they admit as which Kafka principal.
//!
//! Must never: ask what a Kafka principal may do; that is the authorizer's.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::connections;
use super::relation::Reached;
use super::workloads::at_most;
use super::world::{ConnectionOf, World};
use crate::estate::{AWS_MSK_IAM, Broker, FileSystem, Listener, Origin, SecurityProtocol, Seen};
use crate::facts::{Evidence, Kind, Note, NoteKind, ThingIx};
use crate::names::KafkaPrincipal;
use crate::network::{Admission, Sender, Shown, Target, admit, admit_showing};
use crate::reach::Strength;
use crate::rules::Sort;

pub(super) fn speaker(world: &World<'_>, session: ThingIx) -> Vec<Reached> {
    let Some(session) = world.sessions.get(&session) else {
        return Vec::new();
    };
    let id = format!("{}/{}", session.cluster.name, session.principal);
    let user = world.things.find(Kind::KafkaUser, &id);
    user.map(|thing| Reached::surely(thing, Vec::new()))
        .into_iter()
        .collect()
}

pub(super) fn reachable(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some(sender) = sender(world, from) else {
        return Vec::new();
    };
    let only = (world.kind(from) == Kind::Cluster).then(|| world.id(from));
    let listed = listed_addresses(world);
    let connections = world
        .connections
        .iter()
        .filter(|(_, connection)| only.is_none_or(|name| connection.cluster.name == name));
    connections
        .filter_map(|(thing, connection)| {
            let others = listed.get(connection.cluster.name.as_str());
            let shown = match connection.address.as_deref().map(str::parse) {
                Some(Ok(address)) => Shown::Only(address),
                Some(Err(_)) | None => Shown::NoneOf(others.map_or(&[], Vec::as_slice)),
            };
            let admission = best_broker(world, sender, connection, shown);
            let reached = Reached::admitted(*thing, admission)?;
            // One address of its subnets, which nobody chooses.
            match (sender, &connection.address) {
                (Sender::Attached(place), Some(address)) if place.addresses.is_empty() => {
                    let note = Note::not_collected(format!("whether it sends from {address}"));
                    Some(at_most(reached, Strength::Conditional, note))
                }
                _ => Some(reached),
            }
        })
        .collect()
}

/// The client addresses that ACLs name, by cluster.
fn listed_addresses<'e>(world: &World<'e>) -> BTreeMap<&'e str, Vec<IpAddr>> {
    let mut listed: BTreeMap<&str, Vec<IpAddr>> = BTreeMap::new();
    for connection in world.connections.values() {
        let address = connection.address.as_deref().and_then(|a| a.parse().ok());
        let known = listed.entry(connection.cluster.name.as_str()).or_default();
        known.extend(address.filter(|address| !known.contains(address)));
    }
    listed
}

/// The file systems whose mount targets one can open a connection to.
pub(super) fn mountable(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some(sender) = sender(world, from) else {
        return Vec::new();
    };
    let stores = world.all(Sort::FileSystem).iter();
    stores
        .filter_map(|thing| {
            let store = world.file_system(*thing)?;
            Reached::admitted(*thing, best_target(world, sender, store))
        })
        .collect()
}

/// The best admission over the mount targets of a file system.
fn best_target(world: &World<'_>, sender: Sender<'_>, store: &FileSystem) -> Admission {
    let targets = match &store.mount_targets {
        Seen::Is(targets) => targets.as_slice(),
        Seen::Absent => &[],
        Seen::Unread(what) => {
            return Admission::gap(what.to_string());
        }
    };
    let mut best = Admission::default();
    for target in targets {
        let mut admission = admit(
            world.estate,
            sender,
            &Target::mount(world.estate, store, target),
        );
        if admission.strength > best.strength {
            let says = format!("{} is a mount target of {}", target.id, store.id);
            let evidence = Evidence::description(says, target.origin.clone());
            admission.evidence.insert(0, evidence);
            best = admission;
        }
    }
    best
}

/// The listeners of a managed cluster that authenticate by IAM.
pub(super) fn by_iam(world: &World<'_>, cluster: ThingIx) -> Vec<Reached> {
    let Some(managed) = world.managed(cluster) else {
        return Vec::new();
    };
    let own = world.connections.iter().filter(|(_, connection)| {
        let link = connection.cluster.managed.as_ref();
        link.is_some_and(|link| link.to == managed.arn)
    });
    own.filter_map(|(thing, connection)| {
        let (_, listener) = connection.listeners().find(|(_, l)| is_iam(l))?;
        let says = format!("{} authenticates by IAM", listener.name);
        let origin = Origin::Captured(listener.source.clone());
        Some(Reached::surely(
            *thing,
            vec![Evidence::description(says, origin)],
        ))
    })
    .collect()
}

/// Whether a listener admits nobody but callers of AWS.
fn is_iam(listener: &Listener) -> bool {
    !listener.mechanisms.is_empty() && listener.mechanisms.iter().all(|m| m == AWS_MSK_IAM)
}

/// Who sends from a host, subnet, cluster's client place or position.
pub(super) fn sender<'w>(world: &'w World<'_>, from: ThingIx) -> Option<Sender<'w>> {
    if let Some(host) = world.host(from) {
        return Some(Sender::Host(host));
    }
    if let Some(subnet) = world.subnet(from) {
        return Some(match world.guests.get(&from) {
            Some((_, account)) => Sender::Guest(subnet, account),
            None => Sender::NewHost(subnet),
        });
    }
    let id = world.id(from);
    if world.kind(from) == Kind::Cluster {
        return Some(Sender::Client);
    }
    if id == "internet" {
        return Some(Sender::Internet);
    }
    if let Some(place) = world.places.get(id) {
        return Some(Sender::Attached(place));
    }
    world.estate.config.networks.get(id).map(Sender::Network)
}

/// The best admission over the brokers that have the listener.
fn best_broker<'e>(
    world: &World<'e>,
    sender: Sender<'_>,
    connection: &ConnectionOf<'e>,
    shown: Shown<'_>,
) -> Admission {
    let mut best = Admission::default();
    if connection.is_unread() && sender.shows(world.estate, shown) {
        best.strength = Strength::Gap;
        best.notes.push(unread(connection));
    }
    for (broker, listener) in connection.listeners() {
        let managed = world.managed_of(connection.cluster);
        let through = managed.filter(|managed| connections::serves(managed, listener));
        let admission = match through {
            Some(managed) => {
                let admission = connections::admitted(world, sender, managed, listener, shown);
                held(admission, listener)
            }
            None => to_broker(world, sender, broker, listener, shown),
        };
        if admission.strength > best.strength {
            best = admission;
        }
    }
    best
}

/// That a listener may be anything, because no broker's configuration was read.
fn unread(connection: &ConnectionOf<'_>) -> Note {
    Note::not_collected(format!("kafka:properties of {}", connection.cluster.name))
}

/// What the network says, held down where the listener itself was not seen.
fn to_broker<'e>(
    world: &World<'e>,
    sender: Sender<'_>,
    broker: &'e Broker,
    listener: &Listener,
    shown: Shown<'_>,
) -> Admission {
    held(to_port(world, sender, broker, listener, shown), listener)
}

/// The same, as sure at most as that there is such a listener.
fn held(mut admission: Admission, listener: &Listener) -> Admission {
    if let Some(unread) = &listener.unread
        && admission.strength > Strength::Gap
    {
        admission.strength = Strength::Gap;
        admission.notes.push(Note::not_collected(format!(
            "whether there is {} was not read: {unread}",
            listener.name
        )));
    }
    admission
}

fn to_port<'e>(
    world: &World<'e>,
    sender: Sender<'_>,
    broker: &'e Broker,
    listener: &Listener,
    shown: Shown<'_>,
) -> Admission {
    let Some((target, at, origin)) = target(world, broker, listener.port) else {
        if !sender.shows(world.estate, shown) {
            return Admission::default();
        }
        let client = matches!(sender, Sender::Client);
        return Admission {
            strength: if client {
                Strength::Conditional
            } else {
                Strength::Gap
            },
            evidence: vec![listens(broker, listener)],
            notes: vec![Note::not_collected(format!(
                "the host of broker {} is not known, nor what its network admits",
                broker.id
            ))],
        };
    };
    let mut admission = match sender {
        // What a host sends to itself meets no security group.
        Sender::Host(from) if from.id == at && sender.shows(world.estate, shown) => Admission {
            strength: Strength::Always,
            ..Admission::default()
        },
        Sender::Attached(from) if from.interfaces.iter().any(|own| own == at) => Admission {
            strength: Strength::Always,
            ..Admission::default()
        },
        Sender::Host(_)
        | Sender::Attached(_)
        | Sender::NewHost(_)
        | Sender::Guest(..)
        | Sender::Internet
        | Sender::Network(_)
        | Sender::Client => admit_showing(world.estate, sender, &target, shown),
    };
    if admission.strength > Strength::Never {
        let says = format!("broker {} runs on {at}", broker.id);
        admission
            .evidence
            .insert(0, Evidence::description(says, origin.clone()));
        admission.evidence.insert(0, listens(broker, listener));
    }
    admission
}

/// A port of a broker, what it is at, and why we think so: its host, or the network interface of
/// a broker that AWS runs.
fn target<'e>(
    world: &World<'e>,
    broker: &'e Broker,
    port: u16,
) -> Option<(Target<'e>, &'e str, &'e Origin)> {
    let estate = world.estate;
    let on_host = broker.host.as_ref().and_then(|link| {
        let host = estate.hosts.get(&link.to)?;
        Some((Target::host(estate, host, port), &*host.id, &link.origin))
    });
    on_host.or_else(|| {
        let link = broker.interface.as_ref()?;
        let interface = estate.interfaces.get(&link.to)?;
        let target = Target::interface(estate, interface, port);
        Some((target, &*interface.id, &link.origin))
    })
}

fn listens(broker: &Broker, listener: &Listener) -> Evidence {
    let says = format!(
        "broker {} listens on port {} ({})",
        broker.id, listener.port, listener.name
    );
    Evidence::description(says, Origin::Captured(listener.source.clone()))
}

pub(super) fn sessions(world: &World<'_>, connection: ThingIx) -> Vec<Reached> {
    let Some(connection) = world.connections.get(&connection) else {
        return Vec::new();
    };
    let found = world.sessions.iter().filter_map(|(thing, session)| {
        let same = session.cluster.name == connection.cluster.name
            && session.address == connection.address
            && session.principal != KafkaPrincipal::anonymous();
        if !same {
            return None;
        }
        if connection.is_unread() {
            return Some(maybe(*thing, connection));
        }
        connection
            .listeners()
            .filter_map(|(broker, listener)| {
                admits_user(*thing, broker, listener, &session.principal)
            })
            .max_by_key(|reached| reached.strength)
    });
    found.collect()
}

/// A session that an unread listener may admit.
fn maybe(session: ThingIx, connection: &ConnectionOf<'_>) -> Reached {
    Reached {
        thing: session,
        strength: Strength::Gap,
        evidence: Vec::new(),
        notes: vec![unread(connection)],
    }
}

fn admits_user(
    session: ThingIx,
    broker: &Broker,
    listener: &Listener,
    user: &KafkaPrincipal,
) -> Option<Reached> {
    // The subject of a certificate, as Kafka writes it without mapping rules: a distinguished
    // name, which need not have a CN.
    let distinguished = user.name().contains('=');
    let certificate = listener.client_certificate || listener.certificate_requested;
    if is_iam(listener) {
        return None;
    }
    let text = format!("{} authenticates by {}", listener.name, method(listener));
    let evidence = vec![Evidence::description(
        text,
        Origin::Captured(listener.source.clone()),
    )];
    match listener.protocol {
        SecurityProtocol::SaslPlaintext | SecurityProtocol::SaslSsl if distinguished => {
            let text = format!("{user} must be the name of a SASL user too");
            let kind = NoteKind::NotModelled;
            Some(Reached::weakly(
                session,
                Strength::Conditional,
                evidence,
                kind,
                text,
            ))
        }
        SecurityProtocol::SaslPlaintext | SecurityProtocol::SaslSsl => {
            Some(Reached::surely(session, evidence))
        }
        SecurityProtocol::Ssl if certificate && distinguished => {
            Some(Reached::surely(session, evidence))
        }
        SecurityProtocol::Ssl if certificate => {
            let rules = broker.properties.keys().any(|key| {
                key.ends_with("ssl.principal.mapping.rules")
                    || key.ends_with("principal.builder.class")
            });
            rules.then(|| {
                let text = format!("some certificate must map to {user}");
                let kind = NoteKind::NotModelled;
                Reached::weakly(session, Strength::Conditional, evidence, kind, text)
            })
        }
        SecurityProtocol::Ssl | SecurityProtocol::Plaintext => None,
    }
}

fn method(listener: &Listener) -> String {
    match listener.protocol {
        SecurityProtocol::Plaintext => "nothing".to_owned(),
        SecurityProtocol::Ssl => "client certificate".to_owned(),
        SecurityProtocol::SaslPlaintext | SecurityProtocol::SaslSsl => {
            format!("SASL {}", listener.mechanisms.join(", "))
        }
    }
}

pub(super) fn open_sessions(world: &World<'_>, connection: ThingIx) -> Vec<Reached> {
    let Some(connection) = world.connections.get(&connection) else {
        return Vec::new();
    };
    let open = connection
        .listeners()
        .find(|(_, listener)| listener.is_open());
    let anonymous = world.sessions.iter().find(|(_, session)| {
        session.cluster.name == connection.cluster.name
            && session.address == connection.address
            && session.principal == KafkaPrincipal::anonymous()
    });
    let Some((thing, _)) = anonymous else {
        return Vec::new();
    };
    let Some((_, listener)) = open else {
        let may = connection.is_unread();
        return may.then(|| maybe(*thing, connection)).into_iter().collect();
    };
    let says = format!("{} asks for no credential", listener.name);
    let evidence = Evidence::description(says, Origin::Captured(listener.source.clone()));
    vec![Reached::surely(*thing, vec![evidence])]
}

/// The cluster of a session, or the one that a managed cluster is.
pub(super) fn cluster(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let session = world.sessions.get(&from).map(|session| session.cluster);
    let managed = || world.estate.cluster_of(&world.managed(from)?.arn);
    let Some(cluster) = session.or_else(managed) else {
        return Vec::new();
    };
    let thing = world.things.find(Kind::Cluster, &cluster.name);
    thing
        .map(|thing| Reached::surely(thing, Vec::new()))
        .into_iter()
        .collect()
}
