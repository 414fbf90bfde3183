//! What became of every call that the analysis would like an answer to, and what answers held.
//!
//! Must never: count an answer that says that there is none, or one whose resource is not known.

use std::collections::BTreeMap;

use super::build::Builder;
use super::pieces::piece_of;
pub use crate::capture::Outcome;
use crate::capture::{Answer, Source, list_of};

/// One expected call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// `s3:GetBucketPolicy`, in the spelling of the API; `kafka:acls` for Kafka's own files.
    pub call: String,
    /// Account; empty for Kafka's files.
    pub account: String,
    /// Region; empty for global services.
    pub region: String,
    /// The resource that was asked about; empty for list calls.
    pub resource: String,
}

/// Outcomes by call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Every expected call and what became of it.
    pub calls: BTreeMap<Call, Outcome>,
    /// How many of a kind the answers of an account and region held.
    pub read: BTreeMap<Read, usize>,
    /// Answers that do not say which resource they are about, by call: nothing follows from them.
    pub unplaced: BTreeMap<String, Vec<Source>>,
}

/// A kind of thing in an account and region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// Account; empty when it is not known.
    pub account: String,
    /// Region; empty for global services and when it is not known.
    pub region: String,
    /// Kind, in the plural: `buckets`, `bucket policies`.
    pub kind: String,
}

/// Counts what the answers held.
pub(super) fn count(builder: &mut Builder<'_>) {
    let coverage = &mut builder.estate.coverage;
    for answer in &builder.capture.answers {
        if !matches!(answer.outcome, Outcome::Ok | Outcome::Truncated) {
            continue;
        }
        for (kind, count) in held(answer) {
            let read = Read {
                account: answer.account.clone(),
                region: answer.region.clone(),
                kind: kind.to_owned(),
            };
            *coverage.read.entry(read).or_default() += count;
        }
    }
    for answer in &builder.capture.unplaced {
        let places = coverage.unplaced.entry(answer.call.clone()).or_default();
        places.push(answer.source());
    }
}

/// Kinds of things in an answer, and how many of each.
fn held(answer: &Answer) -> Vec<(&'static str, usize)> {
    let body = &answer.body;
    let lists = |lists: &[(&'static str, &str)]| {
        let lists = lists.iter();
        lists
            .map(|(kind, list)| (*kind, body.list(list).len()))
            .collect()
    };
    match answer.call.as_str() {
        // Who asked is no thing of the estate.
        "sts:GetCallerIdentity" => Vec::new(),
        "iam:GetAccountAuthorizationDetails" => lists(&[
            ("users", "UserDetailList"),
            ("groups", "GroupDetailList"),
            ("roles", "RoleDetailList"),
            ("managed policies", "Policies"),
        ]),
        "ec2:DescribeInstances" => {
            let reservations = body.list("Reservations").iter();
            let instances = reservations.map(|r| r.list("Instances").len()).sum();
            vec![("instances", instances)]
        }
        call => {
            let count = list_of(call).map_or(1, |list| body.list(list).len());
            piece_of(call)
                .map(|piece| (piece.holds, count))
                .into_iter()
                .collect()
        }
    }
}

impl super::Estate {
    /// Whether a list call was answered in full for an account and a region. An account or a
    /// region that is not known, written as an empty text, is any.
    pub fn listed(&self, call: &str, account: &str, region: &str) -> bool {
        self.coverage.calls.iter().any(|(made, outcome)| {
            made.call == call
                && made.resource.is_empty()
                && (account.is_empty() || made.account == account)
                && (region.is_empty() || made.region == region)
                && *outcome == Outcome::Ok
        })
    }

    /// Calls that did not end in an answer and that nothing in `catchment.toml` assumes away.
    pub fn open_calls(&self) -> impl Iterator<Item = (&Call, Outcome)> {
        let says = |what: &str, value: &str| {
            self.config
                .assume
                .get(what)
                .is_some_and(|(v, _)| v == value)
        };
        let no_limits = says("scps", "none") && says("rcps", "none");
        let open_acls = says("network-acls", "allow-all");
        let no_balancers = says("load-balancers", "none");
        let nothing_blocked = says("vpc-block-public-access", "off");
        let calls = self
            .coverage
            .calls
            .iter()
            .map(|(call, outcome)| (call, *outcome));
        calls.filter(move |(call, outcome)| {
            let assumed = no_limits && call.call.starts_with("organizations:")
                || open_acls && call.call == "ec2:DescribeNetworkAcls"
                || nothing_blocked && call.call.starts_with("ec2:DescribeVpcBlockPublicAccess")
                || no_balancers && call.call == "elbv2:DescribeLoadBalancers";
            !assumed && !matches!(outcome, Outcome::Ok | Outcome::Absent)
        })
    }
}
