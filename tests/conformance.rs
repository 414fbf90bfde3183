//! Decisions with known answers: documented AWS cases, and decisions of Kafka's own authorizer.
//!
//! The cases live beside the checkout; without them the tests say so and pass.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it skipped"
)]

#[path = "support/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use catchment::capture::Source;
use catchment::capture::json::Node;
use catchment::policy::{AclBinding, Authorizer, AuthorizerClass, Host, decide};
use catchment::reach::Strength;
use catchment::simulate::{Case, Defaults, Outcome};
use program::{err, out, program};

/// IAM cases that are not met, each with the reason. Meeting one is a failure too: take it out.
const IAM_KNOWN_FAILURES: &[(&str, &str)] = &[];

fn cases(name: &str) -> Option<Vec<Node>> {
    let path = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/conformance"
    ));
    let Ok(text) = std::fs::read_to_string(path.join(name)) else {
        eprintln!("skipped: needs ../shared/conformance");
        return None;
    };
    let file = Arc::from(name);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    Some(
        lines
            .map(|line| Node::parse(&file, line).unwrap())
            .collect(),
    )
}

/// Whether an outcome is the one that the documents give. What block public access refuses, they
/// call neither explicit nor implicit.
fn is_met(case: &Node, got: &str) -> bool {
    let want = case.str("expect").unwrap();
    let blocks = case
        .get("s3")
        .is_some_and(|s3| s3.get("blockPublicAccess").is_some());
    let denied = |word: &str| word.ends_with("Denied");
    got == want || (blocks && denied(got) && denied(want))
}

#[test]
fn iam_decides_as_documented() {
    let Some(cases) = cases("iam/cases.jsonl") else {
        return;
    };
    let known: BTreeMap<&str, &str> = IAM_KNOWN_FAILURES.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut met = 0;
    for case in &cases {
        let id = case.str("id").unwrap();
        let read = Case::read(case, &Defaults::default()).unwrap();
        assert_eq!(read.remarks, [], "{id}: conformance documents can be read");
        let got = format!("{:?}", Outcome::of(&read.with(decide)));
        let right = is_met(case, &got);
        met += usize::from(right);
        if right == known.contains_key(id) {
            wrong.push(format!("{id}: got {got}"));
        }
    }
    eprintln!("{met} of {} documented IAM cases", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_program_answers_every_documented_case_in_order() {
    let Some(cases) = cases("iam/cases.jsonl") else {
        return;
    };
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/conformance/iam/cases.jsonl"
    );
    let known: BTreeMap<&str, &str> = IAM_KNOWN_FAILURES.iter().copied().collect();
    for flags in [&[][..], &["--explain"]] {
        let output = program(&[&["simulate", "iam"], flags].concat())
            .stdin(std::fs::File::open(path).unwrap())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert_eq!(err(&output), "");
        let answers = out(&output);
        let answers: Vec<&str> = answers.lines().collect();
        assert_eq!(answers.len(), cases.len());
        for (case, answer) in cases.iter().zip(answers) {
            let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
            let id = case.str("id").unwrap();
            assert_eq!(answer["id"], id);
            assert_eq!(answer.get("explain").is_some(), !flags.is_empty());
            let right = is_met(case, answer["result"].as_str().unwrap());
            assert_ne!(right, known.contains_key(id), "{answer}");
        }
    }
}

#[test]
fn kafka_decides_as_its_own_authorizer() {
    let Some(cases) = cases("kafka/authorizer.jsonl") else {
        return;
    };
    let at = Source::new("authorizer.jsonl", 1, "");
    let texts =
        |node: &Node| -> Vec<String> { node.items().iter().filter_map(Node::scalar).collect() };
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in cases.iter().filter(|case| case.get("want").is_some()) {
        let acls = case.list("acls").iter().map(|acl| {
            let acl = texts(acl);
            AclBinding {
                resource_type: acl[0].parse().unwrap(),
                name: acl[1].clone(),
                pattern_type: acl[2].parse().unwrap(),
                principal: acl[3].clone(),
                host: acl[4].clone(),
                operation: acl[5].parse().unwrap(),
                permission: acl[6].parse().unwrap(),
                source: at.clone(),
            }
        });
        let authorizer = Authorizer {
            class: AuthorizerClass::Standard,
            super_users: texts(case.get("super").unwrap())
                .into_iter()
                .map(|user| (user, at.clone()))
                .collect(),
            allow_everyone_if_no_acl: case
                .get("allow_everyone")
                .unwrap()
                .as_bool()
                .unwrap()
                .into(),
            acls: acls.collect(),
            acls_unread: None,
        };
        let ask = texts(case.get("req").unwrap());
        let decision = authorizer.authorize(
            &ask[3],
            Host::Address(&ask[4]),
            &ask[2].parse().unwrap(),
            &ask[0].parse().unwrap(),
            &ask[1],
        );
        count += 1;
        let want = case.str("want") == Some("ALLOWED");
        let right = match decision.strength {
            Strength::Always => want,
            Strength::Never => !want,
            Strength::Gap | Strength::Conditional => false,
        };
        if !right {
            wrong.push(format!("{case:?}: {decision:?}"));
        }
    }
    eprintln!("{count} decisions of Kafka's authorizer");
    assert!(
        wrong.is_empty(),
        "{} wrong, first {}",
        wrong.len(),
        wrong[0]
    );
}
