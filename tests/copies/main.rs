//! Further doors to stored bytes, and copies of them, rule by rule: estates made in the test from a
//! small fixture, with the answer that AWS's documents give.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

#[path = "../support/mod.rs"]
mod support;

mod access_grants;
mod backups;
mod multi_region;
mod object_lambda;
mod replicas;
