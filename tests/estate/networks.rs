//! Importers of networks: what each answer becomes, what is not read, who owns what.

use std::path::PathBuf;

use catchment::estate::{Destination, Outcome, Seen, Via, build};

use super::*;

fn in_region<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Estate {
    let named: Vec<(String, &str)> = texts
        .into_iter()
        .map(|(name, text)| (format!("accounts/{ACCOUNT}/{REGION}/{name}"), text))
        .collect();
    estate(named.iter().map(|(name, text)| (name.as_str(), *text)))
}

#[test]
fn a_vpc_has_its_secondary_blocks_and_a_shared_subnet_its_owner() {
    let estate = in_region([
        (
            "a.json",
            r#"{"Vpcs": [{"VpcId": "vpc-1", "OwnerId": "999999999999", "CidrBlock": "10.0.0.0/16", "CidrBlockAssociationSet": [
              {"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}},
              {"CidrBlock": "10.8.0.0/16", "CidrBlockState": {"State": "associated"}},
              {"CidrBlock": "10.9.0.0/16", "CidrBlockState": {"State": "disassociated"}}],
              "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": "2001:db8::/56", "Ipv6CidrBlockState": {"State": "associated"}}]}]}"#,
        ),
        (
            "b.json",
            r#"{"Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1", "OwnerId": "999999999999", "CidrBlock": "10.8.1.0/24",
              "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": "2001:db8::/64", "Ipv6CidrBlockState": {"State": "associated"}}]}]}"#,
        ),
    ]);
    let vpc = &estate.vpcs["vpc-1"];
    let blocks: Vec<String> = vpc.blocks.iter().map(ToString::to_string).collect();
    assert_eq!(blocks, ["10.0.0.0/16", "10.8.0.0/16", "2001:db8::/56"]);
    assert_eq!(vpc.account, "999999999999");
    let subnet = &estate.subnets["subnet-1"];
    assert_eq!(
        (subnet.account.as_str(), subnet.region.as_str()),
        ("999999999999", REGION)
    );
    assert_eq!(subnet.v6.len(), 1);
}

#[test]
fn a_network_acl_keeps_every_entry_in_the_order_of_numbers() {
    let estate = in_region([(
        "a.json",
        r#"{"NetworkAcls": [{"NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": true, "OwnerId": "111122223333",
          "Associations": [{"SubnetId": "subnet-1"}], "Entries": [
            {"RuleNumber": 32767, "Egress": false, "Protocol": "-1", "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"},
            {"RuleNumber": 100, "Egress": false, "Protocol": 6, "RuleAction": "allow", "CidrBlock": "10.0.0.0/8", "PortRange": {"From": 9092, "To": 9094}},
            {"RuleNumber": 101, "Egress": false, "Protocol": "6", "RuleAction": "allow", "Ipv6CidrBlock": "::/0"},
            {"RuleNumber": 100, "Egress": true, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "nonsense"}]}]}"#,
    )]);
    let acl = &estate.network_acls["acl-1"];
    assert!(acl.default && acl.subnets == ["subnet-1"]);
    let numbers: Vec<i64> = acl.ingress.iter().map(|e| e.number).collect();
    assert_eq!(numbers, [100, 101, 32767]);
    assert_eq!(
        (acl.ingress[0].ports, acl.ingress[0].protocol.as_str()),
        (Some((9092, 9094)), "6")
    );
    assert!(acl.ingress[0].allows && !acl.ingress[2].allows);
    assert_eq!(acl.egress[0].block, None);
    assert_eq!(codes(&estate), ["malformed-address-block"]);
}

#[test]
fn every_kind_of_route_is_kept() {
    let estate = in_region([(
        "a.json",
        r#"{"RouteTables": [{"RouteTableId": "rtb-1", "VpcId": "vpc-1", "OwnerId": "111122223333", "Associations": [
            {"Main": true, "AssociationState": {"State": "associated"}},
            {"SubnetId": "subnet-gone", "AssociationState": {"State": "disassociated"}},
            {"GatewayId": "igw-1", "AssociationState": {"State": "associated"}}], "Routes": [
          {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active", "Origin": "CreateRouteTable"},
          {"DestinationCidrBlock": "10.1.0.0/16", "VpcPeeringConnectionId": "pcx-1", "State": "blackhole", "Origin": "CreateRoute"},
          {"DestinationCidrBlock": "10.2.0.0/16", "GatewayId": "vgw-1", "State": "active", "Origin": "EnableVgwRoutePropagation"},
          {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1", "State": "active"},
          {"DestinationPrefixListId": "pl-1", "TransitGatewayId": "tgw-1", "State": "active"},
          {"DestinationCidrBlock": "10.3.0.0/16", "NetworkInterfaceId": "eni-1", "InstanceId": "i-1", "State": "active"},
          {"DestinationCidrBlock": "10.4.0.0/16", "CoreNetworkArn": "arn:core", "State": "active"},
          {"DestinationCidrBlock": "nowhere", "NatGatewayId": "nat-1", "State": "active"},
          {"State": "active"}]}]}"#,
    )]);
    let table = &estate.route_tables["rtb-1"];
    assert!(table.main && table.subnets.is_empty() && table.gateways == ["igw-1"]);
    let via: Vec<&Via> = table.routes.iter().map(|r| &r.via).collect();
    assert_eq!(
        via,
        [
            &Via::Local,
            &Via::Peering("pcx-1".to_owned()),
            &Via::Vpn("vgw-1".to_owned()),
            &Via::EgressOnly("eigw-1".to_owned()),
            &Via::Transit("tgw-1".to_owned()),
            &Via::Appliance("eni-1".to_owned()),
            &Via::Other("arn:core".to_owned()),
            &Via::Nat("nat-1".to_owned()),
            &Via::Other("a target that is not named".to_owned()),
        ]
    );
    assert!(table.routes[1].blackhole && table.routes[2].propagated);
    assert_eq!(
        table.routes[4].to,
        Destination::PrefixList("pl-1".to_owned())
    );
    assert!(matches!(table.routes[7].to, Destination::Unreadable(_)));
    assert_eq!(table.routes[8].source.line(), 13);
}

#[test]
fn gateways_know_their_vpcs_and_addresses() {
    let estate = in_region([
        (
            "a.json",
            r#"{"InternetGateways": [{"InternetGatewayId": "igw-1", "OwnerId": "111122223333", "Attachments": [{"VpcId": "vpc-1", "State": "available"}]}]}"#,
        ),
        (
            "b.json",
            r#"{"EgressOnlyInternetGateways": [{"EgressOnlyInternetGatewayId": "eigw-1", "Attachments": [{"VpcId": "vpc-1", "State": "attached"}]}]}"#,
        ),
        (
            "c.json",
            r#"{"VpnGateways": [{"VpnGatewayId": "vgw-1", "State": "available", "VpcAttachments": [{"VpcId": "vpc-1", "State": "detached"}]}]}"#,
        ),
        (
            "d.json",
            r#"{"NatGateways": [{"NatGatewayId": "nat-1", "VpcId": "vpc-1", "SubnetId": "subnet-1", "State": "deleted", "NatGatewayAddresses": [{"PublicIp": "203.0.113.9", "PrivateIp": "10.0.0.9"}]}]}"#,
        ),
    ]);
    let vpcs = |id: &str| estate.gateways[id].vpcs.join(",");
    assert_eq!(
        (vpcs("igw-1"), vpcs("eigw-1"), vpcs("vgw-1")),
        ("vpc-1".into(), "vpc-1".into(), String::new())
    );
    let nat = &estate.nat_gateways["nat-1"];
    assert!(
        !nat.available
            && nat.public_addresses == ["203.0.113.9"]
            && nat.private_addresses == ["10.0.0.9"]
    );
}

#[test]
fn both_accounts_of_a_peering_may_describe_it() {
    let body = |tag: &str| {
        format!(
            r#"{{"VpcPeeringConnections": [{{"VpcPeeringConnectionId": "pcx-1", "Status": {{"Code": "active"}}, "Tags": [{{"Key": "Name", "Value": "{tag}"}}],
      "RequesterVpcInfo": {{"VpcId": "vpc-1", "OwnerId": "111122223333", "Region": "eu-west-1", "CidrBlock": "10.0.0.0/16", "CidrBlockSet": [{{"CidrBlock": "10.0.0.0/16"}}, {{"CidrBlock": "10.8.0.0/16"}}]}},
      "AccepterVpcInfo": {{"VpcId": "vpc-2", "OwnerId": "444455556666", "Region": "eu-west-1", "CidrBlock": "10.1.0.0/16"}}}}]}}"#
        )
    };
    let (ours, theirs) = (body("ours"), body("theirs"));
    let estate = estate([
        ("accounts/111122223333/eu-west-1/p.json", ours.as_str()),
        ("accounts/444455556666/eu-west-1/p.json", theirs.as_str()),
    ]);
    let peering = &estate.peerings["pcx-1"];
    assert!(peering.active);
    assert_eq!(peering.requester.blocks.len(), 2);
    assert_eq!(
        (
            peering.accepter.vpc.as_str(),
            peering.accepter.account.as_str()
        ),
        ("vpc-2", "444455556666")
    );
    assert_eq!(codes(&estate), Vec::<&str>::new());
}

#[test]
fn prefix_lists_have_entries_or_say_that_they_were_not_read() {
    let lists = r#"{"PrefixLists": [{"PrefixListId": "pl-own", "PrefixListName": "office", "OwnerId": "111122223333", "AddressFamily": "IPv4"}, {"PrefixListId": "pl-s3", "PrefixListName": "com.amazonaws.eu-west-1.s3", "OwnerId": "AWS"}]}"#;
    let own = r#"{"PrefixLists": [{"PrefixListId": "pl-s3", "PrefixListName": "com.amazonaws.eu-west-1.s3", "Cidrs": ["52.218.0.0/17"]}]}"#;
    let groups = r#"{"SecurityGroups": [{"GroupId": "sg-1", "OwnerId": "111122223333", "VpcId": "vpc-1", "IpPermissions": [{"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-own"}]}], "IpPermissionsEgress": []}]}"#;
    let entries = r#"{"Entries": [{"Cidr": "203.0.113.0/24", "Description": ""}]}"#;
    let call = "ec2:GetManagedPrefixListEntries";
    let texts = [("a.json", lists), ("b.json", own), ("c.json", groups)];
    let unread = in_region(texts);
    assert!(matches!(
        unread.prefix_lists["pl-own"].entries,
        Seen::Unread(_)
    ));
    assert!(matches!(&unread.prefix_lists["pl-s3"].entries, Seen::Is(e) if e.len() == 1));
    assert_eq!(
        outcome(&unread, call, "", "pl-own"),
        Some(Outcome::NotCollected)
    );
    assert_eq!(outcome(&unread, call, "", "pl-s3"), None);
    let read = in_region(
        texts
            .into_iter()
            .chain([("ec2-get-managed-prefix-list-entries/pl-own.json", entries)]),
    );
    assert!(matches!(&read.prefix_lists["pl-own"].entries, Seen::Is(e) if e.len() == 1));
    assert_eq!(outcome(&read, call, REGION, "pl-own"), Some(Outcome::Ok));
}

#[test]
fn a_transit_gateway_search_with_more_routes_is_truncated() {
    let tables = r#"{"TransitGatewayRouteTables": [{"TransitGatewayRouteTableId": "tgw-rtb-1", "TransitGatewayId": "tgw-1", "State": "available"}]}"#;
    let routes = r#"{"Routes": [{"DestinationCidrBlock": "10.0.0.0/8", "Type": "static", "State": "blackhole"}], "AdditionalRoutesAvailable": true}"#;
    let estate = in_region([
        ("a.json", tables),
        ("ec2-search-transit-gateway-routes/tgw-rtb-1.json", routes),
    ]);
    let table = &estate.transit_tables["tgw-rtb-1"];
    assert!(!table.complete);
    assert!(
        matches!(&table.routes, Seen::Is(routes) if routes[0].blackhole && !routes[0].propagated)
    );
    let search = "ec2:SearchTransitGatewayRoutes";
    assert_eq!(
        outcome(&estate, search, REGION, "tgw-rtb-1"),
        Some(Outcome::Truncated)
    );
    let associations = "ec2:GetTransitGatewayRouteTableAssociations";
    assert_eq!(
        outcome(&estate, associations, REGION, "tgw-rtb-1"),
        Some(Outcome::NotCollected)
    );
}

#[test]
fn attachments_are_joined_from_what_each_answer_tells() {
    let estate = in_region([
        (
            "a.json",
            r#"{"TransitGatewayAttachments": [{"TransitGatewayAttachmentId": "tgw-attach-1", "TransitGatewayId": "tgw-1", "ResourceType": "vpc", "ResourceId": "vpc-1", "State": "available", "Association": {"TransitGatewayRouteTableId": "tgw-rtb-1", "State": "associated"}}]}"#,
        ),
        (
            "b.json",
            r#"{"TransitGatewayVpcAttachments": [{"TransitGatewayAttachmentId": "tgw-attach-1", "TransitGatewayId": "tgw-1", "VpcId": "vpc-1", "State": "available", "SubnetIds": ["subnet-1"], "Options": {"SecurityGroupReferencingSupport": "disable"}}]}"#,
        ),
    ]);
    let attachment = &estate.transit_attachments[&("tgw-1".to_owned(), "tgw-attach-1".to_owned())];
    assert_eq!(attachment.table, Seen::Is("tgw-rtb-1".to_owned()));
    assert_eq!(attachment.subnets, Seen::Is(vec!["subnet-1".to_owned()]));
    assert_eq!(attachment.references, Seen::Is(false));
}

#[test]
fn endpoints_services_and_balancers_say_who_is_let_in() {
    let lb = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/front/1";
    let listeners = "elbv2-describe-listeners/arn%3Aaws%3Aelasticloadbalancing%3Aeu-west-1%3A111122223333%3Aloadbalancer%2Fnet%2Ffront%2F1.json";
    let estate = in_region([
        (
            "a.json",
            r#"{"VpcEndpoints": [{"VpcEndpointId": "vpce-1", "VpcEndpointType": "Interface", "VpcId": "vpc-1", "ServiceName": "com.amazonaws.eu-west-1.kms", "State": "available", "SubnetIds": ["subnet-1"], "NetworkInterfaceIds": ["eni-1"], "Groups": [{"GroupId": "sg-1", "GroupName": "x"}], "PrivateDnsEnabled": true}]}"#,
        ),
        (
            "b.json",
            r#"{"ServiceConfigurations": [{"ServiceId": "vpce-svc-1", "ServiceName": "com.amazonaws.vpce.eu-west-1.vpce-svc-1", "AcceptanceRequired": false, "NetworkLoadBalancerArns": ["arn:lb"]}]}"#,
        ),
        (
            "ec2-describe-vpc-endpoint-service-permissions/vpce-svc-1.json",
            r#"{"AllowedPrincipals": [{"PrincipalType": "All", "Principal": "*"}]}"#,
        ),
        (
            "c.json",
            &format!(
                r#"{{"LoadBalancers": [{{"LoadBalancerArn": "{lb}", "LoadBalancerName": "front", "Type": "network", "Scheme": "internet-facing", "VpcId": "vpc-1", "SecurityGroups": ["sg-2"], "AvailabilityZones": [{{"SubnetId": "subnet-1", "LoadBalancerAddresses": [{{"PrivateIPv4Address": "10.0.0.8"}}]}}]}},
          {{"LoadBalancerArn": "arn:web", "LoadBalancerName": "web", "Type": "application", "Scheme": "internal", "AvailabilityZones": []}}]}}"#
            ),
        ),
        (
            listeners,
            r#"{"Listeners": [{"LoadBalancerArn": "x", "Port": 9094, "Protocol": "TCP", "DefaultActions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "arn:tg", "Weight": 1}]}}]}]}"#,
        ),
        (
            "d.json",
            r#"{"TargetGroups": [{"TargetGroupArn": "arn:tg", "Protocol": "TCP", "Port": 9094, "TargetType": "ip", "VpcId": "vpc-1"}]}"#,
        ),
        (
            "elbv2-describe-target-health/arn%3Atg.json",
            r#"{"TargetHealthDescriptions": [{"Target": {"Id": "10.0.1.9", "Port": 9094}, "TargetHealth": {"State": "healthy"}}]}"#,
        ),
    ]);
    let endpoint = &estate.endpoints["vpce-1"];
    assert!(endpoint.private_dns && endpoint.available && !endpoint.gateway);
    assert_eq!(
        (
            endpoint.subnets.join(","),
            endpoint.interfaces.join(","),
            endpoint.groups.join(",")
        ),
        ("subnet-1".into(), "eni-1".into(), "sg-1".into())
    );
    let service = &estate.endpoint_services["vpce-svc-1"];
    assert_eq!(service.allowed, Seen::Is(vec!["*".to_owned()]));
    assert_eq!(
        (service.balancers.join(","), service.acceptance),
        ("arn:lb".into(), false)
    );
    let balancer = &estate.balancers[lb];
    assert!(balancer.network && balancer.internet_facing && balancer.addresses == ["10.0.0.8"]);
    let Seen::Is(listening) = &balancer.listeners else {
        panic!("{:?}", balancer.listeners)
    };
    assert_eq!(
        (listening[0].port, listening[0].target_groups.join(",")),
        (9094, "arn:tg".into())
    );
    let group = &estate.target_groups["arn:tg"];
    assert!(
        matches!(&group.targets, Seen::Is(t) if t[0].health == "healthy" && t[0].port == Some(9094))
    );
    // Nobody asked about the listeners of what passes no TCP on.
    assert_eq!(
        outcome(&estate, "elbv2:DescribeListeners", REGION, "arn:web"),
        None
    );
}

#[test]
fn a_network_list_is_expected_where_something_leads_to_what_it_holds() {
    let calls = |routes: &str| {
        let tables = format!(
            r#"{{"RouteTables": [{{"RouteTableId": "rtb-1", "VpcId": "vpc-1", "OwnerId": "111122223333", "Associations": [], "Routes": [{routes}]}}]}}"#
        );
        let estate = in_region([
            ("sts-get-caller-identity.json", CALLER),
            ("a.json", tables.as_str()),
        ]);
        [
            "ec2:DescribeVpcPeeringConnections",
            "ec2:DescribeTransitGatewayAttachments",
            "ec2:DescribeNetworkAcls",
            "elbv2:DescribeLoadBalancers",
        ]
        .map(|call| outcome(&estate, call, REGION, ""))
    };
    let missing = Some(Outcome::NotCollected);
    assert_eq!(calls(""), [None, None, missing, missing]);
    let peering = r#"{"DestinationCidrBlock": "10.1.0.0/16", "VpcPeeringConnectionId": "pcx-1"}"#;
    assert_eq!(calls(peering), [missing, None, missing, missing]);
    let transit = r#"{"DestinationCidrBlock": "10.1.0.0/16", "TransitGatewayId": "tgw-1"}"#;
    assert_eq!(calls(transit), [None, missing, missing, missing]);
}

#[test]
fn something_else_in_place_of_a_list_inside_makes_a_network_answer_incomplete() {
    let estate = in_region([(
        "ec2-describe-network-acls.json",
        r#"{"NetworkAcls": [{"NetworkAclId": "acl-1", "VpcId": "vpc-1", "Associations": [], "Entries": "none"}]}"#,
    )]);
    assert_eq!(
        outcome(&estate, "ec2:DescribeNetworkAcls", REGION, ""),
        Some(Outcome::Truncated)
    );
    assert!(codes(&estate).contains(&"malformed-answer"));
    // Not one without entries, which would deny everything.
    assert!(estate.network_acls.is_empty());
}

#[test]
fn what_a_network_answer_lacks_is_not_read_as_none() {
    let estate = in_region([
        (
            "a.json",
            r#"{"RouteTables": [{"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": []}]}"#,
        ),
        (
            "b.json",
            r#"{"SecurityGroups": [{"GroupId": "sg-1", "VpcId": "vpc-1", "IpPermissions": []}]}"#,
        ),
    ]);
    assert!(estate.route_tables.is_empty());
    let group = &estate.security_groups["sg-1"];
    assert!(group.ingress.is_empty());
    assert!(matches!(
        group.egress[0].peer,
        catchment::estate::Peer::Unreadable(_)
    ));
}

/// Recorded answers of AWS, unwrapped from their recording: every one is understood.
#[test]
fn recorded_network_answers_are_read_without_complaint() {
    let folder =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/custodian-recorded");
    let Ok(tests) = std::fs::read_dir(&folder) else {
        return;
    };
    let calls = [
        "DescribeNetworkAcls",
        "DescribeRouteTables",
        "DescribeVpcPeeringConnections",
        "DescribeSubnets",
        "DescribeVpcs",
        "DescribeInternetGateways",
        "DescribeNatGateways",
        "DescribeAddresses",
        "DescribeTransitGateways",
        "DescribeTransitGatewayAttachments",
        "DescribeVpcEndpoints",
        "DescribeManagedPrefixLists",
        "DescribePrefixLists",
        "DescribeNetworkInterfaces",
    ];
    let mut read = 0;
    let mut folders: Vec<PathBuf> = tests
        .map(|t| t.unwrap().path())
        .filter(|p| p.is_dir())
        .collect();
    folders.sort();
    for test in folders {
        for call in calls {
            let file = test.join(format!("ec2.{call}_1.json"));
            let Ok(text) = std::fs::read_to_string(&file) else {
                continue;
            };
            let recorded: serde_json::Value = serde_json::from_str(&text).unwrap();
            if recorded["status_code"] != 200 {
                continue;
            }
            let envelope = serde_json::json!({
                "call": format!("ec2:{call}"), "params": {}, "account": ACCOUNT, "region": REGION,
                "status": 200, "body": recorded["data"],
            });
            let text = envelope.to_string();
            let estate = build(&Capture::from_files(files([(
                "answer.json",
                text.as_str(),
            )])));
            let wrong: Vec<_> = estate
                .diagnostics
                .iter()
                .filter(|d| !matches!(d.code, "doubtful-policy" | "malformed-policy"))
                .collect();
            assert!(wrong.is_empty(), "{}: {wrong:#?}", file.display());
            assert_eq!(
                outcome(&estate, &format!("ec2:{call}"), REGION, ""),
                Some(Outcome::Ok),
                "{}",
                file.display()
            );
            read += 1;
        }
    }
    assert!(read > 30, "only {read} answers were found");
}
