//! Which hosts, subnets and networks can open a TCP connection to a listener.
//!
//! Decides by security groups, subnets, VPCs and public addresses. Peerings, transit gateways and
//! network ACLs are not read yet; what they could change is a gap or a condition, never a *no*.
//!
//! Must never: know principals, policies or Kafka.

mod admission;

pub use admission::{Admission, Sender, Target, admit};
