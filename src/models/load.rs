//! Reads model files, and finds the model that a cluster runs.
//!
//! Must never: take a model with an unknown word in it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use toml::Spanned;

use super::model::{
    Compute, Detection, HolderKind, Model, ModelGrant, ModelHolder, ModelIdentity, ModelListener,
    ModelProperty, ModelVendor, Movement, Parameter,
};
use crate::capture::Source;
use crate::estate::Cluster;

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../", $path)))),*]
    };
}

/// The models that are built in: file name and text.
const BUILT_IN: &[(&str, &str)] = files![
    "graphs/models/self-managed.toml",
    "graphs/models/msk-standard.toml",
    "graphs/models/automq-s3-wal.toml",
    "graphs/models/automq-ebs-wal.toml",
    "graphs/models/automq-nfs-wal.toml",
];

/// What several models share.
const PARTS: &[(&str, &str)] = files!["graphs/parts/automq.toml"];

/// A model file that cannot be used, or a name that no model has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelError(String);

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ModelError {}

/// What stands at the top of a model file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: String,
    title: String,
    summary: String,
    compute: Compute,
    #[serde(default, rename = "instance-tags")]
    instance_tags: BTreeMap<String, String>,
    #[serde(default)]
    uses: Vec<String>,
    detect: Vec<Detection>,
    from: Vec<String>,
}

/// What stands below it, and in parts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default)]
    parameter: Vec<Spanned<Parameter>>,
    #[serde(default)]
    holder: Vec<Spanned<ModelHolder>>,
    #[serde(default)]
    identity: Vec<Spanned<ModelIdentity>>,
    #[serde(default)]
    vendor: Vec<Spanned<ModelVendor>>,
    #[serde(default)]
    grant: Vec<Spanned<ModelGrant>>,
    #[serde(default)]
    property: Vec<Spanned<ModelProperty>>,
    #[serde(default)]
    listener: Vec<Spanned<ModelListener>>,
    #[serde(default)]
    movement: Vec<Spanned<Movement>>,
}

/// Tells each entry of a list where it stands.
macro_rules! placed {
    ($list:expr, $text:expr) => {
        $list
            .into_iter()
            .map(|spanned| {
                let at = $text.below(spanned.span().start);
                let mut item = spanned.into_inner();
                item.at = at;
                item
            })
            .collect::<Vec<_>>()
    };
}

/// One file.
#[derive(Clone, Copy)]
struct Text<'t> {
    file: &'t str,
    text: &'t str,
}

impl Text<'_> {
    fn line(self, offset: usize) -> u32 {
        let newlines = self.text.bytes().take(offset).filter(|b| *b == b'\n');
        u32::try_from(newlines.count() + 1).unwrap_or(u32::MAX)
    }

    /// The line below a header: it says more than the header itself.
    fn below(self, offset: usize) -> Source {
        Source::new(self.file, self.line(offset) + 1, "")
    }

    fn parse<T: serde::de::DeserializeOwned>(self, text: &str) -> Result<T, ModelError> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| self.line(span.start));
            ModelError(format!("{}:{line}: {}", self.file, error.message()))
        })
    }

    fn body(self, text: &str, model: &mut Model) -> Result<(), ModelError> {
        let body: Body = self.parse(text)?;
        model.parameters.extend(placed!(body.parameter, self));
        model.holders.extend(placed!(body.holder, self));
        let mut identities = placed!(body.identity, self);
        for identity in &mut identities {
            let spans = identity.statement.iter();
            identity.statements_at = spans.map(|s| self.below(s.span().start)).collect();
        }
        model.identities.extend(identities);
        model.vendors.extend(placed!(body.vendor, self));
        model.grants.extend(placed!(body.grant, self));
        model.properties.extend(placed!(body.property, self));
        model.listeners.extend(placed!(body.listener, self));
        model.movements.extend(placed!(body.movement, self));
        Ok(())
    }

    /// The text before the first table, and the whole text with that blanked out, so that places
    /// stay what they are.
    fn split(self) -> (String, String) {
        let at = self.text.find("\n[[").map_or(self.text.len(), |at| at + 1);
        let (head, body) = self.text.split_at(at);
        let blank: String = head
            .chars()
            .map(|c| if c == '\n' { c } else { ' ' })
            .collect();
        (head.to_owned(), blank + body)
    }

    fn model(self) -> Result<Model, ModelError> {
        let (head, body) = self.split();
        let head: Head = self.parse(&head)?;
        let mut model = Model {
            id: head.id,
            title: head.title,
            summary: head.summary,
            compute: head.compute,
            instance_tags: head.instance_tags,
            uses: head.uses,
            detect: head.detect,
            from: head.from,
            parameters: Vec::new(),
            holders: Vec::new(),
            identities: Vec::new(),
            vendors: Vec::new(),
            grants: Vec::new(),
            properties: Vec::new(),
            listeners: Vec::new(),
            movements: Vec::new(),
            file: self.file.to_owned(),
        };
        for part in &model.uses.clone() {
            let path = format!("graphs/parts/{part}.toml");
            let found = PARTS.iter().find(|(file, _)| *file == path);
            let (file, text) = found
                .ok_or_else(|| ModelError(format!("{}: there is no part `{part}`", self.file)))?;
            Text { file, text }.body(text, &mut model)?;
        }
        self.body(&body, &mut model)?;
        self.check(&model)?;
        Ok(model)
    }

    /// What the types cannot say.
    fn check(self, model: &Model) -> Result<(), ModelError> {
        let known = |name: &String| model.parameter(name).is_some();
        let unknown = |what: &str| ModelError(format!("{}: {what}", self.file));
        for holder in &model.holders {
            if !holder.parameter.as_ref().is_none_or(known) {
                let role = &holder.role;
                return Err(unknown(&format!("holder `{role}` names no parameter")));
            }
        }
        for grant in &model.grants {
            if model.holder(&grant.on).is_none() {
                return Err(unknown(&format!("grant `{}` is on no holder", grant.sid)));
            }
        }
        Ok(())
    }
}

impl Model {
    /// Whether what is known of a cluster gives this platform away. A model without anything to
    /// detect fits every cluster that nobody else runs.
    pub fn fits(&self, cluster: &Cluster) -> bool {
        let service = self.compute == Compute::Service;
        service == cluster.managed.is_some()
            && self.detect.iter().all(|wanted| match wanted {
                Detection::Property { property, equals } => {
                    cluster.brokers.values().any(|broker| {
                        let property = broker.properties.get(property);
                        property.is_some_and(|property| property.value.trim() == equals)
                    })
                }
                Detection::Managed { managed } => cluster.managed.is_some() == *managed,
                Detection::Linked { linked } => linked_to(*linked, cluster),
            })
    }
}

/// Whether a holder of that kind was linked to the cluster.
fn linked_to(kind: HolderKind, cluster: &Cluster) -> bool {
    let brokers = || cluster.brokers.values();
    match kind {
        HolderKind::LogVolume => brokers().any(|broker| !broker.volumes.is_empty()),
        HolderKind::WalVolume => brokers().any(|broker| !broker.wal_volumes.is_empty()),
        HolderKind::Bucket => !cluster.buckets.is_empty(),
        HolderKind::FileSystem => !cluster.file_systems.is_empty(),
        HolderKind::Service => cluster.managed.is_some(),
    }
}

/// All built-in models.
///
/// # Errors
/// When a built-in file is malformed; a test says that none is.
pub fn built_in() -> Result<Vec<Model>, ModelError> {
    BUILT_IN
        .iter()
        .map(|(file, text)| Text { file, text }.model())
        .collect()
}

/// The model that a cluster runs: the one that was named for it, else the one that it gives away
/// most surely.
pub fn of_cluster<'m>(models: &'m [Model], cluster: &Cluster) -> Option<&'m Model> {
    if !cluster.model.is_empty() {
        return models.iter().find(|model| model.id == cluster.model);
    }
    let fitting = models.iter().filter(|model| model.fits(cluster));
    fitting.max_by_key(|model| model.detect.len())
}

/// The names of all models, for messages.
pub fn names(models: &[Model]) -> String {
    let names: Vec<&str> = models.iter().map(|model| model.id.as_str()).collect();
    names.join(", ")
}

/// The model of that name.
///
/// # Errors
/// When there is none, naming those there are.
pub fn find(id: &str) -> Result<Model, ModelError> {
    pick(&built_in()?, id).cloned()
}

/// The one of these models that goes by that name.
///
/// # Errors
/// When there is none, naming those there are.
pub fn pick<'m>(models: &'m [Model], id: &str) -> Result<&'m Model, ModelError> {
    let found = models.iter().find(|model| model.id == id);
    found.ok_or_else(|| {
        let known = names(models);
        ModelError(format!("no deployment model `{id}`; known: {known}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_models_are_well_formed_and_named_like_their_files() {
        let models = built_in().unwrap();
        for model in &models {
            assert_eq!(model.file, format!("graphs/models/{}.toml", model.id));
            assert!(!model.holders.is_empty());
            for from in &model.from {
                assert!(models.iter().any(|other| other.id == *from), "{from}");
            }
        }
    }

    #[test]
    fn every_fact_of_a_model_has_a_source_and_one_of_the_five_words_of_confidence() {
        const WORDS: [&str; 5] = ["executed", "code", "documented", "derived", "unverified"];
        for model in built_in().unwrap() {
            let facts = model.holders.iter().map(|x| (&x.confidence, &x.source));
            let facts = facts
                .chain(model.identities.iter().map(|x| (&x.confidence, &x.source)))
                .chain(model.vendors.iter().map(|x| (&x.confidence, &x.source)))
                .chain(model.grants.iter().map(|x| (&x.confidence, &x.source)))
                .chain(model.properties.iter().map(|x| (&x.confidence, &x.source)))
                .chain(model.listeners.iter().map(|x| (&x.confidence, &x.source)))
                .chain(model.movements.iter().map(|x| (&x.confidence, &x.source)));
            for (confidence, source) in facts {
                assert!(WORDS.contains(&confidence.as_str()), "{confidence}");
                assert!(!source.trim().is_empty(), "{}", model.id);
            }
        }
    }

    #[test]
    fn an_entry_of_a_part_stands_in_the_file_of_the_part() {
        let model = find("automq-s3-wal").unwrap();
        assert_eq!(
            model.holder("data").unwrap().at.file(),
            "graphs/parts/automq.toml"
        );
        let wal = &model.holder("wal").unwrap().at;
        assert_eq!(wal.file(), "graphs/models/automq-s3-wal.toml");
        let text = BUILT_IN
            .iter()
            .find(|(file, _)| *file == wal.file())
            .unwrap()
            .1;
        let line = text.lines().nth(wal.line() as usize - 1).unwrap();
        assert_eq!(line, "role = \"wal\"");
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
