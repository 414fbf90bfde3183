//! What follows from an answer: questions about what it lists, the regions of an account, the
//! organization, and the accounts that a role leads into.
//!
//! Must never: take a list that was not read for an empty one; say nothing about an account or a
//! region that was left out.

use std::borrow::Cow;
use std::sync::Arc;

use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use serde_json::{Map, Value};

use super::engine::{Engine, Entry, Job, Task, WHO, Work, identify};
use super::folder::{Envelope, Failure, Place};
use super::session::Session;
use super::table::{ASKS, ORGANIZATION, REGIONS, Scope};
use super::{InspectError, clock};
use crate::capture::Outcome;

/// The call that names the accounts of the organization.
const ACCOUNTS: &str = "organizations:ListAccounts";

impl Engine<'_> {
    pub(super) fn begin_account(&mut self, account: &str) {
        let first = ASKS
            .iter()
            .filter(|ask| ask.scope == Scope::Account && ask.each.is_empty() && ask.call != WHO);
        for ask in first {
            self.push(ask, account, "", "", "");
        }
    }

    pub(super) fn begin_organization(&mut self, account: &str) {
        let first = ASKS.iter().filter(|ask| {
            ask.scope == Scope::Organization && ask.each.is_empty() && ask.call != ORGANIZATION
        });
        for ask in first {
            self.push(ask, account, "", "", "");
        }
    }

    /// Begins what an answer gives reason to ask.
    pub(super) fn follow(&mut self, job: &Job, outcome: Outcome, body: &Value) {
        match job.ask.call {
            ORGANIZATION => self.organization(outcome, body),
            REGIONS => self.regions(&job.account, outcome, body),
            ACCOUNTS => self.accounts(outcome, body),
            _ => {}
        }
        for ask in ASKS {
            for each in ask.each.iter().filter(|each| each.call == job.ask.call) {
                for item in items(body, each.list) {
                    if let Some(resource) = item.get(each.member).and_then(Value::as_str) {
                        let toward = item.get("BucketRegion").and_then(Value::as_str);
                        let toward = toward.unwrap_or_default();
                        self.push(ask, &job.account, &job.region, resource, toward);
                    }
                }
            }
        }
    }

    /// The organization is asked in the management account if that can be entered, else here.
    fn organization(&mut self, outcome: Outcome, body: &Value) {
        let master = body
            .pointer("/Organization/MasterAccountId")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let base = self.base.clone();
        if outcome == Outcome::Absent {
            return;
        }
        if master == base || master.is_empty() {
            self.begin_organization(&base);
        } else if self.sessions.contains_key(master) {
            self.begin_organization(master);
        } else if let Some(role) = self.role_in(master) {
            self.awaited = Some(master.to_owned());
            self.plan_entry(master.to_owned(), role);
        } else {
            self.begin_organization(&base);
        }
    }

    /// The ARN of the role of the given name in an account.
    fn role_in(&self, account: &str) -> Option<String> {
        let name = self.options.roles.iter().find(|role| !is_arn(role))?;
        let name = name.trim_start_matches('/');
        Some(format!("arn:{}:iam::{account}:role/{name}", self.partition))
    }

    fn regions(&mut self, account: &str, outcome: Outcome, body: &Value) {
        let mut regions: Vec<String> = self.options.regions.clone();
        if regions.is_empty() {
            let enabled = items(body, "Regions").iter().filter(|region| {
                region.get("OptInStatus").and_then(Value::as_str) != Some("not-opted-in")
            });
            let names = enabled.filter_map(|region| region.get("RegionName")?.as_str());
            regions = names.map(str::to_owned).collect();
        }
        if regions.is_empty() {
            let home = self.home.clone();
            self.summary.remarks.push(format!(
                "the regions of account {account} are not known ({}): only {home} was read; name them with `--region`",
                outcome.name()
            ));
            regions.push(home);
        }
        for region in regions {
            let first = ASKS
                .iter()
                .filter(|ask| ask.scope == Scope::Region && ask.each.is_empty());
            for ask in first {
                self.push(ask, account, &region, "", "");
            }
        }
    }

    /// Enters every account of the organization, when a role was named for that.
    fn accounts(&mut self, outcome: Outcome, body: &Value) {
        if self.options.roles.iter().all(|role| is_arn(role)) {
            return;
        }
        if !outcome.settles() {
            self.summary.remarks.push(format!(
                "the accounts of the organization are not known ({}): give the roles' ARNs with `--assume-role`",
                outcome.name()
            ));
        }
        for account in items(body, "Accounts") {
            let text = |name: &str| account.get(name).and_then(Value::as_str);
            let Some(id) = text("Id") else { continue };
            if text("Status").is_some_and(|status| status != "ACTIVE") {
                self.summary
                    .remarks
                    .push(format!("account {id} is not active, and was not entered"));
            } else if let Some(role) = self.role_in(id) {
                self.plan_entry(id.to_owned(), role);
            }
        }
    }

    /// Has an account entered, unless it is already.
    pub(super) fn plan_entry(&mut self, account: String, role: String) {
        if !self.sessions.contains_key(&account) && self.entering.insert(account.clone()) {
            self.queue.push_back(Work::Enter { account, role });
        }
    }

    /// Assumes a role.
    pub(super) fn enter(&mut self, account: String, role: String) {
        let Some(base) = self.sessions.get(&self.base) else {
            return;
        };
        let config = base
            .config()
            .to_builder()
            .retry_config(RetryConfig::standard().with_max_attempts(self.options.attempts))
            .build();
        let (connector, home) = (self.connector.clone(), self.home.clone());
        let (attempts, external) = (self.options.attempts, self.options.external_id.clone());
        self.tasks.spawn(async move {
            let mut builder = AssumeRoleProvider::builder(&role)
                .configure(&config)
                .session_name("catchment-inspect");
            if let Some(external) = external {
                builder = builder.external_id(external);
            }
            let provider = SharedCredentialsProvider::new(builder.build().await);
            let config = config.into_builder().credentials_provider(provider).build();
            let result = match Session::new(&config, &connector, &home, attempts) {
                Some(session) => identify(session).await,
                None => Err("no credentials".to_owned()),
            };
            Task::Entered {
                account,
                role,
                result,
            }
        });
    }

    /// Begins an account that was entered, and writes down that one was not.
    pub(super) fn entered(
        &mut self,
        account: &str,
        role: &str,
        result: Result<Box<Entry>, String>,
    ) -> Result<(), InspectError> {
        let awaited = self
            .awaited
            .take_if(|awaited| *awaited == account)
            .is_some();
        match result {
            Ok(entry) => {
                let account = entry.session.account.clone();
                self.record(&entry.job, entry.settled)?;
                self.sessions
                    .insert(account.clone(), Arc::new(entry.session));
                self.begin_account(&account);
                if awaited {
                    self.begin_organization(&account);
                }
            }
            Err(why) => {
                let refused = why.contains("AccessDenied");
                let outcome = if refused {
                    Outcome::Denied
                } else {
                    Outcome::ParseError
                };
                let code = if refused { "AccessDenied" } else { "NoSession" };
                self.summary.remarks.push(format!(
                    "account {account} was not entered as `{role}`: {why}"
                ));
                let envelope = Envelope {
                    call: "sts:AssumeRole".to_owned(),
                    params: Map::from_iter([("RoleArn".to_owned(), Value::from(role))]),
                    account: account.to_owned(),
                    region: String::new(),
                    at: clock::stamp(),
                    status: 0,
                    outcome,
                    error: Some(Failure {
                        code: code.to_owned(),
                        message: why,
                    }),
                    body: Value::Null,
                };
                let place = Place {
                    account,
                    region: "",
                    service: "sts",
                    operation: "AssumeRole",
                    resource: Cow::Borrowed(""),
                };
                self.folder.write(&place, &envelope)?;
                if awaited {
                    let base = self.base.clone();
                    self.begin_organization(&base);
                }
            }
        }
        Ok(())
    }
}

/// Whether a role is given in full.
pub(super) fn is_arn(role: &str) -> bool {
    role.starts_with("arn:")
}

fn items<'v>(body: &'v Value, list: &str) -> &'v [Value] {
    body.get(list)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}
