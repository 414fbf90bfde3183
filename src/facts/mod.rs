//! The vocabulary: things, and what someone can hold of them.
//!
//! A fact is a predicate about one thing: *acts as* this role, *reads* this bucket. Facts and things
//! are interned, so that everything behind them works with numbers.
//!
//! Must never: evaluate a policy, or know a deployment model.

mod evidence;
mod predicate;
mod thing;

pub use evidence::{Evidence, Note, NoteKind};
pub use predicate::{Predicate, Verb};
pub use thing::{Kind, Thing, ThingIx, Things};

use indexmap::IndexSet;

use crate::reach::FactIx;

/// One capability: a predicate about a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fact {
    /// What is held.
    pub predicate: Predicate,
    /// Of what.
    pub thing: ThingIx,
}

/// All facts of one analysis, numbered in the order in which they were first named.
#[derive(Clone, Debug, Default)]
pub struct Facts(IndexSet<Fact>);

impl Facts {
    /// The number of a fact, given to it now if it is new.
    pub fn intern(&mut self, predicate: Predicate, thing: ThingIx) -> FactIx {
        let (index, _) = self.0.insert_full(Fact { predicate, thing });
        FactIx::new(index)
    }

    /// The number of a fact, if anything ever named it.
    pub fn find(&self, predicate: Predicate, thing: ThingIx) -> Option<FactIx> {
        self.0
            .get_index_of(&Fact { predicate, thing })
            .map(FactIx::new)
    }

    /// The fact behind a number.
    ///
    /// # Panics
    /// When the number was not given out by this set.
    pub fn get(&self, index: FactIx) -> Fact {
        self.0[index.index()]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, by number.
    pub fn iter(&self) -> impl Iterator<Item = (FactIx, Fact)> + '_ {
        self.0
            .iter()
            .enumerate()
            .map(|(i, fact)| (FactIx::new(i), *fact))
    }
}
