//! Kafka's files: which they are, and which cluster they are about.
//!
//! Must never: keep a properties file that is no broker's, or a secret.

use std::sync::Arc;

use super::json::Node;
use super::place::is_region;
use super::recognise::{is_account, is_extension};
use super::redact_answer::{CONNECTOR_CLASS, stays};
use super::{Capture, PropertyLine, REDACTED, Severity, Source, Text, TextFile, properties};

/// Adds a Kafka file to the capture; says whether it was one.
pub(crate) fn file(capture: &mut Capture, file: &Arc<str>, name: &str, text: &str) -> bool {
    let content = if is_extension(name, "properties") {
        let (lines, diagnostics) = properties::parse(file, text);
        let has = |key: &str| lines.iter().any(|l| l.key == key);
        if has(CONNECTOR_CLASS) {
            let lines = lines.into_iter().filter(|line| stays(&line.key)).collect();
            connector(capture, file, lines);
            return true;
        }
        if ![
            "node.id",
            "broker.id",
            "process.roles",
            "log.dirs",
            "authorizer.class.name",
            "zookeeper.connect",
        ]
        .iter()
        .any(|k| has(k))
        {
            return true;
        }
        capture.diagnostics.extend(diagnostics);
        Text::Properties(lines)
    } else if let Some(content) = listing(name, text) {
        content
    } else {
        return false;
    };
    let cluster = cluster_of(file).to_owned();
    if cluster.is_empty() {
        capture.note(
            "cluster-without-name",
            Severity::Warning,
            "Kafka's files name their cluster by their folder: move this one to `kafka/CLUSTER/`; it is called `kafka` until then",
            Source::new(file.clone(), 1, ""),
        );
    }
    let cluster = if cluster.is_empty() {
        "kafka".to_owned()
    } else {
        cluster
    };
    capture.texts.push(TextFile {
        cluster,
        file: file.clone(),
        content,
    });
    true
}

/// Adds the connectors of an answer of Kafka Connect's REST API, redacted already; says whether it
/// was one: `{"name", "config"}` of one connector, or the list with `expand=info`.
///
/// Source: Kafka documentation, "Kafka Connect", REST API: `GET /connectors?expand=info`,
/// `GET /connectors/{name}`.
pub(crate) fn connectors(capture: &mut Capture, file: &Arc<str>, node: &Node) -> bool {
    let configuration = |node: &Node| {
        let config = node.get("config")?;
        config.get(CONNECTOR_CLASS)?;
        let lines = config.members().iter().filter_map(|(key, value)| {
            let line = PropertyLine {
                key: key.clone(),
                value: value.scalar().filter(|value| value != REDACTED)?,
                source: value.source.clone(),
            };
            stays(key).then_some(line)
        });
        let mut lines: Vec<_> = lines.collect();
        let own = node
            .get("name")
            .filter(|_| lines.iter().all(|l| l.key != "name"));
        lines.extend(own.and_then(|name| {
            Some(PropertyLine {
                key: "name".to_owned(),
                value: name.scalar()?,
                source: name.source.clone(),
            })
        }));
        Some(lines)
    };
    let members = node.members().iter();
    let listed = members.filter_map(|(_, value)| configuration(value.get("info")?));
    let found: Vec<_> = configuration(node).into_iter().chain(listed).collect();
    let any = !found.is_empty();
    for lines in found {
        connector(capture, file, lines);
    }
    any
}

fn connector(capture: &mut Capture, file: &Arc<str>, lines: Vec<PropertyLine>) {
    capture.texts.push(TextFile {
        cluster: cluster_of(file).to_owned(),
        file: file.clone(),
        content: Text::Connector(lines),
    });
}

/// The folder that names the cluster: the first below `kafka` that is no account or region,
/// else the nearest.
fn cluster_of(file: &str) -> &str {
    let folders = file.rsplit_once('/').map_or("", |(folders, _)| folders);
    let below = folders
        .split('/')
        .skip_while(|name| *name != "kafka")
        .skip(1)
        .find(|name| !is_region(name) && !is_account(name));
    below
        .or_else(|| folders.rsplit('/').next())
        .unwrap_or_default()
}

/// Output of `kafka-acls` or `kafka-topics`, by its first lines, or by its name where the output
/// says nothing (a list of names, an empty list).
fn listing(name: &str, text: &str) -> Option<Text> {
    let starts = |prefix: &str| {
        text.lines()
            .any(|line| line.trim_start().starts_with(prefix))
    };
    if starts("Current ACLs for ") || starts("(principal=") {
        return Some(Text::Acls(text.to_owned()));
    }
    if starts("Topic: ") || starts("Topic:") {
        return Some(Text::Topics(text.to_owned()));
    }
    let readable = !name.contains('.')
        || ["txt", "out", "log", "list"]
            .iter()
            .any(|e| is_extension(name, e));
    let lower = name.to_ascii_lowercase();
    if !readable {
        None
    } else if lower.contains("acl") {
        Some(Text::Acls(text.to_owned()))
    } else if lower.contains("topic") {
        Some(Text::Topics(text.to_owned()))
    } else {
        None
    }
}
