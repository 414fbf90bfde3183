//! KMS keys and secrets.
//!
//! Must never: leave out a key that something names only because it was not listed.

use std::str::FromStr as _;
use std::sync::Arc;

use super::build::{Builder, captured, in_account, is_account, tags, text};
use super::{Encryption, Key, Origin, Secret, Seen};
use crate::capture::json::Node;
use crate::capture::{Answer, Source};
use crate::names::Arn;

/// Reads keys, aliases, key policies and secrets.
pub(super) fn read(builder: &mut Builder<'_>) {
    for answer in builder.answers("kms:ListKeys") {
        for node in answer.body.list("Keys") {
            if let Some(arn) = text(node, "KeyArn") {
                add(builder, &arn, captured(node));
            }
        }
    }
    for answer in builder.answers("kms:DescribeKey") {
        let Some(node) = answer.body.get("KeyMetadata") else {
            continue;
        };
        let Some(arn) = text(node, "Arn") else {
            continue;
        };
        add(builder, &arn, captured(node));
        if node.str("KeyManager") == Some("AWS")
            && let Some(key) = builder.estate.keys.get_mut(&arn)
        {
            key.aws_managed = true;
        }
    }
    for answer in builder.answers("kms:ListAliases") {
        aliases(builder, answer);
    }
    // A key whose policy was read, and which nothing else names, is known by its ARN.
    for answer in builder
        .capture
        .answers
        .iter()
        .filter(|a| a.call == "kms:GetKeyPolicy")
    {
        if let Some(arn) = key_arn(&answer.resource, &answer.account, &answer.region) {
            add(builder, &arn, Origin::Captured(answer.source()));
        }
    }
    secrets(builder);
}

/// The ARN of a key from its ARN, or its id and place.
fn key_arn(text: &str, account: &str, region: &str) -> Option<String> {
    if text.starts_with("arn:") {
        return text.contains(":key/").then(|| text.to_owned());
    }
    let id = !text.contains('/') && (text.len() == 36 || text.starts_with("mrk-"));
    (id && !account.is_empty() && !region.is_empty()).then(|| {
        let partition = if region.starts_with("cn-") {
            "aws-cn"
        } else if region.starts_with("us-gov-") {
            "aws-us-gov"
        } else {
            "aws"
        };
        format!("arn:{partition}:kms:{region}:{account}:key/{text}")
    })
}

fn aliases(builder: &mut Builder<'_>, answer: &Answer) {
    for node in answer.body.list("Aliases") {
        let (Some(alias), Some(target)) = (text(node, "AliasArn"), text(node, "TargetKeyId"))
        else {
            continue;
        };
        let (account, region) = place(&alias, answer);
        let Some(key) = key_arn(&target, &account, &region) else {
            continue;
        };
        add(builder, &key, captured(node));
        if alias.contains(":alias/aws/")
            && let Some(key) = builder.estate.keys.get_mut(&key)
        {
            key.aws_managed = true;
        }
        builder.estate.aliases.entry(alias).or_insert(key);
    }
}

fn place(arn: &str, answer: &Answer) -> (String, String) {
    let arn = Arn::from_str(arn).ok();
    let account = arn
        .as_ref()
        .map(Arn::account)
        .filter(|a| is_account(a))
        .unwrap_or(&answer.account);
    let region = arn
        .as_ref()
        .map(Arn::region)
        .filter(|r| !r.is_empty())
        .unwrap_or(&answer.region);
    (account.to_owned(), region.to_owned())
}

/// Adds a key by its ARN, its policy unread until an answer says otherwise.
fn add(builder: &mut Builder<'_>, arn: &str, origin: Origin) {
    let Ok(parsed) = Arn::from_str(arn) else {
        return;
    };
    let missing = format!(
        "kms:GetKeyPolicy of {arn} ({})",
        in_account(parsed.account())
    );
    builder
        .estate
        .keys
        .entry(arn.to_owned())
        .or_insert_with(|| Key {
            arn: arn.to_owned(),
            account: parsed.account().to_owned(),
            region: parsed.region().to_owned(),
            aws_managed: parsed.resource().starts_with("alias/aws/"),
            policy: Seen::Unread(Arc::from(missing)),
            grants: super::grants::none_read(arn, parsed.account()),
            origin,
        });
}

/// Adds the keys that buckets, volumes, snapshots and secrets name, then reads all key policies.
pub(super) fn referenced(builder: &mut Builder<'_>) {
    let mut named: Vec<(String, String, String, Origin)> = Vec::new();
    let estate = &builder.estate;
    for bucket in estate.buckets.values() {
        if let Seen::Is(Encryption::Kms { key: Some(key), .. }) = &bucket.encryption {
            let account = bucket.account.clone().unwrap_or_default();
            named.push((
                key.clone(),
                account,
                bucket.region.clone().unwrap_or_default(),
                bucket.origin.clone(),
            ));
        }
    }
    for copy in estate.copies() {
        if let (Some(key), Some(bucket)) = (&copy.rule.key, estate.buckets.get(&copy.to)) {
            let account = bucket.account.clone().unwrap_or_default();
            let region = bucket.region.clone().unwrap_or_default();
            named.push((key.clone(), account, region, bucket.origin.clone()));
        }
    }
    let disks = estate
        .volumes
        .values()
        .map(|v| (&v.key, &v.account, &v.region, &v.origin));
    let copies = estate
        .snapshots
        .values()
        .map(|s| (&s.key, &s.account, &s.region, &s.origin));
    let secrets = estate
        .secrets
        .values()
        .map(|s| (&s.key, &s.account, &s.region, &s.origin));
    let backups = estate
        .backups
        .values()
        .map(|b| (&b.key, &b.account, &b.region, &b.origin));
    for (key, account, region, origin) in disks.chain(copies).chain(secrets).chain(backups) {
        if let Some(key) = key {
            named.push((key.clone(), account.clone(), region.clone(), origin.clone()));
        }
    }
    for (name, account, region, origin) in named {
        if builder
            .estate
            .key_for(&name, &account, &region)
            .as_ref()
            .is_some()
        {
            continue;
        }
        let alias = name
            .strip_prefix("alias/aws/")
            .map(|rest| format!("arn:aws:kms:{region}:{account}:alias/aws/{rest}"));
        let managed = alias.or_else(|| name.contains(":alias/aws/").then(|| name.clone()));
        if let Some(arn) = managed.or_else(|| key_arn(&name, &account, &region)) {
            add(builder, &arn, origin);
        }
    }
    let keys: Vec<(String, String, String)> = builder
        .estate
        .keys
        .values()
        .map(|k| (k.arn.clone(), k.account.clone(), k.region.clone()))
        .collect();
    for (arn, account, region) in keys {
        policy(builder, &arn, &account, &region);
    }
}

fn policy(builder: &mut Builder<'_>, arn: &str, account: &str, region: &str) {
    let call = "kms:GetKeyPolicy";
    let id = arn.rsplit('/').next().unwrap_or(arn);
    let answer = builder
        .about(call, arn, None, None)
        .or_else(|| builder.about(call, id, Some(account), Some(region)))
        .cloned();
    let managed = builder.estate.keys.get(arn).is_some_and(|k| k.aws_managed);
    let missing = format!("{call} of {arn} ({})", in_account(account));
    let (policy, outcome) = builder.answered_document(answer.as_ref(), "Policy", &missing);
    if !managed || answer.is_some() {
        builder.cover(call, account, region, arn, outcome);
    }
    if let Some(key) = builder.estate.keys.get_mut(arn) {
        key.policy = policy;
    }
}

fn secrets(builder: &mut Builder<'_>) {
    for answer in builder.answers("secretsmanager:ListSecrets") {
        for node in answer.body.list("SecretList") {
            secret(builder, node, answer);
        }
    }
    for answer in builder.answers("secretsmanager:DescribeSecret") {
        secret(builder, &answer.body, answer);
    }
    let call = "secretsmanager:GetResourcePolicy";
    let policies: Vec<&Answer> = builder
        .capture
        .answers
        .iter()
        .filter(|a| a.call == call)
        .collect();
    for answer in policies {
        if answer.body.get("ARN").is_some() {
            secret(builder, &answer.body, answer);
        }
    }
    let known: Vec<(String, String, String, String)> = builder
        .estate
        .secrets
        .values()
        .map(|s| {
            (
                s.arn.clone(),
                s.name.clone(),
                s.account.clone(),
                s.region.clone(),
            )
        })
        .collect();
    for (arn, name, account, region) in known {
        let answer = builder
            .about(call, &arn, None, None)
            .or_else(|| builder.about(call, &name, Some(&account), Some(&region)))
            .cloned();
        let missing = format!("{call} of {name} ({})", in_account(&account));
        let (policy, outcome) =
            builder.answered_document(answer.as_ref(), "ResourcePolicy", &missing);
        builder.cover(call, &account, &region, &arn, outcome);
        if let Some(secret) = builder.estate.secrets.get_mut(&arn) {
            secret.policy = policy;
        }
    }
}

/// Adds a secret that something names by its ARN and that was not listed. Its key is not known:
/// MSK admits no secret under `aws/secretsmanager` (MSK Developer Guide, "Sign-in credentials").
pub(super) fn named_secret(builder: &mut Builder<'_>, arn: &str, source: Source) {
    let Ok(parsed) = Arn::from_str(arn) else {
        return;
    };
    if builder.estate.secrets.contains_key(arn) {
        return;
    }
    let written = parsed.resource().trim_start_matches("secret:");
    // Six letters behind the name are the service's.
    let name = match written.rsplit_once('-') {
        Some((name, end)) if end.len() == 6 => name,
        Some(_) | None => written,
    };
    let (account, region) = (parsed.account().to_owned(), parsed.region().to_owned());
    let call = "secretsmanager:GetResourcePolicy";
    let missing = format!("{call} of {name} ({})", in_account(&account));
    let answer = builder.about(call, arn, None, None);
    let (policy, outcome) = builder.answered_document(answer, "ResourcePolicy", &missing);
    builder.cover(call, &account, &region, arn, outcome);
    let secret = Secret {
        arn: arn.to_owned(),
        name: name.to_owned(),
        key: Some(format!("of secret {name}")),
        policy,
        tags: std::collections::BTreeMap::new(),
        users: Vec::new(),
        origin: Origin::Captured(source),
        account,
        region,
    };
    builder.estate.secrets.insert(arn.to_owned(), secret);
}

fn secret(builder: &mut Builder<'_>, node: &Node, answer: &Answer) {
    let Some(arn) = text(node, "ARN") else { return };
    let (account, region) = place(&arn, answer);
    let key = text(node, "KmsKeyId");
    let tags = tags(node, "Tags");
    let known = builder
        .estate
        .secrets
        .entry(arn.clone())
        .or_insert_with(|| Secret {
            name: text(node, "Name").unwrap_or_else(|| arn.clone()),
            arn,
            account,
            region,
            key: None,
            policy: Seen::Unread(Arc::from("secretsmanager:GetResourcePolicy")),
            tags: std::collections::BTreeMap::new(),
            users: Vec::new(),
            origin: Origin::Captured(Source::clone(&node.source)),
        });
    known.key = known.key.take().or(key);
    for (name, value) in tags {
        known.tags.entry(name).or_insert(value);
    }
}
