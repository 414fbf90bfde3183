//! Things that facts are about.

use indexmap::IndexSet;

/// Kinds of thing. Data (rule packs) names them in kebab case.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A user, role or root user that the capture knows; id: ARN.
    Identity,
    /// An account whose identities were not read; id: account id.
    ExternalAccount,
    /// An AWS service; id: `logging.s3.amazonaws.com`.
    Service,
    /// A federated identity provider; id: ARN.
    Federated,
    /// Whoever needs no identity at all; id: `anonymous`.
    Anonymous,
    /// Whoever an unread policy names, or reads what was not found; id: the rest of the sentence.
    Whoever,
    /// An EC2 instance; id: instance id.
    Host,
    /// A Lambda function; id: ARN without version.
    Function,
    /// A task of ECS, or the tasks of a service; id: ARN.
    Task,
    /// The pods of a Kubernetes service account; id: `cluster/namespace/account`.
    Pod,
    /// An EKS cluster; id: ARN.
    Kubernetes,
    /// A network position that AWS can tell apart, or the interfaces of a function, task or pod; id:
    /// `internet`, `vpce-1`, `203.0.113.0/24`.
    Position,
    /// A subnet; id: subnet id.
    Subnet,
    /// A bucket; id: its name.
    Bucket,
    /// An S3 access point; id: ARN.
    AccessPoint,
    /// A grant of S3 Access Grants, or a location that grants can be made at; id: ARN.
    AccessGrant,
    /// A KMS key; id: ARN.
    Key,
    /// An EBS volume; id: volume id.
    Volume,
    /// An EBS snapshot; id: snapshot id.
    Snapshot,
    /// Recovery points of AWS Backup, of one thing in one vault; id: what they are, in words.
    Backup,
    /// The objects of one topic in a bucket whose keys carry topics; id: `bucket: cluster/topic`.
    TopicObjects,
    /// A network file system; id: its id.
    FileSystem,
    /// An Amazon MSK cluster as IAM knows it; id: ARN.
    ManagedCluster,
    /// A secret; id: ARN.
    Secret,
    /// A Kafka cluster; id: its name.
    Cluster,
    /// A Kafka listener as some address class reaches it; id: `pier/CLIENT` or `pier/CLIENT@10.0.0.5`.
    Connection,
    /// A Kafka principal of a cluster; id: `pier/User:alice`.
    KafkaUser,
    /// A Kafka principal speaking from an address class; id: `pier/User:alice` or with `@10.0.0.5`.
    Session,
    /// A topic; id: `pier/payments`.
    Topic,
    /// A configured reader of topics; id: ARN, id of an event source mapping, `pier/lake-sink`.
    Consumer,
    /// A place that a consumer fills and that is not followed; id: a phrase.
    Store,
    /// What one request lacks; id: a sentence. Nobody ever holds a fact about it.
    Shortfall,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 32] = [
        Self::Identity,
        Self::ExternalAccount,
        Self::Service,
        Self::Federated,
        Self::Anonymous,
        Self::Whoever,
        Self::Host,
        Self::Function,
        Self::Task,
        Self::Pod,
        Self::Kubernetes,
        Self::Position,
        Self::Subnet,
        Self::Bucket,
        Self::AccessPoint,
        Self::AccessGrant,
        Self::Key,
        Self::Volume,
        Self::Snapshot,
        Self::Backup,
        Self::TopicObjects,
        Self::FileSystem,
        Self::ManagedCluster,
        Self::Secret,
        Self::Cluster,
        Self::Connection,
        Self::KafkaUser,
        Self::Session,
        Self::Topic,
        Self::Consumer,
        Self::Store,
        Self::Shortfall,
    ];

    /// The kebab-case name used in data and JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::ExternalAccount => "external-account",
            Self::Service => "service",
            Self::Federated => "federated",
            Self::Anonymous => "anonymous",
            Self::Whoever => "whoever",
            Self::Host => "host",
            Self::Function => "function",
            Self::Task => "task",
            Self::Pod => "pod",
            Self::Kubernetes => "kubernetes",
            Self::Position => "position",
            Self::Subnet => "subnet",
            Self::Bucket => "bucket",
            Self::AccessPoint => "access-point",
            Self::AccessGrant => "access-grant",
            Self::Key => "key",
            Self::Volume => "volume",
            Self::Snapshot => "snapshot",
            Self::Backup => "backup",
            Self::TopicObjects => "topic-objects",
            Self::FileSystem => "file-system",
            Self::ManagedCluster => "managed-cluster",
            Self::Secret => "secret",
            Self::Cluster => "cluster",
            Self::Connection => "connection",
            Self::KafkaUser => "kafka-user",
            Self::Session => "session",
            Self::Topic => "topic",
            Self::Consumer => "consumer",
            Self::Store => "store",
            Self::Shortfall => "shortfall",
        }
    }
}

/// A thing: its kind and the id that the outside world gives it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thing {
    /// What it is.
    pub kind: Kind,
    /// Its own id; hostile text, to be encoded by whoever writes it.
    pub id: String,
}

/// The number of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThingIx(u32);

/// All things of one analysis.
#[derive(Clone, Debug, Default)]
pub struct Things(IndexSet<Thing>);

impl Things {
    /// The number of a thing, given to it now if it is new.
    pub fn intern(&mut self, kind: Kind, id: &str) -> ThingIx {
        let thing = Thing {
            kind,
            id: id.to_owned(),
        };
        let (index, _) = self.0.insert_full(thing);
        ThingIx(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// The number of a thing, if anything ever named it.
    pub fn find(&self, kind: Kind, id: &str) -> Option<ThingIx> {
        let thing = Thing {
            kind,
            id: id.to_owned(),
        };
        let index = self.0.get_index_of(&thing)?;
        u32::try_from(index).ok().map(ThingIx)
    }

    /// The thing behind a number.
    ///
    /// # Panics
    /// When the number was not given out by this set.
    pub fn get(&self, index: ThingIx) -> &Thing {
        &self.0[index.0 as usize]
    }

    /// The number that the `more`-th thing after the present ones will get.
    pub fn after(&self, more: usize) -> Option<ThingIx> {
        u32::try_from(self.0.len() + more).ok().map(ThingIx)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Thing> {
        self.0.iter()
    }
}

impl std::fmt::Display for Thing {
    /// How the thing is called in tables: its id, with a word before it where the id alone would
    /// not say what it is.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A name that is a parameter nobody set.
        if self.id.starts_with('\u{1}') {
            return f.write_str("the bucket without a name");
        }
        let id = self.id.as_str();
        match self.kind {
            Kind::ExternalAccount => write!(f, "account {id}"),
            Kind::Service => write!(f, "service {id}"),
            Kind::Federated => write!(f, "federated {id}"),
            Kind::Whoever => write!(f, "whoever {id}"),
            Kind::Host => write!(f, "host {id}"),
            Kind::Function => write!(f, "function {id}"),
            Kind::Task if id.contains(":service/") => write!(f, "tasks of {id}"),
            Kind::Task => write!(f, "task {id}"),
            Kind::Pod => write!(f, "pods of {id}"),
            Kind::Kubernetes => write!(f, "EKS cluster {id}"),
            Kind::Position if id == "internet" => f.write_str("the internet"),
            Kind::Position => write!(f, "network {id}"),
            Kind::KafkaUser => {
                let principal = id.split_once('/').map_or(id, |(_, principal)| principal);
                write!(f, "kafka {principal}")
            }
            Kind::TopicObjects => write!(f, "the objects of {id}"),
            Kind::ManagedCluster => {
                // The last segment is an id of the service's, or one that nobody knows yet.
                f.write_str(id.rsplit_once('/').map_or(id, |(before, _)| before))
            }
            Kind::Identity
            | Kind::Anonymous
            | Kind::Subnet
            | Kind::Bucket
            | Kind::AccessPoint
            | Kind::AccessGrant
            | Kind::Key
            | Kind::Volume
            | Kind::Snapshot
            | Kind::Backup
            | Kind::FileSystem
            | Kind::Secret
            | Kind::Cluster
            | Kind::Connection
            | Kind::Session
            | Kind::Topic
            | Kind::Consumer
            | Kind::Store
            | Kind::Shortfall => f.write_str(id),
        }
    }
}
