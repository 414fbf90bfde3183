//! Redaction of answers: values of secrets, of environment variables, user data and the
//! configurations of connectors and brokers.
//!
//! Of a connector only keys stay that name classes, topics and sinks; of a broker's configuration
//! all that is no secret; of environments, commands and user data nothing but names: those say too
//! little about the values.
//!
//! Must never: say what stood there, or keep a value because its name looks harmless; the list of
//! keys that stay is closed.

use std::sync::Arc;

use super::json::{Node, Value};
use super::redact::{REDACTED, property};
use super::{Source, base64, properties};

/// What was found while redacting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Stable code of the finding.
    pub(crate) code: &'static str,
    /// In words.
    pub(crate) message: String,
    /// Where it stood.
    pub(crate) source: Source,
}

/// Members whose text is a secret by itself. No call of ours returns one; a hand-made directory may
/// hold `secretsmanager:GetSecretValue`.
const SECRET: &[&str] = &[
    "SecretString",
    "SecretBinary",
    "SecretAccessKey",
    "SessionToken",
    "PrivateKey",
    "KeyMaterial",
    "Password",
    "MasterUserPassword",
    "ClientSecret",
    "AuthToken",
];

/// The key that tells the configuration of a connector from any other.
pub(crate) const CONNECTOR_CLASS: &str = "connector.class";

/// Keys of a connector's configuration whose values stay: they name classes, topics and sinks.
///
/// Source: Kafka Connect documentation, "Configuring Connectors"; configurations of the S3, Iceberg,
/// JDBC and Kinesis sink connectors and of `MirrorMaker` 2.
const CONNECTOR_KEYS: &[&str] = &[
    CONNECTOR_CLASS,
    "name",
    "tasks.max",
    "topics",
    "topics.regex",
    "topics.exclude",
    "topic",
    "topic.prefix",
    "topic.creation.groups",
    "kafka.topic",
    "source.cluster.alias",
    "target.cluster.alias",
    "database.server.name",
    "schema.history.internal.kafka.topic",
    "database.history.kafka.topic",
    "errors.deadletterqueue.topic.name",
    "s3.bucket.name",
    "s3.region",
    "topics.dir",
    "store.url",
    "aws.s3.bucket.name",
    "aws.s3.region",
    "aws.s3.prefix",
    "camel.sink.path.bucketnameorarn",
    "camel.source.path.bucketnameorarn",
    "iceberg.tables",
    "iceberg.catalog.warehouse",
    "kinesis.stream",
    "streamname",
    "deliverystream",
    "table.name.format",
];

/// Removes secret values from an answer of AWS; returns what was found.
pub(crate) fn json(node: &mut Node) -> Vec<Found> {
    let mut found = Vec::new();
    walk(node, &mut found);
    // One finding for all secrets of a file; the others name their variable.
    let mut first = true;
    found.retain(|f: &Found| {
        let plain = f.code == "secret-value-in-capture";
        !plain || std::mem::take(&mut first)
    });
    found
}

fn walk(node: &mut Node, found: &mut Vec<Found>) {
    match &mut node.value {
        Value::Object(members) => {
            for (name, value) in members {
                member(name, value, found);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn member(name: &str, value: &mut Node, found: &mut Vec<Found>) {
    match name {
        _ if SECRET.contains(&name) && value.as_str().is_some() => {
            hide(value);
            found.push(Found {
                code: "secret-value-in-capture",
                message: "the capture holds the value of a secret: delete it from the file; catchment never needs one".to_owned(),
                source: value.source.clone(),
            });
        }
        "UserData" => user_data(value, found),
        // A plain text of that name is a tag.
        "Environment" | "environment" if value.as_str().is_none() => environment(value, found),
        "HECToken" | "AttributeValue" => hide(value),
        "connectorConfiguration" | "ConnectorConfiguration" => configuration(value, found),
        // As the REST API of Kafka Connect takes and gives it.
        "config" if value.get(CONNECTOR_CLASS).is_some() => configuration(value, found),
        "ServerProperties" | "serverProperties" => server_properties(value, found),
        "command" | "entryPoint" => arguments(value, found),
        "options" | "dockerLabels" => variables_of(value, found),
        _ => walk(value, found),
    }
}

fn hide(value: &mut Node) {
    value.value = Value::String(REDACTED.to_owned());
}

/// `{"Variables": {...}}` of Lambda, the list of ECS, or an object of any other service.
fn environment(node: &mut Node, found: &mut Vec<Found>) {
    match &mut node.value {
        Value::Object(members) => {
            for (name, value) in members {
                if name == "Variables" {
                    variables_of(value, found);
                } else {
                    hide(value);
                }
            }
        }
        Value::Array(_) => named_values(node, found),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Lambda's `{"NAME": "value"}`.
fn variables_of(variables: &mut Node, found: &mut Vec<Found>) {
    match &mut variables.value {
        Value::Object(members) => {
            for (name, value) in members {
                variable(name, value, found);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(hide),
        Value::Number(_) | Value::String(_) => hide(variables),
        Value::Null | Value::Bool(_) => {}
    }
}

/// The `[{"name", "value"}]` of ECS.
fn named_values(list: &mut Node, found: &mut Vec<Found>) {
    let Value::Array(items) = &mut list.value else {
        return;
    };
    for item in items {
        if item.members().is_empty() {
            hide(item);
            continue;
        }
        let name = item.str("name").unwrap_or_default().to_owned();
        if let Value::Object(members) = &mut item.value {
            for (_, value) in members.iter_mut().filter(|(n, _)| n != "name") {
                variable(&name, value, found);
            }
        }
    }
}

fn variable(name: &str, value: &mut Node, found: &mut Vec<Found>) {
    let text = value.scalar().unwrap_or_default();
    if looks_secret(name, &text) {
        found.push(Found {
            code: "secret-in-environment",
            message: format!(
                "the value of the environment variable `{name}` looks like a secret: whoever may describe it reads it; keep it in a secret store"
            ),
            source: value.source.clone(),
        });
    }
    if !text.is_empty() || matches!(value.value, Value::Object(_) | Value::Array(_)) {
        hide(value);
    }
}

/// Whether a value is a secret as far as its name and form tell. References are none.
fn looks_secret(name: &str, text: &str) -> bool {
    let reference = ["arn:", "${", "{{"].iter().any(|p| text.starts_with(p));
    let lower = name.to_ascii_lowercase();
    let about = ["_arn", "_name", "_id", "_path", "_file", "_dir", "_url"];
    let named = about.iter().any(|end| lower.ends_with(end));
    let lower = if named { "" } else { lower.as_str() };
    let lower = lower.replace('_', ".");
    !text.is_empty() && !reference && property(&lower, text).value != text
}

/// Whether a text without a name holds a key, a login or an assigned password. The word alone is
/// no secret.
fn holds_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let word = ["password", "loginmodule"]
        .iter()
        .any(|w| lower.contains(w));
    let assigned = lower
        .split_once("password=")
        .is_some_and(|(_, value)| !value.is_empty() && !value.starts_with(['$', '<', ' ']));
    assigned || (!word && looks_secret("", text))
}

/// Whether the value of this key of a connector's configuration may stay.
pub(crate) fn stays(key: &str) -> bool {
    CONNECTOR_KEYS.contains(&key.to_ascii_lowercase().as_str())
}

/// `{"key": "value"}` of a connector.
fn configuration(node: &mut Node, found: &mut Vec<Found>) {
    let Value::Object(members) = &mut node.value else {
        return hide(node);
    };
    for (key, value) in members {
        let Value::String(text) = &mut value.value else {
            hide(value);
            continue;
        };
        let redacted = property(key, text).value;
        if redacted != *text && !text.starts_with("${") {
            found.push(Found {
                code: "secret-in-configuration",
                message: format!(
                    "`{key}` holds a secret in a configuration that others may describe: use a config provider"
                ),
                source: value.source.clone(),
            });
        }
        *text = if stays(key) {
            redacted
        } else {
            REDACTED.to_owned()
        };
    }
}

/// The properties of an MSK configuration, a blob or its text: replaced by an object of redacted
/// properties.
fn server_properties(node: &mut Node, found: &mut Vec<Found>) {
    let Some(text) = node.as_str() else {
        return;
    };
    // Blobs are printed with line breaks by some.
    let blob: String = text.split_ascii_whitespace().collect();
    let decoded = base64::decode(&blob).and_then(|bytes| String::from_utf8(bytes).ok());
    let plain = decoded.unwrap_or_else(|| text.to_owned());
    let (lines, _) = properties::parse(&Arc::from(node.source.file()), &plain);
    let mut members = Vec::new();
    for line in lines {
        if line.value.contains(REDACTED) {
            found.push(Found {
                code: "secret-in-configuration",
                message: format!(
                    "`{}` holds a secret in a configuration that others may describe: keep it in a secret store",
                    line.key
                ),
                source: node.source.clone(),
            });
        }
        let value = Node {
            source: node.source.clone(),
            value: Value::String(line.value),
        };
        members.push((line.key, value));
    }
    node.value = Value::Object(members);
}

/// Words of a command line: all of them go.
fn arguments(node: &mut Node, found: &mut Vec<Found>) {
    let Value::Array(items) = &mut node.value else {
        return hide(node);
    };
    let mut after_secret = false;
    for item in items {
        let Some(text) = item.as_str().map(str::to_owned) else {
            continue;
        };
        let (option, value) = text.split_once('=').unwrap_or((&text, ""));
        let name = option.trim_start_matches('-').replace('-', ".");
        let secret = looks_secret(&name, value) || holds_secret(&text) || after_secret;
        // `--password VALUE`: the value is the next word.
        after_secret = text.starts_with('-') && value.is_empty() && looks_secret(&name, "x");
        if secret {
            found.push(Found {
                code: "secret-in-environment",
                message: "a word of the command looks like a secret: whoever may describe it reads it; keep it in a secret store".to_owned(),
                source: item.source.clone(),
            });
        }
        hide(item);
    }
}

/// Scripts of instances and launch templates; `{"Value": "..."}` as an attribute.
fn user_data(node: &mut Node, found: &mut Vec<Found>) {
    let inner = match &mut node.value {
        Value::Object(members) => members
            .iter_mut()
            .find(|(name, _)| name == "Value")
            .map(|(_, value)| value),
        Value::String(_) => Some(node),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    };
    let Some(value) = inner.filter(|v| v.as_str().is_some_and(|t| !t.is_empty())) else {
        return;
    };
    let text = value.as_str().unwrap_or_default();
    let script = base64::decode(text).map_or_else(
        || text.to_owned(),
        |b| String::from_utf8_lossy(&b).into_owned(),
    );
    let secret = script.lines().any(|line| {
        let line = line.trim().trim_start_matches("export ");
        let (name, value) = line.split_once('=').unwrap_or(("", line));
        looks_secret(name.trim(), value.trim().trim_matches(['"', '\''])) || holds_secret(line)
    });
    if secret {
        found.push(Found {
            code: "secret-in-user-data",
            message: "the user data looks like it holds a secret: whoever may describe it, or runs code on the host, reads it; keep it in a secret store".to_owned(),
            source: value.source.clone(),
        });
    }
    hide(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "c4n4ry-s3cr3t";

    fn redacted(text: &str) -> (Node, Vec<&'static str>) {
        let mut node = Node::parse(&Arc::from("f"), text).unwrap();
        let found = json(&mut node);
        for f in &found {
            assert!(!f.message.contains(CANARY), "{}", f.message);
        }
        assert!(!format!("{node:?}").contains(CANARY), "{node:?}");
        (node, found.into_iter().map(|f| f.code).collect())
    }

    #[test]
    fn a_secret_value_in_an_answer_is_removed() {
        let text = format!(
            r#"{{"ARN": "a", "Inner": [{{"SecretString": "{CANARY}"}}, {{"Password": "{CANARY}"}}]}}"#
        );
        assert_eq!(redacted(&text).1, ["secret-value-in-capture"]);
    }

    #[test]
    fn values_of_environment_variables_go_and_secret_looking_ones_are_found() {
        let lambda = format!(
            r#"{{"Functions": [{{"Environment": {{"Variables": {{"DB_PASSWORD": "{CANARY}", "MODE": "{CANARY}"}}}}}}]}}"#
        );
        let (node, found) = redacted(&lambda);
        assert_eq!(found, ["secret-in-environment"]);
        assert!(format!("{node:?}").contains("MODE"));
        let ecs = format!(
            r#"{{"taskDefinition": {{"containerDefinitions": [{{"environment": [
                {{"name": "SASL_JAAS_CONFIG", "value": "x password={CANARY}"}},
                {{"name": "TOPIC", "value": "{CANARY}"}},
                {{"name": "DB_SECRET_ARN", "value": "arn:aws:secretsmanager:eu-west-1:1:secret:x"}}],
              "secrets": [{{"name": "A", "valueFrom": "arn:aws:secretsmanager:eu-west-1:1:secret:x"}}],
              "command": ["run", "--password", "{CANARY}", "--api-token={CANARY}", "--topic=payments"]}}]}}}}"#
        );
        let (node, found) = redacted(&ecs);
        assert_eq!(found, ["secret-in-environment"; 3]);
        let text = format!("{node:?}");
        assert!(text.contains("valueFrom") && !text.contains("--topic=payments"));
    }

    #[test]
    fn user_data_goes_and_a_secret_in_it_is_found() {
        let script = format!("#!/bin/sh\nexport DB_PASSWORD={CANARY}\n");
        // The script in base64, as EC2 answers, and as it was written.
        let blob = "IyEvYmluL3NoCmV4cG9ydCBEQl9QQVNTV09SRD1jNG40cnktczNjcjN0Cg==";
        assert_eq!(base64::decode(blob).as_deref(), Some(script.as_bytes()));
        for text in [
            format!(r#"{{"UserData": "{blob}"}}"#),
            format!(r#"{{"UserData": {{"Value": "{blob}"}}}}"#),
            format!(r#"{{"LaunchTemplateData": {{"UserData": "{blob}"}}}}"#),
        ] {
            let (node, found) = redacted(&text);
            assert_eq!(found, ["secret-in-user-data"], "{text}");
            assert!(!format!("{node:?}").contains(blob));
        }
        let harmless = "IyEvYmluL3NoCnl1bSBpbnN0YWxsIC15IGphdmEK";
        let (node, found) = redacted(&format!(r#"{{"UserData": "{harmless}"}}"#));
        assert!(found.is_empty(), "{found:?}");
        assert!(!format!("{node:?}").contains(harmless));
    }

    #[test]
    fn no_value_of_an_environment_a_command_or_a_log_option_stays() {
        let text = r#"{"Functions": [{"Environment": {"Variables": {"DB": "c4n4ry-s3cr3t", "N": 7}, "Other": ["c4n4ry-s3cr3t"]}}],
              "taskDefinition": {"containerDefinitions": [{"image": "i", "command": "c4n4ry-s3cr3t",
                "environment": [{"name": "PW", "value": "c4n4ry-s3cr3t"}, "c4n4ry-s3cr3t"], "dockerLabels": {"a": "c4n4ry-s3cr3t"},
                "logConfiguration": {"options": {"splunk-token": "c4n4ry-s3cr3t"}}}]},
              "tasks": [{"overrides": {"containerOverrides": [{"name": "n", "command": ["c4n4ry-s3cr3t"], "environment": [{"name": "A", "value": "c4n4ry-s3cr3t"}]}]}}],
              "DeliveryStreamDescription": {"Destinations": [{"HECToken": "c4n4ry-s3cr3t"}, {"AttributeValue": ["c4n4ry-s3cr3t"]}]},
              "Tags": [{"Environment": "prod"}]}"#;
        let (node, _) = redacted(text);
        let environment = node.list("Functions")[0].get("Environment").unwrap();
        let variables = environment.get("Variables").unwrap();
        assert_eq!(variables.str("N"), Some(REDACTED));
        // A tag of that name is none.
        assert_eq!(node.list("Tags")[0].str("Environment"), Some("prod"));
    }

    #[test]
    fn a_connector_keeps_what_names_classes_topics_and_sinks() {
        let text = format!(
            r#"{{"connectorArn": "a", "connectorConfiguration": {{
                "topics": "payments", "database.password": "{CANARY}", "x.y": "{CANARY}",
                "store.url": "https://u:{CANARY}@h",
                "other.password": "${{secretManager:x:y}}"}}}}"#
        );
        let (node, found) = redacted(&text);
        assert_eq!(found, ["secret-in-configuration"; 2]);
        let configuration = node.get("connectorConfiguration").unwrap();
        assert_eq!(configuration.str("topics"), Some("payments"));
        assert_eq!(configuration.str("other.password"), Some(REDACTED));
        assert_eq!(configuration.str("x.y"), Some(REDACTED));
    }

    #[test]
    fn the_properties_of_an_msk_configuration_are_decoded_and_redacted() {
        // auto.create.topics.enable=true, ssl.keystore.password=c4n4ry-s3cr3t
        let blob = "YXV0by5jcmVhdGUudG9waWNzLmVuYWJsZT10cnVlCnNzbC5rZXlzdG9yZS5wYXNzd29yZD1jNG40cnktczNjcjN0Cg==";
        let (node, found) = redacted(&format!(
            r#"{{"Arn": "a", "Revision": 1, "ServerProperties": "{blob}"}}"#
        ));
        assert_eq!(found, ["secret-in-configuration"]);
        let properties = node.get("ServerProperties").unwrap();
        assert_eq!(properties.str("auto.create.topics.enable"), Some("true"));
        assert_eq!(properties.str("ssl.keystore.password"), Some(REDACTED));
        let (node, _) = redacted(r#"{"ServerProperties": "a.b=1\nc.d=2"}"#);
        assert_eq!(node.get("ServerProperties").unwrap().str("c.d"), Some("2"));
    }
}
