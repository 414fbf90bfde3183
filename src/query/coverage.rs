//! What was read, and what each piece that is missing would change.
//!
//! Must never: leave out an open call, whatever the answer to other questions needs.

use super::answer::{CoverageReport, OpenCall, ReadCount, UnplacedText};
use super::map::{diagnostics, not_used};
use crate::estate::{Estate, piece_of};

/// The coverage of an estate, as it was captured.
pub fn coverage(capture: &str, estate: &Estate) -> CoverageReport {
    let coverage = &estate.coverage;
    let read = coverage.read.iter().map(|(read, count)| ReadCount {
        account: read.account.clone(),
        region: read.region.clone(),
        cluster: String::new(),
        kind: read.kind.clone(),
        count: *count,
    });
    let mut read: Vec<ReadCount> = read.collect();
    kafka(estate, &mut read);
    let open = estate.open_calls().map(|(call, outcome)| OpenCall {
        call: call.call.clone(),
        account: call.account.clone(),
        region: call.region.clone(),
        resource: call.resource.clone(),
        outcome,
        means: piece_of(&call.call)
            .map_or("what it would say is not known", |piece| piece.means)
            .to_owned(),
    });
    let unplaced = coverage.unplaced.iter().map(|(call, places)| UnplacedText {
        call: call.clone(),
        places: places.iter().map(ToString::to_string).collect(),
    });
    CoverageReport {
        format: "catchment.coverage/1".to_owned(),
        capture: capture.to_owned(),
        read,
        open: open.collect(),
        unplaced: unplaced.collect(),
        not_used: not_used(estate),
        diagnostics: diagnostics(estate),
    }
}

/// What Kafka's own files held.
fn kafka(estate: &Estate, read: &mut Vec<ReadCount>) {
    for cluster in estate.clusters.values() {
        let topics = cluster.topics.as_ref().map(std::collections::BTreeMap::len);
        let counts = [
            ("brokers", Some(cluster.brokers.len())),
            ("topics", topics),
            ("ACLs", cluster.acls.as_ref().map(Vec::len)),
        ];
        let counts = counts.into_iter().filter_map(|(kind, count)| {
            Some(ReadCount {
                account: String::new(),
                region: String::new(),
                cluster: cluster.name.clone(),
                kind: kind.to_owned(),
                count: count?,
            })
        });
        read.extend(counts);
    }
}
