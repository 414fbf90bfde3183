//! Several files about one thing: pages of a list, copies, contradictions, and several captures.
//!
//! Must never: let the order in which files were written decide; the order is that of the times
//! that envelopes tell, else of paths, else that in which captures were given.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::json::{Node, Value};
use super::when::When;
use super::{Answer, Diagnostic, Outcome, Severity, Source, calls};

/// One answer for each call, account, region and resource, in that order.
pub(crate) fn answers(answers: Vec<Answer>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Answer> {
    grouped(answers)
        .filter_map(|mut group| {
            group.sort_by(|a, b| a.file.cmp(&b.file));
            newest_first(&mut group);
            if is_paged(&group) {
                pages(group, diagnostics)
            } else {
                single(group, diagnostics)
            }
        })
        .collect()
}

/// One answer for each call, account, region and resource of several captures, given in the order
/// of the command line. What one of them read counts, whatever the others were refused.
pub(crate) fn captures(answers: Vec<Answer>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Answer> {
    grouped(answers)
        .filter_map(|mut group| {
            newest_first(&mut group);
            if is_paged(&group) {
                lists(group, diagnostics)
            } else {
                single(group, diagnostics)
            }
        })
        .collect()
}

/// Groups by call, account, region and resource; within a group the order stays.
fn grouped(answers: Vec<Answer>) -> impl Iterator<Item = Vec<Answer>> {
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
    groups.into_values()
}

fn is_paged(group: &[Answer]) -> bool {
    let spec = group.first().and_then(|a| calls::spec(&a.call));
    spec.is_some_and(|spec| spec.paged)
}

/// Puts later answers first, when all of them tell when they came; else leaves the order.
fn newest_first(group: &mut [Answer]) {
    let first = group.first().and_then(|a| a.at.clone());
    let compared = |a: &Answer, b: Option<&When>| a.at.as_ref()?.compared(b?);
    if group.iter().all(|a| compared(a, first.as_ref()).is_some()) {
        group.sort_by(|a, b| compared(b, a.at.as_ref()).unwrap_or(Ordering::Equal));
    }
}

/// Keeps the first settled answer, and says so when another one differs.
fn single(group: Vec<Answer>, diagnostics: &mut Vec<Diagnostic>) -> Option<Answer> {
    let at = group.iter().position(|a| a.outcome.settles()).unwrap_or(0);
    let kept = group.get(at)?;
    for (_, other) in group.iter().enumerate().filter(|(i, _)| *i != at) {
        // Two errors that say "there is none" say the same in whatever words.
        let alike = other.outcome == kept.outcome
            && (kept.outcome == Outcome::Absent || same(&other.body, &kept.body));
        if kept.outcome.settles() && other.outcome.settles() && !alike {
            diagnostics.push(contradiction(kept, other));
        }
    }
    group.into_iter().nth(at)
}

fn contradiction(kept: &Answer, other: &Answer) -> Diagnostic {
    Diagnostic {
        code: "contradictory-answers",
        severity: Severity::Warning,
        message: format!(
            "`{}` of `{}` is answered differently in `{}`, which was used{}; remove the one that no longer holds",
            kept.call,
            asked_about(kept),
            kept.file,
            because(kept, other)
        ),
        source: Some(other.source()),
    }
}

fn asked_about(answer: &Answer) -> &str {
    if answer.resource.is_empty() {
        &answer.account
    } else {
        &answer.resource
    }
}

/// Why the one answer goes before the other.
fn because(kept: &Answer, other: &Answer) -> &'static str {
    let compared = kept
        .at
        .as_ref()
        .zip(other.at.as_ref())
        .and_then(|(a, b)| a.compared(b));
    match compared {
        Some(Ordering::Greater) => " because it is newer",
        Some(Ordering::Equal | Ordering::Less) | None => " because it comes first",
    }
}

/// Joins the lists of several captures: what either lists counts. Complete when one of them is.
fn lists(group: Vec<Answer>, diagnostics: &mut Vec<Diagnostic>) -> Option<Answer> {
    let read = |a: &Answer| matches!(a.outcome, Outcome::Ok | Outcome::Truncated);
    if !group.iter().any(read) {
        return single(group, diagnostics);
    }
    let (good, _): (Vec<Answer>, Vec<Answer>) = group.into_iter().partition(read);
    let (first, rest) = good.split_first()?;
    let mut whole = first.clone();
    for other in rest {
        if other.outcome == Outcome::Ok {
            whole.outcome = Outcome::Ok;
        }
        if add_unknown(&mut whole.body, &other.body) {
            diagnostics.push(Diagnostic {
                code: "contradictory-answers",
                severity: Severity::Warning,
                message: format!(
                    "`{}` of `{}` lists other things than `{}`: all of both count, and where both describe the same thing that file was used{}",
                    other.call,
                    asked_about(other),
                    first.file,
                    because(first, other)
                ),
                source: Some(other.source()),
            });
        }
    }
    Some(whole)
}

/// Adds the items that the lists of `whole` do not hold word for word; says whether there were any.
fn add_unknown(whole: &mut Node, other: &Node) -> bool {
    let Value::Object(members) = &mut whole.value else {
        return false;
    };
    let mut added = false;
    for (name, value) in other.members() {
        let own = members.iter_mut().find(|(n, _)| n == name);
        match own.map(|(_, node)| &mut node.value) {
            Some(Value::Array(items)) => {
                let known: BTreeSet<String> = items.iter().map(fingerprint).collect();
                let new = value
                    .items()
                    .iter()
                    .filter(|i| !known.contains(&fingerprint(i)));
                let before = items.len();
                items.extend(new.cloned());
                added |= items.len() > before;
            }
            None if !value.items().is_empty() => {
                members.push((name.clone(), value.clone()));
                added = true;
            }
            Some(_) | None => {}
        }
    }
    added
}

/// A text that two values share exactly when they are the same.
fn fingerprint(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => n.clone(),
        Value::String(s) => format!("{s:?}"),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(fingerprint).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(members) => {
            let members = members.iter();
            let members: Vec<String> = members
                .map(|(name, value)| format!("{name:?}:{}", fingerprint(value)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
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
        .filter(|a| has_more(&a.call, &a.body) || a.outcome == Outcome::Truncated)
        .count();
    let cut = good.iter().any(|a| is_cut_off(&a.body));
    let mut whole = first.clone();
    for page in rest {
        join(&mut whole.body, &page.body);
    }
    whole.outcome = if cut || open >= good.len() {
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
            .find_map(|a| marker(&a.call, &a.body))
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
pub(crate) fn has_more(call: &str, body: &Node) -> bool {
    marker(call, body).is_some()
}

/// The member that says that another page follows.
///
/// Source: the pagers of AWS's service models. A token always asks for another page. A plain
/// `Marker` and `ContinuationToken` do so only where no flag decides, and never in EFS, which
/// repeats there what the request said.
fn marker<'n>(call: &str, body: &'n Node) -> Option<&'n Node> {
    let filled = |name: &&str| {
        body.get(name)
            .filter(|node| node.as_str().is_some_and(|text| !text.is_empty()))
    };
    if let Some(token) = ["NextToken", "nextToken"].iter().find_map(filled) {
        return Some(token);
    }
    let flags = [
        "IsTruncated",
        "Truncated",
        "HasMoreDeliveryStreams",
        "AdditionalRoutesAvailable",
    ];
    if let Some(flag) = flags.iter().find_map(|name| body.get(name)) {
        return (flag.as_bool() == Some(true)).then_some(flag);
    }
    let repeated = call.starts_with("efs:");
    ["NextMarker", "ContinuationToken", "Marker"]
        .iter()
        .filter(|name| !(repeated && **name == "Marker"))
        .find_map(filled)
}

/// Whether more was there and no way led to it: `ec2:SearchTransitGatewayRoutes` of the time
/// before it had pages.
fn is_cut_off(body: &Node) -> bool {
    let more = body
        .get("AdditionalRoutesAvailable")
        .and_then(Node::as_bool);
    let token = body.str("NextToken").is_some_and(|text| !text.is_empty());
    more == Some(true) && !token
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
