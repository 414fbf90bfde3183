//! House rules that a compiler does not check: which module may use which, where the outside world
//! is read, how long a file may grow, and what the documents must name.
//!
//! A rule that fails here is either broken by mistake, or changed on purpose; then change it here
//! and in `docs/architecture.md`, in the same commit.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex_lite::Regex;

/// Arrows between modules: each may use those beside it and no others. `reach` knows numbers only
/// and so uses nothing of ours. There is no circle: every module stands below those it uses.
const ARROWS: [(&str, &[&str]); 17] = [
    ("names", &[]),
    ("reach", &[]),
    ("capture", &["names"]),
    ("inspect", &["names", "capture"]),
    ("policy", &["names", "capture", "reach"]),
    ("simulate", &["names", "capture", "policy", "reach"]),
    ("estate", &["names", "capture", "policy"]),
    ("facts", &["capture", "estate", "reach"]),
    ("network", &["capture", "estate", "facts", "reach"]),
    ("rules", &["capture", "facts"]),
    ("models", &["capture", "policy", "estate"]),
    (
        "derive",
        &[
            "names", "capture", "policy", "estate", "facts", "network", "rules", "reach",
        ],
    ),
    (
        "graph",
        &["names", "estate", "facts", "rules", "derive", "reach"],
    ),
    (
        "query",
        &[
            "names", "policy", "estate", "models", "facts", "rules", "derive", "reach",
        ],
    ),
    ("report", &["estate", "facts", "reach", "graph", "query"]),
    (
        "cli",
        &[
            "capture", "inspect", "simulate", "estate", "models", "rules", "graph", "query",
            "report",
        ],
    ),
    ("main", &["cli"]),
];

/// The only files that read or write the outside world.
const OUTSIDE: [&str; 3] = ["capture/load.rs", "inspect/", "cli/"];

/// No file grows beyond this.
const LONGEST: usize = 700;

/// Words of the outside world.
const IO: [&str; 13] = [
    "std::fs",
    "std::env",
    "std::net::Tcp",
    "std::net::Udp",
    "std::process",
    "std::io",
    "SystemTime",
    "Instant::now",
    "println!",
    "print!(",
    "eprint!(",
    "stdout()",
    "stderr()",
];

struct File {
    /// Relative to `src`, with `/`.
    path: String,
    text: String,
}

impl File {
    fn module(&self) -> &str {
        let first = self.path.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// The text before its unit tests, without comments.
    fn code(&self) -> String {
        let tests = self
            .text
            .find("#[cfg(test)]\nmod tests")
            .unwrap_or(self.text.len());
        let lines = self.text[..tests].lines();
        lines
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<File> {
    let src = root().join("src");
    let mut paths = Vec::new();
    walk(&src, &mut paths);
    let files = paths
        .into_iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rs"));
    files
        .map(|path| File {
            path: path
                .strip_prefix(&src)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/"),
            text: std::fs::read_to_string(&path).unwrap(),
        })
        .collect()
}

fn walk(dir: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, into);
        } else {
            into.push(path);
        }
    }
}

/// Reads a file of the repository.
fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn none(broken: &[String], rule: &str) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

#[test]
fn modules_use_only_what_their_arrows_point_at() {
    let used = Regex::new(r"\b(?:crate|catchment)::(?:\{[^}]*\}|([a-z_]+))").unwrap();
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    let mut broken = Vec::new();
    for file in sources().iter().filter(|file| file.path != "lib.rs") {
        let Some(allowed) = arrows.get(file.module()) else {
            broken.push(format!("{}: a module without arrows", file.path));
            continue;
        };
        for found in used.captures_iter(&file.code()) {
            match found.get(1).map(|name| name.as_str()) {
                None => broken.push(format!("{}: name one module per `use`", file.path)),
                Some(name) if name == file.module() || allowed.contains(&name) => {}
                Some(name) => broken.push(format!("{} uses {name}", file.path)),
            }
        }
    }
    none(&broken, "arrows that are not allowed");
}

#[test]
fn arrows_are_needed_and_form_no_circle() {
    let used = Regex::new(r"\b(?:crate|catchment)::([a-z_]+)").unwrap();
    let files = sources();
    let mut unused = Vec::new();
    for (module, allowed) in ARROWS {
        let text: String = files
            .iter()
            .filter(|file| file.module() == module)
            .map(File::code)
            .collect();
        let uses: BTreeSet<&str> = used
            .captures_iter(&text)
            .map(|found| found.get(1).unwrap().as_str())
            .collect();
        let spare = allowed.iter().filter(|name| !uses.contains(**name));
        unused.extend(spare.map(|name| format!("{module} -> {name}")));
    }
    none(&unused, "arrows that nothing uses; take them away");
    let mut below: BTreeSet<&str> = BTreeSet::new();
    loop {
        let more: Vec<&str> = ARROWS
            .iter()
            .filter(|(name, uses)| {
                !below.contains(name) && uses.iter().all(|other| below.contains(other))
            })
            .map(|(name, _)| *name)
            .collect();
        if more.is_empty() {
            break;
        }
        below.extend(more);
    }
    let circle: Vec<&str> = ARROWS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !below.contains(name))
        .collect();
    assert!(
        circle.is_empty(),
        "modules that use each other in a circle: {circle:?}"
    );
}

#[test]
fn only_the_loader_inspectors_and_the_command_line_touch_the_outside_world() {
    let mut broken = Vec::new();
    for file in sources() {
        // `main` hands on what the command line returns as the exit code.
        let outside = OUTSIDE.iter().any(|place| file.path.starts_with(place));
        if outside || file.path == "main.rs" {
            continue;
        }
        let code = file.code();
        let words = IO.iter().filter(|word| code.contains(**word));
        broken.extend(words.map(|word| format!("{}: {word}", file.path)));
    }
    none(
        &broken,
        "input or output outside `capture::load`, `inspect` and `cli`",
    );
}

#[test]
fn only_inspectors_are_asynchronous() {
    let word = Regex::new(r"\basync\b|\.await\b|\btokio::").unwrap();
    let broken: Vec<String> = sources()
        .iter()
        .filter(|file| file.module() != "inspect" && word.is_match(&file.code()))
        .map(|file| file.path.clone())
        .collect();
    none(&broken, "asynchronous code outside `inspect`");
}

#[test]
fn features_of_the_build_are_the_command_line_s_and_the_inspectors_business() {
    let test = Regex::new(r"cfg!?\([^\]\n]*feature").unwrap();
    let broken: Vec<String> = sources()
        .iter()
        .filter(|file| !["cli", "inspect"].contains(&file.module()) && test.is_match(&file.text))
        .map(|file| file.path.clone())
        .collect();
    none(&broken, "`cfg(feature)` outside `cli` and `inspect`");
}

#[test]
fn every_file_says_what_it_is_and_every_module_what_it_must_never_do() {
    let mut broken = Vec::new();
    for file in sources() {
        let head: Vec<&str> = file
            .text
            .lines()
            .take_while(|line| line.starts_with("//!"))
            .collect();
        if head.is_empty() {
            broken.push(format!("{}: does not begin with `//!`", file.path));
        } else if file.path == format!("{}/mod.rs", file.module())
            && !head.iter().any(|line| line.contains("Must never"))
        {
            broken.push(format!("{}: does not say `Must never`", file.path));
        }
    }
    none(&broken, "module documentation");
}

#[test]
fn no_file_is_too_long_to_read() {
    let broken: Vec<String> = sources()
        .iter()
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(file, lines)| format!("{}: {lines} lines", file.path))
        .collect();
    none(
        &broken,
        &format!("files of more than {LONGEST} lines; split them by what they do"),
    );
}

#[test]
fn no_file_is_named_after_nothing() {
    let vague = [
        "utils.rs",
        "util.rs",
        "common.rs",
        "helpers.rs",
        "manager.rs",
        "misc.rs",
    ];
    let broken: Vec<String> = sources()
        .iter()
        .filter(|file| vague.iter().any(|name| file.path.ends_with(name)))
        .map(|file| file.path.clone())
        .collect();
    none(&broken, "name the thing");
}

/// `id = "..."` at the beginning of a line.
fn ids(text: &str) -> Vec<String> {
    let id = Regex::new(r#"(?m)^id = "([^"]*)""#).unwrap();
    id.captures_iter(text)
        .map(|found| found.get(1).unwrap().as_str().to_owned())
        .collect()
}

fn files_in(folder: &str) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    walk(&root().join(folder), &mut paths);
    paths
        .iter()
        .map(|path| {
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            (stem, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

#[test]
fn rules_have_ids_of_their_own_and_stand_in_the_documents() {
    let mut seen = BTreeSet::new();
    let mut broken = Vec::new();
    let documents = text("docs/modelled.md");
    for (pack, rows) in files_in("graphs/rules") {
        for id in ids(&rows) {
            if !documents.contains(&format!("`{id}`")) {
                broken.push(format!("{pack}: `{id}` is not in docs/modelled.md"));
            }
            if !seen.insert(id.clone()) {
                broken.push(format!("{pack}: `{id}` stands twice"));
            }
        }
    }
    assert!(!seen.is_empty(), "no rules found");
    none(&broken, "rules");
    // What the documents name in the table of routes exists.
    let row =
        Regex::new(r"(?m)^\| `([a-z0-9-]+)` \| (?:identity|kafka|network|storage) \|").unwrap();
    let gone: Vec<String> = row
        .captures_iter(&documents)
        .map(|found| found.get(1).unwrap().as_str().to_owned())
        .filter(|id| !seen.contains(id))
        .collect();
    none(&gone, "docs/modelled.md names rules that do not exist");
}

#[test]
fn models_are_named_after_their_files_and_stand_in_the_documents() {
    let documents = text("docs/models.md");
    let readme = text("README.md");
    let mut broken = Vec::new();
    for (stem, model) in files_in("graphs/models") {
        match ids(&model).as_slice() {
            [id] if *id == stem => {}
            other => broken.push(format!("{stem}.toml has the ids {other:?}")),
        }
        for (name, document) in [("docs/models.md", &documents), ("README.md", &readme)] {
            if !document.contains(&format!("`{stem}`")) && !document.contains(&format!("{stem}\n"))
            {
                broken.push(format!("{name} does not name `{stem}`"));
            }
        }
    }
    none(&broken, "deployment models");
}

#[test]
fn links_between_documents_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)").unwrap();
    let mut paths: Vec<PathBuf> = vec![root().join("README.md"), root().join("CHANGELOG.md")];
    walk(&root().join("docs"), &mut paths);
    let mut broken = Vec::new();
    for path in paths
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
    {
        let text = std::fs::read_to_string(path).unwrap();
        for found in link.captures_iter(&text) {
            let to = found.get(1).unwrap().as_str();
            if !path.parent().unwrap().join(to).exists() {
                broken.push(format!("{}: {to}", path.display()));
            }
        }
    }
    none(&broken, "links that lead nowhere");
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = text("Cargo.toml");
    let reasons = text("docs/choices.md");
    let mut broken = Vec::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside
            && let Some((name, _)) = line.split_once(" = ")
            && !reasons.contains(&format!("`{name}`"))
        {
            broken.push(name.to_owned());
        }
    }
    none(&broken, "dependencies that docs/choices.md does not name");
}

#[test]
fn every_rule_of_policy_evaluation_has_tests_named_after_it() {
    let page = text("docs/iam-rules.md");
    let row = Regex::new(r"(?m)^\| (\d+) \| [^|]+ \| ([^|]+) \| ([^|]+) \|").unwrap();
    let quoted = Regex::new(r"`([^`]+)`").unwrap();
    let named = Regex::new(r"fn (rule_\d+_[a-z0-9_]+)\(").unwrap();
    let mut paths = Vec::new();
    walk(&root().join("src"), &mut paths);
    walk(&root().join("tests"), &mut paths);
    let mut there: BTreeSet<String> = BTreeSet::new();
    for path in paths
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "rs"))
    {
        let code = std::fs::read_to_string(path).unwrap();
        let found = named.captures_iter(&code);
        there.extend(found.map(|found| found.get(1).unwrap().as_str().to_owned()));
    }
    let list = |cell: &str| -> Vec<String> {
        let found = quoted.captures_iter(cell);
        found
            .map(|found| found.get(1).unwrap().as_str().to_owned())
            .collect()
    };
    let (mut broken, mut rows, mut listed) = (Vec::new(), Vec::new(), BTreeSet::new());
    for found in row.captures_iter(&page) {
        let cell = |i| found.get(i).unwrap().as_str();
        let (rule, tests) = (cell(1), list(cell(3)));
        rows.push(rule.parse::<usize>().unwrap());
        if tests.is_empty() {
            broken.push(format!("rule {rule} has no test"));
        }
        for test in tests {
            if !test.starts_with(&format!("rule_{rule}_")) || !there.contains(&test) {
                broken.push(format!("rule {rule}: there is no test `{test}`"));
            }
            listed.insert(test);
        }
        for place in list(cell(2)) {
            let place = root().join(if place.starts_with("graphs/") {
                place
            } else {
                format!("src/{place}")
            });
            if !place.exists() {
                broken.push(format!("rule {rule}: no file {}", place.display()));
            }
        }
    }
    assert_eq!(rows, (1..=35).collect::<Vec<_>>(), "one row for each rule");
    let missing = there.difference(&listed);
    broken.extend(missing.map(|test| format!("`{test}` is not on the page")));
    none(&broken, "docs/iam-rules.md");
}
