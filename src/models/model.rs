//! What a model file says, as types.
//!
//! Must never: look at an estate.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::capture::Source;
use crate::estate::Holding;

/// A deployment model.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its name, the name of its file.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// One sentence on where the boundary lies.
    pub summary: String,
    /// Where brokers run.
    pub compute: Compute,
    /// Tags that the platform puts on its instances.
    pub instance_tags: BTreeMap<String, String>,
    /// What it shares with other models; parameters may be set under that name for all of them.
    pub uses: Vec<String>,
    /// What gives the platform away; all must hold.
    pub detect: Vec<Detection>,
    /// Models that an estate can be projected from onto this one.
    pub from: Vec<String>,
    /// Parameters of a projection.
    pub parameters: Vec<Parameter>,
    /// What durably holds events.
    pub holders: Vec<ModelHolder>,
    /// Identities that the platform needs.
    pub identities: Vec<ModelIdentity>,
    /// Outside parties that the platform gives something to.
    pub vendors: Vec<ModelVendor>,
    /// What they are given.
    pub grants: Vec<ModelGrant>,
    /// Properties that brokers have under the model.
    pub properties: Vec<ModelProperty>,
    /// The listeners that the platform offers; those of today when there are none.
    pub listeners: Vec<ModelListener>,
    /// What moves on which event.
    pub movements: Vec<Movement>,
    /// Name of the file it was read from.
    pub file: String,
}

/// Where brokers run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compute {
    /// On instances of the account.
    Instances,
    /// In an account of the service; the customer sees network interfaces.
    Service,
}

/// Something that gives a platform away.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Detection {
    /// A broker property has this value.
    Property {
        /// The property.
        property: String,
        /// Its value.
        equals: String,
    },
    /// A holder of this kind was linked to the cluster.
    Linked {
        /// The kind.
        linked: HolderKind,
    },
    /// Whether AWS runs the cluster.
    Managed {
        /// Whether it does.
        managed: bool,
    },
}

/// A parameter of a projection, set under `[model.NAME]` in `catchment.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its key.
    pub name: String,
    /// What it means, and what happens when it is unset.
    pub meaning: String,
    /// Where it stands.
    #[serde(skip, default = "nowhere")]
    pub at: Source,
}

/// What durably holds events under a model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ModelHolder {
    /// What it is for: `log`, `data`, `wal`.
    pub role: String,
    /// What kind of thing it is.
    pub kind: HolderKind,
    /// What share of the events it holds.
    pub share: Share,
    /// Whether it is there only when a configuration or a parameter names it.
    #[serde(default)]
    pub optional: bool,
    /// The parameter that names it.
    pub parameter: Option<String>,
    /// The holder whose thing it shares when the parameter is unset.
    pub same_as: Option<String>,
    /// Patterns of the object keys that the engine writes: `*` for any text, `{hex}` for
    /// hexadecimal digits, `{topic}` for the name of the topic whose events the object holds.
    #[serde(default)]
    pub objects: Vec<String>,
    /// Tags of a new one.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// What part of the data it holds, in words.
    pub holds: String,
    /// How far behind the head of the log it is.
    pub freshness: String,
    /// How sure the facts are.
    pub confidence: String,
    /// Where the facts come from.
    pub source: String,
    /// Where it stands.
    #[serde(skip, default = "nowhere")]
    pub at: Source,
}

/// Kinds of holder that models name.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum HolderKind {
    /// The volumes of the brokers' log directories.
    LogVolume,
    /// A raw volume of each broker, for the write-ahead log.
    WalVolume,
    /// A bucket.
    Bucket,
    /// A network file system.
    FileSystem,
    /// Storage in an account of the service, which nobody else reaches.
    Service,
}

impl HolderKind {
    /// The word that data have for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::LogVolume => "log-volume",
            Self::WalVolume => "wal-volume",
            Self::Bucket => "bucket",
            Self::FileSystem => "file-system",
            Self::Service => "service",
        }
    }

    /// What an estate must have where a holder of this kind holds events.
    pub fn holding(self) -> Option<Holding> {
        match self {
            Self::LogVolume => Some(Holding::LogVolumes),
            Self::WalVolume => Some(Holding::WalVolumes),
            Self::Bucket => Some(Holding::Bucket),
            Self::FileSystem => Some(Holding::FileSystem),
            Self::Service => None,
        }
    }
}

/// What share of the events a holder holds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Share {
    /// All events of all topics.
    All,
    /// The replicas of one broker.
    Replicas,
    /// The latest events, until they are in another holder too.
    Tail,
    /// Everything but the latest segment of each partition.
    ClosedSegments,
    /// A second copy of some topics.
    Copy,
    /// No events.
    None,
}

impl Share {
    /// The word that data have for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Replicas => "replicas",
            Self::Tail => "tail",
            Self::ClosedSegments => "closed-segments",
            Self::Copy => "copy",
            Self::None => "none",
        }
    }
}

/// An identity that the platform needs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelIdentity {
    /// What it is for: `broker`.
    pub role: String,
    /// What runs as it.
    pub runs: Runs,
    /// The parameter that names an existing one; `none` leaves it out.
    pub parameter: String,
    /// Name of a new one; the cluster's name is appended.
    pub name: String,
    /// The service that may assume it.
    pub trust: String,
    /// AWS-managed policies that are attached to it.
    #[serde(default)]
    pub managed: Vec<String>,
    /// How sure the facts are.
    pub confidence: String,
    /// Where the facts come from.
    pub source: String,
    /// Its published permissions.
    pub statement: Vec<Spanned<ModelStatement>>,
    /// Where it stands.
    #[serde(skip, default = "nowhere")]
    pub at: Source,
    /// Where each statement stands.
    #[serde(skip)]
    pub statements_at: Vec<Source>,
}

/// What runs as an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runs {
    /// Every broker.
    Brokers,
    /// The platform's control plane, on an instance of its own in the brokers' network.
    Console,
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
    /// Where it stands.
    #[serde(skip, default = "nowhere")]
    pub at: Source,
}

/// A statement that the platform's setup puts into the policy of a new bucket.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelGrant {
    /// Role of the holder whose policy it is in.
    pub on: String,
    /// Its id.
    pub sid: String,
    /// ARN of whom it names.
    pub principal: String,
    /// Actions.
    pub actions: Vec<String>,
    /// Resources, with the placeholders of [`ModelStatement`].
    pub resources: Vec<String>,
    /// How sure the facts are.
    pub confidence: String,
    /// Where the facts come from.
    pub source: String,
    /// Where it stands.
    #[serde(skip, default = "nowhere")]
    pub at: Source,
}

/// A property that brokers have under a model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelProperty {
    /// Its key.
    pub key: String,
    /// Its value, unless the parameter says another one.
    pub value: String,
    /// The parameter that sets it.
    pub parameter: Option<String>,
    /// How sure the facts are.
    pub confidence: String,
    /// Where the facts come from.
    pub source: String,
    /// Where it stands.
    #[serde(skip, default = "nowhere")]
    pub at: Source,
}

/// A listener that the platform offers for one way to authenticate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelListener {
    /// Its name.
    pub name: String,
    /// Its port.
    pub port: u16,
    /// The way to authenticate, as the parameter `authentication` names it.
    pub authentication: String,
    /// Kafka's name of the security protocol.
    pub protocol: String,
    /// SASL mechanism.
    pub mechanism: Option<String>,
    /// How sure the facts are.
    pub confidence: String,
    /// Where the facts come from.
    pub source: String,
    /// Where it stands.
    #[serde(skip, default = "nowhere")]
    pub at: Source,
}

/// Data that moves because of an event.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Movement {
    /// The event: `broker-failure`.
    pub event: String,
    /// What moves.
    pub moves: String,
    /// From where.
    pub from: String,
    /// To where.
    pub to: String,
    /// Over which network path.
    pub path: String,
    /// By which identity.
    pub identity: String,
    /// How much, or how long.
    pub size: String,
    /// What records it.
    pub trace: String,
    /// How sure the facts are.
    pub confidence: String,
    /// Where the facts come from.
    pub source: String,
    /// Where it stands.
    #[serde(skip, default = "nowhere")]
    pub at: Source,
}

fn nowhere() -> Source {
    Source::new("", 1, "")
}

impl Model {
    /// The holder that plays a role.
    pub fn holder(&self, role: &str) -> Option<&ModelHolder> {
        self.holders.iter().find(|holder| holder.role == role)
    }

    /// Holders of one kind.
    pub fn holders_of(&self, kind: HolderKind) -> impl Iterator<Item = &ModelHolder> {
        self.holders
            .iter()
            .filter(move |holder| holder.kind == kind)
    }

    /// The parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters
            .iter()
            .find(|parameter| parameter.name == name)
    }
}
