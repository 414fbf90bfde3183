//! Brokers of one cluster that are configured differently, and brokers that AWS runs.

mod support;

use catchment::reach::Strength;
use support::{Files, cells, fixture, view};

const SERVER: &str = "kafka/quay/server-1.properties";

fn quay() -> Files {
    let mut files = fixture("small/kafka-default-allow");
    let server = files[SERVER].replace(
        "allow.everyone.if.no.acl.found=true",
        "allow.everyone.if.no.acl.found=false",
    );
    files.insert(SERVER.to_owned(), server);
    files
}

/// A second broker on the same host, like the first but for one replacement.
fn second(files: &mut Files, from: &str, to: &str) {
    let text = files[SERVER]
        .replace("node.id=1", "node.id=2")
        .replace(from, to);
    files.insert("kafka/quay/server-2.properties".to_owned(), text);
}

fn reads(files: &Files, principal: &str) -> Strength {
    let cells = cells(&view(files, None));
    let theirs = cells
        .iter()
        .filter(|((who, asset), _)| who.contains(principal) && asset == "clickstream");
    theirs.map(|(_, s)| *s).max().unwrap_or(Strength::Never)
}

fn told(files: &Files) -> (bool, bool) {
    let view = view(files, None);
    let mut diagnostics = view.estate.diagnostics.iter();
    let noted = diagnostics.any(|d| d.code == "brokers-disagree");
    let rules = &view.derivation.rules;
    (noted, format!("{rules:?}").contains("brokers disagree"))
}

#[test]
fn where_brokers_disagree_the_most_permissive_counts_and_it_is_said() {
    let strict = quay();
    assert_eq!(told(&strict), (false, false));
    assert_eq!(reads(&strict, "User:bob"), Strength::Never);
    for (from, to) in [
        (
            "allow.everyone.if.no.acl.found=false",
            "allow.everyone.if.no.acl.found=true",
        ),
        (
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "",
        ),
        ("log.dirs", "super.users=User:bob\nlog.dirs"),
    ] {
        let mut files = strict.clone();
        second(&mut files, from, to);
        assert_eq!(reads(&files, "User:bob"), Strength::Conditional, "{to}");
        assert_eq!(told(&files), (true, true), "{to}");
    }
    let mut same = strict.clone();
    second(&mut same, "log.dirs", "log.dirs");
    assert_eq!(told(&same), (false, false));
    assert_eq!(reads(&same, "User:bob"), Strength::Never);
}

#[test]
fn a_node_that_serves_no_topics_opens_none() {
    let mut files = quay();
    second(
        &mut files,
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "",
    );
    let name = "kafka/quay/server-2.properties";
    let text = files[name].replace(
        "process.roles=broker,controller",
        "process.roles=controller",
    );
    files.insert(name.to_owned(), text);
    assert_eq!(reads(&files, "User:bob"), Strength::Never);
}

/// A cluster of Amazon MSK with an ACL for bob, in a folder of its own.
fn msk(authentication: &str) -> Files {
    let mut files = fixture("small/kafka-default-allow");
    files.retain(|path, _| !path.starts_with("kafka/quay/server"));
    let list = format!(
        r#"{{"ClusterInfoList": [{{"ClusterType": "PROVISIONED", "ClusterArn": "arn:aws:kafka:eu-west-1:111122223333:cluster/quay/u-1", "ClusterName": "quay", "State": "ACTIVE",
        "Provisioned": {{"BrokerNodeGroupInfo": {{"ClientSubnets": ["subnet-1"], "SecurityGroups": ["sg-1"], "ConnectivityInfo": {{"PublicAccess": {{"Type": "DISABLED"}}}}}},
        "NumberOfBrokerNodes": 1, "CurrentBrokerSoftwareInfo": {{}}, "EncryptionInfo": {{"EncryptionInTransit": {{"ClientBroker": "TLS"}}}},
        "ClientAuthentication": {authentication}}}}}]}}"#
    );
    let path = "accounts/111122223333/eu-west-1/kafka-list-clusters-v2.json";
    files.insert(path.to_owned(), list);
    files
}

#[test]
fn brokers_whose_interfaces_were_not_read_are_reachable_at_a_gap_and_never_out_of_reach() {
    let files = msk(r#"{"Sasl": {"Scram": {"Enabled": true}}}"#);
    let strength = reads(&files, "User:bob");
    // Clients of the cluster are there: what their network admits is the doubt.
    assert_eq!(strength, Strength::Conditional);
    // Who is no client, and who sits anywhere: the interfaces may admit them.
    let open = msk("{}");
    assert_eq!(reads(&open, "host i-"), Strength::Gap);
    assert_eq!(reads(&open, "anonymous"), Strength::Conditional);
}

#[test]
fn a_listener_for_iam_credentials_admits_no_user_with_a_password() {
    let files =
        msk(r#"{"Sasl": {"Iam": {"Enabled": true}}, "Unauthenticated": {"Enabled": false}}"#);
    assert_eq!(reads(&files, "User:bob"), Strength::Never);
}

#[test]
fn a_listener_that_was_not_read_is_a_gap_even_for_those_who_could_reach_it() {
    let files = msk(r#"{}, "Other": {}"#);
    let unread = files
        .iter()
        .map(|(path, text)| {
            let empty = r#""EncryptionInfo": {}"#;
            let full = r#""EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS"}}"#;
            (path.clone(), text.replace(full, empty))
        })
        .collect();
    assert_eq!(reads(&unread, "User:bob"), Strength::Gap);
}

#[test]
fn the_default_of_msk_lets_every_user_read_topics_without_acl_and_its_configuration_may_not() {
    // `clickstream` has no ACL, and no file says what the default is.
    let by_default = msk(r#"{"Sasl": {"Scram": {"Enabled": true}}}"#);
    assert_eq!(reads(&by_default, "User:alice"), Strength::Conditional);
    let arn = "arn:aws:kafka:eu-west-1:111122223333:configuration/c/u";
    let named = format!(
        r#""CurrentBrokerSoftwareInfo": {{"ConfigurationArn": "{arn}", "ConfigurationRevision": 1}}"#
    );
    let mut configured: Files = by_default
        .iter()
        .map(|(path, text)| {
            let none = r#""CurrentBrokerSoftwareInfo": {}"#;
            (path.clone(), text.replace(none, &named))
        })
        .collect();
    // Not read: not known to be shut.
    assert_eq!(reads(&configured, "User:alice"), Strength::Gap);
    let revision = format!(
        r#"{{"Arn": "{arn}", "Revision": 1, "ServerProperties": "allow.everyone.if.no.acl.found=false"}}"#
    );
    let path = "accounts/111122223333/eu-west-1/revision.json";
    configured.insert(path.to_owned(), revision);
    assert_eq!(reads(&configured, "User:alice"), Strength::Never);
}

#[test]
fn the_map_counts_what_managed_services_were_read() {
    let mut files = msk(r#"{"Sasl": {"Scram": {"Enabled": true}}}"#);
    let folder = "accounts/111122223333/eu-west-1";
    let mapping = r#"{"EventSourceMappings": [{"UUID": "m", "EventSourceArn": "arn:aws:kafka:eu-west-1:111122223333:cluster/quay/u-1", "FunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:f", "Topics": ["payments"]}]}"#;
    let system = r#"{"FileSystems": [{"CreationToken": "t", "FileSystemId": "fs-1", "OwnerId": "111122223333"}]}"#;
    files.insert(format!("{folder}/mappings.json"), mapping.to_owned());
    files.insert(format!("{folder}/systems.json"), system.to_owned());
    let map = catchment::query::map(&view(&files, None));
    let count = |kind: &str| {
        let found = map.read.iter().find(|c| c.kind == kind);
        found.map(|c| c.count)
    };
    assert_eq!(count("managed consumers"), Some(1));
    assert_eq!(count("file systems"), Some(1));
    assert_eq!(count("trails"), Some(0));
}
