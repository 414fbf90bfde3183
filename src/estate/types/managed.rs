//! Kafka that AWS runs (Amazon MSK), as its own API describes it.
//!
//! Must never: hold behaviour; these are what importers write and everything else reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::policy::Document;

use super::{Origin, Property, Seen};

/// An Amazon MSK cluster. Its storage belongs to the service; what the account has is network
/// interfaces, security groups, a key, secrets and policies.
#[derive(Clone, Debug)]
pub struct ManagedCluster {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Whether it is serverless (IAM authentication alone).
    pub serverless: bool,
    /// Whether its brokers are of an `express.` type.
    pub express: bool,
    /// Which clients it admits.
    pub authentication: Seen<ManagedAuthentication>,
    /// How clients in other VPCs may authenticate (multi-VPC private connectivity); all off when
    /// it is not offered.
    pub from_other_vpcs: ManagedAuthentication,
    /// Whether brokers have public addresses.
    pub public: Seen<bool>,
    /// The cluster policy, which admits other accounts.
    pub policy: Seen<Arc<Document>>,
    /// Key of its storage as written; whoever reads through Kafka needs no right to it.
    pub key: Option<String>,
    /// Whether closed segments move to a second tier.
    pub tiered: bool,
    /// Its subnets.
    pub subnets: Vec<String>,
    /// Security groups of its brokers' interfaces.
    pub groups: Vec<String>,
    /// How many brokers it has, when it says so.
    pub size: Option<usize>,
    /// `HOST:PORT` at which clients begin.
    pub bootstrap: Vec<String>,
    /// Its brokers.
    pub nodes: Seen<Vec<ManagedNode>>,
    /// Secrets whose SCRAM credentials it admits: ARNs.
    pub scram_secrets: Seen<Vec<String>>,
    /// Broker properties of its configuration; `Absent` when it has the service's default.
    pub configuration: Seen<BTreeMap<String, Property>>,
    /// Where it stands.
    pub origin: Origin,
}

/// The SASL mechanism by which IAM credentials authenticate.
pub const AWS_MSK_IAM: &str = "AWS_MSK_IAM";

/// The end of the names of listeners that are reached through connections of other VPCs alone.
pub const THROUGH_CONNECTIONS: &str = "_VPCE";

/// How clients of an MSK cluster may authenticate.
#[allow(clippy::struct_excessive_bools, reason = "MSK has these switches")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ManagedAuthentication {
    /// SASL with IAM credentials (port 9098, public 9198).
    pub iam: bool,
    /// SASL/SCRAM with secrets of Secrets Manager (9096, public 9196).
    pub scram: bool,
    /// TLS client certificates (9094, public 9194).
    pub tls: bool,
    /// Without credential (9092 in plaintext, 9094 over TLS).
    pub unauthenticated: bool,
    /// Whether clients may connect in plaintext (`ClientBroker` other than `TLS`).
    pub plaintext: bool,
    /// Whether clients may connect over TLS (`ClientBroker` other than `PLAINTEXT`).
    pub encrypted: bool,
}

/// A broker of an MSK cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct ManagedNode {
    /// Broker id.
    pub id: i32,
    /// Its network interface in the account.
    pub interface: Option<String>,
    /// Its address there.
    pub address: Option<String>,
    /// Its subnet.
    pub subnet: Option<String>,
    /// Its host names.
    pub endpoints: Vec<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// A connection by which clients in another VPC, perhaps of another account, reach an MSK cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedVpcConnection {
    /// Its ARN.
    pub arn: String,
    /// ARN of the cluster.
    pub cluster: String,
    /// Account of the client side; empty when it is not told.
    pub account: String,
    /// VPC of the client side.
    pub vpc: Option<String>,
    /// Subnets of the client side.
    pub subnets: Vec<String>,
    /// Security groups of the client side.
    pub groups: Vec<String>,
    /// `SASL_IAM`, `SASL_SCRAM`, `TLS`.
    pub authentication: Option<String>,
    /// Where it stands.
    pub origin: Origin,
}
