//! The words that rows may use: sorts, relations, parts of resources.
//!
//! `derive` gives each of them its meaning in an estate.

use crate::facts::Kind;

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word used in rule packs.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// The one of that name.
            pub fn named(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

words! {
    /// What a variable may range over. A sort names only what matters for event data: `bucket`
    /// ranges over buckets that hold a log, `secret` over those with a Kafka credential.
    Sort {
        /// Users, roles and root users.
        Identity = "identity",
        /// Whoever may send an AWS request: identities, external accounts, federated subjects,
        /// services, anonymous, and whoever an unread policy names.
        Caller = "caller",
        /// Roles.
        Role = "role",
        /// Instances that are not gone.
        Host = "host",
        /// Functions, tasks and pods.
        Workload = "workload",
        /// Functions of Lambda.
        Function = "function",
        /// Running tasks of ECS, and services whose tasks were not described.
        Task = "task",
        /// Service accounts of Kubernetes whose pods act as a role, or run a broker.
        Pod = "pod",
        /// Clusters of EKS.
        Kubernetes = "kubernetes",
        /// Subnets from which a listener or an endpoint that matters can be reached.
        Subnet = "subnet",
        /// Buckets that hold a log, or what somebody copied out of one.
        Bucket = "bucket",
        /// What of such a bucket holds the same topics: all of its objects, or those of each topic
        /// where their keys tell.
        Objects = "objects",
        /// Access points of those buckets, each in one region.
        AccessPoint = "access-point",
        /// Access points of those buckets in several regions.
        MultiRegionAccessPoint = "multi-region-access-point",
        /// Grants of S3 Access Grants, and locations that grants can be made at.
        AccessGrant = "access-grant",
        /// Volumes that hold a log.
        Volume = "volume",
        /// Network file systems that hold a log.
        FileSystem = "file-system",
        /// Amazon MSK clusters, as IAM knows them.
        ManagedCluster = "managed-cluster",
        /// Snapshots of such volumes.
        Snapshot = "snapshot",
        /// Backups of all that holds a log.
        Backup = "backup",
        /// Those of volumes.
        DiskBackup = "disk-backup",
        /// Those of buckets.
        BucketBackup = "bucket-backup",
        /// Those of network file systems.
        FileSystemBackup = "file-system-backup",
        /// Secrets that hold a Kafka credential.
        Secret = "secret",
        /// Customer keys of all those.
        Key = "key",
        /// Clusters.
        Cluster = "cluster",
        /// Listeners by address class.
        Connection = "connection",
        /// Kafka principals by address class.
        Session = "session",
        /// Network positions.
        Position = "position",
        /// Consumers that somebody configured and that read a cluster.
        Consumer = "consumer",
        /// Connectors of MSK Connect that read a cluster.
        Connector = "connector",
        /// Streams of Amazon Data Firehose that read a cluster.
        DeliveryStream = "delivery-stream",
        /// Places that consumers fill and that are not followed: streams, tables and the like.
        Store = "store",
    }
}

impl Sort {
    /// The kinds of thing the sort ranges over.
    pub const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Identity | Self::Role => &[Kind::Identity],
            Self::Caller => &[
                Kind::Identity,
                Kind::ExternalAccount,
                Kind::Service,
                Kind::Federated,
                Kind::Anonymous,
                Kind::Whoever,
            ],
            Self::Host => &[Kind::Host],
            Self::Workload => &[Kind::Function, Kind::Task, Kind::Pod],
            Self::Function => &[Kind::Function],
            Self::Task => &[Kind::Task],
            Self::Pod => &[Kind::Pod],
            Self::Kubernetes => &[Kind::Kubernetes],
            Self::Subnet => &[Kind::Subnet],
            Self::Bucket => &[Kind::Bucket],
            Self::AccessPoint | Self::MultiRegionAccessPoint => &[Kind::AccessPoint],
            Self::Objects => &[Kind::Bucket, Kind::TopicObjects],
            Self::AccessGrant => &[Kind::AccessGrant],
            Self::Volume => &[Kind::Volume],
            Self::FileSystem => &[Kind::FileSystem],
            Self::ManagedCluster => &[Kind::ManagedCluster],
            Self::Snapshot => &[Kind::Snapshot],
            Self::Backup | Self::DiskBackup | Self::BucketBackup | Self::FileSystemBackup => {
                &[Kind::Backup]
            }
            Self::Secret => &[Kind::Secret],
            Self::Key => &[Kind::Key],
            Self::Cluster => &[Kind::Cluster],
            Self::Connection => &[Kind::Connection],
            Self::Session => &[Kind::Session],
            Self::Position => &[Kind::Position],
            Self::Consumer | Self::Connector | Self::DeliveryStream => &[Kind::Consumer],
            Self::Store => &[Kind::Store],
        }
    }
}

words! {
    /// How one thing leads to others.
    Relation {
        /// The role of a host's instance profile, or that a function, task, pod or consumer acts as.
        Role = "role",
        /// Where a function, task or pod sends from.
        Place = "place",
        /// The clusters of which a function, task or pod may be a client, where its network was not
        /// read.
        PerhapsClient = "perhaps-client",
        /// A function that something runs that the capture shows, itself.
        Triggered = "triggered",
        /// The topics whose events are sent to a function.
        Received = "received",
        /// The secrets whose values a task is given.
        Secret = "secret",
        /// A task that ECS Exec is on for, itself.
        Executable = "executable",
        /// The roles and users whose access entry lets them run pods anywhere in an EKS cluster.
        Entry = "entry",
        /// The pods that the access entries of a role or user let it run commands in, where they
        /// hold for some namespaces only.
        Admitted = "admitted",
        /// An EKS cluster that access entries count in, itself.
        ByEntry = "by-entry",
        /// The pods of an EKS cluster, or that may run on a host.
        Pod = "pod",
        /// The instances that are nodes of an EKS cluster.
        Node = "node",
        /// The EKS cluster of a pod.
        Kubernetes = "kubernetes",
        /// The EKS clusters whose API a host, subnet or position can reach.
        Api = "api",
        /// The subnets of a role's account.
        Subnet = "subnet",
        /// The log volumes attached to a host, or that a broker in a task or pod has mounted.
        Volume = "volume",
        /// The customer key that encrypts a bucket, volume, snapshot or secret.
        Key = "key",
        /// The bucket that objects lie in.
        Bucket = "bucket",
        /// The file systems whose mount targets a host, subnet or position can reach.
        Mountable = "mountable",
        /// The listeners of a managed cluster that authenticate by IAM.
        IamListener = "iam-listener",
        /// The listeners of a managed cluster that connections of other VPCs lead to.
        VpcListener = "vpc-listener",
        /// The key that encrypts a volume or snapshot, whether AWS manages it or not.
        Encryption = "encryption",
        /// A bucket whose objects keep ACLs out, itself.
        AclsOff = "acls-off",
        /// A bucket that serves objects by the id of a version, itself.
        Versions = "versions",
        /// A bucket that makes a version of every object, itself.
        Versioned = "versioned",
        /// The access points of a bucket.
        AccessPoint = "access-point",
        /// The grants of S3 Access Grants to read objects.
        AccessGrant = "access-grant",
        /// The locations of S3 Access Grants that objects lie in.
        GrantsLocation = "grants-location",
        /// The role whose credentials a grant, or one made at a location, gives.
        LocationRole = "location-role",
        /// The identity that a grant names, or its account when that was not read.
        Grantee = "grantee",
        /// The directory whose user or group a grant names.
        Directory = "directory",
        /// A bucket, or objects in it, whose account has an instance of S3 Access Grants there.
        GrantsInstance = "grants-instance",
        /// The hosts that a volume, or a volume made of a snapshot, could be attached to, or that could
        /// mount a copy of a file system.
        Neighbour = "neighbour",
        /// The subnets of the account of a file system, where a copy of it could be mounted.
        OwnSubnet = "own-subnet",
        /// A backup itself, as far as it may be copied to an account of the caller's own.
        Elsewhere = "elsewhere",
        /// The Kafka users whose credential a secret holds.
        User = "user",
        /// The Kafka user that a session speaks as, when that needs a credential.
        Speaker = "speaker",
        /// The Kafka user that the broker processes of a host, task or pod authenticate as.
        InterBrokerUser = "inter-broker-user",
        /// The listeners that a host, subnet, position or client place can reach.
        Reachable = "reachable",
        /// The sessions that a connection admits against a credential.
        Session = "session",
        /// The sessions that a connection admits without one.
        OpenSession = "open-session",
        /// The positions that code on a host, in a subnet or at another position sends from.
        Position = "position",
        /// The cluster of a session, or that a managed cluster is.
        Cluster = "cluster",
        /// The topics that a holder holds, that a cluster has, or that a consumer reads.
        Topic = "topic",
        /// The topics whose events are copied into a topic.
        Source = "source",
    }
}

/// What code runs on.
const CODE: &[Kind] = &[Kind::Host, Kind::Function, Kind::Task, Kind::Pod];

/// What acts as a role of its own.
const ACTING: &[Kind] = &[
    Kind::Host,
    Kind::Function,
    Kind::Task,
    Kind::Pod,
    Kind::Consumer,
];

/// What code runs on, without hosts.
const CONTAINED: &[Kind] = &[Kind::Function, Kind::Task, Kind::Pod];

impl Relation {
    /// Kinds it may start from, and the kind it leads to.
    pub const fn signature(self) -> (&'static [Kind], Kind) {
        match self {
            Self::Role => (ACTING, Kind::Identity),
            Self::Place => (CONTAINED, Kind::Position),
            Self::PerhapsClient => (CONTAINED, Kind::Cluster),
            Self::Triggered => (&[Kind::Function], Kind::Function),
            Self::Received => (&[Kind::Function], Kind::Topic),
            Self::Secret => (&[Kind::Task], Kind::Secret),
            Self::Executable => (&[Kind::Task], Kind::Task),
            Self::Entry => (&[Kind::Kubernetes], Kind::Identity),
            Self::Admitted => (&[Kind::Identity], Kind::Pod),
            Self::ByEntry => (&[Kind::Kubernetes], Kind::Kubernetes),
            Self::Pod => (&[Kind::Kubernetes, Kind::Host], Kind::Pod),
            Self::Node => (&[Kind::Kubernetes], Kind::Host),
            Self::Kubernetes => (&[Kind::Pod], Kind::Kubernetes),
            Self::Api => (
                &[Kind::Host, Kind::Subnet, Kind::Position],
                Kind::Kubernetes,
            ),
            Self::Subnet => (&[Kind::Identity], Kind::Subnet),
            Self::Volume => (CODE, Kind::Volume),
            Self::Key => (
                &[
                    Kind::Bucket,
                    Kind::TopicObjects,
                    Kind::Volume,
                    Kind::Snapshot,
                    Kind::Backup,
                    Kind::Secret,
                ],
                Kind::Key,
            ),
            Self::Encryption => (&[Kind::Volume, Kind::Snapshot], Kind::Key),
            Self::AclsOff | Self::Versions | Self::Versioned => (&[Kind::Bucket], Kind::Bucket),
            Self::AccessPoint => (&[Kind::Bucket], Kind::AccessPoint),
            Self::AccessGrant | Self::GrantsLocation => {
                (&[Kind::Bucket, Kind::TopicObjects], Kind::AccessGrant)
            }
            // A grantee may be an account that was not read, too: `validate` knows.
            Self::LocationRole | Self::Grantee => (&[Kind::AccessGrant], Kind::Identity),
            Self::Directory => (&[Kind::AccessGrant], Kind::Federated),
            Self::Neighbour => (
                &[Kind::Volume, Kind::Snapshot, Kind::Backup, Kind::FileSystem],
                Kind::Host,
            ),
            Self::OwnSubnet => (&[Kind::FileSystem, Kind::Backup], Kind::Subnet),
            Self::Elsewhere => (&[Kind::Backup], Kind::Backup),
            Self::User => (&[Kind::Secret], Kind::KafkaUser),
            Self::Speaker => (&[Kind::Session], Kind::KafkaUser),
            Self::InterBrokerUser => (CODE, Kind::KafkaUser),
            Self::Reachable => (
                &[Kind::Host, Kind::Subnet, Kind::Position, Kind::Cluster],
                Kind::Connection,
            ),
            Self::Session | Self::OpenSession => (&[Kind::Connection], Kind::Session),
            Self::Position => (&[Kind::Host, Kind::Subnet, Kind::Position], Kind::Position),
            Self::Bucket | Self::GrantsInstance => {
                (&[Kind::Bucket, Kind::TopicObjects], Kind::Bucket)
            }
            Self::Mountable => (
                &[Kind::Host, Kind::Subnet, Kind::Position],
                Kind::FileSystem,
            ),
            Self::IamListener | Self::VpcListener => (&[Kind::ManagedCluster], Kind::Connection),
            Self::Cluster => (&[Kind::Session, Kind::ManagedCluster], Kind::Cluster),
            Self::Topic => (
                &[
                    Kind::Bucket,
                    Kind::TopicObjects,
                    Kind::Volume,
                    Kind::Snapshot,
                    Kind::Backup,
                    Kind::FileSystem,
                    Kind::ManagedCluster,
                    Kind::Session,
                    Kind::Cluster,
                    Kind::Consumer,
                    Kind::Store,
                ],
                Kind::Topic,
            ),
            Self::Source => (&[Kind::Topic], Kind::Topic),
        }
    }
}

words! {
    /// Which resource ARNs of a thing a request is about.
    Part {
        /// The thing itself.
        Itself = "itself",
        /// Any object that the engine writes into a bucket, or as an access point names it.
        Objects = "objects",
        /// A snapshot that does not exist yet.
        NewSnapshot = "new-snapshot",
        /// A volume made of a snapshot, which does not exist yet.
        NewVolume = "new-volume",
        /// An access point of a bucket that does not exist yet.
        NewAccessPoint = "new-access-point",
        /// The same in several regions.
        NewMultiRegionAccessPoint = "new-multi-region-access-point",
        /// The instance of S3 Access Grants that a grant or location lies in, or that the account of a
        /// bucket has, or would have, in its region.
        GrantsInstance = "grants-instance",
        /// A location there that does not exist yet.
        NewGrantsLocation = "new-grants-location",
        /// A copy of a file system that does not exist yet.
        NewFileSystem = "new-file-system",
        /// A file system of the caller's own, as the destination of copies.
        OwnFileSystem = "own-file-system",
        /// What a mount target of a copy of a file system touches: a network interface and a subnet.
        NewInterface = "new-interface",
        /// The vault that a backup lies in.
        Vault = "vault",
        /// A vault of the caller's own, as the destination of copies.
        OwnVault = "own-vault",
        /// Objects in a bucket that a backup is restored into.
        RestoredObjects = "restored-objects",
        /// Objects of a bucket that the caller chooses, as the destination of copies.
        OwnBucket = "own-bucket",
        /// What launching an instance touches in a subnet: the instance, an image, a network
        /// interface, a security group, a volume and the subnet.
        Launch = "launch",
        /// A function of the role's account that does not exist yet.
        NewFunction = "new-function",
        /// A layer of the function's account that does not exist yet.
        NewLayer = "new-layer",
        /// A task definition that does not exist yet, of the account of a role or subnet.
        NewTaskDefinition = "new-task-definition",
        /// Any service of ECS of the role's account.
        AnyService = "any-service",
        /// The cluster of a task.
        ClusterOfTask = "cluster-of-task",
        /// The access entry of the caller in an EKS cluster.
        AccessEntry = "access-entry",
        /// The document that runs a shell command.
        ShellDocument = "shell-document",
        /// Every resource: actions without resource types.
        Everything = "everything",
    }
}

words! {
    /// Which Kafka decision a row asks for.
    KafkaTestKind {
        /// An ACL (or the default for resources without one) allows.
        Acl = "acl",
        /// The principal is a super user, or no authorizer is configured.
        Bypass = "bypass",
    }
}

/// Who sends a request of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A variable of the row.
    Variable(String),
    /// An AWS service, by name: it acts for the estate, not for the principal in question.
    Service(String),
    /// Nobody in particular: the principal, without any credential.
    Anonymous,
}
