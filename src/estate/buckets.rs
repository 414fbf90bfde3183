//! S3 buckets and the public access block of accounts.
//!
//! Must never: take the account that asked for the owner, unless the answer is one that only the
//! owner's account gets.

use std::sync::Arc;

use super::build::{Builder, captured, in_account, text};
use super::{Bucket, Encryption, Origin, Outcome, PublicAccessBlock, Seen, Severity};
use crate::capture::json::{Node, Value};
use crate::capture::{Answer, Source};

const PER_BUCKET: [&str; 11] = [
    "s3:GetBucketAcl",
    "s3:GetBucketLogging",
    "s3:GetBucketNotificationConfiguration",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketReplication",
    "s3:GetBucketVersioning",
    "s3:ListBucketInventoryConfigurations",
    "s3:GetBucketPolicy",
    "s3:GetBucketEncryption",
    "s3:GetPublicAccessBlock",
    "s3:GetBucketLocation",
];

/// Reads all buckets that some answer names.
pub(super) fn read(builder: &mut Builder<'_>) {
    for answer in builder.answers("s3:ListBuckets") {
        for node in answer.body.list("Buckets") {
            let Some(name) = text(node, "Name") else {
                continue;
            };
            let account = Some(answer.account.clone()).filter(|a| !a.is_empty());
            add(
                builder,
                &name,
                account,
                text(node, "BucketRegion"),
                captured(node),
            );
        }
    }
    for answer in builder
        .capture
        .answers
        .iter()
        .filter(|a| PER_BUCKET.contains(&a.call.as_str()))
    {
        // Only identities of the owner's account get to read a bucket policy.
        let owner = answer.call == "s3:GetBucketPolicy"
            && answer.outcome.settles()
            && !answer.account.is_empty();
        let account = owner.then(|| answer.account.clone());
        if !answer.resource.is_empty() {
            add(
                builder,
                &answer.resource,
                account,
                None,
                Origin::Captured(answer.source()),
            );
        }
    }
    let names: Vec<String> = builder.estate.buckets.keys().cloned().collect();
    for name in names {
        fill(builder, &name);
    }
}

/// Adds a bucket that something names, with all of its settings unread.
pub(super) fn add(
    builder: &mut Builder<'_>,
    name: &str,
    account: Option<String>,
    region: Option<String>,
    origin: Origin,
) {
    let unread = |call: &str| Arc::from(unread_name(call, name, account.as_deref()));
    let bucket = builder
        .estate
        .buckets
        .entry(name.to_owned())
        .or_insert_with(|| Bucket {
            name: name.to_owned(),
            account: None,
            region: None,
            policy: Seen::Unread(unread("s3:GetBucketPolicy")),
            encryption: Seen::Unread(unread("s3:GetBucketEncryption")),
            encryption_source: None,
            public_access_block: Seen::Unread(unread("s3:GetPublicAccessBlock")),
            settings: super::bucket_settings::unread(name, account.as_deref()),
            origin,
        });
    bucket.region = bucket.region.take().or(region);
    if let (Some(first), Some(second)) = (&bucket.account, &account)
        && first != second
    {
        let message = format!(
            "bucket `{name}` is listed by accounts {first} and {second}; the first was used"
        );
        builder.note("contradictory-answers", Severity::Warning, message, None);
        return;
    }
    bucket.account = bucket.account.take().or(account);
}

fn unread_name(call: &str, name: &str, account: Option<&str>) -> String {
    format!(
        "{call} of {name} ({})",
        in_account(account.unwrap_or_default())
    )
}

/// Reads the policy, encryption and access block of a bucket.
pub(super) fn fill(builder: &mut Builder<'_>, name: &str) {
    let Some(bucket) = builder.estate.buckets.get(name) else {
        return;
    };
    let account = bucket.account.clone();
    let owner = account.as_deref().unwrap_or_default();
    let missing = |call: &str| unread_name(call, name, account.as_deref());
    let find = |builder: &Builder<'_>, call: &str| {
        builder
            .about(call, name, account.as_deref(), None)
            .or_else(|| builder.about(call, name, None, None))
            .cloned()
    };

    let call = "s3:GetBucketPolicy";
    let answer = find(builder, call);
    let (policy, outcome) = builder.answered_document(answer.as_ref(), "Policy", &missing(call));
    builder.cover(call, owner, "", name, outcome);

    let call = "s3:GetBucketEncryption";
    let answer = find(builder, call);
    let (encryption, outcome) = value(builder, answer.as_ref(), &missing(call), encryption);
    let encryption_source = answer.as_ref().map(|answer| {
        let rules = answer.body.get("ServerSideEncryptionConfiguration");
        rules.map_or_else(|| answer.source(), |rules| rules.source.clone())
    });
    builder.cover(call, owner, "", name, outcome);

    let call = "s3:GetPublicAccessBlock";
    let answer = find(builder, call);
    let (block, outcome) = value(builder, answer.as_ref(), &missing(call), access_block);
    builder.cover(call, owner, "", name, outcome);

    let location = find(builder, "s3:GetBucketLocation");
    let region = location
        .filter(|a| a.outcome == Outcome::Ok)
        .and_then(|a| location_of(&a.body));
    if let Some(bucket) = builder.estate.buckets.get_mut(name) {
        bucket.policy = policy;
        bucket.encryption = encryption;
        bucket.encryption_source = encryption_source;
        bucket.public_access_block = block;
        bucket.region = region.or(bucket.region.take());
    }
}

/// A value read from a per-resource answer, and the outcome to report.
pub(super) fn value<T>(
    builder: &mut Builder<'_>,
    answer: Option<&Answer>,
    missing: &str,
    read: impl Fn(&Node) -> Option<T>,
) -> (Seen<T>, Outcome) {
    let unread = Seen::Unread(Arc::from(missing));
    let Some(answer) = answer else {
        return (unread, Outcome::NotCollected);
    };
    match answer.outcome {
        Outcome::Absent => (Seen::Absent, Outcome::Absent),
        Outcome::Ok | Outcome::Truncated => {
            if let Some(value) = read(&answer.body) {
                return (Seen::Is(value), Outcome::Ok);
            }
            builder.note(
                "malformed-answer",
                Severity::Error,
                format!(
                    "the answer of `{}` does not have the expected shape; it counts as not read",
                    answer.call
                ),
                Some(answer.source()),
            );
            (unread, Outcome::ParseError)
        }
        other @ (Outcome::Denied
        | Outcome::Unsupported
        | Outcome::Throttled
        | Outcome::ParseError
        | Outcome::NotCollected) => (unread, other),
    }
}

fn encryption(body: &Node) -> Option<Encryption> {
    let rules = body.get("ServerSideEncryptionConfiguration")?.list("Rules");
    let rule = rules
        .iter()
        .find(|r| r.get("ApplyServerSideEncryptionByDefault").is_some())?;
    let default = rule.get("ApplyServerSideEncryptionByDefault")?;
    match default.str("SSEAlgorithm")? {
        "AES256" => Some(Encryption::SseS3),
        "aws:kms" | "aws:kms:dsse" => Some(Encryption::Kms {
            key: text(default, "KMSMasterKeyID"),
            bucket_key: rule
                .get("BucketKeyEnabled")
                .and_then(Node::as_bool)
                .unwrap_or(false),
        }),
        _ => None,
    }
}

/// The four switches; a missing one is off, as AWS says.
pub(super) fn access_block(body: &Node) -> Option<PublicAccessBlock> {
    switches(body.get("PublicAccessBlockConfiguration")?)
}

/// The four switches, where they are an object.
pub(super) fn switches(block: &Node) -> Option<PublicAccessBlock> {
    let on = |name: &str| block.get(name).and_then(Node::as_bool).unwrap_or(false);
    matches!(block.value, Value::Object(_)).then(|| PublicAccessBlock {
        block_public_acls: on("BlockPublicAcls"),
        ignore_public_acls: on("IgnorePublicAcls"),
        block_public_policy: on("BlockPublicPolicy"),
        restrict_public_buckets: on("RestrictPublicBuckets"),
    })
}

/// `null` is us-east-1 and `EU` is eu-west-1, for historical reasons.
fn location_of(body: &Node) -> Option<String> {
    let location = body.get("LocationConstraint")?;
    if location.value == Value::Null || location.as_str() == Some("") {
        return Some("us-east-1".to_owned());
    }
    match &location.value {
        Value::String(region) if region == "EU" => Some("eu-west-1".to_owned()),
        Value::String(region) => Some(region.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

/// The origin of a bucket that only a configuration names.
pub(super) fn named_by(source: &Source, why: String) -> Origin {
    Origin::Inferred {
        why,
        from: vec![source.clone()],
    }
}
