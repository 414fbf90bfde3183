//! The internet, and networks that people declare.

use super::answers::*;
use catchment::reach::Strength::{Always, Conditional, Gap, Never};
use serde_json::json;

pub(crate) fn open() -> Answers {
    let mut answers = Answers::new();
    answers
        .public("i-broker", "198.51.100.7")
        .admitting(&from("0.0.0.0/0"))
        .tables(&[route("0.0.0.0/0", "GatewayId", "igw-1")], &[]);
    answers
}

#[test]
fn the_internet_needs_an_open_block_a_public_address_and_a_route() {
    assert_eq!(open().internet(), Always);
    assert_eq!(open().admitting(&from("203.0.113.0/24")).internet(), Never);
    assert_eq!(open().tables(&[], &[]).internet(), Never);
    let mut private = Answers::new();
    private
        .admitting(&from("0.0.0.0/0"))
        .tables(&[route("0.0.0.0/0", "GatewayId", "igw-1")], &[]);
    assert_eq!(private.internet(), Never);
    assert_eq!(open().without("ec2-describe-route-tables").internet(), Gap);
}

#[test]
fn a_gateway_of_another_vpc_carries_nothing() {
    let mut answers = open();
    let gateway = |vpc: &str| json!({"InternetGateways": [{"InternetGatewayId": "igw-1", "Attachments": [{"VpcId": vpc, "State": "available"}]}]});
    assert_eq!(
        answers
            .set("ec2-describe-internet-gateways", gateway("vpc-a"))
            .internet(),
        Always
    );
    assert_eq!(
        answers
            .set("ec2-describe-internet-gateways", gateway("vpc-b"))
            .internet(),
        Never
    );
}

#[test]
fn the_nacl_of_a_public_subnet_is_asked() {
    let mut answers = open();
    let shut = acl(
        "acl-2",
        &["subnet-a1"],
        &[
            entry(100, false, true, "10.0.0.0/8", None),
            entry(100, true, true, "0.0.0.0/0", None),
        ],
    );
    assert_eq!(answers.acls(&[shut]).internet(), Never);
    // A deny for one company's addresses leaves the rest of the internet.
    let spares = acl(
        "acl-2",
        &["subnet-a1"],
        &[
            entry(50, false, false, "203.0.113.0/24", None),
            entry(100, false, true, "0.0.0.0/0", None),
            entry(100, true, true, "0.0.0.0/0", None),
        ],
    );
    assert_eq!(answers.acls(&[spares]).internet(), Always);
    assert_eq!(
        answers.without("ec2-describe-network-acls").internet(),
        Conditional
    );
}

#[test]
fn both_halves_of_all_addresses_are_the_internet_and_a_part_of_it_is_a_condition() {
    let halves = json!([tcp(
        &json!({"IpRanges": [{"CidrIp": "0.0.0.0/1"}, {"CidrIp": "128.0.0.0/1"}]})
    )]);
    assert_eq!(open().admitting(&halves).internet(), Always);
    assert_eq!(
        open().admitting(&from("44.0.0.0/8")).internet(),
        Conditional
    );
}

#[test]
fn an_open_ipv6_block_admits_nobody_to_an_ipv4_address() {
    let six = json!([tcp(&json!({"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}))]);
    let mut answers = open();
    assert_eq!(answers.admitting(&six).internet(), Never);
    answers.host("i-broker", |host| {
        host["NetworkInterfaces"][0]["Ipv6Addresses"] = json!([{"Ipv6Address": "2a05:d018::10"}]);
    });
    // The reply needs a route of its own family.
    assert_eq!(answers.internet(), Never);
    let v6 = json!({"DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1", "State": "active"});
    answers.tables(&[v6], &[]);
    answers.acls(&[acl("acl-1", &["subnet-a1"], &[
        json!({"RuleNumber": 101, "Egress": false, "RuleAction": "allow", "Ipv6CidrBlock": "::/0", "Protocol": "-1"}),
        json!({"RuleNumber": 101, "Egress": true, "RuleAction": "allow", "Ipv6CidrBlock": "::/0", "Protocol": "-1"}),
    ])]);
    assert_eq!(answers.internet(), Always);
    let out_only = json!({"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1", "State": "active"});
    assert_eq!(answers.tables(&[out_only], &[]).internet(), Never);
    // Where the interfaces were not described, whether there is an IPv6 address is not known.
    let mut answers = open();
    answers
        .admitting(&six)
        .without("ec2-describe-network-interfaces")
        .host("i-broker", |host| {
            host.as_object_mut().unwrap().remove("NetworkInterfaces");
        });
    assert_eq!(answers.internet(), Gap);
}

#[test]
fn an_elastic_address_may_be_known_from_the_list_of_addresses_alone() {
    let mut answers = open();
    answers.host("i-broker", |host| {
        host.as_object_mut().unwrap().remove("PublicIpAddress");
        host["NetworkInterfaces"][0]
            .as_object_mut()
            .unwrap()
            .remove("Association");
    });
    assert_eq!(answers.internet(), Never);
    answers.set("ec2-describe-addresses", json!({"Addresses": [
        {"PublicIp": "198.51.100.7", "AllocationId": "eipalloc-1", "InstanceId": "i-broker", "NetworkInterfaceId": "eni-i-broker"}
    ]}));
    assert_eq!(answers.internet(), Always);
}

#[test]
fn every_block_of_a_declared_network_counts() {
    let mut answers = open();
    answers.admitting(&from("203.0.113.0/24"));
    answers.config("[network.office]\ncidrs = [\"192.0.2.0/24\", \"203.0.113.128/25\"]\n");
    assert_eq!(answers.network().strength, Always);
    answers.config("[network.office]\ncidrs = [\"192.0.2.0/24\"]\n");
    assert_eq!(answers.network().strength, Never);
}

#[test]
fn a_private_network_needs_a_way_that_is_declared_and_a_route_back() {
    let mut answers = Answers::new();
    answers.admitting(&from("10.9.0.0/16"));
    let office = "[network.office]\ncidrs = [\"10.9.0.0/16\"]\n";
    answers.config(office);
    assert_eq!(answers.network().strength, Never);
    let vpn = route("10.9.0.0/16", "GatewayId", "vgw-1");
    answers.tables(std::slice::from_ref(&vpn), &[]);
    let admission = answers.network();
    assert_eq!(admission.strength, Gap);
    assert_eq!(
        notes(&admission),
        ["whether network office is behind vgw-1; say so with `reaches` under `[network.office]`"]
    );
    for joined in ["vgw-1", "vpc-a"] {
        answers.config(&format!("{office}reaches = [\"{joined}\"]\n"));
        assert_eq!(answers.network().strength, Always, "{joined}");
    }
    // What people declare and the routes deny is a doubt.
    answers.tables(&[], &[]);
    assert_eq!(answers.network().strength, Conditional);
    answers
        .tables(&[vpn], &[])
        .acls(&[acl("acl-1", &["subnet-a1"], &[])]);
    assert_eq!(answers.network().strength, Never);
}
