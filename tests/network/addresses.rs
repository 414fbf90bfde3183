//! One address for whoever listens and for the network: Kafka's ACLs name hosts by it.

use super::answers::*;
use super::balancers::with_attribute;
use catchment::network::Shown;
use catchment::reach::Strength::{Always, Conditional, Gap, Never};
use serde_json::json;

const PRESERVE: &str = "preserve_client_ip.enabled";

fn only(address: &str) -> Shown<'static> {
    Shown::Only(address.parse().unwrap())
}

#[test]
fn a_host_shows_its_own_address_and_no_other() {
    let answers = Answers::new();
    assert_eq!(answers.showing("i-app", only("10.0.2.20")), Always);
    assert_eq!(answers.showing("i-app", only("10.0.2.21")), Never);
    let own = ["10.0.2.20".parse().unwrap()];
    assert_eq!(answers.showing("i-app", Shown::NoneOf(&own)), Never);
    let other = ["10.0.2.21".parse().unwrap()];
    assert_eq!(answers.showing("i-app", Shown::NoneOf(&other)), Always);
}

#[test]
fn behind_a_nat_gateway_the_address_is_that_of_the_gateway() {
    let mut answers = Answers::new();
    answers.public("i-broker", "203.0.113.10");
    answers.admitting(&from("0.0.0.0/0"));
    // The gateway's own subnet leads to an internet gateway.
    let mut tables = vec![table(
        "rtb-a",
        "vpc-a",
        &[route("0.0.0.0/0", "GatewayId", "igw-a")],
    )];
    tables.push(table(
        "rtb-b",
        "vpc-b",
        &[route("0.0.0.0/0", "NatGatewayId", "nat-b")],
    ));
    let mut of_gateway = table(
        "rtb-nat",
        "vpc-b",
        &[route("0.0.0.0/0", "GatewayId", "igw-b")],
    );
    of_gateway["Associations"] = json!([{"SubnetId": "subnet-b2", "RouteTableId": "rtb-nat"}]);
    tables.push(of_gateway);
    answers.set("ec2-describe-route-tables", json!({"RouteTables": tables}));
    answers.set("ec2-describe-nat-gateways", json!({"NatGateways": [{
        "NatGatewayId": "nat-b", "VpcId": "vpc-b", "SubnetId": "subnet-b2", "State": "available",
        "NatGatewayAddresses": [{"PrivateIp": "10.1.2.5", "PublicIp": "198.51.100.7"}]
    }]}));
    answers.acls(&[open_acl(
        "acl-1",
        &["subnet-a1", "subnet-a2", "subnet-b1", "subnet-b2"],
    )]);
    assert_eq!(answers.showing("i-other", only("198.51.100.7")), Always);
    assert_eq!(answers.showing("i-other", only("10.1.1.30")), Never);
    let gateway = ["198.51.100.7".parse().unwrap()];
    assert_eq!(answers.showing("i-other", Shown::NoneOf(&gateway)), Never);
}

#[test]
fn behind_a_load_balancer_the_address_is_the_one_that_the_target_group_keeps() {
    let own = ["10.0.2.20".parse().unwrap()];
    // The broker admits the client alone directly; the load balancer stands in its own subnet.
    for (kept, as_itself, as_another) in [("true", Always, Never), ("false", Never, Always)] {
        let mut answers = with_attribute("instance", PRESERVE, kept);
        // Directly nothing gets there: the network ACL lets in what the load balancer sends on.
        answers.admitting(&from("10.0.0.0/8"));
        if kept == "false" {
            let entries = [
                entry(90, false, false, "10.0.2.20/32", None),
                entry(100, false, true, "0.0.0.0/0", None),
                entry(100, true, true, "0.0.0.0/0", None),
            ];
            answers.acls(&[
                acl("acl-1", &["subnet-a1"], &entries),
                open_acl("acl-2", &["subnet-a2"]),
            ]);
        }
        assert_eq!(
            answers.showing("i-app", only("10.0.2.20")),
            as_itself,
            "{kept}"
        );
        assert_eq!(
            answers.showing("i-app", Shown::NoneOf(&own)),
            as_another,
            "{kept}"
        );
    }
}

#[test]
fn a_load_balancer_that_was_not_read_may_show_an_address_that_nobody_has() {
    let mut answers = Answers::new();
    answers.without("elbv2-describe-load-balancers");
    assert_eq!(answers.showing("i-app", only("10.0.2.77")), Gap);
    // Instances have these.
    assert_eq!(answers.showing("i-app", only("10.0.1.10")), Never);
    let own = ["10.0.2.20".parse().unwrap()];
    assert_eq!(answers.showing("i-app", Shown::NoneOf(&own)), Gap);
}

#[test]
fn a_client_at_an_address_of_the_vpc_is_filtered_by_that_address() {
    let mut answers = Answers::new();
    assert_eq!(answers.client_at("10.0.2.99"), Conditional);
    // The network ACL of the broker's subnet drops it before a later entry is asked.
    let entries = |first: &str| {
        [
            entry(90, false, false, first, Some((9090, 9097))),
            entry(100, false, true, "0.0.0.0/0", None),
            entry(100, true, true, "0.0.0.0/0", None),
        ]
    };
    answers.acls(&[acl("acl-1", &["subnet-a1"], &entries("10.0.2.0/24"))]);
    assert_eq!(answers.client_at("10.0.2.99"), Never);
    assert_eq!(answers.client_at("10.1.1.99"), Conditional);
    answers.acls(&[acl("acl-1", &["subnet-a1"], &entries("10.1.0.0/16"))]);
    assert_eq!(answers.client_at("10.1.1.99"), Never);
    // Within the broker's subnet no network ACL is asked, and on its host no group.
    answers.acls(&[acl("acl-1", &["subnet-a1"], &entries("10.0.0.0/8"))]);
    assert_eq!(answers.client_at("10.0.1.99"), Conditional);
    answers.admitting(&from("10.1.0.0/16"));
    assert_eq!(answers.client_at("10.0.1.99"), Never);
    assert_eq!(answers.client_at("10.0.1.10"), Conditional);
}

#[test]
fn what_was_not_read_leaves_a_client_at_an_address_in_doubt() {
    let mut answers = Answers::new();
    answers.without("ec2-describe-network-acls");
    assert_eq!(answers.client_at("10.0.2.99"), Conditional);
    answers.without("ec2-describe-security-groups");
    assert_eq!(answers.client_at("10.0.2.99"), Gap);
}

#[test]
fn a_client_in_a_network_that_nobody_knows_is_not_decided_by_its_address() {
    let mut answers = Answers::new();
    answers.admitting(&from("10.0.0.0/8"));
    // A bridge of containers on the broker, or a proxy beside it, would show it.
    assert_eq!(answers.client_at("172.17.0.1"), Conditional);
    // Where people say whose address it is, it must be admitted.
    answers.config("[network.office]\ncidrs = [\"172.17.0.0/16\"]\n");
    assert_eq!(answers.client_at("172.17.0.1"), Never);
}

#[test]
fn a_client_whose_address_an_interface_has_is_a_member_of_its_groups_alone() {
    let mut answers = Answers::new();
    answers.admitting(&from_group("sg-app"));
    assert_eq!(answers.client_at("10.0.2.20"), Conditional);
    assert_eq!(answers.client_at("10.1.1.30"), Never);
    // Nobody that was read has this one.
    assert_eq!(answers.client_at("10.0.2.99"), Conditional);
}
