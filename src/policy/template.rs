//! Policy variables: `${aws:username}`, `${key, 'default'}`, `${*}`.
//!
//! Must never: let a substituted value act as a wildcard.

use super::context::{Context, KeyState};
use super::pattern::{Glob, PLACEHOLDER, Token};

/// Whether a document of this version replaces variables.
///
/// Source: IAM User Guide, "IAM JSON policy elements: Version" (rule 13): only `2012-10-17` does;
/// a document without a version is of 2008.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `2012-10-17`: variables are replaced.
    V2012,
    /// `2008-10-17`, or none written: variables are literal text.
    V2008,
    /// Something else: what variables do is not known.
    Unreadable,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// Text, in which `*` and `?` are what the place makes of them.
    Text(String),
    /// A character by name: `${*}`, `${?}`, `${$}`.
    Escaped(char),
    Variable {
        key: String,
        default: Option<String>,
    },
}

/// A text that may hold policy variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
    doubtful: bool,
}

/// What a template says under one context.
pub(super) struct Expansion {
    pub(super) tokens: Vec<Token>,
    /// Places of the colons that the template itself holds.
    pub(super) colons: Vec<usize>,
    /// A variable has no value: the text matches nothing (rule 14).
    pub(super) missing: bool,
    /// A variable has a value that is not known: `Many` stands for it.
    pub(super) doubtful: bool,
    /// A variable stands before the fifth colon, where IAM knows none.
    pub(super) misplaced: bool,
}

impl Expansion {
    /// Text in which nothing is a wildcard; what is not settled in it may be anything.
    fn literal(&mut self, text: &str) {
        self.doubtful |= text.contains(PLACEHOLDER);
        self.tokens.extend(text.chars().map(|c| match c {
            PLACEHOLDER => Token::Many,
            c => Token::Char(c),
        }));
    }
}

impl Template {
    /// Reads a text of a document of this version.
    pub fn new(text: &str, version: Version) -> Self {
        let pieces = match version {
            Version::V2008 => vec![Piece::Text(text.to_owned())],
            Version::V2012 | Version::Unreadable => pieces(text),
        };
        let plain = pieces.iter().all(|p| matches!(p, Piece::Text(_)));
        Self {
            text: text.to_owned(),
            pieces,
            doubtful: version == Version::Unreadable && !plain,
        }
    }

    /// The text as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the text is the same under every context.
    pub fn is_fixed(&self) -> bool {
        !self.doubtful && self.keys().next().is_none() && !self.text.contains(PLACEHOLDER)
    }

    /// Whether the text is as it stands: no variable, no escape.
    pub(super) fn is_plain(&self) -> bool {
        let plain = |piece: &Piece| matches!(piece, Piece::Text(t) if !t.contains(PLACEHOLDER));
        !self.doubtful && self.pieces.iter().all(plain)
    }

    /// The keys of the variables, in lower case.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { key, .. } => Some(key.as_str()),
            Piece::Text(_) | Piece::Escaped(_) => None,
        })
    }

    /// Replaces the variables. `wild`: whether `*` and `?` are wildcards here.
    pub(super) fn expand(&self, context: &Context, wild: bool) -> Expansion {
        let mut out = Expansion {
            tokens: Vec::with_capacity(self.text.len()),
            colons: Vec::new(),
            missing: false,
            doubtful: self.doubtful,
            misplaced: false,
        };
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => {
                    for c in text.chars() {
                        out.doubtful |= c == PLACEHOLDER;
                        out.tokens.push(match c {
                            PLACEHOLDER => Token::Many,
                            '*' if wild => Token::Many,
                            '?' if wild => Token::One,
                            c => Token::Char(c),
                        });
                        if c == ':' {
                            out.colons.push(out.tokens.len() - 1);
                        }
                    }
                }
                Piece::Escaped(c) => out.tokens.push(Token::Char(*c)),
                Piece::Variable { key, default } => {
                    out.misplaced |= out.colons.len() < 5;
                    match (context.state(key), default) {
                        (KeyState::Known(values), _) if values.len() == 1 => {
                            out.literal(&values[0]);
                        }
                        (KeyState::Absent, Some(default)) => {
                            out.literal(default);
                        }
                        (KeyState::Absent, None) => out.missing = true,
                        // "Multivalued keys cannot be used as variables": no word on what happens.
                        (KeyState::Known(_) | KeyState::Unknown | KeyState::Chosen, _) => {
                            out.tokens.push(Token::Many);
                            out.doubtful = true;
                        }
                    }
                }
            }
        }
        out
    }

    /// One text that the template matches under the context: for the caller's choice.
    pub(super) fn example(&self, context: &Context, wild: bool, filler: &str) -> Option<String> {
        let expansion = self.expand(context, wild);
        (!expansion.missing).then(|| Glob::of(expansion.tokens, false).example(filler))
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut plain = String::new();
    while let Some(at) = rest.find("${") {
        let Some(end) = rest[at..].find('}') else {
            break;
        };
        plain.push_str(&rest[..at]);
        let inner = rest[at + 2..at + end].trim();
        rest = &rest[at + end + 1..];
        if !plain.is_empty() {
            out.push(Piece::Text(std::mem::take(&mut plain)));
        }
        out.push(match inner {
            "*" => Piece::Escaped('*'),
            "?" => Piece::Escaped('?'),
            "$" => Piece::Escaped('$'),
            _ => {
                let (key, default) = match inner.split_once(',') {
                    Some((key, default)) => {
                        let default = default.trim();
                        let bare = default
                            .strip_prefix('\'')
                            .and_then(|d| d.strip_suffix('\''));
                        (key.trim(), Some(bare.unwrap_or(default).to_owned()))
                    }
                    None => (inner, None),
                };
                let key = key.to_lowercase();
                Piece::Variable { key, default }
            }
        });
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        out.push(Piece::Text(plain));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(text: &str, version: Version, context: &Context) -> Option<Glob> {
        let expansion = Template::new(text, version).expand(context, true);
        (!expansion.missing).then(|| Glob::of(expansion.tokens, false))
    }

    #[test]
    fn rule_13_variables_need_the_new_version_and_values_are_literal() {
        let context = Context::new(KeyState::Absent).known("aws:username", "a*");
        let text = "h/${aws:UserName}/*";
        let new = glob(text, Version::V2012, &context).unwrap();
        assert!(new.matches("h/a*/x") && !new.matches("h/ab/x"));
        let old = glob(text, Version::V2008, &context).unwrap();
        assert!(old.matches("h/${aws:UserName}/x"));
        let default = glob("${aws:x, 'team'}${*}", Version::V2012, &context).unwrap();
        assert!(default.matches("team*") && !default.matches("teamx"));
    }

    #[test]
    fn rule_14_a_variable_without_value_matches_nothing() {
        let context = Context::new(KeyState::Absent);
        assert!(glob("h/${aws:username}", Version::V2012, &context).is_none());
    }

    #[test]
    fn what_is_not_settled_in_a_policy_may_be_anything() {
        let context = Context::new(KeyState::Absent).known("k", "a\u{1}");
        for (text, fixed) in [("b/\u{1}/x", false), ("b/${k}", false), ("b/x", true)] {
            let template = Template::new(text, Version::V2012);
            assert_eq!(template.expand(&context, true).doubtful, !fixed);
            assert_eq!(template.is_plain(), fixed);
        }
        assert!(
            glob("b/${k}", Version::V2012, &context)
                .unwrap()
                .matches("b/abc")
        );
    }

    #[test]
    fn an_open_brace_is_text() {
        let context = Context::new(KeyState::Absent);
        assert!(
            glob("a${b", Version::V2012, &context)
                .unwrap()
                .matches("a${b")
        );
    }
}
