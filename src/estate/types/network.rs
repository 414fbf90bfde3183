//! What lies between: VPCs, subnets, groups, network ACLs, interfaces, prefix lists.
//!
//! Must never: hold behaviour; these are what importers write and everything else reads.

use ipnet::IpNet;

use crate::capture::Source;

use super::{Origin, Seen};

/// A VPC.
#[derive(Clone, Debug, PartialEq)]
pub struct Vpc {
    /// Its id.
    pub id: String,
    /// Its owner.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its blocks, primary and secondary, IPv4 and IPv6.
    pub blocks: Vec<IpNet>,
    /// Where it stands.
    pub origin: Origin,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq)]
pub struct Subnet {
    /// Its id.
    pub id: String,
    /// Its owner, also where it is shared with others.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its VPC.
    pub vpc: String,
    /// Its IPv4 block, when it has one.
    pub cidr: Option<IpNet>,
    /// Its IPv6 blocks.
    pub v6: Vec<IpNet>,
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
    /// The entries of a prefix list.
    PrefixList(String),
    /// Something that cannot be read.
    Unreadable(String),
}

/// A network ACL. It filters what crosses the edge of a subnet, without memory of connections.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkAcl {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its VPC.
    pub vpc: String,
    /// Whether it is the VPC's default one.
    pub default: bool,
    /// Subnets associated with it.
    pub subnets: Vec<String>,
    /// Entries for what comes into the subnet, by number.
    pub ingress: Vec<AclEntry>,
    /// Entries for what leaves it.
    pub egress: Vec<AclEntry>,
    /// Where it stands.
    pub origin: Origin,
}

/// One entry of a network ACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclEntry {
    /// Its number: the lowest that matches decides.
    pub number: i64,
    /// `6` for TCP, `-1` for all.
    pub protocol: String,
    /// Destination ports; `None` is all of them.
    pub ports: Option<(u16, u16)>,
    /// The address block of the other side; `None` when it cannot be read.
    pub block: Option<IpNet>,
    /// Whether it allows or denies.
    pub allows: bool,
    /// Where it stands.
    pub source: Source,
}

/// A list of address blocks that security groups and routes name.
#[derive(Clone, Debug, PartialEq)]
pub struct PrefixList {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its owner; `AWS` for lists of services.
    pub account: String,
    /// Its entries.
    pub entries: Seen<Vec<IpNet>>,
    /// Where it stands.
    pub origin: Origin,
}

/// An elastic network interface.
#[derive(Clone, Debug, PartialEq)]
pub struct Interface {
    /// Its id.
    pub id: String,
    /// The account that was asked about it.
    pub account: String,
    /// Its region.
    pub region: String,
    /// The instance it is attached to.
    pub instance: Option<String>,
    /// Its VPC.
    pub vpc: Option<String>,
    /// Its subnet.
    pub subnet: Option<String>,
    /// Private addresses.
    pub private_addresses: Vec<String>,
    /// Private DNS name.
    pub private_dns: Option<String>,
    /// Public addresses.
    pub public_addresses: Vec<String>,
    /// Security groups.
    pub groups: Vec<String>,
    /// Where it stands.
    pub origin: Origin,
}
