//! Replication of EFS: a replica holds what its source holds, and is mounted on its own terms.

use catchment::reach::Strength::{self, Always, Gap};
use serde_json::{Value, json};

use crate::support::case::{ACCOUNT, Case, IDENTITIES, OTHER, role};
use crate::support::{allow, cells, document, view};

const REPLICATIONS: &str = "efs-describe-replication-configurations.json";
const FILE_SYSTEMS: &str = "arn:aws:elasticfilesystem:*:111122223333:file-system/*";

fn group(id: &str, ingress: &Value) -> Value {
    let all = json!([{ "IpProtocol": "-1", "IpRanges": [{ "CidrIp": "0.0.0.0/0" }] }]);
    json!({
        "GroupId": id, "GroupName": id, "VpcId": "vpc-9", "OwnerId": ACCOUNT,
        "IpPermissions": ingress, "IpPermissionsEgress": all
    })
}

fn file_system(id: &str) -> Value {
    json!({
        "OwnerId": ACCOUNT, "CreationToken": id, "FileSystemId": id,
        "FileSystemArn": format!("arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:file-system/{id}"),
        "LifeCycleState": "available", "NumberOfMountTargets": 1, "Encrypted": true
    })
}

fn replicated(to: &str, owner: &str) -> Value {
    json!({ "Replications": [{
        "SourceFileSystemId": "fs-1", "SourceFileSystemRegion": "eu-west-1",
        "Destinations": [{
            "Status": "ENABLED", "FileSystemId": to, "Region": "eu-west-1", "OwnerId": owner
        }]
    }]})
}

/// A cluster whose write-ahead log lies on `fs-1`, which nobody reaches; `fs-2`, which the host
/// `i-0e1` reaches; the host's role, with what it may do.
fn mounted(does: &[Value]) -> Case {
    mounted_with(does, &[])
}

/// The same with further roles.
pub(crate) fn mounted_with(does: &[Value], more: &[Value]) -> Case {
    let mut case = Case::bucket();
    let pin = "\n[[pin]]\nlink = \"cluster-file-system\"\nfrom = \"quay\"\nto = \"fs-1\"\n";
    if let Some(text) = case.0.get_mut("catchment.toml") {
        text.push_str(pin);
    }
    let profile = format!("arn:aws:iam::{ACCOUNT}:instance-profile/worker");
    let mut worker = role("worker", &json!({ "Service": "ec2.amazonaws.com" }), does);
    worker["InstanceProfileList"] = json!([{
        "Arn": profile, "Roles": [{ "Arn": format!("arn:aws:iam::{ACCOUNT}:role/worker") }]
    }]);
    let mover = role(
        "mover",
        &json!({ "Service": "elasticfilesystem.amazonaws.com" }),
        &[allow("elasticfilesystem:Replication*", "*")],
    );
    let mut roles = vec![worker, mover];
    roles.extend_from_slice(more);
    let details = json!({
        "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles,
        "Policies": [], "IsTruncated": false
    });
    case.0.insert(IDENTITIES.to_owned(), details.to_string());
    let host = json!({
        "InstanceId": "i-0e1", "PrivateIpAddress": "10.9.0.9", "VpcId": "vpc-9",
        "SubnetId": "subnet-9", "State": { "Name": "running" },
        "SecurityGroups": [{ "GroupId": "sg-w" }], "IamInstanceProfile": { "Arn": profile }
    });
    let nfs = json!([{
        "IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049,
        "UserIdGroupPairs": [{ "GroupId": "sg-w", "UserId": ACCOUNT }]
    }]);
    let groups = [
        group("sg-w", &json!([])),
        group("sg-shut", &json!([])),
        group("sg-open", &nfs),
    ];
    let none = json!({ "Error": { "Code": "PolicyNotFound" } });
    for (id, target, group) in [("fs-1", "fsmt-1", "sg-shut"), ("fs-2", "fsmt-2", "sg-open")] {
        let at = json!({ "MountTargets": [{
            "MountTargetId": target, "FileSystemId": id, "SubnetId": "subnet-9",
            "LifeCycleState": "available", "IpAddress": "10.9.0.40", "OwnerId": ACCOUNT
        }]});
        let groups = json!({ "SecurityGroups": [group] });
        case = case
            .with(&format!("efs-describe-mount-targets/{id}.json"), &at)
            .with(
                &format!("efs-describe-mount-target-security-groups/{target}.json"),
                &groups,
            )
            .with(&format!("efs-describe-file-system-policy/{id}.json"), &none);
    }
    case.with(
        "ec2-describe-instances.json",
        &json!({ "Reservations": [{ "OwnerId": ACCOUNT, "Instances": [host] }] }),
    )
    .with(
        "ec2-describe-security-groups.json",
        &json!({ "SecurityGroups": groups }),
    )
    .with(
        "ec2-describe-subnets.json",
        &json!({ "Subnets": [{
            "SubnetId": "subnet-9", "VpcId": "vpc-9", "AvailabilityZone": "eu-west-1a",
            "CidrBlock": "10.9.0.0/24", "OwnerId": ACCOUNT
        }]}),
    )
    .with(
        "efs-describe-file-systems.json",
        &json!({ "FileSystems": [file_system("fs-1"), file_system("fs-2")] }),
    )
    .with(REPLICATIONS, &json!({ "Replications": [] }))
}

pub(crate) fn reads(case: &Case, who: &str) -> Option<Strength> {
    let found = cells(&view(&case.0, None));
    found.get(&(who.to_owned(), "payments".to_owned())).copied()
}

pub(crate) const HOST: &str = "host i-0e1";

#[test]
fn a_replica_holds_what_its_source_holds_and_is_mounted_on_its_own_terms() {
    assert_eq!(reads(&mounted(&[]), HOST), None);
    let copied = mounted(&[]).with(REPLICATIONS, &replicated("fs-2", ACCOUNT));
    assert_eq!(reads(&copied, HOST), Some(Always));
    let map = catchment::query::map(&view(&copied.0, None));
    let told = map.holders.iter().find(|holder| holder.id == "fs-2");
    assert_eq!(told.map(|holder| &*holder.role), Some("replica of fs-1"));
    // The replica has a policy that lets nobody mount it.
    let denied = json!({
        "Effect": "Deny", "Principal": "*", "Action": "elasticfilesystem:ClientMount", "Resource": "*"
    });
    let policy = json!({ "FileSystemId": "fs-2", "Policy": document(&[denied]).to_string() });
    let shut = copied.with("efs-describe-file-system-policy/fs-2.json", &policy);
    assert_eq!(reads(&shut, HOST), None);
}

#[test]
fn a_replica_that_nothing_describes_may_be_mounted() {
    let copied = mounted(&[]).with(REPLICATIONS, &replicated("fs-9", OTHER));
    assert_eq!(reads(&copied, HOST), Some(Gap));
    let estate = catchment::estate::build(&catchment::capture::Capture::from_files(copied.0));
    let replica = &estate.file_systems["fs-9"];
    assert_eq!(replica.account, OTHER);
    let open = |call: &str| {
        let calls = estate.open_calls();
        let mut calls = calls.filter(|(made, _)| made.resource == "fs-9" && made.account == OTHER);
        calls.any(|(made, _)| made.call == call)
    };
    assert!(open("efs:DescribeMountTargets") && open("efs:DescribeFileSystemPolicy"));
    // It is the source of no other replication.
    let elsewhere = estate
        .coverage
        .calls
        .keys()
        .filter(|call| call.account == OTHER);
    let mut listed = elsewhere.map(|call| call.call.as_str());
    assert!(listed.all(|call| call != "efs:DescribeReplicationConfigurations"));
}

#[test]
fn replications_that_were_not_listed_leave_a_gap() {
    let whoever = "whoever reads replicas of the file system fs-1 of quay";
    assert_eq!(reads(&mounted(&[]), whoever), None);
    let unread = mounted(&[]).without("replication-configurations");
    assert_eq!(reads(&unread, whoever), Some(Gap));
    let denied = json!({ "Error": { "Code": "AccessDeniedException" } });
    let refused = mounted(&[]).with(REPLICATIONS, &denied);
    assert_eq!(reads(&refused, whoever), Some(Gap));
}

#[test]
fn who_may_replicate_a_file_system_mounts_the_replica() {
    let all = [
        allow(
            "elasticfilesystem:CreateReplicationConfiguration",
            FILE_SYSTEMS,
        ),
        allow("elasticfilesystem:CreateFileSystem", FILE_SYSTEMS),
        allow("elasticfilesystem:CreateMountTarget", FILE_SYSTEMS),
        allow("ec2:CreateNetworkInterface", "*"),
    ];
    assert_eq!(reads(&mounted(&all), HOST), Some(Always));
    for left_out in 0..all.len() {
        let mut fewer = all.to_vec();
        fewer.remove(left_out);
        assert_eq!(reads(&mounted(&fewer), HOST), None, "{left_out}");
    }
    // Without a host to mount it on, the session alone reads nothing.
    let bare = format!("arn:aws:iam::{ACCOUNT}:role/worker");
    assert_eq!(reads(&mounted(&all), &bare), None);
}

#[test]
fn who_may_pass_a_role_replicates_to_an_account_of_its_own() {
    let both = [
        allow(
            "elasticfilesystem:CreateReplicationConfiguration",
            FILE_SYSTEMS,
        ),
        allow("iam:PassRole", "arn:aws:iam::111122223333:role/mover"),
    ];
    let worker = format!("arn:aws:iam::{ACCOUNT}:role/worker");
    assert_eq!(reads(&mounted(&both), &worker), Some(Always));
    assert_eq!(reads(&mounted(&both[..1]), &worker), None);
    assert_eq!(reads(&mounted(&both[1..]), &worker), None);
}
