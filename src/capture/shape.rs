//! Whether an answer has the lists that it should have.
//!
//! Must never: let something else in place of a list pass for an empty one.

use super::json::{Node, Value};
use super::{Capture, Outcome, Severity, calls};

/// A list call without its list has not been answered; with something else in place of one of the
/// lists inside, what it holds counts and the answer is not complete.
pub(crate) fn lists(capture: &mut Capture, call: &str, body: &Node) -> Outcome {
    let details = call == "iam:GetAccountAuthorizationDetails";
    let mut outcome = Outcome::Ok;
    if let Some(list) = calls::list_of(call).filter(|list| !body.get(list).is_some_and(is_array)) {
        let node = body.get(list);
        let source = node.unwrap_or(body).source.clone();
        let found = node.map_or("nothing", Node::kind);
        let message = format!("expected a list as `{list}` of `{call}`, found {found}");
        capture.note("malformed-answer", Severity::Error, message, source);
        outcome = Outcome::ParseError;
    } else if details || calls::spec(call).is_some_and(|spec| spec.paged) {
        let mut wrong = Vec::new();
        no_lists(body, has_tag_maps(call), &mut wrong);
        for (name, node) in wrong {
            let message = format!("expected a list as `{name}`, found {}", node.kind());
            capture.note(
                "malformed-answer",
                Severity::Error,
                message,
                node.source.clone(),
            );
            outcome = Outcome::Truncated;
        }
    }
    outcome
}

fn is_array(node: &Node) -> bool {
    matches!(node.value, Value::Array(_))
}

/// Services whose tags are one object, name to value, where others have a list.
fn has_tag_maps(call: &str) -> bool {
    let service = call.split(':').next().unwrap_or_default();
    ["kafka", "kafkaconnect", "lambda", "pipes", "eks"].contains(&service)
}

/// Members that should be lists and are something else; documents inside are not entered.
fn no_lists<'n>(node: &'n Node, tag_maps: bool, wrong: &mut Vec<(&'n str, &'n Node)>) {
    for item in node.items() {
        no_lists(item, tag_maps, wrong);
    }
    for (name, value) in node.members() {
        let tags = tag_maps && name == "Tags" && matches!(value.value, Value::Object(_));
        if tags {
            continue;
        }
        if calls::LIST_MEMBERS.contains(&name.as_str())
            && !is_array(value)
            && value.value != Value::Null
        {
            wrong.push((name, value));
        } else if !name.ends_with("Document") {
            no_lists(value, tag_maps, wrong);
        }
    }
}
