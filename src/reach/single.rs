//! One lane by counters: the strongest level first, each weaker one going on where it stopped.
//!
//! Must never: visit a body slot twice.

use super::{FactIx, RuleTable, Start, Strength};

/// How surely each fact holds for one lane.
///
/// `O(facts + rules + slots)` time, four bytes a rule and one a fact.
pub fn single(table: &RuleTable, starts: &[Start]) -> Vec<Strength> {
    single_without(table, starts, None)
}

/// The same, as if `blocked` could neither start nor be derived.
pub(super) fn single_without(
    table: &RuleTable,
    starts: &[Start],
    blocked: Option<FactIx>,
) -> Vec<Strength> {
    let mut have = vec![Strength::Never; table.facts()];
    // INVARIANT (counter): how many body facts of the rule do not yet hold at the present level.
    let mut missing = missing_counts(table);
    // What rises at each level, by rank; the one of `Never` is filled by inert rules and not read.
    let mut rising: [Vec<FactIx>; 4] = Default::default();
    for start in starts {
        rising[start.strength.rank()].push(start.fact);
    }
    for &rule in table.axioms() {
        rising[table.strength(rule).rank()].push(table.head(rule));
    }
    for level in Strength::HOLDING {
        let mut open = std::mem::take(&mut rising[level.rank()]);
        while let Some(fact) = open.pop() {
            if have[fact.index()] != Strength::Never || Some(fact) == blocked {
                continue;
            }
            have[fact.index()] = level;
            for &rule in table.uses(fact) {
                missing[rule.index()] -= 1;
                if missing[rule.index()] > 0 {
                    continue;
                }
                let gives = table.strength(rule) & level;
                if gives == level {
                    open.push(table.head(rule));
                } else {
                    rising[gives.rank()].push(table.head(rule));
                }
            }
        }
    }
    have
}

/// How long each rule's body is, to count down from.
pub(super) fn missing_counts(table: &RuleTable) -> Vec<u32> {
    // A body repeats no fact, and facts fit 32 bits.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a body is no longer than facts exist"
    )]
    table
        .all_rules()
        .map(|rule| table.body(rule).len() as u32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::RuleTableBuilder;
    use super::*;

    #[test]
    fn a_weak_rule_waits_for_its_level() {
        let mut builder = RuleTableBuilder::new();
        let [a, b, c] = [builder.add_fact(), builder.add_fact(), builder.add_fact()];
        builder.rule(b, &[a], Strength::Gap);
        builder.rule(c, &[b], Strength::Always);
        builder.rule(b, &[a], Strength::Conditional);
        let table = builder.build();
        let have = single(&table, &[Start::new(a, Strength::Always)]);
        assert_eq!(
            have,
            [
                Strength::Always,
                Strength::Conditional,
                Strength::Conditional
            ]
        );
    }

    #[test]
    fn a_blocked_fact_neither_starts_nor_is_derived() {
        let mut builder = RuleTableBuilder::new();
        let [a, b, c] = [builder.add_fact(), builder.add_fact(), builder.add_fact()];
        builder.rule(b, &[a], Strength::Always);
        builder.rule(c, &[b], Strength::Always);
        let table = builder.build();
        let starts = [
            Start::new(a, Strength::Always),
            Start::new(b, Strength::Always),
        ];
        let have = single_without(&table, &starts, Some(b));
        assert_eq!(have, [Strength::Always, Strength::Never, Strength::Never]);
    }

    #[test]
    fn a_start_that_never_holds_does_not_start() {
        let mut builder = RuleTableBuilder::new();
        let fact = builder.add_fact();
        let table = builder.build();
        assert_eq!(
            single(&table, &[Start::new(fact, Strength::Never)]),
            [Strength::Never]
        );
    }
}
