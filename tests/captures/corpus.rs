//! What others published: every file is read, or refused with a reason.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use catchment::capture::{Capture, load};

use super::*;

fn corpus() -> Option<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !dir.is_dir() {
        let _ = writeln!(std::io::stderr(), "skipped: needs ../shared/corpus");
        return None;
    }
    Some(dir)
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

fn count_files(dir: &Path) -> usize {
    let entries = std::fs::read_dir(dir).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| if path.is_dir() { count_files(&path) } else { 1 })
        .sum()
}

/// Counts of answers by call, and of what stayed without a place.
#[derive(Default, Debug, PartialEq)]
struct Counts {
    read: BTreeMap<String, usize>,
    unplaced: BTreeMap<String, usize>,
    refused: BTreeMap<&'static str, usize>,
}

impl Counts {
    fn add(&mut self, capture: &Capture) {
        for answer in &capture.answers {
            *self.read.entry(answer.call.clone()).or_default() += 1;
        }
        for answer in &capture.unplaced {
            *self.unplaced.entry(answer.call.clone()).or_default() += 1;
        }
        for code in codes(capture) {
            *self.refused.entry(code).or_default() += 1;
        }
    }

    fn say(&self, what: &str) {
        let _ = writeln!(std::io::stderr(), "{what}: {self:#?}");
    }
}

/// Answers in all folders by call, several recordings of one thing being one: those whose resource
/// is known, and those that stay without one.
const RECORDED: &[(&str, usize, usize)] = &[
    ("ec2:DescribeNetworkAcls", 2, 0),
    ("ec2:DescribeRouteTables", 10, 0),
    ("ec2:DescribeSnapshotAttribute", 9, 0),
    ("ec2:DescribeTransitGatewayAttachments", 3, 0),
    ("ec2:DescribeTransitGateways", 4, 0),
    ("ec2:DescribeVpcEndpoints", 13, 0),
    ("ec2:DescribeVpcPeeringConnections", 4, 0),
    ("efs:DescribeFileSystemPolicy", 9, 4),
    ("efs:DescribeFileSystems", 24, 0),
    ("efs:DescribeMountTargetSecurityGroups", 0, 3),
    ("efs:DescribeMountTargets", 7, 0),
    ("kafka:DescribeCluster", 2, 0),
    ("kafka:ListClustersV2", 11, 0),
    ("kafka:ListConfigurations", 1, 0),
    ("kms:GetKeyPolicy", 0, 10),
    ("kms:ListGrants", 0, 3),
    ("s3:GetBucketAcl", 0, 15),
    ("s3:GetBucketEncryption", 8, 19),
    ("s3:GetBucketOwnershipControls", 2, 4),
    ("s3:GetBucketPolicy", 36, 0),
    ("s3:GetBucketReplication", 12, 9),
    ("secretsmanager:GetResourcePolicy", 5, 1),
    ("secretsmanager:ListSecrets", 13, 0),
];

#[test]
fn every_recorded_folder_is_a_capture_of_its_own() {
    let Some(corpus) = corpus() else { return };
    let mut counts = Counts::default();
    let mut files = 0;
    let folders = folders(&corpus.join("custodian-recorded"));
    for folder in &folders {
        let capture = load(folder).unwrap();
        files += count_files(folder);
        counts.add(&capture);
        let settled = capture.answers.len() + capture.unplaced.len();
        assert!(settled > 0, "{}", folder.display());
        // Nothing is left out: each file is an answer, part of one, or unplaced with its reason.
        for code in [
            "unrecognised-file",
            "malformed-json",
            "empty-file",
            "binary-file",
        ] {
            assert!(
                !codes(&capture).contains(&code),
                "{}: {code}",
                folder.display()
            );
        }
        let reasons = codes(&capture);
        let reasons = reasons.iter().filter(|c| **c == "unplaced-answer").count();
        assert_eq!(reasons, capture.unplaced.len(), "{}", folder.display());
        // An answer without a resource is used for nothing.
        let estate = catchment::estate::build(&capture);
        for name in estate.buckets.keys() {
            assert!(!name.is_empty(), "{}", folder.display());
        }
    }
    counts.say("recorded");
    assert_eq!(folders.len(), 132);
    assert_eq!(files, 279);
    let read = |call: &str| counts.read.get(call).copied().unwrap_or(0);
    let unplaced = |call: &str| counts.unplaced.get(call).copied().unwrap_or(0);
    for (call, placed, without) in RECORDED {
        assert_eq!(
            (read(call), unplaced(call)),
            (*placed, *without),
            "{call}: {counts:#?}"
        );
    }
    let known: Vec<&str> = RECORDED.iter().map(|(call, ..)| *call).collect();
    let more = counts.read.keys().chain(counts.unplaced.keys());
    for call in more {
        assert!(known.contains(&call.as_str()), "{call}");
    }
    assert!(
        !counts.refused.contains_key("malformed-answer"),
        "{counts:#?}"
    );
}

#[test]
fn the_recorded_folders_together_are_not_one_estate() {
    let Some(corpus) = corpus() else { return };
    let Err(error) = load(&corpus.join("custodian-recorded")) else {
        unreachable!("recordings of several folders were mixed")
    };
    let error = error.to_string();
    assert!(error.contains("132 folders"), "{error}");
    assert!(error.contains("--also"), "{error}");
}

#[test]
fn cloudmapper_and_cloudsplaining_are_read_file_by_file() {
    let Some(corpus) = corpus() else { return };
    // Files, kinds of call that are read, and answers to calls that nothing uses yet. Two of the
    // three files of cloudsplaining are about one account.
    for (folder, files, calls, unused) in [
        ("cloudmapper-demo", 62, 24, 37),
        ("cloudsplaining", 4, 1, 0),
    ] {
        let mut counts = Counts::default();
        let capture = load(&corpus.join(folder)).unwrap();
        counts.add(&capture);
        counts.say(folder);
        assert_eq!(count_files(&corpus.join(folder)), files, "{folder}");
        assert_eq!(counts.read.len(), calls, "{folder}: {counts:#?}");
        assert_eq!(
            capture.unused.values().sum::<usize>(),
            unused,
            "{folder}: {:#?}",
            capture.unused
        );
        assert!(counts.unplaced.is_empty(), "{folder}: {counts:#?}");
        assert!(
            !counts.refused.contains_key("unrecognised-file"),
            "{folder}"
        );
    }
}
