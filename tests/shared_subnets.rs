//! Who may put hosts into subnets that are shared with other accounts.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and says where"
)]

mod support;

use catchment::capture::Capture;
use catchment::reach::Strength::{self, Always, Conditional, Gap, Never};
use serde_json::{Value, json};
use support::{Files, allow, fixture, view};

/// Owner of the VPCs.
const OWNER: &str = "accounts/111122223333/eu-west-1";
const GUEST: &str = "accounts/444455556666/eu-west-1";
const LAUNCHER: &str = "arn:aws:iam::444455556666:user/launcher";
/// The subnet of the peered VPC, whose hosts reach the broker.
const SUBNET: &str = "subnet-0d0c4a5e00000002";
/// One of a VPC that has no way back.
const CUT_OFF: &str = "subnet-0d0c4a5e00000003";
const SHARE: &str = "arn:aws:ram:eu-west-1:111122223333:resource-share/s1";

fn put(files: &mut Files, path: &str, answer: &Value) {
    files.insert(path.to_owned(), answer.to_string());
}

fn arn(kind: &str, id: &str) -> String {
    format!("arn:aws:ec2:eu-west-1:111122223333:{kind}/{id}")
}

/// The shares of the owner: these resources with this principal.
fn shared(files: &mut Files, resources: &[String], principal: &str) {
    let resources: Vec<Value> = resources
        .iter()
        .map(|arn| json!({"arn": arn, "resourceShareArn": SHARE, "status": "AVAILABLE"}))
        .collect();
    let path = format!("{OWNER}/ram-list-resources.json");
    put(files, &path, &json!({"resources": resources}));
    let principals = json!({"principals": [{"id": principal, "resourceShareArn": SHARE}]});
    let path = format!("{OWNER}/ram-list-principals.json");
    put(files, &path, &principals);
}

/// The fixture, and beside it an account whose user may launch instances.
fn with_guest() -> Files {
    let mut files = fixture("small/peered-vpc");
    let launch = json!({"Version": "2012-10-17", "Statement": [allow("ec2:RunInstances", "*")]});
    put(
        &mut files,
        "accounts/444455556666/us-east-1/iam-get-account-authorization-details.json",
        &json!({
            "UserDetailList": [{
                "Arn": LAUNCHER, "UserName": "launcher", "UserId": "AIDALAUNCHER", "Path": "/",
                "UserPolicyList": [{"PolicyName": "launch", "PolicyDocument": launch}],
                "AttachedManagedPolicies": [], "GroupList": []
            }],
            "GroupDetailList": [], "RoleDetailList": [], "Policies": []
        }),
    );
    let group = json!({"SecurityGroups": [{
        "GroupId": "sg-0444455556666000a", "GroupName": "guest", "OwnerId": "444455556666",
        "VpcId": "vpc-0d0c4a5e00000002", "IpPermissions": [],
        "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    }]});
    let path = format!("{GUEST}/ec2-describe-security-groups.json");
    put(&mut files, &path, &group);
    let path = format!("{GUEST}/ec2-describe-instances.json");
    put(&mut files, &path, &json!({"Reservations": []}));
    files
}

fn reads(files: &Files, principal: &str) -> Strength {
    let view = view(files, None);
    let asset = view.asset("payments").unwrap();
    match view.principal(principal) {
        Ok(lane) => view.strength(lane, asset),
        Err(_) => Never,
    }
}

/// Whoever shares name, as far as nobody says who that is.
fn whoever(files: &Files) -> Vec<(String, Strength)> {
    let view = view(files, None);
    let asset = view.asset("payments").unwrap();
    let lanes = view.derivation.principals.iter().enumerate();
    let shares = lanes.filter(|(_, principal)| principal.name.contains("the share"));
    shares
        .map(|(lane, principal)| (principal.name.clone(), view.strength(lane, asset)))
        .collect()
}

#[test]
fn the_account_that_a_subnet_is_shared_with_launches_instances_there() {
    let mut files = with_guest();
    assert_eq!(reads(&files, LAUNCHER), Never);
    shared(&mut files, &[arn("subnet", SUBNET)], "444455556666");
    assert_eq!(reads(&files, LAUNCHER), Always);
    shared(&mut files, &[arn("subnet", CUT_OFF)], "444455556666");
    assert_eq!(reads(&files, LAUNCHER), Never);
    shared(&mut files, &[arn("subnet", SUBNET)], "777788889999");
    assert_eq!(reads(&files, LAUNCHER), Never);
}

#[test]
fn the_account_that_a_subnet_is_shared_with_runs_tasks_there() {
    let mut files = with_guest();
    let identities = "accounts/444455556666/us-east-1/iam-get-account-authorization-details.json";
    let text = files[identities].replace("ec2:RunInstances", "ecs:*");
    files.insert(identities.to_owned(), text);
    assert_eq!(reads(&files, LAUNCHER), Never);
    shared(&mut files, &[arn("subnet", SUBNET)], "444455556666");
    assert_eq!(reads(&files, LAUNCHER), Always);
}

#[test]
fn the_proof_of_a_guest_names_the_share() {
    let mut files = with_guest();
    shared(&mut files, &[arn("subnet", SUBNET)], "444455556666");
    let view = view(&files, None);
    let proof = support::explain(&view, LAUNCHER, "payments").unwrap();
    let told = serde_json::to_string(&proof).unwrap();
    let says = format!("{SUBNET} is shared with account 444455556666");
    assert!(told.contains(&says), "{told}");
    assert!(told.contains("ram-list-resources.json"), "{told}");
}

#[test]
fn an_account_that_was_not_read_stands_for_its_administrator() {
    let mut files = fixture("small/peered-vpc");
    shared(&mut files, &[arn("subnet", SUBNET)], "444455556666");
    let outside = reads(&files, "account 444455556666");
    // What it may do there is its own affair, and its groups were not read.
    assert_eq!(outside, Gap);
    shared(&mut files, &[arn("subnet", CUT_OFF)], "444455556666");
    assert_eq!(reads(&files, "account 444455556666"), Never);
}

#[test]
fn associations_serve_as_well_as_the_two_lists() {
    let mut files = with_guest();
    for (kind, entity) in [
        ("RESOURCE", arn("subnet", SUBNET)),
        ("PRINCIPAL", "444455556666".to_owned()),
    ] {
        let path = format!("{OWNER}/ram-get-resource-share-associations/{kind}.json");
        let association = json!({
            "resourceShareArn": SHARE, "associatedEntity": entity, "associationType": kind,
            "status": "ASSOCIATED"
        });
        put(
            &mut files,
            &path,
            &json!({"resourceShareAssociations": [association]}),
        );
    }
    assert_eq!(reads(&files, LAUNCHER), Always);
    assert!(whoever(&files).is_empty());
    let path = format!("{OWNER}/ram-get-resource-share-associations/PRINCIPAL.json");
    let ended = files[&path].replace("ASSOCIATED", "DISASSOCIATED");
    files.insert(path, ended);
    assert_eq!(reads(&files, LAUNCHER), Never);
}

#[test]
fn a_share_that_was_deleted_admits_nobody() {
    let mut files = with_guest();
    shared(&mut files, &[arn("subnet", SUBNET)], "444455556666");
    let path = format!("{OWNER}/ram-get-resource-shares.json");
    for (status, expected) in [("ACTIVE", Always), ("DELETED", Never)] {
        let share = json!({"resourceShareArn": SHARE, "status": status});
        put(&mut files, &path, &json!({"resourceShares": [share]}));
        assert_eq!(reads(&files, LAUNCHER), expected, "{status}");
    }
}

#[test]
fn a_guest_uses_groups_of_its_own_account_unless_they_are_shared() {
    let mut files = with_guest();
    let path = format!("{OWNER}/ec2-describe-security-groups.json");
    // The broker admits the group of the peered VPC's own host alone.
    let everybody = r#""IpRanges": [{"CidrIp": "10.0.0.0/8"}], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []"#;
    let one = r#""UserIdGroupPairs": [{"GroupId": "sg-0a10000000000002a"}]"#;
    let named = files[&path].replacen(everybody, one, 1);
    assert_ne!(named, files[&path]);
    files.insert(path, named);
    shared(&mut files, &[arn("subnet", SUBNET)], "444455556666");
    assert_eq!(reads(&files, LAUNCHER), Never);
    let group = arn("security-group", "sg-0a10000000000002a");
    shared(&mut files, &[arn("subnet", SUBNET), group], "444455556666");
    assert_eq!(reads(&files, LAUNCHER), Always);
    // Whether the group is shared was not read: the guest is known by what it lists.
    for list in ["ram-list-resources", "ram-list-principals"] {
        files.remove(&format!("{OWNER}/{list}.json"));
    }
    lists_the_subnet(&mut files);
    assert_eq!(reads(&files, LAUNCHER), Gap);
}

fn lists_the_subnet(files: &mut Files) {
    let path = format!("{GUEST}/ec2-describe-subnets.json");
    let subnet = json!({
        "SubnetId": SUBNET, "VpcId": "vpc-0d0c4a5e00000002", "CidrBlock": "10.1.1.0/24",
        "AvailabilityZone": "eu-west-1a", "State": "available", "OwnerId": "111122223333"
    });
    put(files, &path, &json!({"Subnets": [subnet]}));
}

#[test]
fn an_account_that_lists_a_subnet_of_another_one_is_its_guest() {
    let mut files = with_guest();
    lists_the_subnet(&mut files);
    assert_eq!(reads(&files, LAUNCHER), Always);
}

#[test]
fn an_organization_s_share_admits_its_accounts_and_those_that_nobody_read() {
    let mut files = with_guest();
    let organization = "o-guests0001";
    let arn_of = |id: &str| format!("arn:aws:organizations::999900001111:organization/{id}");
    let folder = "accounts/999900001111/us-east-1";
    put(
        &mut files,
        &format!("{folder}/organizations-describe-organization.json"),
        &json!({"Organization": {
            "Id": organization, "MasterAccountId": "999900001111", "FeatureSet": "ALL",
            "Arn": arn_of(organization)
        }}),
    );
    let account =
        |id: &str| json!({"Id": id, "Name": id, "Status": "ACTIVE", "JoinedMethod": "CREATED"});
    put(
        &mut files,
        &format!("{folder}/organizations-list-accounts.json"),
        &json!({"Accounts": [account("111122223333"), account("444455556666")]}),
    );
    shared(&mut files, &[arn("subnet", SUBNET)], &arn_of(organization));
    assert!(reads(&files, LAUNCHER) >= Conditional);
    let others = whoever(&files);
    assert_eq!(others.len(), 1, "{others:?}");
    assert!(others[0].0.contains(organization), "{others:?}");
    assert_eq!(others[0].1, Gap);
    // Another organization has other accounts.
    shared(
        &mut files,
        &[arn("subnet", SUBNET)],
        &arn_of("o-others0001"),
    );
    assert_eq!(reads(&files, LAUNCHER), Never);
}

#[test]
fn shares_that_were_not_read_are_whoever_they_name_where_something_hints_at_them() {
    let open = |files: &Files| -> Vec<String> {
        let estate = catchment::estate::build(&Capture::from_files(files.clone()));
        let calls = estate.open_calls().map(|(call, _)| call.call.clone());
        calls.filter(|call| call.starts_with("ram:")).collect()
    };
    let mut files = with_guest();
    assert!(whoever(&files).is_empty() && open(&files).is_empty());
    shared(&mut files, &[arn("subnet", SUBNET)], "777788889999");
    assert!(whoever(&files).is_empty() && open(&files).is_empty());
    files.remove(&format!("{OWNER}/ram-list-principals.json"));
    let told = whoever(&files);
    // One gap, whatever the number of subnets and identities.
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].1, Gap);
    assert_eq!(open(&files), ["ram:ListPrincipals"]);
    assert_eq!(reads(&files, LAUNCHER), Never);
}
