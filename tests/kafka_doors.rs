//! Whom a listener admits, and that a listener nobody read may admit anyone.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and says where"
)]

mod support;

use catchment::reach::Strength;
use support::{Files, fixture, strength, view};

const TOPICS: &str = "Topic: orders\tTopicId: AAAAAAAAAAAAAAAAAAAAAA\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: \n\tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\n";

/// A cluster of one broker, without any AWS answer.
fn cluster(listener: &str, acls: &str) -> Files {
    let properties = format!(
        "node.id=1\nprocess.roles=broker\nlog.dirs=/data\n{listener}\nauthorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
    );
    Files::from([
        ("kafka/c/server-1.properties".to_owned(), properties),
        ("kafka/c/acls.txt".to_owned(), acls.to_owned()),
        ("kafka/c/topics-describe.txt".to_owned(), TOPICS.to_owned()),
    ])
}

fn may_read(principal: &str) -> String {
    format!(
        "Current ACLs for resource `ResourcePattern(resourceType=TOPIC, name=orders, patternType=LITERAL)`:\n \t(principal={principal}, host=*, operation=READ, permissionType=ALLOW)\n"
    )
}

fn mutual_tls(auth: &str) -> String {
    format!(
        "listeners=CLIENT://b1:9093\nlistener.security.protocol.map=CLIENT:SSL\nssl.client.auth={auth}"
    )
}

#[test]
fn the_subject_of_a_certificate_need_not_have_a_common_name() {
    let files = cluster(&mutual_tls("required"), &may_read("User:OU=billing,O=acme"));
    let view = view(&files, None);
    assert!(strength(&view, "kafka User:OU=billing,O=acme", "orders") >= Strength::Conditional);
}

#[test]
fn a_plain_name_is_no_subject_where_nothing_maps_subjects() {
    let files = cluster(&mutual_tls("required"), &may_read("User:billing"));
    let mapped = format!(
        "{}\nssl.principal.mapping.rules=RULE:^CN=(.*?),.*$/$1/,DEFAULT",
        mutual_tls("required")
    );
    let with_rules = view(&cluster(&mapped, &may_read("User:billing")), None);
    let view = view(&files, None);
    assert_eq!(
        strength(&view, "kafka User:billing", "orders"),
        Strength::Never
    );
    assert_eq!(
        strength(&with_rules, "kafka User:billing", "orders"),
        Strength::Conditional
    );
}

#[test]
fn a_requested_certificate_admits_its_subject_and_everybody_without_one() {
    let subject = "User:CN=billing,O=acme";
    let files = cluster(&mutual_tls("requested"), &may_read(subject));
    let view = view(&files, None);
    assert!(strength(&view, &format!("kafka {subject}"), "orders") >= Strength::Conditional);
    let open = cluster(&mutual_tls("requested"), &may_read("User:ANONYMOUS"));
    let open = support::view(&open, None);
    assert!(strength(&open, "anonymous", "orders") >= Strength::Conditional);
}

#[test]
fn listeners_that_nobody_read_may_admit_anyone() {
    let mut files = fixture("small/pier");
    files.retain(|path, _| !path.ends_with(".properties"));
    let view = view(&files, None);
    for principal in [
        "kafka User:settlement",
        "anonymous",
        "host i-0a10c6d2a7e4f9041",
    ] {
        assert_eq!(
            strength(&view, principal, "payments"),
            Strength::Gap,
            "{principal}"
        );
    }
}
