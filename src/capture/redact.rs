//! Redaction at the door: what is or holds a secret is gone before anything else sees it. Answers
//! have their own rules, in `redact_answer`.
//!
//! Kept are names: of keys, of users in a JAAS configuration, of buckets in a URI.
//!
//! Must never: let a password, a key or a token through, in full or in part; when in doubt the
//! whole value goes.

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// What redaction made of a property's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Redacted {
    /// The value without secrets.
    pub(crate) value: String,
    /// Whether it held static keys of a cloud account.
    pub(crate) static_key: bool,
}

/// Cleans the value of a property.
pub(crate) fn property(key: &str, value: &str) -> Redacted {
    let lower = key.to_ascii_lowercase();
    if value.is_empty() {
        return Redacted {
            value: String::new(),
            static_key: false,
        };
    }
    if is_jaas(&lower, value) {
        return Redacted {
            value: jaas(value),
            static_key: false,
        };
    }
    if is_cloud_key(&lower) {
        // A reference to a config provider or the environment is no key in the file.
        let reference = value.starts_with("${");
        return Redacted {
            value: REDACTED.to_owned(),
            static_key: !reference,
        };
    }
    if is_secret_key(&lower) || value.contains("PRIVATE KEY") {
        return Redacted {
            value: REDACTED.to_owned(),
            static_key: false,
        };
    }
    let (value, in_uri) = uri_parameters(value);
    let (value, bare) = access_key_ids(&user_info(&value));
    Redacted {
        value,
        static_key: in_uri || bare,
    }
}

fn is_jaas(key: &str, value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    key.contains("jaas") || lower.contains("password") || lower.contains("loginmodule")
}

fn is_cloud_key(key: &str) -> bool {
    let squeezed = key.replace(['.', '_', '-'], "");
    [
        "accesskeyid",
        "secretaccesskey",
        "secretkey",
        "accesskey",
        "accountkey",
        "sessiontoken",
    ]
    .iter()
    .any(|end| squeezed.ends_with(end))
        && !squeezed.contains("delegationtoken")
}

fn is_secret_key(key: &str) -> bool {
    let holds = [
        "password",
        "passwd",
        "pwd",
        "secret",
        "passphrase",
        "private.key",
        "privatekey",
        "agentkey",
    ];
    let ends = [
        ".pass",
        ".token",
        "_token",
        "apikey",
        "api.key",
        "api_key",
        "user.info",
        "master.key",
        "keystore.key",
        ".credential",
        ".credentials",
        "credentials.json",
    ];
    key == "token"
        || holds.iter().any(|part| key.contains(part))
        || ends.iter().any(|end| key.ends_with(end))
        // AutoMQ types this one PASSWORD: its query part carries credentials.
        || key == "s3.telemetry.metrics.exporter.uri"
}

/// Rebuilds a JAAS configuration from the pieces that are known to be harmless: the module, the
/// control flag, `username` and the names in `user_NAME`.
fn jaas(value: &str) -> String {
    let mut kept = Vec::new();
    let mut words = value.split_whitespace();
    if let Some(module) = words.next().filter(|w| w.ends_with("LoginModule")) {
        kept.push(module.to_owned());
        if let Some(flag) = words
            .next()
            .filter(|w| matches!(*w, "required" | "requisite" | "sufficient" | "optional"))
        {
            kept.push(flag.to_owned());
        }
    }
    for (name, text) in jaas_options(value) {
        if name == "username" {
            kept.push(format!("username=\"{text}\""));
        } else if name
            .strip_prefix("user_")
            .is_some_and(|user| !user.is_empty())
        {
            kept.push(format!("{name}=\"{REDACTED}\""));
        }
    }
    if kept.is_empty() {
        REDACTED.to_owned()
    } else {
        format!("{};", kept.join(" "))
    }
}

/// The `name="text"` options of a JAAS configuration; quotes may be missing or single.
pub(crate) fn jaas_options(value: &str) -> Vec<(String, String)> {
    let mut options = Vec::new();
    let mut rest = value;
    while let Some(equals) = rest.find('=') {
        let (before, after) = rest.split_at(equals);
        let name = before
            .trim_end()
            .rsplit(|c: char| c.is_whitespace() || c == ';')
            .next()
            .unwrap_or_default();
        let after = after[1..].trim_start();
        let (text, next) = if let Some(quote @ ('"' | '\'')) = after.chars().next() {
            quoted(&after[1..], quote)
        } else {
            let end = after
                .find(|c: char| c.is_whitespace() || c == ';')
                .unwrap_or(after.len());
            (after[..end].to_owned(), &after[end..])
        };
        options.push((name.to_owned(), text));
        rest = next;
    }
    options
}

/// The text up to the closing quote, and what follows it.
fn quoted(text: &str, quote: char) -> (String, &str) {
    let mut out = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            out.extend(letters.next().map(|(_, next)| next));
        } else if letter == quote {
            return (out, &text[at + letter.len_utf8()..]);
        } else {
            out.push(letter);
        }
    }
    (out, "")
}

/// Replaces the values of secret query parameters; says whether one of them was a static key.
fn uri_parameters(value: &str) -> (String, bool) {
    let mut out = String::new();
    let mut found = false;
    for (i, part) in value.split_inclusive(['?', '&', ';']).enumerate() {
        let body = part.trim_end_matches(['?', '&', ';']);
        let end = &part[body.len()..];
        let secret = body.split_once('=').filter(|(name, text)| {
            i > 0 && !text.is_empty() && {
                let name = name
                    .trim()
                    .to_ascii_lowercase()
                    .replace(['.', '_', '-'], "");
                is_cloud_key(&name)
                    || ["password", "token", "secret", "signature", "sig", "apikey"]
                        .iter()
                        .any(|s| name.ends_with(s))
            }
        });
        if let Some((name, text)) = secret {
            found |= is_cloud_key(&name.trim().to_ascii_lowercase()) && !text.starts_with("${");
            // The next item of an AutoMQ list follows a comma: `secretKey=x,1@s3://b`.
            let next = next_item(text);
            out.push_str(name);
            out.push('=');
            out.push_str(REDACTED);
            out.push_str(&text[next..]);
        } else {
            out.push_str(body);
        }
        out.push_str(end);
    }
    (out, found)
}

/// Where the next item of a bucket list begins in a parameter's text: at a comma followed by
/// `digits@`, as AutoMQ splits.
pub(crate) fn next_item(text: &str) -> usize {
    text.match_indices(',')
        .map(|(at, _)| at)
        .find(|at| begins_item(&text[at + 1..]))
        .unwrap_or(text.len())
}

fn begins_item(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && text[digits..].starts_with('@')
}

/// Removes `user:password` from `scheme://user:password@host`.
fn user_info(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let authority = after.find(['/', '?', ',', ' ']).unwrap_or(after.len());
        match after[..authority].rfind('@') {
            Some(end) => {
                out.push_str(REDACTED);
                rest = &after[end..];
            }
            None => rest = after,
        }
    }
    out.push_str(rest);
    out
}

/// Replaces access key ids wherever they stand.
fn access_key_ids(value: &str) -> (String, bool) {
    let is_key = |word: &str| {
        word.len() == 20
            && (word.starts_with("AKIA") || word.starts_with("ASIA"))
            && word
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    let mut out = String::new();
    let mut found = false;
    for piece in value.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if is_key(word) {
            found = true;
            out.push_str(REDACTED);
            out.push_str(&piece[word.len()..]);
        } else {
            out.push_str(piece);
        }
    }
    (out, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "c4n4ry-s3cr3t";

    #[test]
    fn no_secret_survives_whatever_key_holds_it() {
        for (key, value) in [
            ("ssl.keystore.password", CANARY.to_owned()),
            (
                "ssl.keystore.key",
                format!("-----BEGIN PRIVATE KEY----- {CANARY}"),
            ),
            (
                "listener.name.client.plain.sasl.jaas.config",
                format!(
                    "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"b\" password=\"{CANARY}\" user_alice='{CANARY}' user_b={CANARY};"
                ),
            ),
            (
                "rsm.config.storage.aws.secret.access.key",
                CANARY.to_owned(),
            ),
            ("rsm.config.storage.aws.access.key.id", CANARY.to_owned()),
            (
                "s3.data.buckets",
                format!(
                    "0@s3://data?region=eu-west-1&accessKey={CANARY}&secretKey={CANARY}/+x,1@s3://more?secretKey={CANARY}"
                ),
            ),
            (
                "s3.telemetry.metrics.exporter.uri",
                format!("otlp://?headers={CANARY}"),
            ),
            (
                "schema.registry.url",
                format!("https://u:{CANARY}@host/path"),
            ),
            ("basic.auth.user.info", format!("u:{CANARY}")),
            ("my.pass", CANARY.to_owned()),
            (
                "some.pem",
                format!("-----BEGIN RSA PRIVATE KEY-----{CANARY}"),
            ),
            ("other.thing", format!("login: u password : {CANARY}")),
            ("some.thing", format!("x password={CANARY}")),
            ("automq.table.topic.catalog.token", CANARY.to_owned()),
            ("delegation.token.master.key", CANARY.to_owned()),
        ] {
            let redacted = property(key, &value);
            assert!(
                !redacted.value.contains(CANARY),
                "{key}: {}",
                redacted.value
            );
        }
    }

    #[test]
    fn only_the_keys_leave_a_bucket_uri_and_they_are_reported() {
        let text = "0@s3://data?region=eu-west-1&accessKey=AK&secretKey=SK,1@s3://more?region=r&pathStyle=true";
        let redacted = property("s3.data.buckets", text);
        assert_eq!(
            redacted.value,
            "0@s3://data?region=eu-west-1&accessKey=[redacted]&secretKey=[redacted],1@s3://more?region=r&pathStyle=true"
        );
        assert!(redacted.static_key);
        assert!(!property("s3.data.buckets", "0@s3://data?region=eu-west-1").static_key);
    }

    #[test]
    fn user_names_of_a_jaas_configuration_stay() {
        let text = "a.PlainLoginModule required username=\"broker\" password=\"p\\\"q\" user_alice=\"x y\";";
        assert_eq!(
            property("sasl.jaas.config", text).value,
            "a.PlainLoginModule required username=\"broker\" user_alice=\"[redacted]\";"
        );
    }

    #[test]
    fn ordinary_values_stay_as_they_are() {
        for (key, value) in [
            ("log.dirs", "/data/kafka"),
            ("ssl.keystore.location", "/etc/keystore.p12"),
            ("super.users", "User:CN=a,O=b;User:admin"),
            ("listeners", "CLIENT://0.0.0.0:9092,PLAIN://:9093"),
            ("rsm.config.storage.aws.credentials.provider.class", "a.b.C"),
            ("delegation.token.expiry.time.ms", "1"),
            (
                "ssl.principal.mapping.rules",
                "RULE:^CN=(.*?),.*$/$1/L,DEFAULT",
            ),
        ] {
            assert_eq!(property(key, value).value, value);
        }
    }
}
