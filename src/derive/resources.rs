//! Which ARNs a request is about.
//!
//! Some are fixed; others the caller or the engine chooses, and then one candidate that is allowed
//! is enough. Candidates are taken from the patterns of the policies in play, so that a grant on a
//! prefix is found however narrow it is.
//!
//! Must never: decide. It only says about what to ask.

use std::collections::BTreeSet;

use super::judge::About;
use super::workloads::Workload;
use super::world::{TOPIC, World};
use super::{access_grants, backups};
use crate::estate::{AccessPoint, Consumer, Origin};
use crate::facts::ThingIx;
use crate::policy::{Glob, PLACEHOLDER, ResourcePattern, Statement, intersects};
use crate::rules::Part;

/// An object key as the engine writes them, for conditions that name the object.
pub(super) const SAMPLE_OBJECT: &str = "3a000000/_kafka_cluster/163";

/// One ARN of which one candidate must be allowed.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Candidates; a single one when nothing is to choose.
    pub(super) candidates: Vec<String>,
    /// Owner of the resource.
    pub(super) account: Option<String>,
    /// Whether the thing exists already, with the tags that the estate shows.
    pub(super) exists: bool,
}

/// Stands in a pattern of object keys for hexadecimal digits.
pub(super) const HEX: &str = "{hex}";

/// Stands for what a pattern of object keys leaves open.
pub(super) const SAMPLE_KEY: &str = "cluster/163";

/// Everything that a request needs, all of it: `part` of what it is about, looked for with the
/// patterns of `statements`; through a grant of S3 Access Grants, what that is about.
pub(super) fn wanted(
    world: &World<'_>,
    part: Part,
    about: About,
    statements: &[&Statement],
) -> Vec<Wanted> {
    let one = |arn: String, account: Option<&str>, exists: bool| Wanted {
        candidates: vec![arn],
        account: account.map(str::to_owned),
        exists,
    };
    let thing = about.on;
    let id = world.id(thing);
    if let Some(backup) = world.backup(thing) {
        let copied = [Part::NewFileSystem, Part::NewInterface].contains(&part);
        return if copied {
            let place = (backup.account.as_str(), backup.region.as_str());
            copied_file_system(part, place, statements)
        } else {
            backups::wanted(part, backup, statements)
        };
    }
    match part {
        Part::Vault | Part::OwnVault | Part::RestoredObjects => Vec::new(),
        Part::Everything => vec![one("*".to_owned(), None, true)],
        Part::Itself => itself(world, thing)
            .map(|arn| one(arn, world.account(thing), true))
            .into_iter()
            .collect(),
        Part::Objects if world.access_point(thing).is_some() => world
            .access_point(thing)
            .map(|point| by_access_point(world, point, about.of, statements))
            .into_iter()
            .collect(),
        Part::Objects => {
            let Some(bucket) = world.bucket(thing) else {
                return Vec::new();
            };
            let all = keys_of(world, thing, &bucket.name);
            let scope = about.through;
            let scope = scope.and_then(|grant| access_grants::within(world, grant, bucket, &all));
            let patterns = scope.unwrap_or(all);
            let account = bucket.account.as_deref();
            let prefix = object_arn(&bucket.name);
            vec![objects(&prefix, &patterns, account, statements)]
        }
        Part::NewSnapshot => {
            let volume = world.volume(thing).map(|x| (&x.region, &x.account));
            let snapshot = || world.snapshot(thing).map(|x| (&x.region, &x.account));
            let Some((region, account)) = volume.or_else(snapshot) else {
                return Vec::new();
            };
            let arn = format!("arn:aws:ec2:{region}::snapshot/snap-0new");
            vec![one(arn, Some(account), false)]
        }
        Part::NewVolume => {
            let Some(snapshot) = world.snapshot(thing) else {
                return Vec::new();
            };
            let (region, account) = (&snapshot.region, &snapshot.account);
            let arn = format!("arn:aws:ec2:{region}:{account}:volume/vol-0new");
            vec![one(arn, Some(account), false)]
        }
        Part::NewAccessPoint | Part::NewMultiRegionAccessPoint => {
            let Some(bucket) = world.bucket(thing) else {
                return Vec::new();
            };
            let region = if part == Part::NewAccessPoint {
                bucket.region.as_deref().unwrap_or("*")
            } else {
                ""
            };
            let account = bucket.account.as_deref().unwrap_or("*");
            let pattern = format!("arn:aws:s3:{region}:{account}:accesspoint/*");
            let mut candidates = meet(&pattern, statements);
            candidates.insert(pattern.replace('*', "new"));
            vec![Wanted {
                candidates: candidates.into_iter().collect(),
                account: bucket.account.clone(),
                exists: false,
            }]
        }
        Part::GrantsInstance | Part::NewGrantsLocation => {
            let bucket = world.bucket(thing);
            let own = bucket.and_then(|x| Some((x.account.as_ref()?, x.region.as_ref()?)));
            let Some((account, region)) = own.or_else(|| world.grants_place(thing)) else {
                return Vec::new();
            };
            let instance = access_grants::instance_arn(account, region);
            if part == Part::GrantsInstance {
                return vec![one(instance, Some(account), true)];
            }
            let pattern = format!("{instance}/location/*");
            let mut candidates = meet(&pattern, statements);
            candidates.insert(pattern.replace('*', "new"));
            vec![Wanted {
                candidates: candidates.into_iter().collect(),
                account: Some(account.clone()),
                exists: false,
            }]
        }
        Part::NewFileSystem | Part::OwnFileSystem | Part::NewInterface => {
            let Some(store) = world.file_system(thing) else {
                return Vec::new();
            };
            let place = (store.account.as_str(), store.region.as_str());
            copied_file_system(part, place, statements)
        }
        Part::NewFunction => beside(world, thing, ("lambda", "function:*"), statements),
        Part::NewLayer => beside(world, thing, ("lambda", "layer:*:1"), statements),
        Part::NewTaskDefinition => beside(world, thing, ("ecs", "task-definition/*:1"), statements),
        Part::AnyService => beside(world, thing, ("ecs", "service/*"), statements),
        Part::AccessEntry => {
            let name = world.kubernetes(thing).map_or("*", |k| &k.name);
            let entry = format!("access-entry/{name}/*");
            beside(world, thing, ("eks", &entry), statements)
        }
        Part::ClusterOfTask => {
            let task = world.estate.tasks.get(id).into_iter();
            task.map(|task| one(task.cluster.clone(), Some(&task.account), true))
                .collect()
        }
        Part::OwnBucket => vec![one(format!("arn:aws:s3:::{OWN_BUCKET}/x"), None, false)],
        Part::ShellDocument => {
            let region = world
                .estate
                .hosts
                .get(id)
                .map_or("", |host| host.region.as_str());
            let arn = format!("arn:aws:ssm:{region}::document/AWS-RunShellScript");
            vec![one(arn, None, true)]
        }
        Part::Launch => launch(world, thing, statements),
    }
}

/// What lies in the account and region of a role, subnet, function, task or EKS cluster, and does
/// not exist yet or has any name. Of a shared subnet, in the account that it is shared with.
///
/// Source: Service Authorization Reference: AWS Lambda, Amazon ECS, Amazon EKS.
fn beside(
    world: &World<'_>,
    thing: ThingIx,
    (service, kind): (&str, &str),
    statements: &[&Statement],
) -> Vec<Wanted> {
    let guest = world.guests.get(&thing).map(|(_, account)| *account);
    let Some(account) = guest.or_else(|| world.account(thing)) else {
        return Vec::new();
    };
    let region = world.region(thing).unwrap_or("*");
    let pattern = format!("arn:aws:{service}:{region}:{account}:{kind}");
    let mut candidates = meet(&pattern, statements);
    candidates.insert(pattern.replace('*', "new"));
    vec![Wanted {
        candidates: candidates.into_iter().collect(),
        account: Some(account.to_owned()),
        exists: false,
    }]
}

/// The ARN of a workload or an EKS cluster. The tasks of a service have ids that nobody knows.
fn runs(world: &World<'_>, thing: ThingIx) -> Option<String> {
    match world.workloads.get(&thing) {
        Some(Workload::Task(task)) if task.of_service => {
            let cluster = task.cluster.rsplit('/').next().unwrap_or_default();
            let (region, account) = (&task.region, &task.account);
            Some(format!(
                "arn:aws:ecs:{region}:{account}:task/{cluster}/{PLACEHOLDER}"
            ))
        }
        Some(Workload::Function(_) | Workload::Task(_)) => Some(world.id(thing).to_owned()),
        Some(Workload::Pod(_)) => None,
        None => world.kubernetes(thing).map(|k| k.arn.clone()),
    }
}

/// The ARN of a thing, when the capture describes it.
fn itself(world: &World<'_>, thing: ThingIx) -> Option<String> {
    let id = world.id(thing);
    // What a projection adds has no id yet: it may be any.
    let named = |origin: &Origin| match origin {
        Origin::Assumed { .. } => PLACEHOLDER.to_string(),
        Origin::Captured(_) | Origin::Inferred { .. } | Origin::Pinned(_) => id.to_owned(),
    };
    let host = world.host(thing);
    let host = host.map(|x| {
        let id = named(&x.origin);
        format!("arn:aws:ec2:{}:{}:instance/{id}", x.region, x.account)
    });
    let bucket = || world.bucket(thing).map(|_| format!("arn:aws:s3:::{id}"));
    let volume = || world.volume(thing);
    let volume = || {
        volume().map(|x| {
            let id = named(&x.origin);
            format!("arn:aws:ec2:{}:{}:volume/{id}", x.region, x.account)
        })
    };
    let store = || world.file_system(thing).map(|x| x.arn.clone());
    let managed = || world.managed(thing).map(|x| managed_arn(&x.arn, id));
    let consumer = || world.consumer(thing).map(consumer_arn);
    let snapshot = || world.snapshot(thing);
    let snapshot = || snapshot().map(|x| format!("arn:aws:ec2:{}::snapshot/{id}", x.region));
    let by_arn = || {
        let described = world.identity(thing).is_some()
            || world.key(thing).is_some()
            || world.access_point(thing).is_some()
            || world.grants_place(thing).is_some()
            || world.secret(thing).is_some();
        described.then(|| id.to_owned())
    };
    host.or_else(bucket)
        .or_else(volume)
        .or_else(snapshot)
        .or_else(store)
        .or_else(managed)
        .or_else(consumer)
        .or_else(|| runs(world, thing))
        .or_else(by_arn)
}

/// The ARN of a consumer; event source mappings go by their id.
///
/// Source: Service Authorization Reference, "AWS Lambda", resource types.
fn consumer_arn(consumer: &Consumer) -> String {
    let Consumer {
        id,
        account,
        region,
        ..
    } = consumer;
    if id.starts_with("arn:") {
        id.clone()
    } else {
        format!("arn:aws:lambda:{region}:{account}:event-source-mapping:{id}")
    }
}

/// The ARN of a managed cluster, or of one of its topics.
///
/// Source: Service Authorization Reference, "Apache Kafka APIs for Amazon MSK clusters":
/// `topic/${ClusterName}/${ClusterUuid}/${TopicName}`.
fn managed_arn(cluster: &str, id: &str) -> String {
    match id.split_once('/') {
        Some((_, topic)) if !id.starts_with("arn:") => {
            format!("{}/{topic}", cluster.replacen(":cluster/", ":topic/", 1))
        }
        Some(_) | None => cluster.to_owned(),
    }
}

/// Patterns of the object keys that some engine writes into a bucket, those of single topics left
/// out. Copies lie under the keys of the bucket that they come from, single topics among them.
fn written(world: &World<'_>, bucket: &str) -> BTreeSet<String> {
    let own = keys(world, bucket).filter(|pattern| !pattern.contains(TOPIC));
    let copies = world.estate.copies().into_iter();
    let copies = copies.filter(|copy| copy.to == bucket);
    let copied = copies.flat_map(|copy| {
        let from = every(world, &copy.from).into_iter();
        from.chain(written(world, &copy.from))
    });
    own.cloned().chain(copied).collect()
}

/// The same, whichever topic the keys carry.
fn every(world: &World<'_>, bucket: &str) -> BTreeSet<String> {
    let all = keys(world, bucket);
    all.map(|pattern| pattern.replace(TOPIC, "*")).collect()
}

/// Patterns of the object keys that some engine writes into a bucket.
fn keys<'w>(world: &'w World<'_>, bucket: &'w str) -> impl Iterator<Item = &'w String> {
    let clusters = world.estate.clusters.values();
    let patterns = clusters.flat_map(move |cluster| {
        let roles = cluster.buckets.iter();
        let roles = roles.filter(move |(_, link)| link.to == bucket);
        roles.filter_map(|(role, _)| cluster.object_keys.get(role))
    });
    patterns.flatten()
}

/// An account of the caller's own, that no policy names.
const OWN_ACCOUNT: &str = "000000000000";

/// A bucket that the caller made for itself: named by no policy.
const OWN_BUCKET: &str = "zz-a-bucket-of-the-caller";

/// A copy of a file system, wherever the caller makes it.
fn copied_file_system(
    part: Part,
    (account, region): (&str, &str),
    statements: &[&Statement],
) -> Vec<Wanted> {
    let chosen = |pattern: String| {
        let mut candidates = meet(&pattern, statements);
        candidates.insert(pattern.replace('*', "new"));
        Wanted {
            candidates: candidates.into_iter().collect(),
            account: Some(account.to_owned()),
            exists: false,
        }
    };
    if part == Part::NewInterface {
        return vec![
            chosen(format!("arn:aws:ec2:*:{account}:network-interface/*")),
            chosen(format!("arn:aws:ec2:*:{account}:subnet/*")),
        ];
    }
    if part == Part::OwnFileSystem {
        let arn = format!("arn:aws:elasticfilesystem:{region}:{OWN_ACCOUNT}:file-system/fs-0own");
        return vec![Wanted {
            candidates: vec![arn],
            account: None,
            exists: false,
        }];
    }
    vec![chosen(format!(
        "arn:aws:elasticfilesystem:*:{account}:file-system/*"
    ))]
}

/// The objects of a bucket as an access point names them.
///
/// Source: Amazon S3 User Guide, "Configuring IAM policies for using access points":
/// `accesspoint/NAME/object/KEY`.
fn by_access_point(
    world: &World<'_>,
    point: &AccessPoint,
    of: Option<ThingIx>,
    statements: &[&Statement],
) -> Wanted {
    let prefix = object_arn_through(point);
    let patterns = if let Some(of) = of {
        let bucket = world.bucket(of);
        bucket.map_or_else(BTreeSet::new, |bucket| keys_of(world, of, &bucket.name))
    } else {
        let behind = point.buckets.iter();
        behind.flat_map(|bucket| every(world, bucket)).collect()
    };
    Wanted {
        account: Some(point.account.clone()),
        ..objects(&prefix, &patterns, None, statements)
    }
}

/// What the ARNs of a bucket's objects begin with.
fn object_arn(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}/")
}

fn object_arn_through(point: &AccessPoint) -> String {
    format!("{}/object/", point.arn)
}

/// What the ARNs of objects begin with, as a bucket or an access point names them.
pub(super) fn object_prefix(world: &World<'_>, door: ThingIx) -> Option<String> {
    let point = world.access_point(door).map(object_arn_through);
    point.or_else(|| Some(object_arn(&world.bucket(door)?.name)))
}

/// Patterns of the keys of objects of one topic, or of a bucket as a whole.
pub(super) fn keys_of(world: &World<'_>, objects: ThingIx, bucket: &str) -> BTreeSet<String> {
    match world.objects.get(&objects) {
        Some(of) => of.keys.iter().cloned().collect(),
        None => written(world, bucket),
    }
}

/// Objects that the engine writes: a spread of keys, and one in every pattern that a policy names.
fn objects(
    prefix: &str,
    patterns: &BTreeSet<String>,
    account: Option<&str>,
    statements: &[&Statement],
) -> Wanted {
    let mut candidates = Vec::new();
    for pattern in patterns {
        let written = |key: &str| {
            let sample = format!("{prefix}{}", key.replace('*', SAMPLE_KEY));
            std::iter::once(sample).chain(meet(&format!("{prefix}{key}"), statements))
        };
        if !pattern.contains(HEX) {
            candidates.extend(written(pattern));
            continue;
        }
        // Keys begin with hexadecimal digits: one of each, so that a deny on a few is no deny on
        // all of them.
        for digit in "0123456789abcdef".chars() {
            let key = pattern.replacen(HEX, &format!("{digit}a000000"), 1);
            candidates.extend(written(&key));
        }
        // A policy may spell out more of a key than one digit.
        let open = meet(
            &format!("{prefix}{}", pattern.replacen(HEX, "*", 1)),
            statements,
        );
        candidates.extend(open.into_iter().filter(|found| {
            let key = found.strip_prefix(prefix).unwrap_or_default();
            let digits = key.split('/').next().unwrap_or_default();
            !pattern.starts_with(HEX)
                || (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit()))
        }));
    }
    let mut seen = BTreeSet::new();
    candidates.retain(|candidate| seen.insert(candidate.clone()));
    if patterns.is_empty() {
        candidates.push(format!("{prefix}{SAMPLE_OBJECT}"));
    }
    Wanted {
        candidates,
        account: account.map(str::to_owned),
        exists: true,
    }
}

/// What launching an instance touches. The caller chooses all but a given subnet.
///
/// Source: Service Authorization Reference, Amazon EC2: required resource types of `RunInstances`.
fn launch(world: &World<'_>, thing: ThingIx, statements: &[&Statement]) -> Vec<Wanted> {
    let estate = world.estate;
    let id = world.id(thing);
    let subnet = world.subnet(thing);
    let account = match (world.launcher(thing), estate.identities.get(id)) {
        (Some(launcher), _) => launcher,
        (None, Some(role)) => role.account.as_str(),
        (None, None) => return Vec::new(),
    };
    let zone = subnet.and_then(|subnet| subnet.zone.as_deref());
    let region = match zone {
        Some(zone) => zone.trim_end_matches(|c: char| c.is_ascii_lowercase()),
        None => "*",
    };
    let owned = |kind: &str| format!("arn:aws:ec2:{region}:{account}:{kind}/*");
    let mut patterns: Vec<String> = ["instance", "network-interface", "security-group", "volume"]
        .map(owned)
        .to_vec();
    patterns.push(format!("arn:aws:ec2:{region}::image/*"));
    match subnet {
        Some(subnet) => {
            patterns.push(format!(
                "arn:aws:ec2:{region}:{}:subnet/{}",
                subnet.account, subnet.id
            ));
        }
        None => patterns.push(owned("subnet")),
    }
    let wanted = patterns.iter().map(|pattern| {
        let mut candidates = meet(pattern, statements);
        candidates.insert(pattern.replace('*', "x"));
        Wanted {
            candidates: candidates.into_iter().collect(),
            account: Some(account.to_owned()),
            exists: false,
        }
    });
    wanted.collect()
}

/// One text in the intersection of `pattern` with each resource pattern of the statements.
pub(super) fn meet(pattern: &str, statements: &[&Statement]) -> BTreeSet<String> {
    let wanted = Glob::new(pattern);
    statements
        .iter()
        .flat_map(|statement| statement.resource.items())
        .filter_map(|named| match named {
            ResourcePattern::Fixed(named) if !named.is_everything() => {
                intersects(&wanted, named.glob())
            }
            ResourcePattern::Fixed(_) | ResourcePattern::Open(_) | ResourcePattern::Unreadable => {
                None
            }
        })
        .collect()
}
