//! Functions, tasks and pods: what code there acts as, where it sends from, and what it is given.
//!
//! One view serves all of them, so that a relation asks once. Workloads whose interfaces are alike
//! share one network place, and what can be reached from there is asked once for all of them.
//!
//! Source: Lambda Developer Guide, "Execution role", "Giving Lambda functions access to resources in
//! an Amazon VPC"; ECS Developer Guide, "Task IAM role": containers act as the task role, and never
//! as the execution role; EKS User Guide, "EKS Pod Identity", "IAM roles for service accounts".
//!
//! Must never: take a network that was not read for the internet, or a role that was not read for
//! none.

use super::callers;
use super::pods::{self, PodOf};
use super::relation::Reached;
use super::world::World;
use crate::estate::{Broker, Cluster, Function, Link, Origin, Seen, Task};
use crate::facts::{Evidence, Kind, Note, NoteKind, ThingIx};
use crate::network::Attached;
use crate::policy::Context;
use crate::reach::Strength;
use crate::rules::Sort;

/// What runs code, besides hosts.
#[derive(Clone, Debug)]
pub(super) enum Workload<'e> {
    Function(&'e Function),
    Task(&'e Task),
    Pod(Box<PodOf<'e>>),
}

/// Where a workload sends from.
#[derive(Clone, Debug)]
pub(super) enum Spot {
    /// Some address of Amazon's: no interface in any VPC.
    Internet,
    /// These interfaces, known in [`World::places`] by this id; how surely, if not surely.
    At(String, Option<String>),
    /// The text names the missing input.
    Unread(String),
}

impl<'e> Workload<'e> {
    pub(super) fn account(&self) -> &'e str {
        match self {
            Self::Function(function) => &function.account,
            Self::Task(task) => &task.account,
            Self::Pod(pod) => pod.account,
        }
    }

    pub(super) fn region(&self) -> &'e str {
        match self {
            Self::Function(function) => &function.region,
            Self::Task(task) => &task.region,
            Self::Pod(pod) => pod.region,
        }
    }

    fn origin(&self) -> &Origin {
        match self {
            Self::Function(function) => &function.origin,
            Self::Task(task) => &task.origin,
            Self::Pod(pod) => &pod.origin,
        }
    }

    /// The service that hands a role to such code.
    fn service(&self) -> &'static str {
        match self {
            Self::Function(_) => LAMBDA,
            Self::Task(_) => TASKS,
            Self::Pod(_) => PODS,
        }
    }
}

/// Services that run code as a role.
const LAMBDA: &str = "lambda.amazonaws.com";
const TASKS: &str = "ecs-tasks.amazonaws.com";
const PODS: &str = "pods.eks.amazonaws.com";

/// Lists of workloads, and the service that hands roles to those that a missing one would name.
pub(super) const LISTS: [(&str, &str, &str); 4] = [
    ("lambda:ListFunctions", "functions", LAMBDA),
    ("ecs:DescribeTasks", "tasks", TASKS),
    ("eks:ListPodIdentityAssociations", "pods", PODS),
    ("eks:DescribeCluster", "pods", PODS),
];

impl<'e> World<'e> {
    /// Takes up all workloads and the clusters of EKS.
    pub(super) fn add_workloads(&mut self) {
        let estate = self.estate;
        let functions = estate.functions.values();
        let functions = functions.map(|f| (f.arn.clone(), Workload::Function(f)));
        let tasks = estate.tasks.values();
        let tasks = tasks.map(|task| (task.arn.clone(), Workload::Task(task)));
        let pods = pods::all(estate);
        let pods = pods
            .into_iter()
            .map(|pod| (pod.id(), Workload::Pod(Box::new(pod))));
        let all: Vec<(String, Workload<'e>)> = functions.chain(tasks).chain(pods).collect();
        let clusters = estate.kubernetes.keys();
        self.fill(Sort::Kubernetes, Kind::Kubernetes, clusters);
        for (id, workload) in all {
            let (sort, kind) = match &workload {
                Workload::Function(_) => (Sort::Function, Kind::Function),
                Workload::Task(_) => (Sort::Task, Kind::Task),
                Workload::Pod(_) => (Sort::Pod, Kind::Pod),
            };
            self.fill(sort, kind, [&id]);
            self.fill(Sort::Workload, kind, [&id]);
            let spot = self.spot(&workload);
            if let Some(thing) = self.things.find(kind, &id) {
                self.spots.insert(thing, spot);
                self.workloads.insert(thing, workload);
            }
        }
        let places: Vec<String> = self.places.keys().cloned().collect();
        self.fill(Sort::Position, Kind::Position, places);
        let unlisted: Vec<String> = unlisted(self).into_iter().map(|(id, ..)| id).collect();
        for id in unlisted {
            self.things.intern(Kind::Whoever, &id);
        }
        for (id, _) in pods::unread_access(self.estate) {
            self.things.intern(Kind::Whoever, &id);
        }
    }

    /// Account and region of a workload or an EKS cluster.
    pub(super) fn workload_place(&self, thing: ThingIx) -> Option<(&'e str, &'e str)> {
        let cluster = self.kubernetes(thing).map(|k| (&*k.account, &*k.region));
        let workload = || self.workloads.get(&thing);
        cluster.or_else(|| workload().map(|w| (w.account(), w.region())))
    }

    fn spot(&mut self, workload: &Workload<'e>) -> Spot {
        let (attached, doubt) = match workload {
            Workload::Function(function) if function.subnets.is_empty() => return Spot::Internet,
            Workload::Function(function) => {
                let attached = Attached {
                    subnets: function.subnets.clone(),
                    groups: function.groups.clone(),
                    ..Attached::default()
                };
                (attached, None)
            }
            Workload::Task(task) if task.interfaces.is_empty() && task.subnets.is_empty() => {
                return Spot::Unread(format!("the network of {}", task.arn));
            }
            Workload::Task(task) => {
                let attached = Attached {
                    interfaces: task.interfaces.clone(),
                    subnets: task.subnets.clone(),
                    groups: task.groups.clone(),
                    addresses: task.addresses.clone(),
                    ..Attached::default()
                };
                (attached, None)
            }
            Workload::Pod(pod) => match pods::attached(self.estate, pod) {
                Ok(found) => found,
                Err(unread) => return Spot::Unread(unread),
            },
        };
        let name = named(&attached);
        let vpc = attached.vpc.clone().or_else(|| {
            let subnets = attached.subnets.iter();
            let mut known = subnets.filter_map(|id| self.estate.subnets.get(id));
            known.next().map(|subnet| subnet.vpc.clone())
        });
        let attached = Attached {
            name: name.clone(),
            account: workload.account().to_owned(),
            region: workload.region().to_owned(),
            vpc,
            ..attached
        };
        self.places.insert(name.clone(), attached);
        Spot::At(name, doubt)
    }
}

/// What to call some interfaces: themselves, or the subnets and groups that they have.
fn named(attached: &Attached) -> String {
    if !attached.interfaces.is_empty() {
        return attached.interfaces.join(", ");
    }
    let mut name = attached.subnets.join(", ");
    if !attached.groups.is_empty() {
        name = format!("{name} ({})", attached.groups.join(", "));
    }
    if attached.addresses.is_empty() {
        name
    } else {
        format!("{name} at {}", attached.addresses.join(", "))
    }
}

/// A role that code acts as, in words.
pub(super) struct Acting<'a> {
    /// Its account.
    pub(super) account: &'a str,
    /// The role.
    pub(super) role: &'a Seen<Link>,
    /// `function F runs as`
    pub(super) says: String,
    /// The service that hands roles to it, where every role that trusts it may be meant when the
    /// role was not read.
    pub(super) service: Option<&'static str>,
}

/// The sessions that some code holds.
pub(super) fn acts_as(world: &World<'_>, acting: &Acting<'_>) -> Vec<Reached> {
    let (evidence, what) = match acting.role {
        Seen::Absent => return Vec::new(),
        Seen::Unread(what) => (Vec::new(), what.to_string()),
        Seen::Is(link) => {
            let says = format!("{} {}", acting.says, link.to);
            let evidence = vec![Evidence::description(says, link.origin.clone())];
            if let Some(thing) = world.things.find(Kind::Identity, &link.to) {
                return vec![Reached::surely(thing, evidence)];
            }
            (evidence, format!("what {} may do", link.to))
        }
    };
    let gap = |thing| {
        let (evidence, what) = (evidence.clone(), what.clone());
        Reached::weakly(thing, Strength::Gap, evidence, NoteKind::NotCollected, what)
    };
    // A role that was not read, of an account whose identities may not have been either: it may do
    // what some identity of the account may.
    let unread = callers::unread_identities(acting.account);
    let account = world.things.find(Kind::ExternalAccount, acting.account);
    if let Some(thing) = account.or_else(|| world.things.find(Kind::Whoever, &unread)) {
        return vec![gap(thing)];
    }
    match (acting.role, acting.service) {
        // Any role that the service may hand out.
        (Seen::Unread(_), Some(service)) => {
            let roles = trusting(world, acting.account, service);
            roles.into_iter().map(gap).collect()
        }
        _ => Vec::new(),
    }
}

/// The roles of an account that a service may hand to code.
pub(super) fn trusting(world: &World<'_>, account: &str, service: &str) -> Vec<ThingIx> {
    let own = world.estate.identities.values();
    let own = own.filter(|role| role.account == account && callers::may_be_taken(role, service));
    own.filter_map(|role| world.things.find(Kind::Identity, &role.arn))
        .collect()
}

/// The role of a function, task or pod; of pods also that of their nodes.
pub(super) fn roles(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some(workload) = world.workloads.get(&from) else {
        return Vec::new();
    };
    let says = |how: &str| format!("{} {how}", world.things.get(from));
    let acting = |role, how: &str| Acting {
        account: workload.account(),
        role,
        says: says(how),
        service: Some(workload.service()),
    };
    match workload {
        Workload::Function(function) => acts_as(world, &acting(&function.role, "runs as")),
        Workload::Task(task) => acts_as(world, &acting(&task.role, "runs with the task role")),
        Workload::Pod(pod) => {
            let own = pod.roles.iter();
            let mut all: Vec<Reached> = own
                .flat_map(|(role, how)| acts_as(world, &acting(role, how)))
                .collect();
            let known: Vec<ThingIx> = all.iter().map(|reached| reached.thing).collect();
            let nodes = pods::node_roles(world, pod).into_iter();
            all.extend(nodes.filter(|node| !known.contains(&node.thing)));
            all
        }
    }
}

/// Where a workload sends from.
pub(super) fn place(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some((workload, spot)) = world.workloads.get(&from).zip(world.spots.get(&from)) else {
        return Vec::new();
    };
    let shown = world.things.get(from);
    let (id, says, doubt) = match spot {
        Spot::Internet => (
            "internet",
            format!("{shown} has no interface in a VPC"),
            None,
        ),
        Spot::At(id, doubt) => (
            &**id,
            format!("{shown} has its interfaces at {id}"),
            doubt.clone(),
        ),
        Spot::Unread(_) => return Vec::new(),
    };
    let evidence = vec![Evidence::description(says, workload.origin().clone())];
    let found = world
        .things
        .find(Kind::Position, id)
        .map(|thing| match doubt {
            None => Reached::surely(thing, evidence),
            Some(text) => {
                let kind = NoteKind::NotCollected;
                Reached::weakly(thing, Strength::Conditional, evidence, kind, text)
            }
        });
    found.into_iter().collect()
}

/// The clusters that a workload may be a client of, where its network was not read.
pub(super) fn perhaps_client(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some(Spot::Unread(what)) = world.spots.get(&from) else {
        return Vec::new();
    };
    let clusters = world.all(Sort::Cluster).iter();
    let gap = |thing: &ThingIx| {
        let (kind, what) = (NoteKind::NotCollected, what.clone());
        Reached::weakly(*thing, Strength::Gap, Vec::new(), kind, what)
    };
    clusters.map(gap).collect()
}

/// The secrets whose values a task is given when it starts.
///
/// Source: ECS Developer Guide, "Pass Secrets Manager secrets through Amazon ECS environment
/// variables": `valueFrom` is the ARN of the secret, with a key, stage and version behind it, if any.
pub(super) fn secrets(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some(Workload::Task(task)) = world.workloads.get(&from) else {
        return Vec::new();
    };
    let all = world.all(Sort::Secret).iter();
    let known = all.filter_map(|thing| Some((*thing, world.secret(*thing)?)));
    match &task.secrets {
        Seen::Absent => Vec::new(),
        Seen::Is(names) => {
            let given =
                known.filter(|(_, secret)| names.iter().any(|n| names_secret(n, &secret.arn)));
            let evidence = |arn: &str| {
                let says = format!("{} gives its containers {arn}", task.definition);
                vec![Evidence::description(says, task.origin.clone())]
            };
            given
                .map(|(thing, secret)| Reached::surely(thing, evidence(&secret.arn)))
                .collect()
        }
        Seen::Unread(what) => {
            let own = known.filter(|(_, secret)| secret.account == task.account);
            own.map(|(thing, _)| {
                let (kind, what) = (NoteKind::NotCollected, what.to_string());
                Reached::weakly(thing, Strength::Gap, Vec::new(), kind, what)
            })
            .collect()
        }
    }
}

/// Whether a reference means a secret: its ARN, perhaps without the six characters that end it.
fn names_secret(reference: &str, arn: &str) -> bool {
    let secret: Vec<&str> = reference.splitn(8, ':').take(7).collect();
    let secret = secret.join(":");
    let ending = arn.strip_prefix(&secret);
    ending.is_some_and(|rest| rest.is_empty() || (rest.starts_with('-') && rest.len() == 7))
}

/// A task that ECS Exec is on for.
pub(super) fn executable(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some(Workload::Task(task)) = world.workloads.get(&from) else {
        return Vec::new();
    };
    match &task.execute_command {
        Seen::Is(true) => {
            let says = format!("{} has ECS Exec on", world.things.get(from));
            let evidence = Evidence::description(says, task.origin.clone());
            vec![Reached::surely(from, vec![evidence])]
        }
        Seen::Is(false) | Seen::Absent => Vec::new(),
        Seen::Unread(what) => {
            let (kind, what) = (NoteKind::NotCollected, what.to_string());
            let (to, none) = (Strength::Conditional, Vec::new());
            vec![Reached::weakly(from, to, none, kind, what)]
        }
    }
}

/// The brokers that run in a task or pod.
pub(super) fn brokers<'e>(
    world: &World<'e>,
    from: ThingIx,
) -> Vec<(&'e Cluster, &'e Broker, Origin)> {
    match world.workloads.get(&from) {
        None | Some(Workload::Function(_)) => Vec::new(),
        Some(Workload::Pod(pod)) => pod.brokers.clone(),
        Some(Workload::Task(task)) => {
            let clusters = world.estate.clusters.values();
            let all = clusters.flat_map(|c| c.brokers.values().map(move |broker| (c, broker)));
            all.filter_map(|(cluster, broker)| {
                let link = broker.interface.as_ref()?;
                let own = task.interfaces.contains(&link.to);
                own.then(|| (cluster, broker, link.origin.clone()))
            })
            .collect()
        }
    }
}

/// The log volumes that brokers in a task or pod have mounted.
pub(super) fn volumes(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let mut found = Vec::new();
    for (cluster, broker, origin) in brokers(world, from) {
        for link in broker.volumes.iter().chain(&broker.wal_volumes) {
            if let Some(thing) = world.things.find(Kind::Volume, &link.to) {
                let says = format!("node {} of {} runs there", broker.id, cluster.name);
                let evidence = vec![
                    Evidence::description(says, origin.clone()),
                    Evidence::description(
                        format!("its log lies on {}", link.to),
                        link.origin.clone(),
                    ),
                ];
                found.push(Reached::surely(thing, evidence));
            }
        }
    }
    found
}

/// Keys that a request about a function or task carries.
///
/// Source: Service Authorization Reference, condition keys of AWS Lambda and Amazon ECS.
pub(super) fn keys(context: Context, world: &World<'_>, target: ThingIx) -> Context {
    match world.workloads.get(&target) {
        Some(Workload::Function(function)) => {
            context.known("lambda:FunctionArn", function.arn.as_str())
        }
        Some(Workload::Task(task)) => context.known("ecs:cluster", task.cluster.as_str()),
        Some(Workload::Pod(_)) | None => context,
    }
}

/// Whether a service runs code for whoever passes it a role, so that the resource which takes the
/// role is the caller's choice.
pub(super) fn takes_any_role(service: &str) -> bool {
    matches!(service, LAMBDA | TASKS)
}

/// For each list of workloads that was not read: id of whoever runs there, what is missing, and the
/// account and service by which roles may be meant.
pub(super) fn unlisted(world: &World<'_>) -> Vec<(String, String, String, &'static str)> {
    let mut found = Vec::new();
    for (call, outcome) in &world.estate.coverage.calls {
        let list = LISTS.iter().find(|(name, ..)| *name == call.call);
        if let Some((_, what, service)) = list.filter(|_| !outcome.settles()) {
            let of = if call.resource.is_empty() {
                String::new()
            } else {
                format!(" of {}", call.resource)
            };
            let missing = format!(
                "{}{of} (account {}, {})",
                call.call, call.account, call.region
            );
            let id = format!("runs in {what} that {missing} lists");
            found.push((id, missing, call.account.clone(), *service));
        }
    }
    found
}

/// The same answer, no surer than it can be, and why.
pub(super) fn at_most(mut reached: Reached, strength: Strength, note: Note) -> Reached {
    if reached.strength > strength {
        reached.strength = strength;
        reached.notes.push(note);
    }
    reached
}
