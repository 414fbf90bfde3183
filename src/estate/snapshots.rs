//! With whom snapshots are shared, and what keeps regions from sharing them with everybody.
//!
//! Must never: take a snapshot whose permissions were not read for one that is not shared.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::buckets::value;
use super::build::{Builder, in_account, text};
use super::{Outcome, Seen, Sharing};
use crate::capture::Source;
use crate::capture::json::Node;
use crate::policy::{Document, PrincipalName, Statement};

/// What an account that a snapshot is shared with may do with it.
///
/// Source: Amazon EBS User Guide, "Share an Amazon EBS snapshot with other AWS accounts": "you are
/// giving others access to all of the data"; "Use EBS direct APIs to access the contents of an EBS
/// snapshot".
const SHARED: [&str; 5] = [
    "ebs:GetSnapshotBlock",
    "ebs:ListChangedBlocks",
    "ebs:ListSnapshotBlocks",
    "ec2:CopySnapshot",
    "ec2:CreateVolume",
];

/// What was read of a snapshot's permissions: accounts, and whether everybody.
type Permissions = (BTreeSet<String>, bool, Source);

/// Reads the permissions of every snapshot. `log` are those that a complete capture has them of.
pub(super) fn read(builder: &mut Builder<'_>, log: &BTreeSet<String>) {
    let call = "ec2:DescribeSnapshotAttribute";
    let all: Vec<(String, String, String)> = builder
        .estate
        .snapshots
        .values()
        .map(|one| (one.id.clone(), one.account.clone(), one.region.clone()))
        .collect();
    let blocks = "ec2:GetSnapshotBlockPublicAccessState";
    let mut regions = BTreeSet::new();
    for (id, account, region) in all {
        let answer = builder
            .about(call, &id, Some(&account), Some(&region))
            .or_else(|| builder.about(call, &id, None, None))
            .cloned();
        let missing = unread(&account, &region);
        let (permissions, outcome) = value(builder, answer.as_ref(), &missing, permissions);
        if log.contains(&id) || outcome != Outcome::NotCollected {
            builder.cover(call, &account, &region, &id, outcome);
        }
        let state = builder
            .about(blocks, "", Some(&account), Some(&region))
            .cloned();
        let (state, state_outcome) =
            value(builder, state.as_ref(), blocks, |body| text(body, "State"));
        let public = matches!(&permissions, Seen::Is((_, true, _)));
        if (public || log.contains(&id)) && regions.insert((account.clone(), region.clone())) {
            builder.cover(blocks, &account, &region, "", state_outcome);
        }
        if let Some(snapshot) = builder.estate.snapshots.get_mut(&id) {
            snapshot.sharing = match permissions {
                Seen::Is(permissions) => Seen::Is(sharing(permissions, &state)),
                Seen::Absent => Seen::Absent,
                Seen::Unread(what) => Seen::Unread(what),
            };
        }
    }
    defaults(builder);
}

/// The name of what is missing: one for all snapshots of a region, so that it is said once.
pub(super) fn unread(account: &str, region: &str) -> String {
    format!(
        "ec2:DescribeSnapshotAttribute of snapshots ({}, {region})",
        in_account(account)
    )
}

fn permissions(body: &Node) -> Option<Permissions> {
    let list = body.get("CreateVolumePermissions")?;
    let mut accounts = BTreeSet::new();
    let mut everyone = false;
    for node in list.items() {
        accounts.extend(text(node, "UserId"));
        everyone |= node.str("Group") == Some("all");
    }
    Some((accounts, everyone, list.source.clone()))
}

fn sharing((accounts, everyone, source): Permissions, state: &Seen<String>) -> Sharing {
    let statement = |principals| {
        let actions = SHARED.map(str::to_owned);
        Statement::allow(principals, actions, Vec::new(), source.clone())
    };
    let mut statements = Vec::new();
    if !accounts.is_empty() {
        let names = accounts.iter().map(|id| PrincipalName::Account(id.clone()));
        statements.push(statement(names.collect()));
    }
    if everyone {
        let mut public = statement(vec![PrincipalName::Everyone]);
        match state {
            // "Snapshots that were already publicly shared are treated as private." Source: Amazon
            // EC2 API Reference, GetSnapshotBlockPublicAccessState.
            Seen::Is(state) if state == "block-all-sharing" => {}
            Seen::Is(_) | Seen::Absent => statements.push(public),
            Seen::Unread(what) => {
                let text =
                    format!("block public access does not shut it, which was not read: {what}");
                public.undecidable = Some(text);
                statements.push(public);
            }
        }
    }
    Sharing {
        accounts,
        everyone,
        document: Arc::new(Document::of(statements, source)),
    }
}

/// Whether new volumes and copies of snapshots are encrypted unasked, by account and region.
fn defaults(builder: &mut Builder<'_>) {
    for answer in builder.answers("ec2:GetEbsEncryptionByDefault") {
        let on = answer
            .body
            .get("EbsEncryptionByDefault")
            .and_then(Node::as_bool);
        if let Some(on) = on {
            let place = (answer.account.clone(), answer.region.clone());
            builder.estate.encrypts_disks.insert(place, on);
        }
    }
}
