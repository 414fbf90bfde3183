//! The condition keys of one request.
//!
//! Must never: guess. What is not said about a key is the fallback the caller gave.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of one condition key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// In the request, with these values.
    Known(Vec<String>),
    /// Certainly not in the request.
    Absent,
    /// Not in the request, or there with any value.
    Unknown,
    /// The caller chooses: absent, or any value, the same for all layers of the request.
    Chosen,
}

#[derive(Clone, Debug)]
struct Inner {
    keys: BTreeMap<Arc<str>, Arc<KeyState>>,
    prefixes: BTreeMap<Arc<str>, Arc<KeyState>>,
    fallback: Arc<KeyState>,
}

/// The condition keys of one request. Names ignore case (rule 21).
///
/// Cloning shares; changing a clone copies the table of keys but not their values.
#[derive(Clone, Debug)]
pub struct Context(Arc<Inner>);

impl Context {
    /// A context in which every key is in the state `fallback`.
    pub fn new(fallback: KeyState) -> Self {
        Self(Arc::new(Inner {
            keys: BTreeMap::new(),
            prefixes: BTreeMap::new(),
            fallback: Arc::new(fallback),
        }))
    }

    /// Sets the state of one key.
    #[must_use]
    pub fn with(mut self, key: &str, state: KeyState) -> Self {
        let key = key.to_lowercase().into();
        Arc::make_mut(&mut self.0).keys.insert(key, Arc::new(state));
        self
    }

    /// The key has this value.
    #[must_use]
    pub fn known(self, key: &str, value: impl Into<String>) -> Self {
        self.with(key, KeyState::Known(vec![value.into()]))
    }

    /// The key has these values; none at all counts as an empty list, not as absence.
    #[must_use]
    pub fn known_many<S: Into<String>>(
        self,
        key: &str,
        values: impl IntoIterator<Item = S>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.with(key, KeyState::Known(values))
    }

    /// The key is not in the request.
    #[must_use]
    pub fn absent(self, key: &str) -> Self {
        self.with(key, KeyState::Absent)
    }

    /// Nothing is known of the key.
    #[must_use]
    pub fn unknown(self, key: &str) -> Self {
        self.with(key, KeyState::Unknown)
    }

    /// The caller chooses the key.
    #[must_use]
    pub fn chosen(self, key: &str) -> Self {
        self.with(key, KeyState::Chosen)
    }

    /// The state of every key that begins with `prefix` and is not set itself; the longest
    /// prefix counts.
    #[must_use]
    pub fn prefix(mut self, prefix: &str, state: KeyState) -> Self {
        let prefix = prefix.to_lowercase().into();
        let inner = Arc::make_mut(&mut self.0);
        inner.prefixes.insert(prefix, Arc::new(state));
        self
    }

    /// The state of a key.
    pub fn state(&self, key: &str) -> &KeyState {
        let lower;
        let key = if key.bytes().any(|b| b.is_ascii_uppercase() || !b.is_ascii()) {
            lower = key.to_lowercase();
            &lower
        } else {
            key
        };
        if let Some(state) = self.0.keys.get(key) {
            return state;
        }
        let prefixes = self.0.prefixes.iter();
        let fitting = prefixes.filter(|(prefix, _)| key.starts_with(&***prefix));
        fitting
            .max_by_key(|(prefix, _)| prefix.len())
            .map_or(&*self.0.fallback, |(_, state)| state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_21_names_ignore_case_and_the_nearest_word_counts() {
        let context = Context::new(KeyState::Unknown)
            .prefix("kms:", KeyState::Absent)
            .prefix("kms:EncryptionContext:", KeyState::Chosen)
            .known("kms:ViaService", "s3");
        assert_eq!(
            context.state("KMS:VIASERVICE"),
            &KeyState::Known(vec!["s3".into()])
        );
        assert_eq!(context.state("kms:CallerAccount"), &KeyState::Absent);
        assert_eq!(
            context.state("kms:encryptioncontext:aws:s3:arn"),
            &KeyState::Chosen
        );
        assert_eq!(context.state("aws:SourceIp"), &KeyState::Unknown);
        let other = context.clone().absent("kms:ViaService");
        assert_eq!(other.state("kms:ViaService"), &KeyState::Absent);
        assert_ne!(context.state("kms:ViaService"), &KeyState::Absent);
    }
}
