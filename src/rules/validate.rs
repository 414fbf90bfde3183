//! Checks rows before anything runs: variables, kinds, words, repeated ids.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::row::{Atom, Request, Row, Subject};
use super::schema::{Caller, KafkaTestKind, Part, Relation, Sort};
use crate::capture::Source;
use crate::facts::Kind;

/// What is wrong with a row, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    source: Source,
    message: String,
}

impl RowError {
    pub(super) fn new(source: Source, message: &str) -> Self {
        Self {
            source,
            message: message.to_owned(),
        }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.source, self.message)
    }
}

impl std::error::Error for RowError {}

const CONFIDENCES: [&str; 5] = ["executed", "code", "documented", "derived", "unverified"];

/// Adds every problem of every row to `errors`.
pub(super) fn check(rows: &[Row], errors: &mut Vec<RowError>) {
    let mut ids = BTreeSet::new();
    for row in rows {
        if !ids.insert(row.id.as_str()) {
            errors.push(RowError::new(
                row.source.clone(),
                &format!(
                    "rule `{}` is there twice; ids are unique over all packs",
                    row.id
                ),
            ));
        }
        let checker = Checker::new(row);
        errors.extend(
            checker
                .problems
                .iter()
                .map(|m| RowError::new(row.source.clone(), m)),
        );
    }
}

struct Checker<'a> {
    row: &'a Row,
    kinds: BTreeMap<&'a str, &'static [Kind]>,
    problems: Vec<String>,
}

impl<'a> Checker<'a> {
    fn new(row: &'a Row) -> Self {
        let mut checker = Self {
            row,
            kinds: BTreeMap::new(),
            problems: Vec::new(),
        };
        checker.words();
        checker.bindings();
        for atom in &row.body {
            checker.atom(atom);
        }
        checker.atom(&row.head);
        for request in row.requests.iter().chain(&row.given) {
            checker.request(request);
        }
        for test in &row.kafka {
            checker.kinds_of(&test.by, &[Kind::Session]);
            let on: &[Kind] = match test.kind {
                KafkaTestKind::Acl => &[Kind::Topic, Kind::Cluster],
                KafkaTestKind::Bypass => &[Kind::Topic],
            };
            checker.kinds_of(&test.on, on);
        }
        for variable in &row.edits {
            checker.kinds_of(variable, crate::facts::Predicate::Edits.kinds());
        }
        checker.title();
        checker
    }

    fn words(&mut self) {
        let row = self.row;
        if !row
            .id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            self.problems
                .push(format!("id `{}` is not kebab-case", row.id));
        }
        if !CONFIDENCES.contains(&row.confidence.as_str()) {
            self.problems.push(format!(
                "no confidence `{}`; known: {}",
                row.confidence,
                CONFIDENCES.join(", ")
            ));
        }
        if row.cite.is_empty() {
            self.problems
                .push("`source` is empty: name the document and section".to_owned());
        }
    }

    fn bindings(&mut self) {
        for binding in &self.row.bindings {
            let kinds: &'static [Kind] = match &binding.subject {
                Subject::Sort(sort) => sort.kinds(),
                Subject::Of(relation, of) => self.relation(*relation, of),
            };
            if self.kinds.insert(&binding.variable, kinds).is_some() {
                self.problems
                    .push(format!("`{}` is bound twice", binding.variable));
            }
        }
        for (relation, of) in &self.row.unless {
            self.relation(*relation, of);
        }
    }

    fn relation(&mut self, relation: Relation, of: &str) -> &'static [Kind] {
        let (from, to) = relation.signature();
        self.kinds_of(of, from);
        if relation == Relation::Grantee {
            return super::schema::Sort::Caller.kinds();
        }
        match Kind::ALL.iter().position(|kind| *kind == to) {
            Some(at) => &ALL_KINDS[at..=at],
            None => &[],
        }
    }

    fn atom(&mut self, atom: &Atom) {
        let Some(kinds) = self.known(&atom.variable) else {
            return;
        };
        let allowed = atom.predicate.kinds();
        if !kinds.iter().all(|kind| allowed.contains(kind)) {
            self.problems.push(format!(
                "`{}` cannot be said of `{}`",
                atom.predicate.word(),
                atom.variable
            ));
        }
    }

    fn request(&mut self, request: &Request) {
        if let Caller::Variable(variable) = &request.by {
            self.kinds_of(variable, crate::facts::Predicate::ActsAs.kinds());
        }
        let on: &[Kind] = match request.part {
            Part::Itself => &[
                Kind::Identity,
                Kind::Host,
                Kind::Function,
                Kind::Task,
                Kind::Kubernetes,
                Kind::Bucket,
                Kind::AccessPoint,
                Kind::AccessGrant,
                Kind::Key,
                Kind::Volume,
                Kind::Snapshot,
                Kind::Backup,
                Kind::FileSystem,
                Kind::ManagedCluster,
                Kind::Topic,
                Kind::Secret,
                Kind::Consumer,
            ],
            Part::Objects => &[Kind::Bucket, Kind::TopicObjects, Kind::AccessPoint],
            Part::GrantsInstance => &[Kind::AccessGrant, Kind::Bucket, Kind::TopicObjects],
            Part::NewGrantsLocation => &[Kind::Bucket, Kind::TopicObjects],
            Part::NewFileSystem | Part::NewInterface => &[Kind::FileSystem, Kind::Backup],
            Part::OwnFileSystem => &[Kind::FileSystem],
            Part::Vault | Part::OwnVault | Part::RestoredObjects => &[Kind::Backup],
            Part::NewSnapshot => &[Kind::Volume, Kind::Snapshot],
            Part::NewVolume => &[Kind::Snapshot, Kind::Backup],
            Part::NewAccessPoint | Part::NewMultiRegionAccessPoint => &[Kind::Bucket],
            Part::OwnBucket => &[Kind::Bucket, Kind::Consumer],
            Part::Launch | Part::NewTaskDefinition => &[Kind::Subnet, Kind::Identity],
            Part::NewFunction | Part::AnyService => &[Kind::Identity],
            Part::NewLayer => &[Kind::Function],
            Part::ClusterOfTask => &[Kind::Task],
            Part::AccessEntry => &[Kind::Kubernetes],
            Part::ShellDocument => &[Kind::Host],
            Part::Everything => &[
                Kind::Host,
                Kind::Identity,
                Kind::Function,
                Kind::Task,
                Kind::Kubernetes,
                Kind::Subnet,
            ],
        };
        self.kinds_of(&request.on, on);
        if let Some(via) = &request.via {
            let stores = [
                Kind::Bucket,
                Kind::TopicObjects,
                Kind::Secret,
                Kind::Volume,
                Kind::Snapshot,
                Kind::Backup,
            ];
            self.kinds_of(via, &stores);
        }
        if let Some(of) = &request.of {
            self.kinds_of(of, Sort::Objects.kinds());
        }
        if let Some(through) = &request.through {
            self.kinds_of(through, &[Kind::AccessPoint, Kind::AccessGrant]);
        }
    }

    fn title(&mut self) {
        for text in [&self.row.title, &self.row.step] {
            for piece in text.split('{').skip(1) {
                let variable = piece.split('}').next().unwrap_or_default();
                self.known(variable);
            }
        }
    }

    fn kinds_of(&mut self, variable: &str, allowed: &[Kind]) {
        let Some(kinds) = self.known(variable) else {
            return;
        };
        if !kinds.iter().all(|kind| allowed.contains(kind)) {
            let words = allowed
                .iter()
                .map(|kind| kind.word())
                .collect::<Vec<_>>()
                .join(" or ");
            self.problems
                .push(format!("`{variable}` must be {words} here"));
        }
    }

    fn known(&mut self, variable: &str) -> Option<&'static [Kind]> {
        let kinds = self.kinds.get(variable).copied();
        if kinds.is_none() {
            self.problems.push(format!("`{variable}` is not bound"));
        }
        kinds
    }
}

static ALL_KINDS: [Kind; Kind::ALL.len()] = Kind::ALL;
