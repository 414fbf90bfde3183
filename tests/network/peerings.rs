//! VPC peerings.

use super::answers::*;
use catchment::reach::Strength::{Always, Gap, Never};
use serde_json::{Value, json};

fn side(vpc: &str, block: &str, region: &str) -> Value {
    json!({"VpcId": vpc, "OwnerId": ACCOUNT, "Region": region, "CidrBlock": block, "CidrBlockSet": [{"CidrBlock": block}]})
}

fn peering(status: &str, region: &str) -> Value {
    json!({"VpcPeeringConnections": [{
        "VpcPeeringConnectionId": "pcx-1", "Status": {"Code": status},
        "RequesterVpcInfo": side("vpc-b", "10.1.0.0/16", region),
        "AccepterVpcInfo": side("vpc-a", "10.0.0.0/16", "eu-west-1")
    }]})
}

/// Both VPCs route to each other over `pcx-1`.
pub(crate) fn peered(status: &str) -> Answers {
    let mut answers = Answers::new();
    answers.set(
        "ec2-describe-vpc-peering-connections",
        peering(status, "eu-west-1"),
    );
    answers.tables(
        &[route("10.1.0.0/16", "VpcPeeringConnectionId", "pcx-1")],
        &[route("10.0.0.0/16", "VpcPeeringConnectionId", "pcx-1")],
    );
    answers
}

#[test]
fn peering_needs_routes_on_both_sides() {
    let mut answers = peered("active");
    assert_eq!(answers.other(), Always);
    let there = route("10.0.0.0/16", "VpcPeeringConnectionId", "pcx-1");
    assert_eq!(answers.tables(&[], &[there]).other(), Never);
    let back = route("10.1.0.0/16", "VpcPeeringConnectionId", "pcx-1");
    assert_eq!(answers.tables(&[back], &[]).other(), Never);
}

#[test]
fn a_peering_must_be_active() {
    for status in ["pending-acceptance", "expired", "rejected", "deleted"] {
        assert_eq!(peered(status).other(), Never, "{status}");
    }
}

#[test]
fn a_peering_that_was_not_read_is_a_gap() {
    let mut answers = peered("active");
    answers.without("ec2-describe-vpc-peering-connections");
    let admission = answers.host_to_broker("i-other");
    assert_eq!(admission.strength, Gap);
    assert_eq!(
        notes(&admission),
        [
            "where pcx-1 leads: ec2:DescribeVpcPeeringConnections of account 111122223333 in eu-west-1"
        ]
    );
}

#[test]
fn a_peering_carries_nothing_on_to_a_third_vpc() {
    let mut answers = peered("active");
    let mut third = peering("active", "eu-west-1");
    third["VpcPeeringConnections"][0]["AccepterVpcInfo"]["VpcId"] = json!("vpc-c");
    answers.set("ec2-describe-vpc-peering-connections", third);
    assert_eq!(answers.other(), Never);
}

#[test]
fn a_group_is_named_across_a_peering_of_one_region_alone() {
    let mut answers = peered("active");
    answers.admitting(&from_group("sg-other"));
    assert_eq!(answers.other(), Always);
    answers.set(
        "ec2-describe-vpc-peering-connections",
        peering("active", "us-east-1"),
    );
    assert_eq!(answers.other(), Never);
    answers.admitting(&from("10.1.0.0/16"));
    assert_eq!(answers.other(), Always);
}

#[test]
fn a_new_host_in_a_peered_vpc_reaches_the_broker() {
    assert_eq!(peered("active").subnet("subnet-b1"), Always);
    assert_eq!(Answers::new().subnet("subnet-b1"), Never);
}

#[test]
fn the_evidence_names_routes_of_both_sides_and_the_peering() {
    let answers = peered("active");
    let admission = answers.host_to_broker("i-other");
    for text in [
        "route table rtb-b sends 10.0.0.0/16 to pcx-1",
        "route table rtb-a sends 10.1.0.0/16 to pcx-1",
        "pcx-1 joins vpc-b and vpc-a",
    ] {
        assert!(
            says(&admission).contains(&text),
            "{text} in {:?}",
            says(&admission)
        );
    }
}
