//! Captures that others published.

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
