//! VPC Block Public Access: what passes internet gateways.

use super::answers::*;
use super::balancers::fronted;
use catchment::network::Sender;
use catchment::network::leaves_by;
use catchment::reach::Strength::{self, Always, Conditional, Gap, Never};
use serde_json::{Value, json};

const EXCLUSIONS: &str = "ec2-describe-vpc-block-public-access-exclusions";

/// A broker with a public address, open to everybody.
fn open() -> Answers {
    let mut answers = Answers::new();
    answers.public("i-broker", "203.0.113.10");
    answers.tables(
        &[route("0.0.0.0/0", "GatewayId", "igw-a")],
        &[route("0.0.0.0/0", "GatewayId", "igw-b")],
    );
    answers.admitting(&from("0.0.0.0/0"));
    answers.set(EXCLUSIONS, excluded(&[]));
    answers
}

fn excluded(all: &[(&str, &str)]) -> Value {
    let all: Vec<Value> = all
        .iter()
        .map(|(id, mode)| {
            let kind = id.split('-').next().unwrap();
            json!({
                "ExclusionId": format!("vpcbpa-exclude-{id}"),
                "InternetGatewayExclusionMode": mode, "State": "create-complete",
                "ResourceArn": format!("arn:aws:ec2:eu-west-1:{ACCOUNT}:{kind}/{id}")
            })
        })
        .collect();
    json!({"VpcBlockPublicAccessExclusions": all})
}

/// The other VPC's host behind a NAT gateway, to the broker's public address.
fn behind_nat() -> Answers {
    let mut answers = open();
    let mut of_gateway = table(
        "rtb-nat",
        "vpc-b",
        &[route("0.0.0.0/0", "GatewayId", "igw-b")],
    );
    of_gateway["Associations"] = json!([{"SubnetId": "subnet-b2", "RouteTableId": "rtb-nat"}]);
    let tables = vec![
        table(
            "rtb-a",
            "vpc-a",
            &[route("0.0.0.0/0", "GatewayId", "igw-a")],
        ),
        table(
            "rtb-b",
            "vpc-b",
            &[route("0.0.0.0/0", "NatGatewayId", "nat-b")],
        ),
        of_gateway,
    ];
    answers.set("ec2-describe-route-tables", json!({"RouteTables": tables}));
    answers.set("ec2-describe-nat-gateways", json!({"NatGateways": [{
        "NatGatewayId": "nat-b", "VpcId": "vpc-b", "SubnetId": "subnet-b2", "State": "available",
        "NatGatewayAddresses": [{"PrivateIp": "10.1.2.5", "PublicIp": "198.51.100.7"}]
    }]}));
    answers.acls(&[open_acl(
        "acl-1",
        &["subnet-a1", "subnet-a2", "subnet-b1", "subnet-b2"],
    )]);
    answers
}

#[test]
fn both_modes_keep_the_internet_out() {
    assert_eq!(open().internet(), Always);
    for mode in ["block-bidirectional", "block-ingress"] {
        assert_eq!(open().public_access(mode).internet(), Never, "{mode}");
        // Within the VPC nothing passes an internet gateway.
        assert_eq!(open().public_access(mode).app(), Always, "{mode}");
    }
}

#[test]
fn an_excluded_vpc_or_subnet_is_open_when_it_is_so_in_both_directions() {
    for mode in ["block-bidirectional", "block-ingress"] {
        for (id, allows, expected) in [
            ("vpc-a", "allow-bidirectional", Always),
            ("subnet-a1", "allow-bidirectional", Always),
            ("subnet-a2", "allow-bidirectional", Never),
            ("vpc-b", "allow-bidirectional", Never),
            ("vpc-a", "allow-egress", Never),
        ] {
            let mut answers = open();
            answers.set(EXCLUSIONS, excluded(&[(id, allows)]));
            assert_eq!(
                answers.public_access(mode).internet(),
                expected,
                "{mode} {id} {allows}"
            );
        }
    }
}

#[test]
fn an_exclusion_that_is_being_made_is_a_condition_and_one_that_is_gone_is_none() {
    for (state, expected) in [
        ("create-in-progress", Conditional),
        ("delete-in-progress", Conditional),
        ("delete-complete", Never),
        ("update-complete", Always),
    ] {
        let mut answers = open();
        let mut all = excluded(&[("vpc-a", "allow-bidirectional")]);
        all["VpcBlockPublicAccessExclusions"][0]["State"] = json!(state);
        answers.set(EXCLUSIONS, all);
        assert_eq!(
            answers.public_access("block-ingress").internet(),
            expected,
            "{state}"
        );
    }
}

#[test]
fn options_that_were_not_read_are_a_condition_and_exclusions_a_gap() {
    let mut answers = open();
    answers.without("ec2-describe-vpc-block-public-access-options");
    assert_eq!(answers.internet(), Conditional);
    let open_calls = |answers: &Answers| -> Vec<String> {
        let estate = answers.estate();
        let calls = estate.open_calls().map(|(call, _)| call.call.clone());
        calls
            .filter(|call| call.contains("BlockPublicAccess"))
            .collect()
    };
    let options = "ec2:DescribeVpcBlockPublicAccessOptions";
    assert_eq!(open_calls(&answers), [options]);
    answers.config("[assume]\nvpc-block-public-access = \"off\"\n");
    assert_eq!(answers.internet(), Always);
    assert!(open_calls(&answers).is_empty());
    let mut answers = open();
    answers.public_access("block-ingress").without(EXCLUSIONS);
    assert_eq!(answers.internet(), Gap);
    assert_eq!(
        open_calls(&answers),
        ["ec2:DescribeVpcBlockPublicAccessExclusions"]
    );
    // Where nothing is blocked, they change nothing.
    assert_eq!(answers.public_access("off").internet(), Always);
    assert!(open_calls(&answers).is_empty());
}

#[test]
fn a_mode_that_is_being_changed_or_cannot_be_read_is_a_condition() {
    let mut answers = open();
    assert_eq!(
        answers.public_access("block-sideways").internet(),
        Conditional
    );
    let file = "ec2-describe-vpc-block-public-access-options";
    answers.set(
        file,
        json!({"VpcBlockPublicAccessOptions": {
            "State": "update-in-progress", "InternetGatewayBlockMode": "block-ingress"
        }}),
    );
    assert_eq!(answers.internet(), Conditional);
}

#[test]
fn nothing_begins_inside_but_behind_nat_gateways_while_ingress_is_blocked() {
    // Both VPCs are of one account: the broker's is excluded, so that only the way out is asked.
    let broker_s = ("vpc-a", "allow-bidirectional");
    let other = |mode: &str, through_nat: bool, more: &[(&str, &str)]| -> Strength {
        let mut answers = if through_nat { behind_nat() } else { open() };
        if !through_nat {
            answers.public("i-other", "203.0.113.30");
        }
        let all: Vec<_> = more.iter().copied().chain([broker_s]).collect();
        answers.set(EXCLUSIONS, excluded(&all));
        answers.public_access(mode).other()
    };
    for (mode, directly, behind) in [
        ("off", Always, Always),
        ("block-ingress", Never, Always),
        ("block-bidirectional", Never, Never),
    ] {
        assert_eq!(other(mode, false, &[]), directly, "{mode}");
        assert_eq!(other(mode, true, &[]), behind, "{mode}");
    }
    // An exclusion for what begins inside counts in the bidirectional mode.
    let both = "block-bidirectional";
    assert_eq!(other(both, true, &[("vpc-b", "allow-egress")]), Always);
    assert_eq!(
        other(both, false, &[("vpc-b", "allow-egress")]),
        Conditional
    );
    assert_eq!(
        other("block-ingress", false, &[("vpc-b", "allow-egress")]),
        Never
    );
    // One of the two subnets may not be enough.
    assert_eq!(
        other(both, true, &[("subnet-b2", "allow-egress")]),
        Conditional
    );
    assert_eq!(
        other(both, true, &[("subnet-b1", "allow-egress")]),
        Conditional
    );
}

#[test]
fn a_load_balancer_that_faces_the_internet_is_blocked_where_it_stands() {
    let mut answers = fronted("internet-facing", "instance", "healthy");
    answers.admitting(&from("0.0.0.0/0"));
    answers.set(EXCLUSIONS, excluded(&[]));
    assert_eq!(answers.public_access("block-ingress").internet(), Never);
    answers.set(
        EXCLUSIONS,
        excluded(&[("subnet-a2", "allow-bidirectional")]),
    );
    assert_eq!(answers.internet(), Always);
}

#[test]
fn requests_leave_by_a_nat_gateway_unless_both_directions_are_blocked() {
    for (mode, expected) in [
        ("off", Always),
        ("block-ingress", Always),
        ("block-bidirectional", Never),
    ] {
        let mut answers = behind_nat();
        let estate = answers.public_access(mode).estate();
        let sender = Sender::Host(&estate.hosts["i-other"]);
        let block = "198.51.100.7/32".parse().unwrap();
        assert_eq!(
            leaves_by(&estate, sender, &block).strength,
            expected,
            "{mode}"
        );
    }
}
