//! What is taken of condition keys that a case does not give.
//!
//! Must never: override what a case says.

use std::collections::BTreeMap;

use crate::policy::{Context, KeyState};

/// Condition keys for cases that do not give them.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// By name in lower case: a list of values, or nothing for a key that is absent.
    keys: BTreeMap<String, Option<Vec<String>>>,
    /// Whether every other key is absent, in cases that would leave it unknown.
    closed: bool,
}

impl Defaults {
    /// The key has this value, beside those that were given before.
    pub fn give(&mut self, key: &str, value: &str) {
        let values = self.keys.entry(key.to_lowercase()).or_default();
        values.get_or_insert_default().push(value.to_owned());
    }

    /// The key is absent.
    pub fn take(&mut self, key: &str) {
        self.keys.insert(key.to_lowercase(), None);
    }

    /// Every key that neither the case nor these defaults give is absent.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Whether the key has a value here.
    pub fn gives(&self, key: &str) -> bool {
        matches!(self.keys.get(&key.to_lowercase()), Some(Some(_)))
    }

    /// The context before the case's own keys; `open` when the case leaves other keys unknown.
    pub(super) fn context(&self, open: bool) -> Context {
        let rest = if open && !self.closed {
            KeyState::Unknown
        } else {
            KeyState::Absent
        };
        let context = Context::new(rest);
        self.keys
            .iter()
            .fold(context, |context, (key, values)| match values {
                Some(values) => context.known_many(key, values.iter().map(String::as_str)),
                None => context.absent(key),
            })
    }
}
