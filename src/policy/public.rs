//! Whether a bucket policy is public, as S3's block public access sees it.
//!
//! Must never: look at a request.

use super::Truth;
use super::arn_pattern::ArnPattern;
use super::condition::Test;
use super::document::{Clause, Document, Effect, Statement};
use super::operators::{Family, network};
use super::principal::PrincipalName;

/// Keys whose fixed values make a grant not public.
///
/// Source: S3 User Guide, "Blocking public access to your Amazon S3 storage", "The meaning of
/// public" (rule 30).
const FIXING: &[&str] = &[
    "aws:principalorgid",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
];

/// Keys of which it is not settled what S3 makes of them: those that hold a grant to fixed
/// principals as well as those above do and that the guide does not list, and one that only older
/// editions list.
const FIXING_IN_DOUBT: &[&str] = &[
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
];

/// Whether a bucket policy is public, and the first statement that makes it so.
///
/// Source: S3 User Guide, "Blocking public access" (rule 30): a policy is assumed public unless
/// every grant is to fixed values; one public statement makes the whole policy public. `resource`
/// is what the policy is asked about: the policies of access points are judged more strictly.
pub fn is_public<'d>(document: &'d Document, resource: &str) -> (Truth, Option<&'d Statement>) {
    let mut found = (Truth::False, None);
    let point = resource.contains(":accesspoint/");
    for statement in &document.statements {
        let public = opens(statement, point);
        if public > found.0 {
            found = (public, Some(statement));
        }
    }
    found
}

fn opens(statement: &Statement, point: bool) -> Truth {
    if !statement.may(Effect::Allow) {
        return Truth::False;
    }
    let everyone = match &statement.principal {
        Clause::In(names) => Truth::any(names.iter().map(|name| match name {
            PrincipalName::Everyone => Truth::True,
            PrincipalName::Unreadable(_) => Truth::Unknown,
            PrincipalName::Account(_)
            | PrincipalName::Arn(_)
            | PrincipalName::Service(_)
            | PrincipalName::Federated(_)
            | PrincipalName::CanonicalUser(_)
            | PrincipalName::UniqueId(_) => Truth::False,
        })),
        Clause::NotIn(_) => Truth::True,
        Clause::Absent | Clause::Unreadable => Truth::Unknown,
    };
    let fixed = Truth::any(statement.conditions.iter().map(|test| fixes(test, point)));
    let known = match (&statement.undecidable, statement.effect) {
        (None, Some(_)) => Truth::True,
        (Some(_), _) | (None, None) => Truth::Unknown,
    };
    everyone & !fixed & known
}

/// Whether a condition holds a grant to fixed values.
///
/// In the policy of an access point, "a set of access points using `s3:DataAccessPointArn` is
/// considered public".
fn fixes(test: &Test, point: bool) -> Truth {
    let Some(operator) = test.operator else {
        return Truth::Unknown;
    };
    let all = operator.quantifier == Some(super::operators::Quantifier::All);
    if operator.negated || operator.if_exists || all || test.values.is_empty() {
        return Truth::False;
    }
    if operator.family == Family::Ip && test.key == "aws:sourceip" {
        return Truth::all(test.values.iter().map(|v| narrow(v.text())));
    }
    let listed = if FIXING.contains(&&*test.key) {
        Truth::True
    } else if FIXING_IN_DOUBT.contains(&&*test.key) {
        Truth::Unknown
    } else {
        return Truth::False;
    };
    let plain = |text: &str| !text.contains(['*', '?']);
    // The guide lists `aws:userid` "outside the pattern `AROLEID:*`", which can be read either way.
    let sessions = |text: &str| {
        test.key == "aws:userid" && text.split_once(':').is_some_and(|(id, _)| plain(id))
    };
    let fixed = |text: &str| match operator.family {
        // Without wildcards there, `*` in the value is a plain character.
        Family::StringEquals | Family::StringEqualsIgnoreCase => Truth::True,
        Family::StringLike | Family::Arn if plain(text) => Truth::True,
        Family::StringLike | Family::Arn if sessions(text) => Truth::Unknown,
        Family::StringLike | Family::Arn => {
            let points = test.key == "s3:dataaccesspointarn" && !point;
            (points && ArnPattern::new(text).fixes_account()).into()
        }
        Family::Numeric(_)
        | Family::Date(_)
        | Family::Bool
        | Family::Binary
        | Family::Ip
        | Family::Null => Truth::False,
    };
    // A variable is no fixed value.
    let all = test.values.iter();
    let all = Truth::all(all.map(|v| Truth::from(v.is_fixed()) & fixed(v.text())));
    listed & all
}

/// "Very broad IP ranges are evaluated as public. This includes values broader than /8 for IPv4 and
/// /32 for IPv6" (the same page).
fn narrow(text: &str) -> Truth {
    match network(text) {
        None => Truth::Unknown,
        Some(net) => {
            let enough = if net.addr().is_ipv4() { 8 } else { 32 };
            (net.prefix_len() >= enough).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::capture::json::Node;

    /// The policy that grants `principal` under `condition`, and a fixed grant beside it.
    fn public(principal: &str, condition: &str) -> Truth {
        of("arn:aws:s3:::b/x", principal, condition)
    }

    fn of(resource: &str, principal: &str, condition: &str) -> Truth {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [
                {{"Effect": "Allow", "Principal": {{"AWS": "444455556666"}},
                  "Action": "s3:GetObject", "Resource": "*"}},
                {{"Effect": "Allow", "Principal": {principal},
                  "Action": "s3:GetObject", "Resource": "*", "Condition": {condition}}}]}}"#
        );
        let node = Node::parse(&Arc::from("f"), &text).unwrap();
        is_public(&Document::parse(&node).0, resource).0
    }

    #[test]
    fn rule_30_a_policy_is_public_unless_every_grant_is_to_fixed_values() {
        for (condition, want) in [
            ("{}", Truth::True),
            (
                r#"{"StringEquals": {"aws:SourceVpc": "vpc-1"}}"#,
                Truth::False,
            ),
            (r#"{"StringLike": {"aws:SourceVpc": "vpc-*"}}"#, Truth::True),
            (
                r#"{"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}"#,
                Truth::True,
            ),
            (
                r#"{"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}"#,
                Truth::True,
            ),
            (
                r#"{"StringEquals": {"aws:SourceVpc": "${aws:username}"}}"#,
                Truth::True,
            ),
            (
                r#"{"IpAddress": {"aws:SourceIp": "54.1.0.0/16"}}"#,
                Truth::False,
            ),
            (
                r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}"#,
                Truth::True,
            ),
            (
                r#"{"IpAddress": {"aws:SourceIp": "54.0.0.0/7"}}"#,
                Truth::True,
            ),
            (
                r#"{"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}"#,
                Truth::False,
            ),
            (
                r#"{"IpAddress": {"aws:SourceIp": "2001:d00::/31"}}"#,
                Truth::True,
            ),
            (
                r#"{"StringLike": {"aws:userid": "AROAEXAMPLE:*"}}"#,
                Truth::Unknown,
            ),
            (r#"{"StringLike": {"aws:userid": "A*:x"}}"#, Truth::True),
            (
                r#"{"StringEquals": {"s3:DataAccessPointAccount": "1"}}"#,
                Truth::False,
            ),
            (
                r#"{"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:r:1:accesspoint/*"}}"#,
                Truth::False,
            ),
            (
                r#"{"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:r:*:accesspoint/x"}}"#,
                Truth::True,
            ),
            (
                r#"{"StringEquals": {"aws:PrincipalAccount": "1"}}"#,
                Truth::Unknown,
            ),
            (r#"{"Bool": {"aws:SecureTransport": "true"}}"#, Truth::True),
        ] {
            assert_eq!(public("\"*\"", condition), want, "{condition}");
        }
        assert_eq!(public(r#"{"AWS": "111122223333"}"#, "{}"), Truth::False);
        let points = r#"{"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:r:1:accesspoint/*"}}"#;
        let point = "arn:aws:s3:r:1:accesspoint/p/object/x";
        assert_eq!(of(point, "\"*\"", points), Truth::True);
    }
}
