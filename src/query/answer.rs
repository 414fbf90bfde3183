//! Answers as data: the documents that `--format json` prints.
//!
//! `docs/schema/` holds their JSON Schema; a test keeps it current. Fields are only ever added.

use schemars::JsonSchema;
use serde::Serialize;

use crate::estate::{Outcome, Severity};
use crate::facts::NoteKind;
use crate::reach::Strength;

/// What all answers begin with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Header {
    /// Format and its version: `catchment.who/1`.
    pub format: String,
    /// The capture, as it was named on the command line.
    pub capture: String,
    /// The deployment model that the answer is about.
    pub model: String,
    /// Inputs that were not collected and what each limits, the widest first.
    pub limits: Vec<Limit>,
    /// What this version does not read although it could add readers of this estate: a *never* is
    /// one apart from these.
    pub not_read: Vec<String>,
}

/// An uncollected input that keeps rules from being certain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Limit {
    /// The input.
    pub input: String,
    /// How many rules it keeps from *always*.
    pub rules: usize,
}

/// Answer to `who`: which principals read each asset, by which routes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Who {
    /// What all answers begin with.
    #[serde(flatten)]
    pub header: Header,
    /// One entry for each asset asked for.
    pub assets: Vec<AssetReaders>,
}

/// Who reads one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AssetReaders {
    /// Its name.
    pub asset: String,
    /// Its topics.
    pub topics: Vec<String>,
    /// Principals that read at least one of its topics, surest first.
    pub readers: Vec<Reader>,
    /// Principals that one thing keeps from reading.
    pub near_misses: Vec<NearMiss>,
}

/// A principal with a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reader {
    /// Its name: an ARN, `host i-0b1`, `kafka User:alice`, `anonymous`.
    pub principal: String,
    /// Kind of principal.
    pub kind: String,
    /// How surely it reads, by its surest route.
    pub strength: Strength,
    /// Whether `catchment.toml` means it to read this.
    pub intended: bool,
    /// Topics of the asset that it reads.
    pub topics: Vec<String>,
    /// Its distinct routes, surest first.
    pub routes: Vec<Route>,
}

/// One way to the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Route {
    /// One line: the steps in order.
    pub summary: String,
    /// How surely.
    pub strength: Strength,
    /// Ids of the rules along the way, in order.
    pub rules: Vec<String>,
    /// Guards that the principal changes first.
    pub after_changing: Vec<String>,
    /// Conditions and missing inputs that keep it from *always*.
    pub notes: Vec<NoteText>,
}

/// Why something is not certain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct NoteText {
    /// Kind of doubt.
    pub kind: NoteKind,
    /// In words.
    pub text: String,
    /// `file:line` of the statement with the condition.
    pub place: Option<String>,
}

/// A principal that one thing keeps from reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NearMiss {
    /// Its name.
    pub principal: String,
    /// Kind of principal.
    pub kind: String,
    /// Each single thing that would be enough.
    pub lacks: Vec<Lack>,
}

/// A single thing that would be enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Lack {
    /// What: `kms:Decrypt on KEY: no key policy statement grants it`.
    pub what: String,
    /// How surely it would read then.
    pub then: Strength,
    /// Other principals that could bring it about.
    pub could_be_made_by: Vec<String>,
}

/// Answer to `what`: what one principal reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct What {
    /// What all answers begin with.
    #[serde(flatten)]
    pub header: Header,
    /// The principal.
    pub principal: String,
    /// Its kind.
    pub kind: String,
    /// One entry for each asset.
    pub assets: Vec<Cell>,
}

/// One principal and one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cell {
    /// The asset.
    pub asset: String,
    /// How surely the principal reads it.
    pub strength: Strength,
    /// Its routes.
    pub routes: Vec<Route>,
    /// Whom it may be without our knowing: `whoever` an unread policy names, or anonymous.
    pub may_also_be: Vec<String>,
}

/// Answer to `explain`: the proof, or what is short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Explain {
    /// What all answers begin with.
    #[serde(flatten)]
    pub header: Header,
    /// The principal.
    pub principal: String,
    /// The asset.
    pub asset: String,
    /// How surely the principal reads it.
    pub strength: Strength,
    /// One proof for each distinct route, surest first.
    pub proofs: Vec<Proof>,
    /// When it does not read: each single thing that would be enough.
    pub lacks: Vec<Lack>,
    /// Whom it may be without our knowing: `whoever` an unread policy names, or anonymous.
    pub may_also_be: Vec<String>,
}

/// A proof tree as a list: every step stands after those it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Proof {
    /// The route in one line.
    pub summary: String,
    /// How surely.
    pub strength: Strength,
    /// The topic that is read.
    pub topic: String,
    /// Steps, numbered from 1 by their place.
    pub steps: Vec<ProofStep>,
}

/// One step of a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProofStep {
    /// What holds after it.
    pub fact: String,
    /// Why, in words.
    pub because: String,
    /// Id of the rule; nothing for what the principal starts with.
    pub rule: Option<String>,
    /// How surely the rule itself holds.
    pub strength: Strength,
    /// Numbers of the steps it rests on.
    pub rests_on: Vec<usize>,
    /// Statements, ACLs and links it rests on.
    pub evidence: Vec<EvidenceText>,
    /// What keeps it from *always*.
    pub notes: Vec<NoteText>,
}

/// One thing that a step rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EvidenceText {
    /// What it says.
    pub says: String,
    /// `captured`, `inferred`, `pinned` or `assumed`.
    pub origin: String,
    /// Where: `file:line`, one for each place.
    pub places: Vec<String>,
    /// For what is inferred or assumed: from what, or why.
    pub why: Option<String>,
    /// JSON pointer of the statement inside its file; empty for line-oriented files.
    pub pointer: Option<String>,
    /// Whether somebody could take it away: a statement, an ACL, a security group rule.
    pub removable: bool,
}

/// Answer to `compare`: readers under one model, or capture, against another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Compare {
    /// Format and its version.
    pub format: String,
    /// One side.
    pub before: Header,
    /// The other side.
    pub after: Header,
    /// One entry for each asset of either side.
    pub assets: Vec<AssetChange>,
    /// Cells over all assets.
    pub totals: Totals,
}

/// How many pairs of principal and asset changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Totals {
    /// Pairs that read only after.
    pub gained: usize,
    /// Pairs that read only before.
    pub lost: usize,
    /// Pairs that read more surely after.
    pub stronger: usize,
    /// Pairs that read less surely after.
    pub weaker: usize,
    /// Pairs that read as surely, by other routes.
    pub other_route: usize,
    /// Pairs that read as surely, by the same routes.
    pub unchanged: usize,
}

/// What changes for one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AssetChange {
    /// The asset.
    pub asset: String,
    /// Every principal that reads it on either side.
    pub changes: Vec<Change>,
    /// Near misses after.
    pub near_misses: Vec<NearMiss>,
}

/// One principal on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// The principal.
    pub principal: String,
    /// Its kind.
    pub kind: String,
    /// What changes.
    pub change: ChangeKind,
    /// How surely it reads before.
    pub before: Strength,
    /// How surely it reads after.
    pub after: Strength,
    /// Whether it is meant to read.
    pub intended: bool,
    /// Whether the first side knows the principal at all.
    pub known_before: bool,
    /// Whether the second side knows the principal at all.
    pub known_after: bool,
    /// Routes that only the first side has.
    pub routes_gone: Vec<Route>,
    /// Routes that only the second side has.
    pub routes_new: Vec<Route>,
    /// Routes of both sides, as the second has them.
    pub routes_kept: Vec<Route>,
}

/// Kinds of change, in the order in which reports list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// Reads only after.
    Gained,
    /// Reads only before.
    Lost,
    /// Reads more surely after.
    Stronger,
    /// Reads less surely after.
    Weaker,
    /// Reads as surely, by other routes.
    OtherRoute,
    /// Reads as surely, by the same routes.
    Unchanged,
}

/// Answer to `map`: where event data lives, and what is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Map {
    /// What all answers begin with.
    #[serde(flatten)]
    pub header: Header,
    /// Counts of what was read.
    pub read: Vec<Count>,
    /// Answers that were recognised and that this version does not use yet, by call.
    pub not_used: Vec<Count>,
    /// Everything that durably holds event data.
    pub holders: Vec<Holder>,
    /// Listeners that hand it out.
    pub listeners: Vec<ListenerText>,
    /// Calls that did not end in an answer.
    pub gaps: Vec<GapText>,
    /// Broken input, doubtful links, findings.
    pub diagnostics: Vec<DiagnosticText>,
}

/// Answer to `map --coverage`: what was read, and what each missing piece would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Coverage")]
pub struct CoverageReport {
    /// Format and its version: `catchment.coverage/1`.
    pub format: String,
    /// The capture, as it was named on the command line.
    pub capture: String,
    /// What answers held, by account, region and kind.
    pub read: Vec<ReadCount>,
    /// Calls without an answer, or with one that was cut off.
    pub open: Vec<OpenCall>,
    /// Answers that do not say which resource they are about: nothing follows from them.
    pub unplaced: Vec<UnplacedText>,
    /// Answers that were recognised and that this version does not use yet, by call.
    pub not_used: Vec<Count>,
    /// Broken input, doubtful links, findings.
    pub diagnostics: Vec<DiagnosticText>,
}

/// How many things of a kind were read in an account and region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReadCount {
    /// Account; empty when it is not known, and for Kafka's own files.
    pub account: String,
    /// Region; empty for global services, when it is not known, and for Kafka's own files.
    pub region: String,
    /// Kafka cluster; empty for what AWS answered.
    pub cluster: String,
    /// Kind, in the plural.
    pub kind: String,
    /// How many.
    pub count: usize,
}

/// A call that is open, and what its answer would change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OpenCall {
    /// The call.
    pub call: String,
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// The resource that was, or would be, asked about.
    pub resource: String,
    /// What became of it.
    pub outcome: Outcome,
    /// What the answer could change.
    pub means: String,
}

/// Answers to one call that do not say which resource they are about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnplacedText {
    /// The call.
    pub call: String,
    /// Where they stand.
    pub places: Vec<String>,
}

/// How many of a kind were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Count {
    /// The kind.
    pub kind: String,
    /// How many.
    pub count: usize,
}

/// Something that durably holds event data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Holder {
    /// Its id.
    pub id: String,
    /// `volume`, `snapshot`, `bucket`, `file-system`, or `service` for storage of the service that
    /// runs the cluster.
    pub kind: String,
    /// The cluster whose data it holds.
    pub cluster: String,
    /// What it is for: `log of broker 1`, `data`, `wal`, `copy`.
    pub role: String,
    /// Owner account.
    pub account: Option<String>,
    /// Region.
    pub region: Option<String>,
    /// Zone, for what lives in one.
    pub zone: Option<String>,
    /// The key: an ARN, `aws-managed`, `none`, or `not known`.
    pub key: String,
    /// How many topics have data there.
    pub topics: usize,
    /// What share of their events, as the model says: `all`, `replicas`, `tail`,
    /// `closed-segments`, `copy`.
    pub share: Option<String>,
    /// How far behind the head of the log it is, as the model says.
    pub freshness: Option<String>,
    /// `captured`, `inferred`, `pinned` or `assumed`.
    pub origin: String,
    /// Where it stands.
    pub place: Option<String>,
}

/// A listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListenerText {
    /// The cluster.
    pub cluster: String,
    /// Its name.
    pub name: String,
    /// Port.
    pub port: u16,
    /// How clients authenticate.
    pub authentication: String,
    /// How many brokers have it.
    pub brokers: usize,
    /// Where it stands.
    pub place: String,
}

/// A call that did not end in an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GapText {
    /// The call.
    pub call: String,
    /// Account.
    pub account: String,
    /// Region.
    pub region: String,
    /// The resource that was, or would be, asked about.
    pub resource: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// A remark on the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiagnosticText {
    /// Stable code.
    pub code: String,
    /// How grave.
    pub severity: Severity,
    /// In words.
    pub message: String,
    /// `file:line`.
    pub place: Option<String>,
}
