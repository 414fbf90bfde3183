//! Which hosts, subnets and networks can open a TCP connection to a listener.
//!
//! Decides by security groups, network ACLs, route tables, peerings, transit gateways, load
//! balancers and endpoints, both ways. What was not read is a condition where it could only block
//! and a gap where it is the way itself.
//!
//! Source: VPC User Guide, "Security group rules", "Network ACL rules", "Route priority"; VPC
//! Peering Guide; Transit Gateway Guide, "Network ACLs for transit gateways"; Network Load Balancer
//! Guide, "Client IP preservation".
//!
//! Must never: know principals, policies or Kafka.

mod address;
mod admission;
mod balanced;
mod blocks;
mod declared;
mod filters;
mod groups;
mod leaving;
mod neighbours;
mod path;
mod place;
mod public;
mod public_access;
mod shown;
mod transit;
mod verdict;

pub use admission::{admit, admit_directly, admit_showing};
pub use leaving::leaves_by;
pub use neighbours::neighbours;
pub use place::{Attached, Sender, Target};
pub use shown::Shown;
pub use verdict::Admission;
