//! What one principal reads.

use super::answer::{Cell, What};
use super::view::View;

/// Every asset with the principal's strength and routes, surest first.
///
/// # Panics
/// When `lane` is not a principal of this view.
pub fn what(view: &View, lane: usize) -> What {
    let principal = &view.derivation.principals[lane];
    let mut assets: Vec<Cell> = view
        .assets
        .iter()
        .map(|asset| {
            let strength = view.strength(lane, asset);
            let routes = view.routes(lane, asset);
            Cell {
                asset: asset.name.clone(),
                strength,
                routes: routes.iter().map(|found| view.tell(found)).collect(),
                may_also_be: view.may_also_be(lane, asset, strength),
            }
        })
        .collect();
    assets.sort_by_key(|cell| std::cmp::Reverse(cell.strength));
    What {
        header: view.header("catchment.what/1"),
        principal: principal.name.clone(),
        kind: principal.kind.to_owned(),
        assets,
    }
}
