//! Text for terminals and pipes.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, presets};

use super::Answer;
use super::escape::plain;
use crate::query::{
    AssetReaders, Change, ChangeKind, Compare, DiagnosticText, EvidenceText, Explain, Header, Lack,
    Map, NearMiss, NoteText, Proof, Route, Totals, What, Who,
};
use crate::reach::Strength;

/// Text under construction. Styles are ANSI codes; whoever prints it strips them where they are
/// not wanted.
#[derive(Debug)]
pub struct Text {
    out: String,
    width: u16,
}

const TITLE: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const DOUBT: Style = AnsiColor::Yellow.on_default();

fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

impl Text {
    /// Empty text for lines of `width` columns.
    pub fn new(width: u16) -> Self {
        Self {
            out: String::new(),
            width: width.max(40),
        }
    }

    /// What was written.
    pub fn finish(self) -> String {
        self.out
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn header(&mut self, header: &Header) {
        let title = format!("{} under {}", plain(&header.capture), plain(&header.model));
        self.line(&styled(TITLE, &title));
        self.limits(header);
    }

    fn limits(&mut self, header: &Header) {
        if header.limits.is_empty() {
            return;
        }
        self.line(&styled(
            FAINT,
            "Not collected, and so keeping rules from being certain:",
        ));
        for limit in header.limits.iter().take(6) {
            let text = format!("  {} ({} rules)", plain(&limit.input), limit.rules);
            self.line(&styled(FAINT, &text));
        }
        if header.limits.len() > 6 {
            let more = format!(
                "  and {} more: see `catchment map`",
                header.limits.len() - 6
            );
            self.line(&styled(FAINT, &more));
        }
    }

    fn strength(strength: Strength) -> String {
        let style = match strength {
            Strength::Always => BAD,
            Strength::Conditional | Strength::Gap => DOUBT,
            Strength::Never => GOOD,
        };
        styled(style, &format!("{:<11}", strength.word()))
    }

    fn route(&mut self, mark: &str, route: &Route, strength: Strength) {
        let own = if route.strength == strength {
            String::new()
        } else {
            format!(" [{}]", route.strength.word())
        };
        self.line(&format!("      {mark} {}{own}", plain(&route.summary)));
        for guard in &route.after_changing {
            self.line(&styled(
                DOUBT,
                &format!("        after changing {}", plain(guard)),
            ));
        }
        for note in &route.notes {
            self.note("        ", note);
        }
    }

    fn note(&mut self, indent: &str, note: &NoteText) {
        let place = note
            .place
            .as_ref()
            .map(|p| format!("  ({})", plain(p)))
            .unwrap_or_default();
        let word = match note.kind {
            crate::facts::NoteKind::Condition => "if",
            crate::facts::NoteKind::NotCollected => "not collected:",
            crate::facts::NoteKind::NotModelled => "not modelled:",
        };
        self.line(&styled(
            FAINT,
            &format!("{indent}{word} {}{place}", plain(&note.text)),
        ));
    }

    fn near_misses(&mut self, near_misses: &[NearMiss]) {
        if near_misses.is_empty() {
            return;
        }
        self.line(&format!(
            "  {} near misses, one thing short of reading",
            near_misses.len()
        ));
        for near in near_misses {
            self.line(&format!("    {}", plain(&near.principal)));
            self.lacks(&near.lacks);
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

    fn readers(&mut self, names: &[String], asset: &AssetReaders) {
        self.line("");
        self.line(&styled(TITLE, &plain(&names.join(", "))));
        if asset.readers.is_empty() {
            self.line("  nobody that this capture shows");
        }
        for reader in &asset.readers {
            let intended = if reader.intended {
                styled(GOOD, "  intended")
            } else {
                String::new()
            };
            let strength = Self::strength(reader.strength);
            let mut share = String::new();
            if reader.topics.len() < asset.topics.len() {
                share = format!(
                    "  ({} of {} topics)",
                    reader.topics.len(),
                    asset.topics.len()
                );
            }
            self.line(&format!(
                "  {strength} {}{share}{intended}",
                plain(&reader.principal)
            ));
            for route in reader.routes.iter().take(4) {
                self.route("by", route, reader.strength);
            }
            if reader.routes.len() > 4 {
                let more = format!("      and {} other routes", reader.routes.len() - 4);
                self.line(&styled(FAINT, &more));
            }
        }
        self.near_misses(&asset.near_misses);
    }

    fn change(&mut self, change: &Change) {
        let strengths = if change.before == change.after {
            change.after.word().to_owned()
        } else {
            format!("{} → {}", change.before.word(), change.after.word())
        };
        let intended = if change.intended {
            styled(GOOD, "  intended")
        } else {
            String::new()
        };
        self.line(&format!(
            "    {}  {strengths}{intended}",
            plain(&change.principal)
        ));
        let (before, after) = (change.before, change.after);
        for route in change.routes_gone.iter().take(3) {
            self.route("-", route, before);
        }
        for route in change.routes_new.iter().take(3) {
            self.route("+", route, after);
        }
        if change.change != ChangeKind::Unchanged {
            for route in change.routes_kept.iter().take(2) {
                self.route("=", route, after);
            }
        }
    }

    fn totals(&mut self, totals: &Totals) {
        self.line(&format!(
            "{} gained, {} lost, {} stronger, {} weaker, {} by another route, {} unchanged \
             (pairs of principal and asset)",
            totals.gained,
            totals.lost,
            totals.stronger,
            totals.weaker,
            totals.other_route,
            totals.unchanged
        ));
    }

    fn proof(&mut self, number: usize, proof: &Proof) {
        self.line("");
        let title = format!("Route {number}: {}", plain(&proof.summary));
        self.line(&format!(
            "{}  {}",
            styled(TITLE, &title),
            Self::strength(proof.strength).trim_end()
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

    fn table(&mut self, head: &[&str], rows: Vec<Vec<String>>) {
        let mut table = Table::new();
        table
            .load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(self.width)
            .set_header(head.iter().map(|cell| cell.to_uppercase()));
        for row in rows {
            table.add_row(row.iter().map(|cell| plain(cell)));
        }
        let lines: Vec<String> = table
            .lines()
            .map(|line| format!(" {}", line.trim_end()))
            .collect();
        for line in lines {
            self.line(&line);
        }
    }

    fn diagnostics(&mut self, diagnostics: &[DiagnosticText]) {
        for diagnostic in diagnostics {
            let place = diagnostic.place.as_ref().map(|p| format!("{}: ", plain(p)));
            let (word, style) = match diagnostic.severity {
                crate::estate::Severity::Error => ("error", BAD),
                crate::estate::Severity::Warning => ("warning", DOUBT),
                crate::estate::Severity::Finding => ("finding", DOUBT),
            };
            self.line(&format!(
                "  {} {}{} [{}]",
                styled(style, word),
                place.unwrap_or_default(),
                plain(&diagnostic.message),
                diagnostic.code
            ));
        }
    }
}

/// The first few of a list.
fn some(names: &[String]) -> String {
    let mut text = names
        .iter()
        .take(3)
        .map(|name| plain(name))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > 3 {
        let _ = write!(text, " and {} others", names.len() - 3);
    }
    text
}

/// Groups assets that have the same answer, so that it is told once; in the order of the first.
pub(super) fn grouped<T, K: PartialEq>(items: &[T], key: impl Fn(&T) -> K) -> Vec<Vec<&T>> {
    let mut groups: Vec<(K, Vec<&T>)> = Vec::new();
    for item in items {
        let own = key(item);
        match groups.iter_mut().find(|(known, _)| *known == own) {
            Some((_, group)) => group.push(item),
            None => groups.push((own, vec![item])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

impl Answer for Who {
    fn text(&self, out: &mut Text) {
        out.header(&self.header);
        // Topics differ by asset, but only their number shows.
        let key = |asset: &AssetReaders| {
            let mut readers = asset.readers.clone();
            for reader in &mut readers {
                let count = reader.topics.len();
                reader.topics = vec![String::new(); count];
            }
            (asset.topics.len(), readers, asset.near_misses.clone())
        };
        for group in grouped(&self.assets, key) {
            let names: Vec<String> = group.iter().map(|asset| asset.asset.clone()).collect();
            out.readers(&names, group[0]);
        }
    }

    fn markdown(&self, out: &mut super::Markdown) {
        out.who(self);
    }
}

impl Answer for What {
    fn text(&self, out: &mut Text) {
        out.header(&self.header);
        out.line("");
        out.line(&styled(
            TITLE,
            &format!("{} ({})", plain(&self.principal), self.kind),
        ));
        for group in grouped(&self.assets, |cell| (cell.strength, cell.routes.clone())) {
            let names: Vec<String> = group.iter().map(|cell| plain(&cell.asset)).collect();
            let strength = Text::strength(group[0].strength);
            out.line(&format!("  {strength} {}", names.join(", ")));
            for route in group[0].routes.iter().take(4) {
                out.route("by", route, group[0].strength);
            }
        }
    }

    fn markdown(&self, out: &mut super::Markdown) {
        out.what(self);
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
        } else if self.strength == Strength::Never {
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

    fn markdown(&self, out: &mut super::Markdown) {
        out.explain(self);
    }
}

impl Answer for Compare {
    fn text(&self, out: &mut Text) {
        let title = format!(
            "{} under {} → {} under {}",
            plain(&self.before.capture),
            plain(&self.before.model),
            plain(&self.after.capture),
            plain(&self.after.model)
        );
        out.line(&styled(TITLE, &title));
        out.limits(&self.after);
        let key =
            |asset: &crate::query::AssetChange| (asset.changes.clone(), asset.near_misses.clone());
        for group in grouped(&self.assets, key) {
            let names: Vec<&str> = group.iter().map(|asset| asset.asset.as_str()).collect();
            out.line("");
            out.line(&styled(TITLE, &plain(&names.join(", "))));
            for (kind, word) in KINDS {
                let changes: Vec<&Change> = group[0]
                    .changes
                    .iter()
                    .filter(|change| change.change == kind)
                    .collect();
                if changes.is_empty() {
                    continue;
                }
                let style = match kind {
                    ChangeKind::Gained | ChangeKind::Stronger => BAD,
                    ChangeKind::Lost | ChangeKind::Weaker => GOOD,
                    ChangeKind::OtherRoute => DOUBT,
                    ChangeKind::Unchanged => FAINT,
                };
                out.line(&format!(
                    "  {}",
                    styled(style, &format!("{} {word}", changes.len()))
                ));
                for change in changes {
                    out.change(change);
                }
            }
            out.near_misses(&group[0].near_misses);
        }
        out.line("");
        out.totals(&self.totals);
    }

    fn markdown(&self, out: &mut super::Markdown) {
        out.compare(self);
    }
}

/// Kinds of change and how headings call them, in the order in which they are told.
pub(super) const KINDS: [(ChangeKind, &str); 6] = [
    (ChangeKind::Gained, "gained"),
    (ChangeKind::Lost, "lost"),
    (ChangeKind::Stronger, "stronger"),
    (ChangeKind::Weaker, "weaker"),
    (ChangeKind::OtherRoute, "as sure, by other routes"),
    (ChangeKind::Unchanged, "unchanged"),
];

impl Answer for Map {
    fn text(&self, out: &mut Text) {
        out.header(&self.header);
        let read = self.read.iter().filter(|count| count.count > 0);
        let read: Vec<String> = read.map(|c| format!("{} {}", c.count, c.kind)).collect();
        out.line("");
        out.line(&format!(
            "Read: {}",
            if read.is_empty() {
                "nothing".into()
            } else {
                read.join(", ")
            }
        ));
        out.line("");
        out.line(&styled(TITLE, "Where event data lives"));
        if self.holders.is_empty() {
            out.line("  no holder of event data is known");
        } else {
            let head = [
                "holder", "what", "account", "region", "zone", "key", "topics", "origin",
            ];
            let rows = self.holders.iter().map(|holder| {
                vec![
                    format!("{} {}", holder.kind, holder.id),
                    format!("{} ({})", holder.role, holder.cluster),
                    holder.account.clone().unwrap_or_else(|| "?".to_owned()),
                    holder.region.clone().unwrap_or_else(|| "?".to_owned()),
                    holder.zone.clone().unwrap_or_default(),
                    holder.key.rsplit('/').next().unwrap_or_default().to_owned(),
                    holder.topics.to_string(),
                    holder.origin.clone(),
                ]
            });
            out.table(&head, rows.collect());
        }
        if !self.listeners.is_empty() {
            out.line("");
            out.line(&styled(TITLE, "Who hands it out"));
            let head = ["listener", "port", "authentication", "brokers", "where"];
            let rows = self.listeners.iter().map(|listener| {
                vec![
                    format!("{}/{}", listener.cluster, listener.name),
                    listener.port.to_string(),
                    listener.authentication.clone(),
                    listener.brokers.to_string(),
                    listener.place.clone(),
                ]
            });
            out.table(&head, rows.collect());
        }
        out.line("");
        out.line(&styled(
            TITLE,
            &format!("Not known: {} calls without an answer", self.gaps.len()),
        ));
        for group in grouped(&self.gaps, |gap| (gap.call.clone(), gap.outcome)) {
            let mut places: Vec<String> = group
                .iter()
                .map(|gap| {
                    let parts = [&gap.account, &gap.region, &gap.resource];
                    parts
                        .into_iter()
                        .filter(|p| !p.is_empty())
                        .cloned()
                        .collect::<Vec<_>>()
                        .join(" ")
                })
                .collect();
            places.dedup();
            let outcome = format!("{:?}", group[0].outcome);
            let outcome = words(&outcome);
            out.line(&format!("  {} {outcome}: {}", group[0].call, some(&places)));
        }
        if !self.diagnostics.is_empty() {
            out.line("");
            out.line(&styled(
                TITLE,
                &format!("{} remarks on the input", self.diagnostics.len()),
            ));
            out.diagnostics(&self.diagnostics);
        }
    }

    fn markdown(&self, out: &mut super::Markdown) {
        out.map(self);
    }
}

/// `NotCollected` as `not collected`.
pub(super) fn words(camel: &str) -> String {
    let mut words = String::new();
    for c in camel.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}
