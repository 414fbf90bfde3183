//! Grants of KMS keys.
//!
//! Must never: take the grants of a key that were not listed for none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::build::{Builder, in_account, text};
use super::{KeyGrant, KeyGrants, Outcome};
use crate::capture::json::Node;
use crate::capture::{Answer, Source};
use crate::policy::{Document, PrincipalName, Statement, Test};

/// Reads the grants of every key. `keys` are those that a complete capture has grants of.
pub(super) fn read(builder: &mut Builder<'_>, keys: &BTreeSet<String>) {
    let call = "kms:ListGrants";
    let all: Vec<(String, String, String)> = builder
        .estate
        .keys
        .values()
        .map(|key| (key.arn.clone(), key.account.clone(), key.region.clone()))
        .collect();
    for (arn, account, region) in all {
        let id = arn.rsplit('/').next().unwrap_or(&arn);
        let answer = builder
            .about(call, &arn, None, None)
            .or_else(|| builder.about(call, id, Some(&account), Some(&region)));
        let outcome = answer.map_or(Outcome::NotCollected, |answer| answer.outcome);
        if keys.contains(&arn) || answer.is_some() {
            builder.cover(call, &account, &region, &arn, outcome);
        }
        let usable = answer.filter(|a| matches!(a.outcome, Outcome::Ok | Outcome::Truncated));
        let mut grants = Vec::new();
        for node in usable.into_iter().flat_map(|a| a.body.list("Grants")) {
            match grant(node) {
                Some(grant) => grants.push(grant),
                None => builder.note(
                    "malformed-answer",
                    super::Severity::Error,
                    "a grant without grantee or operations was left out",
                    Some(node.source.clone()),
                ),
            }
        }
        let lost = usable.is_some_and(|a| a.body.list("Grants").len() != grants.len());
        let unread = unread(&arn, &account);
        if let Some(key) = builder.estate.keys.get_mut(&arn) {
            let source = usable.map_or_else(|| Source::new("", 0, ""), Answer::source);
            key.grants = KeyGrants {
                document: Arc::new(Document::of(grants.iter().map(statement).collect(), source)),
                grants,
                unread: (outcome != Outcome::Ok || lost).then_some(unread),
            };
        }
    }
}

fn unread(arn: &str, account: &str) -> Arc<str> {
    Arc::from(format!("kms:ListGrants of {arn} ({})", in_account(account)))
}

/// The grants of a key of which nothing was read.
pub(super) fn none_read(arn: &str, account: &str) -> KeyGrants {
    KeyGrants {
        grants: Vec::new(),
        document: Arc::new(Document::of(Vec::new(), Source::new("", 0, ""))),
        unread: Some(unread(arn, account)),
    }
}

fn grant(node: &Node) -> Option<KeyGrant> {
    let operations = node.get("Operations")?;
    let constraints = node.get("Constraints");
    let pairs = |name: &str| -> BTreeMap<String, String> {
        let members = constraints.and_then(|at| at.get(name));
        let members = members.map_or(&[][..], Node::members).iter();
        members
            .map(|(key, value)| (key.clone(), value.scalar().unwrap_or_default()))
            .collect()
    };
    Some(KeyGrant {
        id: text(node, "GrantId").unwrap_or_default(),
        grantee: text(node, "GranteePrincipal")?,
        retiring: text(node, "RetiringPrincipal"),
        issuer: text(node, "IssuingAccount"),
        operations: operations.items().iter().filter_map(Node::scalar).collect(),
        context_equals: pairs("EncryptionContextEquals"),
        context_subset: pairs("EncryptionContextSubset"),
        source: node.source.clone(),
    })
}

/// The grant as a statement. In a constraint keys ignore case and values do not, as in conditions.
///
/// Source: AWS KMS API Reference, `GrantConstraints`; `CreateGrant`: operations.
fn statement(grant: &KeyGrant) -> Statement {
    let source = &grant.source;
    let pair = |(key, value): (&String, &String)| {
        let key = format!("kms:EncryptionContext:{key}");
        Test::of("StringEquals", &key, [value.as_str()], source)
    };
    let mut conditions: Vec<Test> = grant.context_equals.iter().map(pair).collect();
    conditions.extend(grant.context_subset.iter().map(pair));
    if !grant.context_equals.is_empty() {
        let keys = grant.context_equals.keys().map(String::as_str);
        let operator = "ForAllValues:StringEqualsIgnoreCase";
        conditions.push(Test::of(
            operator,
            "kms:EncryptionContextKeys",
            keys,
            source,
        ));
    }
    let kind = if grant.grantee.starts_with("arn:") || !grant.grantee.contains('.') {
        "AWS"
    } else {
        "Service"
    };
    // Who may only make grants makes none that allows more than its own. Source: AWS KMS Developer
    // Guide, "Controlling access to grants".
    let decrypts = grant.operations.iter().any(|name| name == "Decrypt");
    let operations = grant.operations.iter();
    let operations = operations.filter(|name| decrypts || *name != "CreateGrant");
    let actions = operations.map(|name| format!("kms:{name}"));
    let mut statement = Statement::allow(
        vec![PrincipalName::read(kind, &grant.grantee)],
        actions,
        conditions,
        source.clone(),
    );
    statement.sid = (!grant.id.is_empty()).then(|| format!("grant {}", short(&grant.id)));
    statement
}

/// The first digits of a grant's id tell it apart.
fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}
