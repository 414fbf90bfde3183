//! What lies between: subnets, groups, interfaces, endpoints, routes.
//!
//! Must never: hold behaviour; these are what importers write and everything else reads.

use std::sync::Arc;

use ipnet::IpNet;

use crate::capture::Source;
use crate::policy::Document;

use super::{Origin, Seen};

/// A subnet.
#[derive(Clone, Debug, PartialEq)]
pub struct Subnet {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its VPC.
    pub vpc: String,
    /// Its IPv4 block, when it has one.
    pub cidr: Option<IpNet>,
    /// Its zone.
    pub zone: Option<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// A security group.
#[derive(Clone, Debug, PartialEq)]
pub struct SecurityGroup {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Its VPC.
    pub vpc: Option<String>,
    /// Ingress rules, one for each source of each permission.
    pub ingress: Vec<GroupRule>,
    /// Egress rules.
    pub egress: Vec<GroupRule>,
    /// Where it stands.
    pub origin: Origin,
}

/// One admission of a security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRule {
    /// `tcp`, `-1`, `6`.
    pub protocol: String,
    /// Ports; `None` is all of them.
    pub ports: Option<(u16, u16)>,
    /// The other side.
    pub peer: Peer,
    /// Where it stands.
    pub source: Source,
}

/// The other side of a security group rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address block.
    Net(IpNet),
    /// Members of a security group.
    Group(String),
    /// A prefix list, whose entries were not read.
    PrefixList(String),
}

/// An elastic network interface.
#[derive(Clone, Debug, PartialEq)]
pub struct Interface {
    /// Its id.
    pub id: String,
    /// The instance it is attached to.
    pub instance: Option<String>,
    /// Its subnet.
    pub subnet: Option<String>,
    /// Private addresses.
    pub private_addresses: Vec<String>,
    /// Private DNS name.
    pub private_dns: Option<String>,
    /// Public address.
    pub public_address: Option<String>,
    /// Security groups.
    pub groups: Vec<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// A VPC endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its VPC.
    pub vpc: String,
    /// `s3` of `com.amazonaws.eu-west-1.s3`.
    pub service: String,
    /// Whether it is a gateway endpoint (by route table) or an interface endpoint.
    pub gateway: bool,
    /// Route tables of a gateway endpoint.
    pub route_tables: Vec<String>,
    /// The endpoint policy.
    pub policy: Seen<Arc<Document>>,
    /// Where it stands.
    pub origin: Origin,
}

/// A route table: which subnets use it.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteTable {
    /// Its id.
    pub id: String,
    /// Its VPC.
    pub vpc: String,
    /// Whether it is the VPC's main table.
    pub main: bool,
    /// Subnets associated with it.
    pub subnets: Vec<String>,
    /// Whether a route leads to an internet gateway.
    pub internet: bool,
}
