//! The project's own fixtures: sound ones load without a complaint, broken ones with the expected
//! one.

use std::path::PathBuf;

use catchment::capture::load;
use catchment::estate::{Severity, build};

fn fixture(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(path)
}

#[test]
fn sound_fixtures_load_without_an_error() {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/small");
    for entry in std::fs::read_dir(dir).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let estate = build(&load(&fixture(&format!("small/{name}"))).unwrap());
        let errors: Vec<_> = estate
            .diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error)
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        assert_eq!(estate.clusters.len(), 1, "{name}");
    }
}

#[test]
fn broken_fixtures_name_file_and_line() {
    let details = "accounts/111122223333/us-east-1/iam-get-account-authorization-details.json";
    let region = "accounts/111122223333/eu-west-1";
    for (name, expected) in [
        ("bad-toml", vec!["catchment.toml:3".to_owned()]),
        ("garbled-acl", vec!["kafka/quay/acls.txt:3".to_owned()]),
        (
            "malformed-json",
            vec![format!("{region}/s3-get-bucket-policy/quay-stream.json:18")],
        ),
        (
            "statement-without-effect",
            vec![format!("{details}:37"), format!("{details}:76")],
        ),
        ("truncated-gaad", vec![format!("{details}:47")]),
        (
            "wrong-types",
            vec![
                format!("{region}/ec2-describe-instances.json:2"),
                format!("{region}/ec2-describe-security-groups.json:10"),
                format!("{details}:74"),
                "kafka/quay/server-1.properties:3".to_owned(),
            ],
        ),
    ] {
        let estate = build(&load(&fixture(&format!("invalid/{name}"))).unwrap());
        let told: Vec<_> = estate
            .diagnostics
            .iter()
            .filter_map(|d| d.source.as_ref())
            .map(ToString::to_string)
            .collect();
        assert_eq!(told, expected, "{:#?}", estate.diagnostics);
    }
}
