//! Which account and region an answer belongs to.
//!
//! In this order: the envelope; ARNs in the document; the caller identity in the very same folder;
//! owners in the document; the caller identity or the folder's name (`accounts/111122223333/...`),
//! whichever is nearer; what the neighbours in the nearest folder agree on.
//!
//! Must never: choose between two accounts that are equally near.

use std::collections::{BTreeMap, BTreeSet};

use super::hints::{self, Hints};
use super::json::{Node, Value};
use super::recognise::{Draft, is_account};
use super::{Answer, Capture, Severity, Source, calls};

/// Settles every draft.
pub(crate) fn settle(capture: &mut Capture, drafts: Vec<Draft>) -> Vec<Answer> {
    let found: Vec<(Named, Option<String>)> = drafts.iter().map(own_place).collect();
    let identities: Vec<(String, String)> = drafts
        .iter()
        .filter(|d| d.call == "sts:GetCallerIdentity")
        .filter_map(|d| {
            Some((
                d.file.to_string(),
                d.body.get("Account").and_then(Node::scalar)?,
            ))
        })
        .filter(|(_, account)| is_account(account))
        .collect();
    let identities: Vec<(&str, String)> = identities
        .iter()
        .map(|(file, account)| (file.as_str(), account.clone()))
        .collect();
    let beside = direct(&identities);
    let callers = index(identities.into_iter());
    let accounts = index(
        drafts
            .iter()
            .zip(&found)
            .filter_map(|(d, (a, _))| a.either().map(|a| (&*d.file, a))),
    );
    let regions = index(
        drafts
            .iter()
            .zip(&found)
            .filter_map(|(d, (_, r))| r.clone().map(|r| (&*d.file, r))),
    );
    let mut lost: BTreeMap<String, (usize, Source)> = BTreeMap::new();
    let mut answers = Vec::new();
    for (draft, (account, region)) in drafts.into_iter().zip(found) {
        let Some(spec) = calls::spec(&draft.call) else {
            continue;
        };
        let account = account
            .named
            .or_else(|| the_one(&beside, folders(&draft.file).next()?))
            .or(account.owner)
            .or_else(|| nearest_account(&beside, &callers, &draft.file))
            .or_else(|| nearest(&accounts, &draft.file));
        let region = if spec.global {
            Some(String::new())
        } else {
            region
                .or_else(|| folder(&draft.file, is_region))
                .or_else(|| nearest(&regions, &draft.file))
        };
        let anywhere = spec.name.starts_with("organizations:");
        if (account.is_none() && !anywhere) || region.is_none() {
            let what = if account.is_none() {
                "account"
            } else {
                "region"
            };
            let source = Source::new(draft.file.clone(), 1, "");
            lost.entry(format!("{what} of `{}`", draft.call))
                .or_insert((0, source))
                .0 += 1;
        }
        answers.push(Answer {
            call: spec.name.to_owned(),
            account: account.unwrap_or_default(),
            region: region.unwrap_or_default(),
            resource: draft.resource,
            outcome: draft.outcome,
            body: draft.body,
            file: draft.file,
            at: draft.at,
        });
    }
    for (what, (count, source)) in lost {
        capture.note(
            "place-unknown",
            Severity::Warning,
            format!("the {what} is unknown in {count} file(s): keep `aws sts get-caller-identity` beside them, or name folders `accounts/ACCOUNT/REGION`"),
            source,
        );
    }
    answers
}

/// What the envelope, else the document, says.
fn own_place(draft: &Draft) -> (Named, Option<String>) {
    let envelope = (
        draft.account.clone(),
        draft.region.clone().filter(|r| !r.is_empty()),
    );
    if envelope.0.is_some() && envelope.1.is_some() {
        return (
            Named {
                named: envelope.0,
                owner: None,
            },
            envelope.1,
        );
    }
    let Hints {
        accounts,
        owners,
        regions,
    } = hints::of(draft);
    let body = &draft.body;
    let mut account = most_frequent(accounts, is_account);
    if draft.call.starts_with("organizations:") && matches!(body.value, Value::Object(_)) {
        // Answers about the organization hold the ARNs of others.
        account = None;
    }
    let named = envelope.0.or(account);
    let owner = most_frequent(owners, is_account);
    (
        Named { named, owner },
        envelope.1.or(most_frequent(regions, is_region)),
    )
}

/// The account of a document: as its ARNs name it, and as the owner of what it lists.
struct Named {
    named: Option<String>,
    owner: Option<String>,
}

impl Named {
    fn either(&self) -> Option<String> {
        self.named.clone().or_else(|| self.owner.clone())
    }
}

/// The value that occurs most; none when two do equally often.
fn most_frequent(values: Vec<String>, valid: impl Fn(&str) -> bool) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for value in values.into_iter().filter(|v| valid(v)) {
        *counts.entry(value).or_default() += 1;
    }
    let most = counts.values().copied().max()?;
    let mut first = counts
        .into_iter()
        .filter(|(_, n)| *n == most)
        .map(|(value, _)| value);
    let value = first.next();
    if first.next().is_some() { None } else { value }
}

/// Values by every folder above the file that states them.
fn index<'f>(
    stated: impl Iterator<Item = (&'f str, String)>,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut index: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, value) in stated {
        for folder in folders(file) {
            index
                .entry(folder.to_owned())
                .or_default()
                .insert(value.clone());
        }
    }
    index
}

/// Folders above a file, nearest first, the root last.
fn folders(file: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(file);
    std::iter::from_fn(move || {
        let path = rest?;
        let parent = path.rsplit_once('/').map(|(parent, _)| parent);
        rest = parent;
        Some(parent.unwrap_or_default())
    })
}

/// The one value stated in the nearest folder that states any.
fn nearest(index: &BTreeMap<String, BTreeSet<String>>, file: &str) -> Option<String> {
    let values = folders(file).find_map(|folder| index.get(folder))?;
    let mut values = values.iter();
    let first = values.next().cloned();
    if values.next().is_some() { None } else { first }
}

/// Callers by the folder that holds the answer itself.
fn direct(callers: &[(&str, String)]) -> BTreeMap<String, BTreeSet<String>> {
    let mut index: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, account) in callers {
        let holder = folders(file).next().unwrap_or_default();
        index
            .entry(holder.to_owned())
            .or_default()
            .insert(account.clone());
    }
    index
}

/// The one value of a folder.
fn the_one(index: &BTreeMap<String, BTreeSet<String>>, holder: &str) -> Option<String> {
    let values = index.get(holder).filter(|values| values.len() == 1)?;
    values.first().cloned()
}

/// The caller identity of the nearest folder, unless a folder named by an account is nearer.
fn nearest_account(
    beside: &BTreeMap<String, BTreeSet<String>>,
    below: &BTreeMap<String, BTreeSet<String>>,
    file: &str,
) -> Option<String> {
    folders(file).find_map(|holder| {
        let name = holder.rsplit('/').next().unwrap_or_default();
        the_one(beside, holder)
            .or_else(|| is_account(name).then(|| name.to_owned()))
            .or_else(|| the_one(below, holder))
    })
}

/// The innermost folder whose name is valid.
fn folder(file: &str, valid: impl Fn(&str) -> bool) -> Option<String> {
    file.rsplit('/')
        .skip(1)
        .find(|name| valid(name))
        .map(str::to_owned)
}

/// Whether the text is the name of a region: `eu-west-1`, `us-gov-east-1`.
pub(crate) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |p: &&str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) if words.len() >= 2 && words.len() <= 3 => {
            words[0].len() == 2
                && words.iter().all(letters)
                && number.len() == 1
                && number.bytes().all(|b| b.is_ascii_digit())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_told_from_other_names() {
        for region in ["eu-west-1", "us-gov-east-1", "ap-southeast-3"] {
            assert!(is_region(region), "{region}");
        }
        for other in ["eu-west", "us-west-2-lax-1", "demo", "ec2-get-1", "kafka"] {
            assert!(!is_region(other), "{other}");
        }
    }

    #[test]
    fn equally_near_accounts_are_no_answer() {
        let index = index([("a/x", "1".to_owned()), ("b/y", "2".to_owned())].into_iter());
        assert_eq!(nearest(&index, "a/z/file").as_deref(), Some("1"));
        assert_eq!(nearest(&index, "c/file"), None);
    }
}
