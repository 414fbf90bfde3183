//! What allows or denies beside the policies of a thing: grants of keys, sharing of snapshots, ACLs
//! of objects, the network origin of access points; and what of it was not read.
//!
//! Must never: take what was not read for what is not there.

use super::world::World;
use crate::estate::{KeyState, Origin, PublicAccessBlock, Seen};
use crate::facts::{Evidence, Note, NoteKind, ThingIx};
use crate::policy::{Beside, Document, Truth};

/// What the principal changed before the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Change {
    /// Nothing.
    None,
    /// It rewrote the policy of the thing.
    Policy,
    /// It made a grant beside the policy.
    Opened,
}

/// What allows beside the policies.
pub(super) fn allows<'e>(world: &World<'e>, on: ThingIx, change: Change) -> Beside<'e> {
    if change == Change::Opened {
        return Beside::Opened;
    }
    if let Some(key) = world.key(on) {
        return Beside::KeyGrants(&key.grants.document);
    }
    match world.snapshot(on).map(|snapshot| &snapshot.sharing) {
        Some(Seen::Is(sharing)) => Beside::Sharing(&sharing.document),
        Some(Seen::Absent | Seen::Unread(_)) | None => Beside::None,
    }
}

/// What denies beside the policies.
pub(super) fn denies<'e>(world: &World<'e>, on: ThingIx) -> Option<&'e Document> {
    world.access_point(on)?.guard.as_deref()
}

/// What was not read and may allow anybody `action` on a thing.
pub(super) fn unread(world: &World<'_>, on: ThingIx, action: &str) -> Vec<String> {
    let mut missing = Vec::new();
    if let Some(key) = world.key(on).filter(|_| action == "kms:Decrypt") {
        missing.extend(key.grants.unread.iter().map(ToString::to_string));
    }
    if let Some(snapshot) = world.snapshot(on)
        && let Seen::Unread(what) = &snapshot.sharing
        // "You can't share snapshots that are encrypted with the default AWS managed key." Source:
        // Amazon EBS User Guide, "Share an Amazon EBS snapshot with other AWS accounts".
        && !matches!(
            world.estate.snapshot_key_state(snapshot),
            KeyState::AwsManaged
        )
    {
        missing.push(what.to_string());
    }
    if let Some(bucket) = world.bucket(on).filter(|_| action == "s3:GetObject") {
        missing.extend(world.estate.unlisted_access_points(bucket));
        missing.extend(world.estate.unread_access_grants(bucket));
    }
    missing
}

/// Whether `RestrictPublicBuckets` is on, for the bucket or access point or for its whole account.
pub(super) fn restricts_public(world: &World<'_>, on: ThingIx) -> Truth {
    let bucket = world.bucket(on);
    let bucket = bucket.map(|x| (&x.public_access_block, x.account.as_deref()));
    let point = world.access_point(on);
    // "An access point that has a VPC network origin is always considered non-public." Source: S3
    // User Guide, "Blocking public access", "Access points".
    if point.is_some_and(|point| matches!(point.vpc, Seen::Is(_))) {
        return Truth::False;
    }
    let point = point.map(|x| (&x.public_access_block, Some(&*x.account)));
    let Some((block, account)) = bucket.or(point) else {
        return Truth::False;
    };
    let account = account.and_then(|id| world.estate.accounts.get(id));
    let restricts = |block: Option<&Seen<PublicAccessBlock>>| match block {
        Some(Seen::Is(block)) => block.restrict_public_buckets.into(),
        Some(Seen::Absent) => Truth::False,
        Some(Seen::Unread(_)) | None => Truth::Unknown,
    };
    restricts(Some(block)) | restricts(account.map(|a| &a.public_access_block))
}

/// How a grant that the caller made for itself is shown.
pub(super) fn opened(world: &World<'_>, on: ThingIx, action: &str) -> Evidence {
    let what = if world.bucket(on).is_some() {
        "the ACL of an object of"
    } else {
        "a grant of"
    };
    let says = format!(
        "{what} {} that the caller makes allows {action}",
        world.id(on)
    );
    let origin = Origin::Inferred {
        why: "whoever may make grants may make one for themselves".to_owned(),
        from: Vec::new(),
    };
    Evidence::description(says, origin)
}

/// Why the ACL of an object may not open it to the caller's own session: public ACLs may be shut
/// out. An ACL for an account of the caller's own is not.
///
/// Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage":
/// `BlockPublicAcls` and `IgnorePublicAcls` are about grants to everyone.
pub(super) fn acl_doubt(world: &World<'_>, on: ThingIx) -> Option<Note> {
    let bucket = world.bucket(on)?;
    let account = bucket.account.as_deref();
    let account = account.and_then(|id| world.estate.accounts.get(id));
    let shuts = |block: &PublicAccessBlock| block.block_public_acls || block.ignore_public_acls;
    let free = |block: Option<&Seen<PublicAccessBlock>>| match block {
        Some(Seen::Is(block)) => !shuts(block),
        Some(Seen::Absent) => true,
        Some(Seen::Unread(_)) | None => false,
    };
    let open = free(Some(&bucket.public_access_block))
        && free(account.map(|account| &account.public_access_block));
    (!open).then(|| Note {
        kind: NoteKind::Condition,
        text: "an ACL may not open objects to everyone here, only to an account that the caller \
               has elsewhere"
            .to_owned(),
        source: None,
    })
}
