//! The order in which facts can be computed: components of the rules, what is needed first.
//!
//! Must never: recurse (the depth of an estate is input), or merge the facts of a component.

use super::{FactIx, RuleTable, Strength};

/// Facts behind the goals, each after all that it needs unless the two need each other.
#[derive(Debug)]
pub(super) struct Order {
    /// The facts, component after component.
    pub(super) facts: Vec<FactIx>,
    /// Where each component ends in `facts`.
    pub(super) ends: Vec<usize>,
}

const UNSEEN: u32 = u32::MAX;
const DONE: u32 = u32::MAX - 1;

/// A fact whose needs are being visited: which of its rules, and which body fact of that one.
struct Visit {
    fact: FactIx,
    rule: usize,
    slot: usize,
    /// The least entry number on the stack that it was seen to need.
    low: u32,
}

/// Tarjan's components over "head needs body", from the goals, without recursion: `O(slots)`.
pub(super) fn order(table: &RuleTable, goals: impl IntoIterator<Item = FactIx>) -> Order {
    let mut order = Order {
        facts: Vec::new(),
        ends: Vec::new(),
    };
    let mut entry = vec![UNSEEN; table.facts()];
    let mut entered = 0;
    let mut visits: Vec<Visit> = Vec::new();
    let mut stack: Vec<FactIx> = Vec::new();
    for goal in goals {
        let mut enter = (entry[goal.index()] == UNSEEN).then_some(goal);
        loop {
            if let Some(fact) = enter.take() {
                entry[fact.index()] = entered;
                visits.push(Visit {
                    fact,
                    rule: 0,
                    slot: 0,
                    low: entered,
                });
                stack.push(fact);
                entered += 1;
            }
            let Some(visit) = visits.last_mut() else {
                break;
            };
            if let Some(needed) = next_need(table, visit) {
                match entry[needed.index()] {
                    UNSEEN => enter = Some(needed),
                    DONE => {}
                    open => visit.low = visit.low.min(open),
                }
                continue;
            }
            let Some(left) = visits.pop() else { break };
            if left.low == entry[left.fact.index()] {
                while let Some(fact) = stack.pop() {
                    entry[fact.index()] = DONE;
                    order.facts.push(fact);
                    if fact == left.fact {
                        break;
                    }
                }
                order.ends.push(order.facts.len());
            }
            if let Some(above) = visits.last_mut() {
                above.low = above.low.min(left.low);
            }
        }
    }
    order
}

/// The next body fact of the visited fact's rules that can fire at all.
fn next_need(table: &RuleTable, visit: &mut Visit) -> Option<FactIx> {
    let rules = table.giving(visit.fact);
    while let Some(&rule) = rules.get(visit.rule) {
        if table.strength(rule) != Strength::Never
            && let Some(&needed) = table.body(rule).get(visit.slot)
        {
            visit.slot += 1;
            return Some(needed);
        }
        visit.rule += 1;
        visit.slot = 0;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::RuleTableBuilder;
    use super::*;

    #[test]
    fn needs_come_first_and_components_stay_together() {
        let mut builder = RuleTableBuilder::new();
        builder.add_facts(6);
        let fact = FactIx::new;
        // 0 needs 1 and 2; 1, 2 and 3 need each other; 3 needs 4; 5 stands apart.
        builder.rule(fact(0), &[fact(1), fact(2)], Strength::Always);
        builder.rule(fact(1), &[fact(2)], Strength::Always);
        builder.rule(fact(2), &[fact(3)], Strength::Always);
        builder.rule(fact(3), &[fact(1)], Strength::Always);
        builder.rule(fact(3), &[fact(4)], Strength::Always);
        builder.rule(fact(4), &[fact(0)], Strength::Never);
        let table = builder.build();
        let order = order(&table, [fact(0)]);
        assert_eq!(order.ends, [1, 4, 5]);
        assert_eq!(order.facts[0], fact(4));
        assert_eq!(order.facts[4], fact(0));
        let mut middle = order.facts[1..4].to_vec();
        middle.sort_unstable();
        assert_eq!(middle, [fact(1), fact(2), fact(3)]);
    }

    #[test]
    fn a_deep_chain_needs_no_deep_stack() {
        let mut builder = RuleTableBuilder::new();
        builder.add_facts(300_000);
        for at in 1..300_000 {
            builder.rule(FactIx::new(at), &[FactIx::new(at - 1)], Strength::Always);
        }
        let table = builder.build();
        let order = order(&table, [FactIx::new(299_999)]);
        assert_eq!(order.ends.len(), 300_000);
        assert!(order.facts.is_sorted());
    }
}
