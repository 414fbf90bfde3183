//! `--also` and `--coverage` as people and scripts meet them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "support/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use program::{answer, json, program, refuses, root, run};
use serde_json::Value;

const PIER: &str = "fixtures/small/pier";
const CHAIN: &str = "fixtures/small/role-chain";

/// Directories of one test, written anew.
fn scratch(test: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("coverage-{test}"));
    let _ = std::fs::remove_dir_all(&root);
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    root
}

/// The members of every entry of a list, as one text each.
fn entries(document: &Value, list: &str, members: &[&str]) -> BTreeSet<String> {
    let entries = document[list].as_array().unwrap().iter();
    entries
        .map(|entry| {
            let members: Vec<String> = members
                .iter()
                .map(|m| entry[*m].to_string().replace('"', ""))
                .collect();
            members.join(" ")
        })
        .collect()
}

#[test]
fn coverage_counts_by_account_region_and_kind() {
    let document = json(&["map", PIER, "--coverage"]);
    assert_eq!(document["format"], "catchment.coverage/1");
    assert_eq!(document["capture"], PIER);
    let read = entries(
        &document,
        "read",
        &["account", "region", "cluster", "kind", "count"],
    );
    for line in [
        "111122223333   roles 10",
        "111122223333   buckets 2",
        "111122223333 eu-west-1  instances 5",
        "444455556666 eu-west-1  instances 1",
        // Listed, and there are none: that is not the same as not listed.
        "444455556666   buckets 0",
        "  pier brokers 3",
        "  pier topics 8",
    ] {
        assert!(read.contains(line), "{line} is not in {read:#?}");
    }
    assert!(!read.iter().any(|line| line.starts_with("999900001111")));
}

#[test]
fn every_open_call_says_what_it_would_change() {
    let document = json(&["map", PIER, "--coverage"]);
    let open = entries(
        &document,
        "open",
        &["call", "account", "resource", "outcome", "means"],
    );
    assert!(open.contains(
        "secretsmanager:GetResourcePolicy 111122223333 arn:aws:secretsmanager:eu-west-1:111122223333:secret:kafka/pier/reconciler-m3VdRw denied whom the secret's policy names could read the credential; identity grants could be denied by it"
    ), "{open:#?}");
    // The same calls as `map` lists, no more and no less.
    let gaps = json(&["map", PIER]);
    let place = ["call", "account", "region", "resource", "outcome"];
    assert_eq!(
        entries(&document, "open", &place),
        entries(&gaps, "gaps", &place)
    );
    let text = answer(&["map", PIER, "--coverage"]);
    assert!(text.contains("what it would change"), "{text}");
    assert!(text.contains("secretsmanager:GetResourcePolicy"), "{text}");
    let markdown = answer(&["map", PIER, "--coverage", "--format", "markdown"]);
    assert!(markdown.contains("| secretsmanager:GetResourcePolicy | denied |"));
}

#[test]
fn no_open_call_of_any_fixture_is_without_its_consequence() {
    for folder in ["fixtures/small", "fixtures/invalid"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if !path.is_dir() {
                continue;
            }
            let document = json(&["map", path.to_str().unwrap(), "--coverage"]);
            for line in entries(&document, "open", &["call", "means"]) {
                assert!(!line.contains("is not known"), "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn answers_without_a_resource_are_listed_apart() {
    let dir = scratch(
        "unplaced",
        &[(
            "s3.GetBucketEncryption_1.json",
            r#"{"status_code": 200, "data": {"ServerSideEncryptionConfiguration": {"Rules": []}}}"#,
        )],
    );
    let document = json(&["map", dir.to_str().unwrap(), "--coverage"]);
    assert_eq!(document["unplaced"][0]["call"], "s3:GetBucketEncryption");
    assert_eq!(
        document["unplaced"][0]["places"][0],
        "s3.GetBucketEncryption_1.json:1"
    );
    assert!(document["read"].as_array().unwrap().is_empty());
    for format in ["table", "markdown"] {
        let text = answer(&[
            "map",
            dir.to_str().unwrap(),
            "--coverage",
            "--format",
            format,
        ]);
        assert!(text.contains("of which resource is not known"), "{text}");
    }
}

#[test]
fn strict_ends_with_gaps_as_long_as_something_is_open() {
    let args = ["map", PIER, "--coverage", "--strict"];
    assert_eq!(run(&args).status.code(), Some(3));
    assert_eq!(run(&args).stdout, run(&args[..3]).stdout);
}

#[test]
fn several_directories_are_one_estate() {
    let both = json(&["map", PIER, "--also", CHAIN]);
    assert_eq!(both["capture"], format!("{PIER} + {CHAIN}"));
    let clusters = entries(&both, "listeners", &["cluster"]);
    assert_eq!(clusters, BTreeSet::from(["pier".into(), "quay".into()]));
    // Places name their directory.
    for place in entries(&both, "listeners", &["place"]) {
        let known = place.starts_with("pier/kafka/") || place.starts_with("role-chain/kafka/");
        assert!(known, "{place}");
    }
    for args in [
        &["who", PIER, "--also", CHAIN, "--asset", "payments"][..],
        &[
            "what",
            PIER,
            "--also",
            CHAIN,
            "--principal",
            "user/tomas.field",
        ],
        &[
            "explain",
            PIER,
            "user/tomas.field",
            "payments",
            "--also",
            CHAIN,
        ],
        &[
            "compare",
            PIER,
            CHAIN,
            "--also",
            "fixtures/small/two-identities",
        ],
        &["export", PIER, "--also", CHAIN],
        &["map", PIER, "--also", CHAIN, "--coverage"],
    ] {
        assert!(!answer(args).is_empty(), "{args:?}");
    }
}

#[test]
fn one_directory_alone_keeps_its_plain_places() {
    let alone = json(&["map", PIER]);
    for place in entries(&alone, "listeners", &["place"]) {
        assert!(place.starts_with("kafka/pier/"), "{place}");
    }
}

#[test]
fn the_order_of_directories_changes_names_and_no_readers() {
    let readers = |first: &str, second: &str| {
        let document = json(&["who", first, "--also", second]);
        let assets = document["assets"].as_array().unwrap().clone();
        let of = assets.iter().flat_map(|asset| {
            let readers = asset["readers"].as_array().unwrap().iter();
            readers.map(move |r| format!("{} {} {}", asset["asset"], r["principal"], r["strength"]))
        });
        of.collect::<BTreeSet<String>>()
    };
    let files = "fixtures/small/vpce-with-host";
    let parts = scratch("order", &[]);
    copy(
        &root().join(files).join("accounts"),
        &parts.join("aws/accounts"),
    );
    copy(
        &root().join(files).join("kafka"),
        &parts.join("stream/kafka"),
    );
    let config = std::fs::read_to_string(root().join(files).join("catchment.toml")).unwrap();
    std::fs::write(parts.join("stream/catchment.toml"), config).unwrap();
    let (aws, stream) = (parts.join("aws"), parts.join("stream"));
    let (aws, stream) = (aws.to_str().unwrap(), stream.to_str().unwrap());
    let joined = readers(aws, stream);
    assert!(!joined.is_empty());
    assert_eq!(joined, readers(stream, aws));
    // And the same as of the whole directory.
    let whole = json(&["who", files]);
    let whole: BTreeSet<String> = whole["assets"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|asset| {
            let readers = asset["readers"].as_array().unwrap().iter();
            readers.map(move |r| format!("{} {} {}", asset["asset"], r["principal"], r["strength"]))
        })
        .collect();
    assert_eq!(joined, whole);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn wrong_arguments_are_refused() {
    refuses(&["map", PIER, "--also"], &["--also", "DIR"]);
    refuses(
        &["map", PIER, "--also", "no/such/folder"],
        &["no/such/folder"],
    );
    refuses(
        &["map", PIER, "--also", "Cargo.toml"],
        &["Cargo.toml", "directory"],
    );
    refuses(
        &["who", PIER, "--also", "graphs"],
        &["`graphs` holds no file"],
    );
    refuses(&["map", PIER, "--also", PIER], &["same directory", "once"]);
    refuses(
        &["map", PIER, "--also", "fixtures/small/pier/kafka"],
        &["fixtures/small/pier/kafka", "twice"],
    );
    refuses(&["map", "fixtures/small", "--also", PIER], &["lies in"]);
    refuses(
        &["map", PIER, "--coverage", "--model", "automq-s3-wal"],
        &["--coverage", "--model"],
    );
    refuses(
        &["map", PIER, "--coverage", "--cluster", "pier"],
        &["--coverage", "--cluster"],
    );
    refuses(&["who", PIER, "--coverage"], &["--coverage"]);
    refuses(&["map", "--coverage"], &["<CAPTURE>"]);
    refuses(&["schema", "coverages"], &["coverage"]);
}

#[test]
fn a_second_configuration_is_said_on_standard_error() {
    let output = run(&["map", PIER, "--also", CHAIN]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("role-chain/catchment.toml:1"), "{said}");
    assert!(said.contains("`pier/catchment.toml` counts"), "{said}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = program(&[
        "map",
        PIER,
        "--also",
        CHAIN,
        "--coverage",
        "--format",
        "json",
    ])
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    let mut line = String::new();
    let mut reader = BufReader::with_capacity(16, child.stdout.take().unwrap());
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "{\n");
    drop(reader);
    let status = child.wait().unwrap();
    let mut said = String::new();
    let mut errors = child.stderr.take().unwrap();
    errors.read_to_string(&mut said).unwrap();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn two_runs_give_the_same_bytes() {
    let args = ["map", PIER, "--also", CHAIN, "--coverage"];
    for format in ["table", "json", "markdown"] {
        let args = [&args[..], &["--format", format]].concat();
        assert_eq!(run(&args).stdout, run(&args).stdout, "{format}");
    }
}
