//! Functions and tasks that no statement about an action tells apart.
//!
//! An administrator may do the same to each of two thousand functions. Where no resource pattern of
//! any statement that covers the action matches one and not the other, one decision serves both.
//!
//! Must never: join things whose tags were read, or that a pattern with a variable may tell apart.

use std::collections::{BTreeMap, HashMap};

use super::judge::About;
use super::positions;
use super::resources::wanted;
use super::verdict::Verdict;
use super::world::World;
use crate::facts::{Kind, ThingIx};
use crate::policy::{Glob, ResourcePattern};
use crate::rules::{Part, Sort};

/// The first of all that are alike, by action and part.
#[derive(Debug, Default)]
pub(super) struct Alike<'w> {
    first: HashMap<(&'w str, Part), Option<BTreeMap<ThingIx, ThingIx>>>,
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

/// Everything by the first that is like it; nothing where statements cannot be told apart so.
fn classes(world: &World<'_>, action: &str, part: Part) -> Option<BTreeMap<ThingIx, ThingIx>> {
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
