//! AWS Backup: recovery points of what holds a log, and plans that make them.
//!
//! Source: AWS Backup API Reference; AWS Backup Developer Guide, "Encryption for backups in AWS
//! Backup": a recovery point of EBS is an EBS snapshot, encrypted as its volume; those of S3 and EFS
//! are encrypted with the key of the vault.
//!
//! Must never: take a vault whose recovery points were not listed for an empty one.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;
use std::sync::Arc;

use super::build::{Builder, captured, in_account, text};
use super::consumers::place;
use super::{
    Backup, BackupKind, BackupPlan, BackupSelection, BackupVault, Cluster, Estate, Origin, Outcome,
    Seen, Snapshot, Versioning, snapshots,
};
use crate::capture::Answer;
use crate::capture::json::Node;
use crate::names::Arn;
use crate::policy::Glob;

const POINTS: &str = "backup:ListRecoveryPointsByBackupVault";

/// The tag that AWS Backup sets on the snapshots that it makes: `INSTANCE:VOLUME`.
const SOURCE: &str = "aws:backup:source-resource";

/// Reads all answers about backups. Snapshots, buckets and clusters must have been read.
pub(super) fn read(builder: &mut Builder<'_>) {
    for answer in builder.answers("backup:ListBackupVaults") {
        for node in answer.body.list("BackupVaultList") {
            vault(builder, node, answer);
        }
    }
    for answer in builder.answers(POINTS) {
        for node in answer.body.list("RecoveryPoints") {
            point(builder, node, answer);
        }
    }
    plans(builder);
    by_tag(builder);
    cover(builder);
}

fn vault_arn(account: &str, region: &str, name: &str) -> String {
    format!("arn:aws:backup:{region}:{account}:backup-vault:{name}")
}

fn vault(builder: &mut Builder<'_>, node: &Node, answer: &Answer) {
    let Some(name) = text(node, "BackupVaultName") else {
        return;
    };
    let arn = text(node, "BackupVaultArn").unwrap_or_default();
    let (account, region) = place(&arn, answer);
    let call = "backup:GetBackupVaultAccessPolicy";
    let missing = format!("{call} of {name} ({}, {region})", in_account(&account));
    let asked = builder.about(call, &name, Some(&account), Some(&region));
    let (policy, outcome) = builder.answered_document(asked, "Policy", &missing);
    builder.cover(call, &account, &region, &name, outcome);
    let asked = builder.about(POINTS, &name, Some(&account), Some(&region));
    let outcome = asked.map_or(Outcome::NotCollected, |answer| answer.outcome);
    builder.cover(POINTS, &account, &region, &name, outcome);
    let arn = vault_arn(&account, &region, &name);
    let found = BackupVault {
        arn: arn.clone(),
        name,
        account,
        region,
        key: text(node, "EncryptionKeyArn"),
        policy,
        origin: captured(node),
    };
    builder.estate.backup_vaults.insert(arn, found);
}

/// What the ARN of a resource says: of which kind, and its id or name.
fn resource(arn: &str) -> Option<(BackupKind, String)> {
    let parsed = Arn::from_str(arn).ok()?;
    let id = |begin: &str| parsed.resource().strip_prefix(begin).map(str::to_owned);
    match parsed.service() {
        "ec2" => Some((BackupKind::Disk, id("volume/")?)),
        "s3" => Some((BackupKind::Bucket, id("")?)),
        "elasticfilesystem" => Some((BackupKind::FileSystem, id("file-system/")?)),
        _ => None,
    }
}

fn point(builder: &mut Builder<'_>, node: &Node, answer: &Answer) {
    let (Some(arn), Some(of)) = (text(node, "RecoveryPointArn"), text(node, "ResourceArn")) else {
        return;
    };
    let Some((kind, of)) = resource(&of) else {
        return;
    };
    if matches!(node.str("Status"), Some("DELETING" | "EXPIRED")) {
        return;
    }
    let name = text(node, "BackupVaultName").unwrap_or_else(|| answer.resource.clone());
    let (account, region) = place(&text(node, "BackupVaultArn").unwrap_or_default(), answer);
    let vault = vault_arn(&account, &region, &name);
    let known = builder.estate.backup_vaults.get(&vault);
    let policy = known.map_or_else(
        || {
            let call = "backup:GetBackupVaultAccessPolicy";
            let missing = format!("{call} of {name} ({}, {region})", in_account(&account));
            Seen::Unread(Arc::from(missing))
        },
        |vault| vault.policy.clone(),
    );
    let key = text(node, "EncryptionKeyArn").or_else(|| match kind {
        BackupKind::Disk => None,
        BackupKind::Bucket | BackupKind::FileSystem => known.and_then(|vault| vault.key.clone()),
    });
    let encrypted = node.get("IsEncrypted").and_then(Node::as_bool);
    let unread = || format!("whether {arn} is encrypted");
    let encrypted = match encrypted {
        // Recovery points of S3 and EFS always are.
        None if kind != BackupKind::Disk => Seen::Is(true),
        None if key.is_some() => Seen::Is(true),
        None => Seen::Unread(Arc::from(unread())),
        Some(encrypted) => Seen::Is(encrypted),
    };
    if kind == BackupKind::Disk {
        snapshot(builder, &arn, &of, (&account, &region), node);
    }
    add(
        builder,
        Backup {
            id: format!(
                "backups of {of} in the vault {name} ({}, {region})",
                in_account(&account)
            ),
            vault: Some(vault),
            account,
            region,
            kind,
            resource: of,
            points: BTreeSet::from([arn]),
            encrypted,
            key,
            policy,
            origin: captured(node),
        },
    );
}

/// Adds a recovery point to those of its resource in its vault. The one that asks for less counts.
fn add(builder: &mut Builder<'_>, found: Backup) {
    let known = &mut builder.estate.backups;
    match known.get_mut(&found.id) {
        Some(all) => {
            all.points.extend(found.points);
            if found.encrypted == Seen::Is(false) {
                all.encrypted = found.encrypted;
                all.origin = found.origin;
            }
        }
        None => {
            known.insert(found.id.clone(), found);
        }
    }
}

/// A recovery point of a volume is a snapshot, whether snapshots were listed or not.
fn snapshot(
    builder: &mut Builder<'_>,
    arn: &str,
    volume: &str,
    (account, region): (&str, &str),
    node: &Node,
) {
    let Some((_, id)) = arn.split_once(":snapshot/") else {
        return;
    };
    if builder.estate.snapshots.contains_key(id) {
        return;
    }
    let found = Snapshot {
        id: id.to_owned(),
        volume: volume.to_owned(),
        account: account.to_owned(),
        region: region.to_owned(),
        encrypted: node
            .get("IsEncrypted")
            .and_then(Node::as_bool)
            .unwrap_or(true),
        key: text(node, "EncryptionKeyArn"),
        tags: BTreeMap::new(),
        started: text(node, "CreationDate"),
        sharing: Seen::Unread(Arc::from(snapshots::unread(account, region))),
        origin: captured(node),
    };
    builder.estate.undescribed.insert(id.to_owned());
    builder.estate.snapshots.insert(id.to_owned(), found);
}

/// Snapshots that carry the tag of AWS Backup are recovery points, in a vault that may not be known.
fn by_tag(builder: &mut Builder<'_>) {
    let estate = &builder.estate;
    let listed: BTreeSet<&String> = estate.backups.values().flat_map(|b| &b.points).collect();
    let mut found = Vec::new();
    for snapshot in estate.snapshots.values() {
        let (account, region) = (&snapshot.account, &snapshot.region);
        let arn = format!("arn:aws:ec2:{region}::snapshot/{}", snapshot.id);
        if !snapshot.tags.contains_key(SOURCE) || listed.contains(&arn) {
            continue;
        }
        let vaults = estate.backup_vaults.values();
        let mut vaults = vaults.filter(|v| v.account == *account && v.region == *region);
        let only = vaults.next().filter(|_| vaults.next().is_none());
        let policy = only.map_or_else(
            || {
                let call = "backup:GetBackupVaultAccessPolicy";
                let missing = format!("{call} ({}, {region})", in_account(account));
                Seen::Unread(Arc::from(missing))
            },
            |vault| vault.policy.clone(),
        );
        let place = in_account(account);
        found.push(Backup {
            id: format!(
                "backups of {} in a vault ({place}, {region})",
                snapshot.volume
            ),
            vault: only.map(|vault| vault.arn.clone()),
            account: account.clone(),
            region: region.clone(),
            kind: BackupKind::Disk,
            resource: snapshot.volume.clone(),
            points: BTreeSet::from([arn]),
            encrypted: Seen::Is(snapshot.encrypted),
            key: snapshot.key.clone(),
            policy,
            origin: Origin::Inferred {
                why: format!(
                    "{} has the tag {SOURCE}, which AWS Backup sets",
                    snapshot.id
                ),
                from: super::link::at(&snapshot.origin).into_iter().collect(),
            },
        });
    }
    for backup in found {
        add(builder, backup);
    }
}

fn plans(builder: &mut Builder<'_>) {
    for answer in builder.answers("backup:ListBackupPlans") {
        for node in answer.body.list("BackupPlansList") {
            let Some(id) = text(node, "BackupPlanId") else {
                continue;
            };
            let (account, region) = place(&text(node, "BackupPlanArn").unwrap_or_default(), answer);
            for call in ["backup:GetBackupPlan", "backup:ListBackupSelections"] {
                let asked = builder.about(call, &id, Some(&account), Some(&region));
                let outcome = asked.map_or(Outcome::NotCollected, |answer| answer.outcome);
                builder.cover(call, &account, &region, &id, outcome);
            }
        }
    }
    for answer in builder.answers("backup:GetBackupPlan") {
        let id = text(&answer.body, "BackupPlanId").unwrap_or_else(|| answer.resource.clone());
        let (account, region) = place(
            &text(&answer.body, "BackupPlanArn").unwrap_or_default(),
            answer,
        );
        let mut vaults = BTreeSet::new();
        let rules = answer.body.get("BackupPlan").map(|plan| plan.list("Rules"));
        for rule in rules.into_iter().flatten() {
            let own = text(rule, "TargetBackupVaultName");
            vaults.extend(own.map(|name| vault_arn(&account, &region, &name)));
            let copies = rule.list("CopyActions").iter();
            vaults.extend(copies.filter_map(|copy| text(copy, "DestinationBackupVaultArn")));
        }
        let plan = plan(builder, &id, account, region);
        plan.vaults = vaults;
    }
    for answer in builder.answers("backup:ListBackupSelections") {
        for node in answer.body.list("BackupSelectionsList") {
            let (Some(plan), Some(id)) = (text(node, "BackupPlanId"), text(node, "SelectionId"))
            else {
                continue;
            };
            let (account, region) = (answer.account.clone(), answer.region.clone());
            let call = "backup:GetBackupSelection";
            let asked = [id.clone(), format!("{plan}/{id}")];
            let asked = asked
                .iter()
                .find_map(|id| builder.about(call, id, Some(&account), Some(&region)));
            let outcome = asked.map_or(Outcome::NotCollected, |answer| answer.outcome);
            builder.cover(call, &account, &region, &format!("{plan}/{id}"), outcome);
        }
    }
    for answer in builder.answers("backup:GetBackupSelection") {
        let own = answer
            .resource
            .split_once('/')
            .map(|(plan, _)| plan.to_owned());
        let Some(id) = text(&answer.body, "BackupPlanId").or(own) else {
            continue;
        };
        let Some(node) = answer.body.get("BackupSelection") else {
            continue;
        };
        let patterns = |list: &str| node.list(list).iter().filter_map(Node::scalar).collect();
        let tags = node.list("ListOfTags").iter();
        let selection = BackupSelection {
            resources: patterns("Resources"),
            but: patterns("NotResources"),
            tags: tags
                .filter_map(|tag| {
                    let value = tag.str("ConditionValue").unwrap_or_default();
                    Some((text(tag, "ConditionKey")?, value.to_owned()))
                })
                .collect(),
        };
        let (account, region) = (answer.account.clone(), answer.region.clone());
        let plan = plan(builder, &id, account, region);
        plan.selections.push(selection);
    }
}

fn plan<'b>(
    builder: &'b mut Builder<'_>,
    id: &str,
    account: String,
    region: String,
) -> &'b mut BackupPlan {
    let plans = &mut builder.estate.backup_plans;
    plans.entry(id.to_owned()).or_insert_with(|| BackupPlan {
        id: id.to_owned(),
        account,
        region,
        ..BackupPlan::default()
    })
}

/// Lists that a complete capture holds where AWS Backup is used: where some answer of it was kept,
/// or a snapshot carries its tag.
fn cover(builder: &mut Builder<'_>) {
    let answers = builder.capture.answers.iter();
    let answered = answers.filter(|a| a.call.starts_with("backup:") && !a.account.is_empty());
    let answered = answered.map(|a| (a.account.clone(), a.region.clone()));
    let tagged = builder.estate.snapshots.values();
    let tagged = tagged.filter(|snapshot| snapshot.tags.contains_key(SOURCE));
    let tagged = tagged.map(|x| (x.account.clone(), x.region.clone()));
    let places: BTreeSet<(String, String)> = answered.chain(tagged).collect();
    for (account, region) in places {
        for call in ["backup:ListBackupVaults", "backup:ListBackupPlans"] {
            let asked = builder.about(call, "", Some(&account), Some(&region));
            let outcome = asked.map_or(Outcome::NotCollected, |answer| answer.outcome);
            builder.cover(call, &account, &region, "", outcome);
        }
    }
}

/// Backups that a plan makes and whose vault was not read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnreadBackups {
    /// Of what kind of thing.
    pub kind: BackupKind,
    /// What they are, in words.
    pub what: String,
    /// The brokers whose replicas they hold; all of them when empty.
    pub brokers: BTreeSet<i32>,
    /// The call that was not answered.
    pub missing: String,
}

/// Something that holds a log, as selections see it.
struct Selected<'e> {
    kind: BackupKind,
    arns: Vec<String>,
    place: Option<(&'e str, &'e str)>,
    /// Tags; nothing where they were not read.
    tags: Option<&'e BTreeMap<String, String>>,
    broker: Option<i32>,
    what: String,
}

impl Estate {
    /// Backups of a cluster's log that a plan makes, in vaults that were not read.
    pub fn unread_backups(&self, cluster: &Cluster) -> Vec<UnreadBackups> {
        let mut found: BTreeMap<(String, String), UnreadBackups> = BTreeMap::new();
        let holders = self.selected(cluster);
        for plan in self.backup_plans.values() {
            let own = (plan.account.as_str(), plan.region.as_str());
            let fits = |holder: &&Selected<'_>| {
                holder.place.is_none_or(|place| place == own)
                    && plan.selections.iter().any(|s| may_select(s, holder))
            };
            for holder in holders.iter().filter(fits) {
                for vault in plan.vaults.iter().filter_map(|arn| Arn::from_str(arn).ok()) {
                    let name = vault.resource().trim_start_matches("backup-vault:");
                    let (account, region) = (vault.account(), vault.region());
                    if self.lists_backups(holder.kind, account, region, name) {
                        continue;
                    }
                    let place = format!("{}, {region}", in_account(account));
                    let what = format!("backups of {} in the vault {name} ({place})", holder.what);
                    let key = (vault.to_string(), holder.what.clone());
                    let unread = found.entry(key).or_insert_with(|| UnreadBackups {
                        kind: holder.kind,
                        what,
                        brokers: BTreeSet::new(),
                        missing: format!("{POINTS} of {name} ({place})"),
                    });
                    unread.brokers.extend(holder.broker);
                }
            }
        }
        found.into_values().collect()
    }

    /// Whether it is known what lies in a vault. Recovery points of volumes are snapshots.
    fn lists_backups(&self, kind: BackupKind, account: &str, region: &str, name: &str) -> bool {
        let listed = self.coverage.calls.iter().any(|(call, outcome)| {
            call.call == POINTS
                && (&*call.account, &*call.region, &*call.resource) == (account, region, name)
                && outcome.settles()
        });
        let disk = kind == BackupKind::Disk;
        listed || disk && self.listed("ec2:DescribeSnapshots", account, region)
    }

    fn selected<'e>(&'e self, cluster: &'e Cluster) -> Vec<Selected<'e>> {
        let mut all = Vec::new();
        let live = cluster.brokers.values().flat_map(|broker| {
            let volumes = broker.volumes.iter().chain(&broker.wal_volumes);
            volumes.map(move |link| (broker.id, &link.to))
        });
        let retired = cluster.retired_volumes.iter();
        let retired = retired.map(|(id, link)| (*id, &link.to));
        for (broker, id) in live.chain(retired) {
            let Some(volume) = self.volumes.get(id) else {
                continue;
            };
            let (region, account) = (&volume.region, &volume.account);
            let mut arns = vec![format!("arn:aws:ec2:{region}:{account}:volume/{id}")];
            let hosts = self.hosts.values();
            let hosts = hosts.filter(|host| host.volumes.iter().any(|own| own.volume.to == *id));
            arns.extend(hosts.map(|h| format!("arn:aws:ec2:{region}:{account}:instance/{}", h.id)));
            all.push(Selected {
                kind: BackupKind::Disk,
                arns,
                place: Some((account, region)),
                tags: Some(&volume.tags),
                broker: Some(broker),
                what: format!("log disks of {}", cluster.name),
            });
        }
        let copies = self.copies_of_cluster(cluster).into_iter();
        let names = cluster.buckets.values().map(|link| link.to.clone());
        for name in names.chain(copies.map(|copy| copy.to)) {
            let bucket = self.buckets.get(&name);
            // "you must turn on S3 Versioning". Source: AWS Backup Developer Guide, "Amazon S3
            // backups".
            let never = |versioning: &Seen<Versioning>| *versioning == Seen::Is(Versioning::Never);
            let Some(bucket) = bucket.filter(|b| !never(&b.settings.versioning)) else {
                continue;
            };
            let place = bucket.account.as_deref().zip(bucket.region.as_deref());
            all.push(Selected {
                kind: BackupKind::Bucket,
                arns: vec![format!("arn:aws:s3:::{}", bucket.name)],
                place,
                tags: None,
                broker: None,
                what: format!("the bucket {} of {}", bucket.name, cluster.name),
            });
        }
        let copies = self.file_copies_of(cluster).into_iter();
        let stores = cluster.file_systems.values().map(|link| &link.to);
        for id in stores.chain(copies.map(|copy| &copy.destination)) {
            let Some(store) = self.file_systems.get(id) else {
                continue;
            };
            all.push(Selected {
                kind: BackupKind::FileSystem,
                arns: vec![store.arn.clone()],
                place: Some((&store.account, &store.region)),
                tags: Some(&store.tags),
                broker: None,
                what: format!("the file system {} of {}", store.id, cluster.name),
            });
        }
        all
    }
}

/// Whether a selection names a thing, by its ARN or by a tag that it is known to have.
///
/// Source: AWS Backup API Reference, `BackupSelection`: `ListOfTags` assigns what matches one of
/// its conditions.
fn may_select(selection: &BackupSelection, holder: &Selected<'_>) -> bool {
    let named = |patterns: &[String]| {
        let mut globs = patterns.iter().map(|pattern| Glob::new(pattern));
        globs.any(|glob| holder.arns.iter().any(|arn| glob.matches(arn)))
    };
    let tagged = |tags: &BTreeMap<String, String>| {
        let mut wanted = selection.tags.iter();
        wanted.any(|(key, value)| tags.get(key) == Some(value))
    };
    let picked = named(&selection.resources) || holder.tags.is_some_and(tagged);
    picked && !named(&selection.but)
}
