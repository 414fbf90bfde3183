//! Resources that no statement tells apart are decided once.
//!
//! Must never: put two resources into one class that some statement might treat differently.

use std::collections::BTreeSet;

use super::Truth;
use super::context::{Context, KeyState};
use super::document::{Document, Statement};
use super::layers::{Beside, Guard, Layer, Layers, ResourcePolicy};

/// Of each class of resources that the policies treat alike, the first.
///
/// Two resources are of one class when every statement that may be about the action covers both or
/// neither, or is as unsure of both. Where a statement's resource holds a variable, each resource
/// is a class of its own.
pub fn classes<'r>(action: &str, resources: &'r [String], layers: &Layers<'_>) -> Vec<&'r str> {
    if resources.len() < 2 {
        return resources.iter().map(String::as_str).collect();
    }
    let statements: Vec<&Statement> = documents(layers)
        .into_iter()
        .flat_map(|document| &document.statements)
        .filter(|statement| !statement.covers_action(action).is_false())
        .collect();
    if statements
        .iter()
        .any(|s| s.resource_keys().next().is_some())
    {
        return resources.iter().map(String::as_str).collect();
    }
    let nothing = Context::new(KeyState::Absent);
    let mut seen: BTreeSet<Vec<Truth>> = BTreeSet::new();
    let mut first = Vec::new();
    for resource in resources {
        let covers =
            |statement: &&Statement| statement.covers_resource(resource, &nothing, Truth::Unknown);
        if seen.insert(statements.iter().map(covers).collect()) {
            first.push(resource.as_str());
        }
    }
    first
}

/// Every document that has a say.
fn documents<'a>(layers: &Layers<'a>) -> Vec<&'a Document> {
    fn guard<'g, 'a>(guard: &'g Guard<'a>) -> &'g [Layer<'a>] {
        match guard {
            Guard::Levels(levels) => levels,
            Guard::None | Guard::Unread(_) => &[],
        }
    }
    let mut documents = Vec::new();
    let stages = std::iter::once(&layers.identity)
        .chain(&layers.boundary)
        .chain(&layers.session)
        .chain(guard(&layers.scps))
        .chain(guard(&layers.rcps))
        .chain(&layers.endpoint);
    for layer in stages {
        documents.extend(layer.documents.iter().copied());
    }
    if let ResourcePolicy::Document(document) = layers.resource {
        documents.push(document);
    }
    match layers.beside {
        Beside::KeyGrants(document) | Beside::Sharing(document) => documents.push(document),
        Beside::None | Beside::Opened => {}
    }
    documents.extend(layers.fixed);
    documents
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::json::Node;
    use std::sync::Arc;

    fn document(text: &str) -> Document {
        let node = Node::parse(&Arc::from("p.json"), text).unwrap();
        Document::parse(&node).0
    }

    fn of(policy: &str, resources: &[&str]) -> Vec<String> {
        let document = document(policy);
        let layers = Layers {
            identity: Layer::of([&document]),
            ..Layers::default()
        };
        let resources: Vec<String> = resources.iter().map(|r| (*r).to_owned()).collect();
        let found = classes("s3:GetObject", &resources, &layers);
        found.into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn resources_that_no_statement_tells_apart_are_one_class() {
        let policy = r#"{"Statement": [
            {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"},
            {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/3*"},
            {"Effect": "Deny", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/4*"}]}"#;
        let found = of(
            policy,
            &[
                "arn:aws:s3:::b/1",
                "arn:aws:s3:::b/2",
                "arn:aws:s3:::b/3",
                "arn:aws:s3:::b/4",
            ],
        );
        assert_eq!(found, ["arn:aws:s3:::b/1", "arn:aws:s3:::b/3"]);
    }

    #[test]
    fn a_variable_in_a_resource_makes_each_a_class_of_its_own() {
        let policy = r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:username}/*"}]}"#;
        let all = ["arn:aws:s3:::b/1/x", "arn:aws:s3:::b/2/x"];
        assert_eq!(of(policy, &all), all);
    }
}
