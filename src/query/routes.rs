//! The distinct routes of one principal to one topic, and how they are told.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{EvidenceText, Lack, NoteText, Proof, ProofStep, Route};
use super::view::{Asset, View};
use crate::derive::GroundRule;
use crate::estate::Origin;
use crate::facts::{Evidence, Note, Predicate};
use crate::reach::{FactIx, RuleIx, Step, Strength, Witness, one_short, prove_all_last};

/// A witness and the topic that it reads.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) topic: String,
    pub(super) witness: Witness,
    /// Rows of the rules in order: two routes with the same rows are told as one.
    pub(super) rows: Vec<usize>,
}

/// How many steps that go without saying are looked through for the step that reads.
const PLAIN_STEPS: usize = 3;

impl View {
    /// The distinct routes of a principal to an asset, surest and shortest first.
    pub(super) fn routes(&self, lane: usize, asset: &Asset) -> Vec<Found> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for (topic, fact) in &asset.topics {
            if self.holds(lane, *fact) == Strength::Never {
                continue;
            }
            for witness in self.witnesses(lane, *fact, PLAIN_STEPS) {
                let rows: Vec<usize> = witness
                    .rules()
                    .map(|rule| self.derivation.rule(rule).row)
                    .collect();
                if seen.insert((rows.clone(), witness.strength())) {
                    found.push(Found {
                        topic: topic.clone(),
                        witness,
                        rows,
                    });
                }
            }
        }
        found.sort_by(|a, b| {
            let order =
                (b.witness.strength(), a.rows.len()).cmp(&(a.witness.strength(), b.rows.len()));
            order.then_with(|| a.rows.cmp(&b.rows))
        });
        found.retain(|route| !self.is_everyones(lane, &route.witness));
        // A weaker or longer telling of the same steps adds nothing.
        let mut told = BTreeSet::new();
        found.retain(|route| told.insert(route.rows.iter().copied().collect::<BTreeSet<_>>()));
        found
    }

    /// Whether a route rests on nothing but what everyone starts with. It is told once, as that of
    /// `anonymous`, and not again for everybody.
    fn is_everyones(&self, lane: usize, witness: &Witness) -> bool {
        let Some(anonymous) = self.anonymous else {
            return false;
        };
        let everyone = &self.lanes[anonymous];
        lane != anonymous
            && witness.steps().iter().all(|step| match step {
                Step::Given { fact, .. } => everyone.iter().any(|start| start.fact == *fact),
                Step::Derived { .. } => true,
            })
    }

    /// Witnesses for each way in which the goal can be reached last. A last step that goes without
    /// saying (the bucket holds the topic) is looked through, so that the ways differ in the step
    /// that reads.
    fn witnesses(&self, lane: usize, goal: FactIx, depth: usize) -> Vec<Witness> {
        let table = &self.derivation.table;
        let starts = &self.lanes[lane];
        let mut all = Vec::new();
        for witness in prove_all_last(table, starts, goal) {
            let Some(Step::Derived { rule, .. }) = witness.steps().last() else {
                continue;
            };
            let plain = self.row(*rule).step.is_empty();
            match table.body(*rule) {
                [single] if plain && depth > 0 => {
                    let inner = self.witnesses(lane, *single, depth - 1);
                    all.extend(inner.iter().map(|inner| extend(inner, *rule, goal, table)));
                }
                _ => all.push(witness),
            }
        }
        all.retain(|witness| witness.check(table, starts).is_ok());
        all
    }

    fn row(&self, rule: RuleIx) -> &crate::rules::Row {
        &self.rows[self.derivation.rule(rule).row]
    }

    /// A row's text with the things of a ground rule put in for its variables.
    pub(super) fn fill(&self, text: &str, rule: &GroundRule) -> String {
        let mut filled = text.to_owned();
        for (variable, thing) in &rule.bindings {
            let placeholder = format!("{{{variable}}}");
            if filled.contains(&placeholder) {
                filled = filled.replace(&placeholder, &short(self.derivation.things.get(*thing)));
            }
        }
        filled
    }

    /// A route as tables show it.
    pub(super) fn tell(&self, found: &Found) -> Route {
        let mut after_changing = BTreeSet::new();
        let mut notes = BTreeSet::new();
        for rule in found.witness.rules() {
            let rule = self.derivation.rule(rule);
            after_changing.extend(rule.edits.iter().map(|guard| self.guard_name(*guard)));
            notes.extend(rule.notes.iter().map(note_text));
        }
        Route {
            summary: self.summary(&found.witness),
            strength: found.witness.strength(),
            rules: found
                .rows
                .iter()
                .map(|row| self.rows[*row].id.clone())
                .collect(),
            after_changing: after_changing.into_iter().collect(),
            notes: notes.into_iter().collect(),
        }
    }

    fn guard_name(&self, (change, guard): (Predicate, crate::facts::ThingIx)) -> String {
        let thing = self.derivation.things.get(guard);
        if change == Predicate::Opens && thing.kind == crate::facts::Kind::Bucket {
            return format!("the ACLs of the objects of {thing}");
        }
        if change == Predicate::Opens {
            return format!("the grants of {}", short(thing));
        }
        if thing.kind == crate::facts::Kind::Cluster {
            return format!("the ACLs of {thing}");
        }
        format!("the policy of {}", short(thing))
    }

    fn summary(&self, witness: &Witness) -> String {
        let mut steps: Vec<String> = witness
            .rules()
            .filter(|rule| !self.row(*rule).step.is_empty())
            .map(|rule| self.fill(&self.row(rule).step, self.derivation.rule(rule)))
            .collect();
        steps.dedup();
        if steps.is_empty() {
            "at hand".to_owned()
        } else {
            steps.join(" → ")
        }
    }

    /// A proof down to files and lines.
    pub(super) fn proof(&self, lane: usize, found: &Found) -> Proof {
        let principal = &self.derivation.principals[lane];
        let steps = found.witness.steps().iter().map(|step| match step {
            Step::Given { fact, strength } => {
                let held = principal.starts.iter().find(|held| held.fact == *fact);
                ProofStep {
                    fact: self.derivation.say(*fact),
                    because: held.map_or_else(String::new, |held| held.why.clone()),
                    rule: None,
                    strength: *strength,
                    rests_on: Vec::new(),
                    evidence: Vec::new(),
                    notes: Vec::new(),
                }
            }
            Step::Derived {
                fact,
                rule,
                premises,
            } => {
                let ground = self.derivation.rule(*rule);
                ProofStep {
                    fact: self.derivation.say(*fact),
                    because: self.fill(&self.row(*rule).title, ground),
                    rule: Some(self.row(*rule).id.clone()),
                    strength: ground.strength,
                    rests_on: premises.iter().map(|premise| premise + 1).collect(),
                    evidence: ground.evidence.iter().map(evidence_text).collect(),
                    notes: ground.notes.iter().map(note_text).collect(),
                }
            }
        });
        Proof {
            summary: self.summary(&found.witness),
            strength: found.witness.strength(),
            topic: found.topic.clone(),
            steps: steps.collect(),
        }
    }

    /// Each single thing that would let the principal read the asset, which it does not. What only
    /// another principal could bring about counts when there is one, and names it (law 4).
    pub(super) fn lacks(&self, lane: usize, asset: &Asset) -> Vec<Lack> {
        let table = &self.derivation.table;
        let starts = &self.lanes[lane];
        let mut found: BTreeMap<FactIx, Strength> = BTreeMap::new();
        for goal in asset.topics.values() {
            for (fact, then) in one_short(table, starts, *goal, |fact| self.could_be_short(fact)) {
                let known = found.entry(fact).or_default();
                *known = (*known).max(then);
            }
        }
        // What would still be a gap is two steps away, not one.
        found.retain(|_, then| *then > Strength::Gap);
        let mut lacks: BTreeMap<String, Lack> = BTreeMap::new();
        for (fact, then) in found {
            let could_be_made_by = self.makers(lane, fact);
            if self.derivation.fact(fact).predicate.is_left_behind() && could_be_made_by.is_empty()
            {
                continue;
            }
            let what = self.lack_text(fact);
            let lack = lacks.entry(what.clone()).or_insert(Lack {
                what,
                then,
                could_be_made_by,
            });
            lack.then = lack.then.max(then);
        }
        lacks.into_values().collect()
    }

    /// What may be the one missing thing: a refused request, a position, an effect, a connection.
    /// That somebody lacks a session or a credential is no near miss.
    fn could_be_short(&self, fact: FactIx) -> bool {
        matches!(
            self.derivation.fact(fact).predicate,
            Predicate::Lacks
                | Predicate::SendsFrom
                | Predicate::ConnectsTo
                | Predicate::MadeSnapshotOf
                | Predicate::Edits
                | Predicate::Opens
        )
    }

    fn lack_text(&self, fact: FactIx) -> String {
        let held = self.derivation.fact(fact);
        let thing = self.derivation.things.get(held.thing);
        match held.predicate {
            Predicate::Lacks => thing.id.clone(),
            Predicate::SendsFrom => format!("a network position: {thing}"),
            Predicate::ConnectsTo => {
                let cluster = thing.id.split_once('/').map_or("", |(cluster, _)| cluster);
                format!("a network path to a listener of {cluster}")
            }
            Predicate::MadeSnapshotOf => format!("a snapshot of {thing}"),
            Predicate::Edits | Predicate::Opens => {
                let guard = self.guard_name((held.predicate, held.thing));
                format!("a change of {guard}")
            }
            Predicate::ActsAs
            | Predicate::CodeOn
            | Predicate::RunsIn
            | Predicate::SitsWithClientsOf
            | Predicate::Holds
            | Predicate::SpeaksAs
            | Predicate::Reads
            | Predicate::ReachesMount
            | Predicate::Redirects
            | Predicate::ReachesApi
            | Predicate::RunsPodsIn
            | Predicate::Topic(_) => self.derivation.say(fact),
        }
    }

    /// Other principals that could make a snapshot or an edit, which then lies in the estate.
    fn makers(&self, lane: usize, fact: FactIx) -> Vec<String> {
        if !self.derivation.fact(fact).predicate.is_left_behind() {
            return Vec::new();
        }
        let principals = self.derivation.principals.iter().enumerate();
        let others = principals.filter(|(other, principal)| {
            *other != lane
                && principal.kind != "root-user"
                && self.holds(*other, fact) > Strength::Gap
        });
        others
            .map(|(_, principal)| principal.name.clone())
            .collect()
    }
}

/// `inner`, and then one more rule that rests on it alone.
fn extend(inner: &Witness, rule: RuleIx, goal: FactIx, table: &crate::reach::RuleTable) -> Witness {
    let mut steps = inner.steps().to_vec();
    steps.push(Step::Derived {
        fact: goal,
        rule,
        premises: vec![steps.len() - 1],
    });
    Witness::new(goal, inner.strength() & table.strength(rule), steps)
}

/// A thing as a one-line summary names it: the last part of an ARN, the name of a secret.
fn short(thing: &crate::facts::Thing) -> String {
    match thing.id.parse::<crate::names::Arn>() {
        Ok(arn) if arn.service() == "secretsmanager" => {
            arn.resource().trim_start_matches("secret:").to_owned()
        }
        Ok(arn) => arn.resource().to_owned(),
        Err(_) if thing.kind == crate::facts::Kind::Position || thing.id.starts_with('\u{1}') => {
            thing.to_string()
        }
        Err(_) => thing.id.clone(),
    }
}

pub(super) fn note_text(note: &Note) -> NoteText {
    NoteText {
        kind: note.kind,
        text: note.text.clone(),
        place: note.source.as_ref().map(ToString::to_string),
    }
}

pub(super) fn evidence_text(evidence: &Evidence) -> EvidenceText {
    let (places, why) = match &evidence.origin {
        Origin::Captured(source) | Origin::Pinned(source) => (vec![source.to_string()], None),
        Origin::Inferred { why, from } => (
            from.iter().map(ToString::to_string).collect(),
            Some(why.clone()),
        ),
        Origin::Assumed { why, at } => (vec![at.to_string()], Some(why.clone())),
    };
    EvidenceText {
        says: evidence.says.clone(),
        origin: origin_word(&evidence.origin).to_owned(),
        places,
        why,
        pointer: evidence
            .source()
            .map(|s| s.pointer().to_owned())
            .filter(|p| !p.is_empty()),
        removable: evidence.removable,
    }
}

pub(super) fn origin_word(origin: &Origin) -> &'static str {
    match origin {
        Origin::Captured(_) => "captured",
        Origin::Inferred { .. } => "inferred",
        Origin::Pinned(_) => "pinned",
        Origin::Assumed { .. } => "assumed",
    }
}
