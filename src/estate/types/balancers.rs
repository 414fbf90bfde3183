//! Load balancers, what they listen on, and where they send it.
//!
//! Must never: hold behaviour; these are what importers write and everything else reads.

use crate::capture::Source;

use super::{Origin, Seen};

/// A load balancer.
#[derive(Clone, Debug, PartialEq)]
pub struct Balancer {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Whether it passes TCP connections on (a Network Load Balancer).
    pub network: bool,
    /// `ipv4`, or `dualstack` when it takes connections over IPv6 too.
    pub address_type: String,
    /// Whether it has public addresses.
    pub internet_facing: bool,
    /// Its VPC.
    pub vpc: Option<String>,
    /// Its subnets.
    pub subnets: Vec<String>,
    /// Private addresses that were given to it.
    pub addresses: Vec<String>,
    /// Its security groups; without any, a Network Load Balancer admits everybody.
    pub groups: Vec<String>,
    /// Whether its groups also filter what comes in through `PrivateLink`.
    pub filters_private_link: bool,
    /// What it listens on.
    pub listeners: Seen<Vec<BalancerListener>>,
    /// Where it stands.
    pub origin: Origin,
}

/// A listener of a load balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalancerListener {
    /// Its port.
    pub port: u16,
    /// `TCP`, `TLS`.
    pub protocol: String,
    /// Target groups that it forwards to: ARNs.
    pub target_groups: Vec<String>,
    /// Where it stands.
    pub source: Source,
}

/// A target group.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetGroup {
    /// Its ARN.
    pub arn: String,
    /// Port of targets that have none of their own.
    pub port: Option<u16>,
    /// `instance`, `ip`, `alb`, `lambda`.
    pub kind: String,
    /// What is registered.
    pub targets: Seen<Vec<RegisteredTarget>>,
    /// Whether targets see the address of the client, not that of the load balancer.
    pub preserves_client: Seen<bool>,
    /// Whether each connection begins with a header of the proxy protocol.
    pub proxy_protocol: Seen<bool>,
    /// Where it stands.
    pub origin: Origin,
}

/// A target as it is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredTarget {
    /// Instance id or address.
    pub id: String,
    /// Its port.
    pub port: Option<u16>,
    /// `healthy`, `unhealthy`, `unused`.
    pub health: String,
    /// Where it stands.
    pub source: Source,
}
