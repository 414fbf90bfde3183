//! Why a principal reads an asset, or what single thing it is short of.

use super::answer::Explain;
use super::view::{Asset, View};
use crate::reach::Strength;

/// The proofs of each distinct route, or the near misses.
///
/// # Panics
/// When `lane` is not a principal of this view.
pub fn explain(view: &View, lane: usize, asset: &Asset) -> Explain {
    let strength = view.strength(lane, asset);
    let never = strength == Strength::Never;
    let proofs = view
        .routes(lane, asset)
        .iter()
        .map(|found| view.proof(lane, found))
        .collect();
    Explain {
        header: view.header("catchment.explain/1"),
        principal: view.derivation.principals[lane].name.clone(),
        asset: asset.name.clone(),
        strength,
        proofs,
        lacks: if never {
            view.lacks(lane, asset)
        } else {
            Vec::new()
        },
        may_also_be: view.may_also_be(lane, asset, strength),
    }
}

impl View {
    /// Readers that anybody may turn out to be: whoever an unread policy names, and anonymous.
    /// While there is one, a *never* is not the whole truth (law 1).
    fn may_also_be(&self, lane: usize, asset: &Asset, strength: Strength) -> Vec<String> {
        let principals = self.derivation.principals.iter().enumerate();
        let open = principals.filter(|(other, principal)| {
            *other != lane
                && matches!(principal.kind, "whoever" | "anonymous")
                && self.strength(*other, asset) > strength
        });
        open.map(|(other, principal)| {
            format!(
                "{} ({})",
                principal.name,
                self.strength(other, asset).word()
            )
        })
        .collect()
    }
}
