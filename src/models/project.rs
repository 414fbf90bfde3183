//! Projection: the estate as it would be under a deployment model.
//!
//! A cluster that already runs under the model only has its holders settled. For any other, the
//! holders of the old model go (snapshots of removed volumes stay, as data from before the move),
//! and the model's buckets and roles come, each marked as assumed.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::load::{Model, ModelHolder, ModelIdentity, of_cluster};
use super::policy_text;
use crate::capture::Source;
use crate::capture::json::Node;
use crate::estate::{
    Bucket, Cluster, Diagnostic, Encryption, Estate, Identity, IdentityKind, KeyState, Link,
    Origin, PolicyHold, PublicAccessBlock, Seen, Severity, Vendor,
};
use crate::policy::Document;

/// Stands in a resource name for a parameter that nobody set.
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
                "cluster {name}: no deployment model `{}`",
                cluster.model
            ))
        })?;
        let moved = match target {
            Some(target) if target.id != own.id => {
                if !target.from.contains(&own.id) {
                    return Err(ProjectionError(format!(
                        "cluster {name} runs as `{}`, and moving that onto `{}` is not modelled; \
                         models it can be moved onto: {}",
                        own.id,
                        target.id,
                        destinations(models, &own.id)
                    )));
                }
                Projection::new(&mut projected, target, cluster)?.run()
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

/// A cluster under the model that it runs: volumes and buckets count only where the model says
/// that they hold the log.
fn settle(mut cluster: Cluster, model: &Model) -> Cluster {
    cluster.model.clone_from(&model.id);
    if !model.log_on_volumes() {
        for broker in cluster.brokers.values_mut() {
            broker.volumes.clear();
        }
    }
    let holds = |role: &String| model.bucket_holders().any(|holder| holder.role == *role);
    cluster.buckets.retain(|role, _| holds(role));
    cluster.log_on_volumes = model.log_on_volumes();
    cluster.object_keys = object_keys(model);
    cluster.vendors = vendors(model);
    cluster
}

fn object_keys(model: &Model) -> Vec<String> {
    model
        .bucket_holders()
        .flat_map(|holder| holder.objects.iter().cloned())
        .collect()
}

fn vendors(model: &Model) -> Vec<Vendor> {
    let vendors = model.vendors.iter().map(|vendor| Vendor {
        account: vendor.account.clone(),
        name: vendor.name.clone(),
        source: model.source_of(&vendor.account),
    });
    vendors.collect()
}

struct Projection<'p> {
    estate: &'p mut Estate,
    model: &'p Model,
    cluster: Cluster,
    parameters: BTreeMap<String, (String, Source)>,
    account: String,
}

impl<'p> Projection<'p> {
    fn new(
        estate: &'p mut Estate,
        model: &'p Model,
        cluster: Cluster,
    ) -> Result<Self, ProjectionError> {
        let parameters = estate
            .config
            .models
            .get(&model.id)
            .cloned()
            .unwrap_or_default();
        for (key, (_, source)) in &parameters {
            if !model
                .parameters
                .iter()
                .any(|parameter| parameter.name == *key)
            {
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
            model,
            cluster,
            parameters,
            account,
        })
    }

    fn run(mut self) -> Cluster {
        self.retire_volumes();
        for holder in self.model.bucket_holders() {
            self.add_bucket(holder);
        }
        for identity in &self.model.identities {
            self.add_identity(identity);
        }
        self.cluster.log_on_volumes = self.model.log_on_volumes();
        self.cluster.object_keys = object_keys(self.model);
        self.cluster.vendors = vendors(self.model);
        self.cluster.model.clone_from(&self.model.id);
        self.cluster
    }

    /// Where an assumption about `key` stands: its line in `catchment.toml`, else in the model.
    fn assumed(&self, key: &str, why: &str) -> Origin {
        let at = match self.parameters.get(key) {
            Some((_, source)) => source.clone(),
            None => self.model.source_of(&format!("\"{key}\"")),
        };
        Origin::Assumed {
            why: why.to_owned(),
            at,
        }
    }

    fn retire_volumes(&mut self) {
        if self.model.log_on_volumes() {
            return;
        }
        for broker in self.cluster.brokers.values_mut() {
            let retired = broker.volumes.drain(..).map(|link| (broker.id, link));
            self.cluster.retired_volumes.extend(retired);
        }
        self.cluster.moved = true;
    }

    fn add_bucket(&mut self, holder: &ModelHolder) {
        let Some(parameter) = &holder.parameter else {
            return;
        };
        let name = match (self.parameters.get(parameter), &holder.same_as) {
            (Some((value, _)), _) => value.clone(),
            (None, Some(other)) if self.cluster.buckets.contains_key(other) => {
                self.cluster.buckets[other].to.clone()
            }
            (None, _) => self.unnamed(),
        };
        let why = format!(
            "the {} bucket of the new platform is {}",
            holder.role,
            shown(&name)
        );
        let origin = self.assumed(parameter, &why);
        if !self.estate.buckets.contains_key(&name) {
            let bucket = self.new_bucket(&name, origin.clone());
            self.estate.buckets.insert(name.clone(), bucket);
        }
        let link = Link { to: name, origin };
        self.cluster.buckets.insert(holder.role.clone(), link);
    }

    /// A name that nobody set: another one for each bucket that has none.
    fn unnamed(&self) -> String {
        let buckets = self.estate.buckets.keys();
        let others = buckets.filter(|name| name.starts_with(UNSET)).count();
        UNSET.repeat(others + 1)
    }

    fn new_bucket(&self, name: &str, origin: Origin) -> Bucket {
        let encryption = match self.parameters.get("key").map(|(value, _)| value.as_str()) {
            None => Seen::Unread(Arc::from(format!(
                "the parameter `key` of model {} is not set",
                self.model.id
            ))),
            Some("sse-s3") => Seen::Is(Encryption::SseS3),
            Some(key) => Seen::Is(Encryption::Kms {
                key: Some(key.to_owned()),
                bucket_key: true,
            }),
        };
        let region = self
            .parameters
            .get("region")
            .map(|(value, _)| value.clone());
        Bucket {
            name: name.to_owned(),
            account: Some(self.account.clone()),
            region: region.or_else(|| self.cluster.region.clone()),
            policy: Seen::Absent,
            encryption,
            encryption_source: self.parameters.get("key").map(|(_, source)| source.clone()),
            // What S3 gives a new bucket since April 2023.
            public_access_block: Seen::Is(PublicAccessBlock {
                block_public_acls: true,
                ignore_public_acls: true,
                block_public_policy: true,
                restrict_public_buckets: true,
            }),
            origin,
        }
    }

    fn add_identity(&mut self, identity: &ModelIdentity) {
        let named = self
            .parameters
            .get(&identity.parameter)
            .map(|(value, _)| value.clone());
        let arn = named.unwrap_or_else(|| {
            let name = format!("{}-{}", identity.name, self.cluster.name);
            format!("arn:aws:iam::{}:role/{name}", self.account)
        });
        let why = format!("the new platform's {}s run as {arn}", identity.role);
        let origin = self.assumed(&identity.parameter, &why);
        let permissions = self.permissions(identity);
        // A role of the capture keeps what it has and gets what the platform needs.
        if let Some(role) = self.estate.identities.get_mut(&arn) {
            role.policies.push(permissions);
        } else {
            let role = self.new_role(identity, &arn, permissions, origin.clone());
            self.estate.identities.insert(arn.clone(), role);
        }
        for broker in self
            .cluster
            .brokers
            .values()
            .filter(|broker| broker.holds_data)
        {
            let host = broker
                .host
                .as_ref()
                .and_then(|link| self.estate.hosts.get_mut(&link.to));
            if let Some(host) = host {
                host.role = Seen::Is(Link {
                    to: arn.clone(),
                    origin: origin.clone(),
                });
            }
        }
    }

    fn permissions(&mut self, identity: &ModelIdentity) -> PolicyHold {
        let text = policy_text::permissions(self.model, identity, &self.placeholders());
        PolicyHold {
            name: format!("published permissions of the {} role", identity.role),
            how: "assumed".to_owned(),
            document: Seen::Is(self.parse(&text)),
        }
    }

    fn new_role(
        &mut self,
        identity: &ModelIdentity,
        arn: &str,
        permissions: PolicyHold,
        origin: Origin,
    ) -> Identity {
        let trust = policy_text::trust(self.model, identity);
        Identity {
            arn: arn.to_owned(),
            account: self.account.clone(),
            kind: IdentityKind::Role,
            policies: vec![permissions],
            boundary: Seen::Absent,
            trust: Seen::Is(self.parse(&trust)),
            tags: BTreeMap::new(),
            origin,
        }
    }

    fn parse(&mut self, text: &Node) -> Arc<Document> {
        let (document, problems) = Document::parse(text);
        self.estate
            .diagnostics
            .extend(problems.into_iter().map(|problem| Diagnostic {
                code: "malformed-model-policy",
                severity: Severity::Error,
                message: problem.message,
                source: Some(problem.source),
            }));
        Arc::new(document)
    }

    /// Values of `{role}` and `{role.key}` for each bucket holder.
    fn placeholders(&self) -> BTreeMap<String, Option<String>> {
        let mut values = BTreeMap::new();
        for (role, link) in &self.cluster.buckets {
            values.insert(role.clone(), Some(format!("arn:aws:s3:::{}", link.to)));
            let bucket = self.estate.buckets.get(&link.to);
            let key = match bucket.map(|bucket| self.estate.bucket_key_state(bucket)) {
                Some(KeyState::Customer(key)) => Some(key.arn.clone()),
                Some(KeyState::None | KeyState::AwsManaged | KeyState::Unread(_)) | None => None,
            };
            values.insert(format!("{role}.key"), key);
        }
        values
    }
}

fn shown(name: &str) -> String {
    if name.contains(UNSET) {
        "not named".to_owned()
    } else {
        name.to_owned()
    }
}
