//! Java properties files, with line numbers and without secrets.
//!
//! Source: `java.util.Properties.load(Reader)`: separators, continuations, comments, escapes.
//!
//! Must never: hand out a value before it is redacted, or quote a line in a message.

use std::sync::Arc;

use super::{Diagnostic, Severity, Source, redact};

/// One property as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyLine {
    /// The key.
    pub key: String,
    /// The value, redacted when it is or holds a secret.
    pub value: String,
    /// Line on which it begins.
    pub source: Source,
}

/// Reads a properties file: its properties in the order of the file, and what was wrong.
pub(crate) fn parse(file: &Arc<str>, text: &str) -> (Vec<PropertyLine>, Vec<Diagnostic>) {
    let mut properties = Vec::new();
    let mut diagnostics = Vec::new();
    let mut in_pem = false;
    for (line, logical) in logical_lines(text) {
        let source = Source::new(file.clone(), line, "");
        let was_in_pem = in_pem;
        in_pem = (was_in_pem || logical.contains("-----BEGIN ")) && !logical.contains("-----END ");
        if was_in_pem || logical.starts_with("-----BEGIN ") {
            // A PEM block pasted without continuations: its lines must not become keys.
            diagnostics.push(Diagnostic {
                code: "malformed-property",
                severity: Severity::Warning,
                message: "PEM text outside a value was dropped; end each of its lines but the last with `\\`".to_owned(),
                source: Some(source),
            });
            continue;
        }
        let Some((key, value)) = split(&logical) else {
            diagnostics.push(Diagnostic {
                code: "malformed-property",
                severity: Severity::Warning,
                message: "a line without `=`, `:` or a space was dropped; write `key=value`"
                    .to_owned(),
                source: Some(source),
            });
            continue;
        };
        let (Some(key), Some(value)) = (unescape(key), unescape(value)) else {
            diagnostics.push(Diagnostic {
                code: "malformed-property",
                severity: Severity::Warning,
                message: "a line with a broken `\\u` escape was dropped".to_owned(),
                source: Some(source),
            });
            continue;
        };
        let redacted = redact::property(&key, &value);
        if redacted.static_key {
            diagnostics.push(Diagnostic {
                code: "static-key-in-config",
                severity: Severity::Finding,
                message: format!(
                    "`{key}` holds static AWS keys: whoever reads this file acts as their user; use the instance's role"
                ),
                source: Some(source.clone()),
            });
        }
        properties.push(PropertyLine {
            key,
            value: redacted.value,
            source,
        });
    }
    (properties, diagnostics)
}

/// Lines with continuations joined, comments and blanks left out, leading blanks removed.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut out: Vec<(u32, String)> = Vec::new();
    let mut open: Option<(u32, String)> = None;
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    for (number, line) in (1_u32..).zip(unified.split('\n')) {
        let line = line.trim_start_matches([' ', '\t', '\u{c}']);
        if open.is_none() && (line.is_empty() || line.starts_with(['#', '!'])) {
            continue;
        }
        let backslashes = line.bytes().rev().take_while(|b| *b == b'\\').count();
        let continues = backslashes % 2 == 1;
        let body = if continues {
            &line[..line.len() - 1]
        } else {
            line
        };
        let (start, mut whole) = open.take().unwrap_or((number, String::new()));
        whole.push_str(body);
        if continues {
            open = Some((start, whole));
        } else {
            out.push((start, whole));
        }
    }
    out.extend(open.filter(|(_, whole)| !whole.is_empty()));
    out
}

/// Key and value, both still escaped; `None` when nothing separates them.
fn split(line: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, letter) in line.char_indices() {
        if escaped {
            escaped = false;
        } else if letter == '\\' {
            escaped = true;
        } else if matches!(letter, '=' | ':' | ' ' | '\t' | '\u{c}') {
            let blanks = [' ', '\t', '\u{c}'];
            let rest = line[at..].trim_start_matches(blanks);
            let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
            return Some((&line[..at], value.trim_start_matches(blanks)));
        }
    }
    None
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut units: Vec<u16> = Vec::new();
    let mut letters = text.chars();
    let flush = |units: &mut Vec<u16>, out: &mut String| {
        out.push_str(&String::from_utf16_lossy(units));
        units.clear();
    };
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            flush(&mut units, &mut out);
            out.push(letter);
            continue;
        }
        let Some(escaped) = letters.next() else { break };
        if escaped == 'u' {
            let digits: String = letters.by_ref().take(4).collect();
            let all = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
            units.push(u16::from_str_radix(&digits, 16).ok().filter(|_| all)?);
            continue;
        }
        flush(&mut units, &mut out);
        out.push(match escaped {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            other => other,
        });
    }
    flush(&mut units, &mut out);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String, u32)> {
        let (properties, _) = parse(&Arc::from("p"), text);
        properties
            .into_iter()
            .map(|p| (p.key, p.value, p.source.line()))
            .collect()
    }

    #[test]
    fn separators_comments_continuations_and_escapes_are_javas() {
        let text = "# c\n  ! d\na=1\nb : 2\nc 3\nd=x,\\\n   y,\\\n   z\ne\\=f=g\\u00e9\nh=\n\nlast=a=b:c \n";
        assert_eq!(
            pairs(text),
            [
                ("a", "1", 3),
                ("b", "2", 4),
                ("c", "3", 5),
                ("d", "x,y,z", 6),
                ("e=f", "g\u{e9}", 9),
                ("h", "", 10),
                ("last", "a=b:c ", 12),
            ]
            .map(|(k, v, n)| (k.to_owned(), v.to_owned(), n))
        );
    }

    #[test]
    fn a_broken_line_is_dropped_named_by_number_and_never_quoted() {
        let (properties, diagnostics) = parse(&Arc::from("p"), "a=1\nhunter2\nb=\\u12\nc=3\n");
        assert_eq!(properties.len(), 2);
        let lines: Vec<_> = diagnostics
            .iter()
            .filter_map(|d| d.source.as_ref())
            .map(Source::line)
            .collect();
        assert_eq!(lines, [2, 3]);
        assert!(!format!("{diagnostics:?}").contains("hunter2"));
    }

    #[test]
    fn a_private_key_pasted_without_continuations_leaves_no_trace() {
        let text = "ssl.keystore.key=-----BEGIN PRIVATE KEY-----\nMIIEcanary=\n-----END PRIVATE KEY-----\n-----BEGIN X-----\nMIIEcanary=\n-----END X-----\na=1";
        let (properties, diagnostics) = parse(&Arc::from("p"), text);
        assert!(!format!("{properties:?}{diagnostics:?}").contains("MIIEcanary"));
        assert!(properties.iter().any(|p| p.key == "a"));
    }
}
