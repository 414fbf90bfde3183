//! AND/OR propagation over a rule table, for all principals at once.
//!
//! Knows facts, rules and lanes by number only.
//!
//! Must never: know AWS, Kafka, a name or a string; hold a negation; do IO.

mod strength;

pub use strength::Strength;
