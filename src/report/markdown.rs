//! Markdown for review documents.

use std::fmt::Write as _;

use super::escape::{code, markdown};
use super::text::{KINDS, counted, gap_place, grouped, open_place, read_place, words};
use crate::query::{
    Compare, CoverageReport, DiagnosticText, Explain, Header, Lack, Map, NearMiss, NoteText, Proof,
    Route, What, Who,
};
use crate::reach::Strength;

/// A Markdown document under construction.
#[derive(Debug, Default)]
pub struct Markdown {
    out: String,
}

impl Markdown {
    /// An empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// What was written.
    pub fn finish(self) -> String {
        self.out
    }

    pub(super) fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    pub(super) fn heading(&mut self, level: usize, text: &str) {
        let _ = writeln!(self.out, "{} {text}\n", "#".repeat(level));
    }

    pub(super) fn table(&mut self, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
        self.line(&format!("| {} |", head.join(" | ")));
        self.line(&format!("|{}", " --- |".repeat(head.len())));
        for row in rows {
            self.line(&format!("| {} |", row.join(" | ")));
        }
        self.line("");
    }

    fn limits(&mut self, header: &Header) {
        if !header.not_read.is_empty() {
            let what = header.not_read.join("; ");
            self.line(&format!(
                "Not read by this version, and able to add readers: {what}.\n"
            ));
        }
        if header.limits.is_empty() {
            return;
        }
        self.line("Not collected, and so keeping rules from being certain:\n");
        for limit in &header.limits {
            self.line(&format!(
                "- {} ({} rules)",
                markdown(&limit.input),
                limit.rules
            ));
        }
        self.line("");
    }

    fn title(&mut self, what: &str, header: &Header) {
        let title = format!(
            "{what}: {} under {}",
            markdown(&header.capture),
            markdown(&header.model)
        );
        self.heading(1, &title);
        self.limits(header);
    }

    pub(super) fn who(&mut self, who: &Who) {
        self.title("Readers", &who.header);
        for asset in &who.assets {
            self.heading(2, &markdown(&asset.asset));
            let rows = asset.readers.iter().map(|reader| {
                vec![
                    code(&reader.principal),
                    reader.kind.clone(),
                    reader.strength.word().to_owned(),
                    if reader.intended { "yes" } else { "" }.to_owned(),
                    routes(&reader.routes),
                ]
            });
            self.table(
                &["principal", "kind", "strength", "intended", "routes"],
                rows,
            );
            self.near_misses(&asset.near_misses);
        }
    }

    fn near_misses(&mut self, near_misses: &[NearMiss]) {
        if near_misses.is_empty() {
            return;
        }
        self.line("Near misses, one thing short of reading:\n");
        let rows = near_misses
            .iter()
            .map(|near| vec![code(&near.principal), lacks(&near.lacks)]);
        self.table(&["principal", "lacks"], rows);
    }

    pub(super) fn what(&mut self, what: &What) {
        self.title("What one principal reads", &what.header);
        self.line(&format!("{} ({})\n", code(&what.principal), what.kind));
        let rows = what.assets.iter().map(|cell| {
            vec![
                markdown(&cell.asset),
                cell.strength.word().to_owned(),
                routes(&cell.routes),
            ]
        });
        self.table(&["asset", "strength", "routes"], rows);
    }

    pub(super) fn explain(&mut self, explain: &Explain) {
        self.title("Proof", &explain.header);
        self.line(&format!(
            "{} and {}: **{}**\n",
            code(&explain.principal),
            code(&explain.asset),
            explain.strength.word()
        ));
        for (at, proof) in explain.proofs.iter().enumerate() {
            self.proof(at + 1, proof);
        }
        if !explain.lacks.is_empty() {
            self.line("One thing short; each of these alone would do:\n");
            for lack in &explain.lacks {
                self.line(&format!("- {}", markdown(&lack.what)));
            }
            self.line("");
        }
        for other in &explain.may_also_be {
            self.line(&format!(
                "Not the whole truth: {} reads it, and this principal may be among them.\n",
                markdown(other)
            ));
        }
    }

    fn proof(&mut self, number: usize, proof: &Proof) {
        let title = format!("Route {number}: {}", markdown(&proof.summary));
        self.heading(2, &title);
        for (at, step) in proof.steps.iter().enumerate() {
            let rests: Vec<String> = step.rests_on.iter().map(ToString::to_string).collect();
            let rests = if rests.is_empty() {
                String::new()
            } else {
                format!(" (from {})", rests.join(", "))
            };
            let number = at + 1;
            self.line(&format!(
                "{number}. **{}**{rests}: {}",
                markdown(&step.fact),
                markdown(&step.because)
            ));
            for evidence in &step.evidence {
                let places: Vec<String> = evidence.places.iter().map(|p| code(p)).collect();
                let origin = &evidence.origin;
                let says = markdown(&evidence.says);
                self.line(&format!("   - {says} ({origin}) {}", places.join(", ")));
            }
            for note in &step.notes {
                self.line(&format!("   - {}", note_line(note)));
            }
        }
        self.line("");
    }

    pub(super) fn compare(&mut self, compare: &Compare) {
        let title = format!(
            "Readers of {} under {} and of {} under {}",
            markdown(&compare.before.capture),
            markdown(&compare.before.model),
            markdown(&compare.after.capture),
            markdown(&compare.after.model)
        );
        self.heading(1, &title);
        self.limits(&compare.after);
        let totals = &compare.totals;
        let counts = [
            totals.gained,
            totals.lost,
            totals.stronger,
            totals.weaker,
            totals.other_route,
            totals.unchanged,
        ];
        let rows = KINDS
            .iter()
            .zip(counts)
            .map(|((_, word), n)| vec![(*word).to_owned(), n.to_string()]);
        self.table(&["change", "pairs of principal and asset"], rows);
        for asset in &compare.assets {
            self.heading(2, &markdown(&asset.asset));
            let rows = asset.changes.iter().map(|change| {
                let kind = KINDS.iter().find(|(kind, _)| *kind == change.change);
                vec![
                    kind.map_or("", |(_, word)| word).to_owned(),
                    code(&change.principal),
                    change.before.word().to_owned(),
                    change.after.word().to_owned(),
                    routes(&change.routes_gone),
                    routes(&change.routes_new),
                ]
            });
            let head = [
                "change",
                "principal",
                "before",
                "after",
                "routes gone",
                "routes new",
            ];
            self.table(&head, rows);
            self.near_misses(&asset.near_misses);
        }
    }

    pub(super) fn map(&mut self, map: &Map) {
        self.title("Where event data lives", &map.header);
        let rows = map.holders.iter().map(|holder| {
            let unknown = || "not known".to_owned();
            vec![
                format!("{} {}", holder.kind, code(&holder.id)),
                markdown(&format!("{} ({})", holder.role, holder.cluster)),
                markdown(&holder.account.clone().unwrap_or_else(unknown)),
                markdown(&holder.region.clone().unwrap_or_else(unknown)),
                markdown(holder.zone.as_deref().unwrap_or_default()),
                markdown(&holder.key),
                holder.topics.to_string(),
                holder.origin.clone(),
            ]
        });
        self.table(
            &[
                "holder", "what", "account", "region", "zone", "key", "topics", "origin",
            ],
            rows,
        );
        if !map.not_used.is_empty() {
            let calls: Vec<String> = map.not_used.iter().map(|c| markdown(&c.kind)).collect();
            self.line(&format!(
                "Recognised, and not used by this version: {}\n",
                calls.join(", ")
            ));
        }
        self.heading(2, "Listeners");
        let rows = map.listeners.iter().map(|listener| {
            vec![
                markdown(&format!("{}/{}", listener.cluster, listener.name)),
                listener.port.to_string(),
                markdown(&listener.authentication),
                listener.brokers.to_string(),
                code(&listener.place),
            ]
        });
        self.table(
            &["listener", "port", "authentication", "brokers", "where"],
            rows,
        );
        self.heading(2, "Not known");
        for group in grouped(&map.gaps, |gap| (gap.call.clone(), gap.outcome)) {
            let outcome = words(&format!("{:?}", group[0].outcome));
            let places: Vec<String> = group.iter().map(|gap| gap_place(gap)).collect();
            let places = places.iter().filter(|place| !place.is_empty());
            let places: Vec<String> = places.map(|place| code(place)).collect();
            let call = markdown(&group[0].call);
            self.line(&format!("- {call} {outcome} {}", places.join(", ")));
        }
        self.line("");
        self.remarks(&map.diagnostics);
    }

    fn remarks(&mut self, diagnostics: &[DiagnosticText]) {
        if diagnostics.is_empty() {
            return;
        }
        self.heading(2, "Remarks on the input");
        for remark in diagnostics {
            let place = remark.place.as_deref().map(code).unwrap_or_default();
            self.line(&format!(
                "- {place} {} ({})",
                markdown(&remark.message),
                remark.code
            ));
        }
        self.line("");
    }

    pub(super) fn coverage(&mut self, coverage: &CoverageReport) {
        let title = format!("What was read of {}", markdown(&coverage.capture));
        self.heading(1, &title);
        let rows = grouped(&coverage.read, read_place)
            .into_iter()
            .map(|group| {
                let counts: Vec<String> = group.iter().map(|r| counted(r.count, &r.kind)).collect();
                vec![
                    markdown(&read_place(group[0])),
                    markdown(&counts.join(", ")),
                ]
            });
        self.table(&["place", "read"], rows);
        self.heading(2, "What is missing, and what it would change");
        let rows = coverage.open.iter().map(|open| {
            vec![
                markdown(&open.call),
                words(&format!("{:?}", open.outcome)),
                Some(open_place(open))
                    .filter(|place| !place.is_empty())
                    .map_or_else(String::new, |place| code(&place)),
                markdown(&open.means),
            ]
        });
        self.table(&["call", "outcome", "of", "what it would change"], rows);
        if !coverage.unplaced.is_empty() {
            self.heading(2, "Read, but of which resource is not known");
            for unplaced in &coverage.unplaced {
                let places: Vec<String> = unplaced.places.iter().map(|p| code(p)).collect();
                let call = markdown(&unplaced.call);
                self.line(&format!("- {call}: {}", places.join(", ")));
            }
            self.line("");
        }
        if !coverage.not_used.is_empty() {
            let calls: Vec<String> = coverage
                .not_used
                .iter()
                .map(|c| markdown(&c.kind))
                .collect();
            self.line(&format!(
                "Recognised, and not used by this version: {}\n",
                calls.join(", ")
            ));
        }
        self.remarks(&coverage.diagnostics);
    }
}

fn note_line(note: &NoteText) -> String {
    let place = note
        .place
        .as_deref()
        .map(|place| format!(" ({})", code(place)));
    format!("{}{}", markdown(&note.text), place.unwrap_or_default())
}

fn routes(routes: &[Route]) -> String {
    let told = routes.iter().map(|route| {
        let mut text = markdown(&route.summary);
        if route.strength != Strength::Always {
            let _ = write!(text, " ({})", route.strength.word());
        }
        for guard in &route.after_changing {
            let _ = write!(text, ", after changing {}", markdown(guard));
        }
        text
    });
    told.collect::<Vec<_>>().join("<br>")
}

fn lacks(lacks: &[Lack]) -> String {
    lacks
        .iter()
        .map(|lack| markdown(&lack.what))
        .collect::<Vec<_>>()
        .join("<br>")
}
