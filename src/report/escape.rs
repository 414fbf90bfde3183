//! Encoding of names from outside, per format.

use std::fmt::Write as _;

/// Whether a character could steer a terminal or hide what a text says.
fn is_treacherous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// For terminals and plain text: control and direction characters are shown as `\u{...}`.
pub fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_treacherous(c) {
            let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe
}

/// For Markdown, in table cells too: what would be markup stands as an entity or behind a
/// backslash.
pub(super) fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in plain(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '|' => safe.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' => {
                safe.push('\\');
                safe.push(c);
            }
            _ => safe.push(c),
        }
    }
    safe
}

/// For Markdown code spans: the text between as many backticks as it needs.
pub(super) fn code(text: &str) -> String {
    let text = plain(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    // A bar would end a table cell even inside a code span.
    let text = text.replace('|', "\\|");
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// For a quoted string in DOT.
pub(super) fn dot(text: &str) -> String {
    plain(text).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_are_shown_and_not_sent() {
        assert_eq!(
            plain("a\u{1b}[31mb\n\u{202e}c"),
            "a\\u{1b}[31mb\\u{a}\\u{202e}c"
        );
        assert_eq!(plain("pier-ökonom"), "pier-ökonom");
    }

    #[test]
    fn markdown_gets_no_markup_from_a_name() {
        assert_eq!(
            markdown("<script>|a|*b*"),
            "&lt;script&gt;&#124;a&#124;\\*b\\*"
        );
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("a|b"), "`a\\|b`");
    }

    #[test]
    fn dot_strings_stay_closed() {
        assert_eq!(dot("a\"b\\"), "a\\\"b\\\\");
    }
}
