//! Managed services that read a Kafka cluster for somebody, and the functions that they call.
//!
//! Must never: hold behaviour; these are what importers write and everything else reads.

use super::{Link, Origin, Seen};

/// A configured reader (or mirror) of topics: it runs without anybody asking.
#[derive(Clone, Debug, PartialEq)]
pub struct Consumer {
    /// Its ARN; for an event source mapping its id; for a connector that somebody runs themselves
    /// its name after that of the cluster.
    pub id: String,
    /// Which service runs it.
    pub kind: ConsumerKind,
    /// Its account; empty where nothing tells.
    pub account: String,
    /// Its region; empty where nothing tells.
    pub region: String,
    /// Why it may read nothing now, in words: it is paused, disabled or has failed.
    pub idle: Option<String>,
    /// The cluster that it reads, by name; `None` when the capture does not hold that cluster.
    pub cluster: Option<Link>,
    /// The cluster as the service names it: an ARN, or bootstrap servers.
    pub written_cluster: Vec<String>,
    /// The topics that it reads.
    pub topics: Seen<Vec<TopicName>>,
    /// The role that it acts as.
    pub role: Seen<Link>,
    /// Secrets that hold its credential: ARNs.
    pub secrets: Vec<String>,
    /// Subnets that it connects from.
    pub subnets: Vec<String>,
    /// Security groups that it connects with.
    pub groups: Vec<String>,
    /// Where it puts what it reads.
    pub sinks: Vec<Sink>,
    /// Where it stands.
    pub origin: Origin,
}

impl Consumer {
    /// Its id without account and region, where that is an ARN: `connector/telemetry-to-lake`.
    pub fn short_name(&self) -> &str {
        let Some(resource) = self.id.splitn(6, ':').nth(5) else {
            return &self.id;
        };
        // The third part of a connector's name is a number that the service gives.
        match resource.match_indices('/').nth(1) {
            Some((end, _)) => &resource[..end],
            None => resource,
        }
    }
}

/// Services that read Kafka.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConsumerKind {
    /// A connector of MSK Connect.
    Connector,
    /// A connector of Kafka Connect that somebody runs themselves.
    OwnConnector,
    /// MSK Replicator.
    Replicator,
    /// An event source mapping of Lambda.
    FunctionMapping,
    /// An EventBridge pipe.
    Pipe,
    /// An Amazon Data Firehose stream.
    DeliveryStream,
}

/// A topic as a consumer names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TopicName {
    /// Its name.
    Literal(String),
    /// A regular expression over names.
    Regex(String),
}

/// Where a consumer puts what it reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sink {
    /// What kind of thing.
    pub kind: SinkKind,
    /// Its name or ARN; for a bucket the bare name.
    pub name: String,
    /// How the copies are called there, `{topic}` standing for the topic and `*` for anything: keys
    /// of objects in a bucket, names of topics in another cluster. Anything at all when empty.
    pub keys: Vec<String>,
}

impl Sink {
    /// A sink whose copies may be called anything.
    pub fn new(kind: SinkKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            keys: Vec::new(),
        }
    }
}

/// Kinds of place where events end up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SinkKind {
    /// An S3 bucket.
    Bucket,
    /// One topic of the same cluster.
    Topic,
    /// Topics of another cluster, by its ARN.
    Cluster,
    /// A function that gets the events.
    Function,
    /// A stream or queue.
    Stream,
    /// A table or warehouse.
    Table,
    /// Anything else that the configuration names.
    Other,
}

/// A Lambda function: what it acts as, and where it sends from.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its ARN, without version.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// The role that it runs as.
    pub role: Seen<Link>,
    /// Subnets of its interfaces; empty when it runs outside of any VPC.
    pub subnets: Vec<String>,
    /// Security groups of its interfaces.
    pub groups: Vec<String>,
    /// Where it stands.
    pub origin: Origin,
}
