//! A capture: raw answers as files, and for every expected call an outcome.
//!
//! [`load`] reads a directory, [`Capture::from_files`] the same from memory. Files are recognised
//! by what they hold and, where an answer does not name its resource, by where they lie:
//!
//! - our envelope, `{"call", "params", "account", "region", "at", "status", "outcome", "error", "body"}`;
//! - bare answers of the AWS CLI, by their keys;
//! - `<svc>-<op>.json` and `<svc>-<op>/<percent-encoded id>` (cloudmapper's layout);
//! - the folders of iam-collect, `aws/PARTITION/accounts/ID/SERVICE/...`;
//! - `SERVICE.Operation_N.json` with `{"status_code", "data"}` (recorded answers);
//! - Kafka's property files and the output of `kafka-acls` and `kafka-topics`;
//! - `catchment.toml` at the root.
//!
//! An empty file, `null` and unreadable JSON are `parse_error`, never *absent*: tools leave such
//! files both where there is nothing and where reading was refused.
//!
//! Must never: decide anything about access; write; talk to a network; keep a secret.

pub(crate) mod base64;
mod calls;
mod diagnostic;
mod failure;
mod hints;
mod iam_collect;
mod iam_collect_organization;
mod join;
pub mod json;
mod load;
mod merge;
mod outcome;
mod place;
mod properties;
mod recognise;
mod recorded;
mod redact;
mod redact_answer;
mod shape;
mod source;
mod text;
mod when;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use diagnostic::{Diagnostic, Severity};
pub use load::{CaptureError, load, load_all};
pub use outcome::Outcome;
pub use properties::PropertyLine;
pub use redact::REDACTED;
pub use source::Source;
pub use when::When;

pub(crate) use calls::list_of;
#[cfg(test)]
#[allow(
    unused_imports,
    reason = "the tests of inspectors, which are not in every build"
)]
pub(crate) use calls::spec as call_spec;
pub(crate) use merge::same;
pub(crate) use redact::{jaas_options, next_item};

use json::Node;

/// The names of all calls whose answers a capture may hold.
#[cfg(test)]
pub(crate) fn known_calls() -> impl Iterator<Item = &'static str> {
    calls::CALLS.iter().map(|call| call.name)
}

/// Everything that was recognised in a directory.
#[derive(Clone, Debug, Default)]
pub struct Capture {
    /// Answers of AWS, one for each call and resource, sorted; pages of a list are one answer.
    pub answers: Vec<Answer>,
    /// Kafka's files, in the order of their paths.
    pub texts: Vec<TextFile>,
    /// `catchment.toml`.
    pub config: Option<ConfigText>,
    /// Answers that do not say which resource they are about, and from which nothing follows.
    pub unplaced: Vec<Answer>,
    /// Answers to calls that nothing uses yet, counted by call.
    pub unused: BTreeMap<String, usize>,
    /// What could not be used, and findings about the files themselves.
    pub diagnostics: Vec<Diagnostic>,
}

/// The answer to one call.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// `s3:GetBucketPolicy`.
    pub call: String,
    /// Account that was asked, twelve digits; empty when nothing tells.
    pub account: String,
    /// Region that was asked; empty for global calls and when nothing tells.
    pub region: String,
    /// The resource that was asked about; empty for list calls. `TARGET/FILTER` for
    /// `organizations:ListPoliciesForTarget`.
    pub resource: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The answer; null when there is none.
    pub body: Node,
    /// Its file; the first one when several were merged.
    pub file: Arc<str>,
    /// When it came, when that is known.
    pub at: Option<When>,
}

impl Answer {
    /// The beginning of the file, for things that have no better place.
    pub fn source(&self) -> Source {
        Source::new(self.file.clone(), 1, "")
    }
}

/// One file about a Kafka cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct TextFile {
    /// Name of the nearest folder, which names the cluster; empty at the root.
    pub cluster: String,
    /// Its path.
    pub file: Arc<str>,
    /// What it holds.
    pub content: Text,
}

/// What a [`TextFile`] holds.
#[derive(Clone, PartialEq)]
pub enum Text {
    /// Properties of a broker or controller.
    Properties(Vec<PropertyLine>),
    /// The configuration of a connector of Kafka Connect: what names classes, topics and sinks.
    Connector(Vec<PropertyLine>),
    /// Output of `kafka-acls --list`.
    Acls(String),
    /// Output of `kafka-topics --list` or `--describe`.
    Topics(String),
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Properties(lines) => f.debug_tuple("Properties").field(lines).finish(),
            Self::Connector(lines) => f.debug_tuple("Connector").field(lines).finish(),
            Self::Acls(text) => write!(f, "Acls({} bytes)", text.len()),
            Self::Topics(text) => write!(f, "Topics({} bytes)", text.len()),
        }
    }
}

/// `catchment.toml`, unparsed.
#[derive(Clone, PartialEq)]
pub struct ConfigText {
    /// Its path.
    pub file: Arc<str>,
    /// Its text.
    pub text: String,
}

impl fmt::Debug for ConfigText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfigText({}, {} bytes)", self.file, self.text.len())
    }
}

impl Capture {
    /// Recognises files given as path (relative, `/` as separator) and text.
    pub fn from_files(mut files: BTreeMap<String, String>) -> Self {
        let mut drafts = Vec::new();
        let mut capture = Self::default();
        recorded::separate(&mut capture, &mut files);
        iam_collect::take(&mut capture, &mut drafts, &mut files);
        for (path, text) in files {
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            recognise::file(&mut capture, &mut drafts, &path, text);
        }
        recorded::place(&mut drafts);
        failure::fold_bad_credentials(&mut capture);
        let answers = place::settle(&mut capture, drafts);
        let answers = capture.set_aside_unplaced(answers);
        capture.answers = merge::answers(answers, &mut capture.diagnostics);
        capture.sort_diagnostics();
        capture
    }

    /// Takes out the answers about one resource that do not say which.
    fn set_aside_unplaced(&mut self, answers: Vec<Answer>) -> Vec<Answer> {
        let (unplaced, placed): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| {
            answer.resource.is_empty() && calls::needs_resource(&answer.call, &answer.body)
        });
        for answer in &unplaced {
            self.note(
                "unplaced-answer",
                Severity::Warning,
                format!(
                    "the answer of `{}` does not say about which resource it is, and not exactly one is listed beside it: nothing follows from it; save it as `<svc>-<op>/<id>.json`",
                    answer.call
                ),
                answer.source(),
            );
        }
        self.unplaced = unplaced;
        placed
    }

    fn sort_diagnostics(&mut self) {
        self.diagnostics
            .sort_by(|a, b| (&a.source, a.code, &a.message).cmp(&(&b.source, b.code, &b.message)));
    }

    /// Whether nothing in the directory was recognised.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
            && self.texts.is_empty()
            && self.unused.is_empty()
            && self.unplaced.is_empty()
    }

    /// Answers to one call, in order.
    pub fn answers_to<'c>(&'c self, call: &'c str) -> impl Iterator<Item = &'c Answer> {
        self.answers
            .iter()
            .filter(move |answer| answer.call == call)
    }

    fn note(
        &mut self,
        code: &'static str,
        severity: Severity,
        message: impl Into<String>,
        source: Source,
    ) {
        self.diagnostics.push(Diagnostic {
            code,
            severity,
            message: message.into(),
            source: Some(source),
        });
    }
}
