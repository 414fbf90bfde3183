//! Times each stage of the line on the shipped estates, and on captures that others published when
//! they lie beside the project. Prints medians; nothing here passes or fails.
//!
//! `cargo bench --no-default-features`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and one that cannot go on has nothing to print"
)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use catchment::derive::{Principal, derive};
use catchment::query::{View, compare};
use catchment::{capture, estate, models, query, reach, rules};

const ROUNDS: usize = 15;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    println!("{:<42} {:<22} {:>10}", "capture", "stage", "median");
    for name in [
        "fixtures/small/pier",
        "fixtures/small/one-caller",
        "fixtures/hostile",
    ] {
        stages(&root.join(name), name);
    }
    for name in [
        "../shared/corpus/cloudmapper-demo",
        "../shared/corpus/cloudsplaining",
    ] {
        if root.join(name).is_dir() {
            stages(&root.join(name), name);
        }
    }
    comparison(&root.join("fixtures/small/pier"));
}

fn stages(path: &Path, name: &str) {
    let row = |stage: &str, time: Duration| println!("{name:<42} {stage:<22} {time:>10.2?}");
    row("read files", median(|| capture::load(path).unwrap()));
    let captured = capture::load(path).unwrap();
    row("build estate", median(|| estate::build(&captured)));
    let built = estate::build(&captured);
    let rows = rules::built_in().unwrap();
    row("derive rules", median(|| derive(&built, &rows)));
    let derivation = derive(&built, &rows);
    let lanes: Vec<_> = derivation.principals.iter().map(Principal::lane).collect();
    let goals: Vec<_> = derivation.topics.values().copied().collect();
    row(
        "reach, all principals",
        median(|| reach::lanes(&derivation.table, &lanes, &goals)),
    );
    println!(
        "{name:<42} {:<22} {:>10}",
        "  facts, rules, lanes",
        format!(
            "{}, {}, {}",
            derivation.facts.len(),
            derivation.rules.len(),
            lanes.len()
        )
    );
    let all = models::built_in().unwrap();
    let view = || View::new(name, &built, &all, rules::built_in().unwrap(), None).unwrap();
    let whole = view();
    let assets: Vec<_> = whole.assets.iter().collect();
    row("who, all assets", median(|| query::who(&whole, &assets)));
}

fn comparison(path: &Path) {
    let built = estate::build(&capture::load(path).unwrap());
    let all = models::built_in().unwrap();
    let under = |id: &str| {
        let target = models::find(id).unwrap();
        View::new(
            "pier",
            &built,
            &all,
            rules::built_in().unwrap(),
            Some(&target),
        )
        .unwrap()
    };
    let time = median(|| {
        let (before, after) = (under("self-managed"), under("automq-s3-wal"));
        compare(&before, &after, &[])
    });
    println!(
        "{:<42} {:<22} {time:>10.2?}",
        "fixtures/small/pier", "compare, two models"
    );
}

fn median<T>(run: impl Fn() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed()
        })
        .collect();
    times.sort();
    times[ROUNDS / 2]
}
