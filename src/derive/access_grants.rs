//! S3 Access Grants in an estate: which grants and locations are about what a log bucket holds, whose
//! credentials they give and to whom.
//!
//! Source: Amazon S3 User Guide, "Managing access with S3 Access Grants", "Register a location",
//! "Request access to Amazon S3 data through S3 Access Grants": the credentials are those of the
//! location's role, within the scope of the grant.
//!
//! Must never: evaluate a policy, or give the whole session of a location's role.

use std::collections::BTreeSet;

use super::callers;
use super::relation::Reached;
use super::resources::{HEX, keys_of};
use super::world::World;
use crate::estate::{
    AccessGrant, AccessGrantee, AccessGrantsInstance, AccessGrantsLocation, Bucket, Estate,
};
use crate::facts::{Evidence, Kind, NoteKind, ThingIx};
use crate::names::Arn;
use crate::reach::Strength;

impl<'e> World<'e> {
    pub(super) fn access_grant(&self, thing: ThingIx) -> Option<&'e AccessGrant> {
        let id = self.id_if(Kind::AccessGrant, thing)?;
        self.estate.access_grants.get(id)
    }

    pub(super) fn grants_location(&self, thing: ThingIx) -> Option<&'e AccessGrantsLocation> {
        let id = self.id_if(Kind::AccessGrant, thing)?;
        self.estate.access_grants_locations.get(id)
    }

    /// Account and region of a grant or location.
    pub(super) fn grants_place(&self, thing: ThingIx) -> Option<(&'e String, &'e String)> {
        let grant = self.access_grant(thing).map(|x| (&x.account, &x.region));
        let location = || self.grants_location(thing);
        grant.or_else(|| location().map(|x| (&x.account, &x.region)))
    }

    /// The instance that a grant or location lies in.
    pub(super) fn grants_instance(&self, thing: ThingIx) -> Option<&'e AccessGrantsInstance> {
        let (account, region) = self.grants_place(thing)?;
        let key = (account.clone(), region.clone());
        self.estate.access_grants_instances.get(&key)
    }

    /// The part of S3 that a grant or location is about.
    fn grants_scope(&self, thing: ThingIx) -> Option<&'e str> {
        let grant = self.access_grant(thing).map(|x| x.scope.as_str());
        grant.or_else(|| Some(self.grants_location(thing)?.scope.as_str()))
    }
}

/// ARN of the instance of an account in a region, whether there is one or not.
pub(super) fn instance_arn(account: &str, region: &str) -> String {
    format!("arn:aws:s3:{region}:{account}:access-grants/default")
}

/// How the keys in a bucket begin that a scope is about; nothing when it is about others.
fn prefix_in<'s>(scope: &'s str, bucket: &str) -> Option<&'s str> {
    let path = scope.strip_prefix("s3://")?;
    let (open, path) = match path.strip_suffix('*') {
        Some(path) => (true, path),
        None => (path.is_empty(), path),
    };
    match path.split_once('/') {
        Some((name, prefix)) => (name == bucket).then_some(prefix),
        None if open => bucket.starts_with(path).then_some(""),
        None => (path == bucket).then_some(""),
    }
}

/// The patterns of keys narrowed to those within the scope of a grant or location.
pub(super) fn within(
    world: &World<'_>,
    scope: ThingIx,
    bucket: &Bucket,
    patterns: &BTreeSet<String>,
) -> Option<BTreeSet<String>> {
    let scope = world.grants_scope(scope)?;
    let Some(prefix) = prefix_in(scope, &bucket.name) else {
        return Some(BTreeSet::new());
    };
    let narrowed = patterns.iter().flat_map(|pattern| narrow(pattern, prefix));
    Some(narrowed.collect())
}

/// What is left of a pattern of keys when they must begin with `prefix`.
fn narrow(pattern: &str, prefix: &str) -> Vec<String> {
    let Some(rest) = pattern.strip_prefix(HEX) else {
        return after(pattern, prefix);
    };
    let (head, tail) = match prefix.split_once('/') {
        Some((head, tail)) => (head, Some(tail)),
        None => (prefix, None),
    };
    if !head.bytes().all(|b| b.is_ascii_hexdigit()) || head.len() > 8 {
        return Vec::new();
    }
    match tail {
        None if head.is_empty() => vec![pattern.to_owned()],
        None => vec![format!("{head:0<8}{rest}")],
        Some(_) if head.is_empty() => Vec::new(),
        Some(tail) => {
            let rests = after(rest, &format!("/{tail}"));
            rests
                .into_iter()
                .map(|rest| format!("{head}{rest}"))
                .collect()
        }
    }
}

/// The ways in which a pattern may go on after a text that its match begins with, that text put
/// before each.
fn after(pattern: &str, prefix: &str) -> Vec<String> {
    let tokens: Vec<char> = pattern.chars().collect();
    // Places in the pattern after reading some of the text; a star may also read nothing.
    let skip = |at: usize| {
        let stars = tokens[at..].iter().take_while(|c| **c == '*').count();
        at..=at + stars
    };
    let mut places: BTreeSet<usize> = skip(0).collect();
    for letter in prefix.chars() {
        let mut next = BTreeSet::new();
        for at in places {
            match tokens.get(at) {
                Some('*') => next.extend(skip(at)),
                Some(c) if *c == '?' || *c == letter => next.extend(skip(at + 1)),
                Some(_) | None => {}
            }
        }
        places = next;
    }
    // A place at a star says all that the place behind it says.
    let told = |at: &usize| *at == 0 || tokens[*at - 1] != '*' || !places.contains(&(*at - 1));
    let places: Vec<usize> = places.iter().copied().filter(|at| told(at)).collect();
    let rest = |at: usize| tokens[at..].iter().collect::<String>();
    places
        .into_iter()
        .map(|at| format!("{prefix}{}", rest(at)))
        .collect()
}

/// Whether a grant or location is about something that a bucket, or a topic in it, holds.
fn covers(world: &World<'_>, scope: ThingIx, objects: ThingIx) -> bool {
    let Some(bucket) = world.bucket(objects) else {
        return false;
    };
    let Some((_, region)) = world.grants_place(scope) else {
        return false;
    };
    if bucket.region.as_ref().is_some_and(|own| own != region) {
        // "covers access to all of your S3 buckets in that AWS Region": "Register a location".
        return false;
    }
    let patterns = keys_of(world, objects, &bucket.name);
    if patterns.is_empty() {
        let text = world.grants_scope(scope);
        return text.is_some_and(|text| prefix_in(text, &bucket.name).is_some());
    }
    within(world, scope, bucket, &patterns).is_some_and(|patterns| !patterns.is_empty())
}

/// The grants to read something of what a bucket, or a topic in it, holds.
pub(super) fn of_objects(world: &World<'_>, objects: ThingIx) -> Vec<Reached> {
    let grants = world.estate.access_grants.values();
    let grants = grants.filter(|grant| grant.reads).filter_map(|grant| {
        let thing = world.things.find(Kind::AccessGrant, &grant.arn)?;
        let says = format!("a grant of S3 Access Grants to read {}", grant.scope);
        let evidence = Evidence::description(says, grant.origin.clone());
        covers(world, thing, objects).then(|| Reached::surely(thing, vec![evidence]))
    });
    grants.collect()
}

/// The locations that a bucket, or a topic in it, lies in.
pub(super) fn locations(world: &World<'_>, objects: ThingIx) -> Vec<Reached> {
    let locations = world.estate.access_grants_locations.values();
    let locations = locations.filter_map(|location| {
        let thing = world.things.find(Kind::AccessGrant, &location.arn)?;
        let says = format!("a location of S3 Access Grants: {}", location.scope);
        let evidence = Evidence::description(says, location.origin.clone());
        covers(world, thing, objects).then(|| Reached::surely(thing, vec![evidence]))
    });
    locations.collect()
}

/// A bucket itself, or that of objects, where its account has an instance in its region.
pub(super) fn instance(world: &World<'_>, objects: ThingIx) -> Vec<Reached> {
    let Some(bucket) = world.bucket(objects) else {
        return Vec::new();
    };
    let place = bucket.account.clone().zip(bucket.region.clone());
    let own = place.and_then(|place| world.estate.access_grants_instances.get(&place));
    let Some(thing) = world.things.find(Kind::Bucket, &bucket.name) else {
        return Vec::new();
    };
    if let Some(instance) = own {
        let says = format!("{} is there", instance.arn);
        let evidence = vec![Evidence::description(says, instance.origin.clone())];
        return vec![Reached::surely(thing, evidence)];
    }
    let missing = world.estate.unread_access_grants(bucket);
    let reached = missing.map(|what| {
        let (strength, kind) = (Strength::Conditional, NoteKind::NotCollected);
        Reached::weakly(thing, strength, Vec::new(), kind, what)
    });
    reached.into_iter().collect()
}

/// The role whose credentials a grant, or a grant made at a location, gives.
pub(super) fn role(world: &World<'_>, thing: ThingIx) -> Vec<Reached> {
    let own = world.grants_location(thing);
    let location = own.or_else(|| location_of(world.estate, world.access_grant(thing)?));
    let Some((location, arn)) = location.and_then(|x| Some((x, x.role.as_ref()?))) else {
        return Vec::new();
    };
    let says = format!("{} gives credentials of {arn}", location.scope);
    let evidence = vec![Evidence::description(says, location.origin.clone())];
    let role = world.things.find(Kind::Identity, arn);
    role.map(|role| Reached::surely(role, evidence))
        .into_iter()
        .collect()
}

fn location_of<'e>(estate: &'e Estate, grant: &AccessGrant) -> Option<&'e AccessGrantsLocation> {
    estate.access_grants_locations.values().find(|location| {
        location.id == grant.location
            && location.account == grant.account
            && location.region == grant.region
    })
}

/// The identity, or the account of the identity, that a grant names.
pub(super) fn grantee(world: &World<'_>, thing: ThingIx) -> Vec<Reached> {
    let Some(grant) = world.access_grant(thing) else {
        return Vec::new();
    };
    let arn = match &grant.grantee {
        AccessGrantee::Iam(arn) => arn,
        AccessGrantee::Directory { .. } | AccessGrantee::Other(_) => return Vec::new(),
    };
    let evidence = vec![Evidence::statement(
        format!("the grant on {} names {arn}", grant.scope),
        source_of(grant),
    )];
    let identity = world.things.find(Kind::Identity, arn);
    let account = || {
        let arn = arn.parse::<Arn>().ok()?;
        world.things.find(Kind::ExternalAccount, arn.account())
    };
    let named = identity.or_else(account);
    named
        .map(|named| Reached::surely(named, evidence))
        .into_iter()
        .collect()
}

fn source_of(grant: &AccessGrant) -> crate::capture::Source {
    use crate::estate::Origin;
    match &grant.origin {
        Origin::Captured(source) | Origin::Pinned(source) | Origin::Assumed { at: source, .. } => {
            source.clone()
        }
        Origin::Inferred { from, .. } => from
            .first()
            .cloned()
            .unwrap_or_else(|| crate::capture::Source::new("", 0, "")),
    }
}

/// The directory whose user or group a grant names: whoever that is asks through an application.
///
/// Source: Amazon S3 User Guide, "S3 Access Grants and corporate directory identities".
pub(super) fn directory(world: &World<'_>, thing: ThingIx) -> Vec<Reached> {
    let Some(grant) = world.access_grant(thing) else {
        return Vec::new();
    };
    let (group, id) = match &grant.grantee {
        AccessGrantee::Directory { group, id } => (group, id),
        AccessGrantee::Iam(_) | AccessGrantee::Other(_) => return Vec::new(),
    };
    let kind = if *group { "group" } else { "user" };
    let says = format!(
        "the grant on {} names the directory {kind} {id}",
        grant.scope
    );
    let evidence = vec![Evidence::statement(says, source_of(grant))];
    let directory = directory_of(world.estate, grant);
    let thing = world.things.find(Kind::Federated, &directory);
    let text = format!(
        "only the {kind} {id} of that directory, through an application whose role may ask for it"
    );
    let reached = thing.map(|thing| {
        let (strength, kind) = (Strength::Conditional, NoteKind::Condition);
        Reached::weakly(thing, strength, evidence, kind, text)
    });
    reached.into_iter().collect()
}

/// The id of a grant's directory, as a provider of federated identities.
fn directory_of(estate: &Estate, grant: &AccessGrant) -> String {
    let key = (grant.account.clone(), grant.region.clone());
    let instance = estate.access_grants_instances.get(&key);
    let center = instance.and_then(|instance| instance.identity_center.clone());
    center.unwrap_or_else(|| format!("IAM Identity Center of account {}", grant.account))
}

/// Those whom the grants on log buckets name, and whose policies say who may ask for credentials.
pub(super) fn outsiders(world: &World<'_>, found: &mut callers::Outsiders<'_>) {
    let grants = world.all(crate::rules::Sort::AccessGrant).iter();
    for grant in grants.filter_map(|thing| world.access_grant(*thing)) {
        match &grant.grantee {
            AccessGrantee::Iam(arn) => {
                if let Ok(arn) = arn.parse::<Arn>() {
                    found.account(arn.account());
                }
            }
            AccessGrantee::Directory { .. } => {
                found.federated(directory_of(world.estate, grant));
            }
            AccessGrantee::Other(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_a_bucket_and_the_beginning_of_keys() {
        for (scope, prefix) in [
            ("s3://", Some("")),
            ("s3://*", Some("")),
            ("s3://lake", Some("")),
            ("s3://la*", Some("")),
            ("s3://lake/*", Some("")),
            ("s3://lake/topics/a*", Some("topics/a")),
            ("s3://lake/topics/a", Some("topics/a")),
            ("s3://la", None),
            ("s3://lake-2/*", None),
            ("s3://quay*", None),
        ] {
            assert_eq!(prefix_in(scope, "lake"), prefix, "{scope}");
        }
    }

    #[test]
    fn patterns_are_narrowed_to_what_begins_so() {
        for (pattern, prefix, narrowed) in [
            ("{hex}/_kafka_x/*", "", vec!["{hex}/_kafka_x/*"]),
            ("{hex}/_kafka_x/*", "3a", vec!["3a000000/_kafka_x/*"]),
            ("{hex}/_kafka_x/*", "3a00/_kaf", vec!["3a00/_kafka_x/*"]),
            ("{hex}/_kafka_x/*", "features/", vec![]),
            ("{hex}/_kafka_x/*", "3a00/other", vec![]),
            ("topics/a-*/b*", "topics/", vec!["topics/a-*/b*"]),
            (
                "topics/a-*/b*",
                "topics/a-1/",
                vec!["topics/a-1/*/b*", "topics/a-1/b*"],
            ),
            ("topics/a-*/b*", "other", vec![]),
            ("a?c", "ab", vec!["abc"]),
            ("ab", "abc", vec![]),
        ] {
            assert_eq!(narrow(pattern, prefix), narrowed, "{pattern} {prefix}");
        }
    }
}
