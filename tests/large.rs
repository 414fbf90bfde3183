//! The large fixtures: they load whole, and answer as their READMEs say by hand.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and says where"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use catchment::capture::{Capture, Severity};
use catchment::query::{View, compare};
use catchment::reach::Strength;
use support::{Files, cells, explain, fixture, try_view, view};

const MOVED: Option<&str> = Some("automq-s3-wal");

/// Every remark on the input was put there on purpose, and none is an error.
#[test]
fn the_large_fixtures_load_with_the_remarks_that_were_put_there() {
    let placed = [
        // server-2.properties is missing; server-3.properties has one super user more.
        (
            "large/harbor",
            vec!["broker-without-properties", "brokers-disagree"],
        ),
        // server-1002.properties and the second page of the identities of insight are missing.
        (
            "large/quay",
            vec!["broker-without-properties", "truncated-answer"],
        ),
    ];
    for (name, expected) in placed {
        let estate = catchment::estate::build(&Capture::from_files(fixture(name)));
        let told: Vec<_> = estate
            .diagnostics
            .iter()
            .filter(|d| !d.source.as_ref().is_some_and(|s| misread(s.file())))
            .collect();
        let errors = told.iter().filter(|d| d.severity == Severity::Error);
        assert_eq!(errors.count(), 0, "{name}: {told:?}");
        let mut codes: Vec<_> = told.iter().map(|d| d.code).collect();
        codes.sort_unstable();
        assert_eq!(codes, expected, "{name}");
    }
}

/// An answer that is whole as AWS writes it, whatever is said of it: tags of a cluster of MSK are an
/// object (MSK API Reference, Cluster).
fn misread(file: &str) -> bool {
    file.ends_with("/kafka-list-clusters-v2.json")
}

fn is_extension(file: &str, extension: &str) -> bool {
    std::path::Path::new(file)
        .extension()
        .is_some_and(|found| found == extension)
}

/// Nothing is left out: each file is an answer that is used, one that is known, or one of Kafka's.
#[test]
fn every_file_of_the_large_fixtures_is_recognised() {
    for name in ["large/harbor", "large/quay"] {
        let files = fixture(name);
        let capture = Capture::from_files(files.clone());
        let left_out = capture
            .diagnostics
            .iter()
            .filter(|d| matches!(d.code, "unrecognised-file" | "place-unknown"));
        assert_eq!(left_out.count(), 0, "{name}: {:?}", capture.diagnostics);
        let known = capture.answers.len() + capture.unused.values().sum::<usize>();
        let answers = files
            .keys()
            .filter(|file| is_extension(file, "json"))
            .count();
        assert_eq!(known, answers, "{name}");
        let listings = files
            .keys()
            .filter(|file| is_extension(file, "txt") || file.contains("/server-"));
        assert_eq!(capture.texts.len(), listings.count(), "{name}");
    }
}

#[test]
fn harbor_is_compared_before_and_after_the_move() {
    let files = fixture("large/harbor");
    let before = view(&files, None);
    let after = view(&files, MOVED);
    let answer = serde_json::to_value(compare(&before, &after, &["payments".to_owned()])).unwrap();
    let text = answer.to_string();
    for gained in ["role/data-science-explore", "role/ci-deploy"] {
        assert!(text.contains(gained), "{gained}");
    }
}

/// What runs as AutoMQ already stays as it is under that model.
#[test]
fn quay_is_the_same_under_the_model_that_it_runs() {
    let files = fixture("large/quay");
    let (own, named) = (view(&files, None), view(&files, MOVED));
    assert_eq!(cells(&own), cells(&named));
    let same = compare(&own, &named, &[]);
    let totals = same.totals;
    assert_eq!(
        totals.gained + totals.lost + totals.stronger + totals.weaker,
        0
    );
    assert!(totals.unchanged > 100, "{totals:?}");
}

/// One row of a table of readers.
struct Row {
    principal: String,
    strength: Strength,
    also_needs: String,
}

/// The table of `## Readers of payments`: principal, strength first, what else it needs last.
fn readers_table(readme: &str) -> Vec<Row> {
    let section = readme.split("## Readers of payments").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let columns: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        Row {
            principal: full_name(columns[0].trim_matches('`')),
            strength: serde_json::from_value(columns[1].into()).unwrap(),
            also_needs: (*columns.last().unwrap()).to_owned(),
        }
    })
    .collect()
}

/// Tables leave `arn:aws:iam::` out.
fn full_name(short: &str) -> String {
    if let Some(provider) = short.strip_prefix("federated ") {
        format!("federated arn:aws:iam::{provider}")
    } else if short.contains(' ') {
        short.to_owned()
    } else {
        format!("arn:aws:iam::{short}")
    }
}

/// Rows that rest on inputs which are read agree exactly; and nobody is shown to read who is in
/// no row, at more than a gap.
fn agrees_with_the_table(name: &str, rows: usize) {
    let files = fixture(name);
    let table = readers_table(&files["README.md"]);
    let view = view(&files, None);
    let answer = cells(&view);
    let told = |principal: &str| {
        let pair = (principal.to_owned(), "payments".to_owned());
        answer.get(&pair).copied().unwrap_or_default()
    };
    let mut compared = 0;
    for row in table.iter().filter(|row| row.also_needs.is_empty()) {
        assert_eq!(told(&row.principal), row.strength, "{}", row.principal);
        compared += 1;
    }
    assert_eq!(compared, rows, "{name}: rows that must agree");
    let listed: BTreeSet<&str> = table.iter().map(|row| row.principal.as_str()).collect();
    for ((principal, asset), strength) in &answer {
        assert!(
            asset != "payments" || *strength <= Strength::Gap || listed.contains(&**principal),
            "{name}: {principal} reads payments ({strength:?}) and is in no row"
        );
    }
}

#[test]
fn readers_of_payments_of_harbor_are_those_worked_out_by_hand() {
    agrees_with_the_table("large/harbor", 21);
}

#[test]
fn readers_of_payments_of_quay_are_those_worked_out_by_hand() {
    agrees_with_the_table("large/quay", 22);
}

/// Whoever the answer itself says it does not know.
fn stand_ins(view: &View) -> BTreeSet<String> {
    let whoever = view.derivation.principals.iter();
    whoever
        .filter(|p| p.kind == "whoever")
        .map(|p| p.name.clone())
        .collect()
}

/// Pairs that read with all files, and that without `file` are said not to.
fn lost_without(
    files: &Files,
    file: &str,
    model: Option<&str>,
    whole: &View,
) -> Vec<(String, String)> {
    let mut fewer = files.clone();
    fewer.remove(file);
    // A projection that is refused is no answer.
    let Ok(view) = try_view(&fewer, model) else {
        return Vec::new();
    };
    let known = stand_ins(whole);
    let now = cells(&view);
    let before = cells(whole);
    let mut lost = Vec::new();
    for pair in before.keys().filter(|pair| !now.contains_key(pair)) {
        if known.contains(&pair.0) {
            continue;
        }
        let covered = if let Some(explained) = explain(&view, &pair.0, &pair.1) {
            explained.may_also_be.iter().any(|who| !known.contains(who))
        } else {
            // The principal is not even named any more: somebody must stand in for it.
            let new = now.keys().any(|(principal, asset)| {
                *asset == pair.1
                    && !known.contains(principal)
                    && !before.contains_key(&(principal.clone(), asset.clone()))
            });
            // A user whom only the missing listing named is one of those who have no name.
            let unnamed = ("kafka any other user of harbor".to_owned(), pair.1.clone());
            let nameless = pair.0.starts_with("kafka User:") && now.contains_key(&unnamed);
            (new || nameless) && view.asset(&pair.1).is_ok()
        };
        if !covered {
            lost.push(pair.clone());
        }
    }
    lost
}

/// Files of a fixture that answers rest on: used answers, and Kafka's.
fn used_files(files: &Files) -> BTreeSet<String> {
    let capture = Capture::from_files(files.clone());
    let answers = capture.answers.iter().map(|answer| answer.file.to_string());
    let texts = capture.texts.iter().map(|text| text.file.to_string());
    answers.chain(texts).collect()
}

/// What is lost when each of the files is taken away in turn, by file; on two threads.
fn removals(
    files: &Files,
    model: Option<&str>,
    names: &[String],
) -> BTreeMap<String, Vec<(String, String)>> {
    let whole = view(files, model);
    let next = AtomicUsize::new(0);
    let found = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(file) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let lost = lost_without(files, file, model, &whole);
                    if !lost.is_empty() {
                        found.lock().unwrap().insert(file.clone(), lost);
                    }
                }
            });
        }
    });
    found.into_inner().unwrap()
}

/// Calls whose absence could take a reader away, of which one file each is taken away always.
const TELLING: [&str; 20] = [
    "iam:GetAccountAuthorizationDetails",
    "organizations:DescribeOrganization",
    "organizations:DescribePolicy",
    "organizations:ListParents",
    "organizations:ListPoliciesForTarget",
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSnapshots",
    "ec2:DescribeSubnets",
    "ec2:DescribeVolumes",
    "ec2:DescribeVpcEndpoints",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:ListKeys",
    "s3:GetBucketPolicy",
    "s3:ListBuckets",
    "secretsmanager:GetResourcePolicy",
    "secretsmanager:ListSecrets",
];

/// Of each telling call the file of the account that runs the brokers, and every one of Kafka's.
fn telling_files(files: &Files) -> Vec<String> {
    let capture = Capture::from_files(files.clone());
    let mut chosen: BTreeMap<&str, String> = BTreeMap::new();
    for answer in &capture.answers {
        let of_brokers = answer.account == "307090150307";
        if let Some(call) = TELLING.iter().find(|call| **call == answer.call)
            && (of_brokers || !chosen.contains_key(call))
        {
            chosen.insert(call, answer.file.to_string());
        }
    }
    let texts = capture.texts.iter().map(|text| text.file.to_string());
    chosen.values().cloned().chain(texts).collect()
}

/// What is lost today without anybody standing in for it. Each line is a fault of the answer, kept
/// here so that no other one joins it; strike it when the answer is better.
fn known_fault(file: &str, principal: &str, asset: &str) -> bool {
    match file {
        // Instances of an account that runs no broker: they are not named any more.
        "accounts/204060801012/eu-central-1/ec2-describe-instances.json"
        | "accounts/408120160204/eu-central-1/ec2-describe-instances.json" => {
            principal.starts_with("host ")
        }
        // A declared asset whose patterns match none of the topics that ACLs happen to name.
        // Topics that only the listing names have no name without it, which is no fault.
        "kafka/harbor/topics-describe.txt" => asset == "clickstream" || asset.contains('/'),
        "kafka/harbor-msk/topics-describe.txt" => asset.contains('/'),
        _ => false,
    }
}

fn nobody_is_lost(model: Option<&str>, names: &[String]) {
    let files = fixture("large/harbor");
    for (file, lost) in removals(&files, model, names) {
        let others: Vec<_> = lost
            .iter()
            .filter(|(principal, asset)| !known_fault(&file, principal, asset))
            .collect();
        assert!(
            others.is_empty(),
            "without {file}, said not to read under {model:?}, and nobody stands in: {others:?}"
        );
    }
}

/// Law 1 on a whole organization, for a file of each kind.
#[test]
fn unknown_is_never_no_for_a_file_of_each_kind() {
    let names = telling_files(&fixture("large/harbor"));
    assert!(names.len() > TELLING.len(), "only {} files", names.len());
    nobody_is_lost(None, &names);
}

/// The same for every file and both models.
#[test]
#[ignore = "takes minutes: some hundred analyses of harbor"]
fn unknown_is_never_no_for_every_file() {
    let names: Vec<String> = used_files(&fixture("large/harbor")).into_iter().collect();
    for model in [None, MOVED] {
        nobody_is_lost(model, &names);
    }
}
