//! Writing: results to standard output, everything else to standard error.

use std::io::{self, Write};

use super::args::Format;
use crate::estate::{Diagnostic, Severity};
use crate::report::{Answer, Markdown, Text, document, plain};

/// Width of lines where no terminal tells one.
const WIDTH: u16 = 120;

/// Writes an answer as asked. A closed pipe is no error: whoever reads has seen enough.
pub(super) fn answer(answer: &impl Answer, format: Format) -> io::Result<()> {
    let text = match format {
        Format::Json => document(answer),
        Format::Markdown => {
            let mut markdown = Markdown::new();
            answer.markdown(&mut markdown);
            markdown.finish()
        }
        Format::Table => {
            let width = terminal_size::terminal_size().map_or(WIDTH, |(width, _)| width.0);
            let mut text = Text::new(width);
            answer.text(&mut text);
            text.finish()
        }
    };
    raw(&text)
}

/// Writes text to standard output, without colours where they are not wanted.
pub(super) fn raw(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes one line to standard error; names from outside must not steer the terminal. Nothing can
/// be done when writing fails.
pub(super) fn complain(text: &str) {
    let mut err = anstream::stderr().lock();
    let _ = writeln!(err, "{}", plain(text));
}

/// Says what was wrong with the input: errors line by line, the rest as a count.
pub(super) fn diagnostics(diagnostics: &[Diagnostic]) {
    let mut shown = 0;
    let mut rest = 0;
    for diagnostic in diagnostics {
        let word = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Finding => "finding",
            Severity::Warning => {
                rest += 1;
                continue;
            }
        };
        shown += 1;
        if shown > 10 {
            rest += 1;
            continue;
        }
        let place = diagnostic
            .source
            .as_ref()
            .map(|source| format!("{source}: "));
        complain(&format!(
            "{word}: {}{}",
            place.unwrap_or_default(),
            diagnostic.message
        ));
    }
    if rest > 0 {
        let noun = if rest == 1 { "remark" } else { "remarks" };
        complain(&format!(
            "{rest} more {noun} on the input: see `catchment map`"
        ));
    }
}
