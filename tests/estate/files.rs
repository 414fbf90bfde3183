//! Network file systems: their policies, mount targets, access points, and clusters that log there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use catchment::estate::{Estate, FileSystemKind, Outcome, Seen};

use super::*;

const FILE_SYSTEMS: &str = r#"{"FileSystems": [
  {"OwnerId": "111122223333", "CreationToken": "t", "FileSystemId": "fs-1",
   "FileSystemArn": "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1",
   "LifeCycleState": "available", "NumberOfMountTargets": 2, "Encrypted": true,
   "KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/k",
   "Tags": [{"Key": "automqVendor", "Value": "automq"}, {"Key": "automqEnvironmentID", "Value": "env-1"}]},
  {"OwnerId": "111122223333", "CreationToken": "u", "FileSystemId": "fs-2", "LifeCycleState": "available",
   "NumberOfMountTargets": 0}]}"#;

const TARGETS: &str = r#"{"MountTargets": [
  {"MountTargetId": "fsmt-1", "FileSystemId": "fs-1", "SubnetId": "subnet-1", "LifeCycleState": "available",
   "IpAddress": "10.0.1.40", "NetworkInterfaceId": "eni-7", "OwnerId": "111122223333"},
  {"MountTargetId": "fsmt-2", "FileSystemId": "fs-1", "SubnetId": "subnet-2", "LifeCycleState": "available",
   "IpAddress": "10.0.2.40", "NetworkInterfaceId": "eni-8", "OwnerId": "111122223333"}]}"#;

fn base() -> Vec<(&'static str, &'static str)> {
    vec![
        ("sts.json", CALLER),
        ("eu-west-1/file-systems.json", FILE_SYSTEMS),
    ]
}

const POLICY_FILE: &str = "eu-west-1/efs-describe-file-system-policy/fs-1.json";

#[test]
fn only_policy_not_found_makes_a_file_system_open_by_default() {
    let with = |text: &'static str| {
        let mut texts = base();
        texts.push((POLICY_FILE, text));
        estate(texts)
    };
    let open = with(r#"{"Error": {"Code": "PolicyNotFound"}, "ErrorCode": "PolicyNotFound"}"#);
    assert!(matches!(open.file_systems["fs-1"].policy, Seen::Absent));
    let call = "efs:DescribeFileSystemPolicy";
    assert_eq!(outcome(&open, call, REGION, "fs-1"), Some(Outcome::Absent));
    for refused in [
        r#"{"Error": {"Code": "AccessDeniedException"}}"#,
        r#"{"Error": {"Code": "FileSystemNotFound"}}"#,
        "",
        "{\"FileSystemId\": \"fs-1\"}",
    ] {
        let unread = with(refused);
        assert!(
            matches!(unread.file_systems["fs-1"].policy, Seen::Unread(_)),
            "{refused}"
        );
    }
    let read = with(
        r#"{"FileSystemId": "fs-1", "Policy": "{\"Version\": \"2012-10-17\", \"Statement\": []}"}"#,
    );
    assert!(matches!(read.file_systems["fs-1"].policy, Seen::Is(_)));
    let bare = estate(base());
    assert!(matches!(bare.file_systems["fs-1"].policy, Seen::Unread(_)));
    assert_eq!(
        outcome(&bare, call, REGION, "fs-1"),
        Some(Outcome::NotCollected)
    );
}

fn groups(estate: &Estate) -> Vec<Option<Vec<String>>> {
    let targets = estate.file_systems["fs-1"].mount_targets.as_ref().unwrap();
    targets.iter().map(|t| t.groups.as_ref().cloned()).collect()
}

#[test]
fn groups_of_mount_targets_come_from_their_own_answer_or_their_interface_and_are_else_unread() {
    let mut texts = base();
    texts.push(("eu-west-1/targets.json", TARGETS));
    texts.push((
        "eu-west-1/efs-describe-mount-target-security-groups/fsmt-1.json",
        r#"{"SecurityGroups": ["sg-own"]}"#,
    ));
    let some = estate(texts.clone());
    assert_eq!(groups(&some), [Some(vec!["sg-own".to_owned()]), None]);
    texts.push((
        "eu-west-1/enis.json",
        r#"{"NetworkInterfaces": [{"NetworkInterfaceId": "eni-8", "SubnetId": "subnet-2", "PrivateIpAddress": "10.0.2.40", "OwnerId": "111122223333", "Groups": [{"GroupId": "sg-eni"}]}]}"#,
    ));
    let both = estate(texts);
    assert_eq!(
        groups(&both),
        [
            Some(vec!["sg-own".to_owned()]),
            Some(vec!["sg-eni".to_owned()])
        ]
    );
}

#[test]
fn mount_targets_that_were_not_listed_are_unread_unless_there_are_none() {
    let bare = estate(base());
    assert!(matches!(
        bare.file_systems["fs-1"].mount_targets,
        Seen::Unread(_)
    ));
    assert_eq!(
        bare.file_systems["fs-2"].mount_targets,
        Seen::Is(Vec::new())
    );
    // One of two is known: the other one stands for itself, its groups unread.
    let mut texts = base();
    texts.push((
        "eu-west-1/targets.json",
        r#"{"MountTargets": [{"MountTargetId": "fsmt-1", "FileSystemId": "fs-1", "OwnerId": "111122223333"}]}"#,
    ));
    let half = estate(texts);
    let targets = half.file_systems["fs-1"].mount_targets.as_ref().unwrap();
    assert_eq!(targets.len(), 2);
    assert!(matches!(targets[1].groups, Seen::Unread(_)));
}

#[test]
fn a_file_system_that_only_its_policy_names_is_there_and_says_what_is_missing() {
    let estate = estate([
        ("sts.json", CALLER),
        (POLICY_FILE, r#"{"Error": {"Code": "PolicyNotFound"}}"#),
    ]);
    let found = &estate.file_systems["fs-1"];
    assert!(matches!(found.policy, Seen::Absent));
    assert!(matches!(found.mount_targets, Seen::Unread(_)));
    assert_eq!(
        outcome(&estate, "efs:DescribeFileSystems", REGION, ""),
        Some(Outcome::NotCollected)
    );
}

#[test]
fn access_points_say_which_directory_and_user_they_fix() {
    let mut texts = base();
    texts.push((
        "eu-west-1/access-points.json",
        r#"{"AccessPoints": [{"AccessPointId": "fsap-1", "FileSystemId": "fs-1", "OwnerId": "111122223333",
            "PosixUser": {"Uid": 1000, "Gid": 1000, "SecondaryGids": [5]}, "RootDirectory": {"Path": "/wal"}},
            {"AccessPointId": "fsap-2", "FileSystemId": "fs-1"}]}"#,
    ));
    let estate = estate(texts);
    let first = &estate.file_access_points["fsap-1"];
    assert_eq!(
        (first.root.as_str(), first.file_system.as_str()),
        ("/wal", "fs-1")
    );
    assert_eq!(first.user, Some((1000, vec![1000, 5])));
    let second = &estate.file_access_points["fsap-2"];
    assert_eq!((second.root.as_str(), second.user.as_ref()), ("/", None));
}

#[test]
fn fsx_for_ontap_is_mounted_at_its_interfaces_and_has_no_policy() {
    let estate = estate([
        ("sts.json", CALLER),
        (
            "eu-west-1/fsx.json",
            r#"{"FileSystems": [{"OwnerId": "111122223333", "FileSystemId": "fs-9", "FileSystemType": "ONTAP", "Lifecycle": "AVAILABLE",
                "ResourceARN": "arn:aws:fsx:eu-west-1:111122223333:file-system/fs-9", "NetworkInterfaceIds": ["eni-1", "eni-2"],
                "KmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/k", "Tags": []}]}"#,
        ),
        (
            "eu-west-1/enis.json",
            r#"{"NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "SubnetId": "subnet-1", "PrivateIpAddress": "10.0.1.9", "Groups": [{"GroupId": "sg-1"}]}]}"#,
        ),
    ]);
    let found = &estate.file_systems["fs-9"];
    assert_eq!(found.kind, FileSystemKind::FsxOntap);
    assert_eq!(found.encrypted, Seen::Is(true));
    assert!(matches!(found.policy, Seen::Absent));
    let targets = found.mount_targets.as_ref().unwrap();
    assert_eq!(targets[0].address.as_deref(), Some("10.0.1.9"));
    assert_eq!(targets[0].groups, Seen::Is(vec!["sg-1".to_owned()]));
    assert!(matches!(targets[1].groups, Seen::Unread(_)));
}

const QUAY: &str = "node.id=1\nelasticstream.enable=true\nadvertised.listeners=CLIENT://10.0.1.11:9092\ns3.data.buckets=0@s3://quay-data?region=eu-west-1\ns3.wal.path=0@file:///mnt/wal\n";

fn quay() -> Vec<(&'static str, &'static str)> {
    let mut texts = base();
    texts.push(("eu-west-1/targets.json", TARGETS));
    texts.push(("eu-west-1/instances.json", INSTANCES));
    texts.push(("kafka/quay/server.properties", QUAY));
    texts
}

fn wal(estate: &Estate, cluster: &str) -> Vec<String> {
    let links = estate.clusters[cluster].file_systems.values();
    links.map(|l| l.to.clone()).collect()
}

#[test]
fn a_write_ahead_log_on_a_file_system_is_found_by_tags_by_address_and_by_pin() {
    let tagged = estate(quay());
    assert_eq!(wal(&tagged, "quay"), ["fs-1"]);
    assert!(tagged.clusters["quay"].brokers[&1].wal_volumes.is_empty());
    assert!(!tagged.clusters["quay"].buckets.contains_key("wal"));

    let mut by_address = quay();
    let nfs = QUAY.replace("file:///mnt/wal", "nfs://10.0.2.40/wal");
    let plain = FILE_SYSTEMS.replace("automq", "other");
    by_address
        .retain(|(p, _)| !p.ends_with("server.properties") && !p.ends_with("file-systems.json"));
    by_address.push(("kafka/quay/server.properties", &nfs));
    by_address.push(("eu-west-1/file-systems.json", &plain));
    let found = estate(by_address.clone());
    assert_eq!(wal(&found, "quay"), ["fs-1"]);
    assert!(matches!(
        found.clusters["quay"].file_systems["wal"].origin,
        catchment::estate::Origin::Captured(_)
    ));

    let mut pinned = by_address;
    pinned.push((
        "catchment.toml",
        "[[pin]]\nlink = \"cluster-file-system\"\nfrom = \"quay\"\nto = \"fs-2\"\n",
    ));
    let pinned = estate(pinned);
    assert_eq!(wal(&pinned, "quay"), ["fs-2"]);
    assert!(!codes(&pinned).contains(&"unknown-link-end"));
}

#[test]
fn no_file_system_is_chosen_between_two_clusters_that_fit_equally() {
    let mut texts = quay();
    let other = QUAY.replace("10.0.1.11", "10.0.1.12");
    texts.push(("kafka/pier/server.properties", &other));
    let both = estate(texts);
    assert!(wal(&both, "quay").is_empty() && wal(&both, "pier").is_empty());
}

#[test]
fn a_log_on_disks_takes_the_marked_volumes_and_else_all_but_the_root() {
    let mut texts = quay();
    texts.retain(|(p, _)| !p.ends_with("file-systems.json"));
    let plain = estate(texts.clone());
    let broker = &plain.clusters["quay"].brokers[&1];
    let wal: Vec<_> = broker.wal_volumes.iter().map(|l| l.to.as_str()).collect();
    assert_eq!(wal, ["vol-data"]);
    assert!(broker.volumes.is_empty());
    texts.push((
        "eu-west-1/volumes.json",
        r#"{"Volumes": [{"VolumeId": "vol-root", "AvailabilityZone": "eu-west-1a", "Encrypted": true, "Tags": [{"Key": "automqVendor", "Value": "automq"}]}]}"#,
    ));
    let marked = estate(texts);
    let broker = &marked.clusters["quay"].brokers[&1];
    let wal: Vec<_> = broker.wal_volumes.iter().map(|l| l.to.as_str()).collect();
    assert_eq!(wal, ["vol-root"]);
}

#[test]
fn buckets_are_told_apart_by_what_they_hold() {
    let estate = estate([
        ("sts.json", CALLER),
        (
            "kafka/quay/server.properties",
            "node.id=1\nelasticstream.enable=true\ns3.data.buckets=0@s3://q-data?region=eu-west-1\ns3.ops.buckets=0@s3://q-ops?region=eu-west-1\nautomq.zonerouter.channels=0@s3://q-router?region=eu-west-1\nautomq.table.topic.catalog.type=rest\n",
        ),
        (
            "kafka/mole/server.properties",
            "node.id=1\nlog.dirs=/d\nremote.log.storage.system.enable=true\nrsm.config.storage.s3.bucket.name=m-tier\ninkless.storage.s3.bucket.name=m-diskless\nautomq.table.topic.catalog.warehouse=s3://m-tables/iceberg\n",
        ),
    ]);
    let roles = |name: &str| -> Vec<(String, String)> {
        let buckets = estate.clusters[name].buckets.iter();
        buckets.map(|(k, l)| (k.clone(), l.to.clone())).collect()
    };
    let pairs = |all: &[(&str, &str)]| -> Vec<(String, String)> {
        all.iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    };
    assert_eq!(
        roles("quay"),
        pairs(&[
            ("data", "q-data"),
            ("ops", "q-ops"),
            ("router", "q-router"),
            ("tables", "q-data"),
            ("wal", "q-data")
        ])
    );
    assert_eq!(
        roles("mole"),
        pairs(&[
            ("diskless", "m-diskless"),
            ("tables", "m-tables"),
            ("tiered", "m-tier")
        ])
    );
    assert!(estate.buckets.contains_key("q-router"));
}
