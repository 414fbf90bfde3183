//! For tests: a request with its policies, written short.

use std::sync::Arc;

use super::*;
use crate::capture::json::Node;

pub(super) const OWN: &str = "111122223333";
pub(super) const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
pub(super) const APP: &str = "arn:aws:iam::111122223333:role/app";
pub(super) const EXT: &str = "arn:aws:iam::444455556666:role/ext";
pub(super) const OBJECT: &str = "arn:aws:s3:::events/t/0.log";

/// A document of these statements, each a JSON object without braces.
pub(super) fn doc(statements: &[&str]) -> Document {
    let (document, problems) = broken(statements);
    assert_eq!(problems, []);
    document
}

/// The same for statements that may have problems.
pub(super) fn broken(statements: &[&str]) -> (Document, Vec<Problem>) {
    let statements: Vec<String> = statements.iter().map(|s| format!("{{{s}}}")).collect();
    let text = format!(
        "{{\"Version\": \"2012-10-17\", \"Statement\": [\n{}]}}",
        statements.join(",\n")
    );
    let node = Node::parse(&Arc::from("p.json"), &text).unwrap();
    Document::parse(&node)
}

/// `"Effect": "Allow"` and so on, for all actions and resources.
pub(super) const ALLOW: &str = r#""Effect": "Allow", "Action": "*", "Resource": "*""#;
pub(super) const DENY: &str = r#""Effect": "Deny", "Action": "*", "Resource": "*""#;
pub(super) const OTHER: &str = r#""Effect": "Allow", "Action": "sqs:*", "Resource": "*""#;
pub(super) const ALLOW_ALL: &str =
    r#""Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*""#;
pub(super) const DENY_ALL: &str =
    r#""Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*""#;

/// A grant of everything to one AWS principal.
pub(super) fn to(principal: &str) -> String {
    format!(
        r#""Effect": "Allow", "Principal": {{"AWS": "{principal}"}}, "Action": "*", "Resource": "*""#
    )
}

/// `statement` under a condition block without its braces.
pub(super) fn under(statement: &str, condition: &str) -> String {
    format!(r#"{statement}, "Condition": {{{condition}}}"#)
}

/// A layer of one document.
pub(super) fn of(document: &Document) -> Layer<'_> {
    Layer::of([document])
}

/// A resource with this policy.
pub(super) fn on(document: &Document) -> ResourcePolicy<'_> {
    ResourcePolicy::Document(document)
}

/// A request to read one object, or what a test makes of it.
pub(super) struct Scene {
    pub(super) caller: Caller,
    pub(super) action: &'static str,
    pub(super) resource: String,
    pub(super) account: Option<&'static str>,
    pub(super) context: Context,
    pub(super) certain: bool,
}

impl Scene {
    pub(super) fn of(caller: &str) -> Self {
        Self {
            caller: Caller::from_name(caller).unwrap(),
            action: "s3:GetObject",
            resource: OBJECT.to_owned(),
            account: Some(OWN),
            context: Context::new(KeyState::Absent),
            certain: true,
        }
    }

    pub(super) fn asks(mut self, action: &'static str, resource: &str) -> Self {
        self.action = action;
        resource.clone_into(&mut self.resource);
        self
    }

    pub(super) fn within(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    pub(super) fn decide(&self, layers: &Layers<'_>) -> Decision {
        let request = Request {
            caller: &self.caller,
            action: self.action,
            resource: &self.resource,
            resource_account: self.account,
            context: &self.context,
            resource_certain: self.certain,
        };
        decide(&request, layers)
    }
}
