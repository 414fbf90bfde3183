//! Near misses: single facts whose addition would make a goal hold.
//!
//! Must never: report a fact that alone is not enough, or miss one that is.

use super::single::missing_counts;
use super::{FactIx, RuleTable, Start, Strength};

/// The candidates that do not hold and each of which alone, added at [`Strength::Always`], makes the
/// goal hold; ascending, with the goal's strength then.
///
/// Empty if the goal holds already. The goal itself is not its own near miss.
///
/// Exact: a fact is tried if it is the only one missing in the body of a rule behind the goal whose
/// head does not hold, and the first thing that an added fact sets off is always such a rule.
/// One run over what stands behind the goal, then for each fact tried only what newly holds because
/// of it: `O(slots + sum of what each sets off)`.
pub fn one_short(
    table: &RuleTable,
    starts: &[Start],
    goal: FactIx,
    candidates: impl Fn(FactIx) -> bool,
) -> Vec<(FactIx, Strength)> {
    let mut state = State::new(table, table.behind(&[goal]));
    for start in starts {
        state.raise(start.fact, start.strength);
    }
    for &rule in table.axioms() {
        state.raise(table.head(rule), table.strength(rule));
    }
    if state.have[goal.index()] != Strength::Never {
        return Vec::new();
    }
    state.risen.clear();
    let mut found = Vec::new();
    for fact in table.all_facts() {
        if fact != goal && state.sets_off(fact) && candidates(fact) {
            state.raise(fact, Strength::Always);
            let then = state.have[goal.index()];
            state.undo();
            if then != Strength::Never {
                found.push((fact, then));
            }
        }
    }
    found
}

/// What holds behind the goal, able to rise by one addition and to go back.
struct State<'t> {
    table: &'t RuleTable,
    /// The facts behind the goal. All others are ignored.
    inside: Vec<bool>,
    have: Vec<Strength>,
    /// For each rule and each holding strength by rank: body facts that do not hold so surely.
    missing: Vec<[u32; 3]>,
    /// What rose, and from where, since the last time this was cleared.
    risen: Vec<(FactIx, Strength)>,
}

impl<'t> State<'t> {
    fn new(table: &'t RuleTable, inside: Vec<bool>) -> Self {
        Self {
            table,
            inside,
            have: vec![Strength::Never; table.facts()],
            missing: missing_counts(table)
                .into_iter()
                .map(|count| [count; 3])
                .collect(),
            risen: Vec::new(),
        }
    }

    /// Whether adding the fact, which does not hold, makes a rule behind the goal give a fact that
    /// did not hold.
    fn sets_off(&self, fact: FactIx) -> bool {
        let might = self.inside[fact.index()] && self.have[fact.index()] == Strength::Never;
        might
            && self.table.uses(fact).iter().any(|&rule| {
                let head = self.table.head(rule).index();
                self.missing[rule.index()][0] == 1
                    && self.table.strength(rule) != Strength::Never
                    && self.inside[head]
                    && self.have[head] == Strength::Never
            })
    }

    /// Raises a fact to a strength and everything that follows. Each fact rises at most three times.
    fn raise(&mut self, fact: FactIx, to: Strength) {
        let mut open = vec![(fact, to)];
        while let Some((fact, to)) = open.pop() {
            let from = self.have[fact.index()];
            if to <= from || !self.inside[fact.index()] {
                continue;
            }
            self.have[fact.index()] = to;
            self.risen.push((fact, from));
            for &rule in self.table.uses(fact) {
                let missing = &mut self.missing[rule.index()];
                let mut complete = 0;
                for (level, count) in missing.iter_mut().enumerate() {
                    if (from.rank()..to.rank()).contains(&level) {
                        *count -= 1;
                    }
                    if *count == 0 {
                        complete = level + 1;
                    }
                }
                let gives = Strength::ALL[complete] & self.table.strength(rule);
                open.push((self.table.head(rule), gives));
            }
        }
    }

    /// Takes back all that rose since `risen` was last empty.
    fn undo(&mut self) {
        while let Some((fact, from)) = self.risen.pop() {
            let to = std::mem::replace(&mut self.have[fact.index()], from);
            for &rule in self.table.uses(fact) {
                for count in &mut self.missing[rule.index()][from.rank()..to.rank()] {
                    *count += 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::RuleTableBuilder;
    use super::*;

    #[test]
    fn only_the_last_missing_fact_is_one_short() {
        let mut builder = RuleTableBuilder::new();
        let first = builder.add_facts(6);
        let fact = FactIx::new;
        let goal = fact(5);
        builder.rule(goal, &[first, fact(1)], Strength::Conditional); // 1 missing: a near miss
        builder.rule(goal, &[fact(2), fact(3)], Strength::Always); // both missing: none
        builder.rule(fact(1), &[fact(4)], Strength::Gap); // 4 gives 1: a near miss too
        builder.rule(goal, &[fact(2)], Strength::Never); // inert
        let table = builder.build();
        let starts = [Start::new(first, Strength::Always)];
        let found = one_short(&table, &starts, goal, |_| true);
        assert_eq!(
            found,
            [(fact(1), Strength::Conditional), (fact(4), Strength::Gap)]
        );
        let found = one_short(&table, &starts, goal, |candidate| candidate == fact(4));
        assert_eq!(found, [(fact(4), Strength::Gap)]);
    }

    #[test]
    fn a_fact_that_completes_two_rules_in_turn_is_found() {
        let mut builder = RuleTableBuilder::new();
        builder.add_facts(3);
        let fact = FactIx::new;
        builder.rule(fact(1), &[fact(0)], Strength::Always);
        builder.rule(fact(2), &[fact(0), fact(1)], Strength::Always);
        let table = builder.build();
        let found = one_short(&table, &[], fact(2), |_| true);
        assert_eq!(found, [(fact(0), Strength::Always)]);
    }

    #[test]
    fn a_goal_that_holds_has_no_near_miss() {
        let mut builder = RuleTableBuilder::new();
        builder.add_facts(2);
        let fact = FactIx::new;
        builder.rule(fact(1), &[], Strength::Gap);
        builder.rule(fact(1), &[fact(0)], Strength::Always);
        let table = builder.build();
        assert_eq!(one_short(&table, &[], fact(1), |_| true), []);
    }
}
