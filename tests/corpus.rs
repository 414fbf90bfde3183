//! Captures of real shape that others published, read where they lie and never copied here.
//!
//! They lie in `../shared/corpus`; without that folder there is nothing to check.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The map of one folder of the corpus; nothing when there is no corpus.
fn map(folder: &str) -> Option<Value> {
    let corpus: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.is_dir() {
        let _ = writeln!(std::io::stderr(), "skipped: needs ../shared/corpus");
        return None;
    }
    let run = Command::new(env!("CARGO_BIN_EXE_catchment"))
        .args(["map", "--format", "json"])
        .arg(corpus.join(folder))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(0), "{errors}");
    Some(serde_json::from_slice(&run.stdout).unwrap())
}

/// Calls that have no answer, each with the word for why.
fn gaps(map: &Value) -> Vec<(&str, &str)> {
    let gaps = map["gaps"].as_array().unwrap();
    gaps.iter()
        .map(|gap| {
            (
                gap["call"].as_str().unwrap(),
                gap["outcome"].as_str().unwrap(),
            )
        })
        .collect()
}

fn read(map: &Value, kind: &str) -> u64 {
    let counts = map["read"].as_array().unwrap();
    let count = counts
        .iter()
        .find(|count| count.to_string().contains(&format!("\"{kind}\"")));
    count.and_then(|count| count["count"].as_u64()).unwrap_or(0)
}

#[test]
fn cloudmapper_s_demo_is_read_in_its_own_layout() {
    let Some(map) = map("cloudmapper-demo") else {
        return;
    };
    assert_eq!(read(&map, "identities"), 7, "{}", map["read"]);
    assert_eq!(read(&map, "instances"), 3, "{}", map["read"]);
    // What the demo leaves out is named, and an answer that is there is not.
    let gaps = gaps(&map);
    for call in [
        "organizations:ListPoliciesForTarget",
        "kms:ListKeys",
        "ec2:DescribeVolumes",
    ] {
        assert!(
            gaps.contains(&(call, "not_collected")),
            "{call} is not among {gaps:?}"
        );
    }
    assert!(
        !gaps
            .iter()
            .any(|(call, _)| *call == "ec2:DescribeInstances"),
        "{gaps:?}"
    );
}

#[test]
fn account_details_alone_answer_and_say_what_is_missing() {
    let Some(map) = map("cloudsplaining") else {
        return;
    };
    assert!(read(&map, "identities") > 100, "{}", map["read"]);
    assert!(map["holders"].as_array().unwrap().is_empty());
    let gaps = gaps(&map);
    for call in ["s3:ListBuckets", "ec2:DescribeInstances", "kms:ListKeys"] {
        assert!(
            gaps.contains(&(call, "not_collected")),
            "{call} is not among {gaps:?}"
        );
    }
}
