//! What holds the log under the new model: buckets, volumes, file systems.
//!
//! Must never: change a captured one; it keeps its policy, encryption and access block.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Projection, UNSET, shown};
use crate::capture::Source;
use crate::estate::{
    AttachedVolume, Bucket, BucketSettings, Encryption, FileSystem, FileSystemKind, GroupRule,
    Link, MountTarget, NFS, Origin, Peer, PublicAccessBlock, SecurityGroup, Seen, Volume,
};
use crate::models::model::{HolderKind, ModelHolder, Share};
use crate::models::policy_text;

/// Values of the parameter `key` that mean a key that AWS manages.
const AWS_KEY: &str = "sse-s3";

impl Projection<'_> {
    pub(super) fn add_holders(&mut self) {
        let model = self.model;
        for holder in &model.holders {
            match holder.kind {
                HolderKind::Bucket => self.add_bucket(holder),
                HolderKind::LogVolume | HolderKind::WalVolume => self.add_volumes(holder),
                HolderKind::FileSystem => self.add_file_system(holder),
                HolderKind::Service => {}
            }
        }
        self.grant();
    }

    fn add_bucket(&mut self, holder: &ModelHolder) {
        let said = holder.parameter.as_ref();
        let said = said.and_then(|name| self.parameter(name).map(str::to_owned));
        let name = match (said, &holder.same_as) {
            (Some(name), _) => name,
            // Nothing rests on a bucket of its own that holds no events.
            (None, _) if holder.optional || holder.share == Share::None => return,
            (None, Some(other)) if self.cluster.buckets.contains_key(other) => {
                self.cluster.buckets[other].to.clone()
            }
            (None, _) => self.unnamed(),
        };
        let why = format!(
            "the {} bucket of the new platform is {}",
            holder.role,
            shown(&name)
        );
        let key = holder.parameter.as_deref().unwrap_or_default();
        let origin = self.assumed(key, &why);
        if !self.estate.buckets.contains_key(&name) {
            let bucket = self.new_bucket(&name, origin.clone());
            self.estate.buckets.insert(name.clone(), bucket);
        }
        let link = Link { to: name, origin };
        let buckets = match holder.share {
            Share::None => &mut self.cluster.side_buckets,
            Share::All | Share::Replicas | Share::Tail | Share::ClosedSegments | Share::Copy => {
                &mut self.cluster.buckets
            }
        };
        buckets.insert(holder.role.clone(), link);
    }

    /// A name that nobody set: another one for each bucket that has none.
    fn unnamed(&self) -> String {
        let buckets = self.estate.buckets.keys();
        let others = buckets.filter(|name| name.starts_with(UNSET)).count();
        UNSET.repeat(others + 1)
    }

    fn new_bucket(&self, name: &str, origin: Origin) -> Bucket {
        let encryption = match self.parameter("key") {
            None => Seen::Unread(self.key_unset()),
            Some(AWS_KEY) => Seen::Is(Encryption::SseS3),
            Some(key) => Seen::Is(Encryption::Kms {
                key: Some(key.to_owned()),
                bucket_key: true,
            }),
        };
        Bucket {
            name: name.to_owned(),
            account: Some(self.account.clone()),
            region: self.region(),
            policy: Seen::Absent,
            encryption,
            encryption_source: self.parameters.get("key").map(|(_, source)| source.clone()),
            // What S3 gives a new bucket since April 2023.
            public_access_block: Seen::Is(PublicAccessBlock {
                block_public_acls: true,
                ignore_public_acls: true,
                block_public_policy: true,
                restrict_public_buckets: true,
            }),
            settings: BucketSettings::as_created(),
            origin,
        }
    }

    fn key_unset(&self) -> Arc<str> {
        Arc::from(format!(
            "the parameter `key` of model {} is not set",
            self.model.id
        ))
    }

    /// Whether a new volume or file system is encrypted, and with which key.
    fn volume_key(&self, service: &str) -> (Seen<bool>, Option<String>) {
        match self.parameter("key") {
            None => (Seen::Unread(self.key_unset()), None),
            Some(AWS_KEY) => (Seen::Is(true), Some(format!("alias/aws/{service}"))),
            Some(key) => (Seen::Is(true), Some(key.to_owned())),
        }
    }

    /// A new volume for each broker that has none of that kind.
    fn add_volumes(&mut self, holder: &ModelHolder) {
        let log = holder.kind == HolderKind::LogVolume;
        let region = self.region().unwrap_or_default();
        let (encrypted, key) = self.volume_key("ebs");
        let data: Vec<i32> = self
            .cluster
            .brokers
            .values()
            .filter(|b| b.holds_data)
            .map(|b| b.id)
            .collect();
        for id in data {
            let Some(broker) = self.cluster.brokers.get(&id) else {
                continue;
            };
            let has = if log {
                &broker.volumes
            } else {
                &broker.wal_volumes
            };
            if !has.is_empty() {
                continue;
            }
            let host = broker.host.as_ref().map(|link| link.to.clone());
            let what = if log { "log" } else { "WAL" };
            let volume = format!("{what} volume of broker {id} of {}", self.cluster.name);
            let why = format!("broker {id} of the new platform gets a volume for its {what}");
            let origin = self.at_holder(holder, &why);
            let subnet = host
                .as_ref()
                .and_then(|id| self.estate.hosts.get(id)?.subnet.clone());
            let zone = subnet.and_then(|id| self.estate.subnets.get(&id)?.zone.clone());
            self.estate.volumes.insert(
                volume.clone(),
                Volume {
                    id: volume.clone(),
                    account: self.account.clone(),
                    region: region.clone(),
                    zone,
                    encrypted: encrypted.clone(),
                    key: key.clone(),
                    tags: holder.tags.clone(),
                    origin: origin.clone(),
                },
            );
            let link = Link { to: volume, origin };
            if let Some(host) = host.and_then(|id| self.estate.hosts.get_mut(&id)) {
                host.volumes.push(AttachedVolume {
                    device: holder.role.clone(),
                    volume: link.clone(),
                    root: false,
                });
            }
            if let Some(broker) = self.cluster.brokers.get_mut(&id) {
                let volumes = if log {
                    &mut broker.volumes
                } else {
                    &mut broker.wal_volumes
                };
                volumes.push(link);
            }
        }
    }

    fn add_file_system(&mut self, holder: &ModelHolder) {
        let said = holder.parameter.as_ref();
        let said = said.and_then(|name| self.parameter(name).map(str::to_owned));
        let why = format!(
            "the {} of the new platform lies on a file system",
            holder.role
        );
        let origin = self.assumed(holder.parameter.as_deref().unwrap_or_default(), &why);
        let id =
            said.unwrap_or_else(|| format!("{} file system of {}", holder.role, self.cluster.name));
        if !self.estate.file_systems.contains_key(&id) {
            let new = self.new_file_system(&id, holder, &origin);
            self.estate.file_systems.insert(id.clone(), new);
        }
        let link = Link { to: id, origin };
        self.cluster.file_systems.insert(holder.role.clone(), link);
    }

    /// A new EFS has no file system policy: the published permissions of the Console cannot set
    /// one. Its mount targets are where the brokers are, behind a security group of their own that
    /// lets those of the brokers in.
    fn new_file_system(&mut self, id: &str, holder: &ModelHolder, origin: &Origin) -> FileSystem {
        let region = self.region().unwrap_or_default();
        let account = self.account.clone();
        let (encrypted, key) = self.volume_key("elasticfilesystem");
        let brokers = self.cluster.data_brokers();
        let hosts = brokers.filter_map(|b| self.estate.hosts.get(&b.host.as_ref()?.to));
        let mut subnets = BTreeSet::new();
        let mut groups = BTreeSet::new();
        let mut vpc = None;
        for host in hosts {
            subnets.extend(host.subnet.clone());
            groups.extend(host.groups.iter().cloned());
            vpc = vpc.or_else(|| host.vpc.clone());
        }
        let group = format!("security group of {id}");
        let targets: Vec<MountTarget> = subnets
            .into_iter()
            .map(|subnet| MountTarget {
                id: format!("mount target in {subnet} of {id}"),
                subnet: Some(subnet),
                address: None,
                interface: None,
                groups: Seen::Is(vec![group.clone()]),
                origin: origin.clone(),
            })
            .collect();
        let admits = groups.into_iter().map(|peer| GroupRule {
            protocol: "tcp".to_owned(),
            ports: Some((NFS, NFS)),
            peer: Peer::Group(peer),
            source: holder.at.clone(),
        });
        let security = SecurityGroup {
            id: group.clone(),
            account: account.clone(),
            name: group.clone(),
            vpc,
            ingress: admits.collect(),
            egress: Vec::new(),
            origin: origin.clone(),
        };
        self.estate.security_groups.insert(group, security);
        FileSystem {
            id: id.to_owned(),
            arn: format!("arn:aws:elasticfilesystem:{region}:{account}:file-system/{UNSET}"),
            kind: FileSystemKind::Efs,
            encrypted,
            key,
            policy: Seen::Absent,
            mount_targets: Seen::Is(targets),
            tags: holder.tags.clone(),
            origin: origin.clone(),
            account,
            region,
        }
    }

    fn at_holder(&self, holder: &ModelHolder, why: &str) -> Origin {
        let parameter = self.parameters.get("key");
        let at: Source = parameter.map_or_else(|| holder.at.clone(), |(_, at)| at.clone());
        Origin::Assumed {
            why: why.to_owned(),
            at,
        }
    }

    /// Writes what the platform's setup grants into the policies of new buckets.
    fn grant(&mut self) {
        let model = self.model;
        let values = self.placeholders();
        let mut by_bucket: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for grant in &model.grants {
            let buckets = &self.cluster;
            let link = buckets
                .side_buckets
                .get(&grant.on)
                .or_else(|| buckets.buckets.get(&grant.on));
            if let Some(link) = link {
                by_bucket.entry(link.to.clone()).or_default().push(grant);
            }
        }
        for (name, grants) in by_bucket {
            let new = self.estate.buckets.get(&name).is_some_and(|bucket| {
                matches!(bucket.origin, Origin::Assumed { .. }) && bucket.policy == Seen::Absent
            });
            if new {
                let policy = self.parse(&policy_text::grants(&grants, &values));
                if let Some(bucket) = self.estate.buckets.get_mut(&name) {
                    bucket.policy = Seen::Is(policy);
                }
            }
        }
    }
}
