//! A rule table laid out for sweeping: facts behind the goals renumbered in order of need.
//!
//! Must never: know a lane, or outlive the sweep it was made for.

use super::order::order;
use super::rows::Rows;
use super::{FactIx, RuleIx, RuleTable, Strength};

/// Not behind any goal.
const OUTSIDE: u32 = u32::MAX;

/// What to compute, in order. *Places* are facts behind the goals by position, *lines* their rules.
#[derive(Debug)]
pub(super) struct Plan {
    /// The place of each fact of the table, or `OUTSIDE`.
    place: Vec<u32>,
    /// The components, as ranges of places; a body is in its head's component or an earlier one.
    pub(super) components: Vec<Component>,
    /// The lines of each place, inert rules left out.
    pub(super) lines_of: Rows<u32>,
    /// The strength of each line.
    pub(super) strengths: Vec<Strength>,
    /// The place that each line gives.
    pub(super) heads: Vec<u32>,
    /// The places that each line needs.
    pub(super) bodies: Rows<u32>,
    /// For each place, the lines of its own component that need it.
    pub(super) inner_uses: Rows<u32>,
}

/// A run of places that need each other, or a single one.
#[derive(Clone, Debug)]
pub(super) struct Component {
    pub(super) first: usize,
    pub(super) end: usize,
}

impl Plan {
    /// Lays out what stands behind the goals: `O(facts + slots)`.
    pub(super) fn new(table: &RuleTable, goals: &[FactIx]) -> Self {
        let order = order(table, goals.iter().copied());
        let mut place = vec![OUTSIDE; table.facts()];
        // Facts and rules fit 32 bits, so places and lines do.
        for (at, fact) in (0..).zip(&order.facts) {
            place[fact.index()] = at;
        }
        let mut components = Vec::with_capacity(order.ends.len());
        let mut component_of = vec![0_usize; order.facts.len()];
        let mut first = 0;
        for &end in &order.ends {
            component_of[first..end].fill(components.len());
            components.push(Component { first, end });
            first = end;
        }
        let mut lines_of = Rows::new();
        let mut bodies = Rows::new();
        let mut strengths = Vec::new();
        let mut heads = Vec::new();
        let live = |rule: &&RuleIx| table.strength(**rule) != Strength::Never;
        let mut line = 0;
        for (at, &fact) in (0..).zip(&order.facts) {
            for &rule in table.giving(fact).iter().filter(live) {
                lines_of.push(line);
                line += 1;
                strengths.push(table.strength(rule));
                heads.push(at);
                for needed in table.body(rule) {
                    bodies.push(place[needed.index()]);
                }
                bodies.close();
            }
            lines_of.close();
        }
        let inner_uses = Rows::group(order.facts.len(), 0, || {
            (0..line).flat_map(|line| {
                let component_of = &component_of;
                let home = component_of[heads[line as usize] as usize];
                let body = bodies
                    .row(line as usize)
                    .iter()
                    .map(|&needed| needed as usize);
                body.filter(move |&needed| component_of[needed] == home)
                    .map(move |needed| (needed, line))
            })
        });
        Self {
            place,
            components,
            lines_of,
            strengths,
            heads,
            bodies,
            inner_uses,
        }
    }

    /// How many facts stand behind the goals.
    pub(super) fn places(&self) -> usize {
        self.lines_of.len()
    }

    /// Where the fact stands, if it is behind a goal.
    pub(super) fn place(&self, fact: FactIx) -> Option<usize> {
        let place = self.place[fact.index()];
        (place != OUTSIDE).then_some(place as usize)
    }
}
