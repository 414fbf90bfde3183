//! The words of Kafka's ACLs.
//!
//! Must never: refuse a word. One that is not known stays as it was written.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
            /// A name not known here, kept as it was written.
            Other(String),
        }

        impl $name {
            /// All known values.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name as Kafka's protocol spells it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl FromStr for $name {
            type Err = Infallible;

            /// Case, underscores and hyphens do not matter: `DESCRIBE_CONFIGS`, `DescribeConfigs`.
            fn from_str(text: &str) -> Result<Self, Infallible> {
                let plain: String = text
                    .chars()
                    .filter(char::is_ascii_alphanumeric)
                    .map(|c| c.to_ascii_uppercase())
                    .collect();
                $(if plain == $text.replace('_', "") {
                    return Ok(Self::$variant);
                })+
                Ok(Self::Other(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

names!(
    /// What an ACL allows or denies. Source: `org.apache.kafka.common.acl.AclOperation`.
    Operation {
        /// Every operation.
        All = "ALL",
        /// Read.
        Read = "READ",
        /// Write.
        Write = "WRITE",
        /// Create.
        Create = "CREATE",
        /// Delete.
        Delete = "DELETE",
        /// Alter.
        Alter = "ALTER",
        /// Describe.
        Describe = "DESCRIBE",
        /// Actions of brokers among themselves.
        ClusterAction = "CLUSTER_ACTION",
        /// Read configurations.
        DescribeConfigs = "DESCRIBE_CONFIGS",
        /// Change configurations.
        AlterConfigs = "ALTER_CONFIGS",
        /// Idempotent produce.
        IdempotentWrite = "IDEMPOTENT_WRITE",
        /// Make delegation tokens.
        CreateTokens = "CREATE_TOKENS",
        /// Read delegation tokens.
        DescribeTokens = "DESCRIBE_TOKENS",
        /// Two-phase commit.
        TwoPhaseCommit = "TWO_PHASE_COMMIT",
    }
);

names!(
    /// What an ACL is about. Source: `org.apache.kafka.common.resource.ResourceType`.
    ResourceType {
        /// A topic.
        Topic = "TOPIC",
        /// A consumer group.
        Group = "GROUP",
        /// The cluster, named `kafka-cluster`.
        Cluster = "CLUSTER",
        /// A transactional id.
        TransactionalId = "TRANSACTIONAL_ID",
        /// A delegation token.
        DelegationToken = "DELEGATION_TOKEN",
        /// A user, named by the whole principal.
        User = "USER",
    }
);

names!(
    /// How an ACL's name is compared. Source: `org.apache.kafka.common.resource.PatternType`.
    PatternType {
        /// The very name, or `*` for all.
        Literal = "LITERAL",
        /// All names that begin so; `*` is no wildcard here.
        Prefixed = "PREFIXED",
    }
);

names!(
    /// What an ACL does. Source: `org.apache.kafka.common.acl.AclPermissionType`.
    Permission {
        /// Allows.
        Allow = "ALLOW",
        /// Denies.
        Deny = "DENY",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read_and_others_are_kept() {
        for text in ["DESCRIBE_CONFIGS", "DescribeConfigs", "describeconfigs"] {
            assert_eq!(text.parse(), Ok(Operation::DescribeConfigs));
        }
        assert_eq!("Peek".parse(), Ok(Operation::Other("Peek".to_owned())));
        assert_eq!("TransactionalId".parse(), Ok(ResourceType::TransactionalId));
        assert_eq!(PatternType::Prefixed.to_string(), "PREFIXED");
    }
}
