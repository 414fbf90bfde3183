//! What an estate holds of each sort that rule packs name, once for one analysis.
//!
//! Only things that matter for event data are taken up: buckets, volumes and snapshots that hold a
//! log, secrets with a Kafka credential, the keys of those.
//!
//! Must never: evaluate a policy.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::callers;
use super::deliveries::{self, ObjectsOf};
use super::holders;
use super::positions::{self, Class};
use super::relation::Reached;
use super::unknown::{self, Unknown};
use super::workloads::{Spot, Workload};
use crate::estate::{
    AccessPoint, Bucket, Cluster, Consumer, Estate, FileSystem, Host, Identity, IdentityKind, Key,
    Listener, ManagedCluster, Secret, Snapshot, Subnet, Topic, Volume,
};
use crate::facts::{Kind, Predicate, ThingIx, Things};
use crate::names::KafkaPrincipal;
use crate::network::{Attached, neighbours};
use crate::rules::Sort;

/// A Kafka principal that speaks from an address class, and where its text form leads.
#[derive(Clone, Debug)]
pub(super) struct SessionOf<'e> {
    pub(super) cluster: &'e Cluster,
    pub(super) principal: KafkaPrincipal,
    pub(super) address: Option<String>,
}

/// A listener as an address class reaches it.
#[derive(Clone, Debug)]
pub(super) struct ConnectionOf<'e> {
    pub(super) cluster: &'e Cluster,
    pub(super) listener: &'e str,
    pub(super) address: Option<String>,
}

/// Stands for the listeners of a cluster none of whose brokers' configurations were read.
pub(super) const UNREAD_LISTENERS: &str = "listeners that were not read";

/// Stands in a pattern of object keys for the topic.
pub(super) const TOPIC: &str = "{topic}";

/// A Kafka principal nobody names: stands for any user beyond those that the capture knows.
pub(super) const ANY_OTHER_USER: &str = "User:*";

/// The estate, its interned things, and the members of each sort.
#[derive(Debug)]
pub(super) struct World<'e> {
    pub(super) estate: &'e Estate,
    pub(super) things: Things,
    members: BTreeMap<Sort, Vec<ThingIx>>,
    pub(super) sessions: BTreeMap<ThingIx, SessionOf<'e>>,
    pub(super) connections: BTreeMap<ThingIx, ConnectionOf<'e>>,
    /// Kafka users by cluster, `User:ANONYMOUS` and [`ANY_OTHER_USER`] included.
    pub(super) users: BTreeMap<&'e str, Vec<KafkaPrincipal>>,
    /// Holders that must exist and were not found.
    pub(super) unknown: BTreeMap<ThingIx, Unknown>,
    /// Topics by cluster: as listed, or as far as ACLs and assets name them.
    pub(super) topics: BTreeMap<&'e str, BTreeMap<String, Topic>>,
    /// The objects of each topic in buckets whose keys carry topics, or that a consumer fills.
    pub(super) objects: BTreeMap<ThingIx, ObjectsOf>,
    /// Topics that get events of other topics.
    pub(super) mirrors: BTreeMap<ThingIx, Vec<Reached>>,
    /// The topics that each consumer reads.
    pub(super) readers: BTreeMap<ThingIx, Vec<Reached>>,
    /// Subnets as an account uses them that does not own them: subnet and account.
    pub(super) guests: BTreeMap<ThingIx, (&'e str, &'e str)>,
    /// Position classes by id; each is a member of [`Sort::Position`].
    pub(super) classes: BTreeMap<String, Class>,
    /// Functions, tasks and pods.
    pub(super) workloads: BTreeMap<ThingIx, Workload<'e>>,
    /// Where each of them sends from.
    pub(super) spots: BTreeMap<ThingIx, Spot>,
    /// Their interfaces by id; each is a member of [`Sort::Position`].
    pub(super) places: BTreeMap<String, Attached>,
}

impl<'e> World<'e> {
    pub(super) fn new(estate: &'e Estate) -> Self {
        let mut world = Self {
            estate,
            things: Things::default(),
            members: BTreeMap::new(),
            sessions: BTreeMap::new(),
            connections: BTreeMap::new(),
            users: BTreeMap::new(),
            unknown: BTreeMap::new(),
            topics: BTreeMap::new(),
            objects: BTreeMap::new(),
            mirrors: BTreeMap::new(),
            readers: BTreeMap::new(),
            guests: BTreeMap::new(),
            classes: positions::discover(estate, positions::documents(estate).into_iter()),
            workloads: BTreeMap::new(),
            spots: BTreeMap::new(),
            places: BTreeMap::new(),
        };
        world.storage();
        world.identities();
        world.network();
        world.add_workloads();
        for cluster in estate.clusters.values() {
            world.cluster(cluster);
        }
        deliveries::fill(&mut world);
        world
    }

    /// Makes a thing a member of a sort. Whoever calls knows that it is none yet.
    pub(super) fn join(&mut self, sort: Sort, thing: ThingIx) {
        self.members.entry(sort).or_default().push(thing);
    }

    /// All things of a sort, in the order of their ids.
    pub(super) fn all(&self, sort: Sort) -> &[ThingIx] {
        self.members.get(&sort).map_or(&[], Vec::as_slice)
    }

    pub(super) fn id(&self, thing: ThingIx) -> &str {
        &self.things.get(thing).id
    }

    pub(super) fn kind(&self, thing: ThingIx) -> Kind {
        self.things.get(thing).kind
    }

    /// The id of a thing, when it is of that kind.
    pub(super) fn id_if(&self, kind: Kind, thing: ThingIx) -> Option<&str> {
        let described = self.things.get(thing);
        (described.kind == kind).then_some(described.id.as_str())
    }

    /// The identity behind a thing, when it is one that was read.
    pub(super) fn identity(&self, thing: ThingIx) -> Option<&'e Identity> {
        self.estate
            .identities
            .get(self.id_if(Kind::Identity, thing)?)
    }

    pub(super) fn host(&self, thing: ThingIx) -> Option<&'e Host> {
        self.estate.hosts.get(self.id_if(Kind::Host, thing)?)
    }

    /// The subnet that a thing is, also as another account uses it.
    pub(super) fn subnet(&self, thing: ThingIx) -> Option<&'e Subnet> {
        let id = match self.guests.get(&thing) {
            Some((subnet, _)) => subnet,
            None => self.id_if(Kind::Subnet, thing)?,
        };
        self.estate.subnets.get(id)
    }

    /// The account that launches instances in a subnet: its owner, or one that it is shared with.
    pub(super) fn launcher(&self, thing: ThingIx) -> Option<&'e str> {
        match self.guests.get(&thing) {
            Some((_, account)) => Some(account),
            None => self.subnet(thing).map(|subnet| subnet.account.as_str()),
        }
    }

    /// The bucket that a thing is, or that the objects of a topic lie in.
    pub(super) fn bucket(&self, thing: ThingIx) -> Option<&'e Bucket> {
        let thing = self.objects.get(&thing).map_or(thing, |of| of.bucket);
        self.estate.buckets.get(self.id_if(Kind::Bucket, thing)?)
    }

    pub(super) fn file_system(&self, thing: ThingIx) -> Option<&'e FileSystem> {
        self.estate
            .file_systems
            .get(self.id_if(Kind::FileSystem, thing)?)
    }

    /// The managed cluster that a thing is, or that a topic belongs to.
    pub(super) fn managed(&self, thing: ThingIx) -> Option<&'e ManagedCluster> {
        if let Some(arn) = self.id_if(Kind::ManagedCluster, thing) {
            return self.estate.managed.get(arn);
        }
        let (cluster, _) = self.id_if(Kind::Topic, thing)?.split_once('/')?;
        self.managed_of(self.estate.clusters.get(cluster)?)
    }

    /// What the service says about a cluster that it runs.
    pub(super) fn managed_of(&self, cluster: &Cluster) -> Option<&'e ManagedCluster> {
        self.estate.managed.get(&cluster.managed.as_ref()?.to)
    }

    /// The thing whose policy guards another one, when that is not its own.
    pub(super) fn guard_of(&self, thing: ThingIx) -> Option<ThingIx> {
        if let Some(of) = self.objects.get(&thing) {
            return Some(of.bucket);
        }
        let topic = self.kind(thing) == Kind::Topic;
        let cluster = self.managed(thing).filter(|_| topic)?;
        self.things.find(Kind::ManagedCluster, &cluster.arn)
    }

    /// The consumer that a thing is.
    pub(super) fn consumer(&self, thing: ThingIx) -> Option<&'e Consumer> {
        self.estate
            .consumers
            .get(self.id_if(Kind::Consumer, thing)?)
    }

    pub(super) fn access_point(&self, thing: ThingIx) -> Option<&'e AccessPoint> {
        let id = self.id_if(Kind::AccessPoint, thing)?;
        self.estate.access_points.get(id)
    }

    pub(super) fn key(&self, thing: ThingIx) -> Option<&'e Key> {
        self.estate.keys.get(self.id_if(Kind::Key, thing)?)
    }

    pub(super) fn secret(&self, thing: ThingIx) -> Option<&'e Secret> {
        self.estate.secrets.get(self.id_if(Kind::Secret, thing)?)
    }

    pub(super) fn volume(&self, thing: ThingIx) -> Option<&'e Volume> {
        self.estate.volumes.get(self.id_if(Kind::Volume, thing)?)
    }

    pub(super) fn snapshot(&self, thing: ThingIx) -> Option<&'e Snapshot> {
        self.estate
            .snapshots
            .get(self.id_if(Kind::Snapshot, thing)?)
    }

    pub(super) fn fill<S: AsRef<str>>(
        &mut self,
        sort: Sort,
        kind: Kind,
        ids: impl IntoIterator<Item = S>,
    ) {
        for id in ids {
            let thing = self.things.intern(kind, id.as_ref());
            self.members.entry(sort).or_default().push(thing);
        }
    }

    fn storage(&mut self) {
        let estate = self.estate;
        let clusters = || estate.clusters.values();
        let buckets =
            clusters().flat_map(|cluster| cluster.buckets.values().map(|link| link.to.as_str()));
        let filled = deliveries::buckets(estate);
        let mut buckets: BTreeSet<&str> = buckets.chain(filled).collect();
        let copies = estate.copies_from(buckets.iter().map(|name| (*name).to_owned()).collect());
        buckets.extend(copies.iter().map(|copy| copy.rule.destination.as_str()));
        let points = estate.access_points.values();
        let points = points.filter(|point| {
            let mut behind = point.buckets.iter();
            behind.any(|bucket| buckets.contains(bucket.as_str()))
        });
        let (several, single): (Vec<_>, Vec<_>) = points.partition(|point| point.multi_region);
        for (sort, points) in [
            (Sort::AccessPoint, single),
            (Sort::MultiRegionAccessPoint, several),
        ] {
            let arns = points.iter().map(|point| &point.arn);
            self.fill(sort, Kind::AccessPoint, arns);
        }
        if !buckets.is_empty() {
            let scopes = estate.access_grants.keys();
            let scopes = scopes.chain(estate.access_grants_locations.keys());
            self.fill(Sort::AccessGrant, Kind::AccessGrant, scopes);
        }
        let volumes: BTreeSet<&str> = clusters()
            .flat_map(|cluster| cluster.brokers.values())
            .flat_map(|broker| broker.volumes.iter().chain(&broker.wal_volumes))
            .map(|link| link.to.as_str())
            .collect();
        let stores = clusters().flat_map(|cluster| cluster.file_systems.values());
        let copies = estate.file_copies().into_iter();
        let copies = copies.map(|copy| copy.destination.as_str());
        let stores: BTreeSet<&str> = stores.map(|link| link.to.as_str()).chain(copies).collect();
        let managed: BTreeSet<&str> = clusters()
            .filter_map(|cluster| Some(cluster.managed.as_ref()?.to.as_str()))
            .collect();
        let retired: BTreeSet<&str> = clusters()
            .flat_map(|cluster| {
                cluster
                    .retired_volumes
                    .iter()
                    .map(|(_, link)| link.to.as_str())
            })
            .collect();
        let held = |volume: &str| volumes.contains(volume) || retired.contains(volume);
        let snapshots: Vec<_> = estate
            .snapshots
            .values()
            .filter(|s| held(&s.volume))
            .collect();
        let secrets: Vec<_> = estate
            .secrets
            .values()
            .filter(|s| !s.users.is_empty())
            .collect();

        let mut keys = BTreeSet::new();
        for name in &buckets {
            keys.extend(
                estate
                    .bucket_key(name)
                    .into_iter()
                    .map(|key| key.arn.as_str()),
            );
        }
        for id in &volumes {
            keys.extend(
                estate
                    .volume_key(id)
                    .into_iter()
                    .map(|key| key.arn.as_str()),
            );
        }
        for snapshot in &snapshots {
            keys.extend(
                estate
                    .snapshot_key(snapshot)
                    .into_iter()
                    .map(|key| key.arn.as_str()),
            );
        }
        for secret in &secrets {
            keys.extend(
                estate
                    .secret_key(secret)
                    .into_iter()
                    .map(|key| key.arn.as_str()),
            );
        }

        let mixed = buckets
            .iter()
            .filter(|name| holders::is_mixed(estate, name));
        self.fill(Sort::Objects, Kind::Bucket, mixed);
        self.fill(Sort::Bucket, Kind::Bucket, buckets);
        self.fill(Sort::Volume, Kind::Volume, volumes);
        self.fill(
            Sort::Snapshot,
            Kind::Snapshot,
            snapshots.iter().map(|s| &s.id),
        );
        if !stores.is_empty() {
            // Whoever mounts one without a credential acts as nobody.
            self.things.intern(Kind::Anonymous, "anonymous");
        }
        self.fill(Sort::FileSystem, Kind::FileSystem, stores);
        self.fill(Sort::ManagedCluster, Kind::ManagedCluster, managed);
        for (sort, backup) in self.log_backups() {
            for sort in [sort, Sort::Backup] {
                self.fill(sort, Kind::Backup, [&backup.id]);
            }
            keys.extend(estate.backup_key(backup).map(|key| key.arn.as_str()));
        }
        self.fill(Sort::Secret, Kind::Secret, secrets.iter().map(|s| &s.arn));
        self.fill(Sort::Key, Kind::Key, keys);
        self.fill(Sort::Cluster, Kind::Cluster, estate.clusters.keys());
        for unknown in unknown::holders(estate) {
            let thing = self.things.intern(unknown.sort.kinds()[0], &unknown.id);
            self.members.entry(unknown.sort).or_default().push(thing);
            if unknown.sort == Sort::Bucket {
                self.members.entry(Sort::Objects).or_default().push(thing);
            }
            self.unknown.insert(thing, unknown);
        }
    }

    fn identities(&mut self) {
        let estate = self.estate;
        let all = || estate.identities.values();
        let roles = all().filter(|identity| identity.kind == IdentityKind::Role);
        self.fill(
            Sort::Identity,
            Kind::Identity,
            all().map(|identity| &identity.arn),
        );
        self.fill(
            Sort::Caller,
            Kind::Identity,
            all().map(|identity| &identity.arn),
        );
        self.fill(Sort::Role, Kind::Identity, roles.map(|role| &role.arn));
        for (call, outcome) in &estate.coverage.calls {
            if call.call == "ec2:DescribeInstances" && !outcome.settles() {
                let (id, _) = callers::unlisted_instances(call);
                self.things.intern(Kind::Whoever, &id);
            }
        }
        for who in estate.subnet_strangers.keys() {
            self.things.intern(Kind::Whoever, who);
        }
        for (kind, id) in callers::outsiders(self) {
            self.fill(Sort::Caller, kind, [id]);
        }
    }

    fn network(&mut self) {
        let estate = self.estate;
        let hosts = estate.hosts.values().filter(|host| !host.gone);
        self.fill(Sort::Host, Kind::Host, hosts.map(|host| &host.id));
        let brokers = || estate.clusters.values().flat_map(|c| c.brokers.values());
        let on_hosts = brokers().filter_map(|b| estate.hosts.get(&b.host.as_ref()?.to));
        let at_interfaces =
            brokers().filter_map(|b| estate.interfaces.get(&b.interface.as_ref()?.to));
        let mounts = estate
            .clusters
            .values()
            .flat_map(|cluster| cluster.file_systems.values())
            .map(|link| &link.to);
        let copies = estate.file_copies().into_iter();
        let mounts = mounts
            .chain(copies.map(|copy| &copy.destination))
            .filter_map(|id| estate.file_systems.get(id)?.mount_targets.as_ref())
            .flatten();
        let public = on_hosts.clone().any(|h| !h.public_addresses.is_empty())
            || at_interfaces
                .clone()
                .any(|i| !i.public_addresses.is_empty());
        let vpc_of = |subnet: Option<&'e String>| {
            let subnet = estate.subnets.get(subnet?)?;
            Some(subnet.vpc.as_str())
        };
        let listening: BTreeSet<&str> = on_hosts
            .filter_map(|host| host.vpc.as_deref())
            .chain(at_interfaces.filter_map(|i| i.vpc.as_deref().or(vpc_of(i.subnet.as_ref()))))
            .chain(mounts.filter_map(|mount| vpc_of(mount.subnet.as_ref())))
            .chain(
                estate
                    .vpc_connections
                    .values()
                    .filter_map(|c| c.vpc.as_deref()),
            )
            .chain(estate.kubernetes.values().filter_map(|k| k.vpc.as_deref()))
            .collect();
        let endpoint_vpcs = estate
            .endpoints
            .values()
            .map(|endpoint| endpoint.vpc.as_str());
        let mut vpcs = neighbours(estate, &listening, public);
        vpcs.extend(endpoint_vpcs);
        let subnets = estate
            .subnets
            .values()
            .filter(|subnet| vpcs.contains(subnet.vpc.as_str()));
        self.fill(Sort::Subnet, Kind::Subnet, subnets.clone().map(|s| &s.id));
        for subnet in subnets {
            for (id, account) in super::guests::of(estate, subnet) {
                self.fill(Sort::Subnet, Kind::Subnet, [&id]);
                let thing = self.things.intern(Kind::Subnet, &id);
                self.guests.insert(thing, (&subnet.id, account));
            }
        }
        let classes: Vec<String> = self.classes.keys().cloned().collect();
        self.fill(Sort::Position, Kind::Position, classes);
        self.fill(
            Sort::Position,
            Kind::Position,
            estate.config.networks.keys(),
        );
    }

    /// What code on any broker of a cluster has: a place among its clients, and the credentials
    /// that the configurations that were read hold.
    pub(super) fn broker_credentials(&self, cluster: &str) -> Vec<(Predicate, ThingIx)> {
        let place = self.things.find(Kind::Cluster, cluster);
        let brokers = self.estate.clusters.get(cluster).into_iter();
        let brokers = brokers.flat_map(|cluster| cluster.brokers.values());
        let users = brokers
            .flat_map(callers::jaas_users)
            .filter_map(|(user, _)| {
                self.things
                    .find(Kind::KafkaUser, &format!("{cluster}/{user}"))
            });
        let place = place.map(|place| (Predicate::SitsWithClientsOf, place));
        let mut all: Vec<_> = place.into_iter().collect();
        all.extend(users.map(|user| (Predicate::Holds, user)));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The position that everyone starts from.
    pub(super) fn internet(&self) -> Option<(&str, &Class)> {
        self.classes
            .get_key_value("internet")
            .map(|(id, class)| (id.as_str(), class))
    }

    /// Every other position that some policy tells apart.
    pub(super) fn elsewhere(&self) -> impl Iterator<Item = (ThingIx, &str, &Class)> {
        let classes = self.classes.iter().filter(|(id, _)| *id != "internet");
        classes.filter_map(|(id, class)| {
            let thing = self.things.find(Kind::Position, id)?;
            Some((thing, id.as_str(), class))
        })
    }

    /// The objects of a topic in each bucket whose keys carry topics.
    fn topic_objects(&mut self, cluster: &Cluster, name: &str, topic: ThingIx) {
        for (role, link) in &cluster.buckets {
            let patterns = cluster.object_keys.get(role).into_iter().flatten();
            let keys: Vec<String> = patterns
                .filter(|pattern| pattern.contains(TOPIC))
                .map(|pattern| pattern.replace(TOPIC, name))
                .collect();
            let bucket = self.things.find(Kind::Bucket, &link.to);
            if let Some(bucket) = bucket.filter(|_| !keys.is_empty()) {
                let evidence = vec![holders::is_the_bucket(cluster, role, link)];
                let holds = Reached::surely(topic, evidence);
                let topic = format!("{}/{name}", cluster.name);
                deliveries::add(self, &topic, bucket, keys, holds);
            }
        }
    }

    fn cluster(&mut self, cluster: &'e Cluster) {
        let users = callers::kafka_users(self.estate, cluster);
        let named = cluster
            .acls
            .as_ref()
            .into_iter()
            .flatten()
            .map(|acl| acl.host.as_str());
        let named: BTreeSet<&str> = named.filter(|host| is_address(host)).collect();
        let addresses: Vec<Option<&str>> = std::iter::once(None)
            .chain(named.into_iter().map(Some))
            .collect();
        let at = |name: &str, address: Option<&str>| match address {
            None => format!("{}/{name}", cluster.name),
            Some(address) => format!("{}/{name}@{address}", cluster.name),
        };
        let brokers = || cluster.data_brokers();
        let mut listeners: BTreeSet<&str> = brokers()
            .flat_map(|broker| &broker.listeners)
            .filter(|listener| !listener.controller)
            .map(|listener| listener.name.as_str())
            .collect();
        if brokers().next().is_none() {
            listeners.insert(UNREAD_LISTENERS);
        }
        for address in &addresses {
            for listener in &listeners {
                let thing = self
                    .things
                    .intern(Kind::Connection, &at(listener, *address));
                self.members
                    .entry(Sort::Connection)
                    .or_default()
                    .push(thing);
                let connection = ConnectionOf {
                    cluster,
                    listener,
                    address: address.map(str::to_owned),
                };
                self.connections.insert(thing, connection);
            }
            for user in &users {
                let thing = self
                    .things
                    .intern(Kind::Session, &at(user.as_str(), *address));
                self.members.entry(Sort::Session).or_default().push(thing);
                let session = SessionOf {
                    cluster,
                    principal: user.clone(),
                    address: address.map(str::to_owned),
                };
                self.sessions.insert(thing, session);
            }
        }
        for user in &users {
            self.things
                .intern(Kind::KafkaUser, &at(user.as_str(), None));
        }
        let topics = super::topics::of(self.estate, cluster);
        for name in topics.keys() {
            let topic = self.things.intern(Kind::Topic, &at(name, None));
            self.topic_objects(cluster, name, topic);
        }
        self.topics.insert(&cluster.name, topics);
        self.users.insert(&cluster.name, users);
    }
}

/// Whether some client's address is written like this. Kafka compares texts, and Java writes IPv6
/// addresses without abbreviation: an ACL for `::1`, a name or a block matches nobody.
///
/// Source: Apache Kafka, `StandardAuthorizerData`; `InetAddress.getHostAddress`.
fn is_address(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.to_string() == host,
        Ok(IpAddr::V6(address)) => {
            let segments = address.segments().map(|segment| format!("{segment:x}"));
            segments.join(":") == host
        }
        Err(_) => false,
    }
}

impl<'e> ConnectionOf<'e> {
    /// Whether it stands for listeners that were not read.
    pub(super) fn is_unread(&self) -> bool {
        self.listener == UNREAD_LISTENERS
    }

    /// The listener as each broker with data has it.
    pub(super) fn listeners(
        &self,
    ) -> impl Iterator<Item = (&'e crate::estate::Broker, &'e Listener)> {
        let name = self.listener;
        self.cluster
            .brokers
            .values()
            .filter(|broker| broker.holds_data)
            .flat_map(|broker| {
                broker
                    .listeners
                    .iter()
                    .map(move |listener| (broker, listener))
            })
            .filter(move |(_, listener)| listener.name == name)
    }
}
