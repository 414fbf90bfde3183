//! IAM's wildcard patterns: `*` for any text, `?` for one character.
//!
//! Must never: know what a pattern is matched against, or split at colons.

use std::collections::VecDeque;

use super::Truth;

/// Stands in a resource name for a text that is not settled: an unset parameter of a projected
/// resource. A control character, so that no real name holds it.
pub const PLACEHOLDER: char = '\u{1}';

/// One element of a compiled pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Char(char),
    One,
    Many,
}

/// A compiled pattern.
///
/// Source: IAM User Guide, "IAM JSON policy elements: Action", "Resource" (rule 11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    tokens: Vec<Token>,
    ignore_case: bool,
}

impl Glob {
    /// A case-sensitive pattern.
    pub fn new(text: &str) -> Self {
        Self::of(text.chars().map(wild).collect(), false)
    }

    /// A pattern that ignores case, as action names do.
    pub fn ignoring_case(text: &str) -> Self {
        Self::of(text.chars().map(wild).collect(), true)
    }

    /// A pattern in which `*` and `?` are plain characters.
    pub fn literal(text: &str) -> Self {
        Self::of(text.chars().map(Token::Char).collect(), false)
    }

    pub(super) fn of(mut tokens: Vec<Token>, ignore_case: bool) -> Self {
        tokens.dedup_by(|a, b| *a == Token::Many && *b == Token::Many);
        if ignore_case {
            for token in &mut tokens {
                if let Token::Char(c) = token {
                    *c = fold(*c);
                }
            }
        }
        Self {
            tokens,
            ignore_case,
        }
    }

    /// Whether the pattern matches every text.
    pub fn is_everything(&self) -> bool {
        self.tokens == [Token::Many]
    }

    /// Whether the pattern holds no wildcard.
    pub fn is_fixed(&self) -> bool {
        self.tokens.iter().all(|t| matches!(t, Token::Char(_)))
    }

    /// Whether the pattern ends in `*`.
    pub fn is_open(&self) -> bool {
        self.tokens.last() == Some(&Token::Many)
    }

    /// A text the pattern matches: `filler` for `*`, `x` for `?`.
    pub fn example(&self, filler: &str) -> String {
        let mut text = String::new();
        for token in &self.tokens {
            match token {
                Token::Char(c) => text.push(*c),
                Token::One => text.push('x'),
                Token::Many => text.push_str(filler),
            }
        }
        text
    }

    /// Whether the whole text matches. Time is at most pattern length times text length.
    pub fn matches(&self, text: &str) -> bool {
        let tokens = &self.tokens;
        // Everything before `at` is matched by tokens before `token`; `retry` is the last `*`
        // and where its text would end next.
        let (mut token, mut at) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            let next = text[at..].chars().next();
            match (tokens.get(token), next) {
                (Some(Token::Many), _) => {
                    retry = Some((token + 1, at));
                    token += 1;
                    continue;
                }
                (None, None) => return true,
                (Some(Token::One), Some(c)) => {
                    token += 1;
                    at += c.len_utf8();
                    continue;
                }
                (Some(Token::Char(p)), Some(c)) if *p == c || self.equal_folded(*p, c) => {
                    token += 1;
                    at += c.len_utf8();
                    continue;
                }
                (Some(Token::Char(_) | Token::One) | None, _) => {}
            }
            let Some((after, from)) = retry else {
                return false;
            };
            let Some(skipped) = text[from..].chars().next() else {
                return false;
            };
            retry = Some((after, from + skipped.len_utf8()));
            token = after;
            at = from + skipped.len_utf8();
        }
    }

    /// As [`Glob::matches`], for a text that may hold [`PLACEHOLDER`]s: true when it matches
    /// whatever they stand for, false when it matches for no text.
    pub fn covers(&self, text: &str) -> Truth {
        if !text.contains(PLACEHOLDER) {
            return self.matches(text).into();
        }
        // A pattern has no control characters, so only wildcards match these; the lengths
        // differ, so no count of `?` matches both.
        let fillings = ["\u{1}", "\u{2}\u{3}\u{2}"];
        if fillings
            .iter()
            .all(|f| self.matches(&text.replace(PLACEHOLDER, f)))
        {
            return Truth::True;
        }
        let open = text.chars().map(|c| match c {
            PLACEHOLDER => Token::Many,
            c => Token::Char(c),
        });
        match intersects(self, &Self::of(open.collect(), false)) {
            Some(_) => Truth::Unknown,
            None => Truth::False,
        }
    }

    fn equal_folded(&self, pattern: char, text: char) -> bool {
        self.ignore_case && pattern == fold(text)
    }

    /// Whether `token` of this pattern can take `c`.
    fn takes(&self, token: Token, c: char) -> bool {
        match token {
            Token::Char(p) => p == c || self.equal_folded(p, c),
            Token::One | Token::Many => true,
        }
    }
}

fn wild(c: char) -> Token {
    match c {
        '*' => Token::Many,
        '?' => Token::One,
        c => Token::Char(c),
    }
}

fn fold(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(l), None) => l,
        _ => c,
    }
}

/// A text that both patterns match, or `None` when there is none.
///
/// A breadth-first walk over the product of the two patterns, so the witness is a short one.
/// Time is the product of the two lengths, space one byte for each pair.
pub fn intersects(a: &Glob, b: &Glob) -> Option<String> {
    /// How a pair of places was reached: the steps taken in `a` and in `b`, and whether a
    /// character was read.
    const A: u8 = 1;
    const B: u8 = 2;
    const READ: u8 = 4;
    const SEEN: u8 = 8;
    let width = b.tokens.len() + 1;
    let mut reached = vec![0_u8; (a.tokens.len() + 1) * width];
    let mut queue = VecDeque::from([(0, 0)]);
    reached[0] = SEEN;
    let mut end = None;
    while let Some((i, j)) = queue.pop_front() {
        let (ta, tb) = (a.tokens.get(i).copied(), b.tokens.get(j).copied());
        if ta.is_none() && tb.is_none() {
            end = Some((i, j));
            break;
        }
        let mut reach = |by: u8| {
            let to = (i + usize::from(by & A != 0), j + usize::from(by & B != 0));
            let slot = &mut reached[to.0 * width + to.1];
            if *slot == 0 {
                *slot = by | SEEN;
                if by & READ == 0 {
                    queue.push_front(to);
                } else {
                    queue.push_back(to);
                }
            }
        };
        if ta == Some(Token::Many) {
            reach(A);
        }
        if tb == Some(Token::Many) {
            reach(B);
        }
        if let (Some(ta), Some(tb)) = (ta, tb) {
            let c = common(a, ta, tb);
            if a.takes(ta, c) && b.takes(tb, c) {
                let step = |token: Token, by: u8| if token == Token::Many { 0 } else { by };
                reach(step(ta, A) | step(tb, B) | READ);
            }
        }
    }
    let (mut i, mut j) = end?;
    let mut witness: Vec<char> = Vec::new();
    while (i, j) != (0, 0) {
        let by = reached[i * width + j];
        i -= usize::from(by & A != 0);
        j -= usize::from(by & B != 0);
        if by & READ != 0
            && let (Some(ta), Some(tb)) = (a.tokens.get(i), b.tokens.get(j))
        {
            witness.push(common(a, *ta, *tb));
        }
    }
    Some(witness.into_iter().rev().collect())
}

/// The character to try where two tokens meet: of two, that of the pattern that minds case.
fn common(a: &Glob, ta: Token, tb: Token) -> char {
    match (ta, tb) {
        (Token::Char(_), Token::Char(y)) if a.ignore_case => y,
        (Token::Char(c), Token::Char(_) | Token::One | Token::Many)
        | (Token::One | Token::Many, Token::Char(c)) => c,
        (Token::One | Token::Many, Token::One | Token::Many) => 'x',
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rule_11_wildcards_stand_anywhere_and_actions_ignore_case() {
        assert!(Glob::ignoring_case("S3:get*T").matches("s3:GetObject"));
        assert!(!Glob::new("s3:get*").matches("s3:GetObject"));
        assert!(Glob::new("a*b?c*").matches("aXbYbZcQ"));
        assert!(!Glob::new("a?").matches("a"));
        assert!(Glob::new("?").matches("é"));
        assert!(!Glob::new("??").matches("é"));
        assert!(Glob::literal("a*").matches("a*"));
        assert!(!Glob::literal("a*").matches("ab"));
    }

    #[test]
    fn an_unsettled_name_is_covered_certainly_possibly_or_not_at_all() {
        let text = "wal-\u{1}/x";
        for (pattern, want) in [
            ("*", Truth::True),
            ("wal-*", Truth::True),
            ("wal-*/x", Truth::True),
            ("wal-prod/*", Truth::Unknown),
            ("wal-???/x", Truth::Unknown),
            ("log-*", Truth::False),
            ("*/y", Truth::False),
        ] {
            assert_eq!(Glob::new(pattern).covers(text), want, "{pattern}");
        }
    }

    #[test]
    fn a_pattern_built_to_backtrack_ends() {
        let pattern = "a*".repeat(200) + "b";
        assert!(!Glob::new(&pattern).matches(&"a".repeat(2000)));
        assert!(intersects(&Glob::new(&pattern), &Glob::new(&"a*".repeat(200))).is_some());
    }

    fn regex(pattern: &str) -> regex_lite::Regex {
        let mut text = String::from("(?s)^");
        for c in pattern.chars() {
            match c {
                '*' => text.push_str(".*"),
                '?' => text.push('.'),
                c => text.push_str(&regex_lite::escape(&c.to_string())),
            }
        }
        text.push('$');
        regex_lite::Regex::new(&text).unwrap()
    }

    fn short_texts() -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..5 {
            last = last
                .iter()
                .flat_map(|t| ["a", "b"].map(|c| format!("{t}{c}")))
                .collect();
            all.extend(last.clone());
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn the_matcher_agrees_with_a_regular_expression(
            pattern in "[ab.é*?]{0,8}", text in "[ab.é]{0,10}"
        ) {
            prop_assert_eq!(Glob::new(&pattern).matches(&text), regex(&pattern).is_match(&text));
        }

        #[test]
        fn a_witness_matches_both_and_none_means_none(
            a in "[ab*?]{0,5}", b in "[ab*?]{0,5}"
        ) {
            let (ga, gb) = (Glob::new(&a), Glob::new(&b));
            match intersects(&ga, &gb) {
                Some(w) => prop_assert!(ga.matches(&w) && gb.matches(&w), "{}", w),
                None => for t in short_texts() {
                    prop_assert!(!(ga.matches(&t) && gb.matches(&t)), "{}", t);
                }
            }
        }

        #[test]
        fn a_witness_minds_the_case_of_the_pattern_that_does(a in "[aB*]{0,5}", b in "[Ab*]{0,5}") {
            let (ga, gb) = (Glob::ignoring_case(&a), Glob::new(&b));
            if let Some(w) = intersects(&ga, &gb) {
                prop_assert!(ga.matches(&w) && gb.matches(&w), "{}", w);
            }
            prop_assert_eq!(intersects(&ga, &gb).is_some(), intersects(&gb, &ga).is_some());
        }
    }
}
