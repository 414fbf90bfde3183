//! Network Load Balancers and `PrivateLink` before a listener.

use super::answers::*;
use catchment::reach::Strength::{Always, Conditional, Gap, Never};
use serde_json::{Value, json};

const LB: &str = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/front/1";
const TG: &str = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/kafka/1";

fn encoded(arn: &str) -> String {
    arn.replace(':', "%3A").replace('/', "%2F")
}

fn balancer(scheme: &str, groups: &[&str]) -> Value {
    json!({"LoadBalancers": [{
        "LoadBalancerArn": LB, "LoadBalancerName": "front", "Type": "network", "Scheme": scheme,
        "VpcId": "vpc-a", "SecurityGroups": groups,
        "AvailabilityZones": [{"SubnetId": "subnet-a2", "LoadBalancerAddresses": []}]
    }]})
}

/// A balancer in `subnet-a2` on port 443 before the broker, which has no public address.
pub(crate) fn fronted(scheme: &str, kind: &str, health: &str) -> Answers {
    let mut answers = Answers::new();
    let id = if kind == "instance" {
        "i-broker"
    } else {
        "10.0.1.10"
    };
    answers.tables(&[route("0.0.0.0/0", "GatewayId", "igw-1")], &[]);
    answers.set("elbv2-describe-load-balancers", balancer(scheme, &[]));
    answers.set("elbv2-describe-target-groups", json!({"TargetGroups": [{
        "TargetGroupArn": TG, "Protocol": "TCP", "Port": PORT, "VpcId": "vpc-a", "TargetType": kind
    }]}));
    answers.set(
        &format!("elbv2-describe-listeners/{}", encoded(LB)),
        json!({"Listeners": [{
            "LoadBalancerArn": LB, "ListenerArn": "l", "Port": 443, "Protocol": "TLS",
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": TG}]
        }]}),
    );
    answers.set(&format!("elbv2-describe-target-health/{}", encoded(TG)), json!({
        "TargetHealthDescriptions": [{"Target": {"Id": id, "Port": PORT}, "TargetHealth": {"State": health}}]
    }));
    answers
}

#[test]
fn a_load_balancer_before_a_private_broker_admits_the_internet() {
    let mut answers = fronted("internet-facing", "instance", "healthy");
    // Both the client's address and the balancer's are admitted, so it does not matter which is kept.
    assert_eq!(answers.admitting(&from("0.0.0.0/0")).internet(), Always);
    assert_eq!(answers.admitting(&from("203.0.113.0/24")).internet(), Never);
    let mut internal = fronted("internal", "instance", "healthy");
    assert_eq!(internal.admitting(&from("0.0.0.0/0")).internet(), Never);
}

#[test]
fn what_the_target_admits_depends_on_whose_address_it_sees() {
    // By address, it sees the balancer's, unless an attribute says otherwise.
    let mut by_address = fronted("internet-facing", "ip", "healthy");
    assert_eq!(
        by_address.admitting(&from("10.0.2.0/24")).internet(),
        Conditional
    );
    // Instances see the client's.
    let mut instance = fronted("internet-facing", "instance", "healthy");
    assert_eq!(instance.admitting(&from("10.0.2.0/24")).internet(), Gap);
}

fn attributes(key: &str, value: &str) -> Value {
    json!({"Attributes": [
        {"Key": "stickiness.enabled", "Value": "false"}, {"Key": key, "Value": value},
    ]})
}

pub(crate) fn with_attribute(kind: &str, key: &str, value: &str) -> Answers {
    let mut answers = fronted("internet-facing", kind, "healthy");
    let file = format!("elbv2-describe-target-group-attributes/{}", encoded(TG));
    answers.set(&file, attributes(key, value));
    answers
}

#[test]
fn the_attribute_of_a_target_group_settles_whose_address_the_target_sees() {
    let preserve = "preserve_client_ip.enabled";
    for kind in ["ip", "instance"] {
        for (kept, balancer_s, client_s) in [("true", Never, Always), ("false", Always, Never)] {
            let mut answers = with_attribute(kind, preserve, kept);
            let admitted = answers.admitting(&from("10.0.2.0/24")).internet();
            assert_eq!(admitted, balancer_s, "{kind} {kept}");
            // Half of the internet, without the load balancer's subnet.
            let admitted = answers.admitting(&from("128.0.0.0/1")).internet();
            assert_eq!(admitted, client_s, "{kind} {kept}");
        }
    }
}

#[test]
fn without_the_attribute_instances_see_the_client_and_addresses_the_load_balancer() {
    for (kind, expected) in [("ip", Always), ("instance", Never)] {
        let mut answers = with_attribute(kind, "deregistration_delay.timeout_seconds", "300");
        let admitted = answers.admitting(&from("10.0.2.0/24")).internet();
        assert_eq!(admitted, expected, "{kind}");
    }
}

#[test]
fn a_target_of_tcp_and_udp_always_sees_the_client() {
    let mut answers = with_attribute("ip", "preserve_client_ip.enabled", "false");
    answers.set("elbv2-describe-target-groups", json!({"TargetGroups": [{
        "TargetGroupArn": TG, "Protocol": "TCP_UDP", "Port": PORT, "VpcId": "vpc-a", "TargetType": "ip"
    }]}));
    assert_eq!(answers.admitting(&from("10.0.2.0/24")).internet(), Never);
}

#[test]
fn the_network_acl_sees_the_address_that_the_target_sees() {
    // The network ACL of the broker's subnet lets in the VPC alone, and every answer out.
    for (kept, expected) in [("true", Never), ("false", Always)] {
        let mut answers = with_attribute("instance", "preserve_client_ip.enabled", kept);
        answers.set(
            "elbv2-describe-load-balancers",
            balancer("internet-facing", &["sg-front"]),
        );
        let groups = json!({"SecurityGroups": [
            group("sg-broker", "vpc-a", &from_group("sg-front")),
            group("sg-front", "vpc-a", &json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])),
        ]});
        answers.set("ec2-describe-security-groups", groups);
        let of_broker = [
            entry(100, false, true, "10.0.0.0/16", None),
            entry(100, true, true, "0.0.0.0/0", None),
        ];
        answers.acls(&[
            acl("acl-1", &["subnet-a1"], &of_broker),
            open_acl("acl-2", &["subnet-a2"]),
        ]);
        assert_eq!(answers.internet(), expected, "{kept}");
    }
}

#[test]
fn the_proxy_protocol_is_a_condition() {
    let mut answers = with_attribute("instance", "proxy_protocol_v2.enabled", "true");
    let admitted = answers.admitting(&from("0.0.0.0/0")).internet();
    assert_eq!(admitted, Conditional);
}

#[test]
fn a_target_that_names_the_balancer_s_group_admits_what_the_balancer_admits() {
    let mut answers = fronted("internet-facing", "instance", "healthy");
    answers.set(
        "elbv2-describe-load-balancers",
        balancer("internet-facing", &["sg-front"]),
    );
    let front = |block: &str| {
        json!([{
            "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": block}]
        }])
    };
    let groups = |block: &str| {
        json!({"SecurityGroups": [
            group("sg-broker", "vpc-a", &from_group("sg-front")),
            group("sg-front", "vpc-a", &front(block)),
            group("sg-app", "vpc-a", &json!([])),
        ]})
    };
    assert_eq!(
        answers
            .set("ec2-describe-security-groups", groups("0.0.0.0/0"))
            .internet(),
        Always
    );
    assert_eq!(
        answers
            .set("ec2-describe-security-groups", groups("203.0.113.0/24"))
            .internet(),
        Never
    );
}

#[test]
fn a_target_that_is_not_healthy_is_conditional_and_none_is_a_no() {
    let mut answers = fronted("internet-facing", "instance", "unhealthy");
    assert_eq!(
        answers.admitting(&from("0.0.0.0/0")).internet(),
        Conditional
    );
    let health = format!("elbv2-describe-target-health/{}", encoded(TG));
    answers.set(&health, json!({"TargetHealthDescriptions": []}));
    assert_eq!(answers.internet(), Never);
}

#[test]
fn load_balancers_that_were_not_read_are_a_gap() {
    let mut answers = fronted("internet-facing", "instance", "healthy");
    answers.admitting(&from("10.0.0.0/8"));
    for file in [
        format!("elbv2-describe-target-health/{}", encoded(TG)),
        format!("elbv2-describe-listeners/{}", encoded(LB)),
        "elbv2-describe-target-groups".to_owned(),
        "elbv2-describe-load-balancers".to_owned(),
    ] {
        assert_eq!(answers.clone().without(&file).internet(), Gap, "{file}");
    }
    let mut none = Answers::new();
    none.without("elbv2-describe-load-balancers");
    assert_eq!(none.internet(), Gap);
    none.config("[assume]\nload-balancers = \"none\"\n");
    assert_eq!(none.internet(), Never);
    // Nothing that sits in the VPC is admitted, so a balancer would not help.
    let mut closed = Answers::new();
    closed
        .admitting(&from("203.0.113.0/24"))
        .without("elbv2-describe-load-balancers");
    assert_eq!(closed.internet(), Never);
}

#[test]
fn an_endpoint_of_a_service_reaches_what_stands_behind_it() {
    let mut answers = fronted("internal", "ip", "healthy");
    answers.admitting(&from("10.0.2.0/24"));
    assert_eq!(answers.other(), Never);
    answers.set(
        "ec2-describe-vpc-endpoint-service-configurations",
        json!({"ServiceConfigurations": [{
            "ServiceId": "vpce-svc-1", "ServiceName": "com.amazonaws.vpce.eu-west-1.vpce-svc-1",
            "AcceptanceRequired": true, "NetworkLoadBalancerArns": [LB]
        }]}),
    );
    let endpoint = |state: &str| {
        json!({"VpcEndpoints": [{
            "VpcEndpointId": "vpce-1", "VpcEndpointType": "Interface", "VpcId": "vpc-b", "State": state,
            "ServiceName": "com.amazonaws.vpce.eu-west-1.vpce-svc-1", "OwnerId": ACCOUNT,
            "SubnetIds": ["subnet-b1"], "NetworkInterfaceIds": [], "Groups": [{"GroupId": "sg-endpoint"}]
        }]})
    };
    answers.set("ec2-describe-vpc-endpoints", endpoint("available"));
    let https = json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.1.0.0/16"}]}]);
    answers.set(
        "ec2-describe-security-groups",
        json!({"SecurityGroups": [
            group("sg-broker", "vpc-a", &from("10.0.2.0/24")),
            group("sg-other", "vpc-b", &json!([])),
            group("sg-endpoint", "vpc-b", &https),
        ]}),
    );
    assert_eq!(answers.other(), Always);
    assert_eq!(
        answers
            .set("ec2-describe-vpc-endpoints", endpoint("pendingAcceptance"))
            .other(),
        Never
    );
}
