//! Readers of one view against those of another: gained, lost, stronger, weaker, and by which
//! route.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{AssetChange, Change, ChangeKind, Compare, Route, Totals};
use super::view::{Asset, View};
use super::who::near_misses;
use crate::reach::Strength;

/// What changes for each of the named assets, or for all of either side.
pub fn compare(before: &View, after: &View, only: &[String]) -> Compare {
    let mut names: Vec<&str> = Vec::new();
    for asset in before.assets.iter().chain(&after.assets) {
        let wanted = only.is_empty() || only.contains(&asset.name);
        if wanted && !names.contains(&asset.name.as_str()) {
            names.push(&asset.name);
        }
    }
    let change = |names: &[&str]| -> Vec<AssetChange> {
        let changes = names.iter().map(|name| asset_change(before, after, name));
        changes.collect()
    };
    // Assets know nothing of each other: half of them at once, in the order that they had.
    let (first, second) = names.split_at(names.len() / 2);
    let assets = std::thread::scope(|scope| {
        let first = scope.spawn(|| change(first));
        let second = change(second);
        let first = first.join();
        let mut assets = first.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        assets.extend(second);
        assets
    });
    let mut totals = Totals::default();
    for change in assets.iter().flat_map(|asset| &asset.changes) {
        let counter = match change.change {
            ChangeKind::Gained => &mut totals.gained,
            ChangeKind::Lost => &mut totals.lost,
            ChangeKind::Stronger => &mut totals.stronger,
            ChangeKind::Weaker => &mut totals.weaker,
            ChangeKind::OtherRoute => &mut totals.other_route,
            ChangeKind::Unchanged => &mut totals.unchanged,
        };
        *counter += 1;
    }
    Compare {
        format: "catchment.compare/1".to_owned(),
        before: before.header("catchment.who/1"),
        after: after.header("catchment.who/1"),
        assets,
        totals,
    }
}

/// One side of a cell.
#[derive(Default)]
struct Side {
    strength: Strength,
    routes: Vec<Route>,
    intended: bool,
    known: bool,
}

fn asset_change(before: &View, after: &View, name: &str) -> AssetChange {
    let of = |view: &View| view.assets.iter().find(|asset| asset.name == name).cloned();
    let (first, second) = (of(before), of(after));
    let mut names: Vec<(&str, &str)> = Vec::new();
    let mut known = BTreeSet::new();
    for principal in after
        .derivation
        .principals
        .iter()
        .chain(&before.derivation.principals)
    {
        if known.insert(principal.name.as_str()) {
            names.push((&principal.name, principal.kind));
        }
    }
    let lanes = |view: &'_ View| -> BTreeMap<String, usize> {
        let principals = view.derivation.principals.iter().enumerate();
        principals
            .map(|(lane, principal)| (principal.name.clone(), lane))
            .collect()
    };
    let (lanes_before, lanes_after) = (lanes(before), lanes(after));
    let mut changes: Vec<Change> = names
        .into_iter()
        .filter_map(|(principal, kind)| {
            let old = side(before, lanes_before.get(principal).copied(), first.as_ref());
            let new = side(after, lanes_after.get(principal).copied(), second.as_ref());
            change(principal, kind, &old, &new)
        })
        .collect();
    changes.sort_by_key(|change| {
        (
            change.change,
            std::cmp::Reverse(change.after.max(change.before)),
        )
    });
    AssetChange {
        asset: name.to_owned(),
        changes,
        near_misses: second
            .map(|asset| near_misses(after, &asset))
            .unwrap_or_default(),
    }
}

fn side(view: &View, lane: Option<usize>, asset: Option<&Asset>) -> Side {
    let known = lane.is_some();
    let Some((lane, asset)) = lane.zip(asset) else {
        return Side {
            known,
            ..Side::default()
        };
    };
    Side {
        strength: view.strength(lane, asset),
        routes: view
            .routes(lane, asset)
            .iter()
            .map(|found| view.tell(found))
            .collect(),
        intended: view.is_intended(lane, asset),
        known,
    }
}

fn change(principal: &str, kind: &str, old: &Side, new: &Side) -> Option<Change> {
    if old.strength == Strength::Never && new.strength == Strength::Never {
        return None;
    }
    let same = |a: &Route, b: &Route| a.rules == b.rules && a.summary == b.summary;
    let gone = |route: &&Route| !new.routes.iter().any(|other| same(route, other));
    let fresh = |route: &&Route| !old.routes.iter().any(|other| same(route, other));
    let routes_gone: Vec<Route> = old.routes.iter().filter(gone).cloned().collect();
    let routes_new: Vec<Route> = new.routes.iter().filter(fresh).cloned().collect();
    let kept: Vec<Route> = new
        .routes
        .iter()
        .filter(|route| !fresh(route))
        .cloned()
        .collect();
    let change = if old.strength == Strength::Never {
        ChangeKind::Gained
    } else if new.strength == Strength::Never {
        ChangeKind::Lost
    } else if new.strength > old.strength {
        ChangeKind::Stronger
    } else if new.strength < old.strength {
        ChangeKind::Weaker
    } else if routes_gone.is_empty() && routes_new.is_empty() {
        ChangeKind::Unchanged
    } else {
        ChangeKind::OtherRoute
    };
    Some(Change {
        principal: principal.to_owned(),
        kind: kind.to_owned(),
        change,
        before: old.strength,
        after: new.strength,
        intended: old.intended || new.intended,
        known_before: old.known,
        known_after: new.known,
        routes_gone,
        routes_new,
        routes_kept: kept,
    })
}
