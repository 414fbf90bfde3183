//! Whether a `Principal` element names a caller.
//!
//! Must never: decide what being named is worth; that is `decide`'s.

use super::Truth;
use super::caller::Caller;
use crate::names::Arn;

/// One entry of `Principal` or `NotPrincipal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalName {
    /// `*`
    Everyone,
    /// An account, by id or as `arn:aws:iam::ID:root` (rule 7).
    Account(String),
    /// A user, a role, a session; no wildcards (rule 7).
    Arn(String),
    /// A service.
    Service(String),
    /// An identity provider.
    Federated(String),
    /// A canonical user id of S3: some account that the id does not tell.
    CanonicalUser(String),
    /// `AROA...`, `AIDA...`: a principal that no longer exists (rule 8).
    UniqueId(String),
    /// Not to be read.
    Unreadable(String),
}

/// By which kind of name a caller is named, which decides what still limits them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NamedAs {
    /// By its own ARN: the user, the very session, the federated user, the service.
    Itself,
    /// By `*`.
    Everyone,
    /// By the ARN of its role.
    Role,
    /// By the ARN of the user who may have made the federated session.
    FederatingUser,
    /// By its account: delegates to the identity policies there.
    Account,
}

impl PrincipalName {
    /// Reads one entry under the given kind: `AWS`, `Service`, `Federated`, `CanonicalUser`.
    pub fn read(kind: &str, text: &str) -> Self {
        match kind {
            "AWS" if text == "*" => Self::Everyone,
            "AWS" => match text.parse::<Arn>() {
                Ok(arn) if arn.service() == "iam" && arn.resource() == "root" => {
                    Self::Account(arn.account().to_owned())
                }
                Ok(_) => Self::Arn(text.to_owned()),
                Err(_) if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) => {
                    Self::Account(text.to_owned())
                }
                Err(_)
                    if text.len() >= 16
                        && text.starts_with('A')
                        && text.bytes().all(|b| b.is_ascii_alphanumeric()) =>
                {
                    Self::UniqueId(text.to_owned())
                }
                Err(_) => Self::Unreadable(text.to_owned()),
            },
            "Service" => Self::Service(text.to_owned()),
            "Federated" => Self::Federated(text.to_owned()),
            "CanonicalUser" => Self::CanonicalUser(text.to_owned()),
            _ => Self::Unreadable(text.to_owned()),
        }
    }

    /// How this entry names a caller, and how surely; `None` when it does not.
    ///
    /// Source: IAM User Guide, "AWS JSON policy elements: Principal" (rules 7 to 9).
    pub fn names(&self, caller: &Caller) -> Option<(NamedAs, Truth)> {
        match self {
            Self::Everyone => Some((NamedAs::Everyone, Truth::True)),
            Self::Account(account) => (caller.account().as_ref() == Some(account))
                .then_some((NamedAs::Account, Truth::True)),
            Self::Arn(name) => Self::names_arn(name, caller),
            Self::Service(name) => match caller {
                Caller::Service { name: service } => (name.eq_ignore_ascii_case(service)
                    || name == "*")
                    .then_some((NamedAs::Itself, Truth::True)),
                Caller::User { .. }
                | Caller::Role { .. }
                | Caller::Root { .. }
                | Caller::Federated { .. }
                | Caller::Anonymous
                | Caller::ExternalAccount { .. } => None,
            },
            Self::Federated(name) => match caller {
                Caller::Federated { arn, .. } if arn == name => {
                    Some((NamedAs::Itself, Truth::True))
                }
                // "You cannot use a wildcard for a federated principal": not settled.
                Caller::Federated { .. } if caller.is_provider() && name == "*" => {
                    Some((NamedAs::Itself, Truth::Unknown))
                }
                Caller::User { .. }
                | Caller::Role { .. }
                | Caller::Root { .. }
                | Caller::Federated { .. }
                | Caller::Service { .. }
                | Caller::Anonymous
                | Caller::ExternalAccount { .. } => None,
            },
            Self::CanonicalUser(_) => {
                (caller.account().is_some()).then_some((NamedAs::Account, Truth::Unknown))
            }
            Self::UniqueId(_) => None,
            Self::Unreadable(_) => Some((NamedAs::Itself, Truth::Unknown)),
        }
    }

    fn names_arn(name: &str, caller: &Caller) -> Option<(NamedAs, Truth)> {
        match caller {
            Caller::User { arn } => (arn == name).then_some((NamedAs::Itself, Truth::True)),
            Caller::Role { arn, session } => {
                if arn == name {
                    return Some((NamedAs::Role, Truth::True));
                }
                let (account, role, named) = Caller::session_of(name)?;
                let own = arn.parse::<Arn>().ok()?;
                let same = own.account() == account
                    && own.name() == role
                    && session.as_deref() == Some(&named);
                same.then_some((NamedAs::Itself, Truth::True))
            }
            Caller::Federated { arn, .. } if arn == name => Some((NamedAs::Itself, Truth::True)),
            Caller::Federated { by: Some(user), .. } => {
                (user == name).then_some((NamedAs::FederatingUser, Truth::True))
            }
            Caller::Federated { arn, by: None } if !caller.is_provider() => {
                // Any user of the account may have made the session.
                let (own, user) = (arn.parse::<Arn>().ok()?, name.parse::<Arn>().ok()?);
                let same = own.account() == user.account()
                    && user.service() == "iam"
                    && user.resource().starts_with("user/");
                same.then_some((NamedAs::FederatingUser, Truth::Unknown))
            }
            Caller::Federated { .. }
            | Caller::Root { .. }
            | Caller::Service { .. }
            | Caller::Anonymous
            | Caller::ExternalAccount { .. } => None,
        }
    }

    /// The callers that a request by `caller` may come from, where the caller chooses: sessions
    /// of its role that this entry names, principals of its account.
    /// Whether the name may stand for the caller, or for somebody whom the caller may be.
    pub fn may_name(&self, caller: &Caller) -> bool {
        self.names(caller).is_some() || self.offers(caller).is_some()
    }

    pub(super) fn offers(&self, caller: &Caller) -> Option<Caller> {
        let Self::Arn(name) = self else {
            return None;
        };
        match caller {
            Caller::Role { arn, session: None } => {
                let (account, role, named) = Caller::session_of(name)?;
                let own = arn.parse::<Arn>().ok()?;
                (own.account() == account && own.name() == role).then(|| Caller::Role {
                    arn: arn.clone(),
                    session: Some(named),
                })
            }
            Caller::ExternalAccount { account } => {
                let named = Caller::from_name(name)?;
                (named.account().as_ref() == Some(account)).then_some(named)
            }
            Caller::Role { .. }
            | Caller::User { .. }
            | Caller::Root { .. }
            | Caller::Federated { .. }
            | Caller::Service { .. }
            | Caller::Anonymous => None,
        }
    }
}

/// Whether a `NotPrincipal` of a Deny hits the caller (rule 10). `bounded`: whether the caller
/// has a permissions boundary.
///
/// Source: IAM User Guide, "AWS JSON policy elements: NotPrincipal": principals with a boundary
/// are hit whatever is listed; the account must be listed beside the user or role, and the role
/// beside its session, or more may be hit than is meant: not settled.
pub(super) fn not_principal_hits(
    names: &[PrincipalName],
    caller: &Caller,
    bounded: Truth,
) -> Truth {
    let mut seen: Vec<NamedAs> = Vec::new();
    let mut unsure = false;
    for name in names {
        if let Some((by, truth)) = name.names(caller) {
            seen.push(by);
            unsure |= !truth.is_true();
        }
    }
    if seen.is_empty() {
        return Truth::True;
    }
    if bounded.is_true() {
        return Truth::True;
    }
    let has = |by| seen.contains(&by);
    let spared = has(NamedAs::Everyone)
        || match caller {
            Caller::User { .. } | Caller::Federated { .. } if !caller.is_provider() => {
                has(NamedAs::Itself) && has(NamedAs::Account)
            }
            Caller::Role { .. } => {
                has(NamedAs::Itself) && has(NamedAs::Role) && has(NamedAs::Account)
            }
            Caller::Root { .. } | Caller::ExternalAccount { .. } => has(NamedAs::Account),
            Caller::User { .. }
            | Caller::Federated { .. }
            | Caller::Service { .. }
            | Caller::Anonymous => has(NamedAs::Itself),
        };
    if spared && !unsure && bounded.is_false() {
        Truth::False
    } else {
        Truth::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(name: &str) -> Caller {
        Caller::from_name(name).unwrap()
    }

    fn named(kind: &str, text: &str, by: &str) -> Option<(NamedAs, Truth)> {
        PrincipalName::read(kind, text).names(&caller(by))
    }

    const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
    const APP: &str = "arn:aws:iam::111122223333:role/team/app";
    const ROOT: &str = "arn:aws:iam::111122223333:root";

    #[test]
    fn rule_7_no_wildcards_in_arns_and_an_account_has_two_names() {
        let star = "arn:aws:iam::111122223333:user/*";
        assert_eq!(named("AWS", star, ALICE), None);
        let by = Some((NamedAs::Account, Truth::True));
        assert_eq!(named("AWS", "111122223333", ALICE), by);
        assert_eq!(named("AWS", ROOT, ALICE), by);
        assert_eq!(named("AWS", "444455556666", ALICE), None);
        assert_eq!(
            named("AWS", "*", "anonymous"),
            Some((NamedAs::Everyone, Truth::True))
        );
    }

    #[test]
    fn rule_8_a_session_has_no_path_and_an_id_names_nobody() {
        let session = Caller::Role {
            arn: APP.to_owned(),
            session: Some("x".to_owned()),
        };
        let name = |text: &str| PrincipalName::read("AWS", text).names(&session);
        assert_eq!(
            name("arn:aws:sts::111122223333:assumed-role/app/x"),
            Some((NamedAs::Itself, Truth::True))
        );
        assert_eq!(name("arn:aws:sts::111122223333:assumed-role/app/y"), None);
        assert_eq!(name(APP), Some((NamedAs::Role, Truth::True)));
        assert_eq!(named("AWS", "AIDAIOSFODNN7EXAMPLE", ALICE), None);
    }

    #[test]
    fn rule_10_not_principal_needs_the_account_and_forgets_who_has_a_boundary() {
        let list = |names: &[&str]| -> Vec<PrincipalName> {
            names
                .iter()
                .map(|n| PrincipalName::read("AWS", n))
                .collect()
        };
        let alice = caller(ALICE);
        let hits = |names: &[&str], bounded| not_principal_hits(&list(names), &alice, bounded);
        assert_eq!(hits(&[ALICE, ROOT], Truth::False), Truth::False);
        assert_eq!(hits(&[ALICE, ROOT], Truth::True), Truth::True);
        assert_eq!(hits(&[ALICE, ROOT], Truth::Unknown), Truth::Unknown);
        assert_eq!(hits(&[ALICE], Truth::False), Truth::Unknown);
        assert_eq!(hits(&[APP, "444455556666"], Truth::False), Truth::True);
    }

    #[test]
    fn names_become_callers() {
        assert_eq!(
            caller("arn:aws:sts::111122223333:assumed-role/app/s1"),
            Caller::Role {
                arn: "arn:aws:iam::111122223333:role/app".to_owned(),
                session: Some("s1".to_owned())
            }
        );
        assert_eq!(caller(ROOT).account().as_deref(), Some("111122223333"));
        assert!(matches!(
            caller("lambda.amazonaws.com"),
            Caller::Service { .. }
        ));
        assert_eq!(Caller::from_name("arn:aws:s3:::b"), None);
    }
}
