//! The laws of the design, on the shipped estates.

mod support;

use support::{cells, explain, fixture, try_view};

#[test]
fn explore() {
    let files = fixture("small/pier");
    for model in [None, Some("automq-s3-wal")] {
        let whole = cells(&support::view(&files, model));
        for name in files.keys() {
            if name == "README.md" { continue; }
            let mut fewer = files.clone();
            fewer.remove(name);
            let view = match try_view(&fewer, model) { Ok(v) => v, Err(e) => { println!("{name}: {e}"); continue; } };
            let after = cells(&view);
            let mut lost = vec![];
            let mut stronger = vec![];
            for (pair, s) in &whole {
                let now = after.get(pair).copied().unwrap_or_default();
                if now == catchment::reach::Strength::Never {
                    let e = explain(&view, &pair.0, &pair.1);
                    let open = e.as_ref().is_some_and(|e| !e.may_also_be.is_empty());
                    lost.push(format!("{}/{} known={} open={open}", pair.0.rsplit('/').next().unwrap(), pair.1, e.is_some()));
                } else if now > *s { stronger.push(pair.clone()); }
            }
            for (pair, s) in &after { if !whole.contains_key(pair) { stronger.push((format!("NEW {} {}", pair.0, s.word()), pair.1.clone())); } }
            println!("{model:?} {name}: lost {} {:?} stronger {} {:?}", lost.len(), lost.iter().filter(|l| l.contains("known=true open=false")).take(6).collect::<Vec<_>>(), stronger.len(), stronger.iter().take(5).collect::<Vec<_>>());
        }
    }
}
