//! The rule table: facts and rules as dense numbers, compressed rows in both directions.
//!
//! Must never: change after it is built, say what a fact means, or drop a rule (outer tables of
//! origins are indexed by the same numbers).

use super::Strength;
use super::rows::Rows;

/// Narrows a dense index. Four thousand million of anything do not fit the machine.
fn narrow(index: usize) -> u32 {
    assert!(
        index < u32::MAX as usize,
        "a rule table holds fewer than 2^32 - 1 facts and rules"
    );
    #[expect(
        clippy::cast_possible_truncation,
        reason = "asserted in the line above"
    )]
    {
        index as u32
    }
}

/// A fact by number. Numbers of one table are dense, from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactIx(u32);

/// A rule by number. Numbers of one table are dense, from zero, in the order of insertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIx(u32);

impl FactIx {
    /// The fact with this number.
    ///
    /// # Panics
    ///
    /// At `u32::MAX` and above.
    pub fn new(index: usize) -> Self {
        Self(narrow(index))
    }

    /// The number, to index a slice with.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl RuleIx {
    /// The rule with this number.
    ///
    /// # Panics
    ///
    /// At `u32::MAX` and above.
    pub fn new(index: usize) -> Self {
        Self(narrow(index))
    }

    /// The number, to index a slice with.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// One fact that a lane starts with. A lane is a list of these; of a fact named twice the stronger
/// counts, and one that starts as [`Strength::Never`] does not start at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Start {
    /// The fact.
    pub fact: FactIx,
    /// How surely the lane has it.
    pub strength: Strength,
}

impl Start {
    /// A start at this strength.
    pub const fn new(fact: FactIx, strength: Strength) -> Self {
        Self { fact, strength }
    }
}

/// Collects facts and rules, then builds a [`RuleTable`].
#[derive(Clone, Debug)]
pub struct RuleTableBuilder {
    facts: usize,
    heads: Vec<FactIx>,
    strengths: Vec<Strength>,
    bodies: Rows<FactIx>,
    /// Per fact, one more than the last rule that has it in its body: finds repeats in one pass.
    seen: Vec<usize>,
}

impl Default for RuleTableBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl RuleTableBuilder {
    /// No facts and no rules.
    pub fn new() -> Self {
        Self {
            facts: 0,
            heads: Vec::new(),
            strengths: Vec::new(),
            bodies: Rows::new(),
            seen: Vec::new(),
        }
    }

    /// Adds `count` facts and returns the first of them; the others follow it in number.
    pub fn add_facts(&mut self, count: usize) -> FactIx {
        let first = FactIx::new(self.facts);
        self.facts = FactIx::new(self.facts + count).index();
        self.seen.resize(self.facts, 0);
        first
    }

    /// Adds one fact.
    pub fn add_fact(&mut self) -> FactIx {
        self.add_facts(1)
    }

    /// Adds a rule: all of `body` together give `head`.
    ///
    /// A fact repeated in the body counts once, where it first stands. An empty body makes an
    /// axiom, which holds for every lane. A rule of [`Strength::Never`] gets its number, so that
    /// outer tables stay aligned, and never fires.
    ///
    /// # Panics
    ///
    /// If a fact was not added before.
    pub fn rule(&mut self, head: FactIx, body: &[FactIx], strength: Strength) -> RuleIx {
        let rule = RuleIx::new(self.heads.len());
        assert!(
            head.index() < self.facts,
            "the head of a rule is a fact of its table"
        );
        for &fact in body {
            assert!(
                fact.index() < self.facts,
                "the body of a rule has facts of its table"
            );
            if std::mem::replace(&mut self.seen[fact.index()], rule.index() + 1) <= rule.index() {
                self.bodies.push(fact);
            }
        }
        self.bodies.close();
        self.heads.push(head);
        self.strengths.push(strength);
        rule
    }

    /// Builds the rows of both directions: `O(facts + rules + body slots)`.
    pub fn build(self) -> RuleTable {
        let rules = 0..self.heads.len();
        let uses = Rows::group(self.facts, RuleIx(0), || {
            rules.clone().flat_map(|rule| {
                let users = self.bodies.row(rule).iter();
                users.map(move |fact| (fact.index(), RuleIx::new(rule)))
            })
        });
        let by_head = Rows::group(self.facts, RuleIx(0), || {
            rules
                .clone()
                .map(|rule| (self.heads[rule].index(), RuleIx::new(rule)))
        });
        let axioms = rules
            .filter(|&rule| self.bodies.row(rule).is_empty())
            .map(RuleIx::new);
        RuleTable {
            axioms: axioms.collect(),
            facts: self.facts,
            heads: self.heads,
            strengths: self.strengths,
            bodies: self.bodies,
            uses,
            by_head,
        }
    }
}

/// Facts and rules by number; immutable.
#[derive(Clone, Debug)]
pub struct RuleTable {
    facts: usize,
    heads: Vec<FactIx>,
    strengths: Vec<Strength>,
    // INVARIANT (bodies): one row per rule, no fact twice in a row.
    bodies: Rows<FactIx>,
    // INVARIANT (uses): the transpose of `bodies`, rules ascending in each row.
    uses: Rows<RuleIx>,
    // INVARIANT (by head): every rule once, in its head's row, ascending.
    by_head: Rows<RuleIx>,
    // INVARIANT (axioms): exactly the rules with an empty body, ascending.
    axioms: Vec<RuleIx>,
}

impl RuleTable {
    /// How many facts there are.
    pub fn facts(&self) -> usize {
        self.facts
    }

    /// How many rules there are, inert ones included.
    pub fn rules(&self) -> usize {
        self.heads.len()
    }

    /// How many body facts all rules have together.
    pub fn slots(&self) -> usize {
        self.bodies.items()
    }

    /// All facts, ascending.
    pub fn all_facts(&self) -> impl Iterator<Item = FactIx> + use<> {
        (0..self.facts).map(FactIx::new)
    }

    /// All rules, ascending.
    pub fn all_rules(&self) -> impl Iterator<Item = RuleIx> + use<> {
        (0..self.heads.len()).map(RuleIx::new)
    }

    /// What the rule gives.
    pub fn head(&self, rule: RuleIx) -> FactIx {
        self.heads[rule.index()]
    }

    /// What the rule needs, each fact once.
    pub fn body(&self, rule: RuleIx) -> &[FactIx] {
        self.bodies.row(rule.index())
    }

    /// The most that the rule can give.
    pub fn strength(&self, rule: RuleIx) -> Strength {
        self.strengths[rule.index()]
    }

    /// The rules that need the fact, ascending.
    pub fn uses(&self, fact: FactIx) -> &[RuleIx] {
        self.uses.row(fact.index())
    }

    /// The rules that give the fact, ascending.
    pub fn giving(&self, fact: FactIx) -> &[RuleIx] {
        self.by_head.row(fact.index())
    }

    /// The rules with an empty body, ascending: they hold for every lane.
    pub fn axioms(&self) -> &[RuleIx] {
        &self.axioms
    }

    /// The facts that some derivation of `goals` could use, the goals included, as a mask: found
    /// backwards over rules that can fire at all. `O(slots behind the goals)` plus the mask.
    pub(super) fn behind(&self, goals: &[FactIx]) -> Vec<bool> {
        let mut inside = vec![false; self.facts];
        let mut open = Vec::new();
        for &goal in goals {
            if !std::mem::replace(&mut inside[goal.index()], true) {
                open.push(goal);
            }
        }
        while let Some(fact) = open.pop() {
            for &rule in self.giving(fact) {
                if self.strength(rule) == Strength::Never {
                    continue;
                }
                for &needed in self.body(rule) {
                    if !std::mem::replace(&mut inside[needed.index()], true) {
                        open.push(needed);
                    }
                }
            }
        }
        inside
    }

    /// Re-checks every invariant from scratch; says which one is broken.
    ///
    /// # Errors
    ///
    /// The name of the first broken invariant.
    #[doc(hidden)]
    pub fn verify(&self) -> Result<(), &'static str> {
        let ensure = |holds: bool, name| if holds { Ok(()) } else { Err(name) };
        ensure(
            self.bodies.verify() && self.uses.verify() && self.by_head.verify(),
            "rows are contiguous",
        )?;
        ensure(
            self.bodies.len() == self.rules()
                && self.strengths.len() == self.rules()
                && self.uses.len() == self.facts
                && self.by_head.len() == self.facts,
            "one row per rule and per fact",
        )?;
        let known = |fact: &FactIx| fact.index() < self.facts;
        ensure(
            self.heads.iter().all(known) && self.bodies.all().iter().all(known),
            "rules name facts of the table",
        )?;
        for rule in self.all_rules() {
            let mut body = self.body(rule).to_vec();
            body.sort_unstable();
            ensure(
                body.windows(2).all(|pair| pair[0] != pair[1]),
                "bodies repeat no fact",
            )?;
            let found = |row: &[RuleIx]| row.binary_search(&rule).is_ok();
            ensure(
                body.iter().all(|&fact| found(self.uses(fact))),
                "uses transpose bodies",
            )?;
            ensure(
                found(self.giving(self.head(rule))),
                "every rule is in its head's row",
            )?;
            ensure(
                body.is_empty() == found(&self.axioms),
                "axioms are the empty bodies",
            )?;
        }
        let ascending = |row: &[RuleIx]| row.windows(2).all(|pair| pair[0] < pair[1]);
        ensure(
            self.all_facts()
                .all(|fact| ascending(self.uses(fact)) && ascending(self.giving(fact))),
            "rows ascend",
        )?;
        ensure(
            ascending(&self.axioms)
                && self.uses.items() == self.slots()
                && self.by_head.items() == self.rules(),
            "rows hold nothing else",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_body_fact_counts_once_where_it_first_stands() {
        let mut builder = RuleTableBuilder::new();
        let first = builder.add_facts(3);
        let [a, b, c] = [first, FactIx::new(1), FactIx::new(2)];
        let one = builder.rule(c, &[b, a, b, b, a], Strength::Always);
        let two = builder.rule(c, &[a, a], Strength::Gap);
        let table = builder.build();
        assert_eq!(table.body(one), [b, a]);
        assert_eq!(table.body(two), [a]);
        assert_eq!(table.slots(), 3);
        assert_eq!(table.uses(a), [one, two]);
        assert_eq!(table.uses(b), [one]);
        assert_eq!(table.giving(c), [one, two]);
        assert_eq!(table.verify(), Ok(()));
    }

    #[test]
    fn every_rule_gets_a_number_inert_ones_too() {
        let mut builder = RuleTableBuilder::new();
        let fact = builder.add_fact();
        let inert = builder.rule(fact, &[], Strength::Never);
        let live = builder.rule(fact, &[], Strength::Gap);
        let table = builder.build();
        assert_eq!((inert.index(), live.index()), (0, 1));
        assert_eq!(table.axioms(), [inert, live]);
        assert_eq!(table.verify(), Ok(()));
    }

    #[test]
    fn an_empty_table_is_a_table() {
        let table = RuleTableBuilder::new().build();
        assert_eq!((table.facts(), table.rules(), table.slots()), (0, 0, 0));
        assert_eq!(table.verify(), Ok(()));
    }

    #[test]
    #[should_panic(expected = "facts of its table")]
    fn a_rule_over_an_unknown_fact_is_refused() {
        let mut builder = RuleTableBuilder::new();
        let fact = builder.add_fact();
        builder.rule(fact, &[FactIx::new(7)], Strength::Always);
    }

    #[test]
    fn behind_a_goal_stands_what_a_live_derivation_could_use() {
        let mut builder = RuleTableBuilder::new();
        builder.add_facts(5);
        let fact = FactIx::new;
        builder.rule(fact(0), &[fact(1), fact(2)], Strength::Gap);
        builder.rule(fact(1), &[fact(0)], Strength::Always);
        builder.rule(fact(0), &[fact(3)], Strength::Never);
        builder.rule(fact(4), &[fact(0)], Strength::Always);
        let table = builder.build();
        assert_eq!(table.behind(&[fact(0)]), [true, true, true, false, false]);
    }
}
