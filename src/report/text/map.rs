//! The map as text: holders, listeners, what is not known.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

use super::{BAD, DOUBT, FAINT, TITLE, Text, counted, gap_place, grouped, some, styled, words};
use crate::query::{DiagnosticText, Map};
use crate::report::escape::plain;
use crate::report::{Answer, Markdown};

impl Text {
    pub(super) fn table(&mut self, head: &[&str], rows: Vec<Vec<String>>) {
        self.table_with(head, rows, 0);
    }

    /// A table in which the first `whole` columns are not broken, where lines are long enough.
    pub(super) fn table_with(&mut self, head: &[&str], rows: Vec<Vec<String>>, whole: usize) {
        let mut table = Table::new();
        table
            .load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(self.width)
            .set_header(head.iter().map(|cell| cell.to_uppercase()));
        for row in rows {
            table.add_row(row.iter().map(|cell| plain(cell)));
        }
        let wide = self.width >= 100;
        for column in table.column_iter_mut().take(if wide { whole } else { 0 }) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
        let lines: Vec<String> = table
            .lines()
            .map(|line| format!(" {}", line.trim_end()))
            .collect();
        for line in lines {
            self.line(&line);
        }
    }

    /// Diagnostics under a title of their own, when there are any.
    pub(super) fn remarks(&mut self, diagnostics: &[DiagnosticText]) {
        if diagnostics.is_empty() {
            return;
        }
        self.line("");
        let count = counted(diagnostics.len(), "remarks");
        self.line(&styled(TITLE, &format!("{count} on the input")));
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

impl Answer for Map {
    fn text(&self, out: &mut Text) {
        out.header(&self.header);
        let read = self.read.iter().filter(|count| count.count > 0);
        let read: Vec<String> = read.map(|c| counted(c.count, &c.kind)).collect();
        out.line("");
        out.line(&format!(
            "Read: {}",
            if read.is_empty() {
                "nothing".into()
            } else {
                read.join(", ")
            }
        ));
        if !self.not_used.is_empty() {
            let calls: Vec<String> = self.not_used.iter().map(|c| plain(&c.kind)).collect();
            let text = format!(
                "Recognised, and not used by this version: {}",
                calls.join(", ")
            );
            out.line(&styled(FAINT, &text));
        }
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
                    match &holder.share {
                        Some(share) => format!("{} ({share})", holder.topics),
                        None => holder.topics.to_string(),
                    },
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
            &format!(
                "Not known: {} without an answer",
                counted(self.gaps.len(), "calls")
            ),
        ));
        for group in grouped(&self.gaps, |gap| (gap.call.clone(), gap.outcome)) {
            let mut places: Vec<String> = group.iter().map(|gap| gap_place(gap)).collect();
            places.retain(|place| !place.is_empty());
            places.dedup();
            let outcome = words(&format!("{:?}", group[0].outcome));
            let colon = if places.is_empty() { "" } else { ": " };
            out.line(&format!(
                "  {} {outcome}{colon}{}",
                group[0].call,
                some(&places)
            ));
        }
        out.remarks(&self.diagnostics);
    }

    fn markdown(&self, out: &mut Markdown) {
        out.map(self);
    }
}
