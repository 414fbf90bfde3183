//! Who may send an AWS request or speak to a cluster, beyond the identities that were read.
//!
//! Outsiders are those whom the policies of log holders, their keys, secrets and roles name:
//! accounts that were not read, services, identity providers, anybody at all; and, for each policy
//! that was not read, whoever it names.
//!
//! Must never: judge what they may do.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::world::{ANY_OTHER_USER, World};
use crate::capture::Source;
use crate::estate::{Broker, Call, Cluster, Estate, Identity, KeyGrants, Listener, Seen, Sharing};
use crate::facts::Kind;
use crate::names::{Arn, KafkaPrincipal};
use crate::policy::{Document, Effect, PrincipalName, Truth};
use crate::rules::Sort;

/// Stands for an account of which nothing is known but that it exists.
pub(super) const ANY_OTHER_ACCOUNT: &str = "any other";

/// Outsiders by kind and id, in the order of both.
pub(super) fn outsiders(world: &World<'_>) -> BTreeSet<(Kind, String)> {
    let estate = world.estate;
    let mut found = Outsiders {
        estate,
        found: BTreeSet::new(),
    };
    for bucket in members(world, Sort::Bucket) {
        if let Some(bucket) = estate.buckets.get(bucket) {
            found.policy(&bucket.policy);
            found.owner(bucket.account.as_deref());
        }
    }
    let points = members(world, Sort::AccessPoint);
    for point in points.chain(members(world, Sort::MultiRegionAccessPoint)) {
        if let Some(point) = estate.access_points.get(point) {
            found.policy(&point.policy);
        }
    }
    super::access_grants::outsiders(world, &mut found);
    for backup in members(world, Sort::Backup) {
        if let Some(backup) = estate.backups.get(backup) {
            found.policy(&backup.policy);
            found.owner(Some(&backup.account));
        }
    }
    for key in members(world, Sort::Key) {
        if let Some(key) = estate.keys.get(key) {
            found.policy(&key.policy);
            found.grants(&key.grants);
        }
    }
    for secret in members(world, Sort::Secret) {
        if let Some(secret) = estate.secrets.get(secret) {
            found.policy(&secret.policy);
            found.owner(Some(&secret.account));
        }
    }
    // Hosts are where clients sit, and whoever rules their account rules them.
    for host in estate.hosts.values().filter(|host| !host.gone) {
        found.owner(Some(&host.account));
    }
    for workload in [Sort::Workload, Sort::Kubernetes] {
        for thing in world.all(workload) {
            found.owner(world.account(*thing).filter(|account| !account.is_empty()));
        }
    }
    for store in members(world, Sort::FileSystem) {
        if let Some(store) = estate.file_systems.get(store) {
            found.file_system(&store.policy);
            found.owner(Some(&store.account));
        }
    }
    for cluster in members(world, Sort::ManagedCluster) {
        if let Some(cluster) = estate.managed.get(cluster) {
            found.policy(&cluster.policy);
            found.owner(Some(&cluster.account));
        }
    }
    for volume in members(world, Sort::Volume) {
        found.owner(
            estate
                .volumes
                .get(volume)
                .map(|volume| volume.account.as_str()),
        );
    }
    for snapshot in members(world, Sort::Snapshot) {
        if let Some(snapshot) = estate.snapshots.get(snapshot) {
            found.owner(Some(&snapshot.account));
            if let Seen::Is(sharing) = &snapshot.sharing {
                found.sharing(sharing);
            }
        }
    }
    let guarded = [Sort::Bucket, Sort::Key, Sort::Snapshot];
    for thing in guarded.iter().flat_map(|sort| world.all(*sort)) {
        for action in ["s3:GetObject", "kms:Decrypt"] {
            let unread = super::beside::unread(world, *thing, action);
            let unread = unread.iter().map(|what| (Kind::Whoever, named_by(what)));
            found.found.extend(unread);
        }
    }
    for identity in estate.identities.values() {
        if let Some(trust) = identity.trust.as_ref() {
            found.trust(trust);
        }
    }
    // Whoever runs hosts in a shared subnet sits beside its listeners.
    for account in estate.subnet_guests.values().flat_map(|g| g.keys()) {
        found.account(account);
    }
    for vendor in estate
        .clusters
        .values()
        .flat_map(|cluster| &cluster.vendors)
    {
        found.account(&vendor.account);
    }
    if estate.clusters.values().any(may_admit_anonymous) {
        found
            .found
            .insert((Kind::Anonymous, "anonymous".to_owned()));
    }
    found.found
}

/// Whether some listener of a cluster asks for no credential, or may: none was read.
fn may_admit_anonymous(cluster: &Cluster) -> bool {
    let brokers = || cluster.data_brokers();
    brokers().next().is_none()
        || brokers()
            .flat_map(|broker| &broker.listeners)
            .any(Listener::is_open)
}

fn members<'w>(world: &'w World<'_>, sort: Sort) -> impl Iterator<Item = &'w str> {
    world.all(sort).iter().map(|thing| world.id(*thing))
}

/// The id of whoever runs on instances that were not listed, and the call that lists them.
pub(super) fn unlisted_instances(call: &Call) -> (String, String) {
    let missing = format!("{} (account {}, {})", call.call, call.account, call.region);
    (format!("runs on instances that {missing} lists"), missing)
}

/// Whether a trust policy lets a service hand the role to the code that it runs.
pub(super) fn may_be_taken(role: &Identity, by: &str) -> bool {
    let by_service = |name: &PrincipalName| match name {
        PrincipalName::Service(service) => service.starts_with(by),
        PrincipalName::Everyone
        | PrincipalName::Account(_)
        | PrincipalName::Arn(_)
        | PrincipalName::Federated(_)
        | PrincipalName::CanonicalUser(_)
        | PrincipalName::UniqueId(_)
        | PrincipalName::Unreadable(_) => false,
    };
    let statements = role.trust.as_ref().into_iter().flat_map(|t| &t.statements);
    let mut statements = statements.filter(|statement| statement.may(Effect::Allow));
    statements.any(|statement| statement.principal.items().iter().any(by_service))
}

/// The id under which the identities of an unread account are reported.
pub(super) fn unread_identities(account: &str) -> String {
    format!("iam:GetAccountAuthorizationDetails (account {account}) lists")
}

/// The id under which whoever an unread policy names is reported.
pub(super) fn named_by(policy: &str) -> String {
    format!("{policy} names")
}

pub(super) struct Outsiders<'e> {
    estate: &'e Estate,
    found: BTreeSet<(Kind, String)>,
}

impl Outsiders<'_> {
    fn policy(&mut self, policy: &Seen<Arc<Document>>) {
        match policy {
            Seen::Is(document) => self.document(document, false),
            Seen::Absent => {}
            Seen::Unread(what) => {
                self.found.insert((Kind::Whoever, named_by(what)));
            }
        }
    }

    /// A file system policy that was not read is a guard: without one, everybody is let in.
    fn file_system(&mut self, policy: &Seen<Arc<Document>>) {
        if let Seen::Is(document) = policy {
            self.document(document, false);
        }
    }

    fn trust(&mut self, document: &Document) {
        self.document(document, true);
    }

    fn document(&mut self, document: &Document, trust: bool) {
        for statement in &document.statements {
            for name in statement.principal.items() {
                self.name(name, trust);
            }
        }
    }

    /// Grants count for those who may decrypt by them. Roles whose names begin with `aws:` are
    /// assumed by the service that made the grant, for its own work, and by nobody else.
    fn grants(&mut self, grants: &KeyGrants) {
        for statement in &grants.document.statements {
            let decrypts = statement.covers_action("kms:Decrypt") != Truth::False;
            for name in statement.principal.items().iter().filter(|_| decrypts) {
                let of_service = match name {
                    PrincipalName::Arn(arn) => arn.contains(":assumed-role/aws:"),
                    PrincipalName::Everyone
                    | PrincipalName::Account(_)
                    | PrincipalName::Service(_)
                    | PrincipalName::Federated(_)
                    | PrincipalName::CanonicalUser(_)
                    | PrincipalName::UniqueId(_)
                    | PrincipalName::Unreadable(_) => false,
                };
                if !of_service {
                    self.name(name, false);
                }
            }
        }
    }

    /// Every account that a snapshot is shared with; nobody without credentials.
    fn sharing(&mut self, sharing: &Sharing) {
        for statement in &sharing.document.statements {
            for name in statement.principal.items() {
                match name {
                    PrincipalName::Account(account) => self.account(account),
                    PrincipalName::Everyone
                    | PrincipalName::Arn(_)
                    | PrincipalName::Service(_)
                    | PrincipalName::Federated(_)
                    | PrincipalName::CanonicalUser(_)
                    | PrincipalName::UniqueId(_)
                    | PrincipalName::Unreadable(_) => self.account(ANY_OTHER_ACCOUNT),
                }
            }
        }
    }

    fn name(&mut self, name: &PrincipalName, trust: bool) {
        match name {
            PrincipalName::Everyone if trust => self.account(ANY_OTHER_ACCOUNT),
            PrincipalName::Everyone => {
                self.found.insert((Kind::Anonymous, "anonymous".to_owned()));
                self.account(ANY_OTHER_ACCOUNT);
            }
            PrincipalName::Account(account) => self.account(account),
            PrincipalName::Arn(arn) => {
                if let Ok(arn) = arn.parse::<Arn>() {
                    self.account(arn.account());
                }
            }
            // Services assume roles for their own work; only what they read as themselves counts.
            PrincipalName::Service(_) if trust => {}
            PrincipalName::Service(service) => {
                self.found.insert((Kind::Service, service.clone()));
            }
            PrincipalName::Federated(provider) => {
                self.found.insert((Kind::Federated, provider.clone()));
            }
            PrincipalName::CanonicalUser(_)
            | PrincipalName::UniqueId(_)
            | PrincipalName::Unreadable(_) => {}
        }
    }

    pub(super) fn federated(&mut self, provider: String) {
        self.found.insert((Kind::Federated, provider));
    }

    pub(super) fn account(&mut self, account: &str) {
        let read = self
            .estate
            .accounts
            .get(account)
            .is_some_and(|a| a.identities_read);
        if !read {
            self.found
                .insert((Kind::ExternalAccount, account.to_owned()));
        }
    }

    /// The account of a holder: if its identities were not read, some of them may have rights.
    fn owner(&mut self, account: Option<&str>) {
        let Some(account) = account else {
            return;
        };
        let read = self
            .estate
            .accounts
            .get(account)
            .is_some_and(|a| a.identities_read);
        if !read {
            self.found
                .insert((Kind::Whoever, unread_identities(account)));
        }
    }
}

/// The Kafka principals that ACLs, super users, broker configurations and secrets name, with
/// `User:ANONYMOUS` and a stand-in for everybody else.
pub(super) fn kafka_users(estate: &Estate, cluster: &Cluster) -> Vec<KafkaPrincipal> {
    let mut users: BTreeSet<KafkaPrincipal> = cluster.users.keys().cloned().collect();
    let own = format!("{}/", cluster.name);
    for link in estate.secrets.values().flat_map(|secret| &secret.users) {
        users.extend(
            link.to
                .strip_prefix(&own)
                .and_then(|user| user.parse().ok()),
        );
    }
    users.insert(KafkaPrincipal::anonymous());
    users.extend(ANY_OTHER_USER.parse::<KafkaPrincipal>().ok());
    users.into_iter().collect()
}

/// `super.users` of a broker: entries split at `;` and trimmed, each with its place.
pub(super) fn super_users(broker: &Broker) -> impl Iterator<Item = (&str, &Source)> {
    let property = broker.properties.get("super.users");
    property.into_iter().flat_map(|property| {
        let entries = property
            .value
            .split(';')
            .map(str::trim)
            .filter(|entry| !entry.is_empty());
        entries.map(|entry| (entry, &property.source))
    })
}

/// Kafka users whose credential lies in a broker's configuration: the `username` of a JAAS entry,
/// and every `user_NAME` of PLAIN.
///
/// Source: Apache Kafka documentation, Security, "Configuring Kafka brokers" for SASL/PLAIN.
pub(super) fn jaas_users(broker: &Broker) -> Vec<(KafkaPrincipal, Source)> {
    let mut users = Vec::new();
    let entries = broker
        .properties
        .iter()
        .filter(|(key, _)| key.ends_with("sasl.jaas.config"));
    for (_, property) in entries {
        for word in property.value.split([' ', ';']) {
            let name = match word.split_once('=') {
                Some(("username", name)) => name.trim_matches('"'),
                Some((key, _)) => match key.strip_prefix("user_") {
                    Some(name) => name,
                    None => continue,
                },
                None => continue,
            };
            if !name.is_empty() {
                users.push((KafkaPrincipal::user(name), property.source.clone()));
            }
        }
    }
    users.sort();
    users.dedup();
    users
}
