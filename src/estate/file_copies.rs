//! Where EFS file systems are replicated to.
//!
//! Source: Amazon EFS API Reference, `DescribeReplicationConfigurations`; Amazon EFS User Guide,
//! "Replicating EFS file systems": the replica is a file system with a policy, mount targets and a key
//! of its own.
//!
//! Must never: take a replica that nothing describes for one that nobody can mount.

use std::collections::{BTreeMap, BTreeSet};

use super::build::{Builder, captured, text};
use super::{Cluster, Estate, FileReplication, FileSystem, FileSystemKind, Seen, files};
use crate::capture::Answer;
use crate::capture::json::Node;

/// Reads replications, and adds the file systems that only they name.
pub(super) fn read(builder: &mut Builder<'_>) {
    for answer in builder.answers("efs:DescribeReplicationConfigurations") {
        for node in answer.body.list("Replications") {
            let Some(source) = text(node, "SourceFileSystemId") else {
                continue;
            };
            for destination in node.list("Destinations") {
                replica(builder, &source, destination, answer);
            }
        }
    }
}

fn replica(builder: &mut Builder<'_>, source: &str, node: &Node, answer: &Answer) {
    let Some(id) = text(node, "FileSystemId") else {
        return;
    };
    let account = text(node, "OwnerId").unwrap_or_else(|| answer.account.clone());
    let region = text(node, "Region").unwrap_or_else(|| answer.region.clone());
    let origin = captured(node);
    let known = &mut builder.estate.file_systems;
    known.entry(id.clone()).or_insert_with(|| {
        let missing = |call: &str| files::unread(call, &id, &account);
        FileSystem {
            arn: format!("arn:aws:elasticfilesystem:{region}:{account}:file-system/{id}"),
            kind: FileSystemKind::Efs,
            encrypted: Seen::Unread(missing("efs:DescribeFileSystems")),
            key: None,
            policy: Seen::Unread(missing("efs:DescribeFileSystemPolicy")),
            mount_targets: Seen::Unread(missing("efs:DescribeMountTargets")),
            tags: BTreeMap::new(),
            origin: origin.clone(),
            id: id.clone(),
            account: account.clone(),
            region: region.clone(),
        }
    });
    let found = FileReplication {
        source: source.to_owned(),
        destination: id.clone(),
        origin,
    };
    let key = (source.to_owned(), id);
    builder.estate.file_replications.entry(key).or_insert(found);
}

impl Estate {
    /// Every step from a file system of a cluster to a replica, and on from there.
    pub fn file_copies(&self) -> Vec<&FileReplication> {
        let links = self.clusters.values().flat_map(|c| c.file_systems.values());
        self.replicas_of(links.map(|link| link.to.as_str()).collect())
    }

    /// The same, from the file systems of one cluster.
    pub fn file_copies_of<'e>(&'e self, cluster: &'e Cluster) -> Vec<&'e FileReplication> {
        let links = cluster.file_systems.values();
        self.replicas_of(links.map(|link| link.to.as_str()).collect())
    }

    fn replicas_of<'e>(&'e self, mut open: Vec<&'e str>) -> Vec<&'e FileReplication> {
        let mut seen: BTreeSet<&str> = open.iter().copied().collect();
        let mut found = Vec::new();
        while let Some(id) = open.pop() {
            let steps = self.file_replications.values();
            for step in steps.filter(|step| step.source == id) {
                if seen.insert(&step.destination) {
                    open.push(&step.destination);
                    found.push(step);
                }
            }
        }
        found.sort_by(|a, b| (&a.destination, &a.source).cmp(&(&b.destination, &b.source)));
        found
    }
}
