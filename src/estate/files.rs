//! Network file systems: EFS with its mount targets, policy and access points; FSx.
//!
//! Source: EFS API Reference, `DescribeMountTargets`, `DescribeFileSystemPolicy`; FSx API
//! Reference, `DescribeFileSystems`.
//!
//! Must never: take an EFS policy that was not read for none. Without a policy everybody who reaches
//! a mount target has full access, so both readings matter.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::Arc;

use super::build::{Builder, captured, in_account, sorted, tags, text};
use super::network::{each, owner};
use super::{
    FileAccessPoint, FileSystem, FileSystemKind, MountTarget, Origin, Outcome, Seen, Severity,
};
use crate::capture::Answer;
use crate::capture::json::{Node, Value};
use crate::names::Arn;

/// Reads all answers about file systems. Interfaces must have been read.
pub(super) fn read(builder: &mut Builder<'_>) {
    each(
        builder,
        "efs:DescribeFileSystems",
        "FileSystems",
        "FileSystemId",
        efs,
    );
    each(
        builder,
        "fsx:DescribeFileSystems",
        "FileSystems",
        "FileSystemId",
        fsx,
    );
    each(
        builder,
        "efs:DescribeAccessPoints",
        "AccessPoints",
        "AccessPointId",
        access_point,
    );
    stray(builder);
    super::file_copies::read(builder);
    let ids: Vec<String> = builder
        .estate
        .file_systems
        .values()
        .filter(|f| f.kind == FileSystemKind::Efs)
        .map(|f| f.id.clone())
        .collect();
    for id in ids {
        policy(builder, &id);
        mount_targets(builder, &id);
    }
}

fn region(arn: &str, answer: &Answer) -> String {
    let arn = Arn::from_str(arn).ok();
    let region = arn.as_ref().map(Arn::region).filter(|r| !r.is_empty());
    region.unwrap_or(&answer.region).to_owned()
}

pub(super) fn unread(call: &str, id: &str, account: &str) -> Arc<str> {
    Arc::from(format!("{call} of {id} ({})", in_account(account)))
}

fn efs(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    if matches!(node.str("LifeCycleState"), Some("deleted" | "deleting")) {
        return;
    }
    let account = owner(node, answer);
    let arn = text(node, "FileSystemArn").unwrap_or_default();
    let encrypted = node.get("Encrypted").and_then(Node::as_bool);
    let call = "efs:DescribeFileSystems";
    let file_system = FileSystem {
        id: id.to_owned(),
        region: region(&arn, answer),
        kind: FileSystemKind::Efs,
        encrypted: encrypted.map_or_else(|| Seen::Unread(unread(call, id, &account)), Seen::Is),
        key: text(node, "KmsKeyId"),
        policy: Seen::Unread(unread("efs:DescribeFileSystemPolicy", id, &account)),
        mount_targets: Seen::Unread(unread("efs:DescribeMountTargets", id, &account)),
        tags: tags(node, "Tags"),
        origin: captured(node),
        account,
        arn,
    };
    builder
        .estate
        .file_systems
        .insert(id.to_owned(), file_system);
}

/// A file system that only another answer names: its policy, mount targets or access points.
fn stray(builder: &mut Builder<'_>) {
    let mut named: BTreeMap<String, (String, String, Origin)> = BTreeMap::new();
    for answer in &builder.capture.answers {
        let about = match answer.call.as_str() {
            "efs:DescribeFileSystemPolicy" => vec![(answer.resource.clone(), answer.source())],
            "efs:DescribeMountTargets" => answer
                .body
                .list("MountTargets")
                .iter()
                .filter_map(|n| Some((text(n, "FileSystemId")?, n.source.clone())))
                .collect(),
            "efs:DescribeAccessPoints" => answer
                .body
                .list("AccessPoints")
                .iter()
                .filter_map(|n| Some((text(n, "FileSystemId")?, n.source.clone())))
                .collect(),
            _ => continue,
        };
        for (id, source) in about {
            if id.starts_with("fs-") {
                let place = (answer.account.clone(), answer.region.clone());
                named
                    .entry(id)
                    .or_insert((place.0, place.1, Origin::Captured(source)));
            }
        }
    }
    for (id, (account, region, origin)) in named {
        let missing = |call: &str| Seen::Unread(unread(call, &id, &account));
        builder
            .estate
            .file_systems
            .entry(id.clone())
            .or_insert_with(|| FileSystem {
                arn: String::new(),
                kind: FileSystemKind::Efs,
                encrypted: Seen::Unread(unread("efs:DescribeFileSystems", &id, &account)),
                key: None,
                policy: Seen::Unread(unread("efs:DescribeFileSystemPolicy", &id, &account)),
                mount_targets: missing("efs:DescribeMountTargets"),
                tags: BTreeMap::new(),
                origin,
                id: id.clone(),
                account: account.clone(),
                region,
            });
    }
}

fn policy(builder: &mut Builder<'_>, id: &str) {
    let call = "efs:DescribeFileSystemPolicy";
    let Some((account, region)) = place(builder, id) else {
        return;
    };
    let answer = builder
        .about(call, id, Some(&account), Some(&region))
        .or_else(|| {
            // A bare answer names its file system.
            let bare = builder.about(call, "", Some(&account), Some(&region));
            bare.filter(|a| a.body.str("FileSystemId") == Some(id))
        });
    let missing = unread(call, id, &account);
    let (policy, outcome) = builder.answered_document(answer, "Policy", &missing);
    builder.cover(call, &account, &region, id, outcome);
    if let Some(file_system) = builder.estate.file_systems.get_mut(id) {
        file_system.policy = policy;
    }
}

fn place(builder: &Builder<'_>, id: &str) -> Option<(String, String)> {
    let file_system = builder.estate.file_systems.get(id)?;
    Some((file_system.account.clone(), file_system.region.clone()))
}

fn mount_targets(builder: &mut Builder<'_>, id: &str) {
    let call = "efs:DescribeMountTargets";
    let Some((account, region)) = place(builder, id) else {
        return;
    };
    let mut targets: BTreeMap<String, MountTarget> = BTreeMap::new();
    let mut listed = 0;
    for answer in builder.answers(call) {
        for node in answer.body.list("MountTargets") {
            let own = text(node, "FileSystemId").unwrap_or_else(|| answer.resource.clone());
            let gone = matches!(node.str("LifeCycleState"), Some("deleted" | "deleting"));
            listed += usize::from(own == id);
            if let Some(target) = text(node, "MountTargetId").filter(|_| own == id && !gone) {
                let found = mount_target(builder, &target, node, &account, &region);
                targets.entry(target).or_insert(found);
            }
        }
    }
    let said = builder
        .answers("efs:DescribeFileSystems")
        .into_iter()
        .flat_map(|answer| answer.body.list("FileSystems"))
        .find(|node| node.str("FileSystemId") == Some(id))
        .and_then(|node| node.get("NumberOfMountTargets"))
        .and_then(Node::as_i64)
        .and_then(|n| usize::try_from(n).ok());
    let asked = builder.about(call, id, Some(&account), Some(&region));
    // The list may have been asked for one mount target alone.
    let short = said.is_some_and(|n| listed < n);
    let complete = asked.is_some_and(|a| a.outcome.settles()) && !short;
    let known = complete || said.is_some_and(|n| targets.len() >= n);
    let outcome = match asked {
        Some(answer) if answer.outcome == Outcome::Ok && !known => Outcome::Truncated,
        Some(answer) => answer.outcome,
        None if known => Outcome::Ok,
        None => Outcome::NotCollected,
    };
    builder.cover(call, &account, &region, id, outcome);
    let missing = unread(call, id, &account);
    let seen = if known {
        Seen::Is(targets.into_values().collect())
    } else if targets.is_empty() {
        Seen::Unread(missing)
    } else {
        // Some are known: the others stand as one whose place is not.
        let mut all: Vec<MountTarget> = targets.into_values().collect();
        all.push(MountTarget {
            id: format!("further mount targets of {id}"),
            subnet: None,
            address: None,
            interface: None,
            groups: Seen::Unread(missing),
            origin: all[0].origin.clone(),
        });
        Seen::Is(all)
    };
    if let Some(file_system) = builder.estate.file_systems.get_mut(id) {
        file_system.mount_targets = seen;
    }
}

fn mount_target(
    builder: &mut Builder<'_>,
    id: &str,
    node: &Node,
    account: &str,
    region: &str,
) -> MountTarget {
    let call = "efs:DescribeMountTargetSecurityGroups";
    let interface = text(node, "NetworkInterfaceId");
    let answer = builder.about(call, id, Some(account), Some(region));
    let usable = answer.filter(|a| a.outcome == Outcome::Ok);
    let (groups, outcome) = if let Some(answer) = usable {
        (Seen::Is(names(&answer.body, "SecurityGroups")), Outcome::Ok)
    } else if let Some(known) = interface
        .as_ref()
        .and_then(|eni| builder.estate.interfaces.get(eni))
    {
        // A mount target has the groups of its interface.
        (Seen::Is(known.groups.clone()), Outcome::Ok)
    } else {
        let outcome = answer.map_or(Outcome::NotCollected, |a| a.outcome);
        (Seen::Unread(unread(call, id, account)), outcome)
    };
    builder.cover(call, account, region, id, outcome);
    MountTarget {
        id: id.to_owned(),
        subnet: text(node, "SubnetId"),
        address: text(node, "IpAddress"),
        interface,
        groups,
        origin: captured(node),
    }
}

/// A list of plain strings.
pub(super) fn names(node: &Node, list: &str) -> Vec<String> {
    sorted(node.list(list).iter().filter_map(Node::scalar))
}

fn access_point(builder: &mut Builder<'_>, id: &str, node: &Node, _: &Answer) {
    let Some(file_system) = text(node, "FileSystemId") else {
        let message = format!("access point `{id}` names no file system and was left out");
        let source = Some(node.source.clone());
        builder.note("malformed-answer", Severity::Error, message, source);
        return;
    };
    let number = |node: &Node| node.as_i64().and_then(|n| u32::try_from(n).ok());
    let user = node.get("PosixUser").filter(|u| u.value != Value::Null);
    let user = user.and_then(|user| {
        let groups = user.get("Gid").into_iter();
        let groups = groups.chain(user.list("SecondaryGids")).filter_map(number);
        Some((number(user.get("Uid")?)?, groups.collect()))
    });
    let root = node.get("RootDirectory").and_then(|r| text(r, "Path"));
    let access_point = FileAccessPoint {
        id: id.to_owned(),
        arn: text(node, "AccessPointArn").unwrap_or_default(),
        file_system,
        root: root.unwrap_or_else(|| "/".to_owned()),
        user,
        origin: captured(node),
    };
    builder
        .estate
        .file_access_points
        .insert(id.to_owned(), access_point);
}

/// FSx has no policy of its own, and all of it is encrypted at rest. Source: FSx for ONTAP User
/// Guide, "Encryption of data at rest".
fn fsx(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    if matches!(node.str("Lifecycle"), Some("DELETING")) {
        return;
    }
    let arn = text(node, "ResourceARN").unwrap_or_default();
    let kind = if node.str("FileSystemType") == Some("ONTAP") {
        FileSystemKind::FsxOntap
    } else {
        FileSystemKind::FsxOther
    };
    let account = owner(node, answer);
    let region = region(&arn, answer);
    let mut targets = Vec::new();
    for item in node.list("NetworkInterfaceIds") {
        let Some(eni) = item.scalar() else { continue };
        let known = builder.estate.interfaces.get(&eni);
        let call = "ec2:DescribeNetworkInterfaces";
        targets.push(MountTarget {
            id: eni.clone(),
            subnet: known.and_then(|i| i.subnet.clone()),
            address: known.and_then(|i| i.private_addresses.first().cloned()),
            groups: known.map_or_else(
                || Seen::Unread(unread(call, &eni, &account)),
                |i| Seen::Is(i.groups.clone()),
            ),
            interface: Some(eni),
            origin: captured(item),
        });
    }
    let mount_targets = if matches!(
        node.get("NetworkInterfaceIds").map(|n| &n.value),
        Some(Value::Array(_))
    ) {
        Seen::Is(targets)
    } else {
        Seen::Unread(unread("fsx:DescribeFileSystems", id, &account))
    };
    let file_system = FileSystem {
        id: id.to_owned(),
        arn,
        account,
        region,
        kind,
        encrypted: Seen::Is(true),
        key: text(node, "KmsKeyId"),
        policy: Seen::Absent,
        mount_targets,
        tags: tags(node, "Tags"),
        origin: captured(node),
    };
    builder
        .estate
        .file_systems
        .insert(id.to_owned(), file_system);
}
