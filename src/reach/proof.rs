//! Proofs: the strongest first, among those the cheapest, found by Knuth's generalization of
//! Dijkstra's algorithm; always the same one for the same input.
//!
//! A cost is the sum over the proof *as a tree*, so a part used twice counts twice (the least graph
//! is NP-hard): proofs are short, not proven shortest as graphs.
//!
//! Must never: return a proof weaker than the fact, a circular one, or one that depends on the order
//! of the starts.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::single::{missing_counts, single, single_without};
use super::{FactIx, RuleIx, RuleTable, Start, Step, Strength, Witness};

/// The strongest proof of the goal, with the fewest rules (counted as a tree); none if it does not
/// hold. Among equals the one whose last rule has the lowest number, and so on down.
///
/// `O(slots + facts * log facts)`.
pub fn prove(table: &RuleTable, starts: &[Start], goal: FactIx) -> Option<Witness> {
    prove_with(table, starts, goal, |_| 1)
}

/// The strongest proof of the goal, among those the one with the least sum of rule costs (as a
/// tree, up to `u64::MAX`), among those the one with the fewest rules.
pub fn prove_with(
    table: &RuleTable,
    starts: &[Start],
    goal: FactIx,
    cost: impl Fn(RuleIx) -> u64,
) -> Option<Witness> {
    let level = single(table, starts)[goal.index()];
    if level == Strength::Never {
        return None;
    }
    let mut search = Search::new(table, level, None);
    search.run(starts, &cost, [goal]);
    Some(search.witness(goal, level, None))
}

/// The distinct routes to the goal: for each rule that gives it and can fire without resting on the
/// goal itself, the strongest and cheapest proof that ends in that rule. Strongest first, then
/// cheapest, then by rule number.
///
/// That the lane starts with the goal is no route and is not used by any. A rule that can fire only
/// once the goal holds gives a circle and is left out; if the goal holds by any rule, some rule
/// remains. At most one search for each strength.
pub fn prove_all_last(table: &RuleTable, starts: &[Start], goal: FactIx) -> Vec<Witness> {
    let have = single_without(table, starts, Some(goal));
    let fires = |rule: RuleIx| {
        let body = table.body(rule).iter().map(|fact| have[fact.index()]);
        body.fold(table.strength(rule), |a, b| a & b)
    };
    let mut routes = Vec::new();
    for level in Strength::HOLDING {
        let rules = table.giving(goal).iter().copied();
        let rules: Vec<_> = rules.filter(|&rule| fires(rule) == level).collect();
        if rules.is_empty() {
            continue;
        }
        let mut search = Search::new(table, level, Some(goal));
        let bodies = rules.iter().flat_map(|&rule| table.body(rule));
        search.run(starts, &|_| 1, bodies.copied());
        let mut priced: Vec<_> = rules
            .into_iter()
            .map(|rule| (search.price(rule, &|_| 1), rule))
            .collect();
        priced.sort_unstable();
        let witness = |(_, rule)| search.witness(goal, level, Some(rule));
        routes.extend(priced.into_iter().map(witness));
    }
    routes
}

/// What a proof costs, as a tree. The number of rules comes second, so that even a rule that costs
/// nothing makes a proof dearer, and ties do not depend on the order of the search.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Price {
    cost: u64,
    rules: u64,
}

/// The last step of a fact's best proof. The order breaks ties: given first, then the lowest rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Via {
    Given(Reverse<Strength>),
    Rule(RuleIx),
}

/// The cheapest proofs of all facts over starts and rules of at least one level.
struct Search<'t> {
    table: &'t RuleTable,
    level: Strength,
    blocked: Option<FactIx>,
    /// Set once, when the fact's cheapest proof is known.
    // INVARIANT (well founded): a rule is set only after all of its body.
    best: Vec<Option<(Price, Via)>>,
}

impl<'t> Search<'t> {
    /// A search in which the blocked fact neither starts nor is derived.
    fn new(table: &'t RuleTable, level: Strength, blocked: Option<FactIx>) -> Self {
        Self {
            table,
            level,
            blocked,
            best: vec![None; table.facts()],
        }
    }

    /// Runs until the proofs of all wanted facts are known, or to the end.
    fn run(
        &mut self,
        starts: &[Start],
        cost: &impl Fn(RuleIx) -> u64,
        wanted: impl IntoIterator<Item = FactIx>,
    ) {
        let table = self.table;
        let mut open = vec![false; table.facts()];
        let mut left = 0_usize;
        for fact in wanted {
            left += usize::from(!std::mem::replace(&mut open[fact.index()], true));
        }
        let mut missing = missing_counts(table);
        let mut heap = BinaryHeap::new();
        for start in starts.iter().filter(|start| start.strength >= self.level) {
            let via = Via::Given(Reverse(start.strength));
            heap.push(Reverse((Price::default(), via, start.fact)));
        }
        for &rule in table
            .axioms()
            .iter()
            .filter(|&&rule| table.strength(rule) >= self.level)
        {
            heap.push(Reverse((
                self.price(rule, cost),
                Via::Rule(rule),
                table.head(rule),
            )));
        }
        while left > 0
            && let Some(Reverse((price, via, fact))) = heap.pop()
        {
            if self.best[fact.index()].is_some() || Some(fact) == self.blocked {
                continue;
            }
            self.best[fact.index()] = Some((price, via));
            left -= usize::from(open[fact.index()]);
            for &rule in table.uses(fact) {
                missing[rule.index()] -= 1;
                let head = table.head(rule);
                if missing[rule.index()] == 0
                    && table.strength(rule) >= self.level
                    && self.best[head.index()].is_none()
                {
                    heap.push(Reverse((self.price(rule, cost), Via::Rule(rule), head)));
                }
            }
        }
    }

    /// What a proof that ends in the rule costs, given the best proofs of its body.
    fn price(&self, rule: RuleIx, cost: &impl Fn(RuleIx) -> u64) -> Price {
        let body = self
            .table
            .body(rule)
            .iter()
            .filter_map(|fact| self.best[fact.index()]);
        body.fold(
            Price {
                cost: cost(rule),
                rules: 1,
            },
            |sum, (price, _)| Price {
                cost: sum.cost.saturating_add(price.cost),
                rules: sum.rules.saturating_add(price.rules),
            },
        )
    }

    /// Reads the goal's proof off, ending in `last` if that is given. Each step is written after
    /// its premises, which ends because of INVARIANT (well founded).
    fn witness(&self, goal: FactIx, strength: Strength, last: Option<RuleIx>) -> Witness {
        let via = |fact: FactIx| match last {
            Some(rule) if fact == goal => Some(Via::Rule(rule)),
            _ => self.best[fact.index()].map(|(_, via)| via),
        };
        let mut steps = Vec::new();
        // The step of each fact, once written.
        let mut written = vec![None; self.table.facts()];
        // Facts to write; the flag says that the premises have been written.
        let mut open = vec![(goal, false)];
        while let Some((fact, ready)) = open.pop() {
            if written[fact.index()].is_some() {
                continue;
            }
            let step = match via(fact) {
                None => continue,
                Some(Via::Given(Reverse(strength))) => Step::Given { fact, strength },
                Some(Via::Rule(rule)) => {
                    let body = self.table.body(rule);
                    if !ready {
                        open.push((fact, true));
                        open.extend(body.iter().rev().map(|&fact| (fact, false)));
                        continue;
                    }
                    let premises = body
                        .iter()
                        .filter_map(|fact| written[fact.index()])
                        .collect();
                    Step::Derived {
                        fact,
                        rule,
                        premises,
                    }
                }
            };
            written[fact.index()] = Some(steps.len());
            steps.push(step);
        }
        Witness::new(goal, strength, steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reach::RuleTableBuilder;

    fn facts<const N: usize>(builder: &mut RuleTableBuilder) -> [FactIx; N] {
        std::array::from_fn(|_| builder.add_fact())
    }

    #[test]
    fn the_strongest_proof_wins_over_the_shorter() {
        let mut builder = RuleTableBuilder::new();
        let [a, b, c, goal] = facts(&mut builder);
        builder.rule(goal, &[a], Strength::Conditional);
        let far = [
            builder.rule(b, &[a], Strength::Always),
            builder.rule(c, &[b], Strength::Always),
            builder.rule(goal, &[c], Strength::Always),
        ];
        let table = builder.build();
        let starts = [Start::new(a, Strength::Always)];
        let witness = prove(&table, &starts, goal).unwrap();
        assert_eq!(witness.strength(), Strength::Always);
        assert!(witness.rules().eq(far));
        assert_eq!(witness.check(&table, &starts), Ok(()));
    }

    #[test]
    fn below_the_weakest_link_the_shorter_proof_wins() {
        // The last rule is conditional, so a long certain way to its body is worth nothing.
        let mut builder = RuleTableBuilder::new();
        let [a, b, c, goal] = facts(&mut builder);
        builder.rule(b, &[a], Strength::Always);
        builder.rule(c, &[b], Strength::Always);
        let short = builder.rule(c, &[a], Strength::Conditional);
        let last = builder.rule(goal, &[c], Strength::Conditional);
        let table = builder.build();
        let witness = prove(&table, &[Start::new(a, Strength::Always)], goal).unwrap();
        assert!(witness.rules().eq([short, last]));
    }

    #[test]
    fn shared_parts_stand_once() {
        let mut builder = RuleTableBuilder::new();
        let [a, b, c, d, goal] = facts(&mut builder);
        builder.rule(b, &[a], Strength::Always);
        builder.rule(c, &[b], Strength::Always);
        builder.rule(d, &[b], Strength::Always);
        builder.rule(goal, &[d, c], Strength::Always);
        let table = builder.build();
        let witness = prove(&table, &[Start::new(a, Strength::Gap)], goal).unwrap();
        assert!(witness.facts().eq([a, b, d, c, goal]));
        let last = witness.steps().last().unwrap();
        assert!(matches!(last, Step::Derived { premises, .. } if premises == &[2, 3]));
    }

    #[test]
    fn ties_go_to_the_lowest_rule_even_at_no_cost() {
        let mut builder = RuleTableBuilder::new();
        let [a, b, goal] = facts(&mut builder);
        builder.rule(goal, &[b], Strength::Always);
        let low = builder.rule(goal, &[a], Strength::Always);
        builder.rule(goal, &[a], Strength::Always);
        builder.rule(b, &[a], Strength::Always);
        let table = builder.build();
        let starts = [Start::new(a, Strength::Always)];
        let free = prove_with(&table, &starts, goal, |_| 0).unwrap();
        assert!(free.rules().eq([low]));
        let dear = prove_with(&table, &starts, goal, |rule| u64::from(rule == low)).unwrap();
        assert!(dear.rules().eq([RuleIx::new(2)]));
    }

    #[test]
    fn at_equal_cost_fewer_rules_win_over_a_lower_number() {
        let mut builder = RuleTableBuilder::new();
        let [a, b, goal] = facts(&mut builder);
        builder.rule(b, &[a], Strength::Always);
        builder.rule(goal, &[b], Strength::Always);
        let direct = builder.rule(goal, &[a], Strength::Always);
        let table = builder.build();
        let starts = [Start::new(a, Strength::Always)];
        let witness = prove_with(&table, &starts, goal, |_| 0).unwrap();
        assert!(witness.rules().eq([direct]));
    }

    #[test]
    fn costs_that_pass_the_largest_number_still_give_a_proof() {
        let mut builder = RuleTableBuilder::new();
        builder.add_facts(201);
        for at in 0..100 {
            let [low, twin, high] = [2 * at, 2 * at + 1, 2 * at + 2].map(FactIx::new);
            builder.rule(twin, &[low], Strength::Always);
            builder.rule(high, &[low, twin], Strength::Always);
            builder.rule(low, &[high], Strength::Always);
        }
        let table = builder.build();
        let starts = [Start::new(FactIx::new(0), Strength::Always)];
        let witness = prove(&table, &starts, FactIx::new(200)).unwrap();
        assert_eq!(witness.steps().len(), 201);
        assert_eq!(witness.check(&table, &starts), Ok(()));
    }

    #[test]
    fn routes_are_distinct_ordered_and_not_circular() {
        let mut builder = RuleTableBuilder::new();
        let [a, b, goal, after] = facts(&mut builder);
        let weak = builder.rule(goal, &[a], Strength::Gap);
        builder.rule(after, &[goal], Strength::Always);
        builder.rule(goal, &[after], Strength::Always);
        let through = builder.rule(b, &[a], Strength::Always);
        let longer = builder.rule(goal, &[b], Strength::Always);
        let direct = builder.rule(goal, &[a], Strength::Always);
        builder.rule(goal, &[a, goal], Strength::Always);
        let table = builder.build();
        let starts = [
            Start::new(a, Strength::Always),
            Start::new(goal, Strength::Always),
        ];
        let routes = prove_all_last(&table, &starts, goal);
        let rules: Vec<Vec<_>> = routes.iter().map(|route| route.rules().collect()).collect();
        assert_eq!(rules, [vec![direct], vec![through, longer], vec![weak]]);
        assert!(
            routes
                .iter()
                .all(|route| route.check(&table, &starts) == Ok(()))
        );
    }

    #[test]
    fn an_axiom_is_a_proof_of_one_step() {
        let mut builder = RuleTableBuilder::new();
        let [goal] = facts(&mut builder);
        let rule = builder.rule(goal, &[], Strength::Conditional);
        let table = builder.build();
        let witness = prove(&table, &[], goal).unwrap();
        let step = Step::Derived {
            fact: goal,
            rule,
            premises: vec![],
        };
        assert_eq!(witness.steps(), [step]);
        assert_eq!(witness.strength(), Strength::Conditional);
        assert_eq!(prove_all_last(&table, &[], goal), [witness]);
    }
}
