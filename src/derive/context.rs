//! The condition keys that one request carries: settled by the estate, chosen by the caller,
//! certainly absent, or unknown.
//!
//! Source: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference,
//! condition keys of each service.
//!
//! Must never: take *unknown* for *absent*. Only keys whose availability the documents state are
//! settled here; every other key of the request's own service is unknown.

use std::collections::BTreeMap;

use crate::estate::{BackupKind, Estate, Identity, IdentityKind, Seen};
use crate::facts::{Kind, ThingIx};
use crate::names::Arn;
use crate::policy::{Context, Document, Effect, KeyState, PrincipalName, Truth};

use super::world::World;

/// Services whose keys never appear in another service's request.
const SERVICE_PREFIXES: [&str; 20] = [
    "s3:",
    "kms:",
    "ec2:",
    "sts:",
    "iam:",
    "ssm:",
    "secretsmanager:",
    "ebs:",
    "lambda:",
    "ecs:",
    "eks:",
    "kafka:",
    "kafka-cluster:",
    "elasticfilesystem:",
    "rds:",
    "sqs:",
    "sns:",
    "dynamodb:",
    "cloudformation:",
    "backup:",
];

/// Keys that the caller chooses: transport, client texts, request tags and session names.
const CHOSEN: [&str; 8] = [
    "aws:SecureTransport",
    "aws:UserAgent",
    "aws:Referer",
    "aws:TagKeys",
    "sts:ExternalId",
    "sts:RoleSessionName",
    "sts:SourceIdentity",
    "sts:TransitiveTagKeys",
];

/// Prefixes of keys that the caller chooses, by service of the request.
const CHOSEN_PREFIXES: [(&str, &str); 28] = [
    ("", "aws:RequestTag/"),
    ("s3:", "s3:x-amz-"),
    ("s3:", "s3:TlsVersion"),
    ("s3:", "s3:authType"),
    ("s3:", "s3:signatureversion"),
    ("s3:", "s3:signatureAge"),
    ("s3:", "s3:versionid"),
    ("ssm:", "ssm:SessionDocumentAccessCheck"),
    ("secretsmanager:", "secretsmanager:Version"),
    // What a launch asks for: type, image, metadata options, subnet, profile.
    ("ec2:RunInstances", "ec2:"),
    ("kms:", "kms:RequestAlias"),
    // What a function, task, service or access entry is to be.
    ("lambda:CreateFunction", "lambda:"),
    ("lambda:UpdateFunctionConfiguration", "lambda:"),
    ("lambda:CreateEventSourceMapping", "lambda:"),
    ("ecs:R", "ecs:"),
    ("ecs:UpdateService", "ecs:"),
    ("ecs:CreateService", "ecs:"),
    ("ecs:ExecuteCommand", "ecs:container-name"),
    ("eks:CreateAccessEntry", "eks:"),
    ("eks:AssociateAccessPolicy", "eks:"),
    // What a grant, a permission, a new access point or a job asks for.
    ("kms:CreateGrant", "kms:EncryptionContext"),
    ("kms:CreateGrant", "kms:Grant"),
    ("kms:CreateGrant", "kms:RetiringPrincipal"),
    ("ec2:ModifySnapshotAttribute", "ec2:Add/"),
    ("ec2:ModifySnapshotAttribute", "ec2:Attribute"),
    ("s3:CreateJob", "s3:RequestJob"),
    ("s3:CreateAccessPoint", "s3:locationconstraint"),
    ("ec2:CreateSnapshot", "ec2:OutpostArn"),
];

/// Requests that can be sent to any region, whatever they are about: what is launched, the role
/// that is passed with it, sessions.
const CHOOSE_REGION: [&str; 5] = [
    "ec2:RunInstances",
    "iam:PassRole",
    "sts:",
    "lambda:",
    "ecs:",
];

/// What a context is built from.
pub(super) struct Asked<'a> {
    pub(super) caller: ThingIx,
    pub(super) action: &'a str,
    /// The thing the request is about.
    pub(super) target: ThingIx,
    /// The resource's owner.
    pub(super) resource_account: Option<&'a str>,
    /// The bucket or secret on whose behalf its service sends the request.
    pub(super) via: Option<ThingIx>,
    /// Whether the principal may change the tags of the target first.
    pub(super) retagged: bool,
    /// The access point that the request goes through.
    pub(super) through: Option<ThingIx>,
    /// Keys that the rule settles.
    pub(super) settled: &'a BTreeMap<String, String>,
    /// Whether the target exists already, with the tags that the estate shows.
    pub(super) exists: bool,
}

/// What the context of every request of a caller with this action begins with.
pub(super) fn base(world: &World<'_>, caller: ThingIx, action: &str) -> Context {
    let mut context = Context::new(KeyState::Unknown);
    let service = action.split_once(':').map_or("", |(service, _)| service);
    for prefix in SERVICE_PREFIXES {
        if prefix.strip_suffix(':') != Some(service) {
            context = context.prefix(prefix, KeyState::Absent);
        }
    }
    for key in CHOSEN {
        context = context.chosen(key);
    }
    for (beginning, prefix) in CHOSEN_PREFIXES {
        if action.starts_with(beginning) {
            context = context.prefix(prefix, KeyState::Chosen);
        }
    }
    principal(context, world, caller)
}

/// The context of a request, without its network position, from what [`base`] says of its caller
/// and action.
pub(super) fn of(world: &World<'_>, base: &Context, asked: &Asked<'_>) -> Context {
    let mut context = base.clone();
    context = resource(context, world, asked);
    context = encryption(context, world, asked);
    context = access_point(context, world, asked);
    context = super::workloads::keys(context, world, asked.target);
    let account = world.identity(asked.caller).map(|x| x.account.as_str());
    for (key, value) in asked.settled {
        let value = value.replace(OWN_ACCOUNT, account.unwrap_or_default());
        context = context.known(key, value);
    }
    context
}

/// The context of what a service asks for the estate about a role or another thing.
pub(super) fn of_service(world: &World<'_>, service: &str, on: ThingIx) -> Context {
    let mut context = Context::new(KeyState::Unknown)
        .known("aws:PrincipalIsAWSService", "true")
        .known("aws:PrincipalServiceName", service);
    // A role is passed within its account, and whatever runs as it is of that account too.
    if let Some(account) = world.account(on) {
        context = context.known("aws:SourceAccount", account);
    }
    if super::workloads::takes_any_role(service) {
        context = context.chosen("aws:SourceArn");
    }
    context
}

/// Stands in a settled key of a row for the caller's account.
const OWN_ACCOUNT: &str = "{account}";

/// Keys that only requests through an access point carry.
///
/// Source: Amazon S3 User Guide, "Configuring IAM policies for using access points", condition
/// keys.
fn access_point(context: Context, world: &World<'_>, asked: &Asked<'_>) -> Context {
    let keys = [
        "s3:DataAccessPointAccount",
        "s3:DataAccessPointArn",
        "s3:AccessPointNetworkOrigin",
    ];
    if asked.settled.contains_key(keys[0]) {
        // A new access point: its name and network are the caller's choice.
        return context.chosen(keys[1]).chosen(keys[2]);
    }
    let own = (world.kind(asked.target) == Kind::AccessPoint).then_some(asked.target);
    let Some(point) = asked.through.or(own).and_then(|x| world.access_point(x)) else {
        return keys
            .iter()
            .fold(context, |context, key| context.absent(key));
    };
    let context = context
        .known(keys[0], point.account.as_str())
        .known(keys[1], point.arn.as_str());
    match &point.vpc {
        Seen::Is(_) => context.known(keys[2], "VPC"),
        Seen::Absent => context.known(keys[2], "Internet"),
        Seen::Unread(_) => context.unknown(keys[2]),
    }
}

fn principal(mut context: Context, world: &World<'_>, caller: ThingIx) -> Context {
    let id = world.id(caller);
    let kind = world.kind(caller);
    let is_service = kind == Kind::Service;
    context = context.known("aws:PrincipalIsAWSService", is_service.to_string());
    if is_service {
        // The service acts for somebody's resource, which it names in the source keys.
        return context
            .known("aws:PrincipalServiceName", id)
            .absent("aws:MultiFactorAuthPresent");
    }
    context = context
        .absent("aws:PrincipalServiceName")
        .absent("aws:PrincipalServiceNamesList")
        .absent("aws:SourceArn")
        .absent("aws:SourceAccount")
        .absent("aws:SourceOrgID")
        .absent("aws:SourceOrgPaths");
    if let Some(identity) = world.identity(caller) {
        return known_identity(context, world.estate, identity);
    }
    if kind == Kind::ExternalAccount && id != super::callers::ANY_OTHER_ACCOUNT {
        return organization(context.known("aws:PrincipalAccount", id), world.estate, id);
    }
    if kind != Kind::Anonymous {
        return context;
    }
    context
        .known("aws:PrincipalType", "Anonymous")
        .absent("aws:PrincipalAccount")
        .absent("aws:PrincipalArn")
        .absent("aws:PrincipalOrgID")
        .absent("aws:PrincipalOrgPaths")
        .absent("aws:username")
        .prefix("aws:PrincipalTag/", KeyState::Absent)
        .absent("aws:MultiFactorAuthPresent")
        .absent("aws:MultiFactorAuthAge")
}

fn known_identity(mut context: Context, estate: &Estate, identity: &Identity) -> Context {
    let name = identity
        .arn
        .parse::<Arn>()
        .map(|arn| arn.name().to_owned())
        .unwrap_or_default();
    context = context
        .known("aws:PrincipalAccount", identity.account.as_str())
        .known("aws:PrincipalArn", identity.arn.as_str());
    context = organization(context, estate, &identity.account);
    context = match identity.kind {
        IdentityKind::User => context
            .known("aws:PrincipalType", "User")
            .known("aws:username", name),
        IdentityKind::Root => context
            .known("aws:PrincipalType", "Account")
            .absent("aws:username"),
        IdentityKind::Role => context
            .known("aws:PrincipalType", "AssumedRole")
            .absent("aws:username"),
    };
    if identity.kind == IdentityKind::Role && only_services_assume(identity) {
        // MFA is never present in a session that a service starts.
        context = context
            .absent("aws:MultiFactorAuthPresent")
            .absent("aws:MultiFactorAuthAge");
    }
    if identity.kind != IdentityKind::Role {
        return tags(context, &["aws:PrincipalTag/"], Some(&identity.tags));
    }
    match identity.trust.as_ref() {
        // Session tags override the role's own, and whoever assumes the role chooses them.
        Some(trust) if allows(trust, "sts:TagSession") => {
            context.prefix("aws:PrincipalTag/", KeyState::Chosen)
        }
        Some(_) => tags(context, &["aws:PrincipalTag/"], Some(&identity.tags)),
        None => tags(context, &["aws:PrincipalTag/"], None),
    }
}

/// Sets the keys `PREFIXname` from tags; without tags to go by they are unknown.
fn tags(
    mut context: Context,
    prefixes: &[&str],
    tags: Option<&BTreeMap<String, String>>,
) -> Context {
    for prefix in prefixes {
        let rest = if tags.is_some() {
            KeyState::Absent
        } else {
            KeyState::Unknown
        };
        context = context.prefix(prefix, rest);
        for (key, value) in tags.into_iter().flatten() {
            context = context.known(&format!("{prefix}{key}"), value.as_str());
        }
    }
    context
}

fn organization(context: Context, estate: &Estate, account: &str) -> Context {
    match &estate.organization.id {
        Seen::Is(id) if estate.organization.levels.contains_key(account) => {
            let context = context.known("aws:PrincipalOrgID", id.as_str());
            match path(estate, id, account) {
                Some(path) => context.known_many("aws:PrincipalOrgPaths", [path]),
                None => context,
            }
        }
        Seen::Is(id) if estate.organization.management_account.as_deref() == Some(account) => {
            context.known("aws:PrincipalOrgID", id.as_str())
        }
        Seen::Absent => context
            .absent("aws:PrincipalOrgID")
            .absent("aws:PrincipalOrgPaths"),
        Seen::Is(_) | Seen::Unread(_) => context,
    }
}

/// `o-1/r-1/ou-1/`: the way down from the organization to an account's parent, where all of it was
/// read.
///
/// Source: IAM User Guide, "AWS global condition context keys", `aws:PrincipalOrgPaths`.
fn path(estate: &Estate, organization: &str, account: &str) -> Option<String> {
    let levels = estate.organization.levels.get(account)?;
    let (own, above) = levels.split_last()?;
    let mut path = format!("{organization}/");
    for (i, level) in above.iter().enumerate() {
        let kind = if i == 0 { "r-" } else { "ou-" };
        if !level.id.starts_with(kind) {
            return None;
        }
        path = format!("{path}{}/", level.id);
    }
    (own.id == account && !above.is_empty()).then_some(path)
}

/// Whether some statement may allow the action. Of `sts:TagSession` in a trust policy: whether
/// whoever assumes the role may tag the session. Source: IAM User Guide, "Pass session tags in AWS
/// STS".
fn allows(document: &Document, action: &str) -> bool {
    document.statements.iter().any(|statement| {
        statement.may(Effect::Allow) && statement.covers_action(action) != Truth::False
    })
}

fn only_services_assume(role: &Identity) -> bool {
    let Some(trust) = role.trust.as_ref() else {
        return false;
    };
    let service = |name: &PrincipalName| matches!(name, PrincipalName::Service(_));
    trust.statements.iter().all(|statement| {
        !statement.may(Effect::Allow)
            || (!statement.principal.items().is_empty()
                && statement.principal.items().iter().all(service))
    })
}

fn resource(mut context: Context, world: &World<'_>, asked: &Asked<'_>) -> Context {
    let estate = world.estate;
    if let Some(account) = asked.resource_account {
        context = context
            .known("aws:ResourceAccount", account)
            .known("s3:ResourceAccount", account);
        if let Seen::Is(org) = &estate.organization.id
            && estate.organization.levels.contains_key(account)
        {
            context = context.known("aws:ResourceOrgID", org.as_str());
            if let Some(path) = path(estate, org, account) {
                context = context.known_many("aws:ResourceOrgPaths", [path]);
            }
        }
    }
    if let Some(region) = world.region(asked.target) {
        context = context
            .known("aws:RequestedRegion", region)
            .known("ec2:Region", region);
    } else if CHOOSE_REGION
        .iter()
        .any(|action| asked.action.starts_with(action))
    {
        context = context.chosen("aws:RequestedRegion").chosen("ec2:Region");
    }
    let prefixes = [
        "aws:ResourceTag/",
        "ec2:ResourceTag/",
        "ssm:resourceTag/",
        "secretsmanager:ResourceTag/",
    ];
    if asked.retagged {
        return prefixes.iter().fold(context, |context, prefix| {
            context.prefix(prefix, KeyState::Chosen)
        });
    }
    tags(
        context,
        &prefixes,
        world.tags(asked.target).filter(|_| asked.exists),
    )
}

/// The keys of a request that S3 or Secrets Manager repeats at KMS for the caller.
///
/// Source: KMS Developer Guide, "kms:ViaService", "Encryption context"; S3 User Guide, "Using
/// server-side encryption with AWS KMS keys: encryption context": the bucket's ARN under a bucket
/// key, else the object's. The network keys of the first request are not carried over.
fn encryption(context: Context, world: &World<'_>, asked: &Asked<'_>) -> Context {
    let Some(via) = asked.via else {
        return context
            .known("aws:ViaAWSService", "false")
            .absent("aws:CalledVia")
            .absent("aws:CalledViaFirst")
            .absent("aws:CalledViaLast")
            .absent("kms:ViaService");
    };
    let context = context.known("aws:ViaAWSService", "true");
    let caller_account = world
        .identity(asked.caller)
        .map(|identity| identity.account.as_str());
    let context = match caller_account {
        Some(account) => context.known("kms:CallerAccount", account),
        None => context,
    };
    if let Some(secret) = world.secret(via) {
        let service = format!("secretsmanager.{}.amazonaws.com", secret.region);
        return context
            .known("kms:ViaService", service)
            .known("kms:EncryptionContext:SecretARN", secret.arn.as_str());
    }
    if let Some(backup) = world.backup(via) {
        // What AWS Backup sends for its role says on behalf of which service, which is not stated
        // for recovery points of S3 and EFS.
        return match backup.kind {
            BackupKind::Disk => {
                let service = format!("ec2.{}.amazonaws.com", backup.region);
                let id = "kms:EncryptionContext:aws:ebs:id";
                context.known("kms:ViaService", service).unknown(id)
            }
            BackupKind::Bucket | BackupKind::FileSystem => context,
        };
    }
    let disk = world.volume(via).map(|x| (&x.region, Some(&x.id)));
    if let Some((region, id)) = disk.or(world.snapshot(via).map(|x| (&x.region, None))) {
        // Source: Amazon EBS User Guide, "How Amazon EBS encryption works"; KMS Developer Guide,
        // "Amazon EBS encryption context".
        let context = context.known("kms:ViaService", format!("ec2.{region}.amazonaws.com"));
        return match id {
            Some(id) => context.known("kms:EncryptionContext:aws:ebs:id", id.as_str()),
            None => context.unknown("kms:EncryptionContext:aws:ebs:id"),
        };
    }
    let Some(bucket) = world.bucket(via) else {
        return context;
    };
    let context = match bucket.region.as_deref() {
        Some(region) => context.known("kms:ViaService", format!("s3.{region}.amazonaws.com")),
        None => context,
    };
    let arn = format!("arn:aws:s3:::{}", bucket.name);
    match &bucket.encryption {
        Seen::Is(crate::estate::Encryption::Kms {
            bucket_key: true, ..
        }) => context.known("kms:EncryptionContext:aws:s3:arn", arn),
        Seen::Is(_) | Seen::Absent | Seen::Unread(_) => {
            let object = format!("{arn}/{}", super::resources::SAMPLE_OBJECT);
            context.known("kms:EncryptionContext:aws:s3:arn", object)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::OrgLevel;

    #[test]
    fn rule_34_the_organization_and_the_way_down_to_an_account_are_settled_where_they_were_read() {
        let account = "111122223333";
        let with = |levels: &[&str]| {
            let mut estate = Estate::default();
            estate.organization.id = Seen::Is("o-1".to_owned());
            let levels = levels.iter().map(|id| OrgLevel {
                id: (*id).to_owned(),
                scps: Seen::Absent,
                rcps: Seen::Absent,
            });
            let levels = levels.collect();
            estate
                .organization
                .levels
                .insert(account.to_owned(), levels);
            organization(Context::new(KeyState::Unknown), &estate, account)
        };
        let known = |text: &str| KeyState::Known(vec![text.to_owned()]);
        for (levels, path) in [
            (
                &["r-1", "ou-1", "ou-2", account][..],
                known("o-1/r-1/ou-1/ou-2/"),
            ),
            (&["r-1", account], known("o-1/r-1/")),
            (&["above ou-2", "ou-2", account], KeyState::Unknown),
            (&[account], KeyState::Unknown),
        ] {
            let context = with(levels);
            assert_eq!(context.state("aws:PrincipalOrgID"), &known("o-1"));
            assert_eq!(context.state("aws:PrincipalOrgPaths"), &path, "{levels:?}");
        }
        let mut none = Estate::default();
        none.organization.id = Seen::Absent;
        let context = organization(Context::new(KeyState::Unknown), &none, account);
        assert_eq!(context.state("aws:PrincipalOrgPaths"), &KeyState::Absent);
    }
}
