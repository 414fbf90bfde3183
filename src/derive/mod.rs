//! From an estate to facts and rules.
//!
//! Rule packs say which rules there are; this module gives their words a meaning in an estate and
//! writes one ground rule for each binding that may hold.
//!
//! Must never: name a route or a deployment model, or weaken what the policy engines answer.

mod access_grants;
mod alike;
mod asking;
mod backups;
mod belonging;
mod beside;
mod callers;
mod connections;
mod context;
mod deliveries;
mod guests;
mod holders;
mod interpret;
mod judge;
mod kafka;
mod kubernetes;
mod layers;
mod listeners;
mod mounts;
mod pods;
mod positions;
mod principals;
mod received;
mod relation;
mod resources;
mod silence;
mod storage;
mod topics;
mod unknown;
mod verdict;
mod workloads;
mod world;

pub use interpret::GroundRule;
pub use principals::{Held, Principal};

use std::collections::BTreeMap;

use crate::estate::Estate;
use crate::facts::{Fact, Facts, Kind, Predicate, ThingIx, Things, Verb};
use crate::reach::{FactIx, RuleIx, RuleTable};
use crate::rules::Row;

/// The rules of one estate under one model, ready for the reach engine.
#[derive(Debug)]
pub struct Derivation {
    /// What the facts are about.
    pub things: Things,
    /// Facts by number.
    pub facts: Facts,
    /// Rules by number, as people read them.
    pub rules: Vec<GroundRule>,
    /// The same rules by number, as the engine reads them.
    pub table: RuleTable,
    /// Who starts.
    pub principals: Vec<Principal>,
    /// Topics and the fact of reading each.
    pub topics: BTreeMap<String, FactIx>,
}

/// Writes the rules of an estate. Complexity: the product of the sorts that a row binds, times one
/// policy decision for each distinct request.
pub fn derive(estate: &Estate, rows: &[Row]) -> Derivation {
    let world = world::World::new(estate);
    let interpreter = interpret::Interpreter::new(&world, BTreeMap::new());
    let (mut written, shortfalls) = interpreter.run(rows);
    let principals = principals::all(&world, &mut written.facts);
    let mut topics = BTreeMap::new();
    for thing in world
        .things
        .iter()
        .filter(|thing| thing.kind == Kind::Topic)
    {
        if let Some(index) = world.things.find(Kind::Topic, &thing.id) {
            topics.insert(
                thing.id.clone(),
                written.facts.intern(Predicate::Topic(Verb::Read), index),
            );
        }
    }
    let mut things = world.things;
    let mut by_number: Vec<(ThingIx, String)> = shortfalls
        .into_iter()
        .map(|(text, thing)| (thing, text))
        .collect();
    by_number.sort();
    for (_, text) in by_number {
        things.intern(Kind::Shortfall, &text);
    }
    let table = written.table();
    Derivation {
        things,
        facts: written.facts,
        rules: written.rules,
        table,
        principals,
        topics,
    }
}

impl Derivation {
    /// The fact behind a number.
    pub fn fact(&self, fact: FactIx) -> Fact {
        self.facts.get(fact)
    }

    /// The rule behind a number.
    ///
    /// # Panics
    /// When the number is not of this derivation's table.
    pub fn rule(&self, rule: RuleIx) -> &GroundRule {
        &self.rules[rule.index()]
    }

    /// A fact in words, without the one who holds it: `reads pier-stream`.
    pub fn say(&self, fact: FactIx) -> String {
        let Fact { predicate, thing } = self.fact(fact);
        format!("{} {}", predicate.phrase(), self.things.get(thing))
    }
}
