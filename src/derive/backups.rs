//! Backups in an estate: what they hold, who stands near, what restoring one touches.
//!
//! Must never: evaluate a policy, or take a backup for one that anybody may restore.

use super::holders;
use super::relation::Reached;
use super::resources::{Wanted, meet};
use super::world::World;
use crate::estate::{Backup, BackupKind};
use crate::facts::{Evidence, Kind, NoteKind, ThingIx};
use crate::policy::Statement;
use crate::reach::Strength;
use crate::rules::{Part, Sort};

impl<'e> World<'e> {
    pub(super) fn backup(&self, thing: ThingIx) -> Option<&'e Backup> {
        self.estate.backups.get(self.id_if(Kind::Backup, thing)?)
    }

    /// The backups of what holds a log, with the sort that each is of.
    pub(super) fn log_backups(&self) -> Vec<(Sort, &'e Backup)> {
        let backups = self.estate.backups.values().filter_map(|backup| {
            let (sort, of) = match backup.kind {
                BackupKind::Disk => (Sort::DiskBackup, Sort::Volume),
                BackupKind::Bucket => (Sort::BucketBackup, Sort::Bucket),
                BackupKind::FileSystem => (Sort::FileSystemBackup, Sort::FileSystem),
            };
            let mut held = self.all(of).iter().map(|thing| self.id(*thing));
            let held = held.any(|id| id == backup.resource)
                || backup.kind == BackupKind::Disk && self.is_retired(&backup.resource);
            held.then_some((sort, backup))
        });
        backups.collect()
    }

    fn is_retired(&self, volume: &str) -> bool {
        let clusters = self.estate.clusters.values();
        let mut retired = clusters.flat_map(|cluster| &cluster.retired_volumes);
        retired.any(|(_, link)| link.to == volume)
    }
}

/// The topics of which a backup holds something: those of what it is a backup of.
pub(super) fn topics(world: &World<'_>, backup: &Backup) -> Vec<Reached> {
    let mut reached = match backup.kind {
        BackupKind::Disk => holders::volume_topics(world, &backup.resource),
        BackupKind::Bucket => {
            let found = world.things.find(Kind::Bucket, &backup.resource);
            let all = found.map(|bucket| holders::topics(world, bucket));
            let mut all = all.unwrap_or_default();
            // Where keys carry topics, their objects are things of their own.
            let objects = world.objects.values();
            let own = objects.filter(|of| Some(of.bucket) == found);
            all.extend(own.map(|of| of.holds.clone()));
            all
        }
        BackupKind::FileSystem => {
            let found = world.things.find(Kind::FileSystem, &backup.resource);
            found.map_or_else(Vec::new, |store| holders::topics(world, store))
        }
    };
    for one in &mut reached {
        let says = format!("there are backups of {}", backup.resource);
        let evidence = Evidence::description(says, backup.origin.clone());
        one.evidence.insert(0, evidence);
    }
    reached
}

/// A backup itself, as far as it may be copied to an account of the caller's own.
///
/// Source: AWS Backup Developer Guide, "Creating backup copies across AWS accounts": the accounts
/// must be of one organization, which must have turned it on.
pub(super) fn elsewhere(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let backup = world.backup(from).into_iter();
    let reached = backup.map(|_| {
        let text =
            "only to an account of the same organization, where copies across accounts are on";
        let (strength, kind) = (Strength::Conditional, NoteKind::Condition);
        Reached::weakly(from, strength, Vec::new(), kind, text.to_owned())
    });
    reached.collect()
}

/// What a request about a backup touches beside its recovery points.
pub(super) fn wanted(part: Part, backup: &Backup, statements: &[&Statement]) -> Vec<Wanted> {
    let (account, region) = (&backup.account, &backup.region);
    let one = |candidates: Vec<String>, account: Option<&str>, exists: bool| {
        vec![Wanted {
            candidates,
            account: account.map(str::to_owned),
            exists,
        }]
    };
    match part {
        Part::Itself => one(backup.points.iter().cloned().collect(), Some(account), true),
        Part::Vault => {
            let any = format!("arn:aws:backup:{region}:{account}:backup-vault:x");
            let vault = backup.vault.clone().unwrap_or(any);
            one(vec![vault], Some(account), true)
        }
        Part::OwnVault => {
            let vault = format!("arn:aws:backup:{region}:000000000000:backup-vault:zz-own");
            one(vec![vault], None, false)
        }
        Part::RestoredObjects => {
            let mut candidates = meet("arn:aws:s3:::*/*", statements);
            candidates.insert("arn:aws:s3:::zz-a-bucket-of-the-caller/x".to_owned());
            one(candidates.into_iter().collect(), Some(account), false)
        }
        Part::NewVolume => {
            let arn = format!("arn:aws:ec2:{region}:{account}:volume/vol-0new");
            one(vec![arn], Some(account), false)
        }
        Part::NewFileSystem
        | Part::NewInterface
        | Part::OwnFileSystem
        | Part::Objects
        | Part::NewSnapshot
        | Part::NewAccessPoint
        | Part::NewMultiRegionAccessPoint
        | Part::GrantsInstance
        | Part::NewGrantsLocation
        | Part::OwnBucket
        | Part::Launch
        | Part::ShellDocument
        | Part::NewFunction
        | Part::NewLayer
        | Part::NewTaskDefinition
        | Part::AnyService
        | Part::ClusterOfTask
        | Part::AccessEntry
        | Part::Everything => Vec::new(),
    }
}
