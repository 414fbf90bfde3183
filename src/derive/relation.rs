//! How one thing leads to others: the meaning of the relations that rule packs name.
//!
//! Must never: evaluate a policy; that a relation leads somewhere says nothing about permission.

use super::workloads::{self, Acting};
use super::world::World;
use super::{access_grants, backups, holders, kubernetes, listeners, received, storage};
use crate::estate::{Broker, Cluster, Consumer, KeyState, Origin};
use crate::facts::{Evidence, Kind, Note, NoteKind, ThingIx};
use crate::network::Admission;
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
    pub(super) fn surely(thing: ThingIx, evidence: Vec<Evidence>) -> Self {
        Self {
            thing,
            strength: Strength::Always,
            evidence,
            notes: Vec::new(),
        }
    }

    pub(super) fn weakly(
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

    pub(super) fn admitted(thing: ThingIx, admission: Admission) -> Option<Self> {
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
    caller: Option<ThingIx>,
) -> (Strength, Option<Note>) {
    if relation == Relation::Key {
        return match key_state(world, from) {
            // A key that AWS manages admits all callers of its account, and nobody else. Source:
            // KMS Developer Guide, "AWS managed keys".
            KeyState::AwsManaged if caller.is_some_and(|c| is_outside(world, c, from)) => {
                (Strength::Never, None)
            }
            KeyState::None | KeyState::AwsManaged => (Strength::Always, None),
            KeyState::Customer(_) => (Strength::Never, None),
            KeyState::Unread(what) => {
                unsure(format!("whether a key protects it is not known: {what}"))
            }
        };
    }
    if relation == Relation::Encryption {
        return match key_state(world, from) {
            KeyState::None => (Strength::Always, None),
            KeyState::AwsManaged | KeyState::Customer(_) => (Strength::Never, None),
            KeyState::Unread(what) => {
                unsure(format!("whether it is encrypted is not known: {what}"))
            }
        };
    }
    let led = follow(world, relation, from);
    let surest = led.iter().map(|reached| reached.strength).max();
    match surest {
        None => (Strength::Always, None),
        Some(Strength::Always) => (Strength::Never, None),
        Some(Strength::Never | Strength::Gap | Strength::Conditional) => {
            let notes = led.into_iter().flat_map(|reached| reached.notes);
            (Strength::Conditional, notes.into_iter().next())
        }
    }
}

fn unsure(text: String) -> (Strength, Option<Note>) {
    let note = Note::not_collected(text);
    (Strength::Conditional, Some(note))
}

/// Whether a caller is certainly of another account than a thing, or of none.
fn is_outside(world: &World<'_>, caller: ThingIx, thing: ThingIx) -> bool {
    if world.kind(caller) == Kind::Whoever {
        return false;
    }
    let external = (world.kind(caller) == Kind::ExternalAccount).then(|| world.id(caller));
    let own = external.or_else(|| world.account(caller));
    world.account(thing).is_some_and(|owner| own != Some(owner))
}

/// What `relation` leads to from `from`, in a fixed order.
pub(super) fn follow(world: &World<'_>, relation: Relation, from: ThingIx) -> Vec<Reached> {
    match relation {
        Relation::Role => role(world, from),
        Relation::Place => workloads::place(world, from),
        Relation::PerhapsClient => workloads::perhaps_client(world, from),
        Relation::Triggered => received::triggered(world, from),
        Relation::Received => received::topics(world, from),
        Relation::Secret => workloads::secrets(world, from),
        Relation::Executable => workloads::executable(world, from),
        Relation::Entry => kubernetes::entries(world, from),
        Relation::Admitted => kubernetes::admitted(world, from),
        Relation::ByEntry => kubernetes::by_entry(world, from),
        Relation::Pod => kubernetes::pods(world, from),
        Relation::Node => kubernetes::hosts(world, from),
        Relation::Kubernetes => kubernetes::of_pod(world, from),
        Relation::Api => kubernetes::api(world, from),
        Relation::Subnet => subnets(world, from),
        Relation::Volume => volumes(world, from),
        Relation::Key | Relation::Encryption => key(world, from),
        Relation::AclsOff => storage::acls_off(world, from),
        Relation::Versions => storage::versions(world, from),
        Relation::Versioned => storage::versioned(world, from),
        Relation::AccessPoint => storage::access_points(world, from),
        Relation::AccessGrant => access_grants::of_objects(world, from),
        Relation::GrantsLocation => access_grants::locations(world, from),
        Relation::LocationRole => access_grants::role(world, from),
        Relation::Grantee => access_grants::grantee(world, from),
        Relation::Directory => access_grants::directory(world, from),
        Relation::GrantsInstance => access_grants::instance(world, from),
        Relation::OwnSubnet => storage::own_subnets(world, from),
        Relation::Elsewhere => backups::elsewhere(world, from),
        Relation::Neighbour => storage::neighbours(world, from),
        Relation::User => users_of_secret(world, from),
        Relation::Speaker => listeners::speaker(world, from),
        Relation::InterBrokerUser => credentials_on_host(world, from),
        Relation::Reachable => listeners::reachable(world, from),
        Relation::Session => listeners::sessions(world, from),
        Relation::OpenSession => listeners::open_sessions(world, from),
        Relation::Position => super::positions::of(world, from),
        Relation::Bucket => bucket_of(world, from),
        Relation::Mountable => listeners::mountable(world, from),
        Relation::IamListener => listeners::by_iam(world, from),
        Relation::VpcListener => super::connections::listeners(world, from),
        Relation::Cluster => listeners::cluster(world, from),
        Relation::Topic => holders::topics(world, from),
        Relation::Source => world.mirrors.get(&from).cloned().unwrap_or_default(),
    }
}

fn role(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    if let Some(consumer) = world.consumer(from) {
        return consumer_role(world, consumer);
    }
    let Some(host) = world.host(from) else {
        return workloads::roles(world, from);
    };
    let acting = Acting {
        account: &host.account,
        role: &host.role,
        says: format!("{} has an instance profile with", host.id),
        service: None,
    };
    workloads::acts_as(world, &acting)
}

/// The subnets that the account of a role may use: its own, and those that are shared with it.
fn subnets(world: &World<'_>, role: ThingIx) -> Vec<Reached> {
    let account = world.account(role);
    let all = world.all(crate::rules::Sort::Subnet).iter();
    // A subnet that is shared is another thing for each account that it is shared with.
    let user = |subnet: &ThingIx| match world.guests.get(subnet) {
        Some((_, account)) => Some(*account),
        None => world.account(*subnet),
    };
    let own = all.filter(|subnet| account.is_some() && user(subnet) == account);
    own.map(|subnet| Reached::surely(*subnet, Vec::new()))
        .collect()
}

/// The role that a consumer acts as. Who it is decides what it may write, so one that was not read
/// may write anywhere.
fn consumer_role(world: &World<'_>, consumer: &Consumer) -> Vec<Reached> {
    let link = consumer.role.as_ref().into_iter().next();
    let reached = link.and_then(|link| {
        let thing = world.things.find(Kind::Identity, &link.to)?;
        let says = format!("{} acts as {}", consumer.id, link.to);
        let evidence = Evidence::description(says, link.origin.clone());
        Some(Reached::surely(thing, vec![evidence]))
    });
    reached.into_iter().collect()
}

fn volumes(world: &World<'_>, host: ThingIx) -> Vec<Reached> {
    let Some(host) = world.host(host) else {
        return workloads::volumes(world, host);
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

fn bucket_of(world: &World<'_>, objects: ThingIx) -> Vec<Reached> {
    let of = world.objects.get(&objects);
    let bucket = of.map_or(objects, |of| of.bucket);
    vec![Reached::surely(bucket, Vec::new())]
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
    let backup = || world.backup(from).map(|x| estate.backup_key_state(x));
    let state = bucket.or_else(volume).or_else(snapshot).or_else(secret);
    let state = state.or_else(backup);
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
    let backup = || world.backup(thing).map(|x| &x.origin);
    volume
        .or_else(snapshot)
        .or_else(backup)
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
    let in_containers = workloads::brokers(world, host);
    let in_containers = in_containers.iter().map(|(c, b, origin)| (*c, *b, origin));
    for (cluster, broker, origin) in brokers_on(world, world.id(host)).chain(in_containers) {
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
