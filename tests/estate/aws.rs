//! Identities, keys, networks, the organization.

use catchment::estate::{IdentityKind, Seen};

use super::*;

#[test]
fn identities_hold_their_own_and_their_groups_policies() {
    let estate = estate(pier());
    let ana = &estate.identities["arn:aws:iam::111122223333:user/ana"];
    let held: Vec<_> = ana
        .policies
        .iter()
        .map(|p| (p.how.as_str(), p.document.as_ref().is_some()))
        .collect();
    assert_eq!(
        held,
        [
            ("managed", true),
            ("managed", true),
            ("managed", false),
            ("group analysts", true)
        ]
    );
    let own = ana.policies[0].document.as_ref().unwrap();
    assert_eq!(own.statements.len(), 1, "the default version counts");
    let shipped = ana.policies[1].document.as_ref().unwrap();
    assert_eq!(
        shipped.source.file(),
        "graphs/aws-managed/AdministratorAccess.json"
    );
    let Seen::Unread(missing) = &ana.policies[2].document else {
        panic!()
    };
    assert_eq!(
        &**missing,
        "iam policy arn:aws:iam::aws:policy/ReadOnlyAccess"
    );
    let Seen::Is(boundary) = &ana.boundary else {
        panic!()
    };
    assert!(matches!(boundary.document, Seen::Unread(_)));
    assert_eq!(ana.tags["team"], "data");
    let root = &estate.identities["arn:aws:iam::111122223333:root"];
    assert_eq!(root.kind, IdentityKind::Root);
    assert!(estate.accounts[ACCOUNT].identities_read);
}

#[test]
fn keys_are_found_by_arn_id_and_alias_and_a_named_key_exists() {
    let arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555";
    let aliases = r#"{"Aliases": [{"AliasName": "alias/pier", "AliasArn": "arn:aws:kms:eu-west-1:111122223333:alias/pier", "TargetKeyId": "11111111-2222-3333-4444-555555555555"}, {"AliasName": "alias/aws/ebs", "AliasArn": "arn:aws:kms:eu-west-1:111122223333:alias/aws/ebs", "TargetKeyId": "99999999-2222-3333-4444-555555555555"}, {"AliasName": "alias/aws/s3", "AliasArn": "arn:aws:kms:eu-west-1:111122223333:alias/aws/s3"}]}"#;
    let volumes = r#"{"Volumes": [{"VolumeId": "vol-1", "AvailabilityZone": "eu-west-1a", "Encrypted": true, "KmsKeyId": "arn:aws:kms:eu-west-1:444455556666:key/aaaaaaaa-2222-3333-4444-555555555555"}]}"#;
    let estate = estate([
        ("sts.json", CALLER),
        ("eu-west-1/kms-list-aliases.json", aliases),
        (
            "eu-west-1/kms-get-key-policy/11111111-2222-3333-4444-555555555555.json",
            r#"{"Policy": {"Version": "2012-10-17", "Statement": []}, "PolicyName": "default"}"#,
        ),
        ("eu-west-1/volumes.json", volumes),
    ]);
    for name in [
        arn,
        "11111111-2222-3333-4444-555555555555",
        "alias/pier",
        "arn:aws:kms:eu-west-1:111122223333:alias/pier",
    ] {
        let Seen::Is(key) = estate.key_for(name, ACCOUNT, REGION) else {
            panic!("{name}")
        };
        assert!(
            key.arn == arn && matches!(key.policy, Seen::Is(_)),
            "{name}"
        );
    }
    assert!(matches!(
        estate.key_for("alias/pier", ACCOUNT, "us-east-1"),
        Seen::Unread(_)
    ));
    let Seen::Is(ebs) = estate.key_for("alias/aws/ebs", ACCOUNT, REGION) else {
        panic!()
    };
    assert!(ebs.aws_managed);
    let far =
        &estate.keys["arn:aws:kms:eu-west-1:444455556666:key/aaaaaaaa-2222-3333-4444-555555555555"];
    assert!(matches!(far.policy, Seen::Unread(_)));
    assert!(estate.accounts.contains_key("444455556666"));
}

#[test]
fn security_groups_endpoints_and_routes_keep_every_admission() {
    let groups = r#"{"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "brokers", "OwnerId": "111122223333", "VpcId": "vpc-1", "IpPermissions": [
      {"IpProtocol": "tcp", "FromPort": 9092, "ToPort": 9093, "IpRanges": [{"CidrIp": "10.0.0.0/16"}, {"CidrIp": "nonsense"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}], "UserIdGroupPairs": [{"GroupId": "sg-2"}], "PrefixListIds": [{"PrefixListId": "pl-1"}]},
      {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}], "IpPermissionsEgress": []}]}"#;
    let endpoints = r#"{"VpcEndpoints": [{"VpcEndpointId": "vpce-1", "VpcEndpointType": "Gateway", "VpcId": "vpc-1", "ServiceName": "com.amazonaws.eu-west-1.s3", "State": "available", "RouteTableIds": ["rtb-1"], "PolicyDocument": "{\"Version\":\"2008-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}"}]}"#;
    let tables = r#"{"RouteTables": [{"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": true}, {"Main": false, "SubnetId": "subnet-1"}], "Routes": [{"GatewayId": "local", "DestinationCidrBlock": "10.0.0.0/16"}, {"GatewayId": "igw-1", "DestinationCidrBlock": "0.0.0.0/0", "State": "active"}]}]}"#;
    let estate = estate([
        ("sts.json", CALLER),
        ("eu-west-1/a.json", groups),
        ("eu-west-1/b.json", endpoints),
        ("eu-west-1/c.json", tables),
    ]);
    let group = &estate.security_groups["sg-1"];
    assert_eq!(group.ingress.len(), 6);
    assert_eq!(group.ingress[0].ports, Some((9092, 9093)));
    assert_eq!(group.ingress[5].ports, None);
    assert_eq!(
        at(&estate, "malformed-address-block"),
        ["eu-west-1/a.json:2"]
    );
    let endpoint = &estate.endpoints["vpce-1"];
    assert_eq!(
        (
            endpoint.service.as_str(),
            endpoint.gateway,
            endpoint.account.as_str()
        ),
        ("s3", true, ACCOUNT)
    );
    assert!(matches!(endpoint.policy, Seen::Is(_)));
    let table = &estate.route_tables["rtb-1"];
    assert!(
        table.main
            && table
                .routes
                .iter()
                .any(|r| matches!(r.via, catchment::estate::Via::Internet(_)))
            && table.subnets == ["subnet-1"]
    );
}

const ORGANIZATION: &str =
    r#"{"Organization": {"Id": "o-1", "MasterAccountId": "999999999999", "FeatureSet": "ALL"}}"#;

#[test]
fn organization_levels_go_from_the_root_to_the_account() {
    let texts = [
        ("sts.json", CALLER),
        ("org/a.json", ORGANIZATION),
        (
            "org/organizations-list-parents/111122223333.json",
            r#"{"Parents": [{"Id": "ou-1", "Type": "ORGANIZATIONAL_UNIT"}]}"#,
        ),
        (
            "org/organizations-list-parents/ou-1.json",
            r#"{"Parents": [{"Id": "r-1", "Type": "ROOT"}]}"#,
        ),
        (
            "org/organizations-list-policies-for-target/r-1/SERVICE_CONTROL_POLICY.json",
            r#"{"Policies": [{"Id": "p-FullAWSAccess", "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess", "Name": "FullAWSAccess", "Type": "SERVICE_CONTROL_POLICY"}]}"#,
        ),
        (
            "org/organizations-list-policies-for-target/ou-1.json",
            r#"{"Policies": [{"Id": "p-1", "Arn": "arn:aws:organizations::999999999999:policy/o-1/service_control_policy/p-1", "Name": "guard", "Type": "SERVICE_CONTROL_POLICY"}]}"#,
        ),
        (
            "org/p1.json",
            r#"{"Policy": {"PolicySummary": {"Id": "p-1", "Name": "guard", "Type": "SERVICE_CONTROL_POLICY"}, "Content": "{\"Version\":\"2012-10-17\",\"Statement\":[]}"}}"#,
        ),
    ];
    let read = estate(texts);
    assert!(matches!(&read.organization.id, Seen::Is(id) if id == "o-1"));
    assert_eq!(
        read.organization.management_account.as_deref(),
        Some("999999999999")
    );
    let levels = &read.organization.levels[ACCOUNT];
    assert_eq!(
        levels.iter().map(|l| l.id.as_str()).collect::<Vec<_>>(),
        ["r-1", "ou-1", ACCOUNT]
    );
    assert!(matches!(&levels[0].scps, Seen::Is(p) if matches!(p[0].document, Seen::Is(_))));
    assert!(
        matches!(&levels[1].scps, Seen::Is(p) if p[0].name == "guard" && matches!(p[0].document, Seen::Is(_)))
    );
    assert!(matches!(levels[2].scps, Seen::Unread(_)));
    assert!(levels.iter().all(|l| matches!(l.rcps, Seen::Unread(_))));
    let assumed = estate(texts.into_iter().chain([(
        "catchment.toml",
        "[assume]\nscps = \"none\"\nrcps = \"none\"\n",
    )]));
    let levels = &assumed.organization.levels[ACCOUNT];
    assert!(matches!(levels[2].scps, Seen::Absent) && matches!(levels[0].scps, Seen::Is(_)));
    assert!(levels.iter().all(|l| matches!(l.rcps, Seen::Absent)));
    assert_eq!(assumed.organization.assumed.len(), 2);
}

#[test]
fn without_any_answer_about_it_the_organization_is_unread_and_without_one_it_is_absent() {
    let unread = estate([("sts.json", CALLER), ("iam.json", GAAD)]);
    assert!(matches!(unread.organization.id, Seen::Unread(_)));
    let levels = &unread.organization.levels[ACCOUNT];
    assert_eq!(levels[0].id, "above 111122223333");
    assert!(
        levels
            .iter()
            .all(|l| matches!((&l.scps, &l.rcps), (Seen::Unread(_), Seen::Unread(_))))
    );
    let none = r#"{"Error": {"Code": "AWSOrganizationsNotInUseException"}}"#;
    let absent = estate([
        ("sts.json", CALLER),
        ("organizations-describe-organization.json", none),
    ]);
    assert!(matches!(absent.organization.id, Seen::Absent));
    assert!(absent.organization.levels[ACCOUNT].is_empty());
}
