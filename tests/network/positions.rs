//! Where a host's requests to AWS come from, and which VPCs could lead to a listener.

use std::collections::BTreeSet;

use super::answers::*;
use catchment::network::{Sender, Target, admit_directly, leaves_by, neighbours};
use catchment::reach::Strength::{self, Always, Gap, Never};
use serde_json::json;

fn leaves(answers: &Answers, block: &str) -> Strength {
    let estate = answers.estate();
    let block = block.parse().unwrap();
    leaves_by(&estate, Sender::Host(&estate.hosts["i-app"]), &block).strength
}

#[test]
fn requests_leave_by_an_own_public_address_or_that_of_a_nat_gateway() {
    let mut answers = Answers::new();
    assert_eq!(leaves(&answers, "203.0.113.0/24"), Never);
    answers
        .public("i-app", "203.0.113.5")
        .tables(&[route("0.0.0.0/0", "GatewayId", "igw-1")], &[]);
    assert_eq!(leaves(&answers, "203.0.113.0/24"), Always);
    assert_eq!(leaves(&answers, "198.51.100.0/24"), Never);
    answers.tables(&[route("0.0.0.0/0", "NatGatewayId", "nat-1")], &[]);
    assert_eq!(leaves(&answers, "198.51.100.0/24"), Gap);
    answers.set(
        "ec2-describe-nat-gateways",
        json!({"NatGateways": [{
            "NatGatewayId": "nat-1", "VpcId": "vpc-a", "SubnetId": "subnet-a1", "State": "available",
            "NatGatewayAddresses": [{"PublicIp": "198.51.100.9", "PrivateIp": "10.0.1.4"}]
        }]}),
    );
    assert_eq!(leaves(&answers, "198.51.100.0/24"), Always);
    // Its own address is hidden behind the gateway's.
    assert_eq!(leaves(&answers, "203.0.113.0/24"), Never);
    answers.tables(&[route("0.0.0.0/0", "TransitGatewayId", "tgw-1")], &[]);
    assert_eq!(leaves(&answers, "198.51.100.0/24"), Gap);
    answers.without("ec2-describe-route-tables");
    assert_eq!(leaves(&answers, "198.51.100.0/24"), Gap);
}

#[test]
fn an_interface_endpoint_serves_whoever_its_groups_let_in() {
    let mut answers = Answers::new();
    answers.set(
        "ec2-describe-vpc-endpoints",
        json!({"VpcEndpoints": [{
            "VpcEndpointId": "vpce-1", "VpcEndpointType": "Interface", "VpcId": "vpc-a", "State": "available",
            "ServiceName": "com.amazonaws.eu-west-1.s3", "OwnerId": ACCOUNT, "SubnetIds": ["subnet-a1"],
            "NetworkInterfaceIds": [], "Groups": [{"GroupId": "sg-endpoint"}],
            "PolicyDocument": "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
        }]}),
    );
    let mut ask = |block: &str| {
        let rule = json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": block}]}]);
        let groups = json!({"SecurityGroups": [
            group("sg-endpoint", "vpc-a", &rule), group("sg-app", "vpc-a", &json!([])),
        ]});
        let estate = answers.set("ec2-describe-security-groups", groups).estate();
        let target = Target::endpoint(&estate, &estate.endpoints["vpce-1"], 443);
        admit_directly(&estate, Sender::Host(&estate.hosts["i-app"]), &target).strength
    };
    assert_eq!(ask("10.0.2.0/24"), Always);
    assert_eq!(ask("10.0.3.0/24"), Never);
}

#[test]
fn a_vpc_without_a_way_is_no_neighbour_and_one_without_routes_read_is() {
    let around = |answers: &Answers| {
        let estate = answers.estate();
        let own = BTreeSet::from(["vpc-a"]);
        neighbours(&estate, &own, false).contains("vpc-b")
    };
    let mut answers = Answers::new();
    assert!(!around(&answers));
    answers.tables(&[], &[route("10.0.0.0/16", "TransitGatewayId", "tgw-1")]);
    assert!(around(&answers));
    answers.tables(&[], &[route("0.0.0.0/0", "NatGatewayId", "nat-1")]);
    assert!(!around(&answers));
    assert!(around(&super::peerings::peered("active")));
    answers.without("ec2-describe-route-tables");
    assert!(around(&answers));
}
