//! Coverage as text: what was read, and what each open call would change.

use super::{FAINT, TITLE, Text, counted, gap_place, grouped, some, styled, words};
use crate::query::{CoverageReport, GapText, OpenCall, ReadCount};
use crate::report::escape::plain;
use crate::report::{Answer, Markdown};

/// Account and region, or the cluster.
pub(in crate::report) fn read_place(read: &ReadCount) -> String {
    let mut parts: Vec<String> = Vec::new();
    if !read.cluster.is_empty() {
        parts.push(format!("Kafka cluster {}", read.cluster));
    } else if read.account.is_empty() {
        parts.push("account not known".to_owned());
    } else {
        parts.push(read.account.clone());
    }
    parts.extend(Some(read.region.clone()).filter(|r| !r.is_empty()));
    parts.join(" ")
}

/// Account, region and resource of an open call.
pub(in crate::report) fn open_place(open: &OpenCall) -> String {
    gap_place(&GapText {
        call: open.call.clone(),
        account: open.account.clone(),
        region: open.region.clone(),
        resource: open.resource.clone(),
        outcome: open.outcome,
    })
}

impl Answer for CoverageReport {
    fn text(&self, out: &mut Text) {
        let title = format!("What was read of {}", plain(&self.capture));
        out.line(&styled(TITLE, &title));
        let rows = grouped(&self.read, read_place).into_iter().map(|group| {
            let counts: Vec<String> = group.iter().map(|r| counted(r.count, &r.kind)).collect();
            vec![read_place(group[0]), counts.join(", ")]
        });
        let rows: Vec<Vec<String>> = rows.collect();
        if rows.is_empty() {
            out.line("  nothing");
        } else {
            out.table(&["place", "read"], rows);
        }
        out.line("");
        let title = format!(
            "What is missing, and what it would change: {} without an answer",
            counted(self.open.len(), "calls")
        );
        out.line(&styled(TITLE, &title));
        if !self.open.is_empty() {
            let same = |open: &OpenCall| (open.call.clone(), open.outcome);
            let rows = grouped(&self.open, same).into_iter().map(|group| {
                let mut places: Vec<String> = group.iter().map(|open| open_place(open)).collect();
                places.retain(|place| !place.is_empty());
                let outcome = words(&format!("{:?}", group[0].outcome));
                vec![
                    group[0].call.clone(),
                    outcome,
                    some(&places),
                    group[0].means.clone(),
                ]
            });
            let rows = rows.collect();
            out.table_with(&["call", "outcome", "of", "what it would change"], rows, 2);
        }
        if !self.unplaced.is_empty() {
            out.line("");
            out.line(&styled(
                TITLE,
                "Read, but of which resource is not known, so that nothing follows",
            ));
            for unplaced in &self.unplaced {
                let places = some(&unplaced.places);
                out.line(&format!("  {}: {places}", plain(&unplaced.call)));
            }
        }
        if !self.not_used.is_empty() {
            out.line("");
            let calls: Vec<String> = self.not_used.iter().map(|c| plain(&c.kind)).collect();
            let text = format!(
                "Recognised, and not used by this version: {}",
                calls.join(", ")
            );
            out.line(&styled(FAINT, &text));
        }
        out.remarks(&self.diagnostics);
    }

    fn markdown(&self, out: &mut Markdown) {
        out.coverage(self);
    }
}
