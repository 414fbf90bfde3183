//! The executable definition of what holds: slow and obvious, what all else is compared against.
//!
//! Must never: be made clever.

use super::{RuleTable, Start, Strength};

/// How surely each fact holds for one lane, by plain iteration until nothing rises.
///
/// `O(slots * facts * 3)` at worst. For tests; ask [`single`](super::single) otherwise.
pub fn naive(table: &RuleTable, starts: &[Start]) -> Vec<Strength> {
    let mut have = vec![Strength::Never; table.facts()];
    for start in starts {
        have[start.fact.index()] = have[start.fact.index()] | start.strength;
    }
    loop {
        let mut rose = false;
        for rule in table.all_rules() {
            let body = table.body(rule).iter().map(|fact| have[fact.index()]);
            let gives = body.fold(table.strength(rule), |a, b| a & b);
            let head = table.head(rule).index();
            if gives > have[head] {
                have[head] = gives;
                rose = true;
            }
        }
        if !rose {
            return have;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FactIx, RuleTableBuilder};
    use super::*;

    #[test]
    fn a_cycle_does_not_hold_itself_up() {
        let mut builder = RuleTableBuilder::new();
        let [a, b, c] = [builder.add_fact(), builder.add_fact(), builder.add_fact()];
        builder.rule(a, &[b], Strength::Always);
        builder.rule(b, &[a], Strength::Always);
        builder.rule(c, &[c], Strength::Always);
        let table = builder.build();
        assert_eq!(naive(&table, &[]), [Strength::Never; 3]);
        let starts = [Start::new(a, Strength::Gap)];
        assert_eq!(
            naive(&table, &starts),
            [Strength::Gap, Strength::Gap, Strength::Never]
        );
    }

    #[test]
    fn and_takes_the_weakest_or_the_strongest() {
        let mut builder = RuleTableBuilder::new();
        builder.add_facts(4);
        let fact = FactIx::new;
        builder.rule(fact(3), &[fact(0), fact(1)], Strength::Always);
        builder.rule(fact(3), &[fact(2)], Strength::Conditional);
        let table = builder.build();
        let starts = [
            Start::new(fact(0), Strength::Always),
            Start::new(fact(1), Strength::Gap),
            Start::new(fact(2), Strength::Always),
        ];
        assert_eq!(naive(&table, &starts[..2])[3], Strength::Gap);
        assert_eq!(naive(&table, &starts[..1])[3], Strength::Never);
        assert_eq!(naive(&table, &starts)[3], Strength::Conditional);
    }
}
