//! Security groups, both ways.

use super::answers::*;
use catchment::network::{Sender, Target, admit};
use catchment::reach::Strength::{Always, Conditional, Gap, Never};
use serde_json::json;

fn admits(ingress: &serde_json::Value) -> catchment::reach::Strength {
    Answers::new().admitting(ingress).app()
}

#[test]
fn groups_are_allow_only_and_match_protocol_and_port() {
    let rule = |protocol: &str, ports: Option<(u16, u16)>| {
        let mut rule = json!({"IpProtocol": protocol, "UserIdGroupPairs": [{"GroupId": "sg-app"}]});
        if let Some((from, to)) = ports {
            rule["FromPort"] = json!(from);
            rule["ToPort"] = json!(to);
        }
        json!([rule])
    };
    assert_eq!(admits(&json!([])), Never);
    assert_eq!(admits(&rule("tcp", Some((9092, 9094)))), Always);
    assert_eq!(admits(&rule("tcp", Some((9093, 9094)))), Never);
    assert_eq!(admits(&rule("6", None)), Always);
    assert_eq!(admits(&rule("-1", None)), Always);
    assert_eq!(admits(&rule("udp", Some((9092, 9092)))), Never);
}

#[test]
fn a_reference_matches_members_and_a_block_matches_private_addresses() {
    assert_eq!(admits(&from_group("sg-app")), Always);
    assert_eq!(admits(&from_group("sg-other")), Never);
    assert_eq!(admits(&from("10.0.2.0/24")), Always);
    assert_eq!(admits(&from("10.0.3.0/24")), Never);
}

#[test]
fn the_groups_of_the_sender_must_let_it_out() {
    let mut answers = Answers::new();
    let mut closed = group("sg-app", "vpc-a", &json!([]));
    let egress = |to: &str| json!([tcp(&json!({"IpRanges": [{"CidrIp": to}]}))]);
    let mut strength = |rules: serde_json::Value| {
        closed["IpPermissionsEgress"] = rules;
        let groups = json!({"SecurityGroups": [
            group("sg-broker", "vpc-a", &from("10.0.0.0/8")), closed,
        ]});
        answers.set("ec2-describe-security-groups", groups).app()
    };
    assert_eq!(strength(json!([])), Never);
    assert_eq!(strength(egress("10.0.1.0/24")), Always);
    assert_eq!(strength(egress("10.0.9.0/24")), Never);
    assert_eq!(strength(from_group("sg-broker")), Always);
}

#[test]
fn a_new_host_is_put_into_groups_of_its_own_vpc() {
    let mut answers = Answers::new();
    assert_eq!(
        answers.admitting(&from_group("sg-app")).subnet("subnet-a2"),
        Always
    );
    assert_eq!(
        answers
            .admitting(&from_group("sg-other"))
            .subnet("subnet-a2"),
        Never
    );
    // Every group of the VPC keeps it in.
    let mut broker = group("sg-broker", "vpc-a", &from("10.0.0.0/8"));
    broker["IpPermissionsEgress"] = json!([]);
    answers.set(
        "ec2-describe-security-groups",
        json!({"SecurityGroups": [broker]}),
    );
    assert_eq!(answers.subnet("subnet-a2"), Never);
}

#[test]
fn a_new_host_has_some_address_of_its_subnet() {
    let mut answers = Answers::new();
    assert_eq!(
        answers
            .admitting(&from("10.0.2.128/25"))
            .subnet("subnet-a2"),
        Always
    );
    assert_eq!(
        answers.admitting(&from("10.0.3.0/24")).subnet("subnet-a2"),
        Never
    );
}

#[test]
fn groups_that_were_not_read_are_a_gap() {
    let mut answers = Answers::new();
    let groups = json!({"SecurityGroups": [group("sg-broker", "vpc-a", &from("10.0.0.0/8"))]});
    assert_eq!(
        answers.set("ec2-describe-security-groups", groups).app(),
        Gap
    );
    let groups = json!({"SecurityGroups": [group("sg-app", "vpc-a", &json!([]))]});
    assert_eq!(
        answers.set("ec2-describe-security-groups", groups).app(),
        Gap
    );
    // An interface without groups in the answer is one whose groups are not known.
    let mut answers = Answers::new();
    answers.host("i-broker", |host| {
        host["SecurityGroups"] = json!([]);
        host["NetworkInterfaces"][0]["Groups"] = json!([]);
    });
    assert_eq!(answers.app(), Gap);
}

#[test]
fn prefix_lists_are_resolved_and_unread_entries_are_a_gap() {
    let mut answers = Answers::new();
    answers.admitting(&json!([tcp(
        &json!({"PrefixListIds": [{"PrefixListId": "pl-1"}]})
    )]));
    assert_eq!(answers.app(), Gap);
    let list = json!({"PrefixLists": [{"PrefixListId": "pl-1", "PrefixListName": "apps", "OwnerId": ACCOUNT}]});
    answers.set("ec2-describe-managed-prefix-lists", list);
    assert_eq!(answers.app(), Gap);
    let entries = |block: &str| json!({"Entries": [{"Cidr": block, "Description": ""}]});
    let file = "ec2-get-managed-prefix-list-entries/pl-1";
    assert_eq!(answers.set(file, entries("10.0.2.0/24")).app(), Always);
    assert_eq!(answers.set(file, entries("10.0.3.0/24")).app(), Never);
}

#[test]
fn each_interface_of_a_host_has_its_own_groups_and_subnet() {
    let mut answers = Answers::new();
    // A second interface in another subnet, whose group admits nobody.
    answers
        .admitting(&from("10.0.0.0/8"))
        .host("i-broker", |host| {
            let second = json!({
                "NetworkInterfaceId": "eni-2", "VpcId": "vpc-a", "SubnetId": "subnet-a2",
                "PrivateIpAddress": "10.0.2.11", "Groups": [{"GroupId": "sg-app"}]
            });
            host["NetworkInterfaces"]
                .as_array_mut()
                .unwrap()
                .push(second);
        });
    // Nothing gets out of subnet-a2 but within it, where the closed interface is.
    answers.acls(&[
        open_acl("acl-1", &["subnet-a1"]),
        acl("acl-2", &["subnet-a2"], &[]),
    ]);
    assert_eq!(answers.app(), Never);
}

#[test]
fn the_evidence_names_the_rules_of_both_sides_and_their_places() {
    let answers = Answers::new();
    let admission = answers.host_to_broker("i-app");
    assert_eq!(
        says(&admission),
        [
            "sg-broker (sg-broker) admits port 9092 from 10.0.0.0/8",
            "sg-app (sg-app) lets out all traffic to 0.0.0.0/0",
            "entry 100 of network ACL acl-1 lets out all traffic to 0.0.0.0/0",
            "entry 100 of network ACL acl-1 lets in all traffic from 0.0.0.0/0",
        ]
    );
    assert!(
        admission
            .evidence
            .iter()
            .all(|e| e.removable && e.source().is_some())
    );
    assert_eq!(admission.strength, Always);
}

#[test]
fn clients_sit_where_some_rule_admits_them_or_nowhere() {
    let ask = |ingress: &serde_json::Value| {
        let mut answers = Answers::new();
        let estate = answers.admitting(ingress).estate();
        let target = Target::host(&estate, &estate.hosts["i-broker"], PORT);
        admit(&estate, Sender::Client, &target).strength
    };
    assert_eq!(ask(&from("10.9.0.0/16")), Conditional);
    assert_eq!(ask(&json!([])), Never);
}

#[test]
fn a_mount_target_is_reached_on_the_port_of_nfs() {
    use catchment::estate::{FileSystem, FileSystemKind, MountTarget, Origin, Seen};
    let mut answers = Answers::new();
    let rule = json!([{"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, "IpRanges": [{"CidrIp": "10.0.2.0/24"}]}]);
    let estate = answers.admitting(&rule).estate();
    let origin = Origin::Captured(catchment::capture::Source::new("efs.json", 1, ""));
    let system = FileSystem {
        id: "fs-1".to_owned(),
        arn: String::new(),
        account: ACCOUNT.to_owned(),
        region: "eu-west-1".to_owned(),
        kind: FileSystemKind::Efs,
        encrypted: Seen::Is(true),
        key: None,
        policy: Seen::Absent,
        mount_targets: Seen::Is(Vec::new()),
        tags: std::collections::BTreeMap::new(),
        origin: origin.clone(),
    };
    let mut mount = MountTarget {
        id: "fsmt-1".to_owned(),
        subnet: Some("subnet-a1".to_owned()),
        address: Some("10.0.1.77".to_owned()),
        interface: None,
        groups: Seen::Is(vec!["sg-broker".to_owned()]),
        origin,
    };
    let ask = |mount: &MountTarget, from: &str| {
        let target = Target::mount(&estate, &system, mount);
        admit(&estate, Sender::Host(&estate.hosts[from]), &target).strength
    };
    assert_eq!(ask(&mount, "i-app"), Always);
    assert_eq!(ask(&mount, "i-other"), Never);
    mount.groups = Seen::Unread("efs:DescribeMountTargetSecurityGroups".into());
    assert_eq!(ask(&mount, "i-app"), Gap);
    mount.groups = Seen::Is(vec!["sg-broker".to_owned()]);
    // Some address of its subnet, and all of them are open to the application.
    mount.address = None;
    assert_eq!(ask(&mount, "i-app"), Always);
    mount.subnet = None;
    assert_eq!(ask(&mount, "i-app"), Gap);
}

#[test]
fn an_interface_without_instance_is_a_target_too() {
    let mut answers = Answers::new();
    let interface = json!({"NetworkInterfaces": [{
        "NetworkInterfaceId": "eni-msk", "OwnerId": ACCOUNT, "VpcId": "vpc-a", "SubnetId": "subnet-a1",
        "PrivateIpAddress": "10.0.1.50", "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.1.50"}],
        "Groups": [{"GroupId": "sg-broker"}]
    }]});
    let estate = answers
        .set("ec2-describe-network-interfaces", interface)
        .estate();
    let target = Target::interface(&estate, &estate.interfaces["eni-msk"], PORT);
    let ask = |from: &str| admit(&estate, Sender::Host(&estate.hosts[from]), &target).strength;
    assert_eq!((ask("i-app"), ask("i-other")), (Always, Never));
}

#[test]
fn an_address_that_nobody_chose_and_nobody_knows_is_certain_only_for_all_of_the_subnet() {
    let mut answers = Answers::new();
    answers.host("i-app", |host| {
        for place in [&["NetworkInterfaces"][..], &[]] {
            let members = match place {
                [list] => &mut host[*list][0],
                _ => &mut *host,
            };
            members.as_object_mut().unwrap().remove("PrivateIpAddress");
        }
        host["NetworkInterfaces"][0]["PrivateIpAddresses"] = json!([]);
    });
    assert_eq!(answers.admitting(&from("10.0.2.0/24")).app(), Always);
    assert_eq!(answers.admitting(&from("10.0.2.0/25")).app(), Conditional);
    assert_eq!(answers.admitting(&from("10.0.3.0/24")).app(), Never);
}
