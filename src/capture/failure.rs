//! Calls that failed: what the error says, and about which call it is.
//!
//! Must never: repeat an error's message, which may quote anything; codes alone are shown.

use std::sync::Arc;

use super::json::Node;
use super::recognise::{Draft, Layout};
use super::{Capture, Diagnostic, Outcome, Severity, calls, outcome};

/// An error that came instead of an answer.
pub(crate) fn answer(
    capture: &mut Capture,
    drafts: &mut Vec<Draft>,
    layout: Option<Layout>,
    code: &str,
    status: Option<i64>,
    place: Option<(Option<String>, Option<String>)>,
    body: Node,
) {
    let said = match (plain(code), status) {
        (code, Some(status)) if code.is_empty() => status.to_string(),
        (code, _) => code,
    };
    let Some(layout) = layout else {
        capture.note(
            "unrecognised-file",
            Severity::Warning,
            format!("an error (`{said}`) without the call that it answers: save it as `<svc>-<op>/<id>.json`"),
            body.source,
        );
        return;
    };
    let Some(spec) = calls::spec(&layout.call) else {
        *capture.unused.entry(layout.call).or_default() += 1;
        return;
    };
    let outcome = Outcome::of_failure(spec.name, code, status).unwrap_or_else(|| {
        capture.note(
            "unknown-error-code",
            Severity::Warning,
            format!("`{}` answered with the error `{said}`, which says neither yes nor no: treated as not read", spec.name),
            body.source.clone(),
        );
        Outcome::ParseError
    });
    if outcome::is_bad_credentials(code) {
        capture.note(
            BAD_CREDENTIALS,
            Severity::Error,
            format!("the credentials were bad (`{said}`), which says nothing about what was asked: collect it again"),
            body.source.clone(),
        );
    }
    let (account, region) = place.unwrap_or_default();
    drafts.push(Draft {
        file: Arc::from(body.source.file()),
        call: spec.name.to_owned(),
        resource: layout.resource,
        account,
        region,
        outcome,
        body,
        at: None,
        recorded: false,
    });
}

const BAD_CREDENTIALS: &str = "bad-credentials";

/// Says of each sort of bad credentials once how many answers it spoilt.
pub(crate) fn fold_bad_credentials(capture: &mut Capture) {
    let mut kept: Vec<Diagnostic> = Vec::new();
    let mut counts: Vec<usize> = Vec::new();
    for diagnostic in std::mem::take(&mut capture.diagnostics) {
        let known = kept
            .iter()
            .position(|k| k.code == BAD_CREDENTIALS && k.message == diagnostic.message);
        if let Some(at) = known.filter(|_| diagnostic.code == BAD_CREDENTIALS) {
            counts[at] += 1;
        } else {
            kept.push(diagnostic);
            counts.push(1);
        }
    }
    for (diagnostic, count) in kept.iter_mut().zip(counts).filter(|(_, n)| *n > 1) {
        diagnostic.message = format!("{} ({count} answers)", diagnostic.message);
    }
    capture.diagnostics = kept;
}

/// A code fit for a message: codes are words, anything longer is somebody's text.
fn plain(code: &str) -> String {
    code.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        .take(80)
        .collect()
}

/// `An error occurred (CODE) when calling the OPERATION operation: ...`, as the AWS CLI prints it.
pub(crate) fn printed(content: &str) -> Option<(String, String)> {
    let at = content.find("An error occurred (")?;
    if content[..at].contains('{') {
        return None;
    }
    let rest = &content[at + "An error occurred (".len()..];
    let (code, rest) = rest.split_once(')')?;
    let operation = rest
        .split_once("when calling the ")
        .and_then(|(_, r)| r.split_once(" operation"));
    Some((
        code.to_owned(),
        operation.map_or_else(String::new, |(name, _)| name.to_owned()),
    ))
}

/// A list call by the name of its operation alone, when only one service has it.
pub(crate) fn named_operation(operation: &str) -> Option<Layout> {
    let suffix = format!(":{operation}");
    let mut hits = calls::CALLS
        .iter()
        .filter(|c| c.name.ends_with(&suffix) && c.resource.is_empty());
    let call = hits.next()?.name.to_owned();
    hits.next().is_none().then_some(Layout {
        call,
        resource: String::new(),
    })
}
