//! Clusters of EKS: who may run pods and commands in them, and who reaches their API.
//!
//! Source: EKS User Guide, "Grant IAM users access to Kubernetes with EKS access entries", "Review
//! access policy permissions", "Cluster API server endpoint".
//!
//! Must never: take permissions inside the cluster (RBAC, `aws-auth`) for absent; nobody reads them.

use super::pods::{node_of, nodes};
use super::positions::Class;
use super::relation::Reached;
use super::workloads::Workload;
use super::world::World;
use crate::estate::{AccessEntry, KubernetesCluster, Origin, Seen};
use crate::facts::{Evidence, Kind, NoteKind, ThingIx};
use crate::network::{Admission, Attached, Sender, Target, admit_directly, leaves_by};
use crate::policy::Glob;
use crate::reach::Strength;
use crate::rules::Sort;

/// Access policies that may create pods and run commands in them.
///
/// Source: EKS User Guide, "Review access policy permissions": `pods` and `pods/exec` with `create`.
const RUNNING: [&str; 3] = [
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSAdminPolicy",
    "AmazonEKSEditPolicy",
];

impl<'e> World<'e> {
    /// The EKS cluster that a thing is.
    pub(super) fn kubernetes(&self, thing: ThingIx) -> Option<&'e KubernetesCluster> {
        let id = self.id_if(Kind::Kubernetes, thing)?;
        self.estate.kubernetes.get(id)
    }
}

/// Namespaces in which an entry may run commands; empty for all of them.
fn running(entry: &AccessEntry) -> Vec<&[String]> {
    let policies = entry.policies.as_ref().into_iter().flatten();
    let running = policies.filter(|policy| {
        let name = policy.arn.rsplit('/').next().unwrap_or_default();
        RUNNING.contains(&name)
    });
    running.map(|policy| &*policy.namespaces).collect()
}

fn evidence(entry: &AccessEntry, kubernetes: &KubernetesCluster, what: &str) -> Vec<Evidence> {
    let says = format!("an access entry of {} {what}", kubernetes.name);
    vec![Evidence::description(says, entry.origin.clone())]
}

/// The identities whose entry lets them run pods anywhere in a cluster.
pub(super) fn entries(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some(kubernetes) = world.kubernetes(from) else {
        return Vec::new();
    };
    if kubernetes.authentication_mode.as_deref() == Some("CONFIG_MAP") {
        return Vec::new();
    }
    let of_nodes: Vec<&str> = nodes(world.estate, kubernetes)
        .map(|host| &host.role)
        .chain(
            kubernetes
                .node_groups
                .as_ref()
                .into_iter()
                .flatten()
                .map(|group| &group.role),
        )
        .filter_map(|role| Some(role.as_ref()?.to.as_str()))
        .collect();
    let mut found = Vec::new();
    for entry in kubernetes.access.as_ref().into_iter().flatten() {
        let Some(thing) = world.things.find(Kind::Identity, &entry.principal) else {
            continue;
        };
        let gap = |what: String| {
            let evidence = evidence(entry, kubernetes, &format!("is of {}", entry.principal));
            let kind = NoteKind::NotCollected;
            Reached::weakly(thing, Strength::Gap, evidence, kind, what)
        };
        match &entry.policies {
            Seen::Unread(what) => found.push(gap(what.to_string())),
            Seen::Is(_) | Seen::Absent => {
                let running = running(entry);
                if running.iter().any(|namespaces| namespaces.is_empty()) {
                    let what = format!("lets {} run pods in all namespaces", entry.principal);
                    found.push(Reached::surely(thing, evidence(entry, kubernetes, &what)));
                } else if running.is_empty() && !of_nodes.contains(&&*entry.principal) {
                    let text = format!("what role bindings in {} give it", kubernetes.name);
                    found.push(gap(text));
                }
            }
        }
    }
    found
}

/// The pods that an identity may run commands in by entries for some namespaces.
pub(super) fn admitted(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let id = world.id(from);
    let mut found = Vec::new();
    for kubernetes in world.estate.kubernetes.values() {
        let entries = kubernetes.access.as_ref().into_iter().flatten();
        for entry in entries.filter(|entry| entry.principal == id) {
            let running = running(entry);
            let scopes: Vec<Glob> = running
                .iter()
                .flat_map(|all| all.iter())
                .map(|n| Glob::new(n))
                .collect();
            for (thing, namespace) in of_cluster(world, kubernetes) {
                if scopes
                    .iter()
                    .any(|scope| namespace == "*" || scope.matches(namespace))
                {
                    let what = format!("lets {id} run commands in namespace {namespace}");
                    found.push(Reached::surely(thing, evidence(entry, kubernetes, &what)));
                }
            }
        }
    }
    found
}

/// The pods of a cluster, with their namespaces.
fn of_cluster<'w>(
    world: &'w World<'_>,
    kubernetes: &'w KubernetesCluster,
) -> impl Iterator<Item = (ThingIx, &'w str)> {
    world
        .workloads
        .iter()
        .filter_map(|(thing, workload)| match workload {
            Workload::Pod(pod) => {
                let own = pod.kubernetes.is_some_and(|k| k.arn == kubernetes.arn);
                own.then_some((*thing, &*pod.namespace))
            }
            Workload::Function(_) | Workload::Task(_) => None,
        })
}

/// A cluster in which access entries count.
pub(super) fn by_entry(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some(kubernetes) = world.kubernetes(from) else {
        return Vec::new();
    };
    match kubernetes.authentication_mode.as_deref() {
        Some("CONFIG_MAP") => Vec::new(),
        Some(mode) => {
            let says = format!("{} authenticates by {mode}", kubernetes.name);
            let evidence = Evidence::description(says, kubernetes.origin.clone());
            vec![Reached::surely(from, vec![evidence])]
        }
        None => {
            let text = format!("the authentication mode of {}", kubernetes.name);
            let (to, kind) = (Strength::Conditional, NoteKind::NotCollected);
            vec![Reached::weakly(from, to, Vec::new(), kind, text)]
        }
    }
}

/// The pods of a cluster; of a node, those that may run on it.
pub(super) fn pods(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    if let Some(kubernetes) = world.kubernetes(from) {
        let all = of_cluster(world, kubernetes);
        return all
            .map(|(thing, _)| Reached::surely(thing, Vec::new()))
            .collect();
    }
    let Some(host) = world.host(from) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for kubernetes in world.estate.kubernetes.values() {
        if !node_of(host, kubernetes) {
            continue;
        }
        for (thing, _) in of_cluster(world, kubernetes) {
            let says = format!("{} is a node of {}", host.id, kubernetes.name);
            let evidence = vec![Evidence::description(says, host.origin.clone())];
            let text = format!("whether {} run on {}", world.things.get(thing), host.id);
            let (to, kind) = (Strength::Conditional, NoteKind::NotCollected);
            found.push(Reached::weakly(thing, to, evidence, kind, text));
        }
    }
    found
}

/// The nodes of a cluster.
pub(super) fn hosts(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some(kubernetes) = world.kubernetes(from) else {
        return Vec::new();
    };
    let nodes = nodes(world.estate, kubernetes);
    let found = nodes.filter_map(|host| {
        let says = format!("{} is a node of {}", host.id, kubernetes.name);
        let evidence = Evidence::description(says, host.origin.clone());
        let thing = world.things.find(Kind::Host, &host.id)?;
        Some(Reached::surely(thing, vec![evidence]))
    });
    found.collect()
}

/// The cluster of a pod.
pub(super) fn of_pod(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some(Workload::Pod(pod)) = world.workloads.get(&from) else {
        return Vec::new();
    };
    let kubernetes = pod.kubernetes.iter();
    let found = kubernetes.filter_map(|k| world.things.find(Kind::Kubernetes, &k.arn));
    found
        .map(|thing| Reached::surely(thing, Vec::new()))
        .collect()
}

/// The clusters whose API one can open a connection to, on the internet or inside the VPC.
pub(super) fn api(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let clusters = world.all(Sort::Kubernetes).iter();
    let found = clusters.filter_map(|thing| {
        let kubernetes = world.kubernetes(*thing)?;
        let public = publicly(world, from, kubernetes);
        if public.strength == Strength::Always {
            return Reached::admitted(*thing, public);
        }
        let private = privately(world, from, kubernetes);
        let best = if private.strength > public.strength {
            private
        } else {
            public
        };
        Reached::admitted(*thing, best)
    });
    found.collect()
}

fn publicly(world: &World<'_>, from: ThingIx, kubernetes: &KubernetesCluster) -> Admission {
    let estate = world.estate;
    let blocks = match &kubernetes.public_from {
        Seen::Absent => return Admission::default(),
        Seen::Unread(what) => return Admission::gap(what.to_string()),
        Seen::Is(blocks) => blocks,
    };
    let says = format!("the API of {} answers on the internet", kubernetes.name);
    let open = Admission {
        strength: Strength::Always,
        evidence: vec![Evidence::description(says, kubernetes.origin.clone())],
        notes: Vec::new(),
    };
    // Source: EKS API Reference, VpcConfigRequest: without blocks, 0.0.0.0/0.
    if blocks.is_empty() || blocks.iter().any(|block| block.ends_with("/0")) {
        return open;
    }
    let nets: Vec<ipnet::IpNet> = blocks.iter().filter_map(|b| b.parse().ok()).collect();
    let id = world.id(from);
    if let Some(Class::Network(net, _)) = world.classes.get(id)
        && nets.iter().any(|block| block.contains(net))
    {
        return open;
    }
    if let Some(network) = estate.config.networks.get(id) {
        let inside = |net: &ipnet::IpNet| nets.iter().any(|block| block.contains(net));
        if network.blocks.iter().any(inside) {
            return open;
        }
    }
    let attached = world.places.get(id).map(Sender::Attached);
    let sender = world.host(from).map(Sender::Host);
    let sender = sender.or_else(|| world.subnet(from).map(Sender::NewHost));
    let Some(sender) = sender.or(attached) else {
        return Admission::default();
    };
    let mut best = Admission::default();
    for block in &nets {
        let leaves = leaves_by(estate, sender, block);
        if leaves.strength > best.strength {
            best = leaves;
        }
    }
    best.evidence.splice(0..0, open.evidence);
    best
}

/// Through the interfaces that EKS has in the cluster's subnets.
///
/// Source: EKS User Guide, "View Amazon EKS networking requirements for VPC and subnets": the
/// cluster security group, and those that were named when it was made.
fn privately(world: &World<'_>, from: ThingIx, kubernetes: &KubernetesCluster) -> Admission {
    let Some(sender) = super::listeners::sender(world, from) else {
        return Admission::default();
    };
    let attached = Attached {
        name: format!("the API of {}", kubernetes.name),
        account: kubernetes.account.clone(),
        region: kubernetes.region.clone(),
        vpc: kubernetes.vpc.clone(),
        subnets: kubernetes.subnets.clone(),
        groups: kubernetes.groups.clone(),
        ..Attached::default()
    };
    let target = Target::attached(world.estate, &attached, API_PORT);
    let mut admission = admit_directly(world.estate, sender, &target);
    if admission.strength > Strength::Never {
        let says = format!("the API of {} answers in its subnets", kubernetes.name);
        let origin: Origin = kubernetes.origin.clone();
        admission
            .evidence
            .insert(0, Evidence::description(says, origin));
    }
    admission
}

/// The port of the API.
const API_PORT: u16 = 443;
