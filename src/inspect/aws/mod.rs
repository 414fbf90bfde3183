//! The AWS inspector: a live organization, read only, into a capture.
//!
//! What is asked is data (`table`): each call with its permission, its pages, and the answers that
//! name the resources it is about. An answer that arrives begins the questions about what it lists,
//! so organizational units, buckets and keys are all reached in one way (`engine`).
//!
//! # Why raw answers
//!
//! A capture holds answers in the JSON shape of the AWS CLI. The SDK's types do not turn back into
//! JSON, and writing that by hand for each of them would lose what is forgotten. So the SDK's
//! clients sign and send, an interceptor takes the body as it came, and what they parse is not used:
//! the services that speak JSON (KMS, Organizations, Secrets Manager) send the CLI's shape already,
//! and XML goes through one converter driven by data (`xml`, `shapes`). EC2, load balancers and
//! S3 Control are signed by us (`signed`): the SDK's client of EC2 alone doubles the build. Pages,
//! retries and outcomes are thus decided once, on status and body, for every protocol
//! (`question`, `reply`): the same rules hold where a gateway answers a JSON service in XML.
//!
//! Must never: make a call that is not in `table`; write down credentials; let a call that went
//! wrong pass for an answer.

mod clock;
mod engine;
mod folder;
mod follow;
mod permissions;
mod question;
mod reply;
mod sdk;
mod session;
mod shapes;
mod signed;
mod table;
mod xml;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use folder::FolderError;
pub use permissions::policy;

use crate::capture::Outcome;

/// What to inspect, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the capture.
    pub output: PathBuf,
    /// A profile of the AWS configuration; the environment's when left out.
    pub profile: Option<String>,
    /// Regions; those that each account uses when empty.
    pub regions: Vec<String>,
    /// Roles to assume: an ARN, or a name, which is tried in every account of the organization.
    pub roles: Vec<String>,
    /// The external id that the roles' trust asks for.
    pub external_id: Option<String>,
    /// An endpoint that takes the place of all of AWS.
    pub endpoint: Option<String>,
    /// How many requests may be on their way at once.
    pub concurrency: usize,
    /// How often a request is sent before it is given up.
    pub attempts: u32,
    /// Whether to continue a capture that was begun.
    pub resume: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Outcomes of each account's calls.
    pub accounts: BTreeMap<String, BTreeMap<Outcome, usize>>,
    /// Answers that lay there already.
    pub kept: usize,
    /// What the caller should know: accounts that could not be entered, regions that are not known.
    pub remarks: Vec<String>,
}

impl Summary {
    /// Whether some call did not end in an answer.
    pub fn has_gaps(&self) -> bool {
        let mut outcomes = self.accounts.values().flat_map(BTreeMap::keys);
        !self.remarks.is_empty() || outcomes.any(|outcome| !outcome.settles())
    }
}

/// Why there is no capture, or not all of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// There is nothing to sign with, or it is not accepted.
    #[error(
        "AWS does not say who is asking: {0}; sign in, or name a profile with `--profile`, and try again"
    )]
    Caller(String),
    /// The credentials stopped working.
    #[error(
        "stopped after {written} call(s), which are written and can be used: {why}; renew the credentials and continue with `--resume`"
    )]
    Stopped {
        /// What AWS said.
        why: String,
        /// Answers written by this run.
        written: usize,
    },
    /// The asynchronous runtime cannot be started.
    #[error("cannot start: {0}")]
    Runtime(std::io::Error),
}

/// Inspects, and writes the capture.
///
/// # Errors
/// When the folder is not fit, or the credentials are or become useless. What was written until
/// then is a capture.
pub fn run(options: &Options) -> Result<Summary, InspectError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(InspectError::Runtime)?;
    runtime.block_on(engine::run(options))
}

#[cfg(test)]
mod tests {
    use super::table::{ASKS, Scope, Via};
    use crate::capture::call_spec;

    #[test]
    fn what_is_written_is_what_the_loader_expects() {
        for ask in ASKS {
            let Some(spec) = call_spec(ask.call) else {
                continue;
            };
            assert_eq!(spec.global, ask.scope != Scope::Region, "{}", ask.call);
            assert!(
                spec.list.is_empty() || spec.list == ask.lists[0],
                "{}",
                ask.call
            );
            let mut ours: Vec<&str> = vec![ask.resource];
            ours.extend(ask.variant.map(|(name, _)| name));
            ours.retain(|name| !name.is_empty());
            assert_eq!(spec.resource, ours, "{}", ask.call);
        }
    }

    #[test]
    fn every_row_has_something_that_sends_it() {
        for ask in ASKS {
            let service = ask.service();
            let fits = match ask.via {
                Via::Sdk => ["sts", "iam", "organizations", "s3", "kms", "secretsmanager"]
                    .contains(&service),
                Via::Query(_) => ["ec2", "elbv2"].contains(&service),
                Via::Control(_) => service == "s3control",
            };
            assert!(fits, "{}", ask.call);
        }
    }
}
