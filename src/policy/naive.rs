//! The definition: one decision without unknowns, written from the flow chart of the IAM User Guide
//! ("Policy evaluation logic") over the JSON of the policies, as slow and as plain as can be. It shares
//! nothing with the engine, so that tests can hold the engine against it.
//!
//! What the documents leave open is a parameter: the engine must answer *conditional* exactly where the
//! answers differ.

use std::collections::BTreeMap;

use serde_json::Value;

/// The request.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    /// `user`, `role`, `federated`, `root`, `service`, `anonymous`.
    pub(super) kind: &'static str,
    pub(super) account: &'static str,
    /// Of a user its ARN; of a session that of the role; of a federated session its own.
    pub(super) arn: &'static str,
    /// The ARN of the session; of a federated session the ARN of the user who made it.
    pub(super) other: &'static str,
    pub(super) action: &'static str,
    pub(super) resource: &'static str,
    pub(super) owner: &'static str,
    /// `ordinary`, or `must allow` for a policy that must itself allow.
    pub(super) policy: &'static str,
    pub(super) context: BTreeMap<&'static str, Vec<&'static str>>,
}

/// Lists of statements.
#[derive(Clone, Debug, Default)]
pub(super) struct Policies {
    pub(super) identity: Vec<Value>,
    pub(super) boundary: Option<Vec<Value>>,
    pub(super) session: Option<Vec<Value>>,
    pub(super) scps: Vec<Vec<Value>>,
    pub(super) rcps: Vec<Vec<Value>>,
    pub(super) resource: Vec<Value>,
    pub(super) endpoint: Option<Vec<Value>>,
}

/// What the documents leave open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// Whether implicit denies of a boundary or session policy limit a grant to everyone.
    pub(super) everyone_is_limited: bool,
    /// Whether a `NotPrincipal` that does not list all that it should spares the caller.
    pub(super) partly_listed_is_spared: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Answer {
    Allowed,
    ExplicitlyDenied,
    ImplicitlyDenied,
}

pub(super) fn evaluate(ask: &Ask, policies: &Policies, open: Open) -> Answer {
    let evaluator = Evaluator {
        ask,
        policies,
        open,
    };
    evaluator.answer()
}

struct Evaluator<'a> {
    ask: &'a Ask,
    policies: &'a Policies,
    open: Open,
}

impl Evaluator<'_> {
    fn answer(&self) -> Answer {
        let (ask, policies) = (self.ask, self.policies);
        let has_account = !["service", "anonymous"].contains(&ask.kind);
        let is_root = ask.kind == "root";
        let none = Vec::new();
        let boundary = policies
            .boundary
            .as_ref()
            .filter(|_| has_account && !is_root);
        let session = policies
            .session
            .as_ref()
            .filter(|_| has_account && !is_root);
        let identity = if has_account && !is_root {
            &policies.identity
        } else {
            &none
        };
        let scps: Vec<&Vec<Value>> = policies.scps.iter().filter(|_| has_account).collect();
        let covered = ["s3", "kms", "sts"].contains(&ask.action.split(':').next().unwrap());
        let rcps = policies.rcps.iter().filter(|_| covered);

        // 1. Deny evaluation: all of them, an explicit deny ends it.
        // Its root user is never locked out of a bucket's policy by that policy.
        let policy = [
            "s3:GetBucketPolicy",
            "s3:PutBucketPolicy",
            "s3:DeleteBucketPolicy",
        ];
        let keeps = is_root && ask.account == ask.owner && policy.contains(&ask.action);
        let mut denies = vec![identity];
        if !keeps {
            denies.push(&policies.resource);
        }
        denies.extend(boundary);
        denies.extend(session);
        denies.extend(&scps);
        denies.extend(rcps);
        denies.extend(&policies.endpoint);
        if denies
            .into_iter()
            .flatten()
            .any(|s| s["Effect"] == "Deny" && self.applies(s))
        {
            return Answer::ExplicitlyDenied;
        }
        // 2. RCPs: the full-access policy is always there. 3. SCPs: an allow at each level.
        for level in scps {
            if !self.allows(level) {
                return Answer::ImplicitlyDenied;
            }
        }
        // The endpoint's policy filters.
        if let Some(endpoint) = &policies.endpoint
            && !self.allows(endpoint)
        {
            return Answer::ImplicitlyDenied;
        }
        // 4. The resource's policy, 5. identity, 6. boundary, 7. session.
        let limits = boundary.is_none_or(|p| self.allows(p))
            && session.map_or(ask.kind != "federated", |p| self.allows(p));
        let own = is_root || (self.allows(identity) && limits);
        let granted = if !has_account {
            self.allows(&policies.resource)
        } else if ask.account == ask.owner {
            let named = self.named(limits, own);
            named || (ask.policy == "ordinary" && own)
        } else {
            own && self.allows(&policies.resource)
        };
        if granted {
            Answer::Allowed
        } else {
            Answer::ImplicitlyDenied
        }
    }

    fn allows(&self, statements: &[Value]) -> bool {
        statements
            .iter()
            .any(|s| s["Effect"] == "Allow" && self.applies(s))
    }

    /// The table of who a resource policy names, in the caller's own account.
    fn named(&self, limits: bool, own: bool) -> bool {
        let applying = self
            .policies
            .resource
            .iter()
            .filter(|s| s["Effect"] == "Allow" && self.applies(s));
        applying
            .flat_map(|s| names(&s["Principal"]))
            .any(|name| match self.how(&name) {
                "itself" => true,
                "its role" | "its user" => limits,
                "everyone" => limits || !self.open.everyone_is_limited,
                "its account" => own,
                _ => false,
            })
    }

    /// By which kind of name `kind text` names the caller.
    fn how(&self, (kind, text): &(String, String)) -> &'static str {
        let ask = self.ask;
        let root = format!("arn:aws:iam::{}:root", ask.account);
        let known = !["service", "anonymous"].contains(&ask.kind);
        match kind.as_str() {
            "AWS" if text == "*" => "everyone",
            "AWS" if known && (text == ask.account || *text == root) => "its account",
            "AWS" if ask.kind == "user" && text == ask.arn => "itself",
            "AWS" if ask.kind == "federated" && text == ask.arn => "itself",
            "AWS" if ask.kind == "federated" && text == ask.other => "its user",
            "AWS" if ask.kind == "role" && text == ask.other => "itself",
            "AWS" if ask.kind == "role" && text == ask.arn => "its role",
            "Service" if ask.kind == "service" && text == ask.arn => "itself",
            _ => "not at all",
        }
    }

    fn applies(&self, statement: &Value) -> bool {
        self.principal(statement)
            && self.action(statement)
            && self.resource(statement)
            && self.conditions(statement)
    }

    fn principal(&self, statement: &Value) -> bool {
        if let Some(listed) = statement.get("NotPrincipal") {
            return self.not_principal(listed);
        }
        match statement.get("Principal") {
            None => true,
            Some(principal) => names(principal)
                .iter()
                .any(|name| self.how(name) != "not at all"),
        }
    }

    /// `NotPrincipal` of a Deny.
    fn not_principal(&self, listed: &Value) -> bool {
        let how: Vec<&str> = names(listed).iter().map(|name| self.how(name)).collect();
        let has = |word: &str| how.contains(&word);
        if how.iter().all(|word| *word == "not at all") {
            return true;
        }
        if self.policies.boundary.is_some() {
            return true;
        }
        let all = has("everyone")
            || match self.ask.kind {
                "user" | "federated" => has("itself") && has("its account"),
                "role" => has("itself") && has("its role") && has("its account"),
                "root" => has("its account"),
                _ => has("itself"),
            };
        !all && !self.open.partly_listed_is_spared
    }

    fn action(&self, statement: &Value) -> bool {
        let matched = |patterns: &Value| {
            let action = self.ask.action.to_lowercase();
            let mut patterns = strings(patterns).into_iter();
            patterns.any(|p| like(&p.to_lowercase(), &action))
        };
        match statement.get("NotAction") {
            Some(patterns) => !matched(patterns),
            None => matched(&statement["Action"]),
        }
    }

    fn resource(&self, statement: &Value) -> bool {
        let matched = |patterns: &Value| {
            let mut patterns = strings(patterns).into_iter();
            patterns.any(|pattern| {
                let Some(pattern) = self.substituted(&pattern) else {
                    return false;
                };
                pattern == ["*"] || arn_like(&pattern, self.ask.resource)
            })
        };
        match (statement.get("Resource"), statement.get("NotResource")) {
            (None, None) => true,
            (_, Some(patterns)) => !matched(patterns),
            (Some(patterns), None) => matched(patterns),
        }
    }

    fn conditions(&self, statement: &Value) -> bool {
        let Some(block) = statement.get("Condition").and_then(Value::as_object) else {
            return true;
        };
        block.iter().all(|(operator, keys)| {
            let mut keys = keys.as_object().unwrap().iter();
            keys.all(|(key, values)| self.condition(operator, key, &strings(values)))
        })
    }

    fn condition(&self, operator: &str, key: &str, values: &[String]) -> bool {
        let found = self.ask.context.get(key);
        if operator == "Null" {
            return values.iter().any(|v| (v == "true") == found.is_none());
        }
        let (set, plain) = match operator.split_once(':') {
            Some((set, plain)) => (set, plain),
            None => ("", operator),
        };
        let (plain, if_exists) = match plain.strip_suffix("IfExists") {
            Some(plain) => (plain, true),
            None => (plain, false),
        };
        let nothing = found.is_none_or(|found| found.iter().all(|v| v.is_empty()));
        if found.is_none() && if_exists {
            return true;
        }
        match set {
            "ForAllValues" if nothing => return true,
            "ForAnyValue" if nothing => return false,
            _ => {}
        }
        let negated = plain.contains("Not");
        let Some(found) = found else {
            return negated;
        };
        let positive = plain.replace("Not", "");
        let one = |value: &&str| {
            let compared: Vec<Option<bool>> = values
                .iter()
                .map(|policy| self.compare(&positive, value, policy))
                .collect();
            // A value of the request that cannot be read makes the condition false.
            if compared.iter().any(Option::is_none) {
                return false;
            }
            compared.contains(&Some(true)) != negated
        };
        match set {
            "ForAllValues" => found.iter().all(one),
            _ => found.iter().any(one),
        }
    }

    /// One value of the request with one of the policy; `None` when the former cannot be read.
    fn compare(&self, operator: &str, value: &str, policy: &str) -> Option<bool> {
        match operator {
            "StringEquals" | "StringEqualsIgnoreCase" | "StringLike" => {
                let Some(policy) = self.substituted(policy) else {
                    return Some(false);
                };
                let text: String = policy.concat();
                Some(match operator {
                    "StringEquals" => text.replace('\\', "") == value,
                    "StringEqualsIgnoreCase" => {
                        text.replace('\\', "").to_lowercase() == value.to_lowercase()
                    }
                    _ => like(&text, value),
                })
            }
            "ArnLike" | "ArnEquals" => {
                if value.matches(':').count() < 5 {
                    return Some(false);
                }
                Some(
                    self.substituted(policy)
                        .is_some_and(|policy| arn_like(&policy, value)),
                )
            }
            "Bool" => Some(value.parse::<bool>().ok()? == policy.parse::<bool>().unwrap()),
            "IpAddress" => address(value, policy),
            _ => {
                let (a, b) = if let Some(order) = operator.strip_prefix("Numeric") {
                    let a: f64 = value.parse().ok()?;
                    return Some(ordered(order, a, policy.parse().unwrap()));
                } else {
                    (seconds(value)?, seconds(policy).unwrap())
                };
                Some(ordered(operator.strip_prefix("Date").unwrap(), a, b))
            }
        }
    }

    /// The pieces of a text with variables replaced; in what was put in, `\` stands before wildcards.
    /// `None` when a variable has no value.
    fn substituted(&self, text: &str) -> Option<Vec<String>> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (inner, after) = after.split_once('}').unwrap();
            let (key, default) = match inner.split_once(", ") {
                Some((key, default)) => (key, Some(default.trim_matches('\'').to_owned())),
                None => (inner, None),
            };
            let value = match key {
                "*" | "?" | "$" => Some(key.to_owned()),
                key => {
                    let value = self.ask.context.get(key).map(|values| values.concat());
                    value.or(default)
                }
            };
            let literal = value?.replace('*', "\\*").replace('?', "\\?");
            pieces.push(before.to_owned());
            pieces.push(literal);
            rest = after;
        }
        pieces.push(rest.to_owned());
        pieces.retain(|piece| !piece.is_empty());
        Some(pieces)
    }
}

/// `(kind, text)` of each name.
fn names(principal: &Value) -> Vec<(String, String)> {
    match principal {
        Value::Object(kinds) => kinds
            .iter()
            .flat_map(|(kind, texts)| strings(texts).into_iter().map(|t| (kind.clone(), t)))
            .collect(),
        Value::String(text) => vec![("AWS".to_owned(), text.clone())],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => Vec::new(),
    }
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            vec![value.to_string()]
        }
    }
}

/// Whether a pattern with wildcards, `\` before those that are none, matches.
fn like(pattern: &str, text: &str) -> bool {
    let mut regex = String::from("(?s)^");
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => regex.push_str(&regex_lite::escape(&chars.next().unwrap().to_string())),
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            c => regex.push_str(&regex_lite::escape(&c.to_string())),
        }
    }
    regex.push('$');
    regex_lite::Regex::new(&regex).unwrap().is_match(text)
}

/// Six segments, each matched alone.
fn arn_like(pattern: &[String], arn: &str) -> bool {
    let pattern = pattern.concat();
    let patterns: Vec<&str> = pattern.splitn(6, ':').collect();
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    if patterns == ["*"] {
        return true;
    }
    patterns.len() == 6
        && parts.len() == 6
        && patterns.iter().zip(parts).all(|(p, part)| like(p, part))
}

fn ordered(order: &str, a: f64, b: f64) -> bool {
    match order {
        "Equals" => a.total_cmp(&b).is_eq(),
        "LessThan" => a < b,
        "LessThanEquals" => a <= b,
        "GreaterThan" => a > b,
        _ => a >= b,
    }
}

/// The two points in time that tests use, in both forms.
fn seconds(text: &str) -> Option<f64> {
    match text {
        "2025-01-01T00:00:00Z" | "2025-01-01T01:00:00+01:00" => Some(1_735_689_600.0),
        "2026-01-01T00:00:00Z" => Some(1_767_225_600.0),
        other => other.parse().ok(),
    }
}

/// Whether an address lies in a block, bit by bit; a family is never in the other's.
fn address(value: &str, block: &str) -> Option<bool> {
    let bits = |text: &str| -> Option<Vec<u8>> {
        let bytes = match text.parse::<std::net::IpAddr>().ok()? {
            std::net::IpAddr::V4(v4) => v4.octets().to_vec(),
            std::net::IpAddr::V6(v6) => v6.octets().to_vec(),
        };
        let bits = bytes
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |i| byte >> i & 1));
        Some(bits.collect())
    };
    let (base, length) = match block.split_once('/') {
        Some((base, length)) => (base, length.parse::<usize>().ok()),
        None => (block, None),
    };
    let (value, base) = (bits(value)?, bits(base).unwrap());
    let length = length.unwrap_or(base.len());
    Some(value.len() == base.len() && value[..length] == base[..length])
}
