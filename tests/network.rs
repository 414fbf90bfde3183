//! Who may open a connection: one test for each rule of the network, on estates read from answers
//! of AWS.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and says where"
)]

#[path = "network/acls.rs"]
mod acls;
#[path = "network/addresses.rs"]
mod addresses;
#[path = "network/answers.rs"]
mod answers;
#[path = "network/balancers.rs"]
mod balancers;
#[path = "network/groups.rs"]
mod groups;
#[path = "network/laws.rs"]
mod laws;
#[path = "network/outside.rs"]
mod outside;
#[path = "network/peerings.rs"]
mod peerings;
#[path = "network/positions.rs"]
mod positions;
#[path = "network/public_access.rs"]
mod public_access;
#[path = "network/routes.rs"]
mod routes;
#[path = "network/transit.rs"]
mod transit;
