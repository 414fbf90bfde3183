//! Mounting network file systems where no policy of their own decides.
//!
//! Must never: decide where a file system has a policy that was read; that is the engine's.

use super::beside::Change;
use super::verdict::Verdict;
use super::world::World;
use crate::estate::{FileSystemKind, Seen};
use crate::facts::{Evidence, Note, ThingIx};
use crate::policy::Caller;
use crate::reach::Strength;
use crate::rules::Request;

/// What mounting a file system needs where no policy of its own decides.
///
/// Source: Amazon EFS User Guide, "Using IAM to control file system data access": without a
/// file system policy every client that can connect has full access, and IAM is not asked.
/// Amazon FSx for NetApp ONTAP User Guide, "Mounting ONTAP volumes": export policies decide.
pub(super) fn decided(
    world: &World<'_>,
    request: &Request,
    on: ThingIx,
    change: Change,
    caller: &Caller,
) -> Option<Verdict> {
    if !request.action.starts_with("elasticfilesystem:Client") {
        return None;
    }
    let store = world.file_system(on)?;
    let nobody = matches!(caller, Caller::Anonymous);
    let doubt = |text: String| Verdict {
        strength: Strength::Conditional,
        notes: vec![Note::not_collected(text)],
        ..Verdict::certain()
    };
    match (store.kind, &store.policy) {
        (FileSystemKind::Efs, Seen::Is(_)) => None,
        (FileSystemKind::Efs, _) if change == Change::Policy => None,
        // One rule says it, for whoever reaches it; identities add nothing.
        (_, Seen::Absent | Seen::Unread(_)) if !nobody => Some(Verdict::never()),
        (FileSystemKind::Efs, Seen::Absent) => {
            let says = format!(
                "{} has no file system policy: whoever connects has full access",
                store.id
            );
            let evidence = vec![Evidence::description(says, store.origin.clone())];
            Some(Verdict {
                evidence,
                ..Verdict::certain()
            })
        }
        (FileSystemKind::Efs, Seen::Unread(what)) => Some(doubt(what.to_string())),
        (FileSystemKind::FsxOntap | FileSystemKind::FsxOther, _) => {
            Some(doubt(format!("the NFS export policy of {}", store.id)))
        }
    }
}
