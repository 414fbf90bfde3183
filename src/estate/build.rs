//! From a capture to an estate: the order of the importers, and what they share.
//!
//! Must never: fail. What cannot be read is a gap in the coverage and a diagnostic.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Diagnostic, Estate, Origin, Outcome, Seen, Severity};
use crate::capture::json::{Node, Value};
use crate::capture::{Answer, Capture, Source};
use crate::policy::Document;

/// Builds the typed picture of a capture.
pub fn build(capture: &Capture) -> Estate {
    let mut builder = Builder::new(capture);
    super::settings::read(&mut builder);
    super::identity::read(&mut builder);
    super::network::read(&mut builder);
    super::network_acls::read(&mut builder);
    super::prefix_lists::read(&mut builder);
    super::routes::read(&mut builder);
    super::gateways::read(&mut builder);
    super::public_access::read(&mut builder);
    super::peerings::read(&mut builder);
    super::transit::read(&mut builder);
    super::endpoints::read(&mut builder);
    super::balancers::read(&mut builder);
    super::compute::read(&mut builder);
    super::files::read(&mut builder);
    super::containers::read(&mut builder);
    super::gateways::addresses(&mut builder);
    super::buckets::read(&mut builder);
    super::keys::read(&mut builder);
    super::msk::read(&mut builder);
    super::kafka::read(&mut builder);
    super::msk_cluster::read(&mut builder);
    super::link::read(&mut builder);
    super::consumers::read(&mut builder);
    super::audit::read(&mut builder);
    super::bucket_settings::read(&mut builder);
    super::access_points::read(&mut builder);
    super::access_grants::read(&mut builder);
    super::backups::read(&mut builder);
    super::keys::referenced(&mut builder);
    super::expect::guards(&mut builder);
    super::expect::accounts(&mut builder);
    super::organization::read(&mut builder);
    super::shares::read(&mut builder);
    super::expect::calls(&mut builder);
    super::wanted::calls(&mut builder);
    super::expect::prefix_lists(&mut builder);
    super::coverage::count(&mut builder);
    let mut estate = builder.estate;
    estate.unused.clone_from(&capture.unused);
    estate
        .diagnostics
        .sort_by(|a, b| (&a.source, a.code, &a.message).cmp(&(&b.source, b.code, &b.message)));
    estate.diagnostics.dedup();
    estate
}

/// The estate so far, and the capture it is built from.
pub(super) struct Builder<'c> {
    pub(super) capture: &'c Capture,
    pub(super) estate: Estate,
    /// Role of each instance profile, by the profile's ARN; `None` for a profile without one.
    pub(super) profiles: BTreeMap<String, Option<(String, Source)>>,
    by_resource: BTreeMap<(&'c str, &'c str), Vec<&'c Answer>>,
    described: BTreeMap<String, &'c Node>,
}

impl<'c> Builder<'c> {
    fn new(capture: &'c Capture) -> Self {
        let mut by_resource: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for answer in &capture.answers {
            by_resource
                .entry((answer.call.as_str(), answer.resource.as_str()))
                .or_default()
                .push(answer);
        }
        let estate = Estate {
            diagnostics: capture.diagnostics.clone(),
            ..Estate::default()
        };
        Self {
            capture,
            estate,
            profiles: BTreeMap::new(),
            by_resource,
            described: BTreeMap::new(),
        }
    }

    pub(super) fn note(
        &mut self,
        code: &'static str,
        severity: Severity,
        message: impl Into<String>,
        source: Option<Source>,
    ) {
        self.estate.diagnostics.push(Diagnostic {
            code,
            severity,
            message: message.into(),
            source,
        });
    }

    /// Usable answers to a call; `'c` outlives the builder, so that it may be changed meanwhile.
    pub(super) fn answers(&self, call: &str) -> Vec<&'c Answer> {
        let usable = |a: &&Answer| matches!(a.outcome, Outcome::Ok | Outcome::Truncated);
        self.capture
            .answers
            .iter()
            .filter(|a| a.call == call)
            .filter(usable)
            .collect()
    }

    /// The answer about one resource, in the account and region when several were asked.
    /// Answers that settle the question come first.
    pub(super) fn about(
        &self,
        call: &str,
        resource: &str,
        account: Option<&str>,
        region: Option<&str>,
    ) -> Option<&'c Answer> {
        let fits =
            |text: &str, wanted: Option<&str>| wanted.is_none_or(|w| text.is_empty() || text == w);
        let answers = self.by_resource.get(&(call, resource))?;
        answers
            .iter()
            .filter(|a| fits(&a.account, account) && fits(&a.region, region))
            .min_by_key(|a| !a.outcome.settles())
            .copied()
    }

    /// A policy document, with what is doubtful in it noted.
    pub(super) fn document(&mut self, node: &Node) -> Option<Arc<Document>> {
        match node.document() {
            Ok(node) => {
                let (document, problems) = Document::parse(&node);
                for problem in problems {
                    self.note(
                        "doubtful-policy",
                        Severity::Error,
                        problem.message,
                        Some(problem.source),
                    );
                }
                Some(Arc::new(document))
            }
            Err(error) => {
                self.note(
                    "malformed-policy",
                    Severity::Error,
                    format!(
                        "a policy document cannot be read ({}); it counts as not read",
                        error.message
                    ),
                    Some(error.source_at),
                );
                None
            }
        }
    }

    /// A policy document that may be missing, which is then *unread* under that name.
    pub(super) fn seen_document(
        &mut self,
        node: Option<&Node>,
        missing: impl FnOnce() -> String,
    ) -> Seen<Arc<Document>> {
        match node
            .filter(|n| n.value != Value::Null)
            .and_then(|n| self.document(n))
        {
            Some(document) => Seen::Is(document),
            None => Seen::Unread(Arc::from(missing())),
        }
    }

    /// The document in the member `field` of a per-resource answer, and the outcome to report:
    /// *not collected* without an answer.
    pub(super) fn answered_document(
        &mut self,
        answer: Option<&Answer>,
        field: &str,
        missing: &str,
    ) -> (Seen<Arc<Document>>, Outcome) {
        let unread = || Seen::Unread(Arc::from(missing));
        let Some(answer) = answer else {
            return (unread(), Outcome::NotCollected);
        };
        match answer.outcome {
            Outcome::Absent => (Seen::Absent, Outcome::Absent),
            Outcome::Ok | Outcome::Truncated => {
                match self.seen_document(answer.body.get(field), || missing.to_owned()) {
                    Seen::Is(document) => (Seen::Is(document), Outcome::Ok),
                    Seen::Absent | Seen::Unread(_) => {
                        if answer.body.get(field).is_none() {
                            self.note(
                                "malformed-answer",
                                Severity::Error,
                                format!(
                                    "the answer of `{}` has no `{field}`; it counts as not read",
                                    answer.call
                                ),
                                Some(answer.source()),
                            );
                        }
                        (unread(), Outcome::ParseError)
                    }
                }
            }
            other @ (Outcome::Denied
            | Outcome::Unsupported
            | Outcome::Throttled
            | Outcome::ParseError
            | Outcome::NotCollected) => (unread(), other),
        }
    }

    pub(super) fn cover(
        &mut self,
        call: &str,
        account: &str,
        region: &str,
        resource: &str,
        outcome: Outcome,
    ) {
        let call = super::Call {
            call: call.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            resource: resource.to_owned(),
        };
        self.estate.coverage.calls.insert(call, outcome);
    }

    /// Whether this is the first description of `id`. A later one that says something else is
    /// noted; the first stays.
    pub(super) fn is_first(&mut self, id: &str, node: &'c Node) -> bool {
        let Some(first) = self.described.get(id) else {
            self.described.insert(id.to_owned(), node);
            return true;
        };
        if !crate::capture::same(first, node) {
            let message = format!(
                "`{id}` is described differently at {}, which was used; remove the older file",
                first.source
            );
            self.note(
                "contradictory-answers",
                Severity::Warning,
                message,
                Some(node.source.clone()),
            );
        }
        false
    }
}

/// Where a node stands.
pub(super) fn captured(node: &Node) -> Origin {
    Origin::Captured(node.source.clone())
}

/// A non-empty string member.
pub(super) fn text(node: &Node, name: &str) -> Option<String> {
    node.get(name)
        .and_then(Node::scalar)
        .filter(|t| !t.is_empty())
}

/// String members named `field` of the list `list`.
pub(super) fn texts(node: &Node, list: &str, field: &str) -> Vec<String> {
    node.list(list)
        .iter()
        .filter_map(|item| text(item, field))
        .collect()
}

/// `Tags` as `[{"Key", "Value"}]`.
pub(super) fn tags(node: &Node, list: &str) -> BTreeMap<String, String> {
    node.list(list)
        .iter()
        .filter_map(|tag| {
            Some((
                text(tag, "Key")?,
                tag.str("Value").unwrap_or_default().to_owned(),
            ))
        })
        .collect()
}

/// Sorted, each value once.
pub(super) fn sorted(values: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut values: Vec<String> = values.into_iter().collect();
    values.sort();
    values.dedup();
    values
}

/// `account ACCOUNT`, or that it is unknown.
pub(super) fn in_account(account: &str) -> String {
    if account.is_empty() {
        "account unknown".to_owned()
    } else {
        format!("account {account}")
    }
}

/// Whether the text is an account id.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}
