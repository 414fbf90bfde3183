//! Instances, volumes and snapshots.
//!
//! Must never: read user data, or leave out a volume that an instance has because the list of
//! volumes is missing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::build::{Builder, captured, in_account, sorted, tags, text, texts};
use super::network::{each, interface, public_addresses};
use super::{AttachedVolume, Host, Interface, Link, Origin, Seen, Severity, Snapshot, Volume};
use crate::capture::Answer;
use crate::capture::json::Node;

/// Interfaces that were described by themselves, by instance.
type Described = BTreeMap<String, Vec<Interface>>;

/// Reads all answers about machines and disks.
pub(super) fn read(builder: &mut Builder<'_>) {
    each(
        builder,
        "ec2:DescribeVolumes",
        "Volumes",
        "VolumeId",
        volume,
    );
    each(
        builder,
        "ec2:DescribeSnapshots",
        "Snapshots",
        "SnapshotId",
        snapshot,
    );
    let mut described: Described = BTreeMap::new();
    for interface in builder.estate.interfaces.values() {
        if let Some(instance) = &interface.instance {
            described
                .entry(instance.clone())
                .or_default()
                .push(interface.clone());
        }
    }
    for answer in builder.answers("ec2:DescribeInstances") {
        for reservation in answer.body.list("Reservations") {
            let account = text(reservation, "OwnerId").unwrap_or_else(|| answer.account.clone());
            for node in reservation.list("Instances") {
                let Some(id) = text(node, "InstanceId") else {
                    let message = "an instance without `InstanceId` was left out";
                    builder.note(
                        "malformed-answer",
                        Severity::Error,
                        message,
                        Some(node.source.clone()),
                    );
                    continue;
                };
                if builder.is_first(&id, node) {
                    host(builder, &id, node, &account, answer, &described);
                }
            }
        }
    }
    attachments(builder);
}

fn volume(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    let encrypted = node.get("Encrypted").and_then(Node::as_bool);
    let volume = Volume {
        id: id.to_owned(),
        account: answer.account.clone(),
        region: answer.region.clone(),
        zone: text(node, "AvailabilityZone"),
        encrypted: encrypted.map_or_else(|| unread_volume(id, &answer.account), Seen::Is),
        key: text(node, "KmsKeyId"),
        tags: tags(node, "Tags"),
        origin: captured(node),
    };
    builder.estate.volumes.insert(id.to_owned(), volume);
}

fn unread_volume(id: &str, account: &str) -> Seen<bool> {
    Seen::Unread(Arc::from(format!(
        "ec2:DescribeVolumes of {id} ({})",
        in_account(account)
    )))
}

fn snapshot(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    let snapshot = Snapshot {
        id: id.to_owned(),
        volume: text(node, "VolumeId").unwrap_or_default(),
        account: text(node, "OwnerId").unwrap_or_else(|| answer.account.clone()),
        region: answer.region.clone(),
        encrypted: node
            .get("Encrypted")
            .and_then(Node::as_bool)
            .unwrap_or(false),
        key: text(node, "KmsKeyId"),
        tags: tags(node, "Tags"),
        started: text(node, "StartTime"),
        sharing: Seen::Unread(Arc::from("ec2:DescribeSnapshotAttribute")),
        origin: captured(node),
    };
    builder.estate.snapshots.insert(id.to_owned(), snapshot);
}

fn host(
    builder: &mut Builder<'_>,
    id: &str,
    node: &Node,
    account: &str,
    answer: &Answer,
    described: &Described,
) {
    for own in node.list("NetworkInterfaces") {
        if let Some(eni) = text(own, "NetworkInterfaceId") {
            interface(builder, &eni, own, answer, Some(id));
        }
    }
    let theirs = || described.get(id).into_iter().flatten();
    let interfaces = theirs().map(|i| i.id.clone()).chain(texts(
        node,
        "NetworkInterfaces",
        "NetworkInterfaceId",
    ));
    let interfaces = sorted(interfaces);
    let mut private: Vec<String> = theirs().flat_map(|i| i.private_addresses.clone()).collect();
    let mut public: Vec<String> = theirs().flat_map(|i| i.public_addresses.clone()).collect();
    let mut groups: Vec<String> = theirs().flat_map(|i| i.groups.clone()).collect();
    for own in std::iter::once(node).chain(node.list("NetworkInterfaces")) {
        private.extend(text(own, "PrivateIpAddress"));
        private.extend(texts(own, "PrivateIpAddresses", "PrivateIpAddress"));
        private.extend(texts(own, "Ipv6Addresses", "Ipv6Address"));
        public.extend(text(own, "PublicIpAddress"));
        public.extend(public_addresses(own));
        groups.extend(texts(own, "Groups", "GroupId"));
        groups.extend(texts(own, "SecurityGroups", "GroupId"));
    }
    let state = node
        .get("State")
        .and_then(|s| s.str("Name"))
        .unwrap_or_default();
    let root = node.str("RootDeviceName");
    let mut volumes: Vec<AttachedVolume> = Vec::new();
    for mapping in node.list("BlockDeviceMappings") {
        let device = text(mapping, "DeviceName").unwrap_or_default();
        if let Some(to) = mapping.get("Ebs").and_then(|e| text(e, "VolumeId")) {
            let root = root == Some(device.as_str());
            volumes.push(AttachedVolume {
                volume: Link {
                    to,
                    origin: captured(mapping),
                },
                root,
                device,
            });
        }
    }
    let host = Host {
        id: id.to_owned(),
        account: account.to_owned(),
        region: answer.region.clone(),
        vpc: text(node, "VpcId"),
        subnet: text(node, "SubnetId"),
        interfaces,
        private_addresses: sorted(private),
        public_addresses: sorted(public),
        groups: sorted(groups),
        role: role(builder, node),
        volumes,
        tags: tags(node, "Tags"),
        gone: matches!(state, "terminated" | "shutting-down"),
        origin: captured(node),
    };
    builder.estate.hosts.insert(id.to_owned(), host);
}

/// The role of the instance profile; the profile alone does not tell.
fn role(builder: &Builder<'_>, node: &Node) -> Seen<Link> {
    let Some(profile) = node
        .get("IamInstanceProfile")
        .filter(|p| !p.members().is_empty())
    else {
        return Seen::Absent;
    };
    let Some(arn) = text(profile, "Arn") else {
        return Seen::Unread(Arc::from("iam instance profile of an instance"));
    };
    match builder.profiles.get(&arn) {
        Some(Some((role, source))) => Seen::Is(Link {
            to: role.clone(),
            origin: Origin::Captured(source.clone()),
        }),
        Some(None) => Seen::Absent,
        None => Seen::Unread(Arc::from(format!("iam:ListInstanceProfiles for {arn}"))),
    }
}

/// Joins what instances say of their volumes and what volumes say of their instances.
fn attachments(builder: &mut Builder<'_>) {
    let mut from_volumes: BTreeMap<String, Vec<AttachedVolume>> = BTreeMap::new();
    for answer in builder.answers("ec2:DescribeVolumes") {
        for node in answer.body.list("Volumes") {
            let Some(id) = text(node, "VolumeId") else {
                continue;
            };
            for attachment in node.list("Attachments") {
                let Some(instance) = text(attachment, "InstanceId") else {
                    continue;
                };
                if matches!(attachment.str("State"), Some("detached" | "detaching")) {
                    continue;
                }
                from_volumes
                    .entry(instance)
                    .or_default()
                    .push(AttachedVolume {
                        device: text(attachment, "Device").unwrap_or_default(),
                        volume: Link {
                            to: id.clone(),
                            origin: captured(attachment),
                        },
                        root: false,
                    });
            }
        }
    }
    let mut missing: Vec<Volume> = Vec::new();
    for host in builder.estate.hosts.values_mut() {
        for attached in from_volumes.remove(&host.id).unwrap_or_default() {
            if !host
                .volumes
                .iter()
                .any(|v| v.volume.to == attached.volume.to)
            {
                host.volumes.push(attached);
            }
        }
        host.volumes.sort_by(|a, b| {
            (!a.root, &a.device, &a.volume.to).cmp(&(!b.root, &b.device, &b.volume.to))
        });
        for attached in &host.volumes {
            if !builder.estate.volumes.contains_key(&attached.volume.to) {
                missing.push(Volume {
                    id: attached.volume.to.clone(),
                    account: host.account.clone(),
                    region: host.region.clone(),
                    zone: None,
                    encrypted: unread_volume(&attached.volume.to, &host.account),
                    key: None,
                    tags: BTreeMap::new(),
                    origin: attached.volume.origin.clone(),
                });
            }
        }
    }
    for volume in missing {
        builder
            .estate
            .volumes
            .entry(volume.id.clone())
            .or_insert(volume);
    }
}
