//! How one thing leads to others: the meaning of the relations that rule packs name.
//!
//! Must never: evaluate a policy; that a relation leads somewhere says nothing about permission.

use std::collections::BTreeSet;

use super::unknown::Unknown;
use super::world::{ConnectionOf, World};
use crate::capture::Source;
use crate::estate::Seen;
use crate::estate::{Broker, Cluster, Host, KeyState, Listener, Origin, SecurityProtocol, Topic};
use crate::facts::{Evidence, Kind, Note, NoteKind, ThingIx};
use crate::names::KafkaPrincipal;
use crate::network::{Admission, Sender, Target, admit};
use crate::reach::Strength;
use crate::rules::Relation;

/// One thing that a relation leads to.
#[derive(Clone, Debug)]
pub(super) struct Reached {
    pub(super) thing: ThingIx,
    pub(super) strength: Strength,
    pub(super) evidence: Vec<Evidence>,
    pub(super) notes: Vec<Note>,
}

impl Reached {
    fn surely(thing: ThingIx, evidence: Vec<Evidence>) -> Self {
        Self {
            thing,
            strength: Strength::Always,
            evidence,
            notes: Vec::new(),
        }
    }

    fn weakly(
        thing: ThingIx,
        strength: Strength,
        evidence: Vec<Evidence>,
        kind: NoteKind,
        text: String,
    ) -> Self {
        let note = Note {
            kind,
            text,
            source: None,
        };
        Self {
            thing,
            strength,
            evidence,
            notes: vec![note],
        }
    }

    fn admitted(thing: ThingIx, admission: Admission) -> Option<Self> {
        (admission.strength > Strength::Never).then_some(Self {
            thing,
            strength: admission.strength,
            evidence: admission.evidence,
            notes: admission.notes,
        })
    }
}

/// Whether a relation certainly leads nowhere: `Always` then, `Never` when it leads somewhere, and
/// between them, with a note, when what it rests on was not read.
pub(super) fn leads_nowhere(
    world: &World<'_>,
    relation: Relation,
    from: ThingIx,
) -> (Strength, Option<Note>) {
    if relation == Relation::Key {
        return match key_state(world, from) {
            KeyState::None | KeyState::AwsManaged => (Strength::Always, None),
            KeyState::Customer(_) => (Strength::Never, None),
            KeyState::Unread(what) => {
                let text = format!("whether a key protects it is not known: {what}");
                let note = Note {
                    kind: NoteKind::NotCollected,
                    text,
                    source: None,
                };
                (Strength::Conditional, Some(note))
            }
        };
    }
    if follow(world, relation, from).is_empty() {
        (Strength::Always, None)
    } else {
        (Strength::Never, None)
    }
}

/// What `relation` leads to from `from`, in a fixed order.
pub(super) fn follow(world: &World<'_>, relation: Relation, from: ThingIx) -> Vec<Reached> {
    match relation {
        Relation::Role => role(world, from),
        Relation::Volume => volumes(world, from),
        Relation::Key => key(world, from),
        Relation::User => users_of_secret(world, from),
        Relation::Speaker => speaker(world, from),
        Relation::InterBrokerUser => credentials_on_host(world, from),
        Relation::Reachable => reachable(world, from),
        Relation::Session => sessions(world, from),
        Relation::OpenSession => open_sessions(world, from),
        Relation::Position => super::positions::of(world, from),
        Relation::Cluster => cluster(world, from),
        Relation::Topic => topics(world, from),
    }
}

fn role(world: &World<'_>, host: ThingIx) -> Vec<Reached> {
    let Some(host) = world.host(host) else {
        return Vec::new();
    };
    let (evidence, what) = match &host.role {
        Seen::Absent => return Vec::new(),
        Seen::Unread(what) => (Vec::new(), what.to_string()),
        Seen::Is(link) => {
            let says = format!("{} has an instance profile with {}", host.id, link.to);
            let evidence = vec![Evidence::description(says, link.origin.clone())];
            if let Some(thing) = world.things.find(Kind::Identity, &link.to) {
                return vec![Reached::surely(thing, evidence)];
            }
            (evidence, format!("what {} may do", link.to))
        }
    };
    // A role that was not read, of an account whose identities may not have been either: it may do
    // what some identity of the account may.
    let unread = super::callers::unread_identities(&host.account);
    let account = world.things.find(Kind::ExternalAccount, &host.account);
    let stand_in = account.or_else(|| world.things.find(Kind::Whoever, &unread));
    let reached = stand_in
        .map(|thing| Reached::weakly(thing, Strength::Gap, evidence, NoteKind::NotCollected, what));
    reached.into_iter().collect()
}

fn volumes(world: &World<'_>, host: ThingIx) -> Vec<Reached> {
    let Some(host) = world.host(host) else {
        return Vec::new();
    };
    let attached = host.volumes.iter().filter_map(|attached| {
        let thing = world.things.find(Kind::Volume, &attached.volume.to)?;
        let holds = world.all(crate::rules::Sort::Volume).contains(&thing);
        holds.then(|| {
            let says = format!("{} is attached to {}", attached.volume.to, host.id);
            let evidence = Evidence::description(says, attached.volume.origin.clone());
            Reached::surely(thing, vec![evidence])
        })
    });
    attached.collect()
}

fn key_state<'e>(world: &World<'e>, from: ThingIx) -> KeyState<'e> {
    let estate = world.estate;
    let bucket = world
        .bucket(from)
        .map(|bucket| estate.bucket_key_state(bucket));
    let volume = || {
        world
            .volume(from)
            .map(|volume| estate.volume_key_state(volume))
    };
    let snapshot = || {
        world
            .snapshot(from)
            .map(|snapshot| estate.snapshot_key_state(snapshot))
    };
    let secret = || {
        world
            .secret(from)
            .map(|secret| estate.secret_key_state(secret))
    };
    let state = bucket.or_else(volume).or_else(snapshot).or_else(secret);
    state.unwrap_or_else(|| KeyState::Unread(format!("the description of {}", world.id(from))))
}

fn key(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let KeyState::Customer(key) = key_state(world, from) else {
        return Vec::new();
    };
    let Some(thing) = world.things.find(Kind::Key, &key.arn) else {
        return Vec::new();
    };
    let says = format!("{} is encrypted with {}", world.things.get(from), key.arn);
    let origin = origin_of(world, from).unwrap_or_else(|| key.origin.clone());
    vec![Reached::surely(
        thing,
        vec![Evidence::description(says, origin)],
    )]
}

/// Where it stands which key a thing is encrypted with.
fn origin_of(world: &World<'_>, thing: ThingIx) -> Option<Origin> {
    let volume = world.volume(thing).map(|x| &x.origin);
    let snapshot = || world.snapshot(thing).map(|x| &x.origin);
    if let Some(source) = world
        .bucket(thing)
        .and_then(|x| x.encryption_source.clone())
    {
        return Some(Origin::Captured(source));
    }
    let bucket = || world.bucket(thing).map(|x| &x.origin);
    let secret = || world.secret(thing).map(|x| &x.origin);
    volume
        .or_else(snapshot)
        .or_else(bucket)
        .or_else(secret)
        .cloned()
}

fn users_of_secret(world: &World<'_>, secret: ThingIx) -> Vec<Reached> {
    let Some(secret) = world.secret(secret) else {
        return Vec::new();
    };
    let users = secret.users.iter().filter_map(|link| {
        let thing = world.things.find(Kind::KafkaUser, &link.to)?;
        let says = format!("{} holds the credential of {}", secret.name, link.to);
        Some(Reached::surely(
            thing,
            vec![Evidence::description(says, link.origin.clone())],
        ))
    });
    users.collect()
}

fn speaker(world: &World<'_>, session: ThingIx) -> Vec<Reached> {
    let Some(session) = world.sessions.get(&session) else {
        return Vec::new();
    };
    let id = format!("{}/{}", session.cluster.name, session.principal);
    let user = world.things.find(Kind::KafkaUser, &id);
    user.map(|thing| Reached::surely(thing, Vec::new()))
        .into_iter()
        .collect()
}

fn brokers_on<'w>(
    world: &'w World<'_>,
    host: &'w str,
) -> impl Iterator<Item = (&'w Cluster, &'w Broker, &'w Origin)> {
    world.estate.clusters.values().flat_map(move |cluster| {
        cluster.brokers.values().filter_map(move |broker| {
            let link = broker.host.as_ref().filter(|link| link.to == host)?;
            Some((cluster, broker, &link.origin))
        })
    })
}

fn credentials_on_host(world: &World<'_>, host: ThingIx) -> Vec<Reached> {
    let mut found = Vec::new();
    for (cluster, broker, origin) in brokers_on(world, world.id(host)) {
        for (user, source) in super::callers::jaas_users(broker) {
            let id = format!("{}/{user}", cluster.name);
            if let Some(thing) = world.things.find(Kind::KafkaUser, &id) {
                let evidence = vec![
                    Evidence::description(
                        format!("broker {} runs on {}", broker.id, world.id(host)),
                        origin.clone(),
                    ),
                    Evidence::description(
                        format!("its configuration holds the credential of {user}"),
                        Origin::Captured(source),
                    ),
                ];
                found.push(Reached::surely(thing, evidence));
            }
        }
    }
    found.sort_by_key(|reached| reached.thing);
    found.dedup_by_key(|reached| reached.thing);
    found
}

fn reachable(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some((sender, addresses)) = sender(world, from) else {
        return Vec::new();
    };
    let only = (world.kind(from) == Kind::Cluster).then(|| world.id(from));
    let connections = world.connections.iter().filter(|(_, connection)| {
        let listed: Vec<&str> = connections_of(world, connection.cluster)
            .filter_map(|other| other.address.as_deref())
            .collect();
        only.is_none_or(|name| connection.cluster.name == name)
            && addresses.fit(connection.address.as_deref(), &listed)
    });
    connections
        .filter_map(|(thing, connection)| {
            Reached::admitted(*thing, best_broker(world, sender, connection))
        })
        .collect()
}

/// Who sends from a host, subnet, cluster's client place or position, and by which addresses.
fn sender<'e>(world: &World<'e>, from: ThingIx) -> Option<(Sender<'e>, Addresses<'e>)> {
    if let Some(host) = world.host(from) {
        return Some((
            Sender::Host(host),
            Addresses::These(&host.private_addresses),
        ));
    }
    if let Some(subnet) = world.subnet(from) {
        return Some((Sender::NewHost(subnet), Addresses::In(subnet.cidr)));
    }
    let id = world.id(from);
    if world.kind(from) == Kind::Cluster {
        return Some((Sender::Client, Addresses::Any));
    }
    if id == "internet" {
        return Some((Sender::Internet, Addresses::Unlisted));
    }
    let (nets, _) = world.estate.config.networks.get(id)?;
    let first = nets.first()?;
    Some((Sender::Network(first), Addresses::In(Some(*first))))
}

/// Which client addresses a sender can show.
enum Addresses<'a> {
    /// Exactly these.
    These(&'a [String]),
    /// Some address of this block.
    In(Option<ipnet::IpNet>),
    /// Any that no ACL names.
    Unlisted,
    /// Any at all.
    Any,
}

impl Addresses<'_> {
    /// Whether the sender may show an address of this class: the named one, or, for `None`, some
    /// address that no ACL of the cluster names.
    fn fit(&self, class: Option<&str>, listed: &[&str]) -> bool {
        match (self, class) {
            (Self::Any, _) | (Self::In(_) | Self::Unlisted, None) => true,
            (Self::Unlisted, Some(_)) => false,
            (Self::These(own), Some(address)) => own.iter().any(|a| a == address),
            (Self::These(own), None) => !own.iter().any(|a| listed.contains(&a.as_str())),
            (Self::In(net), Some(address)) => {
                let address = address.parse::<std::net::IpAddr>();
                net.zip(address.ok())
                    .is_some_and(|(net, address)| net.contains(&address))
            }
        }
    }
}

fn connections_of<'w, 'e>(
    world: &'w World<'e>,
    cluster: &'w Cluster,
) -> impl Iterator<Item = &'w ConnectionOf<'e>> {
    world
        .connections
        .values()
        .filter(move |other| other.cluster.name == cluster.name)
}

/// The best admission over the brokers that have the listener.
fn best_broker(world: &World<'_>, sender: Sender<'_>, connection: &ConnectionOf<'_>) -> Admission {
    let mut best = Admission::default();
    for (broker, listener) in connection.listeners() {
        let admission = to_broker(world, sender, broker, listener);
        if admission.strength > best.strength {
            best = admission;
        }
    }
    best
}

fn to_broker(
    world: &World<'_>,
    sender: Sender<'_>,
    broker: &Broker,
    listener: &Listener,
) -> Admission {
    let host: Option<(&Host, &Origin)> = broker.host.as_ref().and_then(|link| {
        world
            .estate
            .hosts
            .get(&link.to)
            .map(|host| (host, &link.origin))
    });
    let Some((host, origin)) = host else {
        let client = matches!(sender, Sender::Client);
        return Admission {
            strength: if client {
                Strength::Conditional
            } else {
                Strength::Gap
            },
            evidence: vec![listens(broker, listener)],
            notes: vec![Note {
                kind: NoteKind::NotCollected,
                text: format!(
                    "the host of broker {} is not known, nor what its network admits",
                    broker.id
                ),
                source: None,
            }],
        };
    };
    let mut admission = match sender {
        // What a host sends to itself meets no security group.
        Sender::Host(from) if from.id == host.id => Admission {
            strength: Strength::Always,
            ..Admission::default()
        },
        Sender::Host(_)
        | Sender::NewHost(_)
        | Sender::Internet
        | Sender::Network(_)
        | Sender::Client => admit(
            world.estate,
            sender,
            Target {
                host,
                port: listener.port,
            },
        ),
    };
    if admission.strength > Strength::Never {
        let says = format!("broker {} runs on {}", broker.id, host.id);
        admission
            .evidence
            .insert(0, Evidence::description(says, origin.clone()));
        admission.evidence.insert(0, listens(broker, listener));
    }
    admission
}

fn listens(broker: &Broker, listener: &Listener) -> Evidence {
    let says = format!(
        "broker {} listens on port {} ({})",
        broker.id, listener.port, listener.name
    );
    Evidence::description(says, Origin::Captured(listener.source.clone()))
}

fn sessions(world: &World<'_>, connection: ThingIx) -> Vec<Reached> {
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
        connection
            .listeners()
            .filter_map(|(broker, listener)| {
                admits_user(*thing, broker, listener, &session.principal)
            })
            .max_by_key(|reached| reached.strength)
    });
    found.collect()
}

fn admits_user(
    session: ThingIx,
    broker: &Broker,
    listener: &Listener,
    user: &KafkaPrincipal,
) -> Option<Reached> {
    // The subject of a certificate, as Kafka writes it without mapping rules.
    let distinguished = user.name().contains("CN=");
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
        SecurityProtocol::Ssl if listener.client_certificate && distinguished => {
            Some(Reached::surely(session, evidence))
        }
        SecurityProtocol::Ssl if listener.client_certificate => {
            let rules = broker
                .properties
                .keys()
                .any(|k| k.ends_with("ssl.principal.mapping.rules"));
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

fn open_sessions(world: &World<'_>, connection: ThingIx) -> Vec<Reached> {
    let Some(connection) = world.connections.get(&connection) else {
        return Vec::new();
    };
    let open = connection
        .listeners()
        .find(|(_, listener)| listener.is_open());
    let Some((_, listener)) = open else {
        return Vec::new();
    };
    let anonymous = world.sessions.iter().find(|(_, session)| {
        session.cluster.name == connection.cluster.name
            && session.address == connection.address
            && session.principal == KafkaPrincipal::anonymous()
    });
    let says = format!("{} asks for no credential", listener.name);
    let evidence = Evidence::description(says, Origin::Captured(listener.source.clone()));
    anonymous
        .map(|(thing, _)| Reached::surely(*thing, vec![evidence]))
        .into_iter()
        .collect()
}

fn cluster(world: &World<'_>, session: ThingIx) -> Vec<Reached> {
    let Some(session) = world.sessions.get(&session) else {
        return Vec::new();
    };
    let thing = world.things.find(Kind::Cluster, &session.cluster.name);
    thing
        .map(|thing| Reached::surely(thing, Vec::new()))
        .into_iter()
        .collect()
}

fn topics(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let id = world.id(from);
    if let Some(unknown) = world.unknown.get(&from) {
        return unknown_topics(world, unknown);
    }
    if let Some(session) = world.sessions.get(&from) {
        return all_topics(world, session.cluster, |_| Vec::new());
    }
    if world.kind(from) == Kind::Bucket {
        let clusters = world.estate.clusters.values();
        return clusters
            .flat_map(|cluster| bucket_topics(world, cluster, id))
            .collect();
    }
    let Some(snapshot) = world.snapshot(from) else {
        return replica_topics(world, id);
    };
    let mut reached = replica_topics(world, &snapshot.volume);
    for one in &mut reached {
        let says = format!("{id} is a snapshot of {}", snapshot.volume);
        one.evidence
            .insert(0, Evidence::description(says, snapshot.origin.clone()));
    }
    reached
}

fn bucket_topics(world: &World<'_>, cluster: &Cluster, bucket: &str) -> Vec<Reached> {
    let Some((role, link)) = cluster.buckets.iter().find(|(_, link)| link.to == bucket) else {
        return Vec::new();
    };
    all_topics(world, cluster, |_| {
        let says = format!(
            "{} is the {role} bucket of {}",
            link.to.replace('\u{1}', "a bucket without a name"),
            cluster.name
        );
        vec![Evidence::description(says, link.origin.clone())]
    })
}

fn all_topics(
    world: &World<'_>,
    cluster: &Cluster,
    evidence: impl Fn(&Topic) -> Vec<Evidence>,
) -> Vec<Reached> {
    let topics = world
        .topics
        .get(cluster.name.as_str())
        .into_iter()
        .flatten();
    topics
        .filter_map(|(name, topic)| {
            let thing = world
                .things
                .find(Kind::Topic, &format!("{}/{name}", cluster.name))?;
            Some(Reached::surely(thing, evidence(topic)))
        })
        .collect()
}

fn unknown_topics(world: &World<'_>, unknown: &Unknown) -> Vec<Reached> {
    let topics = world
        .topics
        .get(unknown.cluster.as_str())
        .into_iter()
        .flatten();
    let held = topics.filter(|(_, topic)| {
        let mut replicas = topic.replicas.iter().flatten();
        unknown.brokers.is_empty()
            || topic.replicas.is_empty()
            || replicas.any(|broker| unknown.brokers.contains(broker))
    });
    let things = held.filter_map(|(name, _)| {
        world
            .things
            .find(Kind::Topic, &format!("{}/{name}", unknown.cluster))
    });
    things
        .map(|thing| Reached::surely(thing, vec![described(unknown)]))
        .collect()
}

fn described(unknown: &Unknown) -> Evidence {
    let origin = Origin::Inferred {
        why: format!("not collected: {}", unknown.missing),
        from: Vec::new(),
    };
    Evidence::description(format!("there must be {}", unknown.id), origin)
}

/// Topics with replicas on the brokers whose log lies, or lay, on a volume.
fn replica_topics(world: &World<'_>, volume: &str) -> Vec<Reached> {
    let mut found = Vec::new();
    for cluster in world.estate.clusters.values() {
        let live = cluster.brokers.values().flat_map(|broker| {
            broker
                .volumes
                .iter()
                .map(move |link| (broker.id, link, false))
        });
        let retired = cluster
            .retired_volumes
            .iter()
            .map(|(id, link)| (*id, link, true));
        let holders: Vec<_> = live
            .chain(retired)
            .filter(|(_, l, _)| l.to == volume)
            .collect();
        let Some((_, link, retired)) = holders.first() else {
            continue;
        };
        let brokers: BTreeSet<i32> = holders.iter().map(|(id, _, _)| *id).collect();
        let when = if *retired {
            "held, before the move,"
        } else {
            "holds"
        };
        for (name, topic) in world
            .topics
            .get(cluster.name.as_str())
            .into_iter()
            .flatten()
        {
            let Some(thing) = world
                .things
                .find(Kind::Topic, &format!("{}/{name}", cluster.name))
            else {
                continue;
            };
            let holds = format!(
                "{volume} {when} log directories of broker {}",
                list(&brokers)
            );
            let mut evidence = vec![Evidence::description(holds, link.origin.clone())];
            if topic.replicas.is_empty() {
                let text = format!("which brokers hold {name} was not collected");
                let (strength, kind) = (Strength::Conditional, NoteKind::NotCollected);
                found.push(Reached::weakly(thing, strength, evidence, kind, text));
                continue;
            }
            let here = topic
                .replicas
                .iter()
                .filter(|r| r.iter().any(|id| brokers.contains(id)));
            let here = here.count();
            if here > 0 {
                let says = format!(
                    "replicas of {here} of {} partitions of {name} lie there",
                    topic.replicas.len()
                );
                let source: Source = topic.source.clone();
                evidence.push(Evidence::description(says, Origin::Captured(source)));
                found.push(Reached::surely(thing, evidence));
            }
        }
    }
    found
}

fn list(ids: &BTreeSet<i32>) -> String {
    ids.iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}
