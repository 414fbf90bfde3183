//! What a file is: an envelope, a bare answer, one of a known layout, or one of Kafka's.
//!
//! Must never: guess the resource that an answer is about from its contents when the answer does
//! not name it.

use std::sync::Arc;

use percent_encoding::percent_decode_str;

use super::json::{Node, Value};
use super::when::When;
use super::{
    Capture, ConfigText, Outcome, Severity, Source, calls, failure, recorded, redact_answer, shape,
    text,
};

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
    pub(crate) at: Option<When>,
    /// Whether the request behind it was not kept, so that the resource may have to be told from
    /// the answers beside it.
    pub(crate) recorded: bool,
}

/// What the path says about the answer in it.
pub(crate) struct Layout {
    pub(crate) call: String,
    pub(crate) resource: String,
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
    if let Some((code, operation)) = failure::printed(content) {
        let layout = layout.or_else(|| failure::named_operation(&operation));
        failure::answer(capture, drafts, layout, &code, None, None, null);
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
    for found in redact_answer::json(&mut node) {
        capture.note(found.code, Severity::Finding, found.message, found.source);
    }
    if recorded::file(capture, drafts, file, &node) || text::connectors(capture, file, &node) {
        return;
    }
    if node.str("call").is_some_and(|call| call.contains(':')) {
        envelope(capture, drafts, &node);
        return;
    }
    let metadata = without_metadata(&mut node);
    if let Some(error) = node.get("Error").filter(|e| e.get("Code").is_some()) {
        let code = error.get("Code").and_then(Node::scalar).unwrap_or_default();
        let status = metadata.and_then(|m| m.get("HTTPStatusCode")?.as_i64());
        failure::answer(capture, drafts, layout, &code, status, None, null);
        return;
    }
    bare(capture, drafts, node, layout);
}

/// Takes away what SDKs add about the transport: it differs from one answer to the next.
pub(crate) fn without_metadata(node: &mut Node) -> Option<Node> {
    let Value::Object(members) = &mut node.value else {
        return None;
    };
    let at = members
        .iter()
        .position(|(name, _)| name == "ResponseMetadata")?;
    Some(members.remove(at).1)
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
            at: None,
            recorded: false,
        });
    }
}

fn bare(capture: &mut Capture, drafts: &mut Vec<Draft>, node: Node, layout: Option<Layout>) {
    let (call, resource) = if let Some(layout) = layout {
        // An answer that names its own resource by ARN names it better than a file name.
        let own = calls::own_resource(&layout.call, &node)
            .filter(|own| layout.resource.is_empty() || own.starts_with("arn:"));
        (layout.call, own.unwrap_or(layout.resource))
    } else if let Some((call, resource)) = calls::from_body(&node) {
        (call.to_owned(), resource)
    } else {
        if let Some(call) = calls::unused_body(&node) {
            *capture.unused.entry(call.to_owned()).or_default() += 1;
            return;
        }
        let advice = match calls::file_name_for(&node) {
            Some(example) => format!(
                "the answer does not tell its call or resource: save it as `<svc>-<op>/<id>.json`, for example `{example}`"
            ),
            None => "no answer that catchment knows; it was left out".to_owned(),
        };
        capture.note(
            "unrecognised-file",
            Severity::Warning,
            advice,
            node.source.clone(),
        );
        return;
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
        at: None,
        recorded: false,
    });
}

/// An answer of a policy call; `--query Policy` leaves nothing but the document, which is put back.
fn wrapped(call: &str, node: Node) -> Node {
    let field = match call {
        "s3:GetBucketPolicy"
        | "s3control:GetAccessPointPolicy"
        | "s3control:GetAccessGrantsInstanceResourcePolicy"
        | "backup:GetBackupVaultAccessPolicy"
        | "kms:GetKeyPolicy"
        | "efs:DescribeFileSystemPolicy"
        | "kafka:GetClusterPolicy" => "Policy",
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
pub(crate) fn answered(capture: &mut Capture, call: &str, body: &Node) -> Outcome {
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
    if !spec.resource.is_empty()
        && let Some(own) = calls::own_resource(&call, &body)
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
    let at = node.str("at").and_then(When::time);
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
            at,
            recorded: false,
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
        let code = code.unwrap_or_default().to_owned();
        let before = drafts.len();
        let place = Some((account, region));
        failure::answer(capture, drafts, Some(layout), &code, status, place, body);
        for draft in &mut drafts[before..] {
            draft.at.clone_from(&at);
        }
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
        at,
        recorded: false,
    });
}

/// Whether the text is an account id.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}
