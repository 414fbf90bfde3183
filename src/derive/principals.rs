//! Who starts, and with what: the lanes of the reach engine.
//!
//! Must never: give a principal anything that it does not hold before its first step.

use super::callers::{ANY_OTHER_ACCOUNT, kafka_users};
use super::positions::declared;
use super::world::{ANY_OTHER_USER, World};
use crate::estate::IdentityKind;
use crate::facts::{Facts, Kind, Predicate, ThingIx};
use crate::names::KafkaPrincipal;
use crate::reach::{FactIx, Start, Strength};
use crate::rules::Sort;

/// Whoever starts.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The thing that it is.
    pub thing: ThingIx,
    /// How tables name it: an ARN, `host i-0b1`, `kafka User:alice`, `anonymous`.
    pub name: String,
    /// `user`, `role`, `root-user`, `workload`, `external-account`, `vendor`, `service`,
    /// `federated`, `anonymous`, `whoever`, `kafka-principal`.
    pub kind: &'static str,
    /// What it holds before its first step.
    pub starts: Vec<Held>,
}

/// A fact that a principal holds before its first step.
#[derive(Clone, Debug)]
pub struct Held {
    /// The fact.
    pub fact: FactIx,
    /// How surely.
    pub strength: Strength,
    /// Why, in words.
    pub why: String,
}

impl Held {
    pub(super) fn surely(fact: FactIx, why: &str) -> Self {
        Self {
            fact,
            strength: Strength::Always,
            why: why.to_owned(),
        }
    }
}

impl Principal {
    /// The start facts as the reach engine takes them.
    pub fn lane(&self) -> Vec<Start> {
        self.starts
            .iter()
            .map(|held| Start::new(held.fact, held.strength))
            .collect()
    }
}

/// All principals, by kind and name.
pub(super) fn all(world: &World<'_>, facts: &mut Facts) -> Vec<Principal> {
    let mut principals = Vec::new();
    let internet = world.things.find(Kind::Position, "internet");
    let people = declared(world);
    for caller in world.all(Sort::Caller) {
        let acts = facts.intern(Predicate::ActsAs, *caller);
        let mut starts = vec![Held::surely(acts, "it is the principal")];
        if let Some(internet) = internet {
            let fact = facts.intern(Predicate::SendsFrom, internet);
            starts.push(Held::surely(fact, "everyone may send from the internet"));
        }
        if world.kind(*caller) == Kind::Identity {
            for (position, why) in &people {
                starts.push(Held::surely(
                    facts.intern(Predicate::SendsFrom, *position),
                    why,
                ));
            }
        }
        // Whoever may be anyone, and anonymous is everyone: either may sit where clients sit.
        if matches!(world.kind(*caller), Kind::Whoever | Kind::Anonymous) {
            for cluster in world.all(Sort::Cluster) {
                let fact = facts.intern(Predicate::SitsWithClientsOf, *cluster);
                starts.push(Held::surely(fact, "it may be anyone, anywhere"));
            }
        }
        principals.push(Principal {
            thing: *caller,
            name: caller_name(world, *caller),
            kind: caller_kind(world, *caller),
            starts,
        });
    }
    for (holder, unknown) in &world.unknown {
        let why = somebody(&unknown.missing);
        let gap = |fact| Held {
            fact,
            strength: Strength::Gap,
            why: why.clone(),
        };
        let mut starts = vec![gap(facts.intern(Predicate::Reads, *holder))];
        if unknown.runs_a_broker {
            starts.extend(
                world
                    .broker_credentials(&unknown.cluster)
                    .into_iter()
                    .map(|(p, thing)| gap(facts.intern(p, thing))),
            );
        }
        principals.push(Principal {
            thing: *holder,
            name: format!("whoever reads {}", unknown.id),
            kind: "whoever",
            starts,
        });
    }
    principals.extend(unlisted_instances(world, facts));
    principals.extend(strangers(world, facts));
    let hosts = world.all(Sort::Host).iter();
    for workload in hosts.chain(world.all(Sort::Workload)) {
        principals.push(Principal {
            thing: *workload,
            name: world.things.get(*workload).to_string(),
            kind: "workload",
            starts: vec![Held::surely(
                facts.intern(Predicate::CodeOn, *workload),
                "it is the code that runs there",
            )],
        });
    }
    principals.extend(unlisted_workloads(world, facts));
    principals.extend(kafka_principals(world, facts));
    principals.sort_by(|a, b| (order(a.kind), &a.name).cmp(&(order(b.kind), &b.name)));
    principals
}

/// Somebody who was not read, and may hold these facts.
fn whoever(
    world: &World<'_>,
    facts: &mut Facts,
    id: &str,
    why: &str,
    starts: impl IntoIterator<Item = (Predicate, ThingIx)>,
) -> Option<Principal> {
    let thing = world.things.find(Kind::Whoever, id)?;
    let starts = starts.into_iter().map(|(predicate, thing)| Held {
        fact: facts.intern(predicate, thing),
        strength: Strength::Gap,
        why: why.to_owned(),
    });
    Some(Principal {
        thing,
        name: format!("whoever {id}"),
        kind: "whoever",
        starts: starts.collect(),
    })
}

/// Somebody who runs where nothing was listed: acts as any of these roles, and sits where clients
/// sit.
fn whoever_runs(
    world: &World<'_>,
    facts: &mut Facts,
    id: &str,
    missing: &str,
    roles: impl IntoIterator<Item = ThingIx>,
) -> Option<Principal> {
    let roles = roles.into_iter().map(|role| (Predicate::ActsAs, role));
    let places = world.all(Sort::Cluster).iter();
    let places = places.map(|place| (Predicate::SitsWithClientsOf, *place));
    whoever(world, facts, id, &somebody(missing), roles.chain(places))
}

/// Why a fact may be held, where a call was not answered.
fn somebody(missing: &str) -> String {
    format!("somebody may; not collected: {missing}")
}

/// For each account whose instances were not listed everywhere: whoever runs there. It may act as
/// any role that instances may take.
fn unlisted_instances(world: &World<'_>, facts: &mut Facts) -> Vec<Principal> {
    let mut principals = Vec::new();
    for (call, outcome) in &world.estate.coverage.calls {
        if call.call != "ec2:DescribeInstances" || outcome.settles() {
            continue;
        }
        let (id, missing) = super::callers::unlisted_instances(call);
        let roles = super::workloads::trusting(world, &call.account, "ec2.amazonaws.com");
        principals.extend(whoever_runs(world, facts, &id, &missing, roles));
    }
    principals
}

/// Whoever the shares of subnets name, as far as the capture does not say who that is: it may run
/// instances there.
fn strangers(world: &World<'_>, facts: &mut Facts) -> Vec<Principal> {
    let why = "somebody may run instances there; who it is was not read";
    let all = world.estate.subnet_strangers.iter();
    let all = all.filter_map(|(who, subnets)| {
        let subnets = subnets.iter();
        let subnets = subnets.filter_map(|id| world.things.find(Kind::Subnet, id));
        let starts = subnets.map(|subnet| (Predicate::RunsIn, subnet));
        whoever(world, facts, who, why, starts)
    });
    all.collect()
}

/// Whoever runs in functions, tasks and pods that were not listed, and whoever has access to a
/// cluster of EKS that was not read.
fn unlisted_workloads(world: &World<'_>, facts: &mut Facts) -> Vec<Principal> {
    let mut principals = Vec::new();
    for (id, missing, account, service) in super::workloads::unlisted(world) {
        let roles = super::workloads::trusting(world, &account, service);
        principals.extend(whoever_runs(world, facts, &id, &missing, roles));
    }
    for (id, kubernetes) in super::pods::unread_access(world.estate) {
        let cluster = world.things.find(Kind::Kubernetes, &kubernetes.arn);
        let starts = cluster.map(|cluster| (Predicate::RunsPodsIn, cluster));
        let why = somebody(id.trim_end_matches(" names"));
        principals.extend(whoever(world, facts, &id, &why, starts));
    }
    principals
}

fn kafka_principals(world: &World<'_>, facts: &mut Facts) -> Vec<Principal> {
    let mut principals = Vec::new();
    let several = world.estate.clusters.len() > 1;
    for cluster in world.estate.clusters.values() {
        let Some(place) = world.things.find(Kind::Cluster, &cluster.name) else {
            continue;
        };
        let users = kafka_users(world.estate, cluster);
        // `User:ANONYMOUS` is everybody, and stands as the principal `anonymous`.
        for user in users
            .into_iter()
            .filter(|user| *user != KafkaPrincipal::anonymous())
        {
            let id = format!("{}/{user}", cluster.name);
            let Some(thing) = world.things.find(Kind::KafkaUser, &id) else {
                continue;
            };
            let sits = facts.intern(Predicate::SitsWithClientsOf, place);
            let starts = vec![
                Held::surely(sits, "where its clients sit is not in the capture"),
                Held::surely(facts.intern(Predicate::Holds, thing), "its own credential"),
            ];
            let shown = match user.as_str() {
                ANY_OTHER_USER => "any other user",
                shown => shown,
            };
            let name = if several {
                format!("kafka {shown} of {}", cluster.name)
            } else {
                format!("kafka {shown}")
            };
            principals.push(Principal {
                thing,
                name,
                kind: "kafka-principal",
                starts,
            });
        }
    }
    principals
}

fn caller_kind(world: &World<'_>, thing: ThingIx) -> &'static str {
    if let Some(identity) = world.identity(thing) {
        return match identity.kind {
            IdentityKind::User => "user",
            IdentityKind::Root => "root-user",
            IdentityKind::Role => "role",
        };
    }
    if vendor(world, thing).is_some() {
        "vendor"
    } else {
        world.kind(thing).word()
    }
}

fn caller_name(world: &World<'_>, thing: ThingIx) -> String {
    let shown = world.things.get(thing).to_string();
    match vendor(world, thing) {
        Some(name) => format!("{shown} (vendor {name})"),
        None if world.id(thing) == ANY_OTHER_ACCOUNT => "any other account".to_owned(),
        None => shown,
    }
}

fn vendor<'e>(world: &World<'e>, thing: ThingIx) -> Option<&'e str> {
    let id = world.id(thing);
    let vendors = world
        .estate
        .clusters
        .values()
        .flat_map(|cluster| &cluster.vendors);
    let mut own = vendors.filter(|vendor| vendor.account == id);
    own.next().map(|vendor| vendor.name.as_str())
}

/// The order in which reports list kinds: people first, then machines, then the rest.
fn order(kind: &str) -> usize {
    const ORDER: [&str; 11] = [
        "user",
        "role",
        "root-user",
        "workload",
        "kafka-principal",
        "federated",
        "external-account",
        "vendor",
        "service",
        "anonymous",
        "whoever",
    ];
    ORDER
        .iter()
        .position(|known| *known == kind)
        .unwrap_or(ORDER.len())
}
