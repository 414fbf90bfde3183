//! What integration tests share: fixtures as maps of files, views of them, and edits.

#![allow(
    dead_code,
    reason = "each test binary uses its own part of this module"
)]
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

pub(crate) mod case;

use std::collections::BTreeMap;
use std::path::Path;

use catchment::capture::Capture;
use catchment::query::{self, Explain, View, ViewError};
use catchment::reach::Strength;
use catchment::{estate, models, rules};
use serde_json::{Value, json};

/// Files of a capture: path relative to it, and text.
pub(crate) type Files = BTreeMap<String, String>;

/// The root of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files of a fixture.
pub(crate) fn fixture(name: &str) -> Files {
    let base = root().join("fixtures").join(name);
    let mut files = Files::new();
    collect(&base, &base, &mut files);
    assert!(!files.is_empty(), "no fixture {name}");
    files
}

fn collect(base: &Path, folder: &Path, files: &mut Files) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(base, &path, files);
            continue;
        }
        let name = path
            .strip_prefix(base)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/");
        if let Ok(text) = std::fs::read_to_string(&path) {
            files.insert(name, text);
        }
    }
}

/// The view of some files under a model, or under the one they run.
pub(crate) fn view(files: &Files, model: Option<&str>) -> View {
    try_view(files, model).unwrap()
}

/// The same, where a projection may be refused.
pub(crate) fn try_view(files: &Files, model: Option<&str>) -> Result<View, ViewError> {
    let estate = estate::build(&Capture::from_files(files.clone()));
    let target = model.map(|id| models::find(id).unwrap());
    let models = models::built_in().unwrap();
    View::new(
        "capture",
        &estate,
        &models,
        rules::built_in().unwrap(),
        target.as_ref(),
    )
}

/// How surely each principal reads each asset, by name; *never* left out.
pub(crate) fn cells(view: &View) -> BTreeMap<(String, String), Strength> {
    let mut cells = BTreeMap::new();
    for (lane, principal) in view.derivation.principals.iter().enumerate() {
        for asset in &view.assets {
            let strength = view.strength(lane, asset);
            if strength > Strength::Never {
                cells.insert((principal.name.clone(), asset.name.clone()), strength);
            }
        }
    }
    cells
}

/// How surely one principal reads one asset.
pub(crate) fn strength(view: &View, principal: &str, asset: &str) -> Strength {
    view.strength(
        view.principal(principal).unwrap(),
        view.asset(asset).unwrap(),
    )
}

/// The proofs of one pair; none when the principal or asset is gone.
pub(crate) fn explain(view: &View, principal: &str, asset: &str) -> Option<Explain> {
    let lane = view.principal(principal).ok()?;
    Some(query::explain(view, lane, view.asset(asset).ok()?))
}

/// Every fixture that answers, by name.
pub(crate) fn all_fixtures() -> Vec<String> {
    let mut names = Vec::new();
    for group in ["small", "invalid"] {
        for entry in std::fs::read_dir(root().join("fixtures").join(group)).unwrap() {
            let entry = entry.unwrap();
            if entry.path().is_dir() {
                names.push(format!("{group}/{}", entry.file_name().to_string_lossy()));
            }
        }
    }
    names.push("hostile".to_owned());
    names.sort();
    names
}

/// A statement that allows.
pub(crate) fn allow(action: &str, resource: &str) -> Value {
    json!({ "Effect": "Allow", "Action": action, "Resource": resource })
}

/// A statement that denies.
pub(crate) fn deny(action: &str, resource: &str) -> Value {
    json!({ "Effect": "Deny", "Action": action, "Resource": resource })
}

/// A policy document.
pub(crate) fn document(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}
