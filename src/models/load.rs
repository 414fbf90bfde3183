//! Reads model files.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use toml::Spanned;

use crate::capture::Source;
use crate::estate::Cluster;

/// The models that are built in: file name and text.
const BUILT_IN: [(&str, &str); 2] = [
    (
        "graphs/models/self-managed.toml",
        include_str!("../../graphs/models/self-managed.toml"),
    ),
    (
        "graphs/models/automq-s3-wal.toml",
        include_str!("../../graphs/models/automq-s3-wal.toml"),
    ),
];

/// A deployment model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Model {
    /// Its name, the name of its file.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// One sentence on where the boundary lies.
    pub summary: String,
    /// Broker properties that give the platform away; all must hold.
    pub detect: Vec<Detection>,
    /// Models that an estate can be projected from onto this one.
    pub from: Vec<String>,
    /// Parameters of a projection.
    #[serde(default, rename = "parameter")]
    pub parameters: Vec<Parameter>,
    /// What durably holds events.
    #[serde(rename = "holder")]
    pub holders: Vec<ModelHolder>,
    /// Identities that the platform needs.
    #[serde(default, rename = "identity")]
    pub identities: Vec<ModelIdentity>,
    /// Outside parties that the platform gives something to.
    #[serde(default, rename = "vendor")]
    pub vendors: Vec<ModelVendor>,
    /// Name of the file it was read from.
    #[serde(skip)]
    pub file: String,
}

/// A broker property that gives a platform away.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detection {
    /// The property.
    pub property: String,
    /// Its value.
    pub equals: String,
}

/// A parameter of a projection, set under `[model.NAME]` in `catchment.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its key.
    pub name: String,
    /// What it means, and what happens when it is unset.
    pub meaning: String,
}

/// What durably holds events under a model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ModelHolder {
    /// What it is for: `log`, `data`, `wal`.
    pub role: String,
    /// What kind of thing it is.
    pub kind: HolderKind,
    /// The parameter that names it.
    pub parameter: Option<String>,
    /// The holder whose thing it shares when the parameter is unset.
    pub same_as: Option<String>,
    /// Patterns of the object keys that the engine writes: `*` for any text, `{hex}` for
    /// hexadecimal digits.
    #[serde(default)]
    pub objects: Vec<String>,
    /// What part of the data it holds.
    pub holds: String,
    /// How far behind the head of the log it is.
    pub freshness: String,
    /// How sure the facts are.
    pub confidence: String,
    /// Where the facts come from.
    pub source: String,
}

/// Kinds of holder that models name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HolderKind {
    /// The volumes of the brokers' log directories.
    LogVolume,
    /// A bucket.
    Bucket,
}

/// An identity that the platform needs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelIdentity {
    /// What it is for: `broker`.
    pub role: String,
    /// The parameter that names an existing one.
    pub parameter: String,
    /// Name of a new one; the cluster's name is appended.
    pub name: String,
    /// The service that may assume it.
    pub trust: String,
    /// How sure the facts are.
    pub confidence: String,
    /// Where the facts come from.
    pub source: String,
    /// Its published permissions.
    pub statement: Vec<Spanned<ModelStatement>>,
}

/// One statement of a published policy. `{data}` is the ARN of that holder, `{data.key}` of its
/// key; a statement whose resources all lack a value is left out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelStatement {
    /// Its id.
    pub sid: String,
    /// Actions.
    pub actions: Vec<String>,
    /// Resources.
    pub resources: Vec<String>,
    /// Condition block.
    #[serde(default)]
    pub condition: BTreeMap<String, BTreeMap<String, String>>,
}

/// An outside party.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelVendor {
    /// Its account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// How sure the facts are.
    pub confidence: String,
    /// Where the facts come from.
    pub source: String,
}

/// A model file that cannot be used, or a name that no model has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError(String);

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ModelError {}

impl Model {
    fn parse(file: &str, text: &str) -> Result<Self, ModelError> {
        let mut model: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            ModelError(format!("{file}:{line}: {}", error.message()))
        })?;
        file.clone_into(&mut model.file);
        for holder in &model.holders {
            let known = |name: &String| model.parameters.iter().any(|p| p.name == *name);
            if !holder.parameter.as_ref().is_none_or(known) {
                let role = &holder.role;
                return Err(ModelError(format!(
                    "{file}: holder `{role}` names no parameter"
                )));
            }
        }
        Ok(model)
    }

    /// Whether the brokers' properties give this platform away. A model without anything to detect
    /// fits every cluster.
    pub fn fits(&self, cluster: &Cluster) -> bool {
        self.detect.iter().all(|wanted| {
            cluster.brokers.values().any(|broker| {
                let property = broker.properties.get(&wanted.property);
                property.is_some_and(|property| property.value.trim() == wanted.equals)
            })
        })
    }

    /// The holder that plays a role.
    pub fn holder(&self, role: &str) -> Option<&ModelHolder> {
        self.holders.iter().find(|holder| holder.role == role)
    }

    /// Whether the log lies on the brokers' volumes.
    pub fn log_on_volumes(&self) -> bool {
        self.holders
            .iter()
            .any(|holder| holder.kind == HolderKind::LogVolume)
    }

    /// Holders that are buckets.
    pub fn bucket_holders(&self) -> impl Iterator<Item = &ModelHolder> {
        self.holders
            .iter()
            .filter(|holder| holder.kind == HolderKind::Bucket)
    }

    /// The place of something in the model file, by the offset of its span.
    pub(super) fn source(&self, offset: usize) -> Source {
        let text = BUILT_IN
            .iter()
            .find(|(file, _)| *file == self.file)
            .map_or("", |(_, t)| t);
        Source::new(self.file.as_str(), line_of(text, offset), "")
    }

    /// The place of the first line that contains a text.
    pub(super) fn source_of(&self, needle: &str) -> Source {
        let text = BUILT_IN
            .iter()
            .find(|(file, _)| *file == self.file)
            .map_or("", |(_, t)| t);
        self.source(text.find(needle).unwrap_or(0))
    }
}

fn line_of(text: &str, offset: usize) -> u32 {
    let newlines = text.bytes().take(offset).filter(|b| *b == b'\n').count();
    u32::try_from(newlines + 1).unwrap_or(u32::MAX)
}

/// All built-in models.
///
/// # Errors
/// When a built-in file is malformed; a test says that none is.
pub fn built_in() -> Result<Vec<Model>, ModelError> {
    BUILT_IN
        .iter()
        .map(|(file, text)| Model::parse(file, text))
        .collect()
}

/// The model that a cluster runs: the one that was named for it, else the one that its properties
/// give away most surely.
pub fn of_cluster<'m>(models: &'m [Model], cluster: &Cluster) -> Option<&'m Model> {
    if !cluster.model.is_empty() {
        return models.iter().find(|model| model.id == cluster.model);
    }
    let fitting = models.iter().filter(|model| model.fits(cluster));
    fitting.max_by_key(|model| model.detect.len())
}

/// The model of that name.
///
/// # Errors
/// When there is none, naming those there are.
pub fn find(id: &str) -> Result<Model, ModelError> {
    let models = built_in()?;
    let known = models
        .iter()
        .map(|m| m.id.clone())
        .collect::<Vec<_>>()
        .join(", ");
    models
        .into_iter()
        .find(|model| model.id == id)
        .ok_or_else(|| ModelError(format!("no deployment model `{id}`; known: {known}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_models_are_well_formed_and_named_like_their_files() {
        for model in built_in().unwrap() {
            assert_eq!(model.file, format!("graphs/models/{}.toml", model.id));
            assert!(!model.holders.is_empty());
        }
    }

    #[test]
    fn an_unknown_model_is_refused_with_the_known_ones() {
        let error = find("tape").unwrap_err().to_string();
        assert!(
            error.contains("self-managed") && error.contains("automq-s3-wal"),
            "{error}"
        );
    }
}
