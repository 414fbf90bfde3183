//! Condition operators: their names, and how each compares one value of the request with one
//! of the policy.
//!
//! Must never: know about absence, lists of values or quantifiers; that is `condition`'s.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Truth;
use super::arn_pattern::ArnPattern;
use super::context::Context;
use super::moment;
use super::pattern::Glob;
use super::template::Template;
use crate::capture::base64;

/// How two ordered values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `Equals`
    Equal,
    /// `LessThan`
    Less,
    /// `LessThanEquals`
    LessOrEqual,
    /// `GreaterThan`
    Greater,
    /// `GreaterThanEquals`
    GreaterOrEqual,
}

impl Order {
    fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// What an operator compares. The negated forms are the same with [`Operator::negated`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `StringEquals`
    StringEquals,
    /// `StringEqualsIgnoreCase`
    StringEqualsIgnoreCase,
    /// `StringLike`
    StringLike,
    /// `NumericEquals` and its kind
    Numeric(Order),
    /// `DateEquals` and its kind
    Date(Order),
    /// `Bool`
    Bool,
    /// `BinaryEquals`
    Binary,
    /// `IpAddress`
    Ip,
    /// `ArnEquals` and `ArnLike`, which are the same (rule 19)
    Arn,
    /// `Null`
    Null,
}

/// The set operator before the colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// `ForAllValues:`
    All,
    /// `ForAnyValue:`
    Any,
}

/// A condition operator.
///
/// Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    /// `ForAllValues:` or `ForAnyValue:`
    pub quantifier: Option<Quantifier>,
    /// What it compares.
    pub family: Family,
    /// Whether it is a `Not` form.
    pub negated: bool,
    /// Whether it ends in `IfExists`.
    pub if_exists: bool,
}

impl Operator {
    /// Reads an operator's name; case is ignored. `None` for a name that IAM does not know.
    pub fn parse(name: &str) -> Option<Self> {
        let lower = name.to_ascii_lowercase();
        let (quantifier, rest) = match lower.split_once(':') {
            Some(("forallvalues", rest)) => (Some(Quantifier::All), rest),
            Some(("foranyvalue", rest)) => (Some(Quantifier::Any), rest),
            Some(_) => return None,
            None => (None, &*lower),
        };
        let (rest, if_exists) = match rest.strip_suffix("ifexists") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (family, negated) = match rest {
            "stringequals" => (Family::StringEquals, false),
            "stringnotequals" => (Family::StringEquals, true),
            "stringequalsignorecase" => (Family::StringEqualsIgnoreCase, false),
            "stringnotequalsignorecase" => (Family::StringEqualsIgnoreCase, true),
            "stringlike" => (Family::StringLike, false),
            "stringnotlike" => (Family::StringLike, true),
            "bool" => (Family::Bool, false),
            "binaryequals" => (Family::Binary, false),
            "ipaddress" => (Family::Ip, false),
            "notipaddress" => (Family::Ip, true),
            "arnequals" | "arnlike" => (Family::Arn, false),
            "arnnotequals" | "arnnotlike" => (Family::Arn, true),
            // "You can add IfExists to the end of any condition operator except Null."
            "null" if !if_exists => (Family::Null, false),
            _ => {
                let (date, order) = match rest.strip_prefix("numeric") {
                    Some(order) => (false, order),
                    None => (true, rest.strip_prefix("date")?),
                };
                let (order, negated) = match order {
                    "equals" => (Order::Equal, false),
                    "notequals" => (Order::Equal, true),
                    "lessthan" => (Order::Less, false),
                    "lessthanequals" => (Order::LessOrEqual, false),
                    "greaterthan" => (Order::Greater, false),
                    "greaterthanequals" => (Order::GreaterOrEqual, false),
                    _ => return None,
                };
                let family = if date { Family::Date } else { Family::Numeric };
                (family(order), negated)
            }
        };
        Some(Self {
            quantifier,
            family,
            negated,
            if_exists,
        })
    }
}

impl Family {
    /// Whether a value of the request can be read at all. One that cannot makes the condition
    /// false (rule 20).
    pub(super) fn reads(self, value: &str) -> bool {
        match self {
            Self::StringEquals | Self::StringEqualsIgnoreCase | Self::StringLike | Self::Null => {
                true
            }
            Self::Numeric(_) => Number::parse(value).is_some(),
            Self::Date(_) => moment::parse(value).is_some(),
            Self::Bool => boolean(value).is_some(),
            Self::Binary => base64::decode(value).is_some(),
            Self::Ip => network(value).is_some(),
            Self::Arn => value.splitn(6, ':').count() == 6,
        }
    }

    /// Whether a readable value of the request matches a value of the policy. `None` when the
    /// policy's value cannot be read.
    pub(super) fn compare(
        self,
        request: &str,
        policy: &Template,
        context: &Context,
    ) -> Option<Truth> {
        let text = policy.text();
        match self {
            Self::StringEquals | Self::StringEqualsIgnoreCase | Self::StringLike => {
                let wild = self == Self::StringLike;
                let ignore_case = self == Self::StringEqualsIgnoreCase;
                let expansion = policy.expand(context, wild);
                if expansion.missing {
                    return Some(Truth::False);
                }
                let covered = Glob::of(expansion.tokens, ignore_case).covers(request);
                Some(doubted(covered, expansion.doubtful))
            }
            Self::Arn => {
                let expansion = policy.expand(context, true);
                if expansion.missing {
                    return Some(Truth::False);
                }
                let pattern = ArnPattern::of(&expansion.tokens, &expansion.colons);
                Some(doubted(pattern.covers(request), expansion.doubtful))
            }
            Self::Numeric(order) => {
                let (a, b) = (Number::parse(request)?, Number::parse(text)?);
                Some(order.holds(a.compare(&b)).into())
            }
            Self::Date(order) => {
                let (a, b) = (moment::parse(request)?, moment::parse(text)?);
                Some(order.holds(a.cmp(&b)).into())
            }
            Self::Bool => Some((boolean(request)? == boolean(text)?).into()),
            Self::Binary => Some((base64::decode(request)? == base64::decode(text)?).into()),
            Self::Ip => {
                let (a, b) = (network(request)?, network(text)?);
                // The request's value may be a range: any address of it.
                Some(if b.contains(&a) {
                    Truth::True
                } else if a.contains(&b) {
                    Truth::Unknown
                } else {
                    Truth::False
                })
            }
            Self::Null => None,
        }
    }
}

fn doubted(truth: Truth, doubtful: bool) -> Truth {
    if doubtful {
        truth & Truth::Unknown
    } else {
        truth
    }
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// An address counts as a network of one.
pub(super) fn network(text: &str) -> Option<IpNet> {
    let parsed = text.parse::<IpNet>();
    let parsed = parsed.or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    parsed.ok().map(|net| net.trunc())
}

enum Number {
    Whole(i128),
    Decimal(f64),
}

impl Number {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(whole) = text.parse() {
            return Some(Self::Whole(whole));
        }
        let decimal: f64 = text.parse().ok()?;
        decimal.is_finite().then_some(Self::Decimal(decimal))
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "a whole number beside a decimal one: IAM names no precision"
    )]
    fn value(&self) -> f64 {
        match self {
            Self::Whole(n) => *n as f64,
            Self::Decimal(n) => *n,
        }
    }

    fn compare(&self, other: &Self) -> std::cmp::Ordering {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => a.cmp(b),
            (Self::Whole(_) | Self::Decimal(_), Self::Whole(_) | Self::Decimal(_)) => {
                self.value().total_cmp(&other.value())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::context::KeyState;
    use crate::policy::template::Version;

    fn compare(operator: &str, request: &str, policy: &str) -> Option<Truth> {
        let family = Operator::parse(operator).unwrap().family;
        let template = Template::new(policy, Version::V2012);
        assert!(family.reads(request), "{request}");
        family.compare(request, &template, &Context::new(KeyState::Absent))
    }

    #[test]
    fn every_operator_of_the_guide_has_a_name_here() {
        for name in [
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
            "Bool",
            "BinaryEquals",
            "IpAddress",
            "NotIpAddress",
            "ArnEquals",
            "ArnLike",
            "ArnNotEquals",
            "ArnNotLike",
        ] {
            let plain = Operator::parse(name).unwrap();
            assert_eq!(plain.negated, name.contains("Not"), "{name}");
            let full = Operator::parse(&format!("ForAnyValue:{name}IfExists")).unwrap();
            assert_eq!(
                (full.family, full.negated, full.if_exists, full.quantifier),
                (plain.family, plain.negated, true, Some(Quantifier::Any))
            );
        }
        assert!(Operator::parse("Null").is_some());
        for bad in ["NullIfExists", "StringMatches", "For:Bool", "Numeric", ""] {
            assert!(Operator::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn rule_19_arns_match_segment_by_segment_and_strings_cross_colons() {
        let arn = "arn:aws:iam::1:user/x:role/app";
        let pattern = "arn:aws:iam::*:role/app";
        assert_eq!(compare("ArnLike", arn, pattern), Some(Truth::False));
        assert_eq!(compare("StringLike", arn, pattern), Some(Truth::True));
        assert_eq!(
            compare(
                "ArnEquals",
                "arn:aws:iam::1:role/a",
                "arn:aws:iam::1:role/*"
            ),
            Some(Truth::True)
        );
    }

    #[test]
    fn rule_20_numbers_dates_addresses_and_bytes() {
        for (operator, request, policy, want) in [
            ("NumericEquals", "10", "10.0", true),
            (
                "NumericLessThan",
                "9007199254740993",
                "9007199254740994",
                true,
            ),
            ("DateEquals", "2025-01-01T00:00:00Z", "1735689600", true),
            (
                "DateLessThan",
                "2025-01-01T00:00:00+01:00",
                "2025-01-01T00:00:00Z",
                true,
            ),
            ("Bool", "True", "true", true),
            ("BinaryEquals", "QUI=", "QUI=", true),
            ("BinaryEquals", "QUI=", "QUM=", false),
            ("IpAddress", "10.9.8.7", "10.0.0.0/8", true),
            ("IpAddress", "2001:db8::1", "0.0.0.0/0", false),
            ("IpAddress", "2001:0db8:0:0::1", "2001:db8::1", true),
            ("IpAddress", "10.1.0.0/16", "10.0.0.0/8", true),
            ("IpAddress", "10.255.0.1", "10.1.2.3/8", true),
            ("IpAddress", "203.0.113.7", "203.0.113.7", true),
            ("IpAddress", "203.0.113.7", "203.0.113.7/32", true),
            ("IpAddress", "203.0.113.8", "203.0.113.7", false),
            ("IpAddress", "2001:DB8:0:0:0:0:0:1", "2001:db8::/32", true),
            ("IpAddress", "2001:db8::1", "2001:0db8:0000::/48", true),
            ("IpAddress", "2001:db9::1", "2001:db8::/32", false),
            ("IpAddress", "::ffff:10.0.0.1", "::ffff:a00:1", true),
            ("IpAddress", "::ffff:10.0.0.1", "10.0.0.0/8", false),
            ("IpAddress", "10.0.0.1", "::/0", false),
        ] {
            let want = Some(Truth::from(want));
            assert_eq!(
                compare(operator, request, policy),
                want,
                "{operator} {request}"
            );
        }
        assert_eq!(
            compare("IpAddress", "10.0.0.0/8", "10.1.0.0/16"),
            Some(Truth::Unknown)
        );
        assert_eq!(compare("NumericEquals", "1", "x"), None);
        for bad in [
            "10.0.0",
            "10.0.0.256",
            "10.0.0.0/33",
            "2001:db8::/129",
            "[::1]",
            "",
        ] {
            assert!(!Family::Ip.reads(bad), "{bad}");
        }
        assert!(!Family::Binary.reads("???"));
        assert!(!Family::Date(Order::Equal).reads("yesterday"));
    }
}
