//! What can be held of a thing.

use super::Kind;

/// What somebody does with an asset (law 8). Questions ask for reading so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// Reads its events.
    Read,
    /// Writes events.
    Write,
    /// Changes its settings or who may use it.
    Admin,
    /// Deletes events.
    Destroy,
}

/// The closed list of predicates. Data (rule packs) names them in kebab case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Predicate {
    /// Holds a session of this identity.
    ActsAs,
    /// Runs code of its choice on this host, or in this function, task or pod.
    CodeOn,
    /// Runs code of its choice on some new host in this subnet.
    RunsIn,
    /// Can send requests from this network position.
    SendsFrom,
    /// Can send from wherever the clients of this cluster sit; the capture does not say where.
    SitsWithClientsOf,
    /// Can open a connection to this listener.
    ConnectsTo,
    /// Holds the credential of this Kafka user.
    Holds,
    /// Speaks to the cluster as this Kafka principal.
    SpeaksAs,
    /// Reads the bytes of this holder, or the value of this secret.
    Reads,
    /// Can open an NFS connection to a mount target of this file system.
    ReachesMount,
    /// Can open a connection to the API of this EKS cluster.
    ReachesApi,
    /// Runs pods of its choice in this EKS cluster.
    RunsPodsIn,
    /// Has made a snapshot of this volume, or a copy of this snapshot.
    MadeSnapshotOf,
    /// Can change the resource policy of this thing, the tags of this volume, or the ACLs of this
    /// cluster.
    Edits,
    /// Can make a grant beside the policy of this thing: of a KMS key, in the ACL of an object.
    Opens,
    /// Can send what this consumer reads to a place of its choice.
    Redirects,
    /// Does this with the events or the settings of this topic.
    Topic(Verb),
    /// Something that one request lacks; never derived, never given.
    Lacks,
}

impl Predicate {
    /// All predicates.
    pub const ALL: [Self; 21] = [
        Self::ActsAs,
        Self::CodeOn,
        Self::RunsIn,
        Self::SendsFrom,
        Self::SitsWithClientsOf,
        Self::ConnectsTo,
        Self::Holds,
        Self::SpeaksAs,
        Self::Reads,
        Self::ReachesMount,
        Self::ReachesApi,
        Self::RunsPodsIn,
        Self::MadeSnapshotOf,
        Self::Edits,
        Self::Opens,
        Self::Redirects,
        Self::Topic(Verb::Read),
        Self::Topic(Verb::Write),
        Self::Topic(Verb::Admin),
        Self::Topic(Verb::Destroy),
        Self::Lacks,
    ];

    /// The kebab-case name used in data and JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::ActsAs => "acts-as",
            Self::CodeOn => "code-on",
            Self::RunsIn => "runs-in",
            Self::SendsFrom => "sends-from",
            Self::SitsWithClientsOf => "sits-with-clients-of",
            Self::ConnectsTo => "connects-to",
            Self::Holds => "holds",
            Self::SpeaksAs => "speaks-as",
            Self::Reads => "reads",
            Self::ReachesMount => "reaches-mount",
            Self::ReachesApi => "reaches-api",
            Self::RunsPodsIn => "runs-pods-in",
            Self::MadeSnapshotOf => "made-snapshot-of",
            Self::Edits => "edits",
            Self::Opens => "opens",
            Self::Redirects => "redirects",
            Self::Topic(Verb::Read) => "reads-topic",
            Self::Topic(Verb::Write) => "writes-topic",
            Self::Topic(Verb::Admin) => "administers-topic",
            Self::Topic(Verb::Destroy) => "destroys-topic",
            Self::Lacks => "lacks",
        }
    }

    /// The predicate of that name.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|predicate| predicate.word() == word)
    }

    /// Whether it is an effect that one principal can leave in the estate for another: a snapshot,
    /// an edited guard (law 4).
    pub const fn is_left_behind(self) -> bool {
        matches!(self, Self::MadeSnapshotOf | Self::Edits | Self::Opens)
    }

    /// The kinds of thing it can be said of.
    pub const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::ActsAs => &[
                Kind::Identity,
                Kind::ExternalAccount,
                Kind::Service,
                Kind::Federated,
                Kind::Anonymous,
                Kind::Whoever,
            ],
            Self::CodeOn => &[Kind::Host, Kind::Function, Kind::Task, Kind::Pod],
            Self::RunsIn => &[Kind::Subnet],
            Self::SendsFrom => &[Kind::Position],
            Self::SitsWithClientsOf => &[Kind::Cluster],
            Self::ConnectsTo => &[Kind::Connection],
            Self::Holds => &[Kind::KafkaUser],
            Self::SpeaksAs => &[Kind::Session],
            Self::Reads => &[
                Kind::Bucket,
                Kind::TopicObjects,
                Kind::Volume,
                Kind::Snapshot,
                Kind::Backup,
                Kind::FileSystem,
                Kind::Secret,
                Kind::Store,
            ],
            Self::ReachesMount => &[Kind::FileSystem],
            Self::ReachesApi | Self::RunsPodsIn => &[Kind::Kubernetes],
            Self::MadeSnapshotOf => &[Kind::Volume, Kind::Snapshot],
            Self::Edits => &[
                Kind::Bucket,
                Kind::AccessPoint,
                Kind::Key,
                Kind::Secret,
                Kind::Cluster,
                Kind::FileSystem,
                Kind::ManagedCluster,
                Kind::Volume,
                Kind::Backup,
            ],
            Self::Opens => &[Kind::Bucket, Kind::Key],
            Self::Redirects => &[Kind::Consumer],
            Self::Topic(_) => &[Kind::Topic],
            Self::Lacks => &[Kind::Shortfall],
        }
    }

    /// The words between a principal and the thing: `acts as`, `reads`.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::ActsAs => "acts as",
            Self::CodeOn => "runs code on",
            Self::RunsIn => "runs code on a new host in",
            Self::SendsFrom => "sends from",
            Self::SitsWithClientsOf => "sits where clients of the cluster sit:",
            Self::ConnectsTo => "connects to",
            Self::Holds => "holds the credential of",
            Self::SpeaksAs => "speaks as",
            Self::Reads => "reads",
            Self::ReachesMount => "reaches a mount target of",
            Self::ReachesApi => "reaches the API of",
            Self::RunsPodsIn => "runs pods of its choice in",
            Self::MadeSnapshotOf => "has made a snapshot of",
            Self::Edits => "can change the guard of",
            Self::Opens => "can make a grant beside the policy of",
            Self::Redirects => "can send elsewhere what is read by",
            Self::Topic(Verb::Read) => "reads events of",
            Self::Topic(Verb::Write) => "writes events to",
            Self::Topic(Verb::Admin) => "changes settings of",
            Self::Topic(Verb::Destroy) => "deletes events of",
            Self::Lacks => "would need",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_predicate_is_found_by_its_own_name_and_names_some_kind() {
        for predicate in Predicate::ALL {
            assert_eq!(Predicate::named(predicate.word()), Some(predicate));
            assert!(!predicate.kinds().is_empty());
        }
    }
}
