//! Literate scenarios: every Markdown file under `tests/scenarios` is a test.
//!
//! A file names an estate and asks questions in fenced blocks; the block's body is the expected
//! answer, worked out by hand from the rules:
//!
//! - `readers ASSET [--model M]`: every principal that reads, one a line, with its strength;
//! - `proof PRINCIPAL -> ASSET [--model M]`: places that the first proof, or any, must name;
//! - `near PRINCIPAL -> ASSET [--model M]`: text that some near miss must contain;
//! - `never PRINCIPAL -> ASSET [--model M]`: that there is no route.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and says where"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use catchment::query::{self, View};
use catchment::reach::Strength;
use catchment::{capture, estate, models, rules};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("tests/scenarios");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no scenarios in {}", folder.display());
    let trials = files.into_iter().map(|file| {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let root = root.to_owned();
        Trial::test(name, move || run(&root, &file).map_err(Failed::from))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

/// One fenced question: its words, its body, and where it stands.
struct Question {
    line: usize,
    verb: String,
    principal: Option<String>,
    asset: String,
    model: Option<String>,
    body: Vec<String>,
}

fn run(root: &Path, file: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(file).unwrap();
    let (place, questions) = parse(&text)?;
    if questions.is_empty() {
        return Err("asks no question".to_owned());
    }
    let capture = capture::load(&root.join(&place)).map_err(|error| error.to_string())?;
    let estate = estate::build(&capture);
    let models = models::built_in().map_err(|error| error.to_string())?;
    let mut failures = String::new();
    for question in &questions {
        let target = match &question.model {
            Some(id) => Some(models::find(id).map_err(|error| error.to_string())?),
            None => None,
        };
        let rows = rules::built_in().map_err(|errors| format!("{errors:?}"))?;
        let view = View::new(&place, &estate, &models, rows, target.as_ref());
        let outcome = view
            .map_err(|e| e.to_string())
            .and_then(|view| answer(&view, question));
        if let Err(why) = outcome {
            let at = format!("{}:{}", file.display(), question.line);
            writeln!(
                failures,
                "{at}: {} {}\n{why}",
                question.verb, question.asset
            )
            .unwrap();
        }
    }
    if failures.is_empty() {
        Ok(())
    } else {
        Err(failures)
    }
}

fn parse(text: &str) -> Result<(String, Vec<Question>), String> {
    let estate = text
        .lines()
        .find_map(|line| line.strip_prefix("Estate: `")?.strip_suffix('`'))
        .ok_or("has no line Estate: `PATH`")?;
    let mut questions: Vec<Question> = Vec::new();
    let mut open: Option<Question> = None;
    for (number, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some("")) => questions.extend(open.take()),
            (Some(question), None) => question.body.push(line.to_owned()),
            (None, Some(head)) => open = Some(question(head, number + 1)?),
            (None, None) => {}
            (Some(_), Some(_)) => return Err(format!("line {}: a fence in a fence", number + 1)),
        }
    }
    match open {
        Some(question) => Err(format!("line {}: the fence is not closed", question.line)),
        None => Ok((estate.to_owned(), questions)),
    }
}

fn question(head: &str, line: usize) -> Result<Question, String> {
    let (head, model) = match head.split_once(" --model ") {
        Some((head, model)) => (head, Some(model.trim().to_owned())),
        None => (head, None),
    };
    let (verb, rest) = head
        .split_once(' ')
        .ok_or(format!("line {line}: `{head}`"))?;
    let (principal, asset) = match rest.split_once(" -> ") {
        Some((principal, asset)) => (Some(principal.to_owned()), asset),
        None => (None, rest),
    };
    Ok(Question {
        line,
        verb: verb.to_owned(),
        principal,
        asset: asset.trim().to_owned(),
        model,
        body: Vec::new(),
    })
}

fn answer(view: &View, question: &Question) -> Result<(), String> {
    let asset = view
        .asset(&question.asset)
        .map_err(|error| error.to_string())?;
    if question.verb == "readers" {
        return readers(view, asset, &question.body);
    }
    let name = question.principal.as_deref().ok_or("names no principal")?;
    let lane = view.principal(name).map_err(|error| error.to_string())?;
    let explained = query::explain(view, lane, asset);
    let wanted = question
        .body
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty());
    match question.verb.as_str() {
        "proof" => {
            let evidence = explained.proofs.iter().flat_map(|proof| &proof.steps);
            let places: BTreeSet<&str> = evidence
                .flat_map(|step| &step.evidence)
                .flat_map(|evidence| &evidence.places)
                .map(String::as_str)
                .collect();
            let missing: Vec<&str> = wanted.filter(|place| !places.contains(place)).collect();
            if missing.is_empty() {
                return Ok(());
            }
            Err(format!(
                "  missing {missing:?}\n  the proofs name {places:#?}"
            ))
        }
        "near" => {
            let lacks: Vec<&str> = explained
                .lacks
                .iter()
                .map(|lack| lack.what.as_str())
                .collect();
            let missing: Vec<&str> = wanted
                .filter(|text| !lacks.iter().any(|lack| lack.contains(text)))
                .collect();
            if missing.is_empty() && explained.strength == Strength::Never {
                return Ok(());
            }
            let strength = explained.strength.word();
            Err(format!(
                "  is {strength}, missing {missing:?}\n  near misses: {lacks:#?}"
            ))
        }
        "never" if explained.strength == Strength::Never => Ok(()),
        "never" => {
            let routes: Vec<&str> = explained
                .proofs
                .iter()
                .map(|p| p.summary.as_str())
                .collect();
            Err(format!(
                "  reads, {}: {routes:#?}",
                explained.strength.word()
            ))
        }
        other => Err(format!("  unknown question `{other}`")),
    }
}

fn readers(view: &View, asset: &query::Asset, body: &[String]) -> Result<(), String> {
    let expected: BTreeSet<String> = body
        .iter()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect();
    let answer = query::who(view, &[asset]);
    let found: BTreeSet<String> = answer.assets[0]
        .readers
        .iter()
        .map(|reader| {
            // A reader that needs an edit on its surest routes is marked so.
            let surest = reader
                .routes
                .iter()
                .filter(|route| route.strength == reader.strength);
            let after =
                surest.clone().count() > 0 && surest.clone().all(|r| !r.after_changing.is_empty());
            let mark = if after { " [after changing]" } else { "" };
            format!("{} {}{mark}", reader.strength.word(), reader.principal)
        })
        .collect();
    if expected == found {
        return Ok(());
    }
    let mut why = String::new();
    for line in expected.difference(&found) {
        writeln!(why, "  expected but not found: {line}").unwrap();
    }
    for line in found.difference(&expected) {
        writeln!(why, "  found but not expected: {line}").unwrap();
    }
    Err(why)
}
