//! What buckets say beside their policies: ownership, ACL, versioning, and where their objects are
//! copied to.
//!
//! Must never: take a setting that was not read for its default. Defaults come from answers alone:
//! an empty answer about versioning, a listed error code.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::buckets::{self, value};
use super::build::{Builder, in_account, text, texts};
use super::{
    AclGrant, BucketAcl, BucketSettings, Grantee, Outcome, Ownership, Replication, Seen, Versioning,
};
use crate::capture::json::{Node, Value};

// Access logs, notifications and inventories hold no events and open nothing: nobody misses them.

/// Reads the settings of every bucket, and takes up the buckets that replicas go to.
pub(super) fn read(builder: &mut Builder<'_>) {
    let mut done: BTreeSet<String> = BTreeSet::new();
    loop {
        let next: Vec<String> = builder
            .estate
            .buckets
            .keys()
            .filter(|name| !done.contains(*name))
            .cloned()
            .collect();
        if next.is_empty() {
            return;
        }
        let holding = holding(builder);
        for name in next {
            fill(builder, &name, holding.contains(&name));
            done.insert(name);
        }
        destinations(builder);
    }
}

/// Buckets that hold a log, or copies of one. A complete capture has all their settings; those of
/// other buckets are read where they are there.
fn holding(builder: &Builder<'_>) -> BTreeSet<String> {
    let estate = &builder.estate;
    let links = estate.clusters.values().flat_map(|c| c.buckets.values());
    let mut names: BTreeSet<String> = links.map(|link| link.to.clone()).collect();
    names.extend(estate.copies().into_iter().map(|copy| copy.to));
    names
}

/// Adds the buckets that log buckets are replicated to and that nothing else names.
fn destinations(builder: &mut Builder<'_>) {
    let estate = &builder.estate;
    let missing = estate.copies().into_iter();
    let missing = missing.filter(|copy| !estate.buckets.contains_key(&copy.to));
    let missing: Vec<_> = missing
        .map(|copy| {
            let why = format!("{} is replicated to it", copy.from);
            let origin = buckets::named_by(&copy.rule.source, why);
            (copy.to, copy.rule.account.clone(), origin)
        })
        .collect();
    for (name, account, origin) in missing {
        buckets::add(builder, &name, account, None, origin);
        buckets::fill(builder, &name);
    }
}

fn fill(builder: &mut Builder<'_>, name: &str, holds: bool) {
    let Some(bucket) = builder.estate.buckets.get(name) else {
        return;
    };
    let account = bucket.account.clone();
    let place = in_account(account.as_deref().unwrap_or_default());
    let missing = |call: &str| format!("{call} of {name} ({place})");
    let settings = BucketSettings {
        ownership: one(
            builder,
            name,
            holds,
            &missing,
            "s3:GetBucketOwnershipControls",
            ownership,
        ),
        acl: one(builder, name, holds, &missing, "s3:GetBucketAcl", acl),
        versioning: one(
            builder,
            name,
            holds,
            &missing,
            "s3:GetBucketVersioning",
            versioning,
        ),
        logging: {
            let call = "s3:GetBucketLogging";
            one(builder, name, false, &missing, call, logging)
        },
        notifications: {
            let call = "s3:GetBucketNotificationConfiguration";
            one(builder, name, false, &missing, call, notifications)
        },
        replication: one(
            builder,
            name,
            holds,
            &missing,
            "s3:GetBucketReplication",
            replication,
        ),
        inventories: {
            let call = "s3:ListBucketInventoryConfigurations";
            one(builder, name, false, &missing, call, inventories)
        },
    };
    if let Some(bucket) = builder.estate.buckets.get_mut(name) {
        bucket.settings = settings;
    }
}

fn one<T>(
    builder: &mut Builder<'_>,
    name: &str,
    holds: bool,
    missing: &impl Fn(&str) -> String,
    call: &str,
    read: impl Fn(&Node) -> Option<T>,
) -> Seen<T> {
    let account = builder
        .estate
        .buckets
        .get(name)
        .and_then(|bucket| bucket.account.clone());
    let answer = builder
        .about(call, name, account.as_deref(), None)
        .or_else(|| builder.about(call, name, None, None))
        .cloned();
    let (seen, outcome) = value(builder, answer.as_ref(), &missing(call), read);
    if holds || outcome != Outcome::NotCollected {
        builder.cover(
            call,
            account.as_deref().unwrap_or_default(),
            "",
            name,
            outcome,
        );
    }
    seen
}

fn ownership(body: &Node) -> Option<Ownership> {
    let rules = body.get("OwnershipControls")?.list("Rules");
    match rules.first()?.str("ObjectOwnership")? {
        "BucketOwnerEnforced" => Some(Ownership::BucketOwnerEnforced),
        "BucketOwnerPreferred" => Some(Ownership::BucketOwnerPreferred),
        "ObjectWriter" => Some(Ownership::ObjectWriter),
        _ => None,
    }
}

/// The groups of S3's ACLs.
///
/// Source: Amazon S3 User Guide, "Access control list (ACL) overview": Amazon S3 predefined groups.
fn acl(body: &Node) -> Option<BucketAcl> {
    body.get("Grants")?;
    let grants = body.list("Grants").iter().map(|node| {
        let grantee = node.get("Grantee")?;
        let group = |uri: &str| match uri.rsplit('/').next() {
            Some("AllUsers") => Grantee::AllUsers,
            Some("AuthenticatedUsers") => Grantee::AuthenticatedUsers,
            Some("LogDelivery") => Grantee::LogDelivery,
            Some(_) | None => Grantee::Other(uri.to_owned()),
        };
        let grantee = match (grantee.str("ID"), grantee.str("URI")) {
            (Some(id), _) => Grantee::Canonical(id.to_owned()),
            (None, Some(uri)) => group(uri),
            (None, None) => Grantee::Other(text(grantee, "EmailAddress")?),
        };
        Some(AclGrant {
            grantee,
            permission: text(node, "Permission")?,
            source: node.source.clone(),
        })
    });
    Some(BucketAcl {
        owner: body.get("Owner").and_then(|owner| text(owner, "ID")),
        grants: grants.collect::<Option<Vec<_>>>()?,
    })
}

/// An empty answer is a bucket whose versions were never turned on.
///
/// Source: Amazon S3 API Reference, `GetBucketVersioning`.
fn versioning(body: &Node) -> Option<Versioning> {
    if !matches!(body.value, Value::Object(_)) {
        return None;
    }
    match body.get("Status").map(|status| status.as_str()) {
        None => Some(Versioning::Never),
        Some(Some("Enabled")) => Some(Versioning::Enabled),
        Some(Some("Suspended")) => Some(Versioning::Suspended),
        Some(Some(_) | None) => None,
    }
}

/// An empty answer is a bucket that logs nothing.
fn logging(body: &Node) -> Option<Vec<String>> {
    match body.get("LoggingEnabled") {
        None => matches!(body.value, Value::Object(_)).then(Vec::new),
        Some(enabled) => text(enabled, "TargetBucket").map(|target| vec![target]),
    }
}

fn notifications(body: &Node) -> Option<Vec<String>> {
    if !matches!(body.value, Value::Object(_)) {
        return None;
    }
    let mut targets = texts(body, "TopicConfigurations", "TopicArn");
    targets.extend(texts(body, "QueueConfigurations", "QueueArn"));
    targets.extend(texts(
        body,
        "LambdaFunctionConfigurations",
        "LambdaFunctionArn",
    ));
    if body.get("EventBridgeConfiguration").is_some() {
        targets.push("events.amazonaws.com".to_owned());
    }
    Some(targets)
}

fn inventories(body: &Node) -> Option<Vec<String>> {
    if !matches!(body.value, Value::Object(_)) {
        return None;
    }
    let list = body.list("InventoryConfigurationList").iter();
    let targets = list.filter_map(|node| {
        let destination = node.get("Destination")?.get("S3BucketDestination")?;
        Some(bucket_name(&text(destination, "Bucket")?))
    });
    Some(targets.collect())
}

fn bucket_name(arn: &str) -> String {
    arn.rsplit(":::").next().unwrap_or(arn).to_owned()
}

/// Source: Amazon S3 API Reference, `ReplicationRule`; `Prefix` beside `Filter` is the older form.
fn replication(body: &Node) -> Option<Vec<Replication>> {
    let configuration = body.get("ReplicationConfiguration")?;
    let role = text(configuration, "Role");
    let rules = configuration.list("Rules").iter().map(|node| {
        let destination = node.get("Destination")?;
        let filter = node.get("Filter");
        let all = filter.and_then(|filter| filter.get("And"));
        let places = [Some(node), filter, all];
        let prefix = places.iter().flatten().find_map(|at| text(at, "Prefix"));
        let by_tag = filter.is_some_and(|filter| filter.get("Tag").is_some())
            || all.is_some_and(|all| !all.list("Tags").is_empty());
        let on = |name: &str| {
            let status = node.get(name).and_then(|at| at.str("Status"));
            status == Some("Enabled")
        };
        let encryption = destination.get("EncryptionConfiguration");
        Some(Replication {
            id: text(node, "ID").unwrap_or_default(),
            enabled: node.str("Status") != Some("Disabled"),
            destination: bucket_name(&text(destination, "Bucket")?),
            account: text(destination, "Account"),
            role: role.clone(),
            prefix: prefix.unwrap_or_default(),
            by_tag,
            delete_markers: on("DeleteMarkerReplication"),
            key: encryption.and_then(|at| text(at, "ReplicaKmsKeyID")),
            source: node.source.clone(),
        })
    });
    rules.collect()
}

/// The settings of a bucket of which nothing was read.
pub(super) fn unread(name: &str, account: Option<&str>) -> BucketSettings {
    let place = in_account(account.unwrap_or_default());
    BucketSettings::unread(|call| Arc::from(format!("{call} of {name} ({place})")))
}
