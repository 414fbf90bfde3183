//! Who makes a request.
//!
//! Must never: know a policy.

use super::context::{Context, KeyState};
use super::pattern::PLACEHOLDER;
use crate::names::Arn;

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caller {
    /// An IAM user.
    User {
        /// Its ARN.
        arn: String,
    },
    /// A session of a role.
    Role {
        /// The ARN of the role, with its path.
        arn: String,
        /// The session's name; `None` when whoever assumes the role chooses it.
        session: Option<String>,
    },
    /// The root user of an account.
    Root {
        /// The account id.
        account: String,
    },
    /// A federated user session (`arn:aws:sts::1:federated-user/x`), or, for requests that
    /// assume a role with a token, the identity provider that vouches for the caller.
    Federated {
        /// Its ARN; providers without one by their name, `accounts.google.com`.
        arn: String,
        /// The ARN of the user who made the session, when that is known.
        by: Option<String>,
    },
    /// An AWS service.
    Service {
        /// `lambda.amazonaws.com`
        name: String,
    },
    /// Anyone, without credentials.
    Anonymous,
    /// The administrator of an account that is known only by its id: may act as any principal of
    /// it. Its own side is assumed to grant.
    ExternalAccount {
        /// The account id.
        account: String,
    },
}

impl Caller {
    /// The caller behind an ARN, a service name or `anonymous`.
    ///
    /// A session's ARN has no path (rule 8), so the role is taken to be at `/`; callers that know
    /// the role build [`Caller::Role`] themselves.
    pub fn from_name(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("anonymous") || name == "*" {
            return Some(Self::Anonymous);
        }
        let Ok(arn) = name.parse::<Arn>() else {
            if name.len() == 12 && name.bytes().all(|b| b.is_ascii_digit()) {
                return Some(Self::ExternalAccount {
                    account: name.to_owned(),
                });
            }
            return name.contains('.').then(|| Self::Service {
                name: name.to_owned(),
            });
        };
        let account = arn.account();
        let (kind, rest) = arn
            .resource()
            .split_once('/')
            .unwrap_or((arn.resource(), ""));
        match (arn.service(), kind) {
            ("iam", "root") => Some(Self::Root {
                account: account.to_owned(),
            }),
            ("iam", "user") => Some(Self::User {
                arn: name.to_owned(),
            }),
            ("iam", "role") => Some(Self::Role {
                arn: name.to_owned(),
                session: None,
            }),
            ("iam", "oidc-provider" | "saml-provider") | ("sts", "federated-user") => {
                Some(Self::Federated {
                    arn: name.to_owned(),
                    by: None,
                })
            }
            ("sts", "assumed-role") => {
                let (role, session) = rest.split_once('/')?;
                let partition = arn.partition();
                Some(Self::Role {
                    arn: format!("arn:{partition}:iam::{account}:role/{role}"),
                    session: Some(session.to_owned()),
                })
            }
            _ => None,
        }
    }

    /// The account the caller belongs to; none for services, providers and the anonymous.
    pub fn account(&self) -> Option<String> {
        match self {
            Self::User { arn } | Self::Role { arn, .. } => {
                arn.parse::<Arn>().ok().map(|a| a.account().to_owned())
            }
            Self::Federated { arn, .. } if !self.is_provider() => {
                arn.parse::<Arn>().ok().map(|a| a.account().to_owned())
            }
            Self::Root { account } | Self::ExternalAccount { account } => Some(account.clone()),
            Self::Federated { .. } | Self::Service { .. } | Self::Anonymous => None,
        }
    }

    /// Adds to a context the keys that follow from who the caller is: `aws:PrincipalArn` and its
    /// kind. Tags, organization and session names are not among them.
    ///
    /// `aws:PrincipalArn` of an external account is any ARN of that account.
    ///
    /// Source: IAM User Guide, "Principal key values" and "AWS global condition context keys"; of
    /// a session, `aws:PrincipalArn` is the role's ARN (rule 9).
    #[must_use]
    pub fn describe(&self, context: Context) -> Context {
        let context = match self.account() {
            Some(account) => context.known("aws:PrincipalAccount", account),
            None => context.absent("aws:PrincipalAccount"),
        };
        let service = matches!(self, Self::Service { .. });
        let context = context
            .known("aws:PrincipalIsAWSService", service.to_string())
            .absent("aws:username");
        let context = if service {
            context
        } else {
            context
                .absent("aws:PrincipalServiceName")
                .absent("aws:PrincipalServiceNamesList")
        };
        let named = |context: Context, arn: &str, kind: &str| {
            context
                .known("aws:PrincipalArn", arn)
                .known("aws:PrincipalType", kind)
        };
        match self {
            Self::User { arn } => {
                let name = arn.rsplit('/').next().unwrap_or_default().to_owned();
                named(context, arn, "User").known("aws:username", name)
            }
            Self::Role { arn, .. } => named(context, arn, "AssumedRole"),
            Self::Root { account } => {
                named(context, &format!("arn:aws:iam::{account}:root"), "Account")
            }
            Self::Federated { arn, .. } if !self.is_provider() => {
                named(context, arn, "FederatedUser")
            }
            Self::Anonymous => context
                .absent("aws:PrincipalArn")
                .known("aws:PrincipalType", "Anonymous"),
            Self::Service { name } => context
                .known("aws:PrincipalServiceName", name)
                .absent("aws:PrincipalArn")
                .unknown("aws:PrincipalType"),
            Self::ExternalAccount { account } => context
                .known(
                    "aws:PrincipalArn",
                    format!("arn:aws:iam::{account}:{PLACEHOLDER}"),
                )
                .with("aws:PrincipalType", KeyState::Chosen)
                .unknown("aws:username"),
            Self::Federated { .. } => context
                .absent("aws:PrincipalArn")
                .unknown("aws:PrincipalType"),
        }
    }

    /// Whether this is an identity provider, not a session.
    pub(super) fn is_provider(&self) -> bool {
        let Self::Federated { arn, .. } = self else {
            return false;
        };
        !arn.contains(":federated-user/")
    }

    /// Whether this is a session that a user made with `GetFederationToken`.
    pub(super) fn is_federated_session(&self) -> bool {
        matches!(self, Self::Federated { .. }) && !self.is_provider()
    }

    /// Whether the role is a service-linked one, which SCPs and RCPs do not bind (rule 23;
    /// Organizations User Guide, "Resource control policies").
    pub(super) fn is_service_linked(&self) -> bool {
        matches!(self, Self::Role { arn, .. } if arn.contains(":role/aws-service-role/"))
    }

    /// `(account, role name, session)` of `arn:...:sts::A:assumed-role/NAME/SESSION`.
    pub(super) fn session_of(arn: &str) -> Option<(String, String, String)> {
        let arn = arn.parse::<Arn>().ok()?;
        let rest = arn.resource().strip_prefix("assumed-role/")?;
        let (role, session) = rest.split_once('/')?;
        let account = arn.account().to_owned();
        (arn.service() == "sts").then(|| (account, role.to_owned(), session.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_9_the_principal_arn_of_a_session_is_its_roles() {
        let session = Caller::from_name("arn:aws:sts::111122223333:assumed-role/app/s1").unwrap();
        let context = session.describe(Context::new(KeyState::Unknown));
        assert_eq!(
            context.state("aws:PrincipalArn"),
            &KeyState::Known(vec!["arn:aws:iam::111122223333:role/app".to_owned()])
        );
        assert_eq!(
            context.state("aws:PrincipalAccount"),
            &KeyState::Known(vec!["111122223333".to_owned()])
        );
        assert_eq!(context.state("aws:username"), &KeyState::Absent);
    }
}
