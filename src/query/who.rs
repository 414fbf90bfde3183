//! Which principals read an asset, by which routes.

use super::answer::{AssetReaders, NearMiss, Reader, Who};
use super::view::{Asset, View};
use crate::reach::Strength;

/// Readers and near misses of each asset.
pub fn who(view: &View, assets: &[&Asset]) -> Who {
    Who {
        header: view.header("catchment.who/1"),
        assets: assets.iter().map(|asset| readers(view, asset)).collect(),
    }
}

/// Readers and near misses of one asset; readers surest first, then by kind and name.
pub(super) fn readers(view: &View, asset: &Asset) -> AssetReaders {
    let mut readers: Vec<Reader> = (0..view.lanes.len())
        .filter_map(|lane| reader(view, lane, asset))
        .collect();
    readers.sort_by_key(|reader| std::cmp::Reverse(reader.strength));
    AssetReaders {
        asset: asset.name.clone(),
        topics: asset.topics.keys().cloned().collect(),
        readers,
        near_misses: near_misses(view, asset),
    }
}

fn reader(view: &View, lane: usize, asset: &Asset) -> Option<Reader> {
    let strength = view.strength(lane, asset);
    if strength == Strength::Never {
        return None;
    }
    let principal = &view.derivation.principals[lane];
    let topics = asset
        .topics
        .iter()
        .filter(|(_, fact)| view.holds(lane, **fact) > Strength::Never);
    Some(Reader {
        principal: principal.name.clone(),
        kind: principal.kind.to_owned(),
        strength,
        intended: view.is_intended(lane, asset),
        topics: topics.map(|(name, _)| name.clone()).collect(),
        routes: view
            .routes(lane, asset)
            .iter()
            .map(|found| view.tell(found))
            .collect(),
    })
}

/// Principals that one thing keeps from reading. Anonymous and outside parties are among them.
pub(super) fn near_misses(view: &View, asset: &Asset) -> Vec<NearMiss> {
    let lanes = (0..view.lanes.len()).filter(|lane| view.strength(*lane, asset) == Strength::Never);
    lanes
        .filter_map(|lane| {
            let lacks = view.lacks(lane, asset);
            let principal = &view.derivation.principals[lane];
            (!lacks.is_empty()).then(|| NearMiss {
                principal: principal.name.clone(),
                kind: principal.kind.to_owned(),
                lacks,
            })
        })
        .collect()
}

impl View {
    /// Whether `catchment.toml` means this principal to read the asset.
    pub(super) fn is_intended(&self, lane: usize, asset: &Asset) -> bool {
        let name = self.derivation.principals[lane].name.as_str();
        let kafka = name.strip_prefix("kafka ");
        asset
            .intended
            .iter()
            .any(|intended| intended == name || kafka.is_some_and(|user| user == intended.as_str()))
    }
}
