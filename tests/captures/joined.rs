//! Several directories of one estate.

use std::path::{Path, PathBuf};

use catchment::capture::{CaptureError, load_all};

use super::*;

/// Writes directories of one test and gives their paths, in order.
fn directories(test: &str, contents: &[(&str, &[(&str, &str)])]) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("joined-{test}"));
    let _ = std::fs::remove_dir_all(&root);
    let write = |(name, files): &(&str, &[(&str, &str)])| {
        let dir = root.join(name);
        for (path, text) in *files {
            let path = dir.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        dir
    };
    contents.iter().map(write).collect()
}

const DENIED: &str = r#"{"Error": {"Code": "AccessDenied"}}"#;
const READ: &str = r#"{"Policy": "{\"Statement\": []}"}"#;
const OTHER: &str = r#"{"Policy": "{\"Statement\": [], \"Id\": \"other\"}"}"#;
const POLICY: &str = "accounts/111122223333/s3-get-bucket-policy/quay.json";

fn instances(names: &[&str], tag: &str) -> String {
    let each: Vec<String> = names
        .iter()
        .map(|id| format!(r#"{{"InstanceId": "{id}", "ImageId": "{tag}"}}"#))
        .collect();
    format!(
        r#"{{"Reservations": [{{"OwnerId": "111122223333", "Instances": [{}]}}]}}"#,
        each.join(", ")
    )
}

#[test]
fn what_one_capture_read_counts_whatever_another_was_refused() {
    for (test, first, second) in [("denied-first", DENIED, READ), ("read-first", READ, DENIED)] {
        let dirs = directories(
            test,
            &[("a", &[(POLICY, first)]), ("b", &[(POLICY, second)])],
        );
        let capture = load_all(&dirs).unwrap();
        let answer = only(&capture, "s3:GetBucketPolicy");
        assert_eq!(answer.outcome, Outcome::Ok, "{test}");
        let used = if first == READ { "a/" } else { "b/" };
        assert!(answer.file.starts_with(used), "{}", answer.file);
        assert!(answer.body.source.file().starts_with(used));
        assert!(!codes(&capture).contains(&"contradictory-answers"));
    }
}

#[test]
fn every_place_names_its_capture() {
    let dirs = directories(
        "places",
        &[
            (
                "x/aws",
                &[
                    (
                        "sts.json",
                        r#"{"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/a", "UserId": "U"}"#,
                    ),
                    ("bad.json", "{"),
                ],
            ),
            ("y/aws", &[("vpcs.json", r#"{"Vpcs": []}"#)]),
            (
                "kafka-files",
                &[
                    ("server.properties", "node.id=1\nlisteners=PLAIN://:9092\n"),
                    ("catchment.toml", ""),
                ],
            ),
        ],
    );
    let capture = load_all(&dirs).unwrap();
    let files: Vec<&str> = capture.answers.iter().map(|a| &*a.file).collect();
    assert_eq!(files, ["y/aws/vpcs.json", "x/aws/sts.json"]);
    assert_eq!(&*capture.texts[0].file, "kafka-files/server.properties");
    // A file at the root of its capture names no cluster; its capture does.
    assert_eq!(capture.texts[0].cluster, "kafka-files");
    assert_eq!(
        &*capture.config.as_ref().unwrap().file,
        "kafka-files/catchment.toml"
    );
    let broken = capture
        .diagnostics
        .iter()
        .find(|d| d.code == "malformed-json")
        .unwrap();
    assert_eq!(broken.source.as_ref().unwrap().file(), "x/aws/bad.json");
}

#[test]
fn contradictions_between_captures_name_both_places_and_the_one_that_was_used() {
    let dirs = directories(
        "contradiction",
        &[("a", &[(POLICY, READ)]), ("b", &[(POLICY, OTHER)])],
    );
    let capture = load_all(&dirs).unwrap();
    assert!(only(&capture, "s3:GetBucketPolicy").file.starts_with("a/"));
    let said = capture
        .diagnostics
        .iter()
        .find(|d| d.code == "contradictory-answers")
        .unwrap();
    assert!(
        said.message.contains(&format!("`a/{POLICY}`")),
        "{}",
        said.message
    );
    assert!(said.message.contains("comes first"), "{}", said.message);
    assert_eq!(said.source.as_ref().unwrap().file(), format!("b/{POLICY}"));
}

#[test]
fn the_newer_of_two_captures_counts_when_both_tell_their_time() {
    let envelope = |at: &str, id: &str| {
        format!(
            r#"{{"call": "s3:GetBucketPolicy", "account": "111122223333", "params": {{"Bucket": "quay"}}, "at": "{at}", "body": {{"Policy": "{{\"Id\": \"{id}\"}}"}}}}"#
        )
    };
    let (old, new) = (
        envelope("2026-11-01T00:00:00Z", "old"),
        envelope("2026-11-02T00:00:00Z", "new"),
    );
    let dirs = directories(
        "newer",
        &[("a", &[("p.json", &old)]), ("b", &[("p.json", &new)])],
    );
    let capture = load_all(&dirs).unwrap();
    assert_eq!(&*only(&capture, "s3:GetBucketPolicy").file, "b/p.json");
}

#[test]
fn lists_of_several_captures_are_one_list() {
    let path = "accounts/111122223333/eu-west-1/ec2-describe-instances.json";
    let (one, two) = (instances(&["i-1"], "x"), instances(&["i-1", "i-2"], "y"));
    let open = one.replace(
        "{\"Reservations\"",
        "{\"NextToken\": \"t\", \"Reservations\"",
    );
    for (test, first, outcome) in [
        ("lists", &one, Outcome::Ok),
        ("lists-open", &open, Outcome::Ok),
    ] {
        let dirs = directories(test, &[("a", &[(path, first)]), ("b", &[(path, &two)])]);
        let capture = load_all(&dirs).unwrap();
        assert_eq!(
            only(&capture, "ec2:DescribeInstances").outcome,
            outcome,
            "{test}"
        );
        let estate = catchment::estate::build(&capture);
        assert_eq!(
            estate.hosts.keys().collect::<Vec<_>>(),
            ["i-1", "i-2"],
            "{test}"
        );
        assert!(codes(&capture).contains(&"contradictory-answers"), "{test}");
    }
    // The same list twice is no contradiction, and two open lists are still open.
    let dirs = directories(
        "lists-same",
        &[("a", &[(path, &one)]), ("b", &[(path, &one)])],
    );
    assert!(!codes(&load_all(&dirs).unwrap()).contains(&"contradictory-answers"));
    let open_two = two.replace(
        "{\"Reservations\"",
        "{\"NextToken\": \"u\", \"Reservations\"",
    );
    let dirs = directories(
        "open-both",
        &[("a", &[(path, &open)]), ("b", &[(path, &open_two)])],
    );
    let capture = load_all(&dirs).unwrap();
    assert_eq!(
        only(&capture, "ec2:DescribeInstances").outcome,
        Outcome::Truncated
    );
}

#[test]
fn pages_that_one_capture_completed_stay_complete() {
    let page = |ids: &[&str], more: &str| {
        instances(ids, "x").replace("{\"Reservations\"", &format!("{{{more}\"Reservations\""))
    };
    let (one, two) = (page(&["i-1"], "\"NextToken\": \"t\", "), page(&["i-2"], ""));
    let folder = "accounts/111122223333/eu-west-1";
    let (p1, p2) = (format!("{folder}/i1.json"), format!("{folder}/i2.json"));
    let dirs = directories(
        "pages",
        &[
            ("a", &[(&p1, &one), (&p2, &two)]),
            ("b", &[("vpcs.json", r#"{"Vpcs": []}"#)]),
        ],
    );
    let capture = load_all(&dirs).unwrap();
    assert_eq!(only(&capture, "ec2:DescribeInstances").outcome, Outcome::Ok);
}

#[test]
fn a_second_configuration_is_named_and_not_mixed_in() {
    let dirs = directories(
        "configurations",
        &[
            (
                "a",
                &[
                    ("catchment.toml", "# one"),
                    ("vpcs.json", r#"{"Vpcs": []}"#),
                ],
            ),
            (
                "b",
                &[
                    ("catchment.toml", "# two"),
                    ("vpcs.json", r#"{"Vpcs": []}"#),
                ],
            ),
        ],
    );
    let capture = load_all(&dirs).unwrap();
    assert_eq!(capture.config.as_ref().unwrap().text, "# one");
    let said = capture
        .diagnostics
        .iter()
        .find(|d| d.code == "several-configurations")
        .unwrap();
    assert_eq!(said.source.as_ref().unwrap().file(), "b/catchment.toml");
}

#[test]
fn a_directory_is_not_counted_twice() {
    let dirs = directories(
        "overlap",
        &[
            ("a", &[("vpcs.json", r#"{"Vpcs": []}"#)]),
            ("a/b", &[("vpcs.json", r#"{"Vpcs": []}"#)]),
        ],
    );
    for pair in [
        vec![dirs[0].clone(), dirs[0].clone()],
        vec![dirs[0].clone(), dirs[1].clone()],
        vec![dirs[1].clone(), dirs[0].clone()],
    ] {
        let error = load_all(&pair).unwrap_err();
        assert!(matches!(error, CaptureError::Overlapping { .. }), "{error}");
    }
}
