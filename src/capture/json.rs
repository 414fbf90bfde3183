//! JSON in which every value knows its line.
//!
//! Parsing is `jsonc-parser`'s, set to strict JSON; this module turns its tree into owned nodes.
//!
//! Must never: interpret what it reads.

use std::sync::Arc;

use jsonc_parser::ast;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use percent_encoding::percent_decode_str;

use super::Source;

/// A JSON value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where the value begins.
    pub source: Source,
    /// The value.
    pub value: Value,
}

/// What a [`Node`] holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, in the text it was written in: account ids must not pass through a float.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// An array.
    Array(Vec<Node>),
    /// An object; members in the order of the file, repeated names kept.
    Object(Vec<(String, Node)>),
}

/// Why a text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not valid JSON: {message}")]
pub struct JsonError {
    /// Where the parser gave up.
    pub source_at: Source,
    /// What it said.
    pub message: String,
}

impl Node {
    /// Parses strict JSON. `file` is the name that sources will carry.
    ///
    /// # Errors
    /// The first syntax error, with its line; nesting beyond 512 levels is one.
    pub fn parse(file: &Arc<str>, text: &str) -> Result<Self, JsonError> {
        Parser {
            file: file.clone(),
            lines: Lines::of(text),
            at: None,
        }
        .parse(text, "")
    }

    /// Parses one line of a file of lines.
    ///
    /// # Errors
    /// As [`Node::parse`].
    pub fn parse_line(file: &Arc<str>, line: u32, text: &str) -> Result<Self, JsonError> {
        Parser {
            file: file.clone(),
            lines: Lines(Vec::new()),
            at: Some(line),
        }
        .parse(text, "")
    }

    /// Opens a document held in this value: an object as it is, or a string with JSON text,
    /// percent-encoded (as IAM's API returns it) or not. Values inside carry this value's line
    /// when the string stands on one line, and a pointer with a `#` where the string is entered.
    ///
    /// # Errors
    /// When the value is neither, or its text is not JSON.
    pub fn document(&self) -> Result<Self, JsonError> {
        let fail = |message: &str| JsonError {
            source_at: self.source.clone(),
            message: message.to_owned(),
        };
        match &self.value {
            Value::Object(_) => Ok(self.clone()),
            Value::String(text) => {
                let decoded = if text.trim_start().starts_with('%') {
                    percent_decode_str(text)
                        .decode_utf8()
                        .map_err(|_| fail("percent-encoded text is not UTF-8"))?
                        .into_owned()
                } else {
                    text.clone()
                };
                Parser {
                    file: Arc::from(self.source.file()),
                    lines: Lines::of(&decoded),
                    at: Some(self.source.line()),
                }
                .parse(&decoded, &format!("{}#", self.source.pointer()))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
                Err(fail("expected an object, or a string with a JSON document"))
            }
        }
    }

    /// The member of an object; the last one when the name is repeated, as JSON readers do.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.members()
            .iter()
            .rev()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v)
    }

    /// The members of an object; empty for anything else.
    pub fn members(&self) -> &[(String, Self)] {
        match &self.value {
            Value::Object(members) => members,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => &[],
        }
    }

    /// The elements of an array; empty for anything else.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::Array(items) => items,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => &[],
        }
    }

    /// The string, when the value is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(s) => Some(s),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => None,
        }
    }

    /// The truth value, when the value is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(b) => Some(b),
            Value::Null
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => None,
        }
    }

    /// The whole number, when the value is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match &self.value {
            Value::Number(n) => n.parse().ok(),
            Value::Null
            | Value::Bool(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_) => None,
        }
    }

    /// A string, number or truth value as text: policy documents write all three for one another.
    pub fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::String(s) | Value::Number(s) => Some(s.clone()),
            Value::Bool(b) => Some(b.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The string member `name`.
    pub fn str(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Self::as_str)
    }

    /// The elements of the array member `name`; empty when there is none.
    pub fn list(&self, name: &str) -> &[Self] {
        self.get(name).map_or(&[], Self::items)
    }

    /// Whether there is a list of that name, be it an empty one.
    pub fn has_list(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|member| matches!(member.value, Value::Array(_)))
    }

    /// What kind of value this is, for messages.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a truth value",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
}

/// Byte offsets at which lines begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let starts = text
            .bytes()
            .enumerate()
            .filter(|(_, b)| *b == b'\n')
            .map(|(i, _)| i + 1);
        Self(std::iter::once(0).chain(starts).collect())
    }

    fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.0.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }
}

struct Parser {
    file: Arc<str>,
    lines: Lines,
    /// The line of the string that holds the text, for a document inside a document.
    at: Option<u32>,
}

impl Parser {
    fn source(&self, offset: usize, pointer: &str) -> Source {
        let line = self.at.unwrap_or_else(|| self.lines.line(offset));
        Source::new(self.file.clone(), line, pointer)
    }

    fn parse(&self, text: &str, pointer: &str) -> Result<Node, JsonError> {
        let strict = ParseOptions {
            allow_comments: false,
            allow_loose_object_property_names: false,
            allow_trailing_commas: false,
            allow_missing_commas: false,
            allow_single_quoted_strings: false,
            allow_hexadecimal_numbers: false,
            allow_unary_plus_numbers: false,
            allow_bare_decimal_point_numbers: false,
            allow_non_finite_numbers: false,
            allow_extended_string_escapes: false,
        };
        let parsed =
            parse_to_ast(text, &CollectOptions::default(), &strict).map_err(|error| JsonError {
                source_at: self.source(error.range().start, pointer),
                message: error.kind().to_string(),
            })?;
        match parsed.value {
            Some(value) => Ok(self.node(&value, pointer)),
            None => Err(JsonError {
                source_at: self.source(0, pointer),
                message: "the text is empty".to_owned(),
            }),
        }
    }

    fn node(&self, value: &ast::Value<'_>, pointer: &str) -> Node {
        let (start, value) = match value {
            ast::Value::NullKeyword(x) => (x.range.start, Value::Null),
            ast::Value::BooleanLit(x) => (x.range.start, Value::Bool(x.value)),
            ast::Value::NumberLit(x) => (x.range.start, Value::Number(x.value.to_owned())),
            ast::Value::StringLit(x) => (x.range.start, Value::String(x.value.to_string())),
            ast::Value::Array(x) => {
                let items = x.elements.iter().enumerate();
                let items = items.map(|(i, item)| self.node(item, &format!("{pointer}/{i}")));
                (x.range.start, Value::Array(items.collect()))
            }
            ast::Value::Object(x) => {
                let members = x.properties.iter().map(|property| {
                    let name = property.name.as_str().to_owned();
                    let escaped = name.replace('~', "~0").replace('/', "~1");
                    let value = self.node(&property.value, &format!("{pointer}/{escaped}"));
                    (name, value)
                });
                (x.range.start, Value::Object(members.collect()))
            }
        };
        Node {
            source: self.source(start, pointer),
            value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Node {
        Node::parse(&Arc::from("f.json"), text).unwrap()
    }

    #[test]
    fn every_value_knows_its_line_and_pointer() {
        let node = parse("{\n  \"a\": [\n    {\"b/c\": 7}\n  ]\n}");
        let inner = node.list("a")[0].get("b/c").unwrap();
        assert_eq!(inner.source, Source::new("f.json", 3, "/a/0/b~1c"));
        assert_eq!(inner.as_i64(), Some(7));
    }

    #[test]
    fn a_document_may_be_an_object_a_string_or_percent_encoded() {
        for text in [
            "{\"D\":\n{\"Version\":\"v\"}}",
            "{\"D\":\n\"{\\\"Version\\\":\\\"v\\\"}\"}",
            "{\"D\":\n\"%7B%22Version%22%3A%22v%22%7D\"}",
        ] {
            let document = parse(text).get("D").unwrap().document().unwrap();
            assert_eq!(document.str("Version"), Some("v"), "{text}");
            assert_eq!(document.source.line(), 2);
        }
    }

    #[test]
    fn a_plus_sign_in_a_percent_encoded_document_stays_a_plus_sign() {
        let node = parse("{\"D\": \"%7B%22a%22%3A%22x+y%22%7D\"}");
        assert_eq!(
            node.get("D").unwrap().document().unwrap().str("a"),
            Some("x+y")
        );
    }

    #[test]
    fn account_ids_written_as_numbers_keep_their_zeros_and_strict_json_is_asked_for() {
        assert_eq!(
            parse("[111122223333]").items()[0].scalar().as_deref(),
            Some("111122223333")
        );
        for bad in ["{a: 1}", "[1,]", "// c\n{}", "", "['x']"] {
            assert!(Node::parse(&Arc::from("f"), bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_thousand_brackets_are_an_error_and_not_a_crash() {
        let deep = "[".repeat(100_000);
        assert!(Node::parse(&Arc::from("f"), &deep).is_err());
    }

    #[test]
    fn an_error_names_its_line() {
        let error = Node::parse(&Arc::from("f"), "{\n \"a\": 1,\n \"b\" 2\n}").unwrap_err();
        assert_eq!(error.source_at.line(), 3);
    }
}
