//! Containers: tasks of ECS, clusters of EKS, and the identities of pods.
//!
//! Must never: hold behaviour, or the value of an environment variable.

use super::{Link, Origin, Seen};

/// A running task of ECS, or the tasks of a service none of which was described.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Its ARN, or that of the service.
    pub arn: String,
    /// ARN of its cluster.
    pub cluster: String,
    /// Whether it stands for the tasks of a service.
    pub of_service: bool,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// ARN of its task definition, with revision.
    pub definition: String,
    /// The role that its containers act as.
    pub role: Seen<Link>,
    /// The role by which ECS starts it: images, logs, secrets.
    pub execution_role: Seen<Link>,
    /// Secrets and parameters that it gets as environment variables: ARNs or names.
    pub secrets: Seen<Vec<String>>,
    /// Its network interfaces.
    pub interfaces: Vec<String>,
    /// Its subnets.
    pub subnets: Vec<String>,
    /// Its security groups, where the service tells them; else those of its interfaces.
    pub groups: Vec<String>,
    /// Its private addresses.
    pub addresses: Vec<String>,
    /// Whether ECS Exec is on.
    pub execute_command: Seen<bool>,
    /// Where it stands.
    pub origin: Origin,
}

/// A cluster of EKS.
#[derive(Clone, Debug, PartialEq)]
pub struct KubernetesCluster {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its VPC.
    pub vpc: Option<String>,
    /// Its subnets.
    pub subnets: Vec<String>,
    /// Security groups, that of the cluster first.
    pub groups: Vec<String>,
    /// The issuer of its service accounts' tokens, without `https://`.
    pub issuer: Option<String>,
    /// Whether its API answers on the internet, and to which blocks.
    pub public_from: Seen<Vec<String>>,
    /// `API`, `API_AND_CONFIG_MAP`, `CONFIG_MAP`: where permissions in the cluster come from.
    pub authentication_mode: Option<String>,
    /// Its node groups.
    pub node_groups: Seen<Vec<NodeGroup>>,
    /// Roles that service accounts get by Pod Identity.
    pub pod_identities: Seen<Vec<PodIdentity>>,
    /// AWS principals that may use its API.
    pub access: Seen<Vec<AccessEntry>>,
    /// Where it stands.
    pub origin: Origin,
}

/// A managed node group.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeGroup {
    /// Its name.
    pub name: String,
    /// The role of its nodes: whoever runs in a pod that reaches the node's metadata acts as it.
    pub role: Seen<Link>,
    /// Its subnets.
    pub subnets: Vec<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// A service account that gets a role by EKS Pod Identity.
#[derive(Clone, Debug, PartialEq)]
pub struct PodIdentity {
    /// Id of the association.
    pub id: String,
    /// Namespace.
    pub namespace: String,
    /// Service account.
    pub service_account: String,
    /// The role.
    pub role: Seen<Link>,
    /// Where it stands.
    pub origin: Origin,
}

/// An AWS principal that may use the API of an EKS cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessEntry {
    /// ARN of the user or role.
    pub principal: String,
    /// Access policies and where they hold: `AmazonEKSClusterAdminPolicy` in all of the cluster,
    /// or in some namespaces.
    pub policies: Seen<Vec<AccessPolicy>>,
    /// Where it stands.
    pub origin: Origin,
}

/// An access policy of EKS, as associated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPolicy {
    /// Its ARN.
    pub arn: String,
    /// Namespaces; empty for the whole cluster.
    pub namespaces: Vec<String>,
}
