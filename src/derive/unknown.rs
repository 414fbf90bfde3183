//! Holders that must exist and that the capture does not show: the log disks of a broker that no
//! instance was found for, snapshots of an account whose snapshots were not listed, the bucket of a
//! platform whose configuration does not name it.
//!
//! Each is taken up as a thing of its own, which nobody in particular reads: *whoever* reads it, is
//! reported once, as a gap (law 1).
//!
//! Must never: guess what such a holder is.

use std::collections::BTreeSet;

use crate::estate::{BackupKind, Cluster, Estate, FileSystemKind, Holding, Origin, Outcome};
use crate::rules::Sort;

/// A holder that was not found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Unknown {
    /// What sort of thing it must be.
    pub(super) sort: Sort,
    /// What it is, in words: `log disks of broker 1 of pier`.
    pub(super) id: String,
    /// The cluster whose data it holds.
    pub(super) cluster: String,
    /// The brokers whose replicas it holds; all of them when empty.
    pub(super) brokers: BTreeSet<i32>,
    /// The topics that it holds, where that does not follow from the brokers.
    pub(super) topics: Option<BTreeSet<String>>,
    /// What was not collected.
    pub(super) missing: String,
    /// Whether whoever has it runs a broker, with the credentials that lie there.
    pub(super) runs_a_broker: bool,
}

/// All of them, in the order of clusters and brokers.
pub(super) fn holders(estate: &Estate) -> Vec<Unknown> {
    let mut found = Vec::new();
    for cluster in estate.clusters.values() {
        for holding in &cluster.must_hold {
            match holding {
                Holding::LogVolumes => disks(cluster, &mut found),
                Holding::WalVolumes => found.extend(wal_volumes(cluster)),
                Holding::Bucket if cluster.buckets.is_empty() => {
                    let id = format!("data bucket of {}", cluster.name);
                    found.push(unnamed(cluster, Sort::Bucket, id));
                }
                Holding::FileSystem if cluster.file_systems.is_empty() => {
                    let id = format!("WAL file system of {}", cluster.name);
                    found.push(unnamed(cluster, Sort::FileSystem, id));
                }
                Holding::Bucket | Holding::FileSystem => {}
            }
        }
        if cluster.moved {
            copies_of_unknown_disks(cluster, &mut found);
            found.extend(hosts_after_a_move(cluster));
        }
        snapshots(estate, cluster, &mut found);
        replicas(estate, cluster, &mut found);
        found.extend(backups(estate, cluster));
    }
    found
}

/// A holder that nothing names.
fn unnamed(cluster: &Cluster, sort: Sort, id: String) -> Unknown {
    Unknown {
        sort,
        id,
        cluster: cluster.name.clone(),
        brokers: BTreeSet::new(),
        topics: None,
        missing: "the property that names it".to_owned(),
        runs_a_broker: false,
    }
}

/// Brokers whose write-ahead log lies on a volume that was not found. It holds events of any
/// topic.
fn wal_volumes(cluster: &Cluster) -> impl Iterator<Item = Unknown> {
    let brokers = cluster.brokers.values();
    let without = brokers.filter(|broker| broker.holds_data && broker.wal_volumes.is_empty());
    without.map(|broker| Unknown {
        sort: Sort::Volume,
        id: format!("WAL volume of broker {} of {}", broker.id, cluster.name),
        cluster: cluster.name.clone(),
        brokers: BTreeSet::new(),
        topics: None,
        missing: format!("the volumes of the instance of broker {}", broker.id),
        runs_a_broker: true,
    })
}

/// Brokers that hold replicas and whose disks were not found, with what is missing to find them.
fn diskless(cluster: &Cluster) -> Vec<(i32, String)> {
    let replicas = cluster.topics.as_ref().into_iter().flatten();
    let replicas = replicas.flat_map(|(_, topic)| topic.replicas.iter().flatten().copied());
    let with_data = cluster.data_brokers();
    let brokers: BTreeSet<i32> = replicas.chain(with_data.map(|broker| broker.id)).collect();
    let retired = |id: i32| {
        cluster
            .retired_volumes
            .iter()
            .any(|(broker, _)| *broker == id)
    };
    let missing = brokers
        .into_iter()
        .filter_map(|id| match cluster.brokers.get(&id) {
            Some(broker) if !broker.volumes.is_empty() || retired(id) => None,
            None => Some((id, format!("the configuration of broker {id}"))),
            Some(broker) if broker.host.is_none() => {
                Some((id, format!("the instance of broker {id}")))
            }
            Some(_) => Some((id, format!("the volumes of the instance of broker {id}"))),
        });
    missing.collect()
}

fn disks(cluster: &Cluster, found: &mut Vec<Unknown>) {
    let disks = diskless(cluster).into_iter().map(|(id, missing)| Unknown {
        sort: Sort::Volume,
        id: format!("log disks of broker {id} of {}", cluster.name),
        cluster: cluster.name.clone(),
        brokers: BTreeSet::from([id]),
        topics: None,
        missing,
        runs_a_broker: true,
    });
    found.extend(disks);
}

/// Brokers of shared storage whose instances were not found: a projection gives the broker's role to
/// instances that it knows, and whoever runs the others acts as that role too.
fn hosts_after_a_move(cluster: &Cluster) -> impl Iterator<Item = Unknown> {
    let shared = cluster.must_hold.contains(&Holding::Bucket);
    let brokers = cluster.data_brokers().filter(move |broker| {
        shared && broker.host.is_none() && broker.interface.is_none() && broker.role.is_none()
    });
    brokers.map(|broker| Unknown {
        sort: Sort::Bucket,
        id: format!("the log as broker {} of {}", broker.id, cluster.name),
        cluster: cluster.name.clone(),
        brokers: BTreeSet::new(),
        topics: None,
        missing: format!("the instance of broker {}", broker.id),
        runs_a_broker: true,
    })
}

/// Disks that a move takes away may have snapshots, found or not.
fn copies_of_unknown_disks(cluster: &Cluster, found: &mut Vec<Unknown>) {
    let copies = diskless(cluster).into_iter().map(|(id, missing)| Unknown {
        sort: Sort::Snapshot,
        id: format!(
            "snapshots of log disks of broker {id} of {}, from before the move",
            cluster.name
        ),
        cluster: cluster.name.clone(),
        brokers: BTreeSet::from([id]),
        topics: None,
        missing,
        runs_a_broker: false,
    });
    found.extend(copies);
}

/// Backups that a plan makes, in vaults that were not read. Those of volumes are snapshots.
fn backups(estate: &Estate, cluster: &Cluster) -> impl Iterator<Item = Unknown> {
    let unread = estate.unread_backups(cluster).into_iter();
    let name = cluster.name.clone();
    unread.map(move |backups| Unknown {
        sort: match backups.kind {
            BackupKind::Disk => Sort::Snapshot,
            BackupKind::Bucket | BackupKind::FileSystem => Sort::Backup,
        },
        id: backups.what,
        cluster: name.clone(),
        brokers: backups.brokers,
        topics: None,
        missing: backups.missing,
        runs_a_broker: false,
    })
}

/// Replicas of file systems with a log, where replications were not listed. What a model adds has
/// none yet, and a replica has none of its own.
///
/// Source: Amazon EFS User Guide, "Configuring replication to an existing EFS file system": "A file
/// system can be part of only one replication configuration."
fn replicas(estate: &Estate, cluster: &Cluster, found: &mut Vec<Unknown>) {
    for id in cluster.file_systems.values().map(|link| &link.to) {
        let store = estate.file_systems.get(id);
        let Some(store) = store.filter(|store| store.kind == FileSystemKind::Efs) else {
            continue;
        };
        let call = "efs:DescribeReplicationConfigurations";
        let assumed = matches!(store.origin, Origin::Assumed { .. });
        if assumed || estate.listed(call, &store.account, &store.region) {
            continue;
        }
        found.push(Unknown {
            sort: Sort::FileSystem,
            id: format!("replicas of the file system {id} of {}", cluster.name),
            cluster: cluster.name.clone(),
            brokers: BTreeSet::new(),
            topics: None,
            missing: format!("{call} (account {}, {})", store.account, store.region),
            runs_a_broker: false,
        });
    }
}

/// Snapshots of the log volumes, for each account and region in which those stand and in which
/// snapshots were not listed.
fn snapshots(estate: &Estate, cluster: &Cluster, found: &mut Vec<Unknown>) {
    let live = cluster.brokers.values();
    let live = live.flat_map(|broker| broker.volumes.iter().map(|link| (broker.id, link)));
    let retired = cluster.retired_volumes.iter().map(|(id, link)| (*id, link));
    for (broker, link) in live.chain(retired) {
        let Some(volume) = estate.volumes.get(&link.to) else {
            continue;
        };
        let listed = estate.coverage.calls.iter().any(|(call, outcome)| {
            call.call == "ec2:DescribeSnapshots"
                && call.account == volume.account
                && call.region == volume.region
                && *outcome == Outcome::Ok
        });
        if listed {
            continue;
        }
        let id = format!(
            "snapshots of log disks of {} in account {}",
            cluster.name, volume.account
        );
        match found.iter_mut().find(|unknown| unknown.id == id) {
            Some(known) => {
                known.brokers.insert(broker);
            }
            None => found.push(Unknown {
                sort: Sort::Snapshot,
                id,
                cluster: cluster.name.clone(),
                brokers: BTreeSet::from([broker]),
                topics: None,
                missing: format!(
                    "ec2:DescribeSnapshots (account {}, {})",
                    volume.account, volume.region
                ),
                runs_a_broker: false,
            }),
        }
    }
}
