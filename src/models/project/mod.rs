//! Projection: the estate as it would be under a deployment model.
//!
//! A cluster that already runs under the model only has its holders settled. For any other, the
//! holders of the old model go (snapshots of removed volumes stay, as data from before the move),
//! and what the model needs comes: instances, holders, roles, listeners, each marked as assumed.
//!
//! Must never: ask which model it is; a model's data say all.

mod compute;
mod holders;
mod identities;

use std::collections::BTreeMap;
use std::fmt;

use super::load::of_cluster;
use super::model::HolderKind::{FileSystem, LogVolume, WalVolume};
use super::model::{Compute, Model, ModelHolder, Share};
use crate::capture::Source;
use crate::estate::{Cluster, Estate, Origin, RoleFacts, Vendor};

/// Stands in a resource name for a name that nobody knows.
const UNSET: &str = "\u{1}";

/// Why an estate cannot be projected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectionError(String);

impl fmt::Display for ProjectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ProjectionError {}

/// The estate under `target`; or, without a target, each cluster under the model it runs.
///
/// # Errors
/// When some cluster cannot be moved onto the model, with the reason.
pub fn project(
    estate: &Estate,
    models: &[Model],
    target: Option<&Model>,
) -> Result<Estate, ProjectionError> {
    let mut projected = estate.clone();
    for name in estate.clusters.keys() {
        let Some(cluster) = projected.clusters.remove(name) else {
            continue;
        };
        let own = of_cluster(models, &cluster).ok_or_else(|| {
            ProjectionError(format!(
                "cluster {name}: no deployment model `{}`; known: {}",
                cluster.model,
                super::names(models)
            ))
        })?;
        let moved = match target {
            Some(target) if target.id != own.id && !estate.config.staying.contains(name) => {
                if !target.from.contains(&own.id) {
                    return Err(ProjectionError(format!(
                        "cluster {name} runs as `{}`, and moving that onto `{}` is not modelled; \
                         models it can be moved onto: {}",
                        own.id,
                        target.id,
                        destinations(models, &own.id)
                    )));
                }
                Projection::new(&mut projected, own, target, cluster)?.run()?
            }
            Some(_) | None => settle(cluster, own),
        };
        projected.clusters.insert(name.clone(), moved);
    }
    Ok(projected)
}

fn destinations(models: &[Model], from: &str) -> String {
    let to = models
        .iter()
        .filter(|model| model.from.iter().any(|id| id == from));
    let to: Vec<&str> = to.map(|model| model.id.as_str()).collect();
    if to.is_empty() {
        "none".to_owned()
    } else {
        to.join(", ")
    }
}

/// A cluster under the model that it runs: what was linked to it counts only where the model says
/// that it holds the log.
fn settle(mut cluster: Cluster, model: &Model) -> Cluster {
    let kinds: Vec<_> = model.holders.iter().map(|holder| holder.kind).collect();
    for broker in cluster.brokers.values_mut() {
        if !kinds.contains(&LogVolume) {
            broker.volumes.clear();
        }
        if !kinds.contains(&WalVolume) {
            broker.wal_volumes.clear();
        }
    }
    if !kinds.contains(&FileSystem) {
        cluster.file_systems.clear();
    }
    for (role, link) in std::mem::take(&mut cluster.buckets) {
        match model.holder(&role).map(|holder| holder.share) {
            Some(Share::None) => cluster.side_buckets.insert(role, link),
            Some(
                Share::All | Share::Replicas | Share::Tail | Share::ClosedSegments | Share::Copy,
            ) => cluster.buckets.insert(role, link),
            None => None,
        };
    }
    described(cluster, model)
}

/// Says of a cluster what its model says of it.
fn described(mut cluster: Cluster, model: &Model) -> Cluster {
    cluster.model.clone_from(&model.id);
    let events = |holder: &&ModelHolder| holder.share != Share::None;
    let needed = model.holders.iter().filter(events).filter(|h| !h.optional);
    cluster.must_hold = needed.filter_map(|holder| holder.kind.holding()).collect();
    cluster.object_keys = model
        .holders
        .iter()
        .map(|holder| (holder.role.clone(), holder.objects.clone()))
        .collect();
    let facts = |holder: &ModelHolder| RoleFacts {
        share: holder.share.word(),
        freshness: holder.freshness.clone(),
        source: holder.at.clone(),
    };
    let roles = model.holders.iter();
    cluster.roles = roles.map(|h| (h.role.clone(), facts(h))).collect();
    let vendors = model.vendors.iter().map(|vendor| Vendor {
        account: vendor.account.clone(),
        name: vendor.name.clone(),
        source: vendor.at.clone(),
    });
    cluster.vendors = vendors.collect();
    cluster
}

/// One cluster on its way onto another model.
struct Projection<'p> {
    estate: &'p mut Estate,
    own: &'p Model,
    model: &'p Model,
    cluster: Cluster,
    parameters: BTreeMap<String, (String, Source)>,
    account: String,
}

impl<'p> Projection<'p> {
    fn new(
        estate: &'p mut Estate,
        own: &'p Model,
        model: &'p Model,
        cluster: Cluster,
    ) -> Result<Self, ProjectionError> {
        // What is said of the model itself goes before what is said of several.
        let mut parameters = BTreeMap::new();
        for name in model.uses.iter().chain([&model.id]) {
            parameters.extend(estate.config.models.get(name).cloned().unwrap_or_default());
        }
        for (key, (_, source)) in &parameters {
            if model.parameter(key).is_none() {
                let known: Vec<&str> = model.parameters.iter().map(|p| p.name.as_str()).collect();
                return Err(ProjectionError(format!(
                    "{source}: model `{}` has no parameter `{key}`; it has: {}",
                    model.id,
                    known.join(", ")
                )));
            }
        }
        let account = parameters.get("account").map(|(value, _)| value.clone());
        let account = account.or_else(|| cluster.account.clone()).ok_or_else(|| {
            ProjectionError(format!(
                "the account of cluster {0} is not known: no broker could be linked to an \
                 instance; set `account` under `[cluster.{0}]` in catchment.toml",
                cluster.name
            ))
        })?;
        Ok(Self {
            estate,
            own,
            model,
            cluster: settle(cluster, own),
            parameters,
            account,
        })
    }

    fn run(mut self) -> Result<Cluster, ProjectionError> {
        self.retire();
        match (self.own.compute, self.model.compute) {
            (Compute::Instances, Compute::Service) => self.leave_instances(),
            (Compute::Service, Compute::Instances) => self.come_to_instances(),
            (Compute::Instances, Compute::Instances) | (Compute::Service, Compute::Service) => {}
        }
        self.offer_listeners()?;
        self.set_properties();
        self.add_holders();
        self.add_identities();
        self.tag_instances();
        Ok(described(self.cluster, self.model))
    }

    /// The value of a parameter.
    fn parameter(&self, key: &str) -> Option<&str> {
        self.parameters.get(key).map(|(value, _)| value.as_str())
    }

    fn region(&self) -> Option<String> {
        let said = self.parameter("region").map(str::to_owned);
        said.or_else(|| self.cluster.region.clone())
    }

    /// Where an assumption about `key` stands: its line in `catchment.toml`, else in the model.
    fn assumed(&self, key: &str, why: &str) -> Origin {
        let at = match self.parameters.get(key) {
            Some((_, source)) => source.clone(),
            None => match self.model.parameter(key) {
                Some(parameter) => parameter.at.clone(),
                None => Source::new(self.model.file.as_str(), 1, ""),
            },
        };
        Origin::Assumed {
            why: why.to_owned(),
            at,
        }
    }

    /// Takes away what held the log. Volumes stay known by their snapshots, as data from before
    /// the move; those that the new model has too stay what they are.
    fn retire(&mut self) {
        let stays = |kind| self.model.holders_of(kind).next().is_some();
        let (logs, wals) = (!stays(LogVolume), !stays(WalVolume));
        for broker in self.cluster.brokers.values_mut() {
            let mut gone = Vec::new();
            if logs {
                gone.append(&mut broker.volumes);
            }
            if wals {
                gone.append(&mut broker.wal_volumes);
            }
            let gone = gone.into_iter().map(|link| (broker.id, link));
            self.cluster.retired_volumes.extend(gone);
        }
        self.cluster.buckets.clear();
        self.cluster.side_buckets.clear();
        self.cluster.file_systems.clear();
        self.cluster.moved = true;
    }
}

fn shown(name: &str) -> String {
    if name.contains(UNSET) {
        "not named".to_owned()
    } else {
        name.to_owned()
    }
}
