//! AND/OR propagation over a rule table, for all principals at once.
//!
//! Knows facts, rules and lanes by number only. A *fact* is something that can hold; a *rule* says
//! that its body facts together give its head fact, with a [`Strength`]; a *lane* is one principal,
//! given as the facts it starts with. A fact is as strong as its strongest derivation, a derivation
//! as strong as its weakest part: the least fixpoint of max over min, which exists and is unique
//! because nothing here is negated.
//!
//! | question | function | cost (`S`: body slots) |
//! | --- | --- | --- |
//! | the definition | [`naive`] | `O(S * facts)`, for tests |
//! | one lane, all facts | [`single`] | `O(S)` |
//! | all lanes, some facts | [`lanes`], [`lanes_all`] | `O(S * lanes / 512 * sweeps)` |
//! | why does it hold | [`prove`], [`prove_with`] | `O(S + facts * log)` |
//! | by which last steps | [`prove_all_last`] | at most three times that |
//! | what one fact is missing | [`one_short`] | see there |
//!
//! Every answer about one lane is the same as [`naive`]'s; `tests/reach_properties.rs` holds them to
//! it on random tables with cycles.
//!
//! Facts and rules given to a function must belong to its table. As with a slice, a number outside
//! is a mistake of the caller and panics.
//!
//! ```
//! use catchment::reach::{RuleTableBuilder, Start, Strength, prove, single};
//!
//! let mut builder = RuleTableBuilder::new();
//! let [object, key, data] = [builder.add_fact(), builder.add_fact(), builder.add_fact()];
//! builder.rule(data, &[object, key], Strength::Always);
//! let table = builder.build();
//!
//! let starts = [Start::new(object, Strength::Always), Start::new(key, Strength::Conditional)];
//! assert_eq!(single(&table, &starts)[data.index()], Strength::Conditional);
//!
//! let witness = prove(&table, &starts, data).unwrap();
//! assert_eq!(witness.strength(), Strength::Conditional);
//! assert_eq!(witness.check(&table, &starts), Ok(()));
//! ```
//!
//! Must never: know AWS, Kafka, a name or a string; hold a negation; do IO.

mod lanes;
mod naive;
mod order;
mod plan;
mod proof;
mod rows;
mod short;
mod single;
mod strength;
mod table;
mod witness;

pub use lanes::{ReachTable, lanes, lanes_all};
pub use naive::naive;
pub use proof::{prove, prove_all_last, prove_with};
pub use short::one_short;
pub use single::single;
pub use strength::Strength;
pub use table::{FactIx, RuleIx, RuleTable, RuleTableBuilder, Start};
pub use witness::{CheckError, Step, Witness};
