//! Network ACLs: numbered, without memory, on every subnet's edge.

use super::answers::*;
use catchment::reach::Strength::{Always, Conditional, Never};
use serde_json::{Value, json};

const ALL: &str = "0.0.0.0/0";

/// The network ACL of the broker's subnet has these entries; that of the application is open.
fn with(entries: &[Value]) -> Answers {
    let mut answers = Answers::new();
    let own = acl("acl-broker", &["subnet-a1"], entries);
    answers.acls(&[own, open_acl("acl-1", &["subnet-a2", "subnet-b1"])]);
    answers
}

#[test]
fn a_nacl_deny_before_the_allow_blocks() {
    let out = entry(100, true, true, ALL, None);
    let allow = entry(100, false, true, ALL, None);
    let deny = |number| entry(number, false, false, "10.0.2.0/24", Some((9092, 9092)));
    let before = with(&[allow.clone(), out.clone(), deny(90)]);
    let admission = before.host_to_broker("i-app");
    assert_eq!(admission.strength, Never);
    assert_eq!(
        says(&admission),
        ["entry 90 of network ACL acl-broker keeps out port 9092 from 10.0.2.0/24"]
    );
    assert_eq!(with(&[allow.clone(), out.clone(), deny(110)]).app(), Always);
    let elsewhere = entry(90, false, false, "10.0.3.0/24", None);
    assert_eq!(with(&[allow, out, elsewhere]).app(), Always);
}

#[test]
fn what_no_entry_matches_is_denied() {
    let out = entry(100, true, true, ALL, None);
    let other_port = entry(100, false, true, ALL, Some((443, 443)));
    assert_eq!(with(&[out.clone(), other_port]).app(), Never);
    let udp = json!({"RuleNumber": 100, "Egress": false, "RuleAction": "allow", "CidrBlock": ALL, "Protocol": "17"});
    assert_eq!(with(&[out, udp]).app(), Never);
}

#[test]
fn return_traffic_needs_the_ephemeral_ports_in_the_nacl() {
    let allow = entry(100, false, true, ALL, None);
    assert_eq!(with(std::slice::from_ref(&allow)).app(), Never);
    let reply = |from, to| entry(100, true, true, ALL, Some((from, to)));
    assert_eq!(with(&[allow.clone(), reply(1024, 65535)]).app(), Always);
    // The sender picks its port, so one is enough.
    assert_eq!(with(&[allow.clone(), reply(50000, 50000)]).app(), Always);
    // Below 1024 it needs to be privileged.
    assert_eq!(with(&[allow, reply(443, 443)]).app(), Conditional);
}

#[test]
fn the_reply_must_pass_both_subnets_on_one_port() {
    let mut answers = with(&[
        entry(100, false, true, ALL, None),
        entry(100, true, true, ALL, Some((32768, 60999))),
    ]);
    let sender = |from, to| {
        let entries = [
            entry(100, true, true, ALL, None),
            entry(100, false, true, ALL, Some((from, to))),
        ];
        let broker = [
            entry(100, false, true, ALL, None),
            entry(100, true, true, ALL, Some((32768, 60999))),
        ];
        [
            acl("acl-app", &["subnet-a2"], &entries),
            acl("acl-broker", &["subnet-a1"], &broker),
        ]
    };
    assert_eq!(answers.acls(&sender(60000, 65535)).app(), Always);
    assert_eq!(answers.acls(&sender(61000, 65535)).app(), Never);
}

#[test]
fn within_a_subnet_no_nacl_is_asked() {
    let mut answers = with(&[]);
    assert_eq!(answers.app(), Never);
    answers.host("i-app", |host| {
        host["SubnetId"] = json!("subnet-a1");
        host["NetworkInterfaces"][0]["SubnetId"] = json!("subnet-a1");
    });
    assert_eq!(answers.app(), Always);
}

#[test]
fn an_unread_nacl_is_conditional() {
    let mut answers = Answers::new();
    answers.without("ec2-describe-network-acls");
    let admission = answers.host_to_broker("i-app");
    assert_eq!(admission.strength, Conditional);
    // One note for both edges and both ways.
    assert_eq!(
        notes(&admission),
        ["network ACLs: ec2:DescribeNetworkAcls of account 111122223333 in eu-west-1"]
    );
    answers.config("[assume]\nnetwork-acls = \"allow-all\"\n");
    assert_eq!(answers.app(), Always);
}

#[test]
fn the_assumption_is_about_nacls_that_were_not_read() {
    let mut answers = with(&[]);
    answers.config("[assume]\nnetwork-acls = \"allow-all\"\n");
    assert_eq!(answers.app(), Never);
}

#[test]
fn an_entry_that_cannot_be_read_may_decide() {
    let mut odd = entry(50, false, false, "everything", None);
    let rest = [
        entry(100, false, true, ALL, None),
        entry(100, true, true, ALL, None),
    ];
    let with_odd = |odd: &Value| with(&[odd.clone(), rest[0].clone(), rest[1].clone()]).app();
    assert_eq!(with_odd(&odd), Conditional);
    odd["RuleAction"] = json!("allow");
    assert_eq!(with_odd(&odd), Always);
    // An allow that may match is no certain no.
    assert_eq!(with(&[odd, rest[1].clone()]).app(), Conditional);
}

#[test]
fn a_new_host_picks_an_address_that_the_nacl_spares() {
    let spared = with(&[
        entry(50, false, false, "10.0.2.0/25", None),
        entry(100, false, true, ALL, None),
        entry(100, true, true, ALL, None),
    ]);
    assert_eq!(spared.app(), Never);
    assert_eq!(spared.subnet("subnet-a2"), Always);
}
