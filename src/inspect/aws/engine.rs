//! Which questions follow from which answers, and how many are on their way at once.
//!
//! Must never: begin a question twice; let one that failed hide that there was one.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::str::FromStr as _;
use std::sync::Arc;

use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use aws_smithy_types::retry::RetryConfig;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value};
use tokio::task::JoinSet;

use super::folder::{Envelope, Failure, Folder, Place};
use super::question::{self, Ending, Settled};
use super::session::{Session, connector, http_client};
use super::table::{ASKS, Ask, ORGANIZATION, REGIONS, Scope};
use super::{InspectError, Options, Summary, clock};
use crate::capture::Outcome;
use crate::names::Arn;

/// The call that begins every account.
const WHO: &str = "sts:GetCallerIdentity";
/// The call that names the accounts of the organization.
const ACCOUNTS: &str = "organizations:ListAccounts";
/// Where calls go that have no region, when nothing says otherwise.
const HOME: &str = "us-east-1";

/// A question that is to be asked.
#[derive(Clone, Debug)]
struct Job {
    ask: &'static Ask,
    account: String,
    /// The region in the answer's file; empty for calls without one.
    region: String,
    resource: String,
    /// The region that the request goes to, where it is known better.
    toward: String,
}

/// Something on its way.
#[derive(Debug)]
enum Task {
    Asked(Job, Ending),
    Entered {
        account: String,
        role: String,
        result: Result<Box<Entry>, String>,
    },
}

/// A session that has said who it is, and the answer that says so.
#[derive(Debug)]
struct Entry {
    session: Session,
    job: Job,
    settled: Settled,
}

struct Engine<'o> {
    options: &'o Options,
    config: SdkConfig,
    connector: SharedHttpConnector,
    home: String,
    folder: Folder,
    base: String,
    partition: String,
    sessions: BTreeMap<String, Arc<Session>>,
    queue: VecDeque<Job>,
    begun: BTreeSet<(&'static str, &'static str, String, String, String)>,
    entering: BTreeSet<String>,
    /// The management account, while it is being entered: the organization is asked after that.
    awaited: Option<String>,
    tasks: JoinSet<Task>,
    summary: Summary,
    written: usize,
    progress: ProgressBar,
}

/// Inspects, and writes the capture.
pub(super) async fn run(options: &Options) -> Result<Summary, InspectError> {
    let folder = Folder::open(&options.output, options.resume)?;
    let connector = connector();
    let mut loader =
        aws_config::defaults(BehaviorVersion::latest()).http_client(http_client(&connector));
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = &options.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    let mut config = loader.load().await;
    let home = config
        .region()
        .map(ToString::to_string)
        .or_else(|| options.regions.first().cloned())
        .unwrap_or_else(|| HOME.to_owned());
    if config.region().is_none() {
        config = config
            .into_builder()
            .region(Region::new(home.clone()))
            .build();
    }
    let progress = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{pos}/{len} calls  {elapsed}  {msg}") {
        progress.set_style(style);
    }
    let mut engine = Engine {
        options,
        config,
        connector,
        home,
        folder,
        base: String::new(),
        partition: String::new(),
        sessions: BTreeMap::new(),
        queue: VecDeque::new(),
        begun: BTreeSet::new(),
        entering: BTreeSet::new(),
        awaited: None,
        tasks: JoinSet::new(),
        summary: Summary::default(),
        written: 0,
        progress,
    };
    let result = engine.go().await;
    engine.tasks.shutdown().await;
    engine.progress.finish_and_clear();
    result.map(|()| engine.summary)
}

/// Asks who a session is, and gives it its account.
async fn identify(mut session: Session) -> Result<Box<Entry>, String> {
    let Some(ask) = ASKS.iter().find(|ask| ask.call == WHO) else {
        return Err(format!("`{WHO}` is not in the table"));
    };
    let settled = match question::put(&session, ask, "", "").await {
        Ending::Stopped(why) => return Err(why),
        Ending::Settled(settled) | Ending::Doubted(settled) => settled,
    };
    let account = settled.body.get("Account").and_then(Value::as_str);
    match (settled.outcome, account) {
        (Outcome::Ok, Some(account)) => {
            account.clone_into(&mut session.account);
            let job = Job {
                ask,
                account: account.to_owned(),
                region: String::new(),
                resource: String::new(),
                toward: String::new(),
            };
            Ok(Box::new(Entry {
                session,
                job,
                settled,
            }))
        }
        _ => Err(settled.error.map_or_else(
            || "the answer names no account".to_owned(),
            |error| format!("{}: {}", error.code, error.message),
        )),
    }
}

impl Engine<'_> {
    async fn go(&mut self) -> Result<(), InspectError> {
        let attempts = self.options.attempts;
        let base = Session::new(&self.config, &self.connector, &self.home, attempts)
            .ok_or_else(|| InspectError::Caller("no credentials are configured".to_owned()))?;
        let entry = identify(base).await.map_err(InspectError::Caller)?;
        let Entry {
            session,
            job,
            settled,
        } = *entry;
        self.base.clone_from(&session.account);
        let arn = settled.body.get("Arn").and_then(Value::as_str);
        self.partition = arn
            .and_then(|arn| Arn::from_str(arn).ok())
            .map_or_else(|| "aws".to_owned(), |arn| arn.partition().to_owned());
        self.sessions.insert(self.base.clone(), Arc::new(session));
        self.record(&job, settled)?;
        // Roles that are given in full come first: one of them may lead to the management account.
        for role in self.options.roles.iter().filter(|role| is_arn(role)) {
            let account = Arn::from_str(role).map(|arn| arn.account().to_owned());
            self.enter(account.unwrap_or_default(), role.clone());
        }
        while let Some(task) = self.tasks.join_next().await {
            self.finished(task)?;
        }
        let accounts: Vec<String> = self.sessions.keys().cloned().collect();
        for account in accounts {
            self.begin_account(&account);
        }
        if let Some(ask) = ASKS.iter().find(|ask| ask.call == ORGANIZATION) {
            let base = self.base.clone();
            self.push(ask, &base, "", "", "");
        }
        loop {
            while self.tasks.len() < self.options.concurrency.max(1) {
                let Some(job) = self.queue.pop_front() else {
                    break;
                };
                self.start(job)?;
            }
            match self.tasks.join_next().await {
                Some(task) => self.finished(task)?,
                None if self.queue.is_empty() => return Ok(()),
                None => {}
            }
        }
    }

    /// Asks, or takes the answer that lies there.
    fn start(&mut self, job: Job) -> Result<(), InspectError> {
        if self.options.resume {
            let kept = self.folder.read(&job.place()).filter(|kept| {
                kept.call == job.ask.call && kept.params == job.params() && is_final(kept.outcome)
            });
            if let Some(kept) = kept {
                self.summary.kept += 1;
                self.count(&job.account, kept.outcome);
                self.follow(&job, kept.outcome, &kept.body);
                return Ok(());
            }
        }
        let Some(session) = self.sessions.get(&job.account).cloned() else {
            return Ok(());
        };
        let place = if job.region.is_empty() {
            "global"
        } else {
            &job.region
        };
        self.progress
            .set_message(format!("{} {place} {}", job.account, job.ask.call));
        self.tasks.spawn(async move {
            let region = if job.toward.is_empty() {
                &job.region
            } else {
                &job.toward
            };
            let ending = question::put(&session, job.ask, region, &job.resource).await;
            let ending = match ending {
                Ending::Doubted(settled) => certain(&session, settled).await,
                Ending::Settled(_) | Ending::Stopped(_) => ending,
            };
            Task::Asked(job, ending)
        });
        Ok(())
    }

    fn finished(&mut self, task: Result<Task, tokio::task::JoinError>) -> Result<(), InspectError> {
        let stopped = |why: String, written| InspectError::Stopped { why, written };
        match task {
            Err(error) => Err(stopped(error.to_string(), self.written)),
            Ok(Task::Asked(_, Ending::Stopped(why))) => Err(stopped(why, self.written)),
            Ok(Task::Asked(job, Ending::Settled(settled) | Ending::Doubted(settled))) => {
                let (outcome, body) = (settled.outcome, settled.body.clone());
                self.record(&job, settled)?;
                self.follow(&job, outcome, &body);
                Ok(())
            }
            Ok(Task::Entered {
                account,
                role,
                result,
            }) => self.entered(&account, &role, result),
        }
    }

    /// Writes an answer down.
    fn record(&mut self, job: &Job, settled: Settled) -> Result<(), InspectError> {
        let envelope = Envelope {
            call: job.ask.call.to_owned(),
            params: job.params(),
            account: job.account.clone(),
            region: job.region.clone(),
            at: settled.at,
            status: settled.status,
            outcome: settled.outcome,
            error: settled.error,
            body: settled.body,
        };
        self.folder.write(&job.place(), &envelope)?;
        self.written += 1;
        self.count(&job.account, envelope.outcome);
        Ok(())
    }

    fn count(&mut self, account: &str, outcome: Outcome) {
        let outcomes = self.summary.accounts.entry(account.to_owned()).or_default();
        *outcomes.entry(outcome).or_default() += 1;
        self.progress.inc(1);
    }

    fn push(
        &mut self,
        ask: &'static Ask,
        account: &str,
        region: &str,
        resource: &str,
        toward: &str,
    ) {
        let (_, variant) = ask.variant.unwrap_or_default();
        let key = (
            ask.call,
            variant,
            account.to_owned(),
            region.to_owned(),
            resource.to_owned(),
        );
        if self.begun.insert(key) {
            self.progress.inc_length(1);
            self.queue.push_back(Job {
                ask,
                account: account.to_owned(),
                region: region.to_owned(),
                resource: resource.to_owned(),
                toward: toward.to_owned(),
            });
        }
    }

    fn begin_account(&mut self, account: &str) {
        let first = ASKS
            .iter()
            .filter(|ask| ask.scope == Scope::Account && ask.each.is_empty() && ask.call != WHO);
        for ask in first {
            self.push(ask, account, "", "", "");
        }
    }

    fn begin_organization(&mut self, account: &str) {
        let first = ASKS.iter().filter(|ask| {
            ask.scope == Scope::Organization && ask.each.is_empty() && ask.call != ORGANIZATION
        });
        for ask in first {
            self.push(ask, account, "", "", "");
        }
    }

    /// Begins what an answer gives reason to ask.
    fn follow(&mut self, job: &Job, outcome: Outcome, body: &Value) {
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
            self.enter(master.to_owned(), role);
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
                self.enter(id.to_owned(), role);
            }
        }
    }

    /// Assumes a role, unless the account is entered already.
    fn enter(&mut self, account: String, role: String) {
        if self.sessions.contains_key(&account) || !self.entering.insert(account.clone()) {
            return;
        }
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
    fn entered(
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

fn is_arn(role: &str) -> bool {
    role.starts_with("arn:")
}

/// Whether an answer need not be sought again. A refusal may have been lifted since.
fn is_final(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Ok | Outcome::Absent | Outcome::Unsupported => true,
        Outcome::Denied
        | Outcome::Throttled
        | Outcome::Truncated
        | Outcome::ParseError
        | Outcome::NotCollected => false,
    }
}

fn items<'v>(body: &'v Value, list: &str) -> &'v [Value] {
    body.get(list)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// A refusal that may mean useless credentials or a region that is not enabled: the one question
/// that needs no permission tells.
async fn certain(session: &Session, settled: Settled) -> Ending {
    let Some(who) = ASKS.iter().find(|ask| ask.call == WHO) else {
        return Ending::Settled(settled);
    };
    match question::put(session, who, "", "").await {
        Ending::Settled(answer) if answer.outcome == Outcome::Ok => Ending::Settled(settled),
        Ending::Settled(_) | Ending::Doubted(_) => {
            let error = settled.error.unwrap_or(Failure {
                code: "InvalidClientTokenId".to_owned(),
                message: String::new(),
            });
            Ending::Stopped(format!("{}: {}", error.code, error.message))
        }
        Ending::Stopped(why) => Ending::Stopped(why),
    }
}

impl Job {
    fn place(&self) -> Place<'_> {
        Place {
            account: &self.account,
            region: &self.region,
            service: self.ask.service(),
            operation: self.ask.operation(),
            resource: match self.ask.variant {
                Some((_, value)) => Cow::Owned(format!("{}/{value}", self.resource)),
                None => Cow::Borrowed(&self.resource),
            },
        }
    }

    fn params(&self) -> Map<String, Value> {
        let mut params: Map<String, Value> =
            serde_json::from_str(self.ask.fixed).unwrap_or_default();
        if !self.resource.is_empty() {
            params.insert(
                self.ask.resource.to_owned(),
                Value::from(self.resource.as_str()),
            );
        }
        if let Some((name, value)) = self.ask.variant {
            params.insert(name.to_owned(), Value::from(value));
        }
        params
    }
}
