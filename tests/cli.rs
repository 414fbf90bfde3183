//! The program as people and scripts meet it: commands, formats, exit codes, and what may never
//! come out of it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

#[path = "support/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use program::{answer, err, json, out, program, refusal, refuses, root, run};
use serde_json::Value;

const PIER: &str = "fixtures/small/pier";
const HOSTILE: &str = "fixtures/hostile";
/// The asset that the hostile fixture declares.
const ASSET: &str = "=payments|<b>\"x\",";

/// One example of every command that answers in all formats, and the schema of its document.
const QUESTIONS: [(&str, &[&str]); 6] = [
    ("map", &["map", PIER]),
    ("coverage", &["map", PIER, "--coverage"]),
    ("who", &["who", PIER, "--asset", "payments"]),
    ("what", &["what", PIER, "--principal", "user/tomas.field"]),
    (
        "explain",
        &[
            "explain",
            PIER,
            "role/pier-data-science",
            "payments",
            "--model",
            "automq-s3-wal",
        ],
    ),
    (
        "compare",
        &[
            "compare",
            PIER,
            "--from",
            "self-managed",
            "--to",
            "automq-s3-wal",
        ],
    ),
];

/// An empty folder of its own for one test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

fn fixtures() -> Vec<String> {
    let mut found = vec![HOSTILE.to_owned()];
    for folder in ["fixtures/small", "fixtures/invalid"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let entry = entry.unwrap();
            if entry.path().is_dir() {
                found.push(format!("{folder}/{}", entry.file_name().to_string_lossy()));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_command_answers_in_every_format() {
    for (name, args) in QUESTIONS {
        for format in ["table", "json", "markdown"] {
            let text = answer(&[args, &["--format", format]].concat());
            assert!(
                text.contains("payments") || ["map", "coverage"].contains(&name),
                "{name} as {format}: {text}"
            );
            assert!(
                text.ends_with('\n'),
                "{name} as {format} does not end its last line"
            );
        }
    }
    for format in ["json", "dot"] {
        assert!(!answer(&["export", PIER, "--format", format]).is_empty());
    }
}

#[test]
fn the_answer_of_the_readme_names_gained_and_lost_readers() {
    let args = [
        "compare",
        PIER,
        "--from",
        "self-managed",
        "--to",
        "automq-s3-wal",
    ];
    let document = json(&args);
    let assets = document["assets"].as_array().unwrap();
    let payments = assets
        .iter()
        .find(|asset| asset["asset"] == "payments")
        .unwrap();
    let changed = |word: &str| -> BTreeSet<&str> {
        let changes = payments["changes"].as_array().unwrap();
        changes
            .iter()
            .filter(|change| change["change"] == word)
            .map(|change| change["principal"].as_str().unwrap())
            .collect()
    };
    let (gained, lost) = (changed("gained"), changed("lost"));
    for name in [
        "arn:aws:iam::111122223333:role/pier-data-science",
        "arn:aws:iam::444455556666:role/ci-runner",
        "host i-0c10c6d2a7e4f9061",
    ] {
        assert!(gained.contains(name), "{name} is not among {gained:?}");
    }
    let name = "arn:aws:iam::444455556666:role/backup-scheduler";
    assert!(lost.contains(name), "{name} is not among {lost:?}");
}

#[test]
fn documents_fit_their_schemas() {
    for (name, args) in QUESTIONS {
        let schema: Value = serde_json::from_str(&answer(&["schema", name])).unwrap();
        let document = json(args);
        let mut wrong = Vec::new();
        fits(&schema, &schema, &document, name, &mut wrong);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let format = document["format"].as_str().unwrap();
        assert_eq!(format, format!("catchment.{name}/1"));
    }
}

#[test]
fn published_schemas_are_those_of_the_program() {
    for (name, _) in QUESTIONS {
        let path = format!("docs/schema/{name}.schema.json");
        let published = std::fs::read_to_string(root().join(&path)).unwrap_or_default();
        let hint = format!("`cargo offline schema {name} > {path}`");
        assert!(
            published == answer(&["schema", name]),
            "{path} is out of date: {hint}"
        );
    }
}

/// Checks a value against the part of JSON Schema that ours are written in; a word that is not
/// known here is an error, and so is a member that the schema does not describe.
fn fits(whole: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    let Some(words) = schema.as_object() else {
        if schema == &Value::Bool(false) {
            wrong.push(format!("{at}: nothing may stand here"));
        }
        return;
    };
    for (word, told) in words {
        match word.as_str() {
            "$ref" => {
                let pointer = told.as_str().unwrap().strip_prefix('#').unwrap();
                fits(whole, whole.pointer(pointer).unwrap(), value, at, wrong);
            }
            "type" => {
                let names = told
                    .as_array()
                    .map_or(vec![told], |names| names.iter().collect());
                let is = |name: &Value| match name.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    other => panic!("type {other}"),
                };
                if !names.into_iter().any(is) {
                    wrong.push(format!("{at}: {value} is no {told}"));
                }
            }
            "required" => {
                let missing = told.as_array().unwrap().iter().filter(|name| {
                    value.is_object() && value.get(name.as_str().unwrap()).is_none()
                });
                wrong.extend(missing.map(|name| format!("{at}: lacks {name}")));
            }
            "properties" => {
                for (name, inner) in value.as_object().into_iter().flatten() {
                    let at = format!("{at}.{name}");
                    match told.get(name) {
                        Some(schema) => fits(whole, schema, inner, &at, wrong),
                        None => wrong.push(format!("{at}: the schema does not know it")),
                    }
                }
            }
            "items" => {
                for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
                    fits(whole, told, inner, &format!("{at}[{index}]"), wrong);
                }
            }
            "const" if told != value => wrong.push(format!("{at}: {value} is not {told}")),
            "enum" if !told.as_array().unwrap().contains(value) => {
                wrong.push(format!("{at}: {value} is not among {told}"));
            }
            "oneOf" | "anyOf" => {
                let fitting = told.as_array().unwrap().iter().filter(|schema| {
                    let mut inner = Vec::new();
                    fits(whole, schema, value, at, &mut inner);
                    inner.is_empty()
                });
                let count = fitting.count();
                if count == 0 || (word == "oneOf" && count > 1) {
                    wrong.push(format!("{at}: {value} fits {count} of {word}"));
                }
            }
            "minimum" if value.as_f64() < told.as_f64() => {
                wrong.push(format!("{at}: {value} is less than {told}"));
            }
            "maximum" if value.as_f64() > told.as_f64() => {
                wrong.push(format!("{at}: {value} is more than {told}"));
            }
            "$schema" | "$defs" | "title" | "description" | "format" | "const" | "enum"
            | "minimum" | "maximum" => {}
            other => panic!("{at}: the schema uses `{other}`, which this test does not know"),
        }
    }
}

#[test]
fn wrong_arguments_are_refused_and_say_what_to_do() {
    refuses(&["map"], &["<CAPTURE>", "--help"]);
    refuses(&["explain", PIER, "role/pier-broker"], &["<ASSET>"]);
    refuses(&["who", PIER, "--aset", "payments"], &["--asset"]);
    refuses(
        &["who", PIER, "--format", "csv"],
        &["table", "json", "markdown"],
    );
    refuses(&["mapp", PIER], &["map"]);
    refuses(&["compare", PIER], &["--from", "--to", "second capture"]);
    refuses(&["schema", "whom"], &["who"]);
    refuses(&["inspect", "kafka"], &["What to collect"]);
    refuses(&["inspect", "aws"], &["--output"]);
    if cfg!(not(feature = "aws")) {
        let aws = ["inspect", "aws", "-o", "no-such-capture"];
        refuses(&aws, &["feature `aws`", "What to collect"]);
    }
    let bare = run(&[]);
    assert_eq!(bare.status.code(), Some(2));
    assert!(err(&bare).contains("Start here"));
}

#[test]
fn what_is_no_capture_is_refused() {
    refuses(&["map", "no/such/folder"], &["no/such/folder", "directory"]);
    refuses(&["map", "Cargo.toml"], &["Cargo.toml", "directory"]);
    let empty = Scratch::new("empty");
    refuses(&["map", empty.path()], &[empty.path(), "aws iam"]);
    refuses(&["map", "graphs"], &["left out"]);
    // Of two captures the broken one is named.
    refuses(&["compare", PIER, "no/such/folder"], &["no/such/folder"]);
}

#[test]
fn unknown_names_are_answered_with_the_nearest() {
    refuses(
        &["who", PIER, "--asset", "paymnets"],
        &["`paymnets`", "payments"],
    );
    refuses(
        &["what", PIER, "--principal", "tomas.fild"],
        &["user/tomas.field"],
    );
    refuses(
        &["explain", PIER, "role/pier-brokr", "payments"],
        &["role/pier-broker"],
    );
    refuses(
        &["map", PIER, "--model", "automq"],
        &["automq-s3-wal", "self-managed"],
    );
    refuses(
        &["compare", PIER, "--from", "self-managed", "--to", "x"],
        &["automq-s3-wal"],
    );
}

#[test]
fn nothing_but_a_terminal_gets_colours() {
    for (name, args) in QUESTIONS {
        for format in ["table", "json", "markdown"] {
            let args = [args, &["--format", format]].concat();
            let piped = out(&run(&args));
            assert!(
                !piped.contains('\u{1b}'),
                "{name} as {format} colours a pipe"
            );
            let mut command = program(&args);
            let plain = command
                .env("NO_COLOR", "1")
                .env("CLICOLOR_FORCE", "1")
                .output()
                .unwrap();
            assert_eq!(out(&plain), piped, "{name} as {format} under NO_COLOR");
        }
    }
    // Forced colours change nothing but the table.
    for (name, args) in QUESTIONS {
        let args = [args, &["--format", "json"]].concat();
        let forced = program(&args).env("CLICOLOR_FORCE", "1").output().unwrap();
        assert_eq!(
            out(&forced),
            out(&run(&args)),
            "{name} as json with forced colours"
        );
    }
}

#[test]
fn two_runs_give_the_same_bytes() {
    let hostile: &[&str] = &["who", HOSTILE];
    let export: &[&str] = &["export", PIER];
    let questions = QUESTIONS.iter().map(|(_, args)| *args);
    for args in questions.chain([hostile, export]) {
        let (first, second) = (run(args), run(args));
        assert!(
            first.stdout == second.stdout,
            "{args:?} answers differently"
        );
        assert!(
            first.stderr == second.stderr,
            "{args:?} remarks differently"
        );
    }
}

/// Copies the files of a folder, in the order given.
fn copy(files: &[PathBuf], from: &Path, to: &Path) {
    for file in files {
        let target = to.join(file.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(file, target).unwrap();
    }
}

fn walk(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, into);
        } else {
            into.push(path);
        }
    }
}

#[test]
fn the_order_in_which_files_were_written_changes_nothing() {
    let from = root().join(PIER);
    let mut files = Vec::new();
    walk(&from, &mut files);
    files.sort();
    let there = Scratch::new("written-forwards");
    let back = Scratch::new("written-backwards");
    copy(&files, &from, &there.0.join("pier"));
    files.reverse();
    // Files of odd positions first: neither the order of names nor its reverse.
    let odd = files.iter().skip(1).step_by(2).cloned();
    let mixed: Vec<PathBuf> = odd.chain(files.iter().step_by(2).cloned()).collect();
    copy(&mixed, &from, &back.0.join("pier"));
    for args in [
        &["map", "pier", "--format", "json"] as &[&str],
        &[
            "compare",
            "pier",
            "--from",
            "self-managed",
            "--to",
            "automq-s3-wal",
            "--format",
            "json",
        ],
        &["export", "pier"],
    ] {
        let at = |scratch: &Scratch| program(args).current_dir(&scratch.0).output().unwrap();
        let (first, second) = (at(&there), at(&back));
        assert_eq!(first.status.code(), Some(0), "{}", err(&first));
        assert!(
            first.stdout == second.stdout,
            "{args:?} depends on the order of writing"
        );
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child = program(&["export", PIER])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut reader = BufReader::with_capacity(64, child.stdout.take().unwrap());
    reader.read_line(&mut line).unwrap();
    assert!(!line.is_empty());
    drop(reader);
    let status = child.wait().unwrap();
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(status.code(), Some(0), "{said}");
    assert_eq!(said, "");
}

#[test]
fn strict_tells_gaps_by_the_exit_code_and_changes_no_answer() {
    for (name, args) in QUESTIONS {
        let lax = run(args);
        let strict = run(&[args, &["--strict"]].concat());
        assert_eq!(lax.status.code(), Some(0), "{name}");
        assert_eq!(strict.status.code(), Some(3), "{name}");
        assert!(lax.stdout == strict.stdout, "{name}");
    }
    // Refusals stay refusals.
    assert_eq!(
        run(&["map", "no/such/folder", "--strict"]).status.code(),
        Some(2)
    );
}

/// Characters that steer a terminal, reorder a text, or hide in it.
fn treacherous(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn harmless(what: &str, text: &str) {
    if let Some(line) = text.lines().find(|line| line.contains(treacherous)) {
        panic!("{what} lets a character through: {line:?}");
    }
}

#[test]
fn names_from_outside_steer_no_terminal_and_no_document() {
    let red = "User:\u{1b}[31mred\u{1b}[0m";
    let hidden = "User:\u{202e}txt.exe";
    let questions: [&[&str]; 7] = [
        &["map", HOSTILE],
        &["map", HOSTILE, "--coverage"],
        &["who", HOSTILE],
        &["what", HOSTILE, "--principal", red],
        &["what", HOSTILE, "--principal", hidden],
        &["explain", HOSTILE, hidden, ASSET],
        &[
            "compare",
            HOSTILE,
            "--from",
            "self-managed",
            "--to",
            "self-managed",
        ],
    ];
    for args in questions {
        for format in ["table", "markdown"] {
            let output = run(&[args, &["--format", format]].concat());
            assert_eq!(output.status.code(), Some(0), "{args:?}: {}", err(&output));
            harmless(&format!("{args:?} as {format}"), &out(&output));
            harmless(&format!("standard error of {args:?}"), &err(&output));
        }
        // JSON escapes control characters; direction characters stay what they are.
        let document = answer(&[args, &["--format", "json"]].concat());
        assert!(
            !document.contains(|c: char| c.is_control() && c != '\n'),
            "{args:?} as json"
        );
    }
}

#[test]
fn refusals_steer_no_terminal() {
    // They quote what was typed, and the nearest names of the capture.
    for typed in ["no\u{1b}[31m such\u{202e}", "User:txt.exe"] {
        harmless(
            "a refusal",
            &refusal(&["what", HOSTILE, "--principal", typed]),
        );
    }
}

#[test]
fn markdown_tables_keep_their_shape_whatever_the_names() {
    let text = answer(&["who", HOSTILE, "--format", "markdown"]);
    let mut columns = None;
    for line in text.lines() {
        if !line.starts_with('|') {
            columns = None;
            continue;
        }
        // A bar ends a cell, in code as well, unless a backslash stands before it.
        let bars = line.replace("\\|", "").matches('|').count();
        assert_eq!(*columns.get_or_insert(bars), bars, "{line}");
        for markup in ["<script", "<img", "](javascript"] {
            assert!(!prose(line).contains(markup), "{line}");
        }
    }
}

/// A line of Markdown without code spans and without escaped characters.
fn prose(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let ticks = |at: usize| chars[at..].iter().take_while(|c| **c == '`').count();
    let (mut out, mut at) = (String::new(), 0);
    while let Some(&c) = chars.get(at) {
        match c {
            '\\' => at += 2,
            '`' => {
                let width = ticks(at);
                at += width;
                let mut close = at;
                while close < chars.len() && ticks(close) != width {
                    close += ticks(close).max(1);
                }
                // Without an end it is no code span.
                if close < chars.len() {
                    at = close + width;
                }
            }
            _ => {
                out.push(c);
                at += 1;
            }
        }
    }
    out
}

#[test]
fn json_carries_hostile_names_unchanged() {
    let readme = std::fs::read_to_string(root().join(HOSTILE).join("README.md")).unwrap();
    let expected: BTreeSet<(String, String)> = readme
        .lines()
        .filter(|line| line.starts_with("[\""))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(expected.len() > 20);
    let document = json(&["who", HOSTILE]);
    let assets = document["assets"].as_array().unwrap();
    let declared = assets
        .iter()
        .find(|asset| asset["topics"].to_string().contains("payments"))
        .unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let readers = declared["readers"].as_array().unwrap();
    let found: BTreeSet<(String, String)> = readers
        .iter()
        .map(|r| (text(&r["strength"]), text(&r["principal"])))
        .collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    let more: Vec<_> = found.difference(&expected).collect();
    assert!(
        missing.is_empty() && more.is_empty(),
        "missing {missing:#?}\nnot expected {more:#?}"
    );
}

#[test]
fn dot_stays_parseable_whatever_the_names() {
    for capture in [PIER, HOSTILE] {
        let text = answer(&["export", capture, "--format", "dot"]);
        harmless("dot", &text);
        assert!(text.starts_with("digraph ") && text.trim_end().ends_with('}'));
        let (mut quoted, mut escaped, mut depth) = (false, false, 0);
        for c in text.chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                '\n' => assert!(!quoted, "a quoted text goes on to the next line"),
                '{' if !quoted => depth += 1,
                '}' if !quoted => depth -= 1,
                _ => {}
            }
        }
        assert!(!quoted && depth == 0, "quotes or braces are not balanced");
    }
}

#[test]
fn every_fixture_is_answered() {
    for fixture in fixtures() {
        for command in ["map", "who"] {
            let document = json(&[command, &fixture]);
            assert!(document["format"].is_string(), "{command} {fixture}");
            assert!(!answer(&[command, &fixture]).is_empty());
        }
    }
}

#[test]
fn broken_input_is_named_by_file_and_line() {
    // The places that the README of each fixture promises; one of several where the parser may
    // give up a line later.
    let account = "accounts/111122223333";
    let details = format!("{account}/us-east-1/iam-get-account-authorization-details.json");
    let policy = format!("{account}/eu-west-1/s3-get-bucket-policy/quay-stream.json");
    let at = |file: &str, line: u32| format!("{file}:{line}");
    let instances = format!("{account}/eu-west-1/ec2-describe-instances.json");
    let groups = format!("{account}/eu-west-1/ec2-describe-security-groups.json");
    let promised: [(&str, &str, Vec<Vec<String>>); 6] = [
        ("bad-toml", "error", vec![vec![at("catchment.toml", 3)]]),
        (
            "garbled-acl",
            "error",
            vec![vec![at("kafka/quay/acls.txt", 3)]],
        ),
        (
            "malformed-json",
            "error",
            vec![vec![at(&policy, 17), at(&policy, 18)]],
        ),
        (
            "statement-without-effect",
            "error",
            vec![vec![at(&details, 37)], vec![at(&details, 76)]],
        ),
        ("truncated-gaad", "warning", vec![vec![at(&details, 47)]]),
        (
            "wrong-types",
            "error",
            vec![
                vec![at(&instances, 2)],
                vec![at(&groups, 10)],
                vec![
                    at(&details, 71),
                    at(&details, 72),
                    at(&details, 73),
                    at(&details, 74),
                ],
                vec![at("kafka/quay/server-1.properties", 3)],
            ],
        ),
    ];
    let folders = std::fs::read_dir(root().join("fixtures/invalid")).unwrap();
    let folders = folders
        .filter(|entry| entry.as_ref().unwrap().path().is_dir())
        .count();
    assert_eq!(
        folders,
        promised.len(),
        "a new broken fixture needs its promise here"
    );
    for (name, severity, places) in promised {
        let capture = format!("fixtures/invalid/{name}");
        let map = json(&["map", &capture]);
        let told: BTreeSet<&str> = map["diagnostics"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|remark| remark["severity"] == severity)
            .filter_map(|remark| remark["place"].as_str())
            .collect();
        // Errors are said on standard error whatever was asked.
        let said = err(&run(&["explain", &capture, "role/reader", "stream"]));
        let said = format!("{said}{}", err(&run(&["who", &capture])));
        for alternatives in places {
            let named = |place: &String| told.iter().any(|told| told == place);
            assert!(
                alternatives.iter().any(named),
                "{name}: {alternatives:?} not in {told:?}"
            );
            if severity == "error" {
                let shown = |place: &String| said.contains(&format!("{place}: "));
                assert!(
                    alternatives.iter().any(shown),
                    "{name}: {alternatives:?} not in {said}"
                );
            }
        }
    }
}
