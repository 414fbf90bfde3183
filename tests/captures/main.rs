//! Captures as people have them: layouts, outcomes, and several directories of one estate.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use catchment::capture::{Answer, Capture, Outcome};

mod corpus;
mod iam_collect;
mod joined;
mod outcomes;
mod recorded;

fn capture<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Capture {
    let files: BTreeMap<String, String> = files
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect();
    Capture::from_files(files)
}

fn codes(capture: &Capture) -> Vec<&'static str> {
    capture.diagnostics.iter().map(|d| d.code).collect()
}

fn only<'c>(capture: &'c Capture, call: &'c str) -> &'c Answer {
    let answers: Vec<&Answer> = capture.answers_to(call).collect();
    assert_eq!(answers.len(), 1, "{call}: {answers:#?}");
    answers[0]
}

fn outcome(files: &[(&str, &str)], call: &str) -> Outcome {
    only(&capture(files.iter().copied()), call).outcome
}
