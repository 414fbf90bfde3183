//! How stored bytes lead further: to versions, to access points, to hosts that could mount them, to
//! copies in other buckets.
//!
//! Must never: evaluate a policy, or take a setting that was not read for one that is off.

use super::holders;
use super::relation::Reached;
use super::world::{TOPIC, World};
use crate::estate::{
    Backup, BackupKind, Bucket, Cluster, Host, Origin, Ownership, Replication, Seen, Snapshot,
    Versioning, Volume,
};
use crate::facts::{Evidence, Kind, NoteKind, ThingIx};
use crate::policy::{Glob, intersects};
use crate::reach::Strength;
use crate::rules::Sort;

/// A bucket itself, where a setting of it is as wanted.
fn setting<T: Copy>(
    world: &World<'_>,
    from: ThingIx,
    of: impl Fn(&Bucket) -> &Seen<T>,
    wanted: impl Fn(Option<T>) -> Option<&'static str>,
) -> Vec<Reached> {
    let Some(bucket) = world.bucket(from) else {
        return Vec::new();
    };
    let found = match of(bucket) {
        Seen::Is(value) => wanted(Some(*value)),
        Seen::Absent => wanted(None),
        Seen::Unread(what) => {
            let (doubt, kind) = (Strength::Conditional, NoteKind::NotCollected);
            let reached = Reached::weakly(from, doubt, Vec::new(), kind, what.to_string());
            return vec![reached];
        }
    };
    let evidence = |says: &str| {
        let says = format!("{says} in {}", bucket.name);
        vec![Evidence::description(says, bucket.origin.clone())]
    };
    let found = found.map(|says| Reached::surely(from, evidence(says)));
    found.into_iter().collect()
}

/// Where Object Ownership turns ACLs off. Without ownership controls they are on.
///
/// Source: Amazon S3 User Guide, "Controlling ownership of objects and disabling ACLs".
pub(super) fn acls_off(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    setting(
        world,
        from,
        |bucket| &bucket.settings.ownership,
        |ownership| match ownership {
            Some(Ownership::BucketOwnerEnforced) => Some("ACLs are off"),
            Some(Ownership::BucketOwnerPreferred | Ownership::ObjectWriter) | None => None,
        },
    )
}

/// Where objects can be asked for by the id of a version, which is a right of its own. In a bucket
/// that never had versions every object is the version `null`; that it is served by that id is
/// nowhere stated.
///
/// Source: Amazon S3 API Reference, `GetObject`: with `versionId` only `s3:GetObjectVersion` is
/// needed; Amazon S3 User Guide, "Working with objects in a versioning-suspended bucket".
pub(super) fn versions(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let never = world
        .bucket(from)
        .is_some_and(|bucket| bucket.settings.versioning == Seen::Is(Versioning::Never));
    if never {
        let text = "a bucket without versions serves its objects as the version `null`";
        let (doubt, kind) = (Strength::Conditional, NoteKind::Condition);
        return vec![Reached::weakly(
            from,
            doubt,
            Vec::new(),
            kind,
            text.to_owned(),
        )];
    }
    setting(
        world,
        from,
        |bucket| &bucket.settings.versioning,
        |versioning| match versioning {
            Some(Versioning::Enabled) => Some("versioning is on"),
            Some(Versioning::Suspended) => Some("versioning was on"),
            Some(Versioning::Never) | None => None,
        },
    )
}

/// Where every new object makes a version, as replication asks.
pub(super) fn versioned(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    setting(
        world,
        from,
        |bucket| &bucket.settings.versioning,
        |versioning| match versioning {
            Some(Versioning::Enabled) => Some("versioning is on"),
            Some(Versioning::Suspended | Versioning::Never) | None => None,
        },
    )
}

/// The access points of a bucket, whichever account has them.
pub(super) fn access_points(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some(bucket) = world.bucket(from) else {
        return Vec::new();
    };
    let points = world.estate.access_points.values();
    let points = points.filter(|point| point.buckets.contains(&bucket.name));
    let reached = points.filter_map(|point| {
        let thing = world.things.find(Kind::AccessPoint, &point.arn)?;
        let says = format!("{} is an access point of {}", point.name, bucket.name);
        let evidence = Evidence::description(says, point.origin.clone());
        Some(Reached::surely(thing, vec![evidence]))
    });
    reached.collect()
}

/// The hosts that a volume, or one made of a snapshot, could be attached to: of the same account,
/// and for a volume of the same zone. A copy of a file system may be made in any region.
///
/// Source: Amazon EBS User Guide, "Attach an Amazon EBS volume to an Amazon EC2 instance": "in the
/// same Availability Zone".
pub(super) fn neighbours(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let volume = world.volume(from);
    let snapshot = world.snapshot(from);
    let store = world.file_system(from);
    let backup = world.backup(from);
    let hosts = world.all(Sort::Host).iter().filter_map(|thing| {
        let host = world.host(*thing)?;
        let fits = volume.is_some_and(|volume| may_attach(world, volume, host))
            || snapshot.is_some_and(|snapshot| is_near(snapshot, host))
            || store.is_some_and(|store| store.account == host.account)
            || backup.is_some_and(|backup| may_restore(backup, host));
        fits.then(|| Reached::surely(*thing, Vec::new()))
    });
    hosts.collect()
}

/// Volumes are restored where their backups lie; of file systems, the account is enough.
fn may_restore(backup: &Backup, host: &Host) -> bool {
    let here = backup.kind != BackupKind::Disk || backup.region == host.region;
    here && backup.account == host.account
}

/// The subnets where a copy of a file system could get a mount target.
pub(super) fn own_subnets(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let Some(owner) = world.account(from) else {
        return Vec::new();
    };
    let subnets = world.all(Sort::Subnet).iter().copied();
    let own = |thing: &ThingIx| world.account(*thing) == Some(owner);
    let own = subnets.filter(own);
    own.map(|thing| Reached::surely(thing, Vec::new()))
        .collect()
}

fn may_attach(world: &World<'_>, volume: &Volume, host: &Host) -> bool {
    let own = host.volumes.iter().any(|own| own.volume.to == volume.id);
    let subnet = host.subnet.as_ref();
    let subnet = subnet.and_then(|id| world.estate.subnets.get(id));
    let zones = (
        volume.zone.as_deref(),
        subnet.and_then(|subnet| subnet.zone.as_deref()),
    );
    let same_zone = match zones {
        (Some(one), Some(other)) => one == other,
        (Some(_) | None, _) => true,
    };
    !own && same_zone && volume.account == host.account && volume.region == host.region
}

fn is_near(snapshot: &Snapshot, host: &Host) -> bool {
    snapshot.account == host.account && snapshot.region == host.region
}

/// The topics whose objects are copied into a bucket.
pub(super) fn copied_topics(world: &World<'_>, cluster: &Cluster, bucket: &str) -> Vec<Reached> {
    let copies = world.estate.copies_of_cluster(cluster);
    let Some(copy) = copies.iter().find(|copy| copy.to == bucket) else {
        return Vec::new();
    };
    if !may_copy(cluster, copy.rule) {
        return Vec::new();
    }
    let says = format!("{} is replicated to {bucket}", copy.from);
    let origin = Origin::Captured(copy.rule.source.clone());
    let mut reached = holders::all_topics(world, cluster, |_| {
        vec![Evidence::description(says.clone(), origin.clone())]
    });
    if let Some(doubt) = copying_doubt(copy.rule) {
        for one in &mut reached {
            let (strength, kind) = (Strength::Conditional, NoteKind::Condition);
            let evidence = one.evidence.clone();
            *one = Reached::weakly(one.thing, strength, evidence, kind, doubt.clone());
        }
    }
    reached
}

/// Why a rule may not copy everything.
pub(super) fn copying_doubt(rule: &Replication) -> Option<String> {
    if !rule.enabled {
        Some("the rule is off: what it copied while it was on is still there".to_owned())
    } else if rule.by_tag {
        Some("only objects with certain tags are copied".to_owned())
    } else if rule.prefix.is_empty() {
        None
    } else {
        let prefix = &rule.prefix;
        Some(format!(
            "only objects whose keys begin with `{prefix}` are copied"
        ))
    }
}

/// Whether a rule may be about keys that the engine writes: they begin with a hexadecimal number.
fn may_copy(cluster: &Cluster, rule: &Replication) -> bool {
    let (head, rest) = rule.prefix.split_once('/').unwrap_or((&rule.prefix, ""));
    let whole = rule.prefix.contains('/');
    let patterns = || cluster.object_keys.values().flatten();
    patterns().next().is_none()
        || patterns().any(|pattern| {
            if let Some(after) = pattern.strip_prefix("{hex}/") {
                let digits = head.bytes().all(|b| b.is_ascii_hexdigit());
                let meets = intersects(&Glob::new(&format!("{rest}*")), &Glob::new(after));
                return digits && (!whole || meets.is_some());
            }
            let prefix = Glob::new(&format!("{}*", rule.prefix));
            let keys = pattern.replace("{hex}", "*").replace(TOPIC, "*");
            intersects(&prefix, &Glob::new(&keys)).is_some()
        })
}
