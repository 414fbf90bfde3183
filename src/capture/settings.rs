//! Redaction of settings that AWS hands out with everything in them: configurations of connectors
//! and of MSK, environments of functions and containers.
//!
//! Of a connector only keys stay that name classes, topics and sinks; of an environment only names.
//!
//! Must never: keep a value because its key looks harmless; the list of keys that stay is closed.

use std::sync::Arc;

use super::json::{Node, Value};
use super::redact::{REDACTED, property};
use super::{base64, properties};

/// Keys of a connector's configuration whose values stay: they name classes, topics, and sinks.
///
/// Source: Kafka Connect documentation, "Configuring Connectors"; configurations of the S3, Iceberg,
/// `JDBC` and Kinesis sink connectors and of MirrorMaker 2.
const CONNECTOR_KEYS: [&str; 31] = [
    "connector.class",
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

/// Redacts the settings among the members of an object, in place.
pub(super) fn redact(members: &mut [(String, Node)]) {
    let container = members
        .iter()
        .any(|(name, _)| matches!(name.as_str(), "image" | "containerArn"));
    for (name, node) in members {
        match name.as_str() {
            "connectorConfiguration" | "ConnectorConfiguration" => connector(node),
            "ServerProperties" | "serverProperties" => server_properties(node),
            // A plain text of that name is a tag.
            "Environment" | "environment" | "options" if node.as_str().is_none() => values(node),
            "containerOverrides" | "AttributeValue" | "HECToken" => values(node),
            "command" | "entryPoint" | "dockerLabels" if container => values(node),
            _ => {}
        }
    }
}

fn connector(node: &mut Node) {
    let Value::Object(members) = &mut node.value else {
        values(node);
        return;
    };
    for (key, value) in members {
        let kept = CONNECTOR_KEYS.contains(&key.to_ascii_lowercase().as_str());
        let text = value.as_str().filter(|_| kept);
        value.value = Value::String(
            text.map_or_else(|| REDACTED.to_owned(), |text| property(key, text).value),
        );
    }
}

/// Replaces the properties of an MSK configuration, which come in base64, by an object of redacted
/// ones.
fn server_properties(node: &mut Node) {
    let Some(text) = node.as_str() else {
        return;
    };
    let decoded = base64::decode(text).and_then(|bytes| String::from_utf8(bytes).ok());
    let plain = decoded.unwrap_or_else(|| text.to_owned());
    let file: Arc<str> = Arc::from(node.source.file());
    let (lines, _) = properties::parse(&file, &plain);
    let source = node.source.clone();
    let members = lines.into_iter().map(|line| {
        let value = Value::String(line.value);
        let source = source.clone();
        (line.key, Node { source, value })
    });
    node.value = Value::Object(members.collect());
}

/// Replaces every text; names of variables stay.
fn values(node: &mut Node) {
    match &mut node.value {
        Value::String(text) => REDACTED.clone_into(text),
        Value::Number(_) => node.value = Value::String(REDACTED.to_owned()),
        Value::Array(items) => items.iter_mut().for_each(values),
        Value::Object(members) => {
            for (_, value) in members.iter_mut().filter(|(name, _)| name != "name") {
                values(value);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::redact;
    use super::*;

    const CANARY: &str = "c4n4ry-s3cr3t";

    fn cleaned(text: &str) -> Node {
        let mut node = Node::parse(&Arc::from("f"), text).unwrap();
        redact::json(&mut node);
        node
    }

    #[test]
    fn no_value_of_a_connector_or_an_environment_stays_but_those_that_name_topics_and_sinks() {
        let node = cleaned(
            r#"{"connectors": [{"connectorConfiguration": {"connector.class": "io.S3SinkConnector", "topics": "pay",
                "s3.bucket.name": "lake", "database.password": "c4n4ry-s3cr3t", "snowflake.private.key": "c4n4ry-s3cr3t",
                "connection.url": "jdbc:x?p=c4n4ry-s3cr3t", "store.url": "https://u:c4n4ry-s3cr3t@h"}}],
              "Functions": [{"Environment": {"Variables": {"DB": "c4n4ry-s3cr3t", "N": 7}}}],
              "taskDefinition": {"containerDefinitions": [{"image": "i", "command": ["c4n4ry-s3cr3t"],
                "environment": [{"name": "PW", "value": "c4n4ry-s3cr3t"}],
                "logConfiguration": {"options": {"splunk-token": "c4n4ry-s3cr3t"}}}]},
              "tasks": [{"overrides": {"containerOverrides": [{"name": "n", "command": ["c4n4ry-s3cr3t"], "environment": [{"name": "A", "value": "c4n4ry-s3cr3t"}]}]}}],
              "DeliveryStreamDescription": {"Destinations": [{"SplunkDestinationDescription": {"HECToken": "c4n4ry-s3cr3t"}}]}}"#,
        );
        assert!(!format!("{node:?}").contains(CANARY), "{node:?}");
        let connector = node.list("connectors")[0]
            .get("connectorConfiguration")
            .unwrap();
        assert_eq!(connector.str("topics"), Some("pay"));
        assert_eq!(connector.str("s3.bucket.name"), Some("lake"));
        assert_eq!(connector.str("connection.url"), Some(REDACTED));
        let environment = node.list("Functions")[0].get("Environment").unwrap();
        assert_eq!(
            environment.get("Variables").unwrap().str("N"),
            Some(REDACTED)
        );
    }

    #[test]
    fn the_properties_of_a_configuration_are_decoded_and_redacted() {
        // auto.create.topics.enable=true, ssl.keystore.password=c4n4ry-s3cr3t
        let text = "YXV0by5jcmVhdGUudG9waWNzLmVuYWJsZT10cnVlCnNzbC5rZXlzdG9yZS5wYXNzd29yZD1jNG40cnktczNjcjN0Cg==";
        let node = cleaned(&format!("{{\"ServerProperties\": \"{text}\"}}"));
        let properties = node.get("ServerProperties").unwrap();
        assert_eq!(properties.str("auto.create.topics.enable"), Some("true"));
        assert_eq!(properties.str("ssl.keystore.password"), Some(REDACTED));
        let plain = cleaned("{\"ServerProperties\": \"a.b=1\\nc.d=2\"}");
        assert_eq!(plain.get("ServerProperties").unwrap().str("c.d"), Some("2"));
    }
}
