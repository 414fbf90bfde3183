//! Captures that others published.

use std::collections::BTreeMap;
use std::path::PathBuf;

use catchment::capture::{Capture, load};
use catchment::estate::{Estate, IdentityKind, Outcome, Seen, build};

use super::*;

fn corpus(path: &str) -> Option<PathBuf> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/corpus")
        .join(path);
    dir.exists().then_some(dir)
}

fn count(estate: &Estate, kind: IdentityKind) -> usize {
    estate
        .identities
        .values()
        .filter(|i| i.kind == kind)
        .count()
}

/// Instances, interfaces, security groups, subnets and endpoints, counted with jq. One interface
/// is listed, another one only stands in its instance.
const CLOUDMAPPER: (usize, usize, usize, usize, usize) = (3, 2, 8, 4, 2);

#[test]
fn cloudmapper_s_demo_loads_and_names_its_gaps() {
    let Some(dir) = corpus("cloudmapper-demo") else {
        return;
    };
    let capture = load(&dir).unwrap();
    let estate = build(&capture);
    assert_eq!(
        (
            count(&estate, IdentityKind::User),
            count(&estate, IdentityKind::Role)
        ),
        (2, 4)
    );
    assert_eq!(
        (
            estate.hosts.len(),
            estate.interfaces.len(),
            estate.security_groups.len(),
            estate.subnets.len(),
            estate.endpoints.len()
        ),
        CLOUDMAPPER
    );
    assert_eq!(
        estate.buckets["cloudmapper_demo"].account.as_deref(),
        Some("123456789012")
    );
    assert!(matches!(
        estate.buckets["cloudmapper_demo"].policy,
        Seen::Is(_)
    ));
    assert_eq!(
        estate.buckets["cloudmapper_demo"].region.as_deref(),
        Some("us-east-1")
    );
    assert!(matches!(
        estate.secrets.values().next().unwrap().policy,
        Seen::Absent
    ));
    let missing: Vec<_> = estate
        .coverage
        .calls
        .iter()
        .filter(|(_, o)| **o == Outcome::NotCollected)
        .map(|(c, _)| c.call.as_str())
        .collect();
    for call in [
        "ec2:DescribeVolumes",
        "ec2:DescribeRouteTables",
        "kms:ListKeys",
        "s3:GetBucketEncryption",
        "organizations:DescribeOrganization",
    ] {
        assert!(missing.contains(&call), "{call} in {missing:?}");
    }
    assert_eq!(estate.accounts.keys().collect::<Vec<_>>(), ["123456789012"]);
    assert!(
        !codes(&estate).contains(&"unrecognised-file"),
        "{:#?}",
        estate.diagnostics
    );
}

#[test]
fn cloudsplaining_s_files_load_each_with_its_users_and_roles() {
    for (file, users, roles) in [
        ("example-authz-details.json", 3, 3),
        ("example.json", 44, 78),
        ("example_authz_v2.json", 1, 2),
    ] {
        let Some(path) = corpus("cloudsplaining").map(|dir| dir.join(file)) else {
            return;
        };
        let text = std::fs::read_to_string(path).unwrap();
        let estate = build(&Capture::from_files(files([(file, &*text)])));
        assert_eq!(
            (
                count(&estate, IdentityKind::User),
                count(&estate, IdentityKind::Role)
            ),
            (users, roles),
            "{file}"
        );
        assert!(
            codes(&estate)
                .iter()
                .all(|c| *c != "malformed-answer" && *c != "unrecognised-file")
        );
        let lists = estate
            .coverage
            .calls
            .iter()
            .filter(|(c, _)| c.call == "s3:ListBuckets");
        assert!(
            lists.clone().count() > 0
                && lists.into_iter().all(|(_, o)| *o == Outcome::NotCollected)
        );
    }
}

/// Recordings of single answers; another layout than captures have, so each is taken out of its
/// envelope and put where a capture would have it.
#[test]
fn recorded_answers_about_buckets_keys_and_snapshots_are_read() {
    let Some(dir) = corpus("custodian-recorded") else {
        return;
    };
    let mut files = BTreeMap::new();
    let keys = format!(
        r#"{{"KeyMetadata": {{"Arn": "arn:aws:kms:{REGION}:{ACCOUNT}:key/0", "KeyManager": "CUSTOMER"}}}}"#
    );
    files.insert("sts.json".to_owned(), CALLER.to_owned());
    files.insert(format!("{REGION}/kms-describe-key/0.json"), keys);
    let wanted = [
        ("s3.GetBucketAcl", "s3-get-bucket-acl"),
        (
            "s3.GetBucketOwnershipControls",
            "s3-get-bucket-ownership-controls",
        ),
        ("s3.GetBucketReplication", "s3-get-bucket-replication"),
        ("s3.GetBucketVersioning", "s3-get-bucket-versioning"),
        ("s3.GetBucketLogging", "s3-get-bucket-logging"),
        (
            "s3.GetBucketNotificationConfiguration",
            "s3-get-bucket-notification-configuration",
        ),
        (
            "ec2.DescribeSnapshotAttribute",
            "ec2-describe-snapshot-attribute",
        ),
    ];
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut snapshots = Vec::new();
    for recording in std::fs::read_dir(&dir).unwrap() {
        let recording = recording.unwrap();
        if !recording.path().is_dir() {
            continue;
        }
        let name = recording.file_name().to_string_lossy().into_owned();
        for file in std::fs::read_dir(recording.path()).unwrap() {
            let file = file.unwrap();
            let stem = file.file_name().to_string_lossy().into_owned();
            let Some((call, folder)) = wanted.iter().find(|(call, _)| {
                stem.strip_prefix(call)
                    .is_some_and(|rest| rest.starts_with('_'))
            }) else {
                continue;
            };
            let text = std::fs::read_to_string(file.path()).unwrap();
            let recorded: serde_json::Value = serde_json::from_str(&text).unwrap();
            let answer = recorded["data"].to_string();
            let number = stem.trim_end_matches(".json").rsplit('_').next().unwrap();
            let id = match recorded["data"]["SnapshotId"].as_str() {
                Some(id) => id.to_owned(),
                None => format!("{name}-{number}"),
            };
            if call.starts_with("ec2.") {
                let known = format!(r#"{{"SnapshotId": "{id}", "VolumeId": "vol-0"}}"#);
                snapshots.push(known);
            }
            *counts.entry(call).or_default() += 1;
            files.insert(format!("{REGION}/{folder}/{id}.json"), answer);
        }
    }
    snapshots.sort();
    snapshots.dedup();
    let listed = format!(r#"{{"Snapshots": [{}]}}"#, snapshots.join(","));
    files.insert(format!("{REGION}/ec2-describe-snapshots.json"), listed);
    let estate = build(&Capture::from_files(files));
    assert_eq!(counts["s3.GetBucketAcl"], 15);
    let broken: Vec<_> = codes(&estate)
        .into_iter()
        .filter(|code| *code == "malformed-answer" || *code == "malformed-policy")
        .collect();
    assert_eq!(broken, Vec::<&str>::new());
    let acls = estate
        .buckets
        .values()
        .filter(|b| matches!(b.settings.acl, Seen::Is(_)));
    assert!(acls.count() >= 10);
    let absent = estate.buckets.values();
    let absent = absent.filter(|b| b.settings.replication == Seen::Absent);
    assert!(absent.count() >= 1);
    let public = estate.snapshots.values();
    let public = public.filter(|s| matches!(&s.sharing, Seen::Is(sharing) if sharing.everyone));
    assert!(public.count() >= 1);
}
