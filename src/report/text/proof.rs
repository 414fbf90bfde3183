//! Proofs as text, down to files and lines.

use super::{FAINT, TITLE, Text, some, styled};
use crate::query::{EvidenceText, Explain, Lack, Proof};
use crate::reach::Strength;
use crate::report::escape::plain;
use crate::report::{Answer, Markdown};

impl Text {
    fn proof(&mut self, number: usize, proof: &Proof) {
        self.line("");
        let title = format!("Route {number}: {}", plain(&proof.summary));
        self.line(&format!(
            "{}  {}",
            styled(TITLE, &title),
            Self::word(proof.strength)
        ));
        for (at, step) in proof.steps.iter().enumerate() {
            let rests = match step.rests_on.as_slice() {
                [] => String::new(),
                on => format!(
                    "  from {}",
                    on.iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            };
            self.line(&format!("  {:>2}. {}{rests}", at + 1, plain(&step.fact)));
            if !step.because.is_empty() {
                self.line(&styled(FAINT, &format!("      {}", plain(&step.because))));
            }
            for evidence in &step.evidence {
                self.evidence(evidence);
            }
            for note in &step.notes {
                self.note("      ", note);
            }
        }
    }

    fn evidence(&mut self, evidence: &EvidenceText) {
        let mark = if evidence.origin == "captured" {
            String::new()
        } else {
            format!(" [{}]", evidence.origin)
        };
        self.line(&format!("      · {}{mark}", plain(&evidence.says)));
        let places = evidence
            .places
            .iter()
            .map(|p| plain(p))
            .collect::<Vec<_>>()
            .join(", ");
        if !places.is_empty() {
            self.line(&format!("        {}", styled(TITLE, &places)));
        }
        if let Some(why) = evidence
            .why
            .as_ref()
            .filter(|_| evidence.origin != "captured")
        {
            self.line(&styled(FAINT, &format!("        {}", plain(why))));
        }
    }

    fn lacks(&mut self, lacks: &[Lack]) {
        for lack in lacks.iter().take(4) {
            self.line(&format!("      lacks {}", plain(&lack.what)));
            if !lack.could_be_made_by.is_empty() {
                let makers = some(&lack.could_be_made_by);
                self.line(&styled(
                    FAINT,
                    &format!("        which could come from {makers}"),
                ));
            }
        }
        if lacks.len() > 4 {
            self.line(&styled(
                FAINT,
                &format!("      or one of {} other things", lacks.len() - 4),
            ));
        }
    }
}

impl Answer for Explain {
    fn text(&self, out: &mut Text) {
        out.header(&self.header);
        out.line("");
        let verdict = match self.strength {
            Strength::Never if self.may_also_be.is_empty() => "does not read",
            Strength::Never => "has no route of its own to",
            Strength::Gap => "may read, if what was not collected grants it,",
            Strength::Conditional => "reads, if conditions hold,",
            Strength::Always => "reads",
        };
        let line = format!(
            "{} {verdict} {}",
            plain(&self.principal),
            plain(&self.asset)
        );
        out.line(&styled(TITLE, &line));
        for (at, proof) in self.proofs.iter().enumerate() {
            out.proof(at + 1, proof);
        }
        if !self.lacks.is_empty() {
            out.line("");
            out.line("One thing short; each of these alone would do:");
            out.lacks(&self.lacks);
        } else if self.strength == Strength::Never && self.may_also_be.is_empty() {
            out.line("");
            out.line("No single missing thing would do; it is at least two steps away.");
        }
        for other in &self.may_also_be {
            out.line("");
            out.line(&format!(
                "Not the whole truth: {} reads it, and this principal may be among them.",
                plain(other)
            ));
        }
    }

    fn markdown(&self, out: &mut Markdown) {
        out.explain(self);
    }
}
