//! Kafka clusters: brokers, listeners, topics, ACLs, and what holds the log.
//!
//! Must never: hold behaviour; these are what importers write and everything else reads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::capture::Source;
use crate::names::KafkaPrincipal;
use crate::policy::AclBinding;

use super::{Link, Seen};

/// A Kafka cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Name of its folder; of an Amazon MSK cluster its own name, with account and region behind it
    /// where several have the same.
    pub name: String,
    /// Account of its brokers' hosts, or as pinned.
    pub account: Option<String>,
    /// Region of its brokers' hosts, or as pinned.
    pub region: Option<String>,
    /// Brokers and controllers, by node id.
    pub brokers: BTreeMap<i32, Broker>,
    /// Topics, by name.
    pub topics: Seen<BTreeMap<String, Topic>>,
    /// ACLs; `Absent` when the cluster answered that it has no authorizer.
    pub acls: Seen<Vec<AclBinding>>,
    /// Principals that ACLs, `super.users` or JAAS configurations name, and where first.
    pub users: BTreeMap<KafkaPrincipal, Source>,
    /// Buckets that hold the log or come with it, by what they hold (`data`, `wal`, `tiered`,
    /// `diskless`, `ops`, `router`, `tables`), from the configuration or from a model: bucket names.
    pub buckets: BTreeMap<String, Link>,
    /// File systems that hold part of the log, by what they hold (`wal`), from the configuration
    /// or from a model: ids.
    pub file_systems: BTreeMap<String, Link>,
    /// The Amazon MSK cluster that it is, by ARN.
    pub managed: Option<Link>,
    /// Whether a projection moved the log away from the brokers' volumes.
    pub moved: bool,
    /// What the model says of holders, by role.
    pub roles: BTreeMap<String, RoleFacts>,
    /// What must hold the log; set by the model. One that was not found is a gap.
    pub must_hold: BTreeSet<Holding>,
    /// For each role of a bucket, patterns of the object keys that the engine writes: `*` for any
    /// text, `{hex}` for hexadecimal digits, `{topic}` for the topic; set by the model.
    pub object_keys: BTreeMap<String, Vec<String>>,
    /// Buckets of the platform that hold no events (`ops`): bucket names.
    pub side_buckets: BTreeMap<String, Link>,
    /// Outside parties of the platform; set by the model.
    pub vendors: Vec<Vendor>,
    /// Volumes that held the log before a projection took them away, by broker: snapshots of them
    /// still hold data from before the move.
    pub retired_volumes: Vec<(i32, Link)>,
    /// The deployment model: as `catchment.toml` says, and once models have had a look, as they
    /// detect or project it. Empty before.
    pub model: String,
}

/// What a model says of what holds events in one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleFacts {
    /// What share of the events: `all`, `replicas`, `tail`, `closed-segments`, `copy`.
    pub share: &'static str,
    /// How far behind the head of the log it is.
    pub freshness: String,
    /// Where the model says so.
    pub source: Source,
}

/// What holds a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holding {
    /// The volumes of the brokers' log directories.
    LogVolumes,
    /// A raw volume of each broker.
    WalVolumes,
    /// A bucket.
    Bucket,
    /// A network file system.
    FileSystem,
}

/// An outside party of a platform: its maker or operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendor {
    /// Its account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Where the model says so.
    pub source: Source,
}

/// One node of a cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Broker {
    /// Node id.
    pub id: i32,
    /// Its properties; the values of secret ones are gone.
    pub properties: BTreeMap<String, Property>,
    /// `broker` role or not (a controller-only node holds no topic data).
    pub holds_data: bool,
    /// Its listeners.
    pub listeners: Vec<Listener>,
    /// The instance that it runs on.
    pub host: Option<Link>,
    /// The network interface that it answers at, where it runs on no instance of the account.
    pub interface: Option<Link>,
    /// Volumes that hold its log directories.
    pub volumes: Vec<Link>,
    /// Raw volumes that hold its write-ahead log.
    pub wal_volumes: Vec<Link>,
    /// The role that its process acts as, where that is not the role of its host (a pod's own).
    pub role: Option<Link>,
    /// Namespace and service account of its pod, `kafka/pier-kafka`.
    pub service_account: Option<Link>,
    /// Where it stands.
    pub source: Source,
}

/// One line of a properties file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// The value, redacted when it is or holds a secret.
    pub value: String,
    /// Where it stands.
    pub source: Source,
}

/// A listener of a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// `CLIENT`
    pub name: String,
    /// Port.
    pub port: u16,
    /// Security protocol.
    pub protocol: SecurityProtocol,
    /// SASL mechanisms, upper case; empty when the protocol has none.
    pub mechanisms: Vec<String>,
    /// `ssl.client.auth` is `required`.
    pub client_certificate: bool,
    /// `ssl.client.auth` is `requested`: whoever shows a certificate is its subject, whoever shows
    /// none is anonymous.
    pub certificate_requested: bool,
    /// Whether only controllers use it.
    pub controller: bool,
    /// Host that clients are told.
    pub advertised_host: Option<String>,
    /// What was not read, where the listener may stand in it and was not seen.
    pub unread: Option<Arc<str>>,
    /// Where `listeners` stands.
    pub source: Source,
}

impl Listener {
    /// Whether clients are admitted without a credential, as `User:ANONYMOUS`. Controllers' own
    /// listeners serve no clients.
    pub fn is_open(&self) -> bool {
        !self.controller
            && match self.protocol {
                SecurityProtocol::Plaintext => true,
                SecurityProtocol::Ssl => !self.client_certificate,
                SecurityProtocol::SaslPlaintext | SecurityProtocol::SaslSsl => false,
            }
    }
}

/// Kafka's four security protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecurityProtocol {
    /// No encryption, no authentication.
    Plaintext,
    /// TLS; authentication only with a client certificate.
    Ssl,
    /// SASL without TLS.
    SaslPlaintext,
    /// SASL over TLS.
    SaslSsl,
}

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// For each partition, the brokers that hold a replica; empty when only the name is known.
    pub replicas: Vec<Vec<i32>>,
    /// Where it stands.
    pub source: Source,
}

/// A Kafka principal of one cluster, as a credential or an ACL names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KafkaUser {
    /// The cluster.
    pub cluster: String,
    /// The principal.
    pub principal: KafkaPrincipal,
}
