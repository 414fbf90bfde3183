//! Route tables.

use super::answers::*;
use catchment::reach::Strength::{Always, Conditional, Gap, Never};
use serde_json::json;

fn peered(a: &[serde_json::Value], b: &[serde_json::Value]) -> Answers {
    let mut answers = super::peerings::peered("active");
    answers.tables(a, b);
    answers
}

#[test]
fn the_longest_prefix_wins_and_a_blackhole_blocks() {
    let back = route("10.1.0.0/16", "VpcPeeringConnectionId", "pcx-1");
    let there = route("10.0.0.0/16", "VpcPeeringConnectionId", "pcx-1");
    let mut hole = route("10.0.1.0/24", "VpcPeeringConnectionId", "pcx-gone");
    hole["State"] = json!("blackhole");
    let open = peered(std::slice::from_ref(&back), std::slice::from_ref(&there));
    assert_eq!(open.other(), Always);
    let blocked = peered(std::slice::from_ref(&back), &[there.clone(), hole.clone()]);
    assert_eq!(blocked.other(), Never);
    // A blackhole for more than what is asked about loses.
    hole["DestinationCidrBlock"] = json!("10.0.0.0/8");
    assert_eq!(peered(&[back], &[there, hole]).other(), Always);
}

#[test]
fn without_a_route_another_vpc_is_out_of_reach() {
    assert_eq!(Answers::new().other(), Never);
}

#[test]
fn an_unread_route_table_is_a_gap_to_another_vpc_and_a_condition_within_one() {
    let mut answers = Answers::new();
    answers.without("ec2-describe-route-tables");
    assert_eq!(answers.other(), Gap);
    // The local route is always there; only a more specific one could lead elsewhere.
    assert_eq!(answers.app(), Conditional);
}

#[test]
fn an_appliance_within_the_vpc_makes_it_conditional() {
    let mut answers = Answers::new();
    let through = route("10.0.1.0/24", "NetworkInterfaceId", "eni-firewall");
    assert_eq!(answers.tables(&[through], &[]).app(), Conditional);
    let wide = route("0.0.0.0/0", "NatGatewayId", "nat-1");
    assert_eq!(answers.tables(&[wide], &[]).app(), Always);
}

#[test]
fn the_local_route_beats_a_longer_propagated_one() {
    let mut answers = Answers::new();
    let mut vpn = route("10.0.1.0/24", "GatewayId", "vgw-1");
    vpn["Origin"] = json!("EnableVgwRoutePropagation");
    assert_eq!(answers.tables(&[vpn], &[]).app(), Always);
}

#[test]
fn static_routes_beat_propagated_ones_of_the_same_length() {
    let back = route("10.1.0.0/16", "VpcPeeringConnectionId", "pcx-1");
    let there = route("10.0.0.0/16", "VpcPeeringConnectionId", "pcx-1");
    let mut vpn = route("10.0.0.0/16", "GatewayId", "vgw-1");
    vpn["Origin"] = json!("EnableVgwRoutePropagation");
    let answers = peered(&[back], &[vpn, there]);
    assert_eq!(answers.other(), Always);
}

#[test]
fn the_table_of_the_subnet_comes_before_the_main_one() {
    let mut answers = peered(&[], &[]);
    let mut own = table(
        "rtb-own",
        "vpc-b",
        &[route("10.0.0.0/16", "VpcPeeringConnectionId", "pcx-1")],
    );
    own["Associations"] = json!([{"Main": false, "SubnetId": "subnet-b1"}]);
    let back = route("10.1.0.0/16", "VpcPeeringConnectionId", "pcx-1");
    answers.set(
        "ec2-describe-route-tables",
        json!({"RouteTables": [
            table("rtb-a", "vpc-a", &[back]), table("rtb-b", "vpc-b", &[]), own,
        ]}),
    );
    assert_eq!(answers.other(), Always);
}

#[test]
fn a_route_by_prefix_list_counts_with_its_entries() {
    let back = route("10.1.0.0/16", "VpcPeeringConnectionId", "pcx-1");
    let listed = json!({"DestinationPrefixListId": "pl-1", "VpcPeeringConnectionId": "pcx-1", "State": "active"});
    let mut answers = peered(&[back], &[listed]);
    assert_eq!(answers.other(), Gap);
    answers.set(
        "ec2-describe-managed-prefix-lists",
        json!({"PrefixLists": [{"PrefixListId": "pl-1"}]}),
    );
    let file = "ec2-get-managed-prefix-list-entries/pl-1";
    assert_eq!(
        answers
            .set(file, json!({"Entries": [{"Cidr": "10.0.0.0/16"}]}))
            .other(),
        Always
    );
    assert_eq!(answers.set(file, json!({"Entries": []})).other(), Never);
}

#[test]
fn nat_admits_nobody_inward_and_shows_its_own_address_outward() {
    let mut answers = Answers::new();
    answers
        .public("i-broker", "198.51.100.7")
        .admitting(&from("203.0.113.9/32"));
    let out = route("0.0.0.0/0", "GatewayId", "igw-a");
    let nat = route("0.0.0.0/0", "NatGatewayId", "nat-1");
    let to_igw = table(
        "rtb-nat",
        "vpc-b",
        &[route("0.0.0.0/0", "GatewayId", "igw-b")],
    );
    let mut to_igw = to_igw;
    to_igw["Associations"] = json!([{"Main": false, "SubnetId": "subnet-b2"}]);
    answers.set(
        "ec2-describe-route-tables",
        json!({"RouteTables": [
            table("rtb-a", "vpc-a", &[out]), table("rtb-b", "vpc-b", std::slice::from_ref(&nat)), to_igw,
        ]}),
    );
    // Whose addresses are not known.
    assert_eq!(answers.other(), Gap);
    let gateway = |address: &str| {
        json!({"NatGateways": [{
            "NatGatewayId": "nat-1", "VpcId": "vpc-b", "SubnetId": "subnet-b2", "State": "available",
            "NatGatewayAddresses": [{"PublicIp": address, "PrivateIp": "10.1.2.4"}]
        }]})
    };
    let mut subnets = answers.clone();
    let subnets = &mut subnets;
    subnets.acls(&[open_acl(
        "acl-1",
        &["subnet-a1", "subnet-a2", "subnet-b1", "subnet-b2"],
    )]);
    assert_eq!(
        subnets
            .set("ec2-describe-nat-gateways", gateway("203.0.113.9"))
            .other(),
        Always
    );
    assert_eq!(
        subnets
            .set("ec2-describe-nat-gateways", gateway("203.0.113.10"))
            .other(),
        Never
    );
    // Inward: the broker's own subnet behind a NAT gateway answers nobody outside.
    let mut inward = Answers::new();
    inward
        .public("i-broker", "198.51.100.7")
        .admitting(&from("0.0.0.0/0"))
        .tables(&[nat], &[]);
    assert_eq!(inward.internet(), Never);
}
