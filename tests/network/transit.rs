//! Transit gateways.

use super::answers::*;
use catchment::reach::Strength::{Always, Conditional, Gap, Never};
use serde_json::{Value, json};

const ROUTES: &str = "ec2-search-transit-gateway-routes/tgw-rtb-1";

fn searched(routes: &Value, more: bool) -> Value {
    json!({"Routes": routes, "AdditionalRoutesAvailable": more})
}

fn tgw_route(block: &str, attachment: &str, kind: &str) -> Value {
    json!({
        "DestinationCidrBlock": block, "Type": kind, "State": "active",
        "TransitGatewayAttachments": [{"TransitGatewayAttachmentId": attachment, "ResourceType": "vpc"}]
    })
}

fn attachment(id: &str, vpc: &str) -> Value {
    json!({
        "TransitGatewayAttachmentId": id, "TransitGatewayId": "tgw-1", "ResourceType": "vpc",
        "ResourceId": vpc, "State": "available",
        "Association": {"TransitGatewayRouteTableId": "tgw-rtb-1", "State": "associated"}
    })
}

fn vpc_attachment(id: &str, vpc: &str, subnet: &str) -> Value {
    json!({
        "TransitGatewayAttachmentId": id, "TransitGatewayId": "tgw-1", "VpcId": vpc,
        "State": "available", "SubnetIds": [subnet],
        "Options": {"SecurityGroupReferencingSupport": "enable"}
    })
}

pub(crate) fn joined() -> Answers {
    let mut answers = Answers::new();
    answers.tables(
        &[route("10.1.0.0/16", "TransitGatewayId", "tgw-1")],
        &[route("10.0.0.0/16", "TransitGatewayId", "tgw-1")],
    );
    answers.set(
        "ec2-describe-transit-gateways",
        json!({"TransitGateways": [{
            "TransitGatewayId": "tgw-1", "OwnerId": ACCOUNT,
            "Options": {"SecurityGroupReferencingSupport": "enable"}
        }]}),
    );
    answers.set(
        "ec2-describe-transit-gateway-attachments",
        json!({"TransitGatewayAttachments": [
            attachment("tgw-attach-a", "vpc-a"), attachment("tgw-attach-b", "vpc-b"),
        ]}),
    );
    answers.set(
        "ec2-describe-transit-gateway-vpc-attachments",
        json!({"TransitGatewayVpcAttachments": [
            vpc_attachment("tgw-attach-a", "vpc-a", "subnet-a1"),
            vpc_attachment("tgw-attach-b", "vpc-b", "subnet-b1"),
        ]}),
    );
    answers.set("ec2-describe-transit-gateway-route-tables", json!({"TransitGatewayRouteTables": [{
        "TransitGatewayRouteTableId": "tgw-rtb-1", "TransitGatewayId": "tgw-1", "State": "available"
    }]}));
    answers.set(
        ROUTES,
        searched(
            &json!([
                tgw_route("10.0.0.0/16", "tgw-attach-a", "propagated"),
                tgw_route("10.1.0.0/16", "tgw-attach-b", "propagated"),
            ]),
            false,
        ),
    );
    answers
}

#[test]
fn a_transit_gateway_carries_by_its_route_table_both_ways() {
    let mut answers = joined();
    assert_eq!(answers.other(), Always);
    let one_way = json!([tgw_route("10.0.0.0/16", "tgw-attach-a", "propagated")]);
    assert_eq!(
        answers.set(ROUTES, searched(&one_way, false)).other(),
        Never
    );
}

#[test]
fn a_static_route_of_the_gateway_beats_a_propagated_one() {
    let mut answers = joined();
    let mut hole = tgw_route("10.0.0.0/16", "", "static");
    hole["State"] = json!("blackhole");
    hole["TransitGatewayAttachments"] = json!([]);
    let routes = json!([
        hole,
        tgw_route("10.0.0.0/16", "tgw-attach-a", "propagated"),
        tgw_route("10.1.0.0/16", "tgw-attach-b", "propagated"),
    ]);
    assert_eq!(answers.set(ROUTES, searched(&routes, false)).other(), Never);
    // A longer one beats both.
    let mut routes = routes;
    let longer = tgw_route("10.0.1.0/24", "tgw-attach-a", "propagated");
    routes.as_array_mut().unwrap().push(longer);
    assert_eq!(
        answers.set(ROUTES, searched(&routes, false)).other(),
        Always
    );
}

#[test]
fn a_search_that_was_cut_off_is_no_proof_of_absence() {
    let mut answers = joined();
    assert_eq!(
        answers.set(ROUTES, searched(&json!([]), false)).other(),
        Never
    );
    assert_eq!(answers.set(ROUTES, searched(&json!([]), true)).other(), Gap);
    let all = json!([
        tgw_route("10.0.0.0/16", "tgw-attach-a", "propagated"),
        tgw_route("10.1.0.0/16", "tgw-attach-b", "propagated"),
    ]);
    assert_eq!(
        answers.set(ROUTES, searched(&all, true)).other(),
        Conditional
    );
    let call = answers
        .estate()
        .coverage
        .calls
        .into_iter()
        .find(|(call, _)| {
            call.call == "ec2:SearchTransitGatewayRoutes" && call.resource == "tgw-rtb-1"
        });
    assert_eq!(call.unwrap().1, catchment::estate::Outcome::Truncated);
}

#[test]
fn what_was_not_read_of_a_transit_gateway_is_a_gap() {
    for file in [ROUTES, "ec2-describe-transit-gateway-route-tables"] {
        let mut answers = joined();
        assert_eq!(answers.without(file).other(), Gap, "{file}");
    }
    let mut answers = joined();
    answers
        .without("ec2-describe-transit-gateway-attachments")
        .without("ec2-describe-transit-gateway-vpc-attachments");
    assert_eq!(answers.other(), Gap);
    // Only where the attachments sit is missing then.
    let mut answers = joined();
    answers.without("ec2-describe-transit-gateway-vpc-attachments");
    assert_eq!(answers.other(), Conditional);
}

#[test]
fn a_zone_without_attachment_does_not_reach_the_gateway() {
    let mut answers = joined();
    answers.set(
        "ec2-describe-transit-gateway-vpc-attachments",
        json!({"TransitGatewayVpcAttachments": [
            vpc_attachment("tgw-attach-a", "vpc-a", "subnet-a2"),
            vpc_attachment("tgw-attach-b", "vpc-b", "subnet-b1"),
        ]}),
    );
    // The broker's answers leave from eu-west-1a, and the attachment sits in eu-west-1b.
    assert_eq!(answers.other(), Never);
}

#[test]
fn an_association_may_be_read_from_the_table() {
    let mut answers = joined();
    let mut bare = [
        attachment("tgw-attach-a", "vpc-a"),
        attachment("tgw-attach-b", "vpc-b"),
    ];
    for attachment in &mut bare {
        attachment.as_object_mut().unwrap().remove("Association");
    }
    answers.set(
        "ec2-describe-transit-gateway-attachments",
        json!({"TransitGatewayAttachments": bare}),
    );
    assert_eq!(answers.other(), Gap);
    let associated = |id: &str| json!({"TransitGatewayAttachmentId": id, "State": "associated"});
    answers.set(
        "ec2-get-transit-gateway-route-table-associations/tgw-rtb-1",
        json!({
            "Associations": [associated("tgw-attach-a"), associated("tgw-attach-b")]
        }),
    );
    assert_eq!(answers.other(), Always);
}

#[test]
fn a_group_is_named_across_a_gateway_that_allows_it() {
    let mut answers = joined();
    answers.admitting(&from_group("sg-other"));
    assert_eq!(answers.other(), Always);
    answers.set(
        "ec2-describe-transit-gateways",
        json!({"TransitGateways": [{
            "TransitGatewayId": "tgw-1", "OwnerId": ACCOUNT,
            "Options": {"SecurityGroupReferencingSupport": "disable"}
        }]}),
    );
    assert_eq!(answers.other(), Never);
    answers.without("ec2-describe-transit-gateways");
    assert_eq!(answers.other(), Gap);
}

#[test]
fn the_nacl_of_the_attachment_s_subnet_is_asked_on_the_way_out_of_the_gateway() {
    let mut answers = joined();
    // The attachment of vpc-a sits beside the broker in its zone, in a subnet of its own.
    answers.set("ec2-describe-subnets", json!({"Subnets": [
        {"SubnetId": "subnet-a1", "VpcId": "vpc-a", "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "eu-west-1a", "OwnerId": ACCOUNT},
        {"SubnetId": "subnet-a2", "VpcId": "vpc-a", "CidrBlock": "10.0.2.0/24", "AvailabilityZone": "eu-west-1b", "OwnerId": ACCOUNT},
        {"SubnetId": "subnet-gate", "VpcId": "vpc-a", "CidrBlock": "10.0.9.0/28", "AvailabilityZone": "eu-west-1a", "OwnerId": ACCOUNT},
        {"SubnetId": "subnet-b1", "VpcId": "vpc-b", "CidrBlock": "10.1.1.0/24", "AvailabilityZone": "eu-west-1a", "OwnerId": ACCOUNT},
    ]}));
    answers.set(
        "ec2-describe-transit-gateway-vpc-attachments",
        json!({"TransitGatewayVpcAttachments": [
            vpc_attachment("tgw-attach-a", "vpc-a", "subnet-gate"),
            vpc_attachment("tgw-attach-b", "vpc-b", "subnet-b1"),
        ]}),
    );
    let own = open_acl("acl-1", &["subnet-a1", "subnet-a2", "subnet-b1"]);
    answers.acls(&[own.clone(), open_acl("acl-gate", &["subnet-gate"])]);
    assert_eq!(answers.other(), Always);
    let shut = acl(
        "acl-gate",
        &["subnet-gate"],
        &[entry(100, false, true, "0.0.0.0/0", None)],
    );
    assert_eq!(answers.acls(&[own, shut]).other(), Never);
}

#[test]
fn a_target_in_the_attachment_s_subnet_is_not_filtered_on_the_way_in() {
    let mut answers = joined();
    // Source: Transit Gateway Guide, "Network ACLs for transit gateways", same subnet.
    let own = acl(
        "acl-broker",
        &["subnet-a1"],
        &[
            entry(100, true, true, "0.0.0.0/0", None),
            entry(90, false, false, "10.1.0.0/16", None),
            entry(100, false, true, "10.0.0.0/16", None),
        ],
    );
    answers.acls(&[own, open_acl("acl-1", &["subnet-a2", "subnet-b1"])]);
    assert_eq!(answers.other(), Always);
}

#[test]
fn gateways_that_are_peered_each_ask_their_own_table() {
    let mut answers = joined();
    answers.tables(
        &[route("10.1.0.0/16", "TransitGatewayId", "tgw-1")],
        &[route("10.0.0.0/16", "TransitGatewayId", "tgw-2")],
    );
    let mut b = attachment("tgw-attach-b", "vpc-b");
    b["TransitGatewayId"] = json!("tgw-2");
    b["Association"]["TransitGatewayRouteTableId"] = json!("tgw-rtb-2");
    let peering = |gateway: &str, other: &str, table: &str| {
        json!({
            "TransitGatewayAttachmentId": "tgw-attach-p", "TransitGatewayId": gateway, "ResourceType": "peering",
            "ResourceId": other, "State": "available",
            "Association": {"TransitGatewayRouteTableId": table, "State": "associated"}
        })
    };
    answers.set(
        "ec2-describe-transit-gateway-attachments",
        json!({"TransitGatewayAttachments": [
            attachment("tgw-attach-a", "vpc-a"), b,
            peering("tgw-1", "tgw-2", "tgw-rtb-1"), peering("tgw-2", "tgw-1", "tgw-rtb-2"),
        ]}),
    );
    let mut vpc_b = vpc_attachment("tgw-attach-b", "vpc-b", "subnet-b1");
    vpc_b["TransitGatewayId"] = json!("tgw-2");
    answers.set(
        "ec2-describe-transit-gateway-vpc-attachments",
        json!({"TransitGatewayVpcAttachments": [
            vpc_attachment("tgw-attach-a", "vpc-a", "subnet-a1"), vpc_b,
        ]}),
    );
    let table = |id: &str, gateway: &str| json!({"TransitGatewayRouteTableId": id, "TransitGatewayId": gateway});
    answers.set(
        "ec2-describe-transit-gateway-route-tables",
        json!({"TransitGatewayRouteTables": [
            table("tgw-rtb-1", "tgw-1"), table("tgw-rtb-2", "tgw-2"),
        ]}),
    );
    answers.set(
        ROUTES,
        searched(
            &json!([
                tgw_route("10.0.0.0/16", "tgw-attach-a", "propagated"),
                tgw_route("10.1.0.0/16", "tgw-attach-p", "static"),
            ]),
            false,
        ),
    );
    let second = "ec2-search-transit-gateway-routes/tgw-rtb-2";
    answers.set(
        second,
        searched(
            &json!([
                tgw_route("10.0.0.0/16", "tgw-attach-p", "static"),
                tgw_route("10.1.0.0/16", "tgw-attach-b", "propagated"),
            ]),
            false,
        ),
    );
    assert_eq!(answers.other(), Always);
    assert_eq!(
        answers.set(second, searched(&json!([]), false)).other(),
        Never
    );
}

#[test]
fn a_route_into_an_inspection_vpc_may_lead_on() {
    let mut answers = joined();
    let mut third = attachment("tgw-attach-c", "vpc-inspection");
    third["State"] = json!("available");
    answers.set(
        "ec2-describe-transit-gateway-attachments",
        json!({"TransitGatewayAttachments": [
            attachment("tgw-attach-a", "vpc-a"), attachment("tgw-attach-b", "vpc-b"), third,
        ]}),
    );
    answers.set(
        ROUTES,
        searched(
            &json!([tgw_route("0.0.0.0/0", "tgw-attach-c", "static")]),
            false,
        ),
    );
    assert_eq!(answers.other(), Gap);
}
