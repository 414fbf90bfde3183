//! One row, as its author wrote it and as the interpreter sees it.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::schema::{Caller, KafkaTestKind, Part, Relation, Sort};
use super::validate::RowError;
use crate::capture::Source;
use crate::facts::Predicate;

/// A rule with variables: for every binding, the body facts together give the head fact, as surely
/// as the weakest of its tests.
#[derive(Clone, Debug)]
pub struct Row {
    /// Stable kebab-case name.
    pub id: String,
    /// What it says, with `{variable}` where a thing is named.
    pub title: String,
    /// The step in a one-line summary of a route; empty for steps that go without saying.
    pub step: String,
    /// Numbers of the routes or escalations that this row stands for.
    pub routes: Vec<String>,
    /// `executed`, `code`, `documented`, `derived` or `unverified`.
    pub confidence: String,
    /// The document and section that says so.
    pub cite: String,
    /// Variables, in the order in which they are found.
    pub bindings: Vec<Binding>,
    /// Relations that must not lead anywhere: `unless = ["key of store"]`.
    pub unless: Vec<(Relation, String)>,
    /// Facts that the principal must hold.
    pub body: Vec<Atom>,
    /// Requests of the principal; all must be allowed.
    pub requests: Vec<Request>,
    /// Requests that the estate itself must be allowed to make.
    pub given: Vec<Request>,
    /// Kafka decisions.
    pub kafka: Vec<KafkaTest>,
    /// Variables whose guard, once edited by the principal, may let the requests through.
    pub edits: Vec<String>,
    /// What follows.
    pub head: Atom,
    /// Where the row stands.
    pub source: Source,
}

/// How a variable is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The variable.
    pub variable: String,
    /// What it ranges over.
    pub subject: Subject,
}

/// What a variable ranges over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// All things of a sort.
    Sort(Sort),
    /// What a relation leads to from another variable.
    Of(Relation, String),
}

/// A predicate about a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Atom {
    /// The predicate.
    pub predicate: Predicate,
    /// The variable.
    pub variable: String,
}

/// One AWS request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who sends it.
    pub by: Caller,
    /// `s3:GetObject`
    pub action: String,
    /// Variable whose ARNs it is about.
    pub on: String,
    /// Which of them.
    pub part: Part,
    /// Variable of the thing on whose behalf a service repeats the request (`kms:ViaService`).
    pub via: Option<String>,
    /// Variable of the objects that are asked of an access point.
    pub of: Option<String>,
    /// Variable of the access point that the request goes through.
    pub through: Option<String>,
    /// Condition keys that this kind of request settles.
    pub context: BTreeMap<String, String>,
    /// For `given` requests: an assumption in `catchment.toml` (`default-host-management`) without
    /// which a refusal is a gap and no certain *never*.
    pub otherwise: Option<String>,
}

/// One Kafka decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaTest {
    /// Variable of the session.
    pub by: String,
    /// Which decision.
    pub kind: KafkaTestKind,
    /// `READ`, `ALTER`, `CLUSTER_ACTION`.
    pub operation: String,
    /// Variable of the topic or cluster.
    pub on: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPack {
    rule: Vec<Spanned<RawRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    id: String,
    title: String,
    #[serde(default)]
    step: String,
    #[serde(default)]
    routes: Vec<String>,
    confidence: String,
    source: String,
    bind: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    #[serde(default)]
    body: Vec<String>,
    #[serde(default)]
    requests: Vec<RawRequest>,
    #[serde(default)]
    given: Vec<RawRequest>,
    #[serde(default)]
    kafka: Vec<RawKafkaTest>,
    #[serde(default)]
    edits: Vec<String>,
    head: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRequest {
    by: Option<String>,
    service: Option<String>,
    action: String,
    on: String,
    part: Option<String>,
    via: Option<String>,
    of: Option<String>,
    through: Option<String>,
    #[serde(default)]
    context: BTreeMap<String, String>,
    otherwise: Option<String>,
}

/// In place of a variable: the principal sends the request without any credential.
const ANYONE: &str = "anyone";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKafkaTest {
    by: String,
    kind: Option<String>,
    operation: String,
    on: String,
}

/// Reads the rows of one pack.
pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Row>, Vec<RowError>> {
    let line_of = |offset: usize| {
        let newlines = text.bytes().take(offset).filter(|b| *b == b'\n').count();
        u32::try_from(newlines + 1).unwrap_or(u32::MAX)
    };
    let pack: RawPack = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(span.start));
        vec![RowError::new(Source::new(file, line, ""), error.message())]
    })?;
    let mut rows = Vec::new();
    let mut errors = Vec::new();
    for raw in pack.rule {
        // The span begins at the `[[rule]]` header; people look for the line of the id below it.
        let source = Source::new(file, line_of(raw.span().start) + 1, "");
        match row(raw.into_inner(), source.clone()) {
            Ok(row) => rows.push(row),
            Err(messages) => {
                errors.extend(messages.iter().map(|m| RowError::new(source.clone(), m)));
            }
        }
    }
    if errors.is_empty() {
        Ok(rows)
    } else {
        Err(errors)
    }
}

/// Collects what is wrong with a row instead of stopping at the first.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn keep<T>(&mut self, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.0.push(message)).ok()
    }

    fn keep_all<T>(&mut self, results: impl Iterator<Item = Result<T, String>>) -> Vec<T> {
        results.filter_map(|result| self.keep(result)).collect()
    }
}

fn row(raw: RawRow, source: Source) -> Result<Row, Vec<String>> {
    let mut problems = Problems::default();
    let bindings = problems.keep_all(raw.bind.iter().map(|text| binding(text)));
    let unless = problems.keep_all(raw.unless.iter().map(|text| relation(text)));
    let body = problems.keep_all(raw.body.iter().map(|text| atom(text)));
    let requests = problems.keep_all(raw.requests.into_iter().map(request));
    let given = problems.keep_all(raw.given.into_iter().map(request));
    let kafka = problems.keep_all(raw.kafka.into_iter().map(kafka_test));
    let head = problems.keep(atom(&raw.head));
    match head {
        Some(head) if problems.0.is_empty() => Ok(Row {
            id: raw.id,
            title: raw.title,
            step: raw.step,
            routes: raw.routes,
            confidence: raw.confidence,
            cite: raw.source,
            bindings,
            unless,
            body,
            requests,
            given,
            kafka,
            edits: raw.edits,
            head,
            source,
        }),
        Some(_) | None => Err(problems.0),
    }
}

fn binding(text: &str) -> Result<Binding, String> {
    let (variable, what) = text
        .split_once(" is ")
        .ok_or_else(|| format!("`{text}`: expected `VAR is SORT` or `VAR is RELATION of VAR`"))?;
    let subject = match what.split_once(" of ") {
        Some(_) => {
            let (relation, of) = relation(what)?;
            Subject::Of(relation, of)
        }
        None => Subject::Sort(Sort::named(what).ok_or_else(|| {
            format!(
                "`{text}`: no sort `{what}`; known: {}",
                list(Sort::ALL, Sort::word)
            )
        })?),
    };
    Ok(Binding {
        variable: variable.to_owned(),
        subject,
    })
}

fn relation(text: &str) -> Result<(Relation, String), String> {
    let (word, of) = text
        .split_once(" of ")
        .ok_or_else(|| format!("`{text}`: expected `RELATION of VAR`"))?;
    let relation = Relation::named(word).ok_or_else(|| {
        format!(
            "`{text}`: no relation `{word}`; known: {}",
            list(Relation::ALL, Relation::word)
        )
    })?;
    Ok((relation, of.to_owned()))
}

fn atom(text: &str) -> Result<Atom, String> {
    let (word, variable) = text
        .split_once(' ')
        .ok_or_else(|| format!("`{text}`: expected `PREDICATE VAR`"))?;
    let predicate = Predicate::named(word).ok_or_else(|| {
        format!(
            "`{text}`: no predicate `{word}`; known: {}",
            list(&Predicate::ALL, Predicate::word)
        )
    })?;
    Ok(Atom {
        predicate,
        variable: variable.to_owned(),
    })
}

fn request(raw: RawRequest) -> Result<Request, String> {
    let by = match (raw.by, raw.service) {
        (Some(word), None) if word == ANYONE => Caller::Anonymous,
        (Some(variable), None) => Caller::Variable(variable),
        (None, Some(service)) => Caller::Service(service),
        (Some(_), Some(_)) | (None, None) => {
            return Err(format!("`{}`: needs either `by` or `service`", raw.action));
        }
    };
    if !raw.action.contains(':') {
        return Err(format!(
            "`{}`: expected an action such as `s3:GetObject`",
            raw.action
        ));
    }
    let part = match raw.part {
        None => Part::Itself,
        Some(word) => Part::named(&word)
            .ok_or_else(|| format!("no part `{word}`; known: {}", list(Part::ALL, Part::word)))?,
    };
    Ok(Request {
        by,
        action: raw.action,
        on: raw.on,
        part,
        via: raw.via,
        of: raw.of,
        through: raw.through,
        context: raw.context,
        otherwise: raw.otherwise,
    })
}

fn kafka_test(raw: RawKafkaTest) -> Result<KafkaTest, String> {
    let kind = match raw.kind {
        None => KafkaTestKind::Acl,
        Some(word) => KafkaTestKind::named(&word).ok_or_else(|| {
            format!(
                "no kind `{word}`; known: {}",
                list(KafkaTestKind::ALL, KafkaTestKind::word)
            )
        })?,
    };
    Ok(KafkaTest {
        by: raw.by,
        kind,
        operation: raw.operation,
        on: raw.on,
    })
}

fn list<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> String {
    all.iter()
        .map(|one| word(*one))
        .collect::<Vec<_>>()
        .join(", ")
}
