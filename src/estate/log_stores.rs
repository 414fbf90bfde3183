//! Where the log of a cluster lies besides its brokers' volumes: the buckets that the configuration
//! names, by what they hold.
//!
//! Source: AutoMQ/automq f1ce98ec, `AutoMQConfig`; Aiven-Open/tiered-storage-for-apache-kafka
//! 8fb15816; aiven/inkless b1fcb5f6, `InklessConfig`.
//!
//! Must never: take a store that is no bucket for one, or decide which of them matter; models do.

use std::collections::{BTreeMap, BTreeSet};

use super::build::Builder;
use super::link::at;
use super::{Broker, Cluster, Link, Origin, Property, Severity, buckets, uri};
use crate::capture::Source;

/// Keys that hold lists of bucket URIs, and what those buckets hold.
const URI_LISTS: [(&str, &str); 4] = [
    ("s3.data.buckets", "data"),
    ("s3.wal.path", "wal"),
    ("s3.ops.buckets", "ops"),
    ("automq.zonerouter.channels", "router"),
];

/// Keys that hold the bare name of a bucket: what it holds, the key of its region, and whether the
/// key is an older name, which counts where the newer one is missing.
const NAMES: [(&str, &str, &str, Option<&str>); 5] = [
    ("s3.bucket", "data", "s3.region", Some("s3.data.buckets")),
    ("s3.ops.bucket", "ops", "s3.region", Some("s3.ops.buckets")),
    (
        "rsm.config.storage.s3.bucket.name",
        "tiered",
        "rsm.config.storage.s3.region",
        None,
    ),
    (
        "inkless.storage.s3.bucket.name",
        "diskless",
        "inkless.storage.s3.region",
        None,
    ),
    (
        "confluent.tier.s3.bucket",
        "tiered",
        "confluent.tier.s3.region",
        None,
    ),
];

/// Where tables are written; only a file shows it, brokers hide its value.
const WAREHOUSE: &str = "automq.table.topic.catalog.warehouse";

#[derive(Default)]
struct Found {
    named: BTreeMap<String, (Link, Option<String>)>,
    notes: BTreeSet<(&'static str, String, Source)>,
    outside: bool,
}

/// Adds the buckets that the brokers' properties name; further ones of a kind are numbered.
pub(super) fn read(builder: &mut Builder<'_>, cluster: &mut Cluster) {
    let mut found = Found::default();
    for broker in cluster.brokers.values() {
        uri_lists(broker, &mut found);
        names(broker, &mut found);
    }
    for broker in cluster.brokers.values() {
        warehouse(broker, &mut found);
    }
    for (code, message, source) in &found.notes {
        builder.note(
            code,
            Severity::Warning,
            message.clone(),
            Some(source.clone()),
        );
    }
    if !found.outside {
        wal_beside_data(&mut found.named);
    }
    for (holds, (link, region)) in found.named {
        if let Some(source) = at(&link.origin) {
            let why = format!(
                "the configuration of cluster {} names it as {holds}",
                cluster.name
            );
            let origin = buckets::named_by(&source, why);
            buckets::add(builder, &link.to, None, region, origin);
        }
        cluster.buckets.insert(holds, link);
    }
}

fn set<'b>(broker: &'b Broker, key: &str) -> Option<&'b Property> {
    broker
        .properties
        .get(key)
        .filter(|p| !p.value.trim().is_empty())
}

fn uri_lists(broker: &Broker, found: &mut Found) {
    for (key, holds) in URI_LISTS {
        let Some(property) = set(broker, key) else {
            continue;
        };
        let (uris, broken) = uri::parse(&property.value);
        let source = &property.source;
        if broken > 0 {
            let message = format!(
                "`{key}` has {broken} part(s) that are no `ID@SCHEME://PATH`; they were left out"
            );
            found
                .notes
                .insert(("malformed-bucket-uri", message, source.clone()));
        }
        for uri in uris {
            if uri.scheme == "s3" {
                let origin = Origin::Captured(source.clone());
                add(&mut found.named, holds, &uri.name, uri.region, origin);
            } else {
                found.outside |= holds == "wal";
                let message = format!("`{key}` names a `{}` store, which is no bucket", uri.scheme);
                found
                    .notes
                    .insert(("log-outside-buckets", message, source.clone()));
            }
        }
    }
}

fn names(broker: &Broker, found: &mut Found) {
    for (key, holds, region, newer) in NAMES {
        let Some(property) = set(broker, key) else {
            continue;
        };
        let mut origin = Origin::Captured(property.source.clone());
        if let Some(newer) = newer {
            if set(broker, newer).is_some() {
                continue;
            }
            origin = Origin::Inferred {
                why: format!("`{key}`, the older name of `{newer}`, names it"),
                from: vec![property.source.clone()],
            };
        }
        let region = set(broker, region).map(|p| p.value.trim().to_owned());
        let bucket = property.value.trim();
        if bucket != crate::capture::REDACTED {
            add(&mut found.named, holds, bucket, region, origin);
        }
    }
}

/// The bucket of the tables: as said, else the first data bucket. Source: AutoMQ/automq,
/// `TableManager`: `s3://<first data bucket>/iceberg` unless a warehouse is set.
fn warehouse(broker: &Broker, found: &mut Found) {
    if let Some(property) = set(broker, WAREHOUSE) {
        let value = property.value.trim();
        let bucket = ["s3://", "s3a://"]
            .iter()
            .find_map(|scheme| value.strip_prefix(scheme))
            .and_then(|rest| rest.split(['/', '?']).next());
        if let Some(bucket) = bucket {
            let origin = Origin::Captured(property.source.clone());
            add(&mut found.named, "tables", bucket, None, origin);
        } else if value != crate::capture::REDACTED {
            let message = format!("`{WAREHOUSE}` names no bucket");
            let source = property.source.clone();
            found.notes.insert(("log-outside-buckets", message, source));
        }
        return;
    }
    let catalog = set(broker, "automq.table.topic.catalog.type");
    if let (Some(catalog), Some((data, region))) = (catalog, found.named.get("data").cloned()) {
        let origin = Origin::Inferred {
            why: format!(
                "`{WAREHOUSE}` is not set, so tables lie in the data bucket {}",
                data.to
            ),
            from: vec![catalog.source.clone()],
        };
        add(&mut found.named, "tables", &data.to, region, origin);
    }
}

/// Without a path of its own, the write-ahead log lies in the data bucket.
fn wal_beside_data(named: &mut BTreeMap<String, (Link, Option<String>)>) {
    let Some((data, region)) = named.get("data").cloned() else {
        return;
    };
    if named.contains_key("wal") {
        return;
    }
    let from = match &data.origin {
        Origin::Captured(source) => vec![source.clone()],
        Origin::Inferred { from, .. } => from.clone(),
        Origin::Pinned(_) | Origin::Assumed { .. } => Vec::new(),
    };
    let why = format!(
        "`s3.wal.path` is not set, so the WAL lies in the data bucket {}",
        data.to
    );
    let origin = Origin::Inferred { why, from };
    let link = Link {
        to: data.to,
        origin,
    };
    named.insert("wal".to_owned(), (link, region));
}

fn add(
    named: &mut BTreeMap<String, (Link, Option<String>)>,
    holds: &str,
    bucket: &str,
    region: Option<String>,
    origin: Origin,
) {
    let same_kind = |k: &str| {
        k == holds
            || k.strip_prefix(holds)
                .is_some_and(|rest| rest.starts_with(' '))
    };
    let known = named
        .iter()
        .any(|(k, (link, _))| same_kind(k) && link.to == bucket);
    if bucket.is_empty() || known {
        return;
    }
    let count = named.keys().filter(|k| same_kind(k)).count();
    let name = if count == 0 {
        holds.to_owned()
    } else {
        format!("{holds} {}", count + 1)
    };
    let to = bucket.to_owned();
    named.insert(name, (Link { to, origin }, region));
}
