//! Kafka's authorizer: super users, ACLs, the default without ACLs.
//!
//! Must never: resolve a host, expand a network, or know which listener made the principal.

use super::Truth;
use super::kafka_names::{Operation, PatternType, Permission, ResourceType};
use crate::capture::Source;
use crate::reach::Strength;

/// One ACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclBinding {
    /// Kind of the resource.
    pub resource_type: ResourceType,
    /// Name or prefix.
    pub name: String,
    /// How the name is compared.
    pub pattern_type: PatternType,
    /// `User:alice`, or `User:*` for every principal of every type.
    pub principal: String,
    /// An address as Java prints it, or `*`.
    pub host: String,
    /// What may or may not be done.
    pub operation: Operation,
    /// Allow or deny.
    pub permission: Permission,
    /// Where the ACL was read.
    pub source: Source,
}

/// From where a request comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host<'a> {
    /// From this address, written as Java's `getHostAddress` does.
    Address(&'a str),
    /// From some address that no ACL names.
    Any,
}

/// What `authorizer.class.name` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizerClass {
    /// Empty: no authorizer, everything is allowed.
    None,
    /// Kafka's own.
    Standard,
    /// Another class: what it makes of the ACLs is not known here.
    Other(String),
    /// The configuration was not read.
    Unread,
}

impl AuthorizerClass {
    /// The class a configuration names. Kafka's own are `StandardAuthorizer` and, in the
    /// `ZooKeeper` era, `AclAuthorizer` and `SimpleAclAuthorizer`, with the same rules.
    pub fn of(class: &str) -> Self {
        let class = class.trim();
        match class.rsplit('.').next().unwrap_or_default() {
            "" => Self::None,
            "StandardAuthorizer" | "AclAuthorizer" | "SimpleAclAuthorizer"
                if class.starts_with("org.apache.kafka.") || class.starts_with("kafka.") =>
            {
                Self::Standard
            }
            _ => Self::Other(class.to_owned()),
        }
    }
}

/// What a cluster checks requests with.
#[derive(Clone, Debug)]
pub struct Authorizer {
    /// Which authorizer is configured.
    pub class: AuthorizerClass,
    /// `super.users`, split at `;` and trimmed.
    pub super_users: Vec<(String, Source)>,
    /// `allow.everyone.if.no.acl.found`.
    pub allow_everyone_if_no_acl: Truth,
    /// The ACLs that were read.
    pub acls: Vec<AclBinding>,
    /// What holds ACLs that were not read, when there are such.
    pub acls_unread: Option<String>,
}

/// Why a request is decided as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KafkaReason {
    /// There is no authorizer: everything is allowed.
    NoAuthorizer,
    /// The principal is a super user.
    SuperUser,
    /// An ACL allows.
    Acl,
    /// An ACL denies.
    DeniedByAcl,
    /// No ACL is about the resource, and the default lets everyone in.
    NoAclDefault,
    /// ACLs are about the resource, and none allows this.
    NotGranted,
    /// No ACL is about the resource, and the default lets nobody in.
    DeniedByDefault,
    /// It stands in ACLs, or a configuration, that were not read.
    Unread,
}

/// What the authorizer answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaDecision {
    /// How surely the request is allowed.
    pub strength: Strength,
    /// Why.
    pub reason: KafkaReason,
    /// The ACL or configuration line that carries the answer.
    pub evidence: Vec<Source>,
    /// What was not read and could change the answer.
    pub unread: Vec<String>,
    /// The name takes part in a known defect of `StandardAuthorizer`, so that the real class may
    /// answer otherwise.
    pub odd_name: bool,
}

impl KafkaDecision {
    /// The decision, held between two strengths by something that was not read.
    fn within(mut self, least: Strength, most: Strength, unread: &str) -> Self {
        let strength = self.strength.clamp(least, most);
        if strength != self.strength || strength == least {
            self.unread.push(unread.to_owned());
        }
        if strength == Strength::Gap {
            self.reason = KafkaReason::Unread;
            self.evidence.clear();
        }
        self.strength = strength;
        self
    }
}

impl AclBinding {
    /// Whether the ACL is about the resource, whoever asks.
    fn covers(&self, resource_type: &ResourceType, name: &str) -> Truth {
        if self.resource_type != *resource_type {
            return Truth::False;
        }
        match &self.pattern_type {
            PatternType::Literal => (self.name == name || self.name == "*").into(),
            PatternType::Prefixed => name.starts_with(&self.name).into(),
            PatternType::Other(_) => Truth::Unknown,
        }
    }

    /// Whether the ACL speaks of this principal and host.
    fn concerns(&self, principal: &str, host: Host<'_>) -> bool {
        (self.principal == principal || self.principal == "User:*")
            && (self.host == "*" || matches!(host, Host::Address(a) if a == self.host))
    }

    /// Whether the ACL's operation decides this one: implied operations count for ALLOW alone.
    fn decides(&self, operation: &Operation) -> Truth {
        use Operation::{
            All, Alter, AlterConfigs, Delete, Describe, DescribeConfigs, Other, Read, Write,
        };
        if self.operation == All || self.operation == *operation {
            return Truth::True;
        }
        if matches!(self.operation, Other(_)) {
            return Truth::Unknown;
        }
        let implied = self.permission == Permission::Allow
            && (*operation == Describe && matches!(self.operation, Read | Write | Delete | Alter)
                || *operation == DescribeConfigs && self.operation == AlterConfigs);
        implied.into()
    }
}

impl Authorizer {
    /// Decides one request.
    ///
    /// Source: Apache Kafka, `StandardAuthorizerData.authorize` (kafka-semantics, section 1.1):
    /// super users first, then DENY, then ALLOW, then the default when no ACL of anybody is about
    /// the resource.
    pub fn authorize(
        &self,
        principal: &str,
        host: Host<'_>,
        operation: &Operation,
        resource_type: &ResourceType,
        name: &str,
    ) -> KafkaDecision {
        let decision = self.by_rules(principal, host, operation, resource_type, name);
        let answer = match &self.class {
            AuthorizerClass::Standard => decision,
            AuthorizerClass::None => KafkaDecision {
                strength: Strength::Always,
                reason: KafkaReason::NoAuthorizer,
                evidence: Vec::new(),
                unread: Vec::new(),
                odd_name: false,
            },
            // Without an authorizer it would be allowed; nothing was seen that says so.
            AuthorizerClass::Unread => {
                decision.within(Strength::Gap, Strength::Always, "authorizer.class.name")
            }
            AuthorizerClass::Other(class) => {
                decision.within(Strength::Gap, Strength::Conditional, class)
            }
        };
        KafkaDecision {
            odd_name: answer.odd_name || self.is_odd(resource_type, name),
            ..answer
        }
    }

    fn by_rules(
        &self,
        principal: &str,
        host: Host<'_>,
        operation: &Operation,
        resource_type: &ResourceType,
        name: &str,
    ) -> KafkaDecision {
        let answer = |strength, reason, evidence: Vec<Source>| KafkaDecision {
            strength,
            reason,
            evidence,
            unread: Vec::new(),
            odd_name: false,
        };
        let supers = self.super_users.iter();
        if let Some((_, at)) = supers.clone().find(|(user, _)| user == principal) {
            return answer(Strength::Always, KafkaReason::SuperUser, vec![at.clone()]);
        }
        let mut about = Truth::False;
        let (mut denies, mut allows) = (Vec::new(), Vec::new());
        for acl in &self.acls {
            let covers = acl.covers(resource_type, name);
            about = about | covers;
            if covers.is_false() || !acl.concerns(principal, host) {
                continue;
            }
            let truth = covers & acl.decides(operation);
            match &acl.permission {
                Permission::Allow => allows.push((truth, acl)),
                Permission::Deny => denies.push((truth, acl)),
                Permission::Other(_) => {
                    allows.push((truth & Truth::Unknown, acl));
                    denies.push((truth & Truth::Unknown, acl));
                }
            }
        }
        let first = |acls: &[(Truth, &AclBinding)], truth| {
            let mut fitting = acls.iter().filter(|(t, _)| *t == truth);
            fitting.next().map(|(_, acl)| acl.source.clone())
        };
        if let Some(at) = first(&denies, Truth::True) {
            return answer(Strength::Never, KafkaReason::DeniedByAcl, vec![at]);
        }
        let (strength, reason, evidence) = if let Some(at) = first(&allows, Truth::True) {
            (Strength::Always, KafkaReason::Acl, vec![at])
        } else {
            let by_default = match (about, self.allow_everyone_if_no_acl) {
                (Truth::True, _) => (Strength::Never, KafkaReason::NotGranted),
                (_, Truth::False) => (Strength::Never, KafkaReason::DeniedByDefault),
                (Truth::False, Truth::True) => (Strength::Always, KafkaReason::NoAclDefault),
                (Truth::Unknown, Truth::True) => (Strength::Conditional, KafkaReason::NoAclDefault),
                // What lets everyone in was not read.
                (_, Truth::Unknown) => (Strength::Gap, KafkaReason::Unread),
            };
            match first(&allows, Truth::Unknown) {
                Some(at) if by_default.0 < Strength::Conditional => {
                    (Strength::Conditional, KafkaReason::Acl, vec![at])
                }
                Some(_) | None => (by_default.0, by_default.1, Vec::new()),
            }
        };
        let mut decision = answer(strength, reason, evidence);
        if let Some(at) = first(&denies, Truth::Unknown) {
            decision.strength = decision.strength & Strength::Conditional;
            decision.evidence.push(at);
        }
        if let Some(unread) = &self.acls_unread {
            // An unread ACL may grant, deny, or end the default.
            decision.unread.push(unread.clone());
            decision.strength = match decision.strength {
                Strength::Never | Strength::Gap => Strength::Gap,
                Strength::Conditional | Strength::Always => Strength::Conditional,
            };
            if decision.strength == Strength::Gap {
                decision.reason = KafkaReason::Unread;
            }
        }
        decision
    }

    /// Names that topics cannot have and that `StandardAuthorizer` is known to treat otherwise
    /// (kafka-semantics, section 1.1, divergences a and b).
    fn is_odd(&self, resource_type: &ResourceType, name: &str) -> bool {
        let Some(first) = name.chars().next() else {
            return false;
        };
        let wildcard = first == '*' && name.len() > 1;
        let low = first < '*'
            && self.acls.iter().any(|acl| {
                acl.resource_type == *resource_type
                    && acl.name.starts_with(first)
                    && !name.starts_with(&acl.name)
                    && !acl.name.starts_with(name)
            });
        wildcard || low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acl(text: &str) -> AclBinding {
        let parts: Vec<&str> = text.split(' ').collect();
        AclBinding {
            resource_type: ResourceType::Topic,
            name: parts[0].to_owned(),
            pattern_type: parts[1].parse().unwrap(),
            principal: parts[2].to_owned(),
            host: parts[3].to_owned(),
            operation: parts[4].parse().unwrap(),
            permission: parts[5].parse().unwrap(),
            source: Source::new("acls", 1, ""),
        }
    }

    fn authorizer(acls: &[&str]) -> Authorizer {
        Authorizer {
            class: AuthorizerClass::Standard,
            super_users: vec![(
                "User:admin".to_owned(),
                Source::new("server.properties", 9, ""),
            )],
            allow_everyone_if_no_acl: Truth::False,
            acls: acls.iter().map(|a| acl(a)).collect(),
            acls_unread: None,
        }
    }

    fn read(authorizer: &Authorizer, principal: &str) -> (Strength, KafkaReason) {
        let decision = authorizer.authorize(
            principal,
            Host::Any,
            &Operation::Read,
            &ResourceType::Topic,
            "orders",
        );
        (decision.strength, decision.reason)
    }

    #[test]
    fn super_users_come_before_denies_and_before_unread_acls() {
        let mut a = authorizer(&["* LITERAL User:* * ALL DENY"]);
        assert_eq!(
            read(&a, "User:admin"),
            (Strength::Always, KafkaReason::SuperUser)
        );
        a.acls_unread = Some("describe-acls".to_owned());
        assert_eq!(read(&a, "User:admin").0, Strength::Always);
        assert_eq!(
            read(&a, "User:bob"),
            (Strength::Never, KafkaReason::DeniedByAcl)
        );
    }

    #[test]
    fn one_acl_of_anybody_ends_the_default_for_everybody() {
        let mut a = authorizer(&[]);
        a.allow_everyone_if_no_acl = Truth::True;
        assert_eq!(
            read(&a, "User:bob"),
            (Strength::Always, KafkaReason::NoAclDefault)
        );
        a.acls.push(acl("or PREFIXED User:carol * WRITE ALLOW"));
        assert_eq!(
            read(&a, "User:bob"),
            (Strength::Never, KafkaReason::NotGranted)
        );
    }

    #[test]
    fn implied_operations_count_for_allow_alone() {
        let describe = |a: &Authorizer| {
            let topic = ResourceType::Topic;
            a.authorize(
                "User:bob",
                Host::Any,
                &Operation::Describe,
                &topic,
                "orders",
            )
            .strength
        };
        assert_eq!(
            describe(&authorizer(&["orders LITERAL User:bob * READ ALLOW"])),
            Strength::Always
        );
        let both = authorizer(&[
            "orders LITERAL User:bob * DESCRIBE ALLOW",
            "orders LITERAL User:bob * READ DENY",
        ]);
        assert_eq!(describe(&both), Strength::Always);
    }

    #[test]
    fn a_prefixed_star_is_no_wildcard_and_hosts_are_text() {
        assert_eq!(
            read(
                &authorizer(&["* PREFIXED User:bob * READ ALLOW"]),
                "User:bob"
            )
            .0,
            Strength::Never
        );
        let a = authorizer(&["orders LITERAL User:bob 10.0.0.1 READ ALLOW"]);
        assert_eq!(read(&a, "User:bob").0, Strength::Never);
        let from = a.authorize(
            "User:bob",
            Host::Address("10.0.0.1"),
            &Operation::Read,
            &ResourceType::Topic,
            "orders",
        );
        assert_eq!(from.strength, Strength::Always);
    }

    #[test]
    fn another_class_may_make_of_acls_what_it_wants() {
        assert_eq!(
            AuthorizerClass::of("org.apache.kafka.metadata.authorizer.StandardAuthorizer"),
            AuthorizerClass::Standard
        );
        assert_eq!(AuthorizerClass::of(" "), AuthorizerClass::None);
        let mut a = authorizer(&["orders LITERAL User:bob * READ ALLOW"]);
        a.class = AuthorizerClass::of("org.apache.ranger.RangerKafkaAuthorizer");
        assert_eq!(read(&a, "User:bob").0, Strength::Conditional);
        assert_eq!(read(&a, "User:eve"), (Strength::Gap, KafkaReason::Unread));
    }

    #[test]
    fn what_was_not_read_is_never_no_and_never_yes() {
        let mut a = authorizer(&["orders LITERAL User:bob * READ ALLOW"]);
        a.acls_unread = Some("describe-acls".to_owned());
        assert_eq!(read(&a, "User:bob").0, Strength::Conditional);
        assert_eq!(read(&a, "User:eve"), (Strength::Gap, KafkaReason::Unread));
        a = authorizer(&[]);
        a.class = AuthorizerClass::Unread;
        assert_eq!(read(&a, "User:eve"), (Strength::Gap, KafkaReason::Unread));
        a.class = AuthorizerClass::None;
        assert_eq!(
            read(&a, "User:eve"),
            (Strength::Always, KafkaReason::NoAuthorizer)
        );
    }
}
