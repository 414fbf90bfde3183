//! The typed picture: what the capture says exists, and where it says so.
//!
//! Every map is keyed by the thing's own id (ARN, instance id, bucket name), so that order is the
//! order of names and never that of hashing.

use std::collections::BTreeMap;
use std::sync::Arc;

use ipnet::IpNet;

use crate::capture::Source;
use crate::names::KafkaPrincipal;
use crate::policy::{AclBinding, Document};

/// Something that was asked for: there, known to be absent, or not read.
///
/// *Not read* is never *absent*: what could stand there may grant or deny.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen<T> {
    /// It was read.
    Is(T),
    /// The answer says that there is none.
    Absent,
    /// It was not collected, denied or unreadable; the text names the missing input.
    Unread(Arc<str>),
}

impl<T> Seen<T> {
    /// The value, when it was read.
    pub fn as_ref(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Unread(_) => None,
        }
    }
}

/// Where a thing or a link comes from; shown in every proof, never lowering strength.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// The capture says so.
    Captured(Source),
    /// We concluded it; the text says from what.
    Inferred {
        /// One sentence: `private address 10.0.1.11 of i-0b1 is the advertised host of broker 1`.
        why: String,
        /// The places that it was concluded from.
        from: Vec<Source>,
    },
    /// `catchment.toml` says so.
    Pinned(Source),
    /// A deployment model or an assumption in `catchment.toml` adds it.
    Assumed {
        /// What is assumed.
        why: String,
        /// The line of the model or of `catchment.toml`.
        at: Source,
    },
}

/// A connection from one thing to another, with its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Id of the thing that is pointed at.
    pub to: String,
    /// Why we think so.
    pub origin: Origin,
}

/// What was read of one estate.
#[derive(Clone, Debug, Default)]
pub struct Estate {
    /// By account id.
    pub accounts: BTreeMap<String, Account>,
    /// The organization, as far as it was read.
    pub organization: Organization,
    /// Users, roles and account roots, by ARN.
    pub identities: BTreeMap<String, Identity>,
    /// By name.
    pub buckets: BTreeMap<String, Bucket>,
    /// By key ARN.
    pub keys: BTreeMap<String, Key>,
    /// Key ARN by alias ARN, as far as aliases were listed.
    pub aliases: BTreeMap<String, String>,
    /// By secret ARN.
    pub secrets: BTreeMap<String, Secret>,
    /// EC2 instances, by instance id.
    pub hosts: BTreeMap<String, Host>,
    /// EBS volumes, by id.
    pub volumes: BTreeMap<String, Volume>,
    /// EBS snapshots, by id.
    pub snapshots: BTreeMap<String, Snapshot>,
    /// By id.
    pub subnets: BTreeMap<String, Subnet>,
    /// By id.
    pub security_groups: BTreeMap<String, SecurityGroup>,
    /// By id.
    pub interfaces: BTreeMap<String, Interface>,
    /// VPC endpoints, by id.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// By id.
    pub route_tables: BTreeMap<String, RouteTable>,
    /// Kafka clusters, by the name of their folder in the capture.
    pub clusters: BTreeMap<String, Cluster>,
    /// What `catchment.toml` says.
    pub config: super::Config,
    /// Answers that were recognised and that this version does not use yet, counted by call.
    pub unused: BTreeMap<String, usize>,
    /// For each expected call, what became of it.
    pub coverage: super::Coverage,
    /// Broken input, doubtful links, secrets found in configurations.
    pub diagnostics: Vec<super::Diagnostic>,
}

/// An AWS account that the capture knows something of.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Its name, when an organization or a folder names it.
    pub name: Option<String>,
    /// Whether its identities were read (account authorization details).
    pub identities_read: bool,
    /// Regions that some answer came from.
    pub regions: Vec<String>,
    /// Block public access of the whole account; adds to each bucket's own.
    pub public_access_block: Seen<PublicAccessBlock>,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            id: String::new(),
            name: None,
            identities_read: false,
            regions: Vec::new(),
            public_access_block: Seen::Unread(Arc::from("s3control:GetPublicAccessBlock")),
        }
    }
}

/// The organization: enough to know which SCPs and RCPs bind whom.
#[derive(Clone, Debug)]
pub struct Organization {
    /// `o-...`; `Absent` when the accounts are in none.
    pub id: Seen<String>,
    /// The management account, which SCPs and RCPs do not bind.
    pub management_account: Option<String>,
    /// For each account, its levels from the root of the organization down to the account. An
    /// account in no organization has none. Where the way up was not read, the first level is
    /// called `above ID` and is unread.
    pub levels: BTreeMap<String, Vec<OrgLevel>>,
    /// Assumptions of `catchment.toml` that took unread policies away.
    pub assumed: Vec<Origin>,
}

impl Default for Organization {
    fn default() -> Self {
        Self {
            id: Seen::Unread(Arc::from("organizations:DescribeOrganization")),
            management_account: None,
            levels: BTreeMap::new(),
            assumed: Vec::new(),
        }
    }
}

/// One level above or at an account.
#[derive(Clone, Debug)]
pub struct OrgLevel {
    /// `r-...`, `ou-...` or the account id.
    pub id: String,
    /// SCPs attached here. `Absent` when SCPs are not in force at all (not enabled, or assumed
    /// away): they bind nobody. An empty list would allow nothing.
    pub scps: Seen<Vec<PolicyHold>>,
    /// RCPs attached here, `RCPFullAWSAccess` left out; `Absent` as for SCPs.
    pub rcps: Seen<Vec<PolicyHold>>,
}

/// A policy as somebody holds it.
#[derive(Clone, Debug)]
pub struct PolicyHold {
    /// Its name, or ARN.
    pub name: String,
    /// How it is held: `inline`, `managed`, `group analysts`, `group analysts, managed`.
    pub how: String,
    /// The document; `Unread` when it is attached but was not collected.
    pub document: Seen<Arc<Document>>,
}

/// What one can act as.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The ARN; `arn:aws:iam::ACCOUNT:root` for the root user.
    pub arn: String,
    /// The account it belongs to.
    pub account: String,
    /// User, role or root user.
    pub kind: IdentityKind,
    /// Identity policies of its own and of its groups.
    pub policies: Vec<PolicyHold>,
    /// The permissions boundary.
    pub boundary: Seen<PolicyHold>,
    /// The trust policy of a role.
    pub trust: Seen<Arc<Document>>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Where the identity stands.
    pub origin: Origin,
}

/// Kinds of identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdentityKind {
    /// An IAM user.
    User,
    /// An IAM role.
    Role,
    /// The account's root user.
    Root,
}

/// An S3 bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its name. Holds `\u{1}` where the name is a parameter that nobody set.
    pub name: String,
    /// Owner account; `None` when the capture does not tell.
    pub account: Option<String>,
    /// Region, when known.
    pub region: Option<String>,
    /// The bucket policy.
    pub policy: Seen<Arc<Document>>,
    /// Default encryption.
    pub encryption: Seen<Encryption>,
    /// Where the answer about encryption stands.
    pub encryption_source: Option<Source>,
    /// Block public access of the bucket.
    pub public_access_block: Seen<PublicAccessBlock>,
    /// Where it stands.
    pub origin: Origin,
}

/// Default encryption of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// SSE-S3.
    SseS3,
    /// SSE-KMS or DSSE-KMS.
    Kms {
        /// Key as written: ARN, id or alias; `None` is the AWS managed key `aws/s3`.
        key: Option<String>,
        /// Whether S3 Bucket Keys are on.
        bucket_key: bool,
    },
}

/// The four switches of block public access.
#[allow(clippy::struct_excessive_bools, reason = "AWS has these four switches")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PublicAccessBlock {
    /// `BlockPublicAcls`
    pub block_public_acls: bool,
    /// `IgnorePublicAcls`
    pub ignore_public_acls: bool,
    /// `BlockPublicPolicy`
    pub block_public_policy: bool,
    /// `RestrictPublicBuckets`
    pub restrict_public_buckets: bool,
}

/// A KMS key.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its ARN.
    pub arn: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Whether AWS manages it (`aws/s3`, `aws/ebs`): it admits all callers the service admits.
    pub aws_managed: bool,
    /// The key policy.
    pub policy: Seen<Arc<Document>>,
    /// Where it stands.
    pub origin: Origin,
}

/// A secret of Secrets Manager. Its value is never read.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Key as written; `None` is `aws/secretsmanager`.
    pub key: Option<String>,
    /// The resource policy.
    pub policy: Seen<Arc<Document>>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// The Kafka users whose password it holds: ids `CLUSTER/User:name`.
    pub users: Vec<Link>,
    /// Where it stands.
    pub origin: Origin,
}

/// An EC2 instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    /// Instance id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its VPC.
    pub vpc: Option<String>,
    /// Its subnet.
    pub subnet: Option<String>,
    /// Private addresses of all its interfaces.
    pub private_addresses: Vec<String>,
    /// Public addresses.
    pub public_addresses: Vec<String>,
    /// Security groups of all its interfaces.
    pub groups: Vec<String>,
    /// The role of its instance profile.
    pub role: Seen<Link>,
    /// Attached volumes: device name and volume id, the root device first.
    pub volumes: Vec<AttachedVolume>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Whether it is terminated or shutting down.
    pub gone: bool,
    /// Where it stands.
    pub origin: Origin,
}

/// A volume as an instance has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedVolume {
    /// `/dev/sdf`
    pub device: String,
    /// The volume, and where the attachment stands.
    pub volume: Link,
    /// Whether it is the root device.
    pub root: bool,
}

/// An EBS volume.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Whether it is encrypted, when the capture tells.
    pub encrypted: Seen<bool>,
    /// Key as written.
    pub key: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Where it stands.
    pub origin: Origin,
}

/// An EBS snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Its id.
    pub id: String,
    /// The volume it was made of.
    pub volume: String,
    /// Owner account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Key as written.
    pub key: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// When it was started, as written.
    pub started: Option<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq)]
pub struct Subnet {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its VPC.
    pub vpc: String,
    /// Its IPv4 block, when it has one.
    pub cidr: Option<IpNet>,
    /// Its zone.
    pub zone: Option<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// A security group.
#[derive(Clone, Debug, PartialEq)]
pub struct SecurityGroup {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Its VPC.
    pub vpc: Option<String>,
    /// Ingress rules, one for each source of each permission.
    pub ingress: Vec<GroupRule>,
    /// Egress rules.
    pub egress: Vec<GroupRule>,
    /// Where it stands.
    pub origin: Origin,
}

/// One admission of a security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRule {
    /// `tcp`, `-1`, `6`.
    pub protocol: String,
    /// Ports; `None` is all of them.
    pub ports: Option<(u16, u16)>,
    /// The other side.
    pub peer: Peer,
    /// Where it stands.
    pub source: Source,
}

/// The other side of a security group rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address block.
    Net(IpNet),
    /// Members of a security group.
    Group(String),
    /// A prefix list, whose entries were not read.
    PrefixList(String),
}

/// An elastic network interface.
#[derive(Clone, Debug, PartialEq)]
pub struct Interface {
    /// Its id.
    pub id: String,
    /// The instance it is attached to.
    pub instance: Option<String>,
    /// Its subnet.
    pub subnet: Option<String>,
    /// Private addresses.
    pub private_addresses: Vec<String>,
    /// Private DNS name.
    pub private_dns: Option<String>,
    /// Public address.
    pub public_address: Option<String>,
    /// Security groups.
    pub groups: Vec<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// A VPC endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Its id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its VPC.
    pub vpc: String,
    /// `s3` of `com.amazonaws.eu-west-1.s3`.
    pub service: String,
    /// Whether it is a gateway endpoint (by route table) or an interface endpoint.
    pub gateway: bool,
    /// Route tables of a gateway endpoint.
    pub route_tables: Vec<String>,
    /// The endpoint policy.
    pub policy: Seen<Arc<Document>>,
    /// Where it stands.
    pub origin: Origin,
}

/// A route table: which subnets use it.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteTable {
    /// Its id.
    pub id: String,
    /// Its VPC.
    pub vpc: String,
    /// Whether it is the VPC's main table.
    pub main: bool,
    /// Subnets associated with it.
    pub subnets: Vec<String>,
    /// Whether a route leads to an internet gateway.
    pub internet: bool,
}

/// A Kafka cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// Name of its folder.
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
    /// Buckets that hold the log, by what they hold (`data`, `wal`), from the configuration or
    /// from a model: bucket names.
    pub buckets: BTreeMap<String, Link>,
    /// Whether a projection moved the log away from the brokers' volumes.
    pub moved: bool,
    /// Whether the log lies on the brokers' volumes; set by the model.
    pub log_on_volumes: bool,
    /// Patterns of the object keys that the engine writes into those buckets, `*` for any text and
    /// `{hex}` for hexadecimal digits; set by the model.
    pub object_keys: Vec<String>,
    /// Outside parties of the platform; set by the model.
    pub vendors: Vec<Vendor>,
    /// Volumes that held the log before a projection took them away, by broker: snapshots of them
    /// still hold data from before the move.
    pub retired_volumes: Vec<(i32, Link)>,
    /// The deployment model: as `catchment.toml` says, and once models have had a look, as they
    /// detect or project it. Empty before.
    pub model: String,
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
    /// Volumes that hold its log directories.
    pub volumes: Vec<Link>,
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
    /// Whether only controllers use it.
    pub controller: bool,
    /// Host that clients are told.
    pub advertised_host: Option<String>,
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
