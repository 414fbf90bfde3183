//! All lanes at once: one bit a lane, 512 lanes a batch, one plane for each strength.
//!
//! Every lane is a run of its own, so conjunctions stay exact: a bit of the body's AND is set only
//! where that one lane has every body fact.
//!
//! Must never: let two lanes meet, or let the number of threads show in the answer.

use std::thread;

use super::plan::{Component, Plan};
use super::{FactIx, RuleTable, Start, Strength};

/// Words a plane: 512 lanes, one cache line.
const WORDS: usize = 8;
const LANES: usize = WORDS * 64;

/// The lanes of one batch for which something holds.
type Plane = [u64; WORDS];

/// The lanes of one batch by strength: at least `Gap`, at least `Conditional`, `Always`.
// INVARIANT (must inside may): each plane is a subset of the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Planes([Plane; 3]);

impl Planes {
    /// Adds one lane at a strength.
    fn add(&mut self, lane: usize, strength: Strength) {
        for plane in &mut self.0[..strength.rank()] {
            plane[lane / 64] |= 1 << (lane % 64);
        }
    }

    /// How surely it holds for one lane. Counting planes is reading the strength because of
    /// INVARIANT (must inside may).
    fn get(&self, lane: usize) -> Strength {
        let planes = self
            .0
            .iter()
            .filter(|plane| plane[lane / 64] >> (lane % 64) & 1 == 1)
            .count();
        Strength::ALL[planes]
    }
}

/// How surely each kept fact holds for each lane.
#[derive(Clone, Debug)]
pub struct ReachTable {
    lanes: usize,
    /// The kept facts, ascending.
    kept: Vec<FactIx>,
    /// Batch after batch, in each the kept facts in order.
    cells: Vec<Vec<Planes>>,
}

impl ReachTable {
    /// How many lanes there are.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// The kept facts, ascending, each once.
    pub fn facts(&self) -> &[FactIx] {
        &self.kept
    }

    /// How surely the fact holds for the lane.
    ///
    /// # Panics
    ///
    /// If the lane does not exist or the fact was not kept: an answer that was not computed is not
    /// [`Strength::Never`].
    pub fn get(&self, lane: usize, fact: FactIx) -> Strength {
        assert!(lane < self.lanes, "the lane is one of the table's");
        let slot = self.slot(fact);
        assert!(
            slot.is_some(),
            "the fact is one of those that were asked for"
        );
        slot.map_or(Strength::Never, |slot| self.cell(lane, slot))
    }

    /// The same, or nothing if the lane does not exist or the fact was not kept.
    pub fn try_get(&self, lane: usize, fact: FactIx) -> Option<Strength> {
        let slot = self.slot(fact).filter(|_| lane < self.lanes)?;
        Some(self.cell(lane, slot))
    }

    /// The kept facts that hold for the lane, ascending, with their strengths.
    pub fn held_by(&self, lane: usize) -> impl Iterator<Item = (FactIx, Strength)> {
        let cells = self.kept.iter().enumerate();
        let cells = cells.map(move |(slot, &fact)| (fact, self.cell(lane, slot)));
        cells.filter(|&(_, strength)| strength != Strength::Never)
    }

    /// The lanes for which the fact holds, ascending, with their strengths; none if the fact was
    /// not kept. Lanes for which it does not hold cost a bit each.
    pub fn holders(&self, fact: FactIx) -> impl Iterator<Item = (usize, Strength)> {
        let slot = self.slot(fact);
        let cells = self.cells.iter().enumerate();
        let cells = cells.filter_map(move |(batch, row)| Some((batch, row[slot?])));
        cells.flat_map(|(batch, planes)| {
            (0..LANES)
                .filter(move |lane| planes.0[0][lane / 64] >> (lane % 64) & 1 == 1)
                .map(move |lane| (batch * LANES + lane, planes.get(lane)))
        })
    }

    fn slot(&self, fact: FactIx) -> Option<usize> {
        self.kept.binary_search(&fact).ok()
    }

    fn cell(&self, lane: usize, slot: usize) -> Strength {
        self.cells[lane / LANES][slot].get(lane % LANES)
    }

    /// Re-checks every internal invariant; says which one is broken.
    ///
    /// # Errors
    ///
    /// The name of the first broken invariant.
    #[doc(hidden)]
    pub fn verify(&self) -> Result<(), &'static str> {
        let ensure = |holds: bool, name| if holds { Ok(()) } else { Err(name) };
        ensure(
            self.kept.windows(2).all(|pair| pair[0] < pair[1]),
            "kept facts ascend",
        )?;
        ensure(
            self.cells.len() == self.lanes.div_ceil(LANES),
            "every lane is in a batch",
        )?;
        for (batch, row) in self.cells.iter().enumerate() {
            ensure(row.len() == self.kept.len(), "a batch has every kept fact")?;
            let used = first_lanes((self.lanes - batch * LANES).min(LANES));
            for Planes([gap, conditional, always]) in row {
                let inside = |inner: &Plane, outer: &Plane| {
                    inner
                        .iter()
                        .zip(outer)
                        .all(|(inner, outer)| inner & !outer == 0)
                };
                ensure(
                    inside(always, conditional) && inside(conditional, gap),
                    "must inside may",
                )?;
                ensure(inside(gap, &used), "no lane beyond the last")?;
            }
        }
        Ok(())
    }
}

/// How surely each of `goals` holds for each lane; a lane is a list of starts.
///
/// Computes only what stands behind the goals, in order of need; facts that need each other are
/// repeated until nothing rises. `O(slots * lanes / 512 * repeats)` time; 192 bytes for each fact
/// behind the goals and thread, and 192 for each goal and batch. Batches go to as many threads as
/// the machine has cores; each is computed alone, so the answer does not depend on that.
pub fn lanes(table: &RuleTable, starts: &[Vec<Start>], goals: &[FactIx]) -> ReachTable {
    let mut kept = goals.to_vec();
    kept.sort_unstable();
    kept.dedup();
    let plan = Plan::new(table, &kept);
    let mut cells = vec![Vec::new(); starts.len().div_ceil(LANES)];
    if !cells.is_empty() {
        let threads = thread::available_parallelism()
            .map_or(1, usize::from)
            .min(cells.len());
        let share = cells.len().div_ceil(threads);
        let work = |rows: &mut [Vec<Planes>], lanes: &[Vec<Start>]| {
            let mut sweep = Sweep::new(&plan);
            for (row, batch) in rows.iter_mut().zip(lanes.chunks(LANES)) {
                *row = sweep.batch(batch, &kept);
            }
        };
        if threads == 1 {
            work(&mut cells, starts);
        } else {
            thread::scope(|scope| {
                for (rows, lanes) in cells.chunks_mut(share).zip(starts.chunks(share * LANES)) {
                    scope.spawn(move || work(rows, lanes));
                }
            });
        }
    }
    ReachTable {
        lanes: starts.len(),
        kept,
        cells,
    }
}

/// The same for every fact of the table.
pub fn lanes_all(table: &RuleTable, starts: &[Vec<Start>]) -> ReachTable {
    lanes(table, starts, &table.all_facts().collect::<Vec<_>>())
}

/// The plane of the lanes below `count`.
fn first_lanes(count: usize) -> Plane {
    let mut plane = [0; WORDS];
    for (at, word) in plane.iter_mut().enumerate() {
        *word = match count.saturating_sub(at * 64) {
            0 => 0,
            few @ 1..64 => (1 << few) - 1,
            _ => u64::MAX,
        };
    }
    plane
}

/// One thread's working state, used for one batch after the other.
struct Sweep<'p> {
    plan: &'p Plan,
    /// By place.
    planes: Vec<Planes>,
    /// Lines with a body that rose since they were last computed; all false between components.
    stale: Vec<bool>,
    /// Places that have such a line.
    waiting: Vec<bool>,
}

impl<'p> Sweep<'p> {
    fn new(plan: &'p Plan) -> Self {
        Self {
            plan,
            planes: vec![Planes::default(); plan.places()],
            stale: vec![false; plan.heads.len()],
            waiting: vec![false; plan.places()],
        }
    }

    /// Computes one batch and returns its cells.
    fn batch(&mut self, lanes: &[Vec<Start>], kept: &[FactIx]) -> Vec<Planes> {
        let plan = self.plan;
        self.planes.fill(Planes::default());
        for (lane, starts) in lanes.iter().enumerate() {
            for start in starts {
                if let Some(place) = plan.place(start.fact) {
                    self.planes[place].add(lane, start.strength);
                }
            }
        }
        let used = first_lanes(lanes.len());
        for component in &plan.components {
            if component.end - component.first == 1 {
                // A rule that needs its own head adds nothing, so once is enough.
                let mut planes = self.planes[component.first];
                for &line in plan.lines_of.row(component.first) {
                    self.raise(&mut planes, line as usize, &used);
                }
                self.planes[component.first] = planes;
            } else {
                self.component(component, &used);
            }
        }
        let places = kept.iter().filter_map(|&fact| plan.place(fact));
        places.map(|place| self.planes[place]).collect()
    }

    /// Repeats a component until nothing rises, each time only the lines whose body rose.
    fn component(&mut self, component: &Component, used: &Plane) {
        let plan = self.plan;
        let places = component.first..component.end;
        for place in places.clone() {
            self.waiting[place] = true;
            for &line in plan.lines_of.row(place) {
                self.stale[line as usize] = true;
            }
        }
        let mut again = true;
        while again {
            again = false;
            for place in places.clone() {
                if !std::mem::take(&mut self.waiting[place]) {
                    continue;
                }
                let mut planes = self.planes[place];
                for &line in plan.lines_of.row(place) {
                    if std::mem::take(&mut self.stale[line as usize]) {
                        self.raise(&mut planes, line as usize, used);
                    }
                }
                if planes == self.planes[place] {
                    continue;
                }
                self.planes[place] = planes;
                for &line in plan.inner_uses.row(place) {
                    let head = plan.heads[line as usize] as usize;
                    self.stale[line as usize] = true;
                    self.waiting[head] = true;
                    again |= head <= place;
                }
            }
        }
    }

    /// Adds to `planes` the lanes that have the line's whole body, at most at its strength.
    fn raise(&self, planes: &mut Planes, line: usize, used: &Plane) {
        let levels = self.plan.strengths[line].rank();
        let body = self.plan.bodies.row(line);
        for (level, out) in planes.0[..levels].iter_mut().enumerate() {
            let mut all = *used;
            for &needed in body {
                let needed = &self.planes[needed as usize].0[level];
                for (word, has) in all.iter_mut().zip(needed) {
                    *word &= has;
                }
            }
            for (word, more) in out.iter_mut().zip(&all) {
                *word |= more;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{RuleTableBuilder, single};
    use super::*;

    /// A ring of 40 facts with a conjunction across it and an axiom.
    fn ring() -> RuleTable {
        let mut builder = RuleTableBuilder::new();
        builder.add_facts(43);
        let fact = FactIx::new;
        for at in 0..40 {
            let strength = Strength::ALL[1 + at % 3];
            builder.rule(fact((at + 1) % 40), &[fact(at)], strength);
            builder.rule(
                fact(at),
                &[fact((at + 7) % 40), fact((at + 20) % 40)],
                Strength::Always,
            );
        }
        builder.rule(fact(41), &[fact(3), fact(40)], Strength::Conditional);
        builder.rule(fact(42), &[], Strength::Gap);
        builder.build()
    }

    fn lane(at: usize) -> Vec<Start> {
        let fact = |at: usize| Start::new(FactIx::new(at), Strength::ALL[at % 4]);
        vec![fact(at % 43), fact(at / 3 % 43), fact(at / 7 % 43)]
    }

    #[test]
    fn lanes_agree_with_single_across_batches() {
        let table = ring();
        for count in [0, 1, 63, 64, 65, 511, 512, 513, 1300] {
            let starts: Vec<_> = (0..count).map(lane).collect();
            let reach = lanes_all(&table, &starts);
            assert_eq!(reach.verify(), Ok(()));
            assert_eq!(reach.lanes(), count);
            for (at, starts) in starts.iter().enumerate() {
                let alone = single(&table, starts);
                for fact in table.all_facts() {
                    assert_eq!(reach.get(at, fact), alone[fact.index()], "{at} {fact:?}");
                }
            }
        }
    }

    #[test]
    fn both_ways_of_reading_agree_with_the_cells() {
        let table = ring();
        let starts: Vec<_> = (0..700).map(lane).collect();
        let reach = lanes_all(&table, &starts);
        let mut by_lane = Vec::new();
        for lane in 0..700 {
            by_lane.extend(
                reach
                    .held_by(lane)
                    .map(|(fact, strength)| (fact, lane, strength)),
            );
        }
        by_lane.sort_unstable();
        let mut by_fact = Vec::new();
        for &fact in reach.facts() {
            by_fact.extend(
                reach
                    .holders(fact)
                    .map(|(lane, strength)| (fact, lane, strength)),
            );
        }
        assert_eq!(by_lane, by_fact);
        assert!(
            by_fact
                .iter()
                .all(|&(fact, lane, s)| reach.get(lane, fact) == s)
        );
    }

    #[test]
    fn keeping_fewer_goals_changes_no_cell() {
        let table = ring();
        let starts: Vec<_> = (0..30).map(lane).collect();
        let all = lanes_all(&table, &starts);
        let goals = [FactIx::new(42), FactIx::new(41), FactIx::new(42)];
        let some = lanes(&table, &starts, &goals);
        assert_eq!(some.facts(), [FactIx::new(41), FactIx::new(42)]);
        for lane in 0..30 {
            for goal in goals {
                assert_eq!(some.get(lane, goal), all.get(lane, goal));
            }
            assert_eq!(some.try_get(lane, FactIx::new(0)), None);
        }
        assert_eq!(some.try_get(30, goals[0]), None);
    }

    #[test]
    #[should_panic(expected = "asked for")]
    fn what_was_not_computed_is_not_never() {
        let table = ring();
        lanes(&table, &[vec![]], &[FactIx::new(1)]).get(0, FactIx::new(2));
    }
}
