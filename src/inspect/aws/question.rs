//! One question, asked until it is settled: pages, retries, and the outcome.
//!
//! Pages are followed to their end, empty ones included, and joined. A page that names a page that
//! was read before, or says that more follows without saying where, ends in *truncated*; so does a
//! list whose later pages could not be read: what was read is kept, and the rest is not known.
//!
//! Must never: settle on *absent* or on an empty list because something went wrong.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::folder::Failure;
use super::reply::{Exchange, Reply, ServiceError, Verdict};
use super::session::Session;
use super::table::{Ask, Pager, Via};
use super::{clock, xml};
use crate::capture::{Outcome, REDACTED};

/// A question is settled, one way or another.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    pub(crate) at: String,
    pub(crate) status: u16,
    pub(crate) outcome: Outcome,
    pub(crate) error: Option<Failure>,
    pub(crate) body: Value,
}

/// How a question ends.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    /// With an outcome.
    Settled(Settled),
    /// With an outcome, if the credentials turn out to be good; else the run stops.
    Doubted(Settled),
    /// The credentials are of no use: stop. Why, for people.
    Stopped(String),
}

/// How one page ends.
enum Page {
    Answer(Reply),
    Failed {
        outcome: Outcome,
        status: u16,
        error: ServiceError,
        doubted: bool,
    },
    Stopped(String),
}

/// Asks `ask` about `resource` in `region` until it is settled.
pub(crate) async fn put(session: &Session, ask: &Ask, region: &str, resource: &str) -> Ending {
    let mut whole: Option<Map<String, Value>> = None;
    let mut token: Option<String> = None;
    let mut seen = BTreeSet::new();
    loop {
        let page = page(session, ask, region, resource, token.as_deref()).await;
        let at = clock::stamp();
        let (reply, part) = match page {
            Page::Stopped(why) => return Ending::Stopped(why),
            Page::Failed {
                outcome,
                status,
                error,
                doubted,
            } => {
                let failed = settled(at, status, outcome, Some(error), whole);
                return if doubted {
                    Ending::Doubted(failed)
                } else {
                    Ending::Settled(failed)
                };
            }
            Page::Answer(reply) => match answer(ask, &reply) {
                Ok(part) => (reply, part),
                Err(why) => {
                    let error = fault("UnreadableAnswer", &why);
                    let failed = settled(at, reply.status, Outcome::ParseError, Some(error), whole);
                    return Ending::Settled(failed);
                }
            },
        };
        let next = next(&part, ask.pager);
        whole = Some(match whole {
            None => part,
            Some(whole) => join(whole, part, ask.lists),
        });
        let why = match next {
            Next::None => {
                let mut body = whole.unwrap_or_default();
                for name in [ask.pager.answer(), "IsTruncated", "Truncated"] {
                    body.remove(name);
                }
                return Ending::Settled(settled(at, reply.status, Outcome::Ok, None, Some(body)));
            }
            Next::Nowhere => fault("NoNextPage", "the answer says that more follows, not where"),
            Next::Token(next) if seen.insert(next.clone()) => {
                token = Some(next);
                continue;
            }
            Next::Token(_) => fault(
                "RepeatedPage",
                "the answer names a page that was read before",
            ),
        };
        return Ending::Settled(settled(
            at,
            reply.status,
            Outcome::Truncated,
            Some(why),
            whole,
        ));
    }
}

/// An outcome with what was read so far: a list that was begun is *truncated*, whatever stopped it.
fn settled(
    at: String,
    status: u16,
    outcome: Outcome,
    error: Option<ServiceError>,
    read: Option<Map<String, Value>>,
) -> Settled {
    let outcome = if outcome != Outcome::Ok && read.is_some() {
        Outcome::Truncated
    } else {
        outcome
    };
    Settled {
        at,
        status,
        outcome,
        error: error.map(|error| Failure {
            code: error.code,
            message: error.message,
        }),
        body: read.map_or(Value::Null, Value::Object),
    }
}

fn fault(code: &str, message: &str) -> ServiceError {
    ServiceError {
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

/// Sends one request until there is a reply that means something, or no more attempts.
async fn page(
    session: &Session,
    ask: &Ask,
    region: &str,
    resource: &str,
    token: Option<&str>,
) -> Page {
    let mut region = region.to_owned();
    let mut redirected = false;
    let mut attempt = 0;
    loop {
        let exchange = session.send(&region, ask, resource, token).await;
        let (outcome, status, error) = match exchange {
            Exchange::NoCredentials(why) => return Page::Stopped(why),
            Exchange::Lost(why) => (Outcome::ParseError, 0, fault("NoReply", &why)),
            Exchange::Replied(reply) => {
                let elsewhere = reply.bucket_region.clone().filter(|r| *r != region);
                match reply.verdict(ask.call) {
                    Verdict::Answer => return Page::Answer(reply),
                    Verdict::Stop(error) => return Page::Stopped(told(&error)),
                    Verdict::Doubt(error) => {
                        return Page::Failed {
                            outcome: Outcome::Denied,
                            status: reply.status,
                            error,
                            doubted: true,
                        };
                    }
                    Verdict::Is(outcome, error) => match elsewhere {
                        // S3 says where the bucket is, and answers only there.
                        Some(there) if !redirected && outcome == Outcome::ParseError => {
                            region = there;
                            redirected = true;
                            continue;
                        }
                        Some(_) | None => {
                            return Page::Failed {
                                outcome,
                                status: reply.status,
                                error,
                                doubted: false,
                            };
                        }
                    },
                    Verdict::Again(outcome, error) => (outcome, reply.status, error),
                }
            }
        };
        attempt += 1;
        if attempt >= session.attempts {
            return Page::Failed {
                outcome,
                status,
                error,
                doubted: false,
            };
        }
        tokio::time::sleep(clock::pause(attempt)).await;
    }
}

/// An error in one line.
pub(crate) fn told(error: &ServiceError) -> String {
    if error.message.is_empty() {
        error.code.clone()
    } else {
        format!("{}: {}", error.code, error.message)
    }
}

/// The answer in a reply, in the CLI's shape.
fn answer(ask: &Ask, reply: &Reply) -> Result<Map<String, Value>, String> {
    let text = std::str::from_utf8(&reply.body).map_err(|_| "it is not UTF-8".to_owned())?;
    let mut answer = if ask.call == "s3:GetBucketPolicy" {
        // The document itself, which the CLI puts into a member.
        if !text.trim_start().starts_with('{') {
            return Err("expected a policy document".to_owned());
        }
        Map::from_iter([("Policy".to_owned(), Value::from(text))])
    } else if is_json(ask) {
        match serde_json::from_str(text) {
            Ok(Value::Object(mut members)) => {
                members.values_mut().for_each(without_nulls);
                members.retain(|_, value| !value.is_null());
                members
            }
            Ok(_) => return Err("expected an object".to_owned()),
            Err(error) => return Err(error.to_string()),
        }
    } else {
        xml::answer(text, ask.service(), ask.operation()).map_err(|error| error.to_string())?
    };
    answer.values_mut().for_each(without_secrets);
    if let Some(first) = ask.lists.first() {
        if ask.call == "s3:ListBucketInventoryConfigurations" {
            // Its items stand in the document without a list around them.
            answer
                .entry(*first)
                .or_insert_with(|| Value::Array(Vec::new()));
        }
        if !ask
            .lists
            .iter()
            .any(|list| answer.get(*list).is_some_and(Value::is_array))
        {
            return Err(format!("expected a list `{first}`"));
        }
    }
    Ok(answer)
}

/// Members without a value say nothing, and the CLI does not print them.
fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(without_nulls);
            members.retain(|_, value| !value.is_null());
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Members that hold secrets, should a service ever send them with what is asked: the secret of an
/// OIDC client in the rule of a load balancer.
const SECRETS: [&str; 6] = [
    "ClientSecret",
    "PasswordData",
    "PreSharedKey",
    "SecretBinary",
    "SecretString",
    "UserData",
];

/// Takes away what must not be written down.
fn without_secrets(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                if SECRETS.contains(&name.as_str()) {
                    *value = Value::from(REDACTED);
                } else {
                    without_secrets(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_secrets),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_json(ask: &Ask) -> bool {
    matches!(ask.via, Via::Sdk)
        && matches!(ask.service(), "kms" | "organizations" | "secretsmanager")
}

/// What follows an answer.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    None,
    Token(String),
    /// Something, but the answer does not say where.
    Nowhere,
}

fn next(answer: &Map<String, Value>, pager: Pager) -> Next {
    let flag = |name: &str| answer.get(name).and_then(Value::as_bool);
    let token = answer
        .get(pager.answer())
        .and_then(Value::as_str)
        .filter(|token| !token.is_empty());
    let more = match flag("IsTruncated").or_else(|| flag("Truncated")) {
        Some(more) => more,
        None => token.is_some() || flag("AdditionalRoutesAvailable") == Some(true),
    };
    match token {
        _ if !more => Next::None,
        Some(token) => Next::Token(token.to_owned()),
        None => Next::Nowhere,
    }
}

/// Adds the lists of a page; what else it says replaces what pages before it said.
fn join(
    mut whole: Map<String, Value>,
    page: Map<String, Value>,
    lists: &[&str],
) -> Map<String, Value> {
    for (name, value) in page {
        match (whole.get_mut(&name), value) {
            (Some(Value::Array(items)), Value::Array(more)) if lists.contains(&name.as_str()) => {
                items.extend(more);
            }
            (_, value) => {
                whole.insert(name, value);
            }
        }
    }
    // A last page without a token does not have the token of the page before it.
    whole
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn an_empty_page_with_a_marker_is_not_the_end() {
        let page = map(json!({"Users": [], "IsTruncated": true, "Marker": "2"}));
        assert_eq!(next(&page, Pager::Marker), Next::Token("2".to_owned()));
        let page = map(json!({"Users": [], "IsTruncated": false, "Marker": "2"}));
        assert_eq!(next(&page, Pager::Marker), Next::None);
    }

    #[test]
    fn more_without_saying_where_is_no_end() {
        let page = map(json!({"Keys": [], "Truncated": true}));
        assert_eq!(next(&page, Pager::NextMarker), Next::Nowhere);
        let page = map(json!({"Routes": [], "AdditionalRoutesAvailable": true}));
        assert_eq!(next(&page, Pager::NextToken), Next::Nowhere);
        let page = map(json!({"Routes": [], "AdditionalRoutesAvailable": true, "NextToken": "1"}));
        assert_eq!(next(&page, Pager::NextToken), Next::Token("1".to_owned()));
    }

    #[test]
    fn secrets_that_come_with_an_answer_are_not_kept() {
        let mut value =
            json!({"Listeners": [{"Actions": [{"ClientSecret": "CANARY", "Port": 1}]}]});
        without_secrets(&mut value);
        assert!(!value.to_string().contains("CANARY"));
        assert_eq!(value["Listeners"][0]["Actions"][0]["Port"], 1);
    }

    #[test]
    fn pages_are_joined_in_their_order() {
        let one = map(json!({"A": [1], "B": [1]}));
        let two = map(json!({"A": [2, 3], "C": [4], "D": 1}));
        assert_eq!(
            Value::Object(join(one, two, &["A", "B", "C"])),
            json!({"A": [1, 2, 3], "B": [1], "C": [4], "D": 1})
        );
    }

    #[test]
    fn what_was_read_before_a_failure_is_kept_as_truncated() {
        let read = map(json!({"Keys": [1]}));
        let at = String::new;
        let failed = settled(at(), 400, Outcome::Throttled, None, Some(read));
        assert_eq!(
            (failed.outcome, failed.body),
            (Outcome::Truncated, json!({"Keys": [1]}))
        );
        let failed = settled(at(), 400, Outcome::Throttled, None, None);
        assert_eq!(
            (failed.outcome, failed.body),
            (Outcome::Throttled, Value::Null)
        );
    }
}
