//! Output of `kafka-acls --list`.
//!
//! Two shapes: `ResourcePattern(...)` headers with `(principal=..., ...)` lines (2.0 to 4.x), and
//! the older `Topic:LITERAL:name` headers with sentences.
//!
//! A file of no bytes counts as unread: a failed command leaves the same file as a cluster without
//! ACLs. A blank line, or one that begins with `#`, makes it a known empty list.
//!
//! Must never: take a listing that a filter cut short for the whole, or an error for an empty
//! list.

use std::str::FromStr;
use std::sync::Arc;

use crate::capture::{Outcome, Source};
use crate::policy::{AclBinding, Operation, PatternType, Permission, ResourceType};

/// What a listing holds.
#[derive(Debug)]
pub(super) struct Listing {
    /// ACLs in the order of the file.
    pub(super) acls: Vec<AclBinding>,
    /// `Absent` without an authorizer, `Denied` when the listing was refused, `ParseError` when
    /// some line could not be read.
    pub(super) outcome: Outcome,
    /// What was wrong, by line.
    pub(super) problems: Vec<(Source, &'static str)>,
}

/// Reads a listing.
pub(super) fn parse(file: &Arc<str>, text: &str) -> Listing {
    let mut listing = Listing {
        acls: Vec::new(),
        outcome: Outcome::Ok,
        problems: Vec::new(),
    };
    if let Some(outcome) = refused(text) {
        listing.outcome = outcome;
        return listing;
    }
    if text.is_empty() {
        listing.outcome = Outcome::ParseError;
        let source = Source::new(file.clone(), 1, "");
        listing.problems.push((
            source,
            "an empty listing and a failed one look alike; if there are no ACLs, write `# none` here",
        ));
        return listing;
    }
    let mut about = None;
    let mut principal = None;
    for (number, line) in (1_u32..).zip(text.lines()) {
        let line = line.trim();
        let source = Source::new(file.clone(), number, "");
        if line.is_empty()
            || line.starts_with("SLF4J")
            || line.starts_with("log4j:")
            || line.starts_with('#')
        {
            continue;
        }
        if line.starts_with("ACLs for principal") {
            principal = Some(source);
            continue;
        }
        if let Some(header) = line.strip_prefix("Current ACLs for resource") {
            about = resource(header);
            if about.is_none() {
                listing
                    .problems
                    .push((source, "the resource of a group of ACLs cannot be read"));
            }
            continue;
        }
        let acl = about
            .as_ref()
            .and_then(|about| binding(about, line, &source));
        match acl {
            Some(acls) => listing.acls.extend(acls),
            None => listing.problems.push((
                source,
                "a line of the ACL listing cannot be read; the ACLs count as partly unread",
            )),
        }
    }
    if let Some(source) = principal {
        listing.problems.push((
            source,
            "the listing was cut short by `--principal`; list without filters",
        ));
    }
    if !listing.problems.is_empty() {
        listing.outcome = Outcome::ParseError;
    }
    listing
}

/// An error that stands where a listing should.
fn refused(text: &str) -> Option<Outcome> {
    if text.contains("SecurityDisabledException") || text.contains("No Authorizer is configured") {
        Some(Outcome::Absent)
    } else if text.contains("AuthorizationException") || text.contains("uthorization failed") {
        Some(Outcome::Denied)
    } else if text.contains("Error while executing") || text.contains("Exception:") {
        Some(Outcome::ParseError)
    } else {
        None
    }
}

type About = (ResourceType, String, PatternType);

fn known<T: FromStr>(text: &str, other: impl Fn(&T) -> bool) -> Option<T> {
    T::from_str(text.trim()).ok().filter(|value| !other(value))
}

fn resource(header: &str) -> Option<About> {
    let header = header.trim().trim_end_matches(':').trim().trim_matches('`');
    let kind = |text: &str| known(text, |t: &ResourceType| matches!(t, ResourceType::Other(_)));
    let pattern = |text: &str| known(text, |t: &PatternType| matches!(t, PatternType::Other(_)));
    if let Some(inner) = header
        .strip_prefix("ResourcePattern(resourceType=")
        .and_then(|h| h.strip_suffix(')'))
    {
        let (resource_type, rest) = inner.split_once(", name=")?;
        let (name, pattern_type) = rest.rsplit_once(", patternType=")?;
        return Some((
            kind(resource_type)?,
            name.to_owned(),
            pattern(pattern_type)?,
        ));
    }
    let (resource_type, rest) = header.split_once(':')?;
    match rest
        .split_once(':')
        .and_then(|(p, name)| Some((pattern(p)?, name)))
    {
        Some((pattern, name)) => Some((kind(resource_type)?, name.to_owned(), pattern)),
        None => Some((kind(resource_type)?, rest.to_owned(), PatternType::Literal)),
    }
}

fn binding(about: &About, line: &str, source: &Source) -> Option<Vec<AclBinding>> {
    let make = |principal: &str, host: &str, operation: &str, permission: &str| {
        principal.contains(':').then_some(())?;
        Some(AclBinding {
            resource_type: about.0.clone(),
            name: about.1.clone(),
            pattern_type: about.2.clone(),
            principal: principal.to_owned(),
            host: host.to_owned(),
            operation: known(operation, |o: &Operation| matches!(o, Operation::Other(_)))?,
            permission: known(permission, |p: &Permission| {
                matches!(p, Permission::Other(_))
            })?,
            source: source.clone(),
        })
    };
    if let Some(inner) = line
        .strip_prefix("(principal=")
        .and_then(|l| l.trim_end_matches(',').strip_suffix(')'))
    {
        // A principal may hold commas, so fields are taken from the end.
        let (rest, permission) = inner.rsplit_once(", permissionType=")?;
        let (rest, operation) = rest.rsplit_once(", operation=")?;
        let (principal, host) = rest.rsplit_once(", host=")?;
        return Some(vec![make(principal, host, operation, permission)?]);
    }
    let (principal, rest) = line.split_once(" has ")?;
    let (permission, rest) = rest.split_once(" permission for operations: ")?;
    let (operations, hosts) = rest.split_once(" from hosts: ")?;
    let mut acls = Vec::new();
    for operation in operations.split(',') {
        for host in hosts.split(',') {
            acls.push(make(principal.trim(), host.trim(), operation, permission)?);
        }
    }
    Some(acls)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Listing {
        parse(&Arc::from("acls.txt"), text)
    }

    #[test]
    fn today_s_listing_is_read_with_its_lines() {
        let listing = read(
            "Current ACLs for resource `ResourcePattern(resourceType=TOPIC, name=pay, patternType=PREFIXED)`: \n \t(principal=User:CN=a, O=b, host=10.0.0.1, operation=DESCRIBE_CONFIGS, permissionType=ALLOW)\n\t(principal=User:*, host=*, operation=READ, permissionType=DENY) \n\n",
        );
        assert_eq!(listing.outcome, Outcome::Ok, "{listing:?}");
        let [first, second] = &listing.acls[..] else {
            panic!("{listing:?}")
        };
        assert_eq!(
            (first.principal.as_str(), first.host.as_str()),
            ("User:CN=a, O=b", "10.0.0.1")
        );
        assert_eq!(
            (&first.operation, &first.pattern_type),
            (&Operation::DescribeConfigs, &PatternType::Prefixed)
        );
        assert_eq!(
            (&second.permission, second.source.line()),
            (&Permission::Deny, 3)
        );
    }

    #[test]
    fn the_older_listing_is_read_too() {
        let listing = read(
            "Current ACLs for resource `Topic:LITERAL:pay`: \n User:x has Allow permission for operations: Read from hosts: *\nCurrent ACLs for resource `Group:g`: \n User:y has Deny permission for operations: All from hosts: 10.0.0.1, 10.0.0.2\n",
        );
        assert_eq!(
            (listing.acls.len(), listing.outcome),
            (3, Outcome::Ok),
            "{listing:?}"
        );
    }

    #[test]
    fn a_bad_line_leaves_the_rest_and_makes_the_listing_doubtful() {
        let listing = read(
            "Current ACLs for resource `ResourcePattern(resourceType=TOPIC, name=p, patternType=LITERAL)`: \n\t(principal=User:a, host=*, operation=READ, permissionType=ALLOW)\n\t(principal=User:b, host=*, operation=FLY, permissionType=ALLOW)\n",
        );
        assert_eq!(
            (listing.acls.len(), listing.outcome),
            (1, Outcome::ParseError)
        );
        assert_eq!(listing.problems[0].0.line(), 3);
    }

    #[test]
    fn an_error_or_an_empty_file_is_no_empty_list() {
        assert_eq!(read("# none\n").outcome, Outcome::Ok);
        assert_eq!(read("\n").outcome, Outcome::Ok);
        assert_eq!(read("").outcome, Outcome::ParseError);
        assert_eq!(read("Error while executing ACL command: org.apache.kafka.common.errors.SecurityDisabledException: No Authorizer is configured.").outcome, Outcome::Absent);
        assert_eq!(read("org.apache.kafka.common.errors.ClusterAuthorizationException: Cluster authorization failed.").outcome, Outcome::Denied);
        assert_eq!(
            read("ACLs for principal `User:a`\n").outcome,
            Outcome::ParseError
        );
    }
}
