//! Reading `catchment.toml`.
//!
//! A text that is no TOML is not used at all: an assumption that cannot be read is not made.
//!
//! Must never: stop at the first problem, or ignore a key that it does not know.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::Arc;

use ipnet::IpNet;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::build::{Builder, is_account};
use super::{AssetConfig, Config, Diagnostic, LinkConfig, NetworkConfig, Severity};
use crate::capture::Source;

type Value<'t> = Spanned<DeValue<'t>>;

const TOP: [&str; 7] = [
    "asset", "assume", "pin", "refute", "network", "model", "cluster",
];
const KINDS: [&str; 6] = [
    "broker-host",
    "broker-role",
    "cluster-file-system",
    "consumer-cluster",
    "log-volume",
    "secret-user",
];
const ASSUME: [(&str, &[&str]); 6] = [
    ("scps", &["none", "unread"]),
    ("rcps", &["none", "unread"]),
    ("network-acls", &["allow-all", "unread"]),
    ("load-balancers", &["none", "unread"]),
    ("vpc-block-public-access", &["off", "unread"]),
    ("default-host-management", &["off", "unread"]),
];

/// Reads the file of the capture, when there is one.
pub(super) fn read(builder: &mut Builder<'_>) {
    let Some(config) = &builder.capture.config else {
        return;
    };
    let (config, diagnostics) = parse(&config.file, &config.text);
    builder.estate.config = config;
    builder.estate.diagnostics.extend(diagnostics);
}

/// The settings, and everything that was wrong with the text.
pub(super) fn parse(file: &Arc<str>, text: &str) -> (Config, Vec<Diagnostic>) {
    let mut reader = Reader {
        file,
        text,
        config: Config::default(),
        diagnostics: Vec::new(),
    };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        let message = format!("not valid TOML: {}", error.message().replace('\n', "; "));
        reader.note("malformed-config", at, message);
    }
    if reader.diagnostics.is_empty() {
        reader.top(table.get_ref());
    }
    let Reader {
        mut config,
        diagnostics,
        ..
    } = reader;
    config.assets.sort_by(|a, b| a.source.cmp(&b.source));
    config.links.sort_by(|a, b| a.source.cmp(&b.source));
    (config, diagnostics)
}

struct Reader<'r> {
    file: &'r Arc<str>,
    text: &'r str,
    config: Config,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn source(&self, at: usize) -> Source {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        Source::new(
            self.file.clone(),
            u32::try_from(line).unwrap_or(u32::MAX),
            "",
        )
    }

    fn note(&mut self, code: &'static str, at: usize, message: String) {
        let source = Some(self.source(at));
        self.diagnostics.push(Diagnostic {
            code,
            severity: Severity::Error,
            message,
            source,
        });
    }

    fn unknown(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, known: &[&str]) {
        let hint = nearest(key.get_ref(), known).map_or_else(
            || format!("known are {}", known.join(", ")),
            |name| format!("did you mean `{name}`?"),
        );
        self.note(
            "unknown-config-key",
            key.span().start,
            format!("unknown key `{}`; {hint}", key.get_ref()),
        );
    }

    fn wrong_type(&mut self, name: &str, value: &Value<'_>, wanted: &str) {
        let found = value.get_ref().type_str();
        self.note(
            "wrong-config-type",
            value.span().start,
            format!("`{name}` must be {wanted}, not {found}"),
        );
    }

    fn top(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "asset" => self.each(key.get_ref(), value, Self::asset),
                "pin" => self.each(key.get_ref(), value, |r, t, at| r.link(t, at, true)),
                "refute" => self.each(key.get_ref(), value, |r, t, at| r.link(t, at, false)),
                "assume" => self.assume(value),
                "network" => self.named("network", value, Self::network),
                "model" => self.named("model", value, Self::model),
                "cluster" => self.named("cluster", value, Self::cluster),
                _ => self.unknown(key, &TOP),
            }
        }
    }

    /// `[[name]]`, an array of tables; a single `[name]` is taken for one.
    fn each(
        &mut self,
        name: &str,
        value: &Value<'_>,
        read: impl Fn(&mut Self, &DeTable<'_>, usize),
    ) {
        if let Some(table) = value.get_ref().as_table() {
            read(self, table, value.span().start);
        } else if let Some(items) = value.get_ref().as_array() {
            for item in items {
                match item.get_ref().as_table() {
                    Some(table) => read(self, table, item.span().start),
                    None => self.wrong_type(name, item, "a table"),
                }
            }
        } else {
            self.wrong_type(
                name,
                value,
                &format!("an array of tables, written `[[{name}]]`"),
            );
        }
    }

    /// `[name.X]` for each X.
    fn named(
        &mut self,
        name: &str,
        value: &Value<'_>,
        read: impl Fn(&mut Self, &str, &DeTable<'_>, usize),
    ) {
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(name, value, &format!("a table, written `[{name}.NAME]`"));
            return;
        };
        for (key, value) in table {
            match value.get_ref().as_table() {
                Some(table) => read(self, key.get_ref(), table, key.span().start),
                None => self.wrong_type(&format!("{name}.{}", key.get_ref()), value, "a table"),
            }
        }
    }

    fn string(&mut self, name: &str, value: &Value<'_>) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong_type(name, value, "a string");
        }
        text
    }

    fn strings(&mut self, name: &str, value: &Value<'_>) -> Vec<String> {
        let Some(items) = value.get_ref().as_array() else {
            self.wrong_type(name, value, "an array of strings");
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| self.string(name, item))
            .collect()
    }

    /// A string, number or truth value, as text.
    fn scalar(&mut self, name: &str, value: &Value<'_>) -> Option<String> {
        let text = match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.to_string()),
            DeValue::Float(number) => Some(number.to_string()),
            DeValue::Boolean(truth) => Some(truth.to_string()),
            DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
        };
        if text.is_none() {
            self.wrong_type(name, value, "a string, a number or a truth value");
        }
        text
    }

    fn missing(&mut self, at: usize, table: &str, key: &str) {
        self.note("missing-config-key", at, format!("`{table}` needs `{key}`"));
    }

    fn asset(&mut self, table: &DeTable<'_>, at: usize) {
        let (mut name, mut cluster, mut topics, mut intended) = (None, None, None, Vec::new());
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "name" => name = self.string("name", value),
                "cluster" => cluster = self.string("cluster", value),
                "topics" => topics = Some(self.strings("topics", value)),
                "intended" => intended = self.strings("intended", value),
                _ => self.unknown(key, &["name", "cluster", "topics", "intended"]),
            }
        }
        if name.is_none() {
            self.missing(at, "asset", "name");
        }
        if topics.is_none() {
            self.missing(at, "asset", "topics");
        }
        if let (Some(name), Some(topics)) = (name, topics) {
            if self.config.assets.iter().any(|a| a.name == name) {
                self.note(
                    "repeated-config-name",
                    at,
                    format!("there is an asset `{name}` already"),
                );
                return;
            }
            let source = self.source(at);
            self.config.assets.push(AssetConfig {
                name,
                cluster,
                topics,
                intended,
                source,
            });
        }
    }

    fn link(&mut self, table: &DeTable<'_>, at: usize, holds: bool) {
        let word = if holds { "pin" } else { "refute" };
        let mut parts: BTreeMap<&str, String> = BTreeMap::new();
        for (key, value) in table {
            match ["link", "from", "to"]
                .into_iter()
                .find(|k| *k == key.get_ref().as_ref())
            {
                Some(name) => parts.extend(self.string(name, value).map(|text| (name, text))),
                None => self.unknown(key, &["link", "from", "to"]),
            }
        }
        for name in ["link", "from", "to"] {
            if !parts.contains_key(name) {
                self.missing(at, word, name);
            }
        }
        if let (Some(kind), Some(from), Some(to)) = (
            parts.remove("link"),
            parts.remove("from"),
            parts.remove("to"),
        ) {
            if KINDS.contains(&kind.as_str()) {
                let source = self.source(at);
                self.config.links.push(LinkConfig {
                    kind,
                    from,
                    to,
                    holds,
                    source,
                });
            } else {
                let message = suggestion("link", &kind, &KINDS);
                self.note("unknown-config-value", at, message);
            }
        }
    }

    fn assume(&mut self, value: &Value<'_>) {
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type("assume", value, "a table");
            return;
        };
        for (key, value) in table {
            let Some((name, values)) = ASSUME
                .iter()
                .find(|(name, _)| *name == key.get_ref().as_ref())
            else {
                self.unknown(key, &ASSUME.map(|(name, _)| name));
                continue;
            };
            let Some(text) = self.string(name, value) else {
                continue;
            };
            if values.contains(&text.as_str()) {
                let source = self.source(key.span().start);
                self.config
                    .assume
                    .insert((*name).to_owned(), (text, source));
            } else {
                self.note(
                    "unknown-config-value",
                    value.span().start,
                    suggestion(name, &text, values),
                );
            }
        }
    }

    fn network(&mut self, name: &str, table: &DeTable<'_>, at: usize) {
        let (mut blocks, mut reaches) = (Vec::new(), Vec::new());
        let mut given = false;
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "cidrs" => {
                    given = true;
                    for text in self.strings("cidrs", value) {
                        if let Ok(block) = IpNet::from_str(&text) {
                            blocks.push(block);
                        } else {
                            let message =
                                format!("`{text}` is no address block; write `10.0.0.0/16`");
                            self.note("unknown-config-value", value.span().start, message);
                        }
                    }
                }
                "reaches" => {
                    for text in self.strings("reaches", value) {
                        if ["vpc-", "vgw-", "tgw-"].iter().any(|p| text.starts_with(p)) {
                            reaches.push(text);
                        } else {
                            let message = format!(
                                "`{text}` is no VPC and no gateway; write `vpc-...`, `vgw-...` or `tgw-...`"
                            );
                            self.note("unknown-config-value", value.span().start, message);
                        }
                    }
                }
                _ => self.unknown(key, &["cidrs", "reaches"]),
            }
        }
        if !given {
            self.missing(at, &format!("network.{name}"), "cidrs");
        }
        let network = NetworkConfig {
            name: name.to_owned(),
            blocks,
            reaches,
            source: self.source(at),
        };
        self.config.networks.insert(name.to_owned(), network);
    }

    fn model(&mut self, name: &str, table: &DeTable<'_>, _: usize) {
        for (key, value) in table {
            if let Some(text) = self.scalar(key.get_ref(), value) {
                let source = self.source(key.span().start);
                let parameters = self.config.models.entry(name.to_owned()).or_default();
                parameters.insert(key.get_ref().to_string(), (text, source));
            }
        }
    }

    fn cluster(&mut self, name: &str, table: &DeTable<'_>, at: usize) {
        if table.is_empty() {
            self.missing(
                at,
                &format!("cluster.{name}"),
                "account, region, model or moves",
            );
        }
        for (key, value) in table {
            let known = ["account", "region", "model", "moves"];
            if !known.contains(&key.get_ref().as_ref()) {
                self.unknown(key, &known);
                continue;
            }
            if key.get_ref() == "moves" {
                if let Some(moves) = value.get_ref().as_bool() {
                    if !moves {
                        self.config.staying.insert(name.to_owned());
                    }
                } else {
                    let message = "`moves` is `true` or `false`, without quotes".to_owned();
                    self.note("unknown-config-value", value.span().start, message);
                }
                continue;
            }
            let Some(text) = self.string(key.get_ref(), value) else {
                continue;
            };
            if key.get_ref() == "account" && !is_account(&text) {
                let message = format!("`{text}` is no account id; write its twelve digits");
                self.note("unknown-config-value", value.span().start, message);
                continue;
            }
            let source = self.source(key.span().start);
            let cluster = self.config.clusters.entry(name.to_owned()).or_default();
            cluster.insert(key.get_ref().to_string(), (text, source));
        }
    }
}

fn suggestion(name: &str, text: &str, known: &[&str]) -> String {
    let hint = nearest(text, known).map_or_else(
        || format!("write one of {}", known.join(", ")),
        |n| format!("did you mean `{n}`?"),
    );
    format!("`{text}` is no value of `{name}`; {hint}")
}

/// The known name that is at most two edits away.
fn nearest<'k>(text: &str, known: &[&'k str]) -> Option<&'k str> {
    let (distance, name) = known.iter().map(|name| (edits(text, name), *name)).min()?;
    (distance <= 2).then_some(name)
}

/// Levenshtein distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Config, Vec<(String, &'static str, u32)>) {
        let (config, diagnostics) = parse(&Arc::from("catchment.toml"), text);
        let told = diagnostics
            .into_iter()
            .map(|d| (d.message, d.code, d.source.map_or(0, |s| s.line())))
            .collect();
        (config, told)
    }

    #[test]
    fn everything_is_read_with_its_line() {
        let (config, told) = read(
            "[assume]\nscps = \"none\"\n\n[[asset]]\nname = \"orders\"\ntopics = [\"orders.*\"]\nintended = [\"User:app\"]\n\n[[pin]]\nlink = \"broker-host\"\nfrom = \"pier/1\"\nto = \"i-1\"\n\n[[refute]]\nlink = \"secret-user\"\nfrom = \"s\"\nto = \"pier/User:a\"\n\n[network.office]\ncidrs = [\"10.0.0.0/8\"]\nreaches = [\"vpc-1\"]\n\n[model.automq-s3-wal]\nbrokers = 3\n\n[cluster.pier]\naccount = \"111122223333\"\n",
        );
        assert_eq!(told, []);
        assert_eq!(config.assume["scps"].1.line(), 2);
        assert_eq!(config.assets[0].topics, ["orders.*"]);
        assert_eq!(
            config
                .links
                .iter()
                .map(|l| (l.holds, l.source.line()))
                .collect::<Vec<_>>(),
            [(true, 9), (false, 14)]
        );
        assert_eq!(config.networks["office"].blocks.len(), 1);
        assert_eq!(config.networks["office"].reaches, ["vpc-1"]);
        assert_eq!(config.models["automq-s3-wal"]["brokers"].0, "3");
        assert_eq!(config.clusters["pier"]["account"].0, "111122223333");
    }

    #[test]
    fn all_problems_are_told_with_lines_and_suggestions() {
        let (config, told) = read(
            "asets = 1\n[assume]\nscps = \"nome\"\nscpz = \"none\"\n[[asset]]\nname = 3\ntopics = [\"a\"]\n[[pin]]\nlink = \"broker-hosts\"\nfrom = \"pier/1\"\nto = \"i-1\"\n[[refute]]\nlink = \"log-volume\"\n[network.x]\ncidrs = [\"ten\"]\n[cluster.pier]\naccount = \"1\"\n",
        );
        let codes: Vec<_> = told.iter().map(|(_, code, line)| (*code, *line)).collect();
        for expected in [
            ("unknown-config-key", 1),
            ("unknown-config-value", 3),
            ("unknown-config-key", 4),
            ("wrong-config-type", 6),
            ("missing-config-key", 5),
            ("unknown-config-value", 8),
            ("missing-config-key", 12),
            ("unknown-config-value", 15),
            ("unknown-config-value", 17),
        ] {
            assert!(codes.contains(&expected), "{expected:?} in {told:?}");
        }
        let text = format!("{told:?}");
        for hint in [
            "did you mean `asset`?",
            "did you mean `none`?",
            "did you mean `broker-host`?",
        ] {
            assert!(text.contains(hint), "{hint} in {text}");
        }
        assert!(config.assume.is_empty());
    }

    #[test]
    fn nothing_of_a_broken_text_is_used() {
        let (config, told) =
            read("[assume]\nscps = \"none\"\nbroken = \n[network.o]\ncidrs = [\"10.0.0.0/8\"]\n");
        let lines: Vec<_> = told.iter().map(|(_, code, line)| (*code, *line)).collect();
        assert_eq!(lines, [("malformed-config", 3)], "{told:?}");
        assert_eq!(config, Config::default());
    }
}
