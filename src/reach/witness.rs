//! A proof as data: every fact once, after all that it rests on; and its check.
//!
//! Must never: be believed because of who made it. The check uses nothing but the rules and starts.

use super::{FactIx, RuleIx, RuleTable, Start, Strength};

/// One line of a proof.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The lane starts with the fact.
    Given {
        /// What holds.
        fact: FactIx,
        /// How surely the lane has it.
        strength: Strength,
    },
    /// A rule gives the fact.
    Derived {
        /// What holds.
        fact: FactIx,
        /// The rule.
        rule: RuleIx,
        /// The steps that prove the rule's body, in the order of the body; all before this one.
        premises: Vec<usize>,
    },
}

impl Step {
    /// What the step proves.
    pub const fn fact(&self) -> FactIx {
        match self {
            Self::Given { fact, .. } | Self::Derived { fact, .. } => *fact,
        }
    }
}

/// A proof that a fact holds: an acyclic graph of steps in which shared parts stand once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Witness {
    goal: FactIx,
    strength: Strength,
    steps: Vec<Step>,
}

/// Why a witness proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// It does not end in its goal.
    #[error("the proof does not end in its goal")]
    Goal,
    /// A step names a fact or rule that the table does not have.
    #[error("step {0} names something unknown")]
    Unknown(usize),
    /// A fact is proved twice.
    #[error("step {0} proves a fact again")]
    Repeated(usize),
    /// The lane does not start with the fact, or not at that strength.
    #[error("step {0} is not among the starts")]
    NotGiven(usize),
    /// The rule gives another fact, or never fires.
    #[error("step {0} uses a rule that does not give its fact")]
    WrongRule(usize),
    /// The premises are not the rule's body, each proved before.
    #[error("step {0} does not rest on its rule's body")]
    WrongPremises(usize),
    /// Nothing rests on the step.
    #[error("step {0} is not needed")]
    Idle(usize),
    /// The steps give another strength than is claimed.
    #[error("the proof does not have the strength that it claims")]
    WrongStrength,
}

impl Witness {
    /// A witness as claimed; [`check`](Self::check) says whether it is one.
    pub const fn new(goal: FactIx, strength: Strength, steps: Vec<Step>) -> Self {
        Self {
            goal,
            strength,
            steps,
        }
    }

    /// What is proved.
    pub const fn goal(&self) -> FactIx {
        self.goal
    }

    /// How surely: the weakest of all starts and rules in it.
    pub const fn strength(&self) -> Strength {
        self.strength
    }

    /// The steps, each after those it rests on; the last proves the goal.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Every fact of the proof once, in the order of the steps.
    pub fn facts(&self) -> impl Iterator<Item = FactIx> {
        self.steps.iter().map(Step::fact)
    }

    /// Every rule of the proof once, in the order of the steps.
    pub fn rules(&self) -> impl Iterator<Item = RuleIx> {
        self.steps.iter().filter_map(|step| match step {
            Step::Given { .. } => None,
            Step::Derived { rule, .. } => Some(*rule),
        })
    }

    /// Re-checks the proof against the rules and the lane's starts: order, bodies, starts,
    /// strength, and that no step is idle. `O(facts + starts * givens + steps)`.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn check(&self, table: &RuleTable, starts: &[Start]) -> Result<(), CheckError> {
        if self.steps.last().map(Step::fact) != Some(self.goal) {
            return Err(CheckError::Goal);
        }
        let mut proved = vec![false; table.facts()];
        let mut needed = vec![false; self.steps.len()];
        let mut weakest = Strength::Always;
        for (at, step) in self.steps.iter().enumerate() {
            let fact = step.fact();
            match proved.get_mut(fact.index()) {
                None => return Err(CheckError::Unknown(at)),
                Some(true) => return Err(CheckError::Repeated(at)),
                Some(proved) => *proved = true,
            }
            match step {
                Step::Given { strength, .. } => {
                    let given = Start::new(fact, *strength);
                    if *strength == Strength::Never || !starts.contains(&given) {
                        return Err(CheckError::NotGiven(at));
                    }
                    weakest = weakest & *strength;
                }
                Step::Derived { rule, premises, .. } => {
                    if rule.index() >= table.rules() {
                        return Err(CheckError::Unknown(at));
                    }
                    let strength = table.strength(*rule);
                    if table.head(*rule) != fact || strength == Strength::Never {
                        return Err(CheckError::WrongRule(at));
                    }
                    weakest = weakest & strength;
                    let before = &self.steps[..at];
                    let rests_on = premises.iter().map(|&premise| before.get(premise));
                    let body = table.body(*rule).iter().copied().map(Some);
                    if !rests_on.map(|step| step.map(Step::fact)).eq(body) {
                        return Err(CheckError::WrongPremises(at));
                    }
                    for &premise in premises {
                        needed[premise] = true;
                    }
                }
            }
        }
        needed.pop();
        if let Some(idle) = needed.iter().position(|needed| !needed) {
            return Err(CheckError::Idle(idle));
        }
        if weakest != self.strength {
            return Err(CheckError::WrongStrength);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::RuleTableBuilder;
    use super::*;

    fn given(fact: FactIx) -> Step {
        Step::Given {
            fact,
            strength: Strength::Always,
        }
    }

    #[test]
    fn every_kind_of_false_proof_is_refused() {
        let mut builder = RuleTableBuilder::new();
        let [a, b, c] = [builder.add_fact(), builder.add_fact(), builder.add_fact()];
        let rule = builder.rule(c, &[a, b], Strength::Gap);
        let dead = builder.rule(c, &[], Strength::Never);
        let back = builder.rule(a, &[c], Strength::Always);
        let table = builder.build();
        let starts = [
            Start::new(a, Strength::Always),
            Start::new(b, Strength::Always),
        ];
        let derived = |fact, rule, premises: &[usize]| Step::Derived {
            fact,
            rule,
            premises: premises.to_vec(),
        };
        let last = derived(c, rule, &[0, 1]);
        let check = |strength, steps: &[Step]| {
            Witness::new(c, strength, steps.to_vec()).check(&table, &starts)
        };
        let gap = |steps: &[Step]| check(Strength::Gap, steps);
        let good = [given(a), given(b), last.clone()];
        assert_eq!(gap(&good), Ok(()));
        assert_eq!(
            check(Strength::Always, &good),
            Err(CheckError::WrongStrength)
        );
        assert_eq!(gap(&[]), Err(CheckError::Goal));
        assert_eq!(gap(&good[..2]), Err(CheckError::Goal));
        assert_eq!(
            gap(&[given(FactIx::new(9)), last.clone()]),
            Err(CheckError::Unknown(0))
        );
        assert_eq!(
            gap(&[derived(c, RuleIx::new(9), &[])]),
            Err(CheckError::Unknown(0))
        );
        assert_eq!(
            gap(&[given(a), given(a), last.clone()]),
            Err(CheckError::Repeated(1))
        );
        assert_eq!(gap(&[given(c)]), Err(CheckError::NotGiven(0)));
        let weak = Step::Given {
            fact: a,
            strength: Strength::Gap,
        };
        assert_eq!(
            gap(&[weak, given(b), last.clone()]),
            Err(CheckError::NotGiven(0))
        );
        assert_eq!(gap(&[derived(c, dead, &[])]), Err(CheckError::WrongRule(0)));
        assert_eq!(gap(&[derived(c, back, &[])]), Err(CheckError::WrongRule(0)));
        for wrong in [&[1, 0][..], &[0], &[0, 1, 1], &[0, 2], &[0, 7]] {
            let steps = [given(a), given(b), derived(c, rule, wrong)];
            assert_eq!(gap(&steps), Err(CheckError::WrongPremises(2)));
        }
        let circular = [derived(a, back, &[2]), given(b), last];
        assert_eq!(gap(&circular), Err(CheckError::WrongPremises(0)));
    }

    #[test]
    fn a_step_that_nothing_rests_on_is_refused() {
        let mut builder = RuleTableBuilder::new();
        let [a, b] = [builder.add_fact(), builder.add_fact()];
        let table = builder.build();
        let starts = [
            Start::new(a, Strength::Always),
            Start::new(b, Strength::Always),
        ];
        let witness = Witness::new(b, Strength::Always, vec![given(a), given(b)]);
        assert_eq!(witness.check(&table, &starts), Err(CheckError::Idle(0)));
    }
}
