//! What became of every call that the analysis would like an answer to.

use std::collections::BTreeMap;

pub use crate::capture::Outcome;

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
        let calls = self
            .coverage
            .calls
            .iter()
            .map(|(call, outcome)| (call, *outcome));
        calls.filter(move |(call, outcome)| {
            let assumed = no_limits && call.call.starts_with("organizations:")
                || open_acls && call.call == "ec2:DescribeNetworkAcls"
                || no_balancers && call.call == "elbv2:DescribeLoadBalancers";
            !assumed && !matches!(outcome, Outcome::Ok | Outcome::Absent)
        })
    }
}
