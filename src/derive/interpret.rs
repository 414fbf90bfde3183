//! The one interpreter of rule packs: finds every binding of a row, asks its tests, and writes the
//! ground rules that follow.
//!
//! For requests that are not certain it also asks from every other network position, and after
//! edits of the guards that the row names; each minimal answer becomes a rule with that position
//! or those edits in its body. Where one thing alone is short, a rule is written whose body holds
//! that shortfall, so that near misses can be found; nobody ever holds it.
//!
//! Must never: know a route. What it does for one row it does for all.

use std::collections::BTreeMap;

use super::beside::Change;
use super::judge::{About, Judge, sender};
use super::kafka;
use super::relation::{follow, leads_nowhere};
use super::silence;
use super::verdict::{Shortfall, Verdict};
use super::world::World;
use crate::facts::{Evidence, Facts, Kind, Note, Predicate, ThingIx};
use crate::reach::{FactIx, RuleTableBuilder, Strength};
use crate::rules::{Caller as By, KafkaTestKind, Row, Subject};

/// A rule about particular things, with what it rests on.
#[derive(Clone, Debug)]
pub struct GroundRule {
    /// Number of its row.
    pub row: usize,
    /// Variables of the row and the things they stand for.
    pub bindings: Vec<(String, ThingIx)>,
    /// What follows.
    pub head: FactIx,
    /// What must hold.
    pub body: Vec<FactIx>,
    /// How surely.
    pub strength: Strength,
    /// Statements, ACLs and links.
    pub evidence: Vec<Evidence>,
    /// Why not surely.
    pub notes: Vec<Note>,
    /// Guards that the principal changes on the way: a policy that it edits, or a thing that it
    /// opens by a grant beside the policy.
    pub edits: Vec<(Predicate, ThingIx)>,
    /// What alone is missing, for rules that only near misses use.
    pub lacks: Option<String>,
}

/// Everything that the interpreter writes.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) facts: Facts,
    pub(super) rules: Vec<GroundRule>,
}

pub(super) struct Interpreter<'w, 'e> {
    world: &'w World<'e>,
    judge: Judge<'w, 'e>,
    kafka: kafka::Authorizers<'e>,
    shortfalls: BTreeMap<String, ThingIx>,
    written: Written,
}

/// A binding under construction, with what its relations rest on.
#[derive(Clone, Debug)]
struct Bound<'r> {
    things: BTreeMap<&'r str, ThingIx>,
    verdict: Verdict,
}

impl<'w, 'e> Interpreter<'w, 'e> {
    pub(super) fn new(world: &'w World<'e>, shortfalls: BTreeMap<String, ThingIx>) -> Self {
        Self {
            world,
            judge: Judge::new(world),
            kafka: kafka::Authorizers::new(world.estate),
            shortfalls,
            written: Written::default(),
        }
    }

    /// Writes the ground rules of every row.
    pub(super) fn run(mut self, rows: &'w [Row]) -> (Written, BTreeMap<String, ThingIx>) {
        for (index, row) in rows.iter().enumerate() {
            let start = Bound {
                things: BTreeMap::new(),
                verdict: Verdict::certain(),
            };
            self.bind(index, row, 0, &start);
        }
        (self.written, self.shortfalls)
    }

    fn bind(&mut self, index: usize, row: &'w Row, depth: usize, bound: &Bound<'w>) {
        let Some(binding) = row.bindings.get(depth) else {
            self.complete(index, row, bound);
            return;
        };
        match &binding.subject {
            Subject::Sort(sort) => {
                for thing in self.world.all(*sort).to_vec() {
                    let mut next = bound.clone();
                    next.things.insert(&binding.variable, thing);
                    self.descend(index, row, depth, &next);
                }
            }
            Subject::Of(relation, of) => {
                for reached in follow(self.world, *relation, bound.things[of.as_str()]) {
                    let mut next = bound.clone();
                    next.things.insert(&binding.variable, reached.thing);
                    next.verdict = next.verdict.and(Verdict {
                        strength: reached.strength,
                        evidence: reached.evidence,
                        notes: reached.notes,
                        ..Verdict::certain()
                    });
                    self.descend(index, row, depth, &next);
                }
            }
        }
    }

    /// Binds the next variable, unless what is bound already settles that no rule follows.
    fn descend(&mut self, index: usize, row: &'w Row, depth: usize, bound: &Bound<'w>) {
        let last = depth + 1 == row.bindings.len();
        if last || !self.is_hopeless(row, bound, &row.bindings[depth].variable) {
            self.bind(index, row, depth + 1, bound);
        }
    }

    /// Whether a request that the estate must make is refused, or two of the principal's are for
    /// certain: then neither a rule nor a near miss can follow, whatever else is bound.
    fn is_hopeless(&mut self, row: &'w Row, bound: &Bound<'_>, newest: &str) -> bool {
        let known = |variable: &str| bound.things.contains_key(variable);
        let ready = |request: &crate::rules::Request| {
            let by = match &request.by {
                By::Variable(variable) => Some(variable.as_str()),
                By::Service(_) | By::Anonymous => None,
            };
            let others = [&request.of, &request.via, &request.through];
            let others = others.into_iter().flatten().map(String::as_str);
            let mut all: Vec<&str> = others.chain(by).collect();
            all.push(&request.on);
            all.contains(&newest) && all.into_iter().all(known)
        };
        for given in row.given.iter().filter(|request| ready(request)) {
            if self.given(given, bound).strength == Strength::Never {
                return true;
            }
        }
        if row.edits.iter().any(|variable| !known(variable)) {
            return false;
        }
        // Nobody is told to be one grant short of what is no reading, so one refusal settles it.
        if row.edits.is_empty() && row.head.predicate != Predicate::Reads {
            let theirs = row.requests.iter().filter(|request| match &request.by {
                By::Variable(variable) => variable == newest,
                By::Service(_) | By::Anonymous => false,
            });
            for request in theirs {
                let identity = self.world.identity(bound.things[newest]);
                if identity.is_some_and(|i| silence::is_mute(i, &request.action)) {
                    return true;
                }
            }
        }
        let edited: Vec<ThingIx> = row.edits.iter().map(|v| bound.things[v.as_str()]).collect();
        let Some((id, class)) = self.world.internet() else {
            return false;
        };
        let mut refused = 0;
        for request in row.requests.iter().filter(|request| ready(request)) {
            let Some(caller) = sender(self.world, request, &bound.things) else {
                continue;
            };
            if self.world.kind(caller) == Kind::Whoever {
                return false;
            }
            let about = about(request, bound);
            let guard = self.world.guard_of(about.on).unwrap_or(about.on);
            // As after the edit that lets most through.
            let change = if edited.contains(&guard) {
                Change::Policy
            } else {
                Change::None
            };
            let verdict = self
                .judge
                .request(request, caller, about, (id, class), change);
            refused += usize::from(verdict.strength == Strength::Never && !verdict.by_position);
        }
        refused > 1
    }

    fn complete(&mut self, index: usize, row: &'w Row, bound: &Bound<'_>) {
        let mut verdict = bound.verdict.clone();
        for (relation, of) in &row.unless {
            let caller = row
                .requests
                .first()
                .and_then(|request| sender(self.world, request, &bound.things));
            let of = bound.things[of.as_str()];
            let (strength, note) = leads_nowhere(self.world, *relation, of, caller);
            verdict = verdict.and(Verdict {
                strength,
                notes: note.into_iter().collect(),
                ..Verdict::certain()
            });
        }
        if verdict.strength == Strength::Never || goes_nowhere(row, bound) {
            return;
        }
        for given in &row.given {
            verdict = verdict.and(self.given(given, bound));
            if verdict.strength == Strength::Never {
                return;
            }
        }
        if row.requests.is_empty() && row.kafka.is_empty() {
            self.write(index, row, bound, verdict, &[], &[]);
            return;
        }
        self.tested(index, row, bound, &verdict);
    }

    fn given(&mut self, request: &'w crate::rules::Request, bound: &Bound<'_>) -> Verdict {
        let on = bound.things[request.on.as_str()];
        let verdict = match &request.by {
            By::Service(service) => self.judge.by_service(request, service, on),
            By::Variable(_) | By::Anonymous => {
                let Some(caller) = sender(self.world, request, &bound.things) else {
                    return Verdict::never();
                };
                let Some((id, class)) = self.world.internet() else {
                    return Verdict::certain();
                };
                let about = about(request, bound);
                self.judge
                    .request(request, caller, about, (id, class), Change::None)
            }
        };
        match &request.otherwise {
            Some(assumption) if verdict.strength == Strength::Never => {
                let off = self.world.estate.config.assume.get(assumption);
                if off.is_some_and(|(value, _)| value == "off") {
                    return verdict;
                }
                Verdict {
                    strength: Strength::Gap,
                    notes: vec![Note::not_collected(format!(
                        "{assumption} may stand in for {}",
                        request.action
                    ))],
                    ..Verdict::certain()
                }
            }
            Some(_) | None => verdict,
        }
    }

    /// Asks the tests of a row from the internet, then from other positions, then after edits.
    fn tested(&mut self, index: usize, row: &'w Row, bound: &Bound<'_>, base: &Verdict) {
        let Some((internet, class)) = self.world.internet() else {
            return;
        };
        let Some(plain) = self.ask(row, bound, (internet, class), &[]) else {
            return;
        };
        let mut best = plain.verdict.strength;
        if best > Strength::Never {
            self.write(
                index,
                row,
                bound,
                base.clone().and(plain.verdict.clone()),
                &[],
                &[],
            );
        }
        if best < Strength::Always && plain.verdict.by_position {
            best = best.max(self.elsewhere(index, row, bound, base, best, &[]));
        }
        if best < Strength::Always {
            self.after_edits(index, row, bound, base, best, plain.lacking.len());
        }
        self.near_miss(index, row, bound, base, &plain, &[]);
    }

    /// Where exactly one request of an answer is refused, writes the rule that lacks only that: if
    /// a deny alone refuses it, one of several sides does not grant, or requests about other things
    /// pass. That somebody holds no grant at all is no near miss.
    fn near_miss(
        &mut self,
        index: usize,
        row: &'w Row,
        bound: &Bound<'_>,
        base: &Verdict,
        answer: &Answer,
        edits: &[(Predicate, ThingIx)],
    ) {
        let [(on, lacking)] = answer.lacking.as_slice() else {
            return;
        };
        let reads = row.head.predicate == Predicate::Reads;
        let others_pass = row.requests.iter().any(|request| request.on != *on);
        if lacking.denied || (reads && (lacking.one_side || others_pass)) {
            self.write_shortfall(index, row, bound, base, lacking, edits);
        }
    }

    fn elsewhere(
        &mut self,
        index: usize,
        row: &'w Row,
        bound: &Bound<'_>,
        base: &Verdict,
        than: Strength,
        edits: &[(Predicate, ThingIx)],
    ) -> Strength {
        let mut best = than;
        let positions: Vec<_> = self.world.elsewhere().collect();
        for (position, id, class) in positions {
            let served = row
                .requests
                .iter()
                .filter(|request| request.via.is_none())
                .any(|request| {
                    let service = request.action.split(':').next().unwrap_or_default();
                    class.serves(self.world.estate, service)
                });
            if !served {
                continue;
            }
            let Some(answer) = self.ask(row, bound, (id, class), edits) else {
                continue;
            };
            if answer.verdict.strength > than {
                best = best.max(answer.verdict.strength);
                let verdict = base.clone().and(answer.verdict);
                self.write(
                    index,
                    row,
                    bound,
                    verdict,
                    edits,
                    &[(Predicate::SendsFrom, position)],
                );
            }
        }
        best
    }

    /// Each minimal set of edits that makes the tests pass more surely than without (law 6).
    fn after_edits(
        &mut self,
        index: usize,
        row: &'w Row,
        bound: &Bound<'_>,
        base: &Verdict,
        than: Strength,
        lacking: usize,
    ) {
        let Some((internet, class)) = self.world.internet() else {
            return;
        };
        let things = row.edits.iter().map(|v| bound.things[v.as_str()]);
        let guards: Vec<(Predicate, ThingIx)> = things
            .flat_map(|thing| {
                let openable = Predicate::Opens.kinds().contains(&self.world.kind(thing));
                let opens = openable.then_some((Predicate::Opens, thing));
                std::iter::once((Predicate::Edits, thing)).chain(opens)
            })
            .collect();
        let mut found: Vec<(u32, Strength)> = Vec::new();
        let mut sets: Vec<u32> = (1..1_u32 << guards.len()).collect();
        sets.sort_by_key(|set| set.count_ones());
        for set in sets {
            let edits: Vec<(Predicate, ThingIx)> = guards
                .iter()
                .enumerate()
                .filter(|(i, _)| set & (1 << i) != 0)
                .map(|(_, guard)| *guard)
                .collect();
            if edits.windows(2).any(|pair| pair[0].1 == pair[1].1) {
                // Who rewrites the policy of a thing needs no grant beside it.
                continue;
            }
            let known = |strength: Strength| {
                found
                    .iter()
                    .any(|(smaller, s)| smaller & set == *smaller && *s >= strength)
            };
            let Some(answer) = self.ask(row, bound, (internet, class), &edits) else {
                continue;
            };
            if answer.lacking.len() < lacking {
                self.near_miss(index, row, bound, base, &answer, &edits);
            }
            let mut strength = answer.verdict.strength;
            if strength > than && !known(strength) {
                self.write(
                    index,
                    row,
                    bound,
                    base.clone().and(answer.verdict),
                    &edits,
                    &[],
                );
            } else if strength <= than && answer.verdict.by_position {
                strength = self.elsewhere(index, row, bound, base, than, &edits);
            }
            if strength > than {
                found.push((set, strength));
            }
        }
    }

    /// The answer to all tests of a row together; nothing when a test does not apply.
    fn ask(
        &mut self,
        row: &'w Row,
        bound: &Bound<'_>,
        position: (&'w str, &'w super::positions::Class),
        edits: &[(Predicate, ThingIx)],
    ) -> Option<Answer> {
        let mut answer = Answer {
            verdict: Verdict::certain(),
            lacking: Vec::new(),
        };
        let mut by_whoever = None;
        for request in &row.requests {
            let caller = sender(self.world, request, &bound.things)?;
            let on = bound.things[request.on.as_str()];
            let guard = self.world.guard_of(on).unwrap_or(on);
            let change = if edits.contains(&(Predicate::Edits, guard)) {
                Change::Policy
            } else if edits.contains(&(Predicate::Opens, guard)) {
                Change::Opened
            } else {
                Change::None
            };
            let about = about(request, bound);
            let verdict = self.judge.request(request, caller, about, position, change);
            if self.world.kind(caller) == Kind::Whoever {
                // What an unread policy may say, it may say about whoever passes the other tests.
                let named = verdict.strength > Strength::Never;
                by_whoever = by_whoever.or(named.then_some(verdict));
                continue;
            }
            if verdict.strength == Strength::Never {
                let shortfall = verdict.shortfall.clone().unwrap_or_else(|| Shortfall {
                    text: format!("{} on {}", request.action, self.world.id(on)),
                    denied: false,
                    one_side: false,
                    source: None,
                });
                answer.lacking.push((request.on.clone(), shortfall));
                answer.verdict.strength = Strength::Never;
                answer.verdict.by_position |= verdict.by_position;
            } else {
                answer.verdict = answer.verdict.and(verdict);
            }
        }
        let whoever = row.requests.iter().any(|request| {
            sender(self.world, request, &bound.things)
                .is_some_and(|caller| self.world.kind(caller) == Kind::Whoever)
        });
        if whoever {
            answer.verdict = by_whoever?;
        }
        for test in &row.kafka {
            let session = self.world.sessions.get(&bound.things[test.by.as_str()])?;
            let on = bound.things[test.on.as_str()];
            let cluster = self
                .world
                .things
                .find(Kind::Cluster, &session.cluster.name)?;
            let open = edits.contains(&(Predicate::Edits, cluster));
            let verdict = match test.kind {
                KafkaTestKind::Bypass => self.kafka.bypass(session)?,
                KafkaTestKind::Acl if open => self.kafka.after_edit(session)?,
                KafkaTestKind::Acl => {
                    self.kafka
                        .acl(session, &test.operation, self.world.things.get(on))?
                }
            };
            answer.verdict = answer.verdict.and(verdict);
        }
        Some(answer)
    }

    fn write(
        &mut self,
        index: usize,
        row: &'w Row,
        bound: &Bound<'_>,
        verdict: Verdict,
        edits: &[(Predicate, ThingIx)],
        more: &[(Predicate, ThingIx)],
    ) {
        let mut rule = self.ground(index, row, bound, verdict);
        rule.body.extend(
            edits
                .iter()
                .map(|(predicate, guard)| self.written.facts.intern(*predicate, *guard)),
        );
        rule.body.extend(
            more.iter()
                .map(|(predicate, thing)| self.written.facts.intern(*predicate, *thing)),
        );
        rule.edits.extend(edits);
        self.written.rules.push(rule);
    }

    /// A rule that lacks exactly one thing, for near misses.
    fn write_shortfall(
        &mut self,
        index: usize,
        row: &'w Row,
        bound: &Bound<'_>,
        base: &Verdict,
        lacking: &Shortfall,
        edits: &[(Predicate, ThingIx)],
    ) {
        let Some(shortfall) = self.shortfall_thing(&lacking.text) else {
            return;
        };
        let mut rule = self.ground(index, row, bound, base.clone());
        rule.body
            .push(self.written.facts.intern(Predicate::Lacks, shortfall));
        rule.body.extend(
            edits
                .iter()
                .map(|(predicate, guard)| self.written.facts.intern(*predicate, *guard)),
        );
        rule.edits.extend(edits);
        rule.evidence.extend(
            lacking
                .source
                .iter()
                .map(|source| Evidence::statement(lacking.text.clone(), source.clone())),
        );
        rule.lacks = Some(lacking.text.clone());
        self.written.rules.push(rule);
    }

    /// Shortfalls are things too; their numbers follow those of the world.
    fn shortfall_thing(&mut self, text: &str) -> Option<ThingIx> {
        let next = self.world.things.after(self.shortfalls.len())?;
        Some(*self.shortfalls.entry(text.to_owned()).or_insert(next))
    }

    fn ground(
        &mut self,
        index: usize,
        row: &'w Row,
        bound: &Bound<'_>,
        verdict: Verdict,
    ) -> GroundRule {
        let facts = &mut self.written.facts;
        let body = row.body.iter();
        let body =
            body.map(|atom| facts.intern(atom.predicate, bound.things[atom.variable.as_str()]));
        let body = body.collect();
        let head = facts.intern(row.head.predicate, bound.things[row.head.variable.as_str()]);
        // Several resources of one request rest on the same statement; it is named once.
        let mut evidence: Vec<Evidence> = Vec::new();
        for found in verdict.evidence {
            if !evidence.contains(&found) {
                evidence.push(found);
            }
        }
        let mut notes = verdict.notes;
        notes.sort();
        notes.dedup();
        if verdict.strength == Strength::Always {
            notes.clear();
        }
        let bindings = row.bindings.iter();
        let bindings = bindings.map(|b| (b.variable.clone(), bound.things[b.variable.as_str()]));
        GroundRule {
            row: index,
            bindings: bindings.collect(),
            head,
            body,
            strength: verdict.strength,
            evidence,
            notes,
            edits: row
                .body
                .iter()
                .filter(|atom| matches!(atom.predicate, Predicate::Edits | Predicate::Opens))
                .map(|atom| (atom.predicate, bound.things[atom.variable.as_str()]))
                .collect(),
            lacks: None,
        }
    }
}

/// The things that a request is about.
fn about(request: &crate::rules::Request, bound: &Bound<'_>) -> About {
    let thing = |variable: &Option<String>| {
        let variable = variable.as_ref()?;
        bound.things.get(variable.as_str()).copied()
    };
    About {
        on: bound.things[request.on.as_str()],
        of: thing(&request.of),
        via: thing(&request.via),
        through: thing(&request.through),
    }
}

/// Whether the head is among the body, so that the rule could never add anything.
fn goes_nowhere(row: &Row, bound: &Bound<'_>) -> bool {
    let head = bound.things[row.head.variable.as_str()];
    row.body.iter().any(|atom| {
        atom.predicate == row.head.predicate && bound.things[atom.variable.as_str()] == head
    })
}

struct Answer {
    verdict: Verdict,
    /// What each refused request lacks, with the variable that it is about.
    lacking: Vec<(String, Shortfall)>,
}

impl Written {
    /// The rules as the reach engine wants them, numbered alike.
    pub(super) fn table(&self) -> crate::reach::RuleTable {
        let mut builder = RuleTableBuilder::new();
        builder.add_facts(self.facts.len());
        for rule in &self.rules {
            builder.rule(rule.head, &rule.body, rule.strength);
        }
        builder.build()
    }
}
