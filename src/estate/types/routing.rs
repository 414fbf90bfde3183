//! Where packets go: route tables, gateways, peerings, transit gateways.
//!
//! Must never: hold behaviour; these are what importers write and everything else reads.

use ipnet::IpNet;

use crate::capture::Source;

use super::{Origin, Seen};

/// A route table.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteTable {
    /// Its id.
    pub id: String,
    /// The account that owns it.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its VPC.
    pub vpc: String,
    /// Whether it is the VPC's main table.
    pub main: bool,
    /// Subnets associated with it.
    pub subnets: Vec<String>,
    /// Gateways associated with it: it then decides about what they let in.
    pub gateways: Vec<String>,
    /// Its routes.
    pub routes: Vec<Route>,
    /// Where it stands.
    pub origin: Origin,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// For which addresses.
    pub to: Destination,
    /// Where they go.
    pub via: Via,
    /// Whether what it leads to is gone, so that packets are dropped.
    pub blackhole: bool,
    /// Whether a virtual private gateway propagates it.
    pub propagated: bool,
    /// Where it stands.
    pub source: Source,
}

/// What a route is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// An address block.
    Net(IpNet),
    /// The entries of a prefix list.
    PrefixList(String),
    /// Something that cannot be read.
    Unreadable(String),
}

/// What a route leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// Whatever lies in the VPC.
    Local,
    /// An internet gateway.
    Internet(String),
    /// An egress-only internet gateway.
    EgressOnly(String),
    /// A NAT gateway.
    Nat(String),
    /// A VPC peering connection.
    Peering(String),
    /// A transit gateway.
    Transit(String),
    /// A virtual private gateway.
    Vpn(String),
    /// A VPC endpoint: a gateway endpoint, or one of a Gateway Load Balancer.
    Endpoint(String),
    /// A network interface or an instance: an appliance.
    Appliance(String),
    /// A carrier or local gateway, a core network, or something else that is not decided.
    Other(String),
}

/// An internet gateway, or an egress-only one, or a virtual private gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct Gateway {
    /// Its id: `igw-`, `eigw-`, `vgw-`.
    pub id: String,
    /// Its account.
    pub account: String,
    /// VPCs that it is attached to.
    pub vpcs: Vec<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// A NAT gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct NatGateway {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its VPC.
    pub vpc: Option<String>,
    /// Its subnet.
    pub subnet: Option<String>,
    /// Whether it works.
    pub available: bool,
    /// Its private addresses.
    pub private_addresses: Vec<String>,
    /// Its public addresses; none for a private NAT gateway.
    pub public_addresses: Vec<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// VPC Block Public Access of an account and region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcPublicAccess {
    /// What it blocks.
    pub mode: VpcBlockMode,
    /// Where it stands.
    pub source: Source,
}

/// What VPC Block Public Access blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VpcBlockMode {
    /// Nothing.
    Off,
    /// All that passes internet gateways and egress-only ones.
    Bidirectional,
    /// All but what NAT gateways and egress-only internet gateways let begin inside.
    Ingress,
    /// It is being changed, or says something else.
    Unclear,
}

/// A VPC or subnet that VPC Block Public Access leaves alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VpcExclusion {
    /// Whether connections may begin outside too, and not inside alone; nothing when that cannot be
    /// read.
    pub inward: Option<bool>,
    /// Whether it is in force, and not being made, changed or taken away.
    pub settled: bool,
    /// Where it stands.
    pub source: Source,
}

/// A VPC peering connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Peering {
    /// Its id.
    pub id: String,
    /// Whether it is active.
    pub active: bool,
    /// The VPC that asked.
    pub requester: PeeringSide,
    /// The VPC that accepted.
    pub accepter: PeeringSide,
    /// Where it stands.
    pub origin: Origin,
}

/// One side of a VPC peering connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeeringSide {
    /// The VPC.
    pub vpc: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its blocks, as far as the answer names them.
    pub blocks: Vec<IpNet>,
}

/// A transit gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct TransitGateway {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Whether security groups of one VPC may name those of another one across it.
    pub references: bool,
    /// Where it stands.
    pub origin: Origin,
}

/// An attachment of a transit gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct TransitAttachment {
    /// Its id. Both sides of a peering of gateways have the same one.
    pub id: String,
    /// The gateway.
    pub gateway: String,
    /// `vpc`, `peering`, `vpn`, `direct-connect-gateway`, `connect`.
    pub kind: String,
    /// The VPC, or the other gateway.
    pub resource: String,
    /// Whether it is available.
    pub available: bool,
    /// The route table that decides about what comes in through it.
    pub table: Seen<String>,
    /// Subnets that a VPC attachment sits in.
    pub subnets: Seen<Vec<String>>,
    /// Whether security groups may be named across it.
    pub references: Seen<bool>,
    /// Where it stands.
    pub origin: Origin,
}

/// A route table of a transit gateway.
#[derive(Clone, Debug, PartialEq)]
pub struct TransitTable {
    /// Its id.
    pub id: String,
    /// The gateway.
    pub gateway: String,
    /// Its routes.
    pub routes: Seen<Vec<TransitRoute>>,
    /// Whether those are all; a search gives 1000 at most.
    pub complete: bool,
    /// Where it stands.
    pub origin: Origin,
}

/// A route of a transit gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransitRoute {
    /// For which addresses; `None` when that cannot be read.
    pub to: Option<IpNet>,
    /// Attachments that it leads to.
    pub attachments: Vec<String>,
    /// Whether packets are dropped.
    pub blackhole: bool,
    /// Whether it is propagated, and not static.
    pub propagated: bool,
    /// Where it stands.
    pub source: Source,
}
