//! Which questions follow from which answers, and how many are on their way at once.
//!
//! Must never: begin a question twice; let one that failed hide that there was one.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::str::FromStr as _;
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Map, Value};
use tokio::task::JoinSet;

use super::folder::{Envelope, Failure, Folder, Place};
use super::follow::is_arn;
use super::question::{self, Ending, Settled};
use super::session::{Session, connector, http_client};
use super::table::{ASKS, Ask, ORGANIZATION};
use super::{InspectError, Options, Summary};
use crate::capture::Outcome;
use crate::names::Arn;

/// The call that begins every account.
pub(super) const WHO: &str = "sts:GetCallerIdentity";
/// Where calls go that have no region, when nothing says otherwise.
const HOME: &str = "us-east-1";

/// A question that is to be asked.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) ask: &'static Ask,
    pub(super) account: String,
    /// The region in the answer's file; empty for calls without one.
    pub(super) region: String,
    pub(super) resource: String,
    /// The region that the request goes to, where it is known better.
    pub(super) toward: String,
}

/// Something that is to be done.
#[derive(Clone, Debug)]
pub(super) enum Work {
    /// A question.
    Ask(Job),
    /// An account that is to be entered by a role.
    Enter {
        /// Twelve digits.
        account: String,
        /// Its ARN.
        role: String,
    },
}

/// Something on its way.
#[derive(Debug)]
pub(super) enum Task {
    Asked(Job, Ending),
    Entered {
        account: String,
        role: String,
        result: Result<Box<Entry>, String>,
    },
}

/// A session that has said who it is, and the answer that says so.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) session: Session,
    pub(super) job: Job,
    pub(super) settled: Settled,
}

pub(super) struct Engine<'o> {
    pub(super) options: &'o Options,
    pub(super) config: SdkConfig,
    pub(super) connector: SharedHttpConnector,
    pub(super) home: String,
    pub(super) folder: Folder,
    pub(super) base: String,
    pub(super) partition: String,
    pub(super) sessions: BTreeMap<String, Arc<Session>>,
    pub(super) queue: VecDeque<Work>,
    pub(super) begun: BTreeSet<(&'static str, &'static str, String, String, String)>,
    pub(super) entering: BTreeSet<String>,
    /// The management account, while it is being entered: the organization is asked after that.
    pub(super) awaited: Option<String>,
    pub(super) tasks: JoinSet<Task>,
    pub(super) summary: Summary,
    pub(super) written: usize,
    pub(super) progress: ProgressBar,
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
pub(super) async fn identify(mut session: Session) -> Result<Box<Entry>, String> {
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
        self.folder.begin()?;
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
            self.plan_entry(account.unwrap_or_default(), role.clone());
        }
        self.work().await?;
        let accounts: Vec<String> = self.sessions.keys().cloned().collect();
        for account in accounts {
            self.begin_account(&account);
        }
        if let Some(ask) = ASKS.iter().find(|ask| ask.call == ORGANIZATION) {
            let base = self.base.clone();
            self.push(ask, &base, "", "", "");
        }
        self.work().await
    }

    /// Works until nothing is left to do or on its way.
    async fn work(&mut self) -> Result<(), InspectError> {
        loop {
            while self.tasks.len() < self.options.concurrency.max(1) {
                match self.queue.pop_front() {
                    Some(Work::Ask(job)) => self.start(job),
                    Some(Work::Enter { account, role }) => self.enter(account, role),
                    None => break,
                }
            }
            match self.tasks.join_next().await {
                Some(task) => self.finished(task)?,
                None if self.queue.is_empty() => return Ok(()),
                None => {}
            }
        }
    }

    /// Asks, or takes the answer that lies there.
    fn start(&mut self, job: Job) {
        if self.options.resume {
            let kept = self.folder.read(&job.place()).filter(|kept| {
                kept.call == job.ask.call && kept.params == job.params() && is_final(kept.outcome)
            });
            if let Some(kept) = kept {
                self.summary.kept += 1;
                self.count(&job.account, kept.outcome);
                self.follow(&job, kept.outcome, &kept.body);
                return;
            }
        }
        let Some(session) = self.sessions.get(&job.account).cloned() else {
            let remark = format!(
                "`{}` was not asked: account {} is not entered",
                job.ask.call, job.account
            );
            self.summary.remarks.push(remark);
            return;
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
    pub(super) fn record(&mut self, job: &Job, settled: Settled) -> Result<(), InspectError> {
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

    pub(super) fn push(
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
            self.queue.push_back(Work::Ask(Job {
                ask,
                account: account.to_owned(),
                region: region.to_owned(),
                resource: resource.to_owned(),
                toward: toward.to_owned(),
            }));
        }
    }
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
