//! The typed picture: what the capture says exists, and where it says so.
//!
//! Every map is keyed by the thing's own id (ARN, instance id, bucket name), so that order is the
//! order of names and never that of hashing.

mod access_grants;
mod accounts;
mod audit;
mod backups;
mod balancers;
mod compute;
mod consumers;
mod containers;
mod endpoints;
mod files;
mod kafka;
mod managed;
mod network;
mod routing;
mod sharing;
mod storage;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::capture::Source;

pub use access_grants::*;
pub use accounts::*;
pub use audit::*;
pub use backups::*;
pub use balancers::*;
pub use compute::*;
pub use consumers::*;
pub use containers::*;
pub use endpoints::*;
pub use files::*;
pub use kafka::*;
pub use managed::*;
pub use network::*;
pub use routing::*;
pub use sharing::*;
pub use storage::*;

/// Something that was asked for: there, known to be absent, or not read.
///
/// *Not read* is never *absent*: what could stand there may grant or deny.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen<T> {
    /// It was read.
    Is(T),
    /// The answer says that there is none.
    Absent,
    /// It was not collected, denied or unreadable; the text names the missing input.
    Unread(Arc<str>),
}

impl<T> Seen<T> {
    /// The value, when it was read.
    pub fn as_ref(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Unread(_) => None,
        }
    }
}

/// Where a thing or a link comes from; shown in every proof, never lowering strength.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The capture says so.
    Captured(Source),
    /// We concluded it; the text says from what.
    Inferred {
        /// One sentence: `private address 10.0.1.11 of i-0b1 is the advertised host of broker 1`.
        why: String,
        /// The places that it was concluded from.
        from: Vec<Source>,
    },
    /// `catchment.toml` says so.
    Pinned(Source),
    /// A deployment model or an assumption in `catchment.toml` adds it.
    Assumed {
        /// What is assumed.
        why: String,
        /// The line of the model or of `catchment.toml`.
        at: Source,
    },
}

/// A connection from one thing to another, with its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Id of the thing that is pointed at.
    pub to: String,
    /// Why we think so.
    pub origin: Origin,
}

/// What was read of one estate.
#[derive(Clone, Debug, Default)]
pub struct Estate {
    /// By account id.
    pub accounts: BTreeMap<String, Account>,
    /// The organization, as far as it was read.
    pub organization: Organization,
    /// Users, roles and account roots, by ARN.
    pub identities: BTreeMap<String, Identity>,
    /// By name.
    pub buckets: BTreeMap<String, Bucket>,
    /// S3 access points, those of several regions too, by ARN.
    pub access_points: BTreeMap<String, AccessPoint>,
    /// S3 Object Lambda access points, by ARN.
    pub object_lambdas: BTreeMap<String, ObjectLambda>,
    /// Instances of S3 Access Grants, by account and region.
    pub access_grants_instances: BTreeMap<(String, String), AccessGrantsInstance>,
    /// Their locations, by ARN.
    pub access_grants_locations: BTreeMap<String, AccessGrantsLocation>,
    /// Their grants, by ARN.
    pub access_grants: BTreeMap<String, AccessGrant>,
    /// By key ARN.
    pub keys: BTreeMap<String, Key>,
    /// Key ARN by alias ARN, as far as aliases were listed.
    pub aliases: BTreeMap<String, String>,
    /// By secret ARN.
    pub secrets: BTreeMap<String, Secret>,
    /// EC2 instances, by instance id.
    pub hosts: BTreeMap<String, Host>,
    /// EBS volumes, by id.
    pub volumes: BTreeMap<String, Volume>,
    /// EBS snapshots, by id.
    pub snapshots: BTreeMap<String, Snapshot>,
    /// Snapshots that only a recovery point names: their tags were not read.
    pub undescribed: BTreeSet<String>,
    /// Backup vaults, by ARN.
    pub backup_vaults: BTreeMap<String, BackupVault>,
    /// Recovery points by resource and vault, by their name here.
    pub backups: BTreeMap<String, Backup>,
    /// Backup plans, by id.
    pub backup_plans: BTreeMap<String, BackupPlan>,
    /// Whether new volumes and copies are encrypted unasked, by account and region.
    pub encrypts_disks: BTreeMap<(String, String), bool>,
    /// By id.
    pub vpcs: BTreeMap<String, Vpc>,
    /// By id.
    pub subnets: BTreeMap<String, Subnet>,
    /// Accounts that may run instances in a subnet of another one, with the reason, by subnet and
    /// account.
    pub subnet_guests: BTreeMap<String, BTreeMap<String, Origin>>,
    /// Others of whom the capture does not say who they are, in words, and the subnets that they may
    /// run instances in.
    pub subnet_strangers: BTreeMap<String, BTreeSet<String>>,
    /// Accounts that may use a security group of another one, by group.
    pub group_guests: BTreeMap<String, BTreeSet<String>>,
    /// By id.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// By id.
    pub interfaces: BTreeMap<String, Interface>,
    /// VPC endpoints, by id.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Network ACLs, by id.
    pub network_acls: BTreeMap<String, NetworkAcl>,
    /// By id.
    pub prefix_lists: BTreeMap<String, PrefixList>,
    /// By id.
    pub route_tables: BTreeMap<String, RouteTable>,
    /// Internet gateways, egress-only ones and virtual private gateways, by id.
    pub gateways: BTreeMap<String, Gateway>,
    /// By id.
    pub nat_gateways: BTreeMap<String, NatGateway>,
    /// VPC Block Public Access, by account and region.
    pub public_access: BTreeMap<(String, String), VpcPublicAccess>,
    /// Its exclusions, by the id of the VPC or subnet that they exclude.
    pub public_access_exclusions: BTreeMap<String, VpcExclusion>,
    /// VPC peering connections, by id.
    pub peerings: BTreeMap<String, Peering>,
    /// By id.
    pub transit_gateways: BTreeMap<String, TransitGateway>,
    /// By gateway and id: both sides of a peering of gateways have the same id.
    pub transit_attachments: BTreeMap<(String, String), TransitAttachment>,
    /// By id.
    pub transit_tables: BTreeMap<String, TransitTable>,
    /// Services offered through `PrivateLink`, by id.
    pub endpoint_services: BTreeMap<String, EndpointService>,
    /// By ARN.
    pub balancers: BTreeMap<String, Balancer>,
    /// By ARN.
    pub target_groups: BTreeMap<String, TargetGroup>,
    /// Network file systems, by id.
    pub file_systems: BTreeMap<String, FileSystem>,
    /// Replications of EFS, by source and destination.
    pub file_replications: BTreeMap<(String, String), FileReplication>,
    /// Access points of EFS, by id.
    pub file_access_points: BTreeMap<String, FileAccessPoint>,
    /// Amazon MSK clusters, by ARN. Each is a cluster in `clusters` too.
    pub managed: BTreeMap<String, ManagedCluster>,
    /// Connections from other VPCs to Amazon MSK clusters, by ARN.
    pub vpc_connections: BTreeMap<String, ManagedVpcConnection>,
    /// Services that read a Kafka cluster for somebody, by id.
    pub consumers: BTreeMap<String, Consumer>,
    /// Lambda functions, by ARN.
    pub functions: BTreeMap<String, Function>,
    /// Running tasks of ECS, by ARN.
    pub tasks: BTreeMap<String, Task>,
    /// Clusters of EKS, by ARN.
    pub kubernetes: BTreeMap<String, KubernetesCluster>,
    /// Trails of CloudTrail, by ARN.
    pub trails: BTreeMap<String, Trail>,
    /// Flow logs, by id.
    pub flow_logs: BTreeMap<String, FlowLog>,
    /// Kafka clusters, by name.
    pub clusters: BTreeMap<String, Cluster>,
    /// What `catchment.toml` says.
    pub config: crate::estate::Config,
    /// Answers that were recognised and that this version does not use yet, counted by call.
    pub unused: BTreeMap<String, usize>,
    /// For each expected call, what became of it.
    pub coverage: crate::estate::Coverage,
    /// Broken input, doubtful links, secrets found in configurations.
    pub diagnostics: Vec<crate::estate::Diagnostic>,
}
