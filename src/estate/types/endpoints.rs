//! VPC endpoints, and the services that others reach through them.
//!
//! Must never: hold behaviour; these are what importers write and everything else reads.

use std::sync::Arc;

use crate::policy::Document;

use super::{Origin, Seen};

/// A VPC endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its VPC.
    pub vpc: String,
    /// `s3` of `com.amazonaws.eu-west-1.s3`.
    pub service: String,
    /// Whether it is a gateway endpoint (by route table) or an interface endpoint.
    pub gateway: bool,
    /// Whether it is available; one that waits for acceptance is not.
    pub available: bool,
    /// Route tables of a gateway endpoint.
    pub route_tables: Vec<String>,
    /// Subnets of an interface endpoint.
    pub subnets: Vec<String>,
    /// Its network interfaces.
    pub interfaces: Vec<String>,
    /// Security groups of an interface endpoint.
    pub groups: Vec<String>,
    /// Whether the names of the service lead to it.
    pub private_dns: bool,
    /// The endpoint policy.
    pub policy: Seen<Arc<Document>>,
    /// Where it stands.
    pub origin: Origin,
}

/// A service that an account offers through AWS `PrivateLink`.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointService {
    /// `vpce-svc-0a1`
    pub id: String,
    /// `com.amazonaws.vpce.eu-west-1.vpce-svc-0a1`
    pub name: String,
    /// The account that offers it.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Network load balancers behind it: ARNs.
    pub balancers: Vec<String>,
    /// Whether each endpoint must be accepted.
    pub acceptance: bool,
    /// Who may create endpoints for it.
    pub allowed: Seen<Vec<String>>,
    /// Where it stands.
    pub origin: Origin,
}
