//! The deployment models that are known, as data.
//!
//! Must never: say of a model what its file does not say.

use schemars::JsonSchema;
use serde::Serialize;

use crate::models::{Compute, Detection, HolderKind, Model, Runs, Share};

/// Answer to `models`: deployment models, each with everything that its file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Models {
    /// Format and its version: `catchment.models/1`.
    pub format: String,
    /// The models.
    pub models: Vec<ModelText>,
}

/// One deployment model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ModelText {
    /// Its name, for `--model`, `--from` and `--to`.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// Where the boundary lies, in one sentence.
    pub summary: String,
    /// Where brokers run: `instances` of the account, or the `service`.
    pub compute: String,
    /// What gives it away.
    pub recognised_by: Vec<String>,
    /// Models that a capture can be moved from onto this one.
    pub from: Vec<String>,
    /// Names under `[model.NAME]` in `catchment.toml` that set its parameters.
    pub tables: Vec<String>,
    /// Parameters of a projection.
    pub parameters: Vec<ParameterText>,
    /// What holds events.
    pub holders: Vec<HolderText>,
    /// Identities that it needs.
    pub identities: Vec<IdentityText>,
    /// What outside parties are given, and who they are.
    pub vendors: Vec<FactText>,
    /// Listeners that it offers; none when they stay what they are.
    pub listeners: Vec<FactText>,
    /// Properties that brokers have under it.
    pub properties: Vec<FactText>,
    /// What moves on which event.
    pub movements: Vec<MovementText>,
}

/// A parameter of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ParameterText {
    /// Its key.
    pub name: String,
    /// What it means, and what happens when it is unset.
    pub meaning: String,
}

/// What holds events under a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HolderText {
    /// What it is for.
    pub role: String,
    /// What kind of thing it is.
    pub kind: HolderKind,
    /// What share of the events it holds.
    pub share: Share,
    /// Whether it is there only when a configuration or a parameter names it.
    pub optional: bool,
    /// What it holds, in words.
    pub holds: String,
    /// How far behind the head of the log it is.
    pub freshness: String,
    /// How sure, and by which source.
    #[serde(flatten)]
    pub basis: Basis,
}

/// An identity that a model needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct IdentityText {
    /// What it is for.
    pub role: String,
    /// What runs as it.
    pub runs: String,
    /// The service that may assume it.
    pub trust: String,
    /// AWS-managed policies attached to it.
    pub managed: Vec<String>,
    /// Its statements.
    pub statements: Vec<StatementText>,
    /// How sure, and by which source.
    #[serde(flatten)]
    pub basis: Basis,
}

/// One statement of a published policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StatementText {
    /// Its id.
    pub sid: String,
    /// Actions.
    pub actions: Vec<String>,
    /// Resources; `{data}` is the ARN of that holder.
    pub resources: Vec<String>,
    /// Conditions, one a line: `StringEquals aws:ResourceTag/automqVendor automq`.
    pub conditions: Vec<String>,
    /// Where it stands.
    pub place: String,
}

/// Some other fact of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FactText {
    /// The fact, in words.
    pub says: String,
    /// How sure, and by which source.
    #[serde(flatten)]
    pub basis: Basis,
}

/// Data that moves because of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MovementText {
    /// The event.
    pub event: String,
    /// What moves.
    pub moves: String,
    /// From where.
    pub from: String,
    /// To where.
    pub to: String,
    /// Over which path.
    pub path: String,
    /// By which identity.
    pub identity: String,
    /// How much, or how long.
    pub size: String,
    /// What records it.
    pub trace: String,
    /// How sure, and by which source.
    #[serde(flatten)]
    pub basis: Basis,
}

/// What a fact rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Basis {
    /// `executed`, `code`, `documented`, `derived` or `unverified`.
    pub confidence: String,
    /// The document or file that says so.
    pub source: String,
    /// Where the model says it.
    pub place: String,
}

/// Describes models.
pub fn models(models: &[Model]) -> Models {
    Models {
        format: "catchment.models/1".to_owned(),
        models: models.iter().map(describe).collect(),
    }
}

/// The basis of anything that has a confidence, a source and a place.
macro_rules! basis {
    ($fact:expr) => {
        Basis {
            confidence: $fact.confidence.clone(),
            source: $fact.source.clone(),
            place: $fact.at.to_string(),
        }
    };
}

fn describe(model: &Model) -> ModelText {
    let parameters = model.parameters.iter().map(|parameter| ParameterText {
        name: parameter.name.clone(),
        meaning: parameter.meaning.clone(),
    });
    let holders = model.holders.iter().map(|holder| HolderText {
        role: holder.role.clone(),
        kind: holder.kind,
        share: holder.share,
        optional: holder.optional,
        holds: holder.holds.clone(),
        freshness: holder.freshness.clone(),
        basis: basis!(holder),
    });
    let movements = model.movements.iter().map(|movement| MovementText {
        event: movement.event.clone(),
        moves: movement.moves.clone(),
        from: movement.from.clone(),
        to: movement.to.clone(),
        path: movement.path.clone(),
        identity: movement.identity.clone(),
        size: movement.size.clone(),
        trace: movement.trace.clone(),
        basis: basis!(movement),
    });
    let listeners = model.listeners.iter().map(|listener| FactText {
        says: format!(
            "{} on port {}: {}, for `{}`",
            listener.name, listener.port, listener.protocol, listener.authentication
        ),
        basis: basis!(listener),
    });
    let properties = model.properties.iter().map(|property| FactText {
        says: format!("{}={}", property.key, property.value),
        basis: basis!(property),
    });
    ModelText {
        id: model.id.clone(),
        title: model.title.clone(),
        summary: model.summary.clone(),
        compute: match model.compute {
            Compute::Instances => "instances".to_owned(),
            Compute::Service => "service".to_owned(),
        },
        recognised_by: model.detect.iter().map(recognised).collect(),
        from: model.from.clone(),
        tables: model.uses.iter().chain([&model.id]).cloned().collect(),
        parameters: parameters.collect(),
        holders: holders.collect(),
        identities: identities(model),
        vendors: vendors(model),
        listeners: listeners.collect(),
        properties: properties.collect(),
        movements: movements.collect(),
    }
}

fn recognised(detection: &Detection) -> String {
    match detection {
        Detection::Property { property, equals } => format!("property {property}={equals}"),
        Detection::Linked { linked } => match linked {
            HolderKind::LogVolume => "a log volume is linked to it".to_owned(),
            HolderKind::WalVolume => "a WAL volume is linked to it".to_owned(),
            HolderKind::Bucket => "a bucket is linked to it".to_owned(),
            HolderKind::FileSystem => "a file system is linked to it".to_owned(),
            HolderKind::Service => "a service holds its log".to_owned(),
        },
        Detection::Managed { managed: true } => "Amazon MSK lists it".to_owned(),
        Detection::Managed { managed: false } => "Amazon MSK does not list it".to_owned(),
    }
}

fn identities(model: &Model) -> Vec<IdentityText> {
    let identities = model.identities.iter().map(|identity| {
        let statements = identity.statement.iter().zip(&identity.statements_at);
        let statements = statements.map(|(statement, place)| {
            let statement = statement.get_ref();
            let conditions = statement.condition.iter().flat_map(|(operator, keys)| {
                keys.iter()
                    .map(move |(key, value)| format!("{operator} {key} {value}"))
            });
            StatementText {
                sid: statement.sid.clone(),
                actions: statement.actions.clone(),
                resources: statement.resources.clone(),
                conditions: conditions.collect(),
                place: place.to_string(),
            }
        });
        IdentityText {
            role: identity.role.clone(),
            runs: match identity.runs {
                Runs::Brokers => "brokers".to_owned(),
                Runs::Console => "console".to_owned(),
            },
            trust: identity.trust.clone(),
            managed: identity.managed.clone(),
            statements: statements.collect(),
            basis: basis!(identity),
        }
    });
    identities.collect()
}

fn vendors(model: &Model) -> Vec<FactText> {
    let vendors = model.vendors.iter().map(|vendor| FactText {
        says: format!("account {} is {}", vendor.account, vendor.name),
        basis: basis!(vendor),
    });
    let grants = model.grants.iter().map(|grant| FactText {
        says: format!(
            "the policy of the {} bucket lets {} call {}",
            grant.on,
            grant.principal,
            grant.actions.join(", ")
        ),
        basis: basis!(grant),
    });
    vendors.chain(grants).collect()
}
