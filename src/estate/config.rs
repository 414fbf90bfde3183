//! `catchment.toml`: what people say about their estate.
//!
//! Must never: change what the capture says; it adds, and every addition has its line.

use crate::capture::Source;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};

/// The contents of `catchment.toml`. Everything is optional.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// `[[asset]]`: named event data. Topics that no asset names are assets of their own.
    pub assets: Vec<AssetConfig>,
    /// `[assume]`: uncollected guards and inputs that are assumed away: `scps`, `rcps`,
    /// `network-acls`, `load-balancers`, `vpc-block-public-access`, `default-host-management`, with
    /// the line of each.
    pub assume: BTreeMap<String, (String, Source)>,
    /// `[[pin]]` and `[[refute]]`.
    pub links: Vec<LinkConfig>,
    /// `[network.NAME]`: networks where people sit.
    pub networks: BTreeMap<String, NetworkConfig>,
    /// `[model.NAME]` parameters of a projection.
    pub models: BTreeMap<String, BTreeMap<String, (String, Source)>>,
    /// `[cluster.NAME]`: `account`, `region`, `model`.
    pub clusters: BTreeMap<String, BTreeMap<String, (String, Source)>>,
    /// Clusters with `moves = false`: a projection leaves them as they are.
    pub staying: BTreeSet<String>,
}

/// A network outside AWS where people sit.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkConfig {
    /// Its name.
    pub name: String,
    /// `cidrs`: its address blocks.
    pub blocks: Vec<IpNet>,
    /// `reaches`: VPCs, and gateways of VPCs, that a VPN or a Direct Connect joins it to.
    pub reaches: Vec<String>,
    /// Where it stands.
    pub source: Source,
}

/// A named asset.
#[derive(Clone, Debug, PartialEq)]
pub struct AssetConfig {
    /// Its name.
    pub name: String,
    /// Its cluster; may be left out when there is one.
    pub cluster: Option<String>,
    /// Topic names, `*` and `?` allowed.
    pub topics: Vec<String>,
    /// ARNs or Kafka principals that are meant to read it.
    pub intended: Vec<String>,
    /// Where it stands.
    pub source: Source,
}

/// A link that people assert or deny.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkConfig {
    /// `broker-host`, `broker-role`, `cluster-file-system`, `log-volume`, `secret-user`.
    pub kind: String,
    /// `pier/1`, `pier`, or a secret's name or ARN.
    pub from: String,
    /// `i-0b1`, an ARN of a role, `fs-0b1`, `vol-0b1`, `pier/User:broker`.
    pub to: String,
    /// Pinned (true) or refuted (false).
    pub holds: bool,
    /// Where it stands.
    pub source: Source,
}
