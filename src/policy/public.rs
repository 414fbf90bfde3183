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
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:userid",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];

/// Whether a bucket policy is public, and the first statement that makes it so.
///
/// Source: S3 User Guide, "Blocking public access" (rule 30): a policy is assumed public unless
/// every grant is to fixed values; one public statement makes the whole policy public.
pub fn is_public(document: &Document) -> (Truth, Option<&Statement>) {
    let mut found = (Truth::False, None);
    for statement in &document.statements {
        let public = opens(statement);
        if public > found.0 {
            found = (public, Some(statement));
        }
    }
    found
}

fn opens(statement: &Statement) -> Truth {
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
    let fixed = Truth::any(statement.conditions.iter().map(fixes));
    let known = match (&statement.undecidable, statement.effect) {
        (None, Some(_)) => Truth::True,
        (Some(_), _) | (None, None) => Truth::Unknown,
    };
    everyone & !fixed & known
}

/// Whether a condition holds a grant to fixed values.
fn fixes(test: &Test) -> Truth {
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
    if !FIXING.contains(&&*test.key) {
        return Truth::False;
    }
    let plain = |text: &str| !text.contains(['*', '?']);
    let fixed = |text: &str| match operator.family {
        // Without wildcards there, `*` in the value is a plain character.
        Family::StringEquals | Family::StringEqualsIgnoreCase => true,
        Family::StringLike | Family::Arn => {
            plain(text)
                || (test.key == "s3:dataaccesspointarn" && ArnPattern::new(text).fixes_account())
                // "aws:userid, outside the pattern AROLEID:*"
                || (test.key == "aws:userid"
                    && text.split_once(':').is_some_and(|(id, _)| plain(id)))
        }
        Family::Numeric(_)
        | Family::Date(_)
        | Family::Bool
        | Family::Binary
        | Family::Ip
        | Family::Null => false,
    };
    Truth::all(test.values.iter().map(|value| {
        if value.is_fixed() {
            fixed(value.text()).into()
        } else {
            // A variable is no fixed value.
            Truth::False
        }
    }))
}

/// "Very broad ranges are evaluated as public"; the guide gives `0.0.0.0/1` and no limit, so
/// what lies between is not settled.
fn narrow(text: &str) -> Truth {
    match network(text) {
        None => Truth::Unknown,
        Some(net) if net.prefix_len() <= 1 => Truth::False,
        Some(ipnet::IpNet::V4(net)) => (net.prefix_len() >= 8).into_narrow(),
        Some(ipnet::IpNet::V6(net)) => (net.prefix_len() >= 32).into_narrow(),
    }
}

trait IntoNarrow {
    fn into_narrow(self) -> Truth;
}

impl IntoNarrow for bool {
    fn into_narrow(self) -> Truth {
        if self { Truth::True } else { Truth::Unknown }
    }
}
