//! What a file is: an envelope, a bare answer, one of a known layout, or one of Kafka's.
//!
//! Must never: guess the resource that an answer is about from its contents when the answer does
//! not name it.

use std::sync::Arc;

use percent_encoding::percent_decode_str;

use super::json::{Node, Value};
use super::{Capture, ConfigText, Outcome, Severity, Source, calls, redact, shape, text};

/// An answer before its account and region are settled.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) call: String,
    pub(crate) resource: String,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) outcome: Outcome,
    pub(crate) body: Node,
    pub(crate) file: Arc<str>,
}

/// What the path says about the answer in it.
struct Layout {
    call: String,
    resource: String,
}

/// Recognises one file and adds it to the capture.
pub(crate) fn file(capture: &mut Capture, drafts: &mut Vec<Draft>, path: &str, content: &str) {
    let name = path.rsplit('/').next().unwrap_or(path);
    let file: Arc<str> = Arc::from(path);
    if path == "catchment.toml" {
        capture.config = Some(ConfigText {
            file,
            text: content.to_owned(),
        });
        return;
    }
    let layout = layout(path);
    if is_extension(name, "json") || layout.is_some() || content.trim_start().starts_with('{') {
        json(capture, drafts, &file, content, layout);
    } else if !text::file(capture, &file, name, content) && !is_expected(name) {
        let source = Source::new(file, 1, "");
        capture.note(
            "unrecognised-file",
            Severity::Warning,
            "not a file that catchment knows; it was left out",
            source,
        );
    }
}

pub(crate) fn is_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, e)| e.eq_ignore_ascii_case(extension))
}

/// Files that lie beside captures and say nothing.
fn is_expected(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    [
        "README",
        "LICENSE",
        "LICENCE",
        "NOTICE",
        "COPYING",
        "CHANGELOG",
        "MAKEFILE",
    ]
    .iter()
    .any(|n| upper.starts_with(n))
        || [
            "md",
            "sh",
            "py",
            "svg",
            "png",
            "html",
            "properties",
            "gitkeep",
        ]
        .iter()
        .any(|e| is_extension(name, e))
}

/// Reads `<svc>-<op>.json` and `<svc>-<op>/<id>`, percent-encoded or in several folders.
fn layout(path: &str) -> Option<Layout> {
    let segments: Vec<&str> = path.split('/').collect();
    let (last, folders) = segments.split_last()?;
    let stem = |name: &str| name.strip_suffix(".json").unwrap_or(name).to_owned();
    for (at, folder) in folders.iter().enumerate() {
        if let Some(call) = calls::from_file_name(folder) {
            let mut parts: Vec<String> =
                folders[at + 1..].iter().map(|f| (*f).to_owned()).collect();
            parts.push(stem(last));
            let decoded = parts
                .iter()
                .map(|p| percent_decode_str(p).decode_utf8_lossy().into_owned());
            return Some(Layout {
                call,
                resource: decoded.collect::<Vec<_>>().join("/"),
            });
        }
    }
    let call = calls::from_file_name(&stem(last))?;
    Some(Layout {
        call,
        resource: String::new(),
    })
}

fn json(
    capture: &mut Capture,
    drafts: &mut Vec<Draft>,
    file: &Arc<str>,
    content: &str,
    layout: Option<Layout>,
) {
    let start = Source::new(file.clone(), 1, "");
    let null = Node {
        source: start.clone(),
        value: Value::Null,
    };
    if let Some((code, operation)) = printed_error(content) {
        let layout = layout.or_else(|| named_operation(&operation));
        failure(capture, drafts, layout, &code, None, null);
        return;
    }
    let mut node = match Node::parse(file, content) {
        Ok(node) => node,
        Err(error) => {
            let empty = content.trim().is_empty();
            let (code, message) = if empty {
                ("empty-file", "the file is empty, which is no answer: collect it again, or keep the error that came".to_owned())
            } else {
                ("malformed-json", format!("{error}; the file was left out"))
            };
            capture.note(code, Severity::Error, message, error.source_at);
            unreadable(drafts, layout, null);
            return;
        }
    };
    if let Some(source) = redact::json(&mut node) {
        capture.note(
            "secret-value-in-capture",
            Severity::Finding,
            "the capture holds the value of a secret: delete it from the file; catchment never needs one",
            source,
        );
    }
    if node.str("call").is_some_and(|call| call.contains(':')) {
        envelope(capture, drafts, &node);
        return;
    }
    if let Some(error) = node.get("Error").filter(|e| e.get("Code").is_some()) {
        let code = error.str("Code").unwrap_or_default().to_owned();
        failure(capture, drafts, layout, &code, None, null);
        return;
    }
    bare(capture, drafts, node, layout);
}

/// An answer that could not be read, of a call that the path names.
fn unreadable(drafts: &mut Vec<Draft>, layout: Option<Layout>, body: Node) {
    if let Some(layout) = layout.filter(|l| calls::spec(&l.call).is_some()) {
        drafts.push(Draft {
            file: Arc::from(body.source.file()),
            call: layout.call,
            resource: layout.resource,
            account: None,
            region: None,
            outcome: Outcome::ParseError,
            body,
        });
    }
}

fn bare(capture: &mut Capture, drafts: &mut Vec<Draft>, node: Node, layout: Option<Layout>) {
    let known = calls::from_body(&node);
    let (call, resource) = match (layout, known) {
        (Some(layout), known) => {
            // An answer that names its own resource by ARN names it better than a file name.
            let own = known.filter(|(call, own)| *call == layout.call && own.starts_with("arn:"));
            (layout.call, own.map_or(layout.resource, |(_, own)| own))
        }
        (None, Some((call, resource))) => (call.to_owned(), resource),
        (None, None) => {
            if let Some(call) = calls::unused_body(&node) {
                *capture.unused.entry(call.to_owned()).or_default() += 1;
                return;
            }
            let advice = if [
                "Policy",
                "ServerSideEncryptionConfiguration",
                "PublicAccessBlockConfiguration",
                "LocationConstraint",
                "Parents",
                "Policies",
            ]
            .iter()
            .any(|key| node.get(key).is_some())
            {
                "the answer does not name its resource: save it as `<svc>-<op>/<id>.json`, for example `s3-get-bucket-policy/BUCKET.json`"
            } else {
                "no answer that catchment knows; it was left out"
            };
            capture.note(
                "unrecognised-file",
                Severity::Warning,
                advice,
                node.source.clone(),
            );
            return;
        }
    };
    let Some(spec) = calls::spec(&call) else {
        *capture.unused.entry(call).or_default() += 1;
        return;
    };
    let resource = if spec.resource.is_empty() {
        String::new()
    } else {
        resource
    };
    let call = if call == "s3:GetPublicAccessBlock" && is_account(&resource) {
        "s3control:GetPublicAccessBlock".to_owned()
    } else {
        call
    };
    let node = wrapped(&call, node);
    let outcome = answered(capture, &call, &node);
    drafts.push(Draft {
        file: Arc::from(node.source.file()),
        account: (call == "s3control:GetPublicAccessBlock" && is_account(&resource))
            .then(|| resource.clone()),
        resource: if call == "s3control:GetPublicAccessBlock" {
            String::new()
        } else {
            resource
        },
        call,
        region: None,
        outcome,
        body: node,
    });
}

/// An answer of a policy call; `--query Policy` leaves nothing but the document, which is put back.
fn wrapped(call: &str, node: Node) -> Node {
    let field = match call {
        "s3:GetBucketPolicy"
        | "kms:GetKeyPolicy"
        | "efs:DescribeFileSystemPolicy"
        | "kafka:GetClusterPolicy"
        | "s3control:GetAccessPointPolicy" => "Policy",
        "secretsmanager:GetResourcePolicy" => "ResourcePolicy",
        _ => return node,
    };
    let alone = matches!(node.value, Value::String(_)) || node.get("Statement").is_some();
    if !alone || node.get(field).is_some() {
        return node;
    }
    Node {
        source: node.source.clone(),
        value: Value::Object(vec![(field.to_owned(), node)]),
    }
}

/// The outcome of an answer that arrived.
fn answered(capture: &mut Capture, call: &str, body: &Node) -> Outcome {
    if call == "secretsmanager:GetResourcePolicy"
        && body.get("ARN").is_some()
        && body.get("ResourcePolicy").is_none()
    {
        return Outcome::Absent;
    }
    if matches!(body.value, Value::Object(_)) {
        return shape::lists(capture, call, body);
    }
    capture.note(
        "malformed-answer",
        Severity::Error,
        format!(
            "expected an object as the answer of `{call}`, found {}",
            body.kind()
        ),
        body.source.clone(),
    );
    Outcome::ParseError
}

fn envelope(capture: &mut Capture, drafts: &mut Vec<Draft>, node: &Node) {
    let written = node.str("call").unwrap_or_default();
    let (service, operation) = written.split_once(':').unwrap_or((written, ""));
    let written = if service == "s3api" {
        format!("s3:{operation}")
    } else {
        written.to_owned()
    };
    let Some(spec) = calls::spec(&written) else {
        *capture.unused.entry(written).or_default() += 1;
        return;
    };
    let params = node.get("params");
    let param = |name: &str| {
        let members = params.map_or(&[][..], Node::members);
        members
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .and_then(|(_, v)| v.scalar())
    };
    let body = node.get("body").cloned().unwrap_or(Node {
        source: node.source.clone(),
        value: Value::Null,
    });
    let asked: Vec<String> = spec
        .resource
        .iter()
        .filter_map(|name| param(name))
        .collect();
    let mut resource = asked.join("/");
    let mut call = spec.name.to_owned();
    if call == "s3:GetPublicAccessBlock" && resource.is_empty() {
        "s3control:GetPublicAccessBlock".clone_into(&mut call);
    }
    if let Some((_, own)) = calls::from_body(&body).filter(|(own, _)| *own == call)
        && (resource.is_empty() || own.starts_with("arn:"))
    {
        resource = own;
    }
    let layout = Layout {
        call: call.clone(),
        resource: resource.clone(),
    };
    let account = node
        .get("account")
        .and_then(Node::scalar)
        .filter(|a| is_account(a))
        .or_else(|| param("AccountId"));
    let region = node.str("region").map(str::to_owned);
    if let Some(outcome) = node
        .str("outcome")
        .and_then(Outcome::named)
        .filter(|o| *o != Outcome::Ok)
    {
        drafts.push(Draft {
            call,
            resource,
            account,
            region,
            outcome,
            body,
            file: Arc::from(node.source.file()),
        });
        return;
    }
    let error = node.get("error").filter(|e| e.value != Value::Null);
    let code = error.and_then(|e| {
        e.as_str()
            .or_else(|| e.str("code"))
            .or_else(|| e.str("Code"))
    });
    let status = node
        .get("status")
        .and_then(Node::as_i64)
        .filter(|s| *s >= 400);
    if error.is_some() || status.is_some() {
        let code = code
            .map(str::to_owned)
            .or(status.map(|s| s.to_string()))
            .unwrap_or_default();
        failure(
            capture,
            drafts,
            Some(layout),
            &code,
            Some((account, region)),
            body,
        );
        return;
    }
    let outcome = answered(capture, &call, &body);
    drafts.push(Draft {
        call,
        resource,
        account,
        region,
        outcome,
        body,
        file: Arc::from(node.source.file()),
    });
}

/// An error that came instead of an answer.
fn failure(
    capture: &mut Capture,
    drafts: &mut Vec<Draft>,
    layout: Option<Layout>,
    code: &str,
    place: Option<(Option<String>, Option<String>)>,
    body: Node,
) {
    let Some(layout) = layout else {
        capture.note(
            "unrecognised-file",
            Severity::Warning,
            format!("an error (`{}`) without the call that it answers: save it as `<svc>-<op>/<id>.json`", plain(code)),
            body.source,
        );
        return;
    };
    let Some(spec) = calls::spec(&layout.call) else {
        *capture.unused.entry(layout.call).or_default() += 1;
        return;
    };
    let outcome = Outcome::of_error(spec.name, code).unwrap_or_else(|| {
        capture.note(
            "unknown-error-code",
            Severity::Warning,
            format!("`{}` answered with the error `{}`, which says neither yes nor no: treated as not read", spec.name, plain(code)),
            body.source.clone(),
        );
        Outcome::ParseError
    });
    let (account, region) = place.unwrap_or_default();
    drafts.push(Draft {
        file: Arc::from(body.source.file()),
        call: spec.name.to_owned(),
        resource: layout.resource,
        account,
        region,
        outcome,
        body,
    });
}

/// A code fit for a message: codes are words, anything longer is somebody's text.
fn plain(code: &str) -> String {
    code.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
        .take(80)
        .collect()
}

/// `An error occurred (CODE) when calling the OPERATION operation: ...`, as the AWS CLI prints it.
fn printed_error(content: &str) -> Option<(String, String)> {
    let at = content.find("An error occurred (")?;
    if content[..at].contains('{') {
        return None;
    }
    let rest = &content[at + "An error occurred (".len()..];
    let (code, rest) = rest.split_once(')')?;
    let operation = rest
        .split_once("when calling the ")
        .and_then(|(_, r)| r.split_once(" operation"));
    Some((
        code.to_owned(),
        operation.map_or_else(String::new, |(name, _)| name.to_owned()),
    ))
}

/// A list call by the name of its operation alone, when only one service has it.
fn named_operation(operation: &str) -> Option<Layout> {
    let suffix = format!(":{operation}");
    let mut hits = calls::CALLS
        .iter()
        .filter(|c| c.name.ends_with(&suffix) && c.resource.is_empty());
    let call = hits.next()?.name.to_owned();
    hits.next().is_none().then_some(Layout {
        call,
        resource: String::new(),
    })
}

/// Whether the text is an account id.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}
