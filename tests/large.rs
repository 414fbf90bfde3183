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
use catchment::{models, rules};
use support::{Files, cells, explain, fixture, try_view, view};

const MOVED: Option<&str> = Some("automq-s3-wal");

/// Rows of the tables of readers that rest on inputs which are read, and so must agree.
const HARBOR_ROWS: usize = 54;
const QUAY_ROWS: usize = 28;

/// The section of those tables.
const READERS: &str = "Readers of payments";

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
        let told = &estate.diagnostics;
        let errors = told.iter().filter(|d| d.severity == Severity::Error);
        assert_eq!(errors.count(), 0, "{name}: {told:?}");
        let mut codes: Vec<_> = told.iter().map(|d| d.code).collect();
        codes.sort_unstable();
        assert_eq!(codes, expected, "{name}");
    }
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
            .filter(|file| is_extension(file, "txt") || is_extension(file, "properties"))
            // What a worker of Connect says of itself is not used.
            .filter(|file| !file.ends_with("/worker.properties"));
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

/// The estate under a model that only this cluster moves onto, as with `--cluster`.
fn moved(files: &Files, cluster: &str, model: &str) -> View {
    let mut estate = catchment::estate::build(&Capture::from_files(files.clone()));
    let others = estate.clusters.keys().filter(|name| *name != cluster);
    estate.config.staying = others.cloned().collect();
    let (target, models) = (models::find(model).unwrap(), models::built_in().unwrap());
    let rows = rules::built_in().unwrap();
    View::new("capture", &estate, &models, rows, Some(&target)).unwrap()
}

/// The numbers of a matrix in `docs/harbor.md`: gained, lost, stronger, weaker, from each model to
/// each other one.
type Matrix = BTreeMap<(String, String), [usize; 4]>;

/// The table below a heading of the page: a model in the first line and at the start of each row.
fn matrix(page: &str, heading: &str) -> Matrix {
    let section = page.split(&format!("\n## {heading}\n")).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let columns = |line: &str| -> Vec<String> {
        let cells = line.trim_matches('|').split('|');
        cells
            .map(|cell| cell.replace('`', "").trim().to_owned())
            .collect()
    };
    let mut lines = section.lines().filter(|line| line.starts_with('|'));
    let to = columns(lines.next().unwrap());
    let mut found = Matrix::new();
    for line in lines.skip(1) {
        let row = columns(line);
        for (model, cell) in to.iter().zip(&row).skip(1) {
            if *model == row[0] {
                continue;
            }
            let numbers: Vec<usize> = cell.split('/').map(|n| n.trim().parse().unwrap()).collect();
            let counts = numbers.try_into().unwrap();
            found.insert((row[0].clone(), model.clone()), counts);
        }
    }
    found
}

/// What `compare` counts, by the strengths alone.
fn counted(before: &View, after: &View, wanted: impl Fn(&str) -> bool) -> [usize; 4] {
    let (before, after) = (cells(before), cells(after));
    let pairs: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut counts = [0; 4];
    for pair in pairs.into_iter().filter(|(_, asset)| wanted(asset)) {
        let of = |cells: &BTreeMap<_, Strength>| cells.get(pair).copied().unwrap_or_default();
        let (old, new) = (of(&before), of(&after));
        let place = match (old, new) {
            (Strength::Never, _) => 0,
            (_, Strength::Never) => 1,
            _ if new > old => 2,
            _ if new < old => 3,
            _ => continue,
        };
        counts[place] += 1;
    }
    counts
}

/// The page that explains harbor says what the program says.
#[test]
fn the_figures_of_the_page_on_harbor_are_those_of_the_program() {
    let page = std::fs::read_to_string(support::root().join("docs/harbor.md")).unwrap();
    let files = fixture("large/harbor");
    let models = models::built_in().unwrap();
    let views: Vec<View> = models
        .iter()
        .map(|model| moved(&files, "harbor", &model.id))
        .collect();
    let (mut payments, mut all) = (Matrix::new(), Matrix::new());
    for (from, before) in models.iter().zip(&views) {
        for (to, after) in models.iter().zip(&views).filter(|(to, _)| to.id != from.id) {
            let pair = (from.id.clone(), to.id.clone());
            payments.insert(pair.clone(), counted(before, after, |a| a == "payments"));
            all.insert(pair, counted(before, after, |_| true));
        }
    }
    assert_eq!(matrix(&page, "Readers of payments"), payments);
    assert_eq!(matrix(&page, "All assets"), all);
    // Counting strengths is what `compare` does.
    let of = |id: &str| &views[models.iter().position(|model| model.id == id).unwrap()];
    let (from, to) = ("self-managed", "automq-s3-wal");
    let totals = compare(of(from), of(to), &["payments".to_owned()]).totals;
    let told = [totals.gained, totals.lost, totals.stronger, totals.weaker];
    assert_eq!(told, payments[&(from.to_owned(), to.to_owned())]);
}

/// One row of a table of readers.
struct Row {
    principal: String,
    strengths: Vec<Strength>,
    also_needs: String,
}

/// The table below a heading: principal first, what else it needs last; in between one
/// strength for each model that the table speaks of.
fn readers_table(readme: &str, heading: &str) -> Vec<Row> {
    let section = readme.split(&format!("\n## {heading}\n")).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let columns: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        Row {
            principal: full_name(columns[0].trim_matches('`')),
            strengths: columns[1..]
                .iter()
                .filter_map(|column| serde_json::from_value((*column).into()).ok())
                .collect(),
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
fn agrees_with_the_table(name: &str, heading: &str, view: &View, column: usize, rows: usize) {
    let files = fixture(name);
    let table = readers_table(&files["README.md"], heading);
    let answer = cells(view);
    let told = |principal: &str| {
        let pair = (principal.to_owned(), "payments".to_owned());
        answer.get(&pair).copied().unwrap_or_default()
    };
    let mut compared = 0;
    for row in table.iter().filter(|row| row.also_needs.is_empty()) {
        assert_eq!(
            told(&row.principal),
            row.strengths[column],
            "{}",
            row.principal
        );
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
    let name = "large/harbor";
    agrees_with_the_table(name, READERS, &view(&fixture(name), None), 0, HARBOR_ROWS);
}

#[test]
fn readers_of_payments_of_harbor_after_the_move_are_those_worked_out_by_hand() {
    let name = "large/harbor";
    let after = moved(&fixture(name), "harbor", "automq-s3-wal");
    agrees_with_the_table(name, READERS, &after, 1, HARBOR_ROWS);
}

#[test]
fn readers_of_payments_of_quay_are_those_worked_out_by_hand() {
    let name = "large/quay";
    agrees_with_the_table(name, READERS, &view(&fixture(name), None), 0, QUAY_ROWS);
}

#[test]
fn readers_of_payments_of_quay_back_on_disks_are_those_worked_out_by_hand() {
    let name = "large/quay";
    let back = moved(&fixture(name), "quay", "self-managed");
    let heading = "Readers of payments, back on disks";
    agrees_with_the_table(name, heading, &back, 0, QUAY_ROWS - 1);
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
            let unlisted = pair.0.starts_with("kafka User:") && now.contains_key(&unnamed);
            (new || unlisted) && view.asset(&pair.1).is_ok()
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

/// Topics that only the listing names have no name without it, which is no fault of an answer.
fn has_lost_its_name(file: &str, asset: &str) -> bool {
    let listing = file.ends_with("/topics-describe.txt");
    listing && asset.contains('/')
}

fn nobody_is_lost(model: Option<&str>, names: &[String]) {
    let files = fixture("large/harbor");
    for (file, lost) in removals(&files, model, names) {
        let others: Vec<_> = lost
            .iter()
            .filter(|(_, asset)| !has_lost_its_name(&file, asset))
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
