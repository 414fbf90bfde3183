//! Turns the permissions that a model publishes into policy documents, each statement with the
//! line of the model file it stands on.

use std::collections::BTreeMap;

use super::model::{ModelGrant, ModelIdentity, ModelStatement};
use crate::capture::Source;
use crate::capture::json::{Node, Value};

/// The identity policy of a model's identity, with the placeholders of `values` filled in.
/// `None` stands for a value that nobody knows: resources that need it are left out.
pub(super) fn permissions(
    identity: &ModelIdentity,
    values: &BTreeMap<String, Option<String>>,
) -> Node {
    let statements = identity.statement.iter().zip(&identity.statements_at);
    let statements =
        statements.filter_map(|(spanned, at)| statement(spanned.get_ref(), values, at));
    document(statements.collect(), &identity.at)
}

/// The trust policy that lets a service assume the identity.
pub(super) fn trust(identity: &ModelIdentity) -> Node {
    let at = &identity.at;
    let text = |value: &str| string(value, at);
    let principal = object(vec![("Service", text(&identity.trust))], at);
    let statement = object(
        vec![
            ("Effect", text("Allow")),
            ("Principal", principal),
            ("Action", text("sts:AssumeRole")),
        ],
        at,
    );
    document(vec![statement], at)
}

/// The bucket policy with what a platform's setup grants.
pub(super) fn grants(grants: &[&ModelGrant], values: &BTreeMap<String, Option<String>>) -> Node {
    let statements = grants.iter().map(|grant| {
        let at = &grant.at;
        let resources = grant.resources.iter().filter_map(|text| fill(text, values));
        let resources: Vec<String> = resources.collect();
        let principal = object(vec![("AWS", string(&grant.principal, at))], at);
        object(
            vec![
                ("Sid", string(&grant.sid, at)),
                ("Effect", string("Allow", at)),
                ("Principal", principal),
                ("Action", strings(&grant.actions, at)),
                ("Resource", strings(&resources, at)),
            ],
            at,
        )
    });
    let at = grants
        .first()
        .map_or_else(|| Source::new("", 1, ""), |grant| grant.at.clone());
    document(statements.collect(), &at)
}

fn statement(
    statement: &ModelStatement,
    values: &BTreeMap<String, Option<String>>,
    at: &Source,
) -> Option<Node> {
    let resources: Vec<String> = statement
        .resources
        .iter()
        .filter_map(|text| fill(text, values))
        .collect();
    if resources.is_empty() {
        return None;
    }
    let mut members = vec![
        ("Sid", string(&statement.sid, at)),
        ("Effect", string("Allow", at)),
        ("Action", strings(&statement.actions, at)),
        ("Resource", strings(&resources, at)),
    ];
    if !statement.condition.is_empty() {
        let operators = statement.condition.iter().map(|(operator, keys)| {
            let keys = keys
                .iter()
                .map(|(key, value)| (key.as_str(), string(value, at)));
            (operator.as_str(), object(keys.collect(), at))
        });
        members.push(("Condition", object(operators.collect(), at)));
    }
    Some(object(members, at))
}

/// Replaces each `{name}`; `None` when one of them has no value.
fn fill(text: &str, values: &BTreeMap<String, Option<String>>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        filled.push_str(before);
        filled.push_str(values.get(name)?.as_deref()?);
        rest = behind;
    }
    filled.push_str(rest);
    Some(filled)
}

fn document(statements: Vec<Node>, at: &Source) -> Node {
    let statements = Node {
        source: at.clone(),
        value: Value::Array(statements),
    };
    object(
        vec![
            ("Version", string("2012-10-17", at)),
            ("Statement", statements),
        ],
        at,
    )
}

fn object(members: Vec<(&str, Node)>, at: &Source) -> Node {
    let members = members
        .into_iter()
        .map(|(name, node)| (name.to_owned(), node));
    Node {
        source: at.clone(),
        value: Value::Object(members.collect()),
    }
}

fn string(text: &str, at: &Source) -> Node {
    Node {
        source: at.clone(),
        value: Value::String(text.to_owned()),
    }
}

fn strings(texts: &[String], at: &Source) -> Node {
    Node {
        source: at.clone(),
        value: Value::Array(texts.iter().map(|text| string(text, at)).collect()),
    }
}
