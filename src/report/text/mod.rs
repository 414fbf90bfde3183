//! Text for terminals and pipes.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::escape::plain;
use crate::query::{ChangeKind, GapText, Header, NoteText, Route};
use crate::reach::Strength;

mod coverage;
mod map;
mod models;
mod proof;
mod readers;

pub(super) use coverage::{open_place, read_place};

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
        if !header.not_read.is_empty() {
            let text = format!(
                "Not read by this version, and able to add readers: {}",
                header.not_read.join("; ")
            );
            self.line(&styled(FAINT, &text));
        }
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
        let pad = " ".repeat(11_usize.saturating_sub(strength.word().len()));
        format!("{}{pad}", Self::word(strength))
    }

    fn word(strength: Strength) -> String {
        let style = match strength {
            Strength::Always => BAD,
            Strength::Conditional | Strength::Gap => DOUBT,
            Strength::Never => GOOD,
        };
        styled(style, strength.word())
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

/// Kinds of change and how headings call them, in the order in which they are told.
pub(super) const KINDS: [(ChangeKind, &str); 6] = [
    (ChangeKind::Gained, "gained"),
    (ChangeKind::Lost, "lost"),
    (ChangeKind::Stronger, "stronger"),
    (ChangeKind::Weaker, "weaker"),
    (ChangeKind::OtherRoute, "as sure, by other routes"),
    (ChangeKind::Unchanged, "unchanged"),
];

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

/// `1 snapshot`, `3 snapshots`: a number with its noun, given in the plural.
pub(super) fn counted(count: usize, plural: &str) -> String {
    if count != 1 {
        return format!("{count} {plural}");
    }
    match plural.strip_suffix("ies") {
        Some(stem) => format!("1 {stem}y"),
        None => format!("1 {}", plural.trim_end_matches('s')),
    }
}

/// Account, region and resource of a call, each said once.
pub(super) fn gap_place(gap: &GapText) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in [&gap.account, &gap.region, &gap.resource] {
        if !part.is_empty() && !gap.resource.contains(part.as_str()) {
            parts.push(part);
        }
    }
    if !gap.resource.is_empty() {
        parts.push(&gap.resource);
    }
    parts.join(" ")
}
