//! Kafka principals, `Type:name`.

use std::fmt;
use std::str::FromStr;

/// A Kafka principal: a type (nearly always `User`) and a name, both case-sensitive.
///
/// Source: Apache Kafka, `SecurityUtils.parseKafkaPrincipal`: split at the first colon.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KafkaPrincipal {
    text: String,
    colon: usize,
}

/// A text that is no Kafka principal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a Kafka principal: expected `User:name`")]
pub struct KafkaPrincipalError(String);

impl KafkaPrincipal {
    /// `User:name`.
    pub fn user(name: &str) -> Self {
        Self {
            text: format!("User:{name}"),
            colon: 4,
        }
    }

    /// `User:ANONYMOUS`, whoever a listener without authentication admits.
    pub fn anonymous() -> Self {
        Self::user("ANONYMOUS")
    }

    /// The type, `User`.
    pub fn kind(&self) -> &str {
        &self.text[..self.colon]
    }

    /// The name behind the first colon.
    pub fn name(&self) -> &str {
        &self.text[self.colon + 1..]
    }

    /// The whole text, as ACLs compare it.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for KafkaPrincipal {
    type Err = KafkaPrincipalError;

    fn from_str(text: &str) -> Result<Self, KafkaPrincipalError> {
        match text.find(':') {
            Some(colon) if colon > 0 => Ok(Self {
                text: text.to_owned(),
                colon,
            }),
            Some(_) | None => Err(KafkaPrincipalError(text.to_owned())),
        }
    }
}

impl fmt::Display for KafkaPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_splits_at_its_first_colon() {
        let dn: KafkaPrincipal = "User:CN=a,O=b:c".parse().unwrap();
        assert_eq!((dn.kind(), dn.name()), ("User", "CN=a,O=b:c"));
        assert!("alice".parse::<KafkaPrincipal>().is_err());
        assert!(":alice".parse::<KafkaPrincipal>().is_err());
    }
}
