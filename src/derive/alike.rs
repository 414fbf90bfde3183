//! Things that no statement about an action tells apart: functions and tasks, and the objects of
//! topics in one bucket.
//!
//! An administrator may do the same to each of two thousand functions. Where no resource pattern of
//! any statement that covers the action matches one and not the other, one decision serves both.
//!
//! Must never: join things whose tags were read, or that a pattern with a variable may tell apart.

use std::collections::{BTreeMap, HashMap};

use super::judge::About;
use super::positions;
use super::resources::{HEX, SAMPLE_KEY, object_prefix, wanted};
use super::verdict::Verdict;
use super::world::World;
use crate::facts::{Kind, ThingIx};
use crate::policy::{Glob, ResourcePattern, intersects};
use crate::rules::{Part, Sort};

/// The first of all that are alike.
#[derive(Debug, Default)]
pub(super) struct Alike<'w> {
    /// Functions and tasks, by action and part.
    first: HashMap<(&'w str, Part), Option<BTreeMap<ThingIx, ThingIx>>>,
    /// Objects of topics, by action and the thing through which they are asked for.
    objects: HashMap<(&'w str, ThingIx), BTreeMap<ThingIx, ThingIx>>,
}

impl<'w> Alike<'w> {
    /// The thing that stands for this one in a request with this action.
    pub(super) fn stand_in(
        &mut self,
        world: &World<'_>,
        action: &'w str,
        part: Part,
        on: ThingIx,
    ) -> ThingIx {
        if !matches!(world.kind(on), Kind::Function | Kind::Task) {
            return on;
        }
        let classes = self
            .first
            .entry((action, part))
            .or_insert_with(|| classes(world, action, part));
        let first = classes.as_ref().and_then(|classes| classes.get(&on));
        first.copied().unwrap_or(on)
    }
}

impl<'w> Alike<'w> {
    /// The objects that stand for these in a request with this action, sent to their bucket or to
    /// an access point of it.
    pub(super) fn objects(
        &mut self,
        world: &World<'_>,
        action: &'w str,
        door: ThingIx,
        objects: ThingIx,
    ) -> ThingIx {
        let classes = self
            .objects
            .entry((action, door))
            .or_insert_with(|| classes_of_objects(world, action, door));
        classes.get(&objects).copied().unwrap_or(objects)
    }
}

/// The patterns of all statements that cover an action; nothing where one holds a variable.
fn patterns<'w>(world: &World<'w>, action: &str) -> Option<Vec<&'w Glob>> {
    let mut patterns: Vec<&Glob> = Vec::new();
    let documents = positions::documents(world.estate).into_iter();
    let statements = documents.flat_map(|document| &document.statements);
    for statement in statements.filter(|s| !s.covers_action(action).is_false()) {
        for pattern in statement.resource.items() {
            match pattern {
                ResourcePattern::Fixed(named) if named.is_everything() => {}
                ResourcePattern::Fixed(named) => patterns.push(named.glob()),
                ResourcePattern::Open(_) | ResourcePattern::Unreadable => return None,
            }
        }
    }
    Some(patterns)
}

/// For each key that is tried, which patterns it fits; none where a pattern leads to no key.
type Fits = Vec<Option<Vec<bool>>>;

/// The objects of topics behind a door, by the first that are like them: whichever statements a
/// caller is under, the keys that are tried fit the same patterns.
fn classes_of_objects(
    world: &World<'_>,
    action: &str,
    door: ThingIx,
) -> BTreeMap<ThingIx, ThingIx> {
    let mut classes = BTreeMap::new();
    let (Some(prefix), Some(patterns)) = (object_prefix(world, door), patterns(world, action))
    else {
        return classes;
    };
    let everything = Glob::new(&format!("{prefix}*"));
    let near = patterns.into_iter();
    let near: Vec<&Glob> = near
        .filter(|p| intersects(&everything, p).is_some())
        .collect();
    let fits = |arn: &str| near.iter().map(|p| p.matches(arn)).collect::<Vec<bool>>();
    let mut first: BTreeMap<(ThingIx, Fits), ThingIx> = BTreeMap::new();
    for (thing, of) in &world.objects {
        // Keys with digits are tried digit by digit.
        if of.keys.iter().any(|key| key.contains(HEX)) {
            continue;
        }
        let mut signature = Vec::new();
        for key in &of.keys {
            let sample = format!("{prefix}{}", key.replace('*', SAMPLE_KEY));
            signature.push(Some(fits(&sample)));
            let pattern = Glob::new(&format!("{prefix}{key}"));
            let met = near.iter().map(|near| intersects(&pattern, near));
            signature.extend(met.map(|met| met.map(|text| fits(&text))));
        }
        classes.insert(
            *thing,
            *first.entry((of.bucket, signature)).or_insert(*thing),
        );
    }
    classes
}

/// Everything by the first that is like it; nothing where statements cannot be told apart so.
fn classes(world: &World<'_>, action: &str, part: Part) -> Option<BTreeMap<ThingIx, ThingIx>> {
    let patterns = patterns(world, action)?;
    let mut first: BTreeMap<(Kind, String, String, Vec<bool>), ThingIx> = BTreeMap::new();
    let mut classes = BTreeMap::new();
    for thing in world.all(Sort::Workload) {
        let wants = wanted(world, part, About::only(*thing), &[]);
        let arns = wants.iter().flat_map(|want| &want.candidates);
        let fits = arns.flat_map(|arn| patterns.iter().map(move |pattern| pattern.matches(arn)));
        let key = (
            world.kind(*thing),
            world.account(*thing).unwrap_or_default().to_owned(),
            world.region(*thing).unwrap_or_default().to_owned(),
            fits.collect(),
        );
        classes.insert(*thing, *first.entry(key).or_insert(*thing));
    }
    Some(classes)
}

/// The answer about one function or task, told of another that is like it.
pub(super) fn told_of(
    world: &World<'_>,
    mut verdict: Verdict,
    decided: ThingIx,
    own: ThingIx,
) -> Verdict {
    let named = matches!(world.kind(own), Kind::Function | Kind::Task);
    let shortfall = verdict.shortfall.as_mut();
    if let Some(shortfall) = shortfall.filter(|_| named && decided != own) {
        shortfall.text = shortfall.text.replace(world.id(decided), world.id(own));
    }
    verdict
}
