//! Several files about one thing: pages of a list, copies, and contradictions.
//!
//! Must never: let the order in which files were written decide; the order is that of paths.

use std::collections::BTreeMap;

use super::json::{Node, Value};
use super::{Answer, Diagnostic, Outcome, Severity, Source, calls};

/// One answer for each call, account, region and resource, in that order.
pub(crate) fn answers(answers: Vec<Answer>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Answer> {
    let mut groups: BTreeMap<(String, String, String, String), Vec<Answer>> = BTreeMap::new();
    for answer in answers {
        let key = (
            answer.call.clone(),
            answer.account.clone(),
            answer.region.clone(),
            answer.resource.clone(),
        );
        groups.entry(key).or_default().push(answer);
    }
    groups
        .into_values()
        .filter_map(|mut group| {
            group.sort_by(|a, b| a.file.cmp(&b.file));
            let paged = group
                .first()
                .and_then(|a| calls::spec(&a.call))
                .is_some_and(|spec| spec.paged);
            if paged {
                pages(group, diagnostics)
            } else {
                single(group, diagnostics)
            }
        })
        .collect()
}

/// Keeps the first settled answer, and says so when another one differs.
fn single(group: Vec<Answer>, diagnostics: &mut Vec<Diagnostic>) -> Option<Answer> {
    let kept = group.iter().position(|a| a.outcome.settles()).unwrap_or(0);
    for (at, other) in group.iter().enumerate() {
        let kept = &group[kept];
        if at != 0
            && other.outcome.settles()
            && !(other.outcome == kept.outcome && same(&other.body, &kept.body))
        {
            diagnostics.push(contradiction(kept, other));
        }
    }
    group.into_iter().nth(kept)
}

fn contradiction(kept: &Answer, other: &Answer) -> Diagnostic {
    Diagnostic {
        code: "contradictory-answers",
        severity: Severity::Warning,
        message: format!(
            "`{}` of `{}` is answered differently in `{}`, which was used; remove the older file",
            kept.call,
            if kept.resource.is_empty() {
                &kept.account
            } else {
                &kept.resource
            },
            kept.file
        ),
        source: Some(other.source()),
    }
}

/// Joins the lists of all pages. Complete when at least one page has no page behind it, or when
/// the pages together are more than the markers that ask for another.
fn pages(group: Vec<Answer>, diagnostics: &mut Vec<Diagnostic>) -> Option<Answer> {
    let mut distinct: Vec<Answer> = Vec::new();
    for answer in group {
        if !distinct
            .iter()
            .any(|d| d.outcome == answer.outcome && same(&d.body, &answer.body))
        {
            distinct.push(answer);
        }
    }
    let (good, bad): (Vec<Answer>, Vec<Answer>) = distinct
        .into_iter()
        .partition(|a| matches!(a.outcome, Outcome::Ok | Outcome::Truncated));
    let Some((first, rest)) = good.split_first() else {
        return bad
            .into_iter()
            .min_by_key(|a| (a.outcome != Outcome::Absent, a.file.clone()));
    };
    let open = good
        .iter()
        .filter(|a| has_more(&a.body) || a.outcome == Outcome::Truncated)
        .count();
    let mut whole = first.clone();
    for page in rest {
        join(&mut whole.body, &page.body);
    }
    whole.outcome = if open >= good.len() {
        Outcome::Truncated
    } else {
        Outcome::Ok
    };
    if whole.call == "iam:GetAccountAuthorizationDetails" {
        let lists = [
            "UserDetailList",
            "GroupDetailList",
            "RoleDetailList",
            "Policies",
        ];
        if lists.iter().any(|list| whole.body.get(list).is_none()) {
            whole.outcome = Outcome::Truncated;
        }
    }
    if whole.outcome == Outcome::Ok
        && bad.iter().any(|a| a.outcome == Outcome::ParseError)
        && !rest.is_empty()
    {
        // One of several pages is unreadable.
        whole.outcome = Outcome::Truncated;
    }
    if whole.outcome == Outcome::Truncated {
        let marker = good
            .iter()
            .find_map(|a| marker(&a.body))
            .map(|node| node.source.clone());
        diagnostics.push(Diagnostic {
            code: "truncated-answer",
            severity: Severity::Warning,
            message: format!(
                "`{}` of account `{}` is incomplete: collect it again, with all pages",
                whole.call, whole.account
            ),
            source: marker.or_else(|| Some(Source::new(whole.file.clone(), 1, ""))),
        });
    }
    Some(whole)
}

/// Whether a page says that another one follows.
fn has_more(body: &Node) -> bool {
    marker(body).is_some()
}

/// The member that says that another page follows.
fn marker(body: &Node) -> Option<&Node> {
    let flag = body.get("IsTruncated").or_else(|| body.get("Truncated"));
    if let Some(flag) = flag {
        return (flag.as_bool() == Some(true)).then_some(flag);
    }
    ["NextToken", "NextMarker", "ContinuationToken", "Marker"]
        .into_iter()
        .filter_map(|name| body.get(name))
        .find(|node| node.as_str().is_some_and(|text| !text.is_empty()))
}

fn join(whole: &mut Node, page: &Node) {
    let Value::Object(members) = &mut whole.value else {
        return;
    };
    for (name, value) in page.members() {
        match members.iter_mut().find(|(n, _)| n == name) {
            Some((
                _,
                Node {
                    value: Value::Array(items),
                    ..
                },
            )) => items.extend(value.items().iter().cloned()),
            Some(_) => {}
            None => members.push((name.clone(), value.clone())),
        }
    }
}

/// Whether two values are the same, wherever they stand.
pub(crate) fn same(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((n, a), (m, b))| n == m && same(a, b))
        }
        (a, b) => a == b,
    }
}
