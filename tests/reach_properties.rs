//! Laws of the reach engine on random rule tables, cycles included. Each test is named after its law.

use catchment::reach::{
    FactIx, RuleIx, RuleTable, RuleTableBuilder, Start, Step, Strength, Witness, lanes, lanes_all,
    naive, one_short, prove, prove_all_last, prove_with, single,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// A rule in plain numbers: head, body, strength.
type Line = (usize, Vec<usize>, Strength);

/// A random table in plain numbers, so that it can be changed and built again.
#[derive(Clone, Debug)]
struct Estate {
    facts: usize,
    lines: Vec<Line>,
    lanes: Vec<Vec<(usize, Strength)>>,
}

impl Estate {
    fn table(&self) -> RuleTable {
        let mut builder = RuleTableBuilder::new();
        builder.add_facts(self.facts);
        for (head, body, strength) in &self.lines {
            let body: Vec<_> = body.iter().copied().map(FactIx::new).collect();
            builder.rule(FactIx::new(*head), &body, *strength);
        }
        let table = builder.build();
        assert_eq!(table.verify(), Ok(()));
        table
    }

    fn starts(&self) -> Vec<Vec<Start>> {
        let start = |&(fact, strength): &(usize, Strength)| Start::new(FactIx::new(fact), strength);
        self.lanes
            .iter()
            .map(|lane| lane.iter().map(start).collect())
            .collect()
    }

    /// The same estate with every fact under another number.
    fn renumbered(&self, to: &[usize]) -> Self {
        let mut other = self.clone();
        for (head, body, _) in &mut other.lines {
            *head = to[*head];
            for fact in body {
                *fact = to[*fact];
            }
        }
        for (fact, _) in other.lanes.iter_mut().flatten() {
            *fact = to[*fact];
        }
        other
    }
}

fn strength() -> impl Strategy<Value = Strength> {
    // Mostly strong, so that long derivations hold.
    prop_oneof![
        1 => Just(Strength::Never),
        2 => Just(Strength::Gap),
        3 => Just(Strength::Conditional),
        6 => Just(Strength::Always),
    ]
}

fn line(facts: usize) -> impl Strategy<Value = Line> {
    let body = prop_oneof![
        1 => vec(0..facts, 0),
        12 => vec(0..facts, 1),
        10 => vec(0..facts, 2),
        4 => vec(0..facts, 3..6),
    ];
    (0..facts, body, strength())
}

fn estate() -> impl Strategy<Value = Estate> {
    (1_usize..14).prop_flat_map(|facts| {
        let lane = vec((0..facts, strength()), 0..4);
        (vec(line(facts), 0..36), vec(lane, 1..6)).prop_map(move |(lines, lanes)| Estate {
            facts,
            lines,
            lanes,
        })
    })
}

/// An estate and a shuffle of its facts.
fn estate_and_numbers() -> impl Strategy<Value = (Estate, Vec<usize>)> {
    estate().prop_flat_map(|estate| {
        let numbers = Just((0..estate.facts).collect::<Vec<_>>()).prop_shuffle();
        (Just(estate), numbers)
    })
}

/// The least cost of a proof as a tree, by plain iteration over starts and rules of a level.
fn least_cost(
    table: &RuleTable,
    starts: &[Start],
    level: Strength,
    cost: impl Fn(RuleIx) -> u64,
) -> Vec<Option<u64>> {
    let mut least: Vec<Option<u64>> = vec![None; table.facts()];
    for start in starts.iter().filter(|start| start.strength >= level) {
        least[start.fact.index()] = Some(0);
    }
    loop {
        let mut fell = false;
        for rule in table
            .all_rules()
            .filter(|&rule| table.strength(rule) >= level)
        {
            let body = table.body(rule).iter().map(|fact| least[fact.index()]);
            let Some(body) = body.sum::<Option<u64>>() else {
                continue;
            };
            let head = &mut least[table.head(rule).index()];
            if head.is_none_or(|known| body + cost(rule) < known) {
                *head = Some(body + cost(rule));
                fell = true;
            }
        }
        if !fell {
            return least;
        }
    }
}

/// What the witness costs as a tree.
fn tree_cost(witness: &Witness, cost: impl Fn(RuleIx) -> u64) -> Option<u64> {
    let mut costs: Vec<u64> = Vec::new();
    for step in witness.steps() {
        costs.push(match step {
            Step::Given { .. } => 0,
            Step::Derived { rule, premises, .. } => {
                cost(*rule) + premises.iter().map(|&premise| costs[premise]).sum::<u64>()
            }
        });
    }
    costs.last().copied()
}

/// The witness without one step, premises renumbered.
fn without(witness: &Witness, gone: usize) -> Witness {
    let mut steps = witness.steps().to_vec();
    steps.remove(gone);
    for step in &mut steps {
        if let Step::Derived { premises, .. } = step {
            premises.retain(|&premise| premise != gone);
            premises
                .iter_mut()
                .filter(|at| **at > gone)
                .for_each(|at| *at -= 1);
        }
    }
    Witness::new(witness.goal(), witness.strength(), steps)
}

proptest! {
    #[test]
    fn naive_single_and_lanes_agree_on_every_cell(estate in estate()) {
        let (table, starts) = (estate.table(), estate.starts());
        let reach = lanes_all(&table, &starts);
        for (lane, starts) in starts.iter().enumerate() {
            let defined = naive(&table, starts);
            prop_assert_eq!(&single(&table, starts), &defined);
            for fact in table.all_facts() {
                prop_assert_eq!(reach.get(lane, fact), defined[fact.index()]);
            }
        }
    }

    #[test]
    fn must_is_inside_may(estate in estate()) {
        let reach = lanes_all(&estate.table(), &estate.starts());
        prop_assert_eq!(reach.verify(), Ok(()));
    }

    #[test]
    fn asking_for_fewer_goals_changes_no_cell(estate in estate(), wanted in vec(0_usize..14, 0..4)) {
        let (table, starts) = (estate.table(), estate.starts());
        let goals: Vec<_> =
            wanted.into_iter().filter(|&goal| goal < estate.facts).map(FactIx::new).collect();
        let (all, some) = (lanes_all(&table, &starts), lanes(&table, &starts, &goals));
        prop_assert_eq!(some.verify(), Ok(()));
        for lane in 0..starts.len() {
            for fact in table.all_facts() {
                let expected = goals.contains(&fact).then(|| all.get(lane, fact));
                prop_assert_eq!(some.try_get(lane, fact), expected);
            }
        }
    }

    #[test]
    fn lanes_do_not_meet(estate in estate()) {
        let (table, starts) = (estate.table(), estate.starts());
        let together = lanes_all(&table, &starts);
        for (lane, starts) in starts.into_iter().enumerate() {
            let alone = lanes_all(&table, &[starts]);
            prop_assert!(together.held_by(lane).eq(alone.held_by(0)));
        }
    }

    #[test]
    fn adding_a_rule_never_lowers_a_cell(
        (estate, more) in estate().prop_flat_map(|e| { let l = line(e.facts); (Just(e), l) }),
    ) {
        let before = lanes_all(&estate.table(), &estate.starts());
        let mut more_rules = estate.clone();
        more_rules.lines.push(more);
        let table = more_rules.table();
        let after = lanes_all(&table, &estate.starts());
        for lane in 0..estate.lanes.len() {
            for fact in table.all_facts() {
                prop_assert!(before.get(lane, fact) <= after.get(lane, fact));
            }
        }
    }

    #[test]
    fn adding_a_start_never_lowers_a_cell(
        (estate, fact) in estate().prop_flat_map(|e| { let f = 0..e.facts; (Just(e), f) }),
        strength in strength(),
    ) {
        let table = estate.table();
        for mut starts in estate.starts() {
            let before = single(&table, &starts);
            starts.push(Start::new(FactIx::new(fact), strength));
            let after = single(&table, &starts);
            prop_assert!(before.iter().zip(&after).all(|(before, after)| before <= after));
            prop_assert!(after[fact] >= strength);
        }
    }

    #[test]
    fn renumbering_facts_changes_nothing((estate, to) in estate_and_numbers()) {
        let other = estate.renumbered(&to);
        let (table, other_table) = (estate.table(), other.table());
        for (starts, other_starts) in estate.starts().iter().zip(&other.starts()) {
            let (have, other_have) =
                (single(&table, starts), single(&other_table, other_starts));
            for fact in 0..estate.facts {
                prop_assert_eq!(have[fact], other_have[to[fact]]);
                // Rules keep their numbers, so proofs are the same too, step by step.
                let witness = prove(&table, starts, FactIx::new(fact));
                let other = prove(&other_table, other_starts, FactIx::new(to[fact]));
                let steps = |witness: Option<Witness>, to: &dyn Fn(FactIx) -> usize| {
                    witness.map(|witness| {
                        let rules: Vec<_> = witness.rules().collect();
                        let facts: Vec<_> = witness.facts().map(to).collect();
                        (rules, facts, witness.strength())
                    })
                };
                prop_assert_eq!(
                    steps(witness, &|fact| to[fact.index()]),
                    steps(other, &|fact| fact.index())
                );
            }
        }
    }

    #[test]
    fn the_order_of_rules_and_starts_does_not_matter(
        (estate, lines) in estate().prop_flat_map(|e| {
            let lines = Just(e.lines.clone()).prop_shuffle();
            (Just(e), lines)
        }),
    ) {
        let mut other = Estate { lines, ..estate.clone() };
        other.lanes.iter_mut().for_each(|lane| lane.reverse());
        let (table, other_table) = (estate.table(), other.table());
        let (all, other_all) = (
            lanes_all(&table, &estate.starts()),
            lanes_all(&other_table, &other.starts()),
        );
        for (lane, (starts, turned)) in estate.starts().iter().zip(other.starts()).enumerate() {
            prop_assert_eq!(single(&table, starts), single(&other_table, &turned));
            prop_assert!(all.held_by(lane).eq(other_all.held_by(lane)));
            for fact in table.all_facts() {
                prop_assert_eq!(prove(&table, starts, fact), prove(&table, &turned, fact));
            }
        }
    }

    #[test]
    fn a_fact_holds_exactly_if_a_witness_of_its_strength_checks(estate in estate()) {
        let table = estate.table();
        for starts in estate.starts() {
            let have = naive(&table, &starts);
            for fact in table.all_facts() {
                let witness = prove(&table, &starts, fact);
                let strength = witness.as_ref().map_or(Strength::Never, Witness::strength);
                prop_assert_eq!(strength, have[fact.index()]);
                if let Some(witness) = witness {
                    prop_assert_eq!(witness.goal(), fact);
                    prop_assert_eq!(witness.check(&table, &starts), Ok(()));
                }
            }
        }
    }

    #[test]
    fn a_witness_has_the_least_cost_of_its_strength_then_the_fewest_rules(
        estate in estate(),
        costs in vec(0_u64..5, 36),
    ) {
        let table = estate.table();
        let cost = |rule: RuleIx| costs[rule.index()];
        // Both in one number: the cost, then the count of rules.
        let both = |rule: RuleIx| (cost(rule) << 28) + 1;
        for starts in estate.starts() {
            for fact in table.all_facts() {
                if let Some(witness) = prove_with(&table, &starts, fact, cost) {
                    prop_assert_eq!(witness.check(&table, &starts), Ok(()));
                    let least = least_cost(&table, &starts, witness.strength(), both);
                    prop_assert_eq!(tree_cost(&witness, both), least[fact.index()]);
                }
            }
        }
    }

    #[test]
    fn removing_any_step_of_a_witness_fails_its_check(estate in estate()) {
        let table = estate.table();
        for starts in estate.starts() {
            for fact in table.all_facts() {
                if let Some(witness) = prove(&table, &starts, fact) {
                    for gone in 0..witness.steps().len() {
                        prop_assert!(without(&witness, gone).check(&table, &starts).is_err());
                    }
                }
            }
        }
    }

    #[test]
    fn a_witness_holds_on_its_own_rules_and_starts_alone(estate in estate()) {
        let table = estate.table();
        for starts in estate.starts() {
            for fact in table.all_facts() {
                if let Some(witness) = prove(&table, &starts, fact) {
                    let mut only = estate.clone();
                    let rules: Vec<_> = witness.rules().map(RuleIx::index).collect();
                    for (at, line) in only.lines.iter_mut().enumerate() {
                        if !rules.contains(&at) {
                            line.2 = Strength::Never;
                        }
                    }
                    let used: Vec<_> = witness
                        .steps()
                        .iter()
                        .filter_map(|step| match step {
                            Step::Given { fact, strength } => Some(Start::new(*fact, *strength)),
                            Step::Derived { .. } => None,
                        })
                        .collect();
                    let have = naive(&only.table(), &used);
                    prop_assert_eq!(have[fact.index()], witness.strength());
                }
            }
        }
    }

    #[test]
    fn each_rule_that_fires_without_the_goal_gives_one_route(estate in estate()) {
        let table = estate.table();
        for starts in estate.starts() {
            for goal in table.all_facts() {
                // The definition: the table without the goal's rules and starts.
                let mut other = estate.clone();
                other.lines.iter_mut().filter(|line| line.0 == goal.index()).for_each(|line| {
                    line.2 = Strength::Never;
                });
                let others: Vec<_> =
                    starts.iter().copied().filter(|start| start.fact != goal).collect();
                let have = naive(&other.table(), &others);
                let mut expected = Vec::new();
                for &rule in table.giving(goal) {
                    let body = table.body(rule).iter().map(|fact| have[fact.index()]);
                    let strength = body.fold(table.strength(rule), |a, b| a & b);
                    if strength != Strength::Never {
                        expected.push((rule, strength));
                    }
                }
                let routes = prove_all_last(&table, &starts, goal);
                let mut found = Vec::new();
                let mut ranks = Vec::new();
                for route in &routes {
                    prop_assert_eq!(route.check(&table, &starts), Ok(()));
                    prop_assert_eq!(route.goal(), goal);
                    let last = route.rules().last().unwrap();
                    found.push((last, route.strength()));
                    let cost = tree_cost(route, |_| 1);
                    ranks.push((std::cmp::Reverse(route.strength()), cost, last));
                    let least = least_cost(&other.table(), &others, route.strength(), |_| 1);
                    let body = table.body(last).iter().map(|fact| least[fact.index()].unwrap());
                    prop_assert_eq!(cost, Some(1 + body.sum::<u64>()));
                }
                prop_assert!(ranks.is_sorted());
                found.sort_unstable();
                prop_assert_eq!(found, expected);
                // The best route is the proof, unless the lane starts with the goal.
                if others.len() == starts.len() {
                    prop_assert_eq!(routes.first().cloned(), prove(&table, &starts, goal));
                }
            }
        }
    }

    #[test]
    fn one_short_is_what_adding_each_fact_by_itself_gives(estate in estate(), odd in any::<bool>()) {
        let table = estate.table();
        let candidate = |fact: FactIx| !odd || fact.index() % 2 == 1;
        for starts in estate.starts() {
            let have = naive(&table, &starts);
            for goal in table.all_facts() {
                let mut expected = Vec::new();
                for fact in table.all_facts().filter(|&fact| candidate(fact) && fact != goal) {
                    let missing = |fact: FactIx| have[fact.index()] == Strength::Never;
                    if missing(goal) && missing(fact) {
                        let mut more = starts.clone();
                        more.push(Start::new(fact, Strength::Always));
                        let then = naive(&table, &more)[goal.index()];
                        if then != Strength::Never {
                            expected.push((fact, then));
                        }
                    }
                }
                prop_assert_eq!(one_short(&table, &starts, goal, candidate), expected);
            }
        }
    }

    #[test]
    fn axioms_hold_for_every_lane(estate in estate()) {
        let (table, starts) = (estate.table(), estate.starts());
        let reach = lanes_all(&table, &starts);
        for &axiom in table.axioms() {
            for lane in 0..starts.len() {
                prop_assert!(reach.get(lane, table.head(axiom)) >= table.strength(axiom));
            }
        }
    }

    #[test]
    fn without_starts_only_what_axioms_carry_holds(estate in estate()) {
        let mut bare = estate;
        bare.lines.retain(|line| !line.1.is_empty());
        let have = single(&bare.table(), &[]);
        prop_assert!(have.iter().all(|&strength| strength == Strength::Never));
    }
}
