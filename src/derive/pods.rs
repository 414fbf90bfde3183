//! Pods: which service accounts there are, whose roles their pods act as, and where they send from.
//!
//! A thing is a service account of a cluster, and stands for all pods that run as it. Only those
//! count that get a role, or that run a broker.
//!
//! Source: EKS User Guide, "EKS Pod Identity", "IAM roles for service accounts", "Amazon VPC CNI": a
//! pod has an address and the security groups of its node's interfaces; Amazon EKS Best Practices
//! Guide, "Restrict access to the instance profile assigned to the worker node".
//!
//! Must never: take a cluster that was not described for one without pods.

use std::collections::{BTreeMap, BTreeSet};

use super::relation::Reached;
use super::workloads::{Acting, acts_as, at_most};
use super::world::World;
use crate::estate::{
    Broker, Cluster, Estate, Host, Identity, KubernetesCluster, Link, Origin, Seen,
};
use crate::facts::Note;
use crate::network::Attached;
use crate::policy::{Effect, PrincipalName, Statement};
use crate::reach::Strength;

/// The pods of one service account.
#[derive(Clone, Debug)]
pub(super) struct PodOf<'e> {
    /// The cluster, when it was described.
    pub(super) kubernetes: Option<&'e KubernetesCluster>,
    pub(super) account: &'e str,
    pub(super) region: &'e str,
    /// What to call the cluster.
    cluster: String,
    pub(super) namespace: String,
    service_account: String,
    /// The roles that they act as, and how.
    pub(super) roles: Vec<(Seen<Link>, &'static str)>,
    /// The brokers that run as it.
    pub(super) brokers: Vec<(&'e Cluster, &'e Broker, Origin)>,
    pub(super) origin: Origin,
}

impl PodOf<'_> {
    pub(super) fn id(&self) -> String {
        format!(
            "{}/{}/{}",
            self.cluster, self.namespace, self.service_account
        )
    }
}

/// Pods under construction, by cluster, namespace and service account.
struct Found<'e> {
    estate: &'e Estate,
    pods: BTreeMap<(String, String, String), PodOf<'e>>,
}

/// All service accounts that matter.
pub(super) fn all(estate: &Estate) -> Vec<PodOf<'_>> {
    let mut found = Found {
        estate,
        pods: BTreeMap::new(),
    };
    for kubernetes in estate.kubernetes.values() {
        for identity in kubernetes.pod_identities.as_ref().into_iter().flatten() {
            let names = (&*identity.namespace, &*identity.service_account);
            let pod = found.of(Some(kubernetes), &kubernetes.name, names, &identity.origin);
            pod.roles.push((identity.role.clone(), BY_POD_IDENTITY));
        }
    }
    for role in estate.identities.values() {
        found.by_token(role);
    }
    for cluster in estate.clusters.values() {
        for broker in cluster.brokers.values() {
            found.broker(cluster, broker);
        }
    }
    found.pods.into_values().collect()
}

const BY_POD_IDENTITY: &str = "get by Pod Identity";
const BY_TOKEN: &str = "get by the tokens of their service account";

impl<'e> Found<'e> {
    /// What to call a cluster: its name, or its ARN where another has the same.
    fn cluster_name(&self, kubernetes: &KubernetesCluster) -> String {
        let all = self.estate.kubernetes.values();
        if all.filter(|other| other.name == kubernetes.name).count() > 1 {
            kubernetes.arn.clone()
        } else {
            kubernetes.name.clone()
        }
    }

    fn of(
        &mut self,
        kubernetes: Option<&'e KubernetesCluster>,
        unknown: &str,
        (namespace, service_account): (&str, &str),
        origin: &Origin,
    ) -> &mut PodOf<'e> {
        let cluster = kubernetes.map_or_else(|| unknown.to_owned(), |k| self.cluster_name(k));
        let key = (
            cluster.clone(),
            namespace.to_owned(),
            service_account.to_owned(),
        );
        self.pods.entry(key).or_insert_with(|| PodOf {
            kubernetes,
            account: kubernetes.map_or("", |k| &k.account),
            region: kubernetes.map_or("", |k| &k.region),
            cluster,
            namespace: namespace.to_owned(),
            service_account: service_account.to_owned(),
            roles: Vec::new(),
            brokers: Vec::new(),
            origin: origin.clone(),
        })
    }

    /// The service accounts whose tokens a role trusts. A statement that names none trusts all.
    fn by_token(&mut self, role: &'e Identity) {
        let trust = role.trust.as_ref().into_iter();
        for statement in trust.flat_map(|trust| &trust.statements) {
            let allows = statement.may(Effect::Allow);
            for issuer in statement.principal.items().iter().filter_map(issuer) {
                let subjects = subjects(statement, issuer);
                let estate = self.estate;
                let mut all = estate.kubernetes.values();
                let kubernetes = all.find(|k| k.issuer.as_deref() == Some(issuer));
                for (namespace, account) in subjects.iter().filter(|_| allows) {
                    let origin = Origin::Captured(statement.source.clone());
                    let id = issuer.rsplit('/').next().unwrap_or(issuer);
                    let pod = self.of(kubernetes, id, (namespace, account), &origin);
                    if pod.account.is_empty() {
                        pod.account = &role.account;
                    }
                    let to = role.arn.clone();
                    pod.roles.push((Seen::Is(Link { to, origin }), BY_TOKEN));
                }
            }
        }
    }

    /// A broker in a pod: of the cluster whose service account it is, else of the only one.
    fn broker(&mut self, cluster: &'e Cluster, broker: &'e Broker) {
        let Some(link) = &broker.service_account else {
            return;
        };
        let Some((namespace, account)) = link.to.split_once('/') else {
            return;
        };
        let same = |pod: &&PodOf<'_>| pod.namespace == namespace && pod.service_account == account;
        let mut known = self.pods.values().filter(same).map(|pod| pod.kubernetes);
        let estate = self.estate;
        let mut clusters = estate.kubernetes.values();
        let kubernetes = match (known.next(), known.next()) {
            (Some(only), None) => only,
            (Some(_), Some(_)) => None,
            (None, _) => clusters.next().filter(|_| clusters.next().is_none()),
        };
        let pod = self.of(
            kubernetes,
            &cluster.name,
            (namespace, account),
            &link.origin,
        );
        if pod.account.is_empty() {
            pod.account = cluster.account.as_deref().unwrap_or_default();
        }
        if let Some(role) = &broker.role
            && !pod
                .roles
                .iter()
                .any(|(known, _)| known.as_ref().is_some_and(|k| k.to == role.to))
        {
            pod.roles.push((Seen::Is(role.clone()), "act as"));
        }
        pod.brokers.push((cluster, broker, link.origin.clone()));
    }
}

/// The issuer behind a federated principal of EKS.
fn issuer(name: &PrincipalName) -> Option<&str> {
    let PrincipalName::Federated(provider) = name else {
        return None;
    };
    let (_, issuer) = provider.split_once(":oidc-provider/")?;
    issuer.starts_with("oidc.eks.").then_some(issuer)
}

/// Namespace and service account of each subject that a trust statement names, patterns among them.
fn subjects(statement: &Statement, issuer: &str) -> Vec<(String, String)> {
    let key = format!("{issuer}:sub").to_ascii_lowercase();
    let tests = statement.conditions.iter().filter(|test| test.key == key);
    let mut found = BTreeSet::new();
    let mut named = false;
    for value in tests.flat_map(|test| &test.values) {
        named = true;
        let names = value.text().strip_prefix("system:serviceaccount:");
        found.extend(names.and_then(|names| {
            let (namespace, account) = names.split_once(':').or(Some((names, "*")))?;
            Some((namespace.to_owned(), account.to_owned()))
        }));
    }
    if !named {
        found.insert(("*".to_owned(), "*".to_owned()));
    }
    found.into_iter().collect()
}

/// Whether an instance is a node of the cluster, by the tags that EKS and the cloud provider of
/// Kubernetes set.
pub(super) fn node_of(host: &Host, kubernetes: &KubernetesCluster) -> bool {
    let own = format!("kubernetes.io/cluster/{}", kubernetes.name);
    let tag = |key: &str| host.tags.get(key).map(String::as_str);
    let named = ["eks:cluster-name", "aws:eks:cluster-name"]
        .iter()
        .any(|key| tag(key) == Some(&kubernetes.name));
    let owned = matches!(tag(&own), Some("owned" | "shared"));
    !host.gone
        && host.account == kubernetes.account
        && host.region == kubernetes.region
        && (named || owned)
}

/// The instances that are nodes of a cluster.
pub(super) fn nodes<'e>(
    estate: &'e Estate,
    kubernetes: &'e KubernetesCluster,
) -> impl Iterator<Item = &'e Host> {
    let hosts = estate.hosts.values();
    hosts.filter(|host| node_of(host, kubernetes))
}

/// The interfaces of pods: those of the nodes, as far as they are known, else any in the subnets of
/// the node groups or of the cluster, with what keeps that from being certain.
pub(super) fn attached(
    estate: &Estate,
    pod: &PodOf<'_>,
) -> Result<(Attached, Option<String>), String> {
    let Some(kubernetes) = pod.kubernetes else {
        return Err(format!(
            "the network of pods of {}: eks:DescribeCluster",
            pod.id()
        ));
    };
    let nodes: Vec<&Host> = nodes(estate, kubernetes).collect();
    let mut attached = Attached {
        vpc: kubernetes.vpc.clone(),
        ..Attached::default()
    };
    let union = |texts: Vec<String>| -> Vec<String> {
        let set: BTreeSet<String> = texts.into_iter().collect();
        set.into_iter().collect()
    };
    if nodes.is_empty() {
        let groups = kubernetes.node_groups.as_ref().into_iter().flatten();
        let mut subnets = union(groups.flat_map(|group| group.subnets.clone()).collect());
        if subnets.is_empty() {
            subnets.clone_from(&kubernetes.subnets);
        }
        attached.subnets = subnets;
        attached.groups.extend(kubernetes.groups.first().cloned());
        let text = format!("on which nodes the pods of {} run", kubernetes.name);
        return Ok((attached, Some(text)));
    }
    let all_known = nodes.iter().all(|host| {
        let mut own = host.interfaces.iter();
        own.any(|id| estate.interfaces.contains_key(id))
    });
    if all_known {
        let own = nodes.iter().flat_map(|host| host.interfaces.clone());
        attached.interfaces = union(own.collect());
    } else {
        let subnets = nodes.iter().filter_map(|host| host.subnet.clone());
        attached.subnets = union(subnets.collect());
        attached.groups = union(nodes.iter().flat_map(|host| host.groups.clone()).collect());
    }
    let addresses = nodes.iter().flat_map(|host| host.private_addresses.clone());
    attached.addresses = union(addresses.collect());
    Ok((attached, None))
}

/// The roles of the nodes that pods run on: theirs too where the metadata service answers them.
pub(super) fn node_roles(world: &World<'_>, pod: &PodOf<'_>) -> Vec<Reached> {
    let Some(kubernetes) = pod.kubernetes else {
        return Vec::new();
    };
    let nodes = nodes(world.estate, kubernetes).map(|host| (&host.role, &*host.id));
    let groups = kubernetes.node_groups.as_ref().into_iter().flatten();
    let groups = groups.map(|group| (&group.role, &*group.name));
    let mut found: Vec<Reached> = Vec::new();
    for (role, name) in nodes.chain(groups) {
        let acting = Acting {
            account: pod.account,
            role,
            says: format!("node {name} of {} runs as", kubernetes.name),
            service: None,
        };
        for reached in acts_as(world, &acting) {
            let text = format!("whether the metadata service of {name} answers pods");
            let reached = at_most(reached, Strength::Conditional, Note::not_collected(text));
            if !found.iter().any(|known| known.thing == reached.thing) {
                found.push(reached);
            }
        }
    }
    found
}

/// For each EKS cluster whose access was not read whole: the id of whoever may have it, and why.
/// Mappings of `aws-auth` lie inside the cluster and are never read.
pub(super) fn unread_access(estate: &Estate) -> Vec<(String, &KubernetesCluster)> {
    let mut found = Vec::new();
    for kubernetes in estate.kubernetes.values() {
        let mode = kubernetes.authentication_mode.as_deref();
        if mode != Some("API") {
            found.push((format!("aws-auth of {} names", kubernetes.arn), kubernetes));
        }
        if let Seen::Unread(what) = &kubernetes.access
            && mode != Some("CONFIG_MAP")
        {
            let of = format!("{what} (account {}) names", kubernetes.account);
            found.push((of, kubernetes));
        }
    }
    found
}
