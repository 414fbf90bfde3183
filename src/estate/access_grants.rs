//! S3 Access Grants: who gets credentials of a location's role for a part of a bucket.
//!
//! Source: Amazon S3 User Guide, "Managing access with S3 Access Grants"; Amazon S3 API Reference,
//! `ListAccessGrantsInstances`, `ListAccessGrantsLocations`, `ListAccessGrants`,
//! `GetAccessGrantsInstanceResourcePolicy`.
//!
//! Must never: take grants that were not listed for none.

use std::collections::BTreeSet;

use super::build::{Builder, captured, in_account, text};
use super::consumers::place;
use super::{
    AccessGrant, AccessGrantee, AccessGrantsInstance, AccessGrantsLocation, Bucket, Estate,
    Identity, IdentityKind, Origin, Outcome, Seen,
};
use crate::capture::Answer;
use crate::capture::json::Node;
use crate::policy::{Clause, Effect, PrincipalName};

const INSTANCES: &str = "s3control:ListAccessGrantsInstances";
const LOCATIONS: &str = "s3control:ListAccessGrantsLocations";
const GRANTS: &str = "s3control:ListAccessGrants";
const POLICY: &str = "s3control:GetAccessGrantsInstanceResourcePolicy";

/// Reads all answers about S3 Access Grants. Buckets, identities and clusters must have been read.
pub(super) fn read(builder: &mut Builder<'_>) {
    for answer in builder.answers(INSTANCES) {
        for node in answer.body.list("AccessGrantsInstancesList") {
            instance(builder, node, answer);
        }
    }
    for answer in builder.answers(LOCATIONS) {
        for node in answer.body.list("AccessGrantsLocationsList") {
            location(builder, node, answer);
        }
    }
    for answer in builder.answers(GRANTS) {
        for node in answer.body.list("AccessGrantsList") {
            grant(builder, node, answer);
        }
    }
    policies(builder);
    cover(builder);
}

fn arn_of(account: &str, region: &str) -> String {
    format!("arn:aws:s3:{region}:{account}:access-grants/default")
}

fn instance(builder: &mut Builder<'_>, node: &Node, answer: &Answer) {
    let arn = text(node, "AccessGrantsInstanceArn");
    let (account, region) = place(arn.as_deref().unwrap_or_default(), answer);
    let center =
        text(node, "IdentityCenterInstanceArn").or_else(|| text(node, "IdentityCenterArn"));
    let origin = captured(node);
    let found = AccessGrantsInstance {
        arn: arn.unwrap_or_else(|| arn_of(&account, &region)),
        identity_center: center,
        ..unread_instance(&account, &region, origin)
    };
    let key = (account, region);
    builder.estate.access_grants_instances.insert(key, found);
}

fn unread_instance(account: &str, region: &str, origin: Origin) -> AccessGrantsInstance {
    let missing = format!("{POLICY} ({}, {region})", in_account(account));
    AccessGrantsInstance {
        arn: arn_of(account, region),
        account: account.to_owned(),
        region: region.to_owned(),
        identity_center: None,
        policy: Seen::Unread(missing.into()),
        origin,
    }
}

/// Whatever lies in an instance shows that there is one.
fn shows_instance(builder: &mut Builder<'_>, account: &str, region: &str, origin: &Origin) {
    let key = (account.to_owned(), region.to_owned());
    let known = &mut builder.estate.access_grants_instances;
    known
        .entry(key)
        .or_insert_with(|| unread_instance(account, region, origin.clone()));
}

fn location(builder: &mut Builder<'_>, node: &Node, answer: &Answer) {
    let (Some(id), Some(scope)) = (
        text(node, "AccessGrantsLocationId"),
        text(node, "LocationScope"),
    ) else {
        return lost(builder, node, "location");
    };
    let arn = text(node, "AccessGrantsLocationArn");
    let (account, region) = place(arn.as_deref().unwrap_or_default(), answer);
    let arn = arn.unwrap_or_else(|| format!("{}/location/{id}", arn_of(&account, &region)));
    let origin = captured(node);
    shows_instance(builder, &account, &region, &origin);
    let found = AccessGrantsLocation {
        arn: arn.clone(),
        id,
        account,
        region,
        scope,
        role: text(node, "IAMRoleArn"),
        origin,
    };
    builder.estate.access_grants_locations.insert(arn, found);
}

fn grant(builder: &mut Builder<'_>, node: &Node, answer: &Answer) {
    let grantee = node.get("Grantee");
    let named = |name: &str| grantee.and_then(|grantee| text(grantee, name));
    let (Some(id), Some(scope), Some(identifier)) = (
        text(node, "AccessGrantId"),
        text(node, "GrantScope"),
        named("GranteeIdentifier"),
    ) else {
        return lost(builder, node, "grant");
    };
    let arn = text(node, "AccessGrantArn");
    let (account, region) = place(arn.as_deref().unwrap_or_default(), answer);
    let arn = arn.unwrap_or_else(|| format!("{}/grant/{id}", arn_of(&account, &region)));
    let grantee = match named("GranteeType").as_deref() {
        Some("IAM") => AccessGrantee::Iam(identifier),
        Some(kind @ ("DIRECTORY_USER" | "DIRECTORY_GROUP")) => AccessGrantee::Directory {
            group: kind == "DIRECTORY_GROUP",
            id: identifier,
        },
        Some(_) | None => AccessGrantee::Other(identifier),
    };
    let origin = captured(node);
    shows_instance(builder, &account, &region, &origin);
    let found = AccessGrant {
        arn: arn.clone(),
        account,
        region,
        grantee,
        // What is not said may be either.
        reads: node.str("Permission") != Some("WRITE"),
        scope,
        location: text(node, "AccessGrantsLocationId").unwrap_or_default(),
        origin,
    };
    builder.estate.access_grants.insert(arn, found);
}

fn lost(builder: &mut Builder<'_>, node: &Node, what: &str) {
    builder.note(
        "malformed-answer",
        super::Severity::Error,
        format!("a {what} of S3 Access Grants without id, scope or grantee was left out"),
        Some(node.source.clone()),
    );
}

fn policies(builder: &mut Builder<'_>) {
    let places: Vec<_> = builder
        .estate
        .access_grants_instances
        .keys()
        .cloned()
        .collect();
    for (account, region) in places {
        let answer = builder.about(POLICY, "", Some(&account), Some(&region));
        let missing = format!("{POLICY} ({}, {region})", in_account(&account));
        let (policy, outcome) = builder.answered_document(answer, "Policy", &missing);
        builder.cover(POLICY, &account, &region, "", outcome);
        let instances = &mut builder.estate.access_grants_instances;
        if let Some(instance) = instances.get_mut(&(account, region)) {
            instance.policy = policy;
        }
    }
}

/// Lists that a complete capture holds: of instances where a log bucket lies in an account with a
/// role that the service may take; of what is in an instance wherever there is one. Whatever
/// became of a list that was asked for is covered.
fn cover(builder: &mut Builder<'_>) {
    let estate = &builder.estate;
    let mut wanted: BTreeSet<(&str, String, String)> = BTreeSet::new();
    for bucket in estate.log_buckets() {
        if let Some((account, region)) = bucket.account.clone().zip(bucket.region.clone())
            && estate.has_location_role(&account)
        {
            wanted.insert((INSTANCES, account, region));
        }
    }
    for (account, region) in estate.access_grants_instances.keys() {
        for call in [LOCATIONS, GRANTS] {
            wanted.insert((call, account.clone(), region.clone()));
        }
    }
    for answer in &builder.capture.answers {
        if [INSTANCES, LOCATIONS, GRANTS].contains(&&*answer.call) && !answer.account.is_empty() {
            let call = [INSTANCES, LOCATIONS, GRANTS]
                .into_iter()
                .find(|call| *call == answer.call);
            let place = (answer.account.clone(), answer.region.clone());
            wanted.extend(call.map(|call| (call, place.0, place.1)));
        }
    }
    for (call, account, region) in wanted {
        let answer = builder.about(call, "", Some(&account), Some(&region));
        let outcome = answer.map_or(Outcome::NotCollected, |answer| answer.outcome);
        builder.cover(call, &account, &region, "", outcome);
    }
}

/// Whether S3 Access Grants may take a role, so that a location may give its credentials.
///
/// Source: Amazon S3 User Guide, "Register a location": the role's trust policy names the service
/// principal `access-grants.s3.amazonaws.com`.
fn may_be_location_role(role: &Identity) -> bool {
    let trust = match &role.trust {
        Seen::Is(trust) => trust,
        Seen::Absent => return false,
        Seen::Unread(_) => return true,
    };
    let named = |name: &PrincipalName| match name {
        PrincipalName::Service(service) => service.starts_with("access-grants.s3."),
        PrincipalName::Everyone | PrincipalName::Unreadable(_) => true,
        PrincipalName::Account(_)
        | PrincipalName::Arn(_)
        | PrincipalName::Federated(_)
        | PrincipalName::CanonicalUser(_)
        | PrincipalName::UniqueId(_) => false,
    };
    trust.statements.iter().any(|statement| {
        statement.may(Effect::Allow)
            && match &statement.principal {
                Clause::In(names) => names.iter().any(named),
                Clause::NotIn(_) | Clause::Unreadable => true,
                Clause::Absent => false,
            }
    })
}

impl Estate {
    fn has_location_role(&self, account: &str) -> bool {
        let roles = self.identities.values();
        let mut roles = roles.filter(|x| x.kind == IdentityKind::Role && x.account == account);
        roles.any(may_be_location_role)
    }

    /// The list that was not read and could hold grants on a bucket; none when all were, when
    /// there is no instance, or when the account has no role whose credentials one could give.
    pub fn unread_access_grants(&self, bucket: &Bucket) -> Option<String> {
        let (account, region) = (bucket.account.as_deref()?, bucket.region.as_deref()?);
        if !self.has_location_role(account) {
            return None;
        }
        let settled = |wanted: &str| {
            self.coverage.calls.iter().any(|(call, outcome)| {
                call.call == wanted
                    && call.account == account
                    && call.region == region
                    && outcome.settles()
            })
        };
        let key = (account.to_owned(), region.to_owned());
        if settled(INSTANCES) && !self.access_grants_instances.contains_key(&key) {
            return None;
        }
        let here = |grant: &AccessGrant| (&*grant.account, &*grant.region) == (account, region);
        if settled(GRANTS) && !self.access_grants.values().any(here) {
            return None;
        }
        let open = [GRANTS, LOCATIONS].into_iter().find(|call| !settled(call));
        open.map(|call| format!("{call} ({}, {region})", in_account(account)))
    }
}
