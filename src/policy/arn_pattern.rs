//! Patterns over ARNs: six segments, each matched alone.
//!
//! Must never: let a wildcard cross one of the first five colons.

use super::Truth;
use super::pattern::{Glob, Token};

/// A pattern as it stands in `Resource` or beside an `Arn...` operator.
///
/// Source: IAM User Guide, "IAM JSON policy elements: Resource" and "Condition operators"
/// (rules 11 and 19): a wildcard matches inside one colon segment and crosses `/`; the last
/// segment may itself hold colons. `*` alone matches everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArnPattern {
    whole: Glob,
    /// The six segments, when there are as many.
    segments: Option<Vec<Glob>>,
    /// The documentation forbids what is written here, so what it does is not settled.
    doubtful: bool,
}

impl ArnPattern {
    /// Compiles a pattern without policy variables.
    pub fn new(text: &str) -> Self {
        let glob = Glob::new(text);
        let tokens = text.chars().map(|c| match c {
            '*' => Token::Many,
            '?' => Token::One,
            c => Token::Char(c),
        });
        let tokens: Vec<Token> = tokens.collect();
        let colons = tokens.iter().enumerate();
        let colons = colons.filter(|(_, t)| **t == Token::Char(':'));
        let colons: Vec<usize> = colons.map(|(i, _)| i).collect();
        debug_assert_eq!(glob, Glob::of(tokens.clone(), false));
        Self::of(&tokens, &colons)
    }

    /// `colons` are the places of the colons that separate segments.
    pub(super) fn of(tokens: &[Token], colons: &[usize]) -> Self {
        let segments = (colons.len() >= 5).then(|| {
            let mut from = 0;
            let mut segments = Vec::with_capacity(6);
            for colon in &colons[..5] {
                segments.push(Glob::of(tokens[from..*colon].to_vec(), false));
                from = colon + 1;
            }
            segments.push(Glob::of(tokens[from..].to_vec(), false));
            segments
        });
        // "You can't use a wildcard in the service segment" (rule 11).
        let doubtful = segments.as_ref().is_some_and(|s| !s[2].is_fixed());
        Self {
            whole: Glob::of(tokens.to_vec(), false),
            segments,
            doubtful,
        }
    }

    /// The pattern over the whole text, without regard to segments.
    pub fn glob(&self) -> &Glob {
        &self.whole
    }

    /// Whether the pattern is `*`.
    pub fn is_everything(&self) -> bool {
        self.whole.is_everything()
    }

    /// Whether the pattern holds no wildcard.
    pub fn is_fixed(&self) -> bool {
        self.whole.is_fixed()
    }

    /// A text that the pattern matches; see [`Glob::example`].
    pub fn example(&self, filler: &str) -> String {
        self.whole.example(filler)
    }

    /// Whether the account segment is spelled out.
    pub fn fixes_account(&self) -> bool {
        let account = self.segments.as_ref().map(|s| &s[4]);
        account.is_some_and(|a| a.is_fixed() && !a.example("").is_empty())
    }

    /// Whether pattern and text agree as they are written, an unsettled name in both standing for
    /// the same text.
    pub(super) fn agrees(&self, text: &str) -> bool {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let Some(segments) = self.segments.as_ref().filter(|s| s.len() == parts.len()) else {
            return false;
        };
        segments
            .iter()
            .zip(parts)
            .all(|(glob, part)| glob.matches(part))
    }

    /// Whether the pattern covers an ARN, or `*`, the resource of actions without one.
    ///
    /// Unknown for what IAM's grammar does not allow and services are said to accept: fewer than
    /// six segments with an open end (`arn:aws:s3:*`), or a wildcard for the service.
    pub fn covers(&self, text: &str) -> Truth {
        if self.is_everything() {
            return Truth::True;
        }
        let Some(segments) = &self.segments else {
            return if !text.starts_with("arn:") || self.is_fixed() {
                // An identifier that is no ARN can only be spelled out.
                (self.is_fixed() && self.whole.matches(text)).into()
            } else if self.whole.is_open() {
                self.whole.covers(text) & Truth::Unknown
            } else {
                Truth::False
            };
        };
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        if parts.len() != 6 {
            return Truth::False;
        }
        let pairs = segments.iter().zip(parts);
        let covered = Truth::all(pairs.map(|(glob, part)| glob.covers(part)));
        if self.doubtful {
            covered & Truth::Unknown
        } else {
            covered
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &str, text: &str) -> Truth {
        ArnPattern::new(pattern).covers(text)
    }

    #[test]
    fn rule_11_a_wildcard_stays_inside_its_segment() {
        let queue = "arn:aws:sqs:us-east-1:111122223333:q";
        assert_eq!(covers("arn:aws:sqs:*:q", queue), Truth::False);
        assert_eq!(covers("arn:aws:sqs:*:*:q", queue), Truth::True);
        assert_eq!(covers("*", queue), Truth::True);
        assert_eq!(covers("*", "*"), Truth::True);
        assert_eq!(covers("arn:aws:sqs:*:*:*", "*"), Truth::False);
        assert_eq!(
            covers("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y:z"),
            Truth::True
        );
        let logs = "arn:aws:logs:r:1:log-group:a:b";
        assert_eq!(covers("arn:aws:logs:r:1:log-group:*", logs), Truth::True);
    }

    #[test]
    fn rule_11_what_the_grammar_forbids_is_not_settled() {
        let object = "arn:aws:s3:::b/x";
        assert_eq!(covers("arn:aws:s3*", object), Truth::Unknown);
        assert_eq!(covers("arn:aws:*:::b/x", object), Truth::Unknown);
        assert_eq!(covers("arn:aws:kms*", object), Truth::False);
    }

    #[test]
    fn rule_15_a_bucket_is_not_its_objects() {
        assert_eq!(covers("arn:aws:s3:::b/*", "arn:aws:s3:::b"), Truth::False);
        assert_eq!(covers("arn:aws:s3:::b", "arn:aws:s3:::b/x"), Truth::False);
    }
}
