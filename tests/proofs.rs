//! Every proof re-checks, and goes when a statement that it names is taken away.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and says where"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use catchment::graph::NodeView;
use catchment::query::{EvidenceText, Proof};
use catchment::reach::{Strength, naive, prove};
use serde_json::{Value, json};
use support::{Files, all_fixtures, cells, explain, fixture, strength, try_view, view};

/// A principal, an asset and one proof.
type Told = (String, String, Proof);

/// What tells one proof from another: rules and facts in order, and where each statement stands,
/// by JSON pointer, so that lines may move.
fn signature(proof: &Proof) -> Vec<String> {
    let steps = proof.steps.iter().map(|step| {
        let mut places: Vec<String> = step.evidence.iter().map(anchor).collect();
        places.sort();
        format!("{} by {:?} on {places:?}", step.fact, step.rule)
    });
    steps.collect()
}

fn anchor(evidence: &EvidenceText) -> String {
    let place = evidence.places.first().cloned().unwrap_or_default();
    match &evidence.pointer {
        Some(pointer) => {
            let file = place
                .rsplit_once(':')
                .map_or(place.as_str(), |(file, _)| file);
            format!("{file}#{pointer}")
        }
        None => place,
    }
}

/// Takes one piece of evidence out of the files, leaving every other pointer and line in place.
fn remove(files: &Files, evidence: &EvidenceText) -> Files {
    let mut files = files.clone();
    let place = &evidence.places[0];
    let (file, line) = place.rsplit_once(':').unwrap();
    let text = files[file].clone();
    let edited = if let Some(pointer) = &evidence.pointer {
        let mut json: Value = serde_json::from_str(&text).unwrap();
        neutralize(&mut json, pointer);
        serde_json::to_string_pretty(&json).unwrap()
    } else {
        let line: usize = line.parse().unwrap();
        let lines = text.lines().enumerate();
        let kept = lines.map(|(at, text)| if at + 1 == line { "" } else { text });
        kept.collect::<Vec<_>>().join("\n") + "\n"
    };
    files.insert(file.to_owned(), edited);
    files
}

/// Puts something without effect where the pointer leads; a `#` in it enters a document that the
/// file holds as a string.
fn neutralize(json: &mut Value, pointer: &str) {
    if let Some((outer, inner)) = pointer.split_once('#') {
        let held = json.pointer_mut(outer).unwrap_or_else(|| panic!("{outer}"));
        let text = held.as_str().unwrap();
        let text = if text.starts_with('%') {
            percent_encoding::percent_decode_str(text)
                .decode_utf8()
                .unwrap()
                .into_owned()
        } else {
            text.to_owned()
        };
        let mut document: Value = serde_json::from_str(&text).unwrap();
        neutralize(&mut document, inner);
        *held = Value::String(document.to_string());
        return;
    }
    let target = json
        .pointer_mut(pointer)
        .unwrap_or_else(|| panic!("{pointer}"));
    if target.get("Effect").is_none() {
        // A source of a security group rule. Any other would admit clients just as well, so it is
        // taken out; it is the last of its list, so that no pointer moves.
        let (list, at) = pointer.rsplit_once('/').unwrap();
        let list = json.pointer_mut(list).unwrap().as_array_mut().unwrap();
        let at: usize = at.parse().unwrap();
        assert_eq!(at + 1, list.len(), "{pointer} is not the last of its list");
        list.remove(at);
        return;
    }
    let mut inert = json!({
        "Sid": "Removed",
        "Effect": "Deny",
        "Action": "catchment:Removed",
        "Resource": "arn:aws:catchment:::removed"
    });
    if target.get("Principal").is_some() {
        inert["Principal"] = json!({ "AWS": "arn:aws:iam::999999999999:role/removed" });
        if target.get("Resource").is_none() {
            inert.as_object_mut().unwrap().remove("Resource");
        }
    }
    *target = inert;
}

fn removing_any_named_statement_takes_the_proof_away(model: Option<&str>) {
    let files = fixture("small/pier");
    let whole = view(&files, model);
    // For each removable statement, the proofs that name it.
    let mut named: BTreeMap<String, (EvidenceText, Vec<Told>)> = BTreeMap::new();
    for (principal, asset) in cells(&whole).into_keys() {
        for proof in explain(&whole, &principal, &asset).unwrap().proofs {
            let evidence = proof.steps.iter().flat_map(|step| &step.evidence);
            let removable: Vec<EvidenceText> = evidence.filter(|e| e.removable).cloned().collect();
            assert!(
                removable.len() + proof.steps.iter().filter(|s| s.rule.is_some()).count() > 0,
                "{principal} reads {asset} without a reason"
            );
            for evidence in removable {
                let entry = named
                    .entry(anchor(&evidence))
                    .or_insert((evidence, Vec::new()));
                entry
                    .1
                    .push((principal.clone(), asset.clone(), proof.clone()));
            }
        }
    }
    assert!(
        named.len() > 20,
        "only {} statements are named",
        named.len()
    );
    for (anchor, (evidence, proofs)) in named {
        // Without what the brokers themselves need there is no platform to ask about.
        let Ok(without) = try_view(&remove(&files, &evidence), model) else {
            continue;
        };
        for (principal, asset, proof) in proofs {
            let Some(left) = explain(&without, &principal, &asset) else {
                continue;
            };
            let lost = signature(&proof);
            for other in &left.proofs {
                assert_ne!(
                    signature(other),
                    lost,
                    "{principal} still reads {asset} by the same proof without {anchor}"
                );
                // What remains for the pair never names what is gone.
                let again = other.steps.iter().flat_map(|step| &step.evidence);
                assert!(
                    !again
                        .filter(|e| e.removable)
                        .any(|e| self::anchor(e) == anchor)
                );
            }
        }
    }
}

#[test]
fn removing_any_named_statement_takes_the_proof_away_as_captured() {
    removing_any_named_statement_takes_the_proof_away(None);
}

#[test]
fn removing_any_named_statement_takes_the_proof_away_under_shared_storage() {
    removing_any_named_statement_takes_the_proof_away(Some("automq-s3-wal"));
}

/// A statement that alone carries all of a pair's routes takes the pair with it: the names that pier's
/// README gives as gained, lost and kept.
#[test]
fn removing_the_only_grant_takes_the_reader_away() {
    let files = fixture("small/pier");
    for (model, principal) in [
        (
            Some("automq-s3-wal"),
            "arn:aws:iam::111122223333:role/pier-data-science",
        ),
        (
            Some("automq-s3-wal"),
            "arn:aws:iam::111122223333:role/pier-ci-deploy",
        ),
        (None, "arn:aws:iam::111122223333:role/pier-snapshot-tool"),
        (None, "arn:aws:iam::111122223333:role/pier-restore"),
    ] {
        let whole = view(&files, model);
        let proofs = explain(&whole, principal, "payments").unwrap().proofs;
        assert!(!proofs.is_empty(), "{principal}");
        let evidence = proofs[0].steps.iter().flat_map(|step| &step.evidence);
        let mut own = 0;
        for evidence in evidence.filter(|e| e.removable && e.says.starts_with("identity policy")) {
            let without = view(&remove(&files, evidence), model);
            let left = strength(&without, principal, "payments");
            assert_eq!(
                left,
                Strength::Never,
                "{principal} without {}",
                evidence.says
            );
            own += 1;
        }
        assert!(own > 0, "{principal}");
    }
}

#[test]
fn every_witness_of_every_fixture_re_checks_and_agrees_with_the_definition() {
    let mut witnesses = 0;
    for name in all_fixtures() {
        let view = view(&fixture(&name), None);
        let derivation = &view.derivation;
        derivation.table.verify().unwrap();
        for principal in &derivation.principals {
            let starts = principal.lane();
            let slow = naive(&derivation.table, &starts);
            for topic in derivation.topics.values() {
                let expected = slow[topic.index()];
                match prove(&derivation.table, &starts, *topic) {
                    Some(witness) => {
                        witness.check(&derivation.table, &starts).unwrap();
                        assert_eq!(witness.strength(), expected, "{name} {}", principal.name);
                        witnesses += 1;
                    }
                    None => assert_eq!(expected, Strength::Never, "{name} {}", principal.name),
                }
            }
        }
    }
    assert!(witnesses > 100, "only {witnesses} witnesses");
}

#[test]
fn every_route_shown_is_as_strong_as_the_cell_or_weaker_and_the_first_is_as_strong() {
    for name in all_fixtures() {
        let view = view(&fixture(&name), None);
        for ((principal, asset), strength) in cells(&view) {
            let proofs = explain(&view, &principal, &asset).unwrap().proofs;
            assert_eq!(
                proofs.first().map(|p| p.strength),
                Some(strength),
                "{name} {principal}"
            );
            assert!(proofs.iter().all(|proof| proof.strength <= strength));
            for proof in &proofs {
                for (at, step) in proof.steps.iter().enumerate() {
                    assert!(
                        step.rests_on.iter().all(|on| *on <= at),
                        "{name} {principal}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_graph_of_every_fixture_keeps_its_invariants() {
    for name in all_fixtures() {
        let view = view(&fixture(&name), None);
        let rows = catchment::rules::built_in().unwrap();
        let graph = catchment::graph::BoundaryGraph::build(&view.estate, &view.derivation, &rows);
        graph.verify().unwrap_or_else(|why| panic!("{name}: {why}"));
        let names: BTreeSet<String> = graph.nodes().map(NodeView::name).collect();
        assert_eq!(names.len(), graph.nodes().count());
    }
}
