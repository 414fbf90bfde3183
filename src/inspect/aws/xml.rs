//! XML answers in the JSON shape of the AWS CLI.
//!
//! A small generic converter. Which elements are lists, numbers and flags, and which are named
//! otherwise in JSON, is data ([`super::shapes`]); an element that nothing is said about becomes
//! text or an object under its own name, so that what a service adds later is kept.
//!
//! Must never: drop an element; let an empty element that is not known as a list pass for one.

use percent_encoding::percent_decode_str;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Map, Value};

use super::shapes::{self, Dialect, Kind};

/// One element.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// Its name, without a namespace's prefix.
    pub(crate) name: String,
    /// Attributes that are no namespace declarations.
    attributes: Vec<(String, String)>,
    /// Its own text.
    text: String,
    children: Vec<Element>,
}

/// Why text is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum XmlError {
    /// Not well formed, or cut off.
    #[error("malformed XML: {0}")]
    Malformed(String),
    /// Well formed, and something else than the answer to this call.
    #[error("expected `{expected}`, found `{found}`")]
    Unexpected {
        /// The element that the answer begins with.
        expected: String,
        /// What it began with.
        found: String,
    },
}

impl Element {
    /// Parses a document into its root element.
    pub(crate) fn parse(text: &str) -> Result<Self, XmlError> {
        let wrong = |error: &dyn std::fmt::Display| XmlError::Malformed(error.to_string());
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut open: Vec<Self> = Vec::new();
        loop {
            match reader.read_event().map_err(|e| wrong(&e))? {
                Event::Start(start) => {
                    let mut element = Self {
                        name: String::from_utf8_lossy(start.local_name().as_ref()).into_owned(),
                        ..Self::default()
                    };
                    for attribute in start.attributes() {
                        let attribute = attribute.map_err(|e| wrong(&e))?;
                        let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
                        let value = attribute.unescape_value().map_err(|e| wrong(&e))?;
                        if name != "xmlns" && !name.starts_with("xmlns:") {
                            element.attributes.push((name, value.into_owned()));
                        }
                    }
                    open.push(element);
                }
                Event::End(_) => {
                    let Some(closed) = open.pop() else {
                        return Err(XmlError::Malformed("an element too many".to_owned()));
                    };
                    match open.last_mut() {
                        Some(parent) => parent.children.push(closed),
                        None => return Ok(closed),
                    }
                }
                Event::Text(text) => {
                    if let Some(element) = open.last_mut() {
                        let text = text.decode().map_err(|e| wrong(&e))?;
                        element.text.push_str(&text);
                    }
                }
                Event::CData(text) => {
                    if let Some(element) = open.last_mut() {
                        let text = text.decode().map_err(|e| wrong(&e))?;
                        element.text.push_str(&text);
                    }
                }
                Event::GeneralRef(reference) => {
                    if let Some(element) = open.last_mut() {
                        let letter = reference.resolve_char_ref().map_err(|e| wrong(&e))?;
                        let name = reference.decode().map_err(|e| wrong(&e))?;
                        match (letter, name.as_ref()) {
                            (Some(letter), _) => element.text.push(letter),
                            (None, "lt") => element.text.push('<'),
                            (None, "gt") => element.text.push('>'),
                            (None, "amp") => element.text.push('&'),
                            (None, "apos") => element.text.push('\''),
                            (None, "quot") => element.text.push('"'),
                            (None, other) => {
                                return Err(XmlError::Malformed(format!(
                                    "unknown entity `{other}`"
                                )));
                            }
                        }
                    }
                }
                Event::Eof => {
                    return Err(XmlError::Malformed("it ends before its end".to_owned()));
                }
                Event::Empty(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_) => {}
            }
        }
    }

    /// The text of the first element of that name, at any depth.
    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        if self.name == name && self.children.is_empty() {
            return Some(self.text.trim());
        }
        self.children.iter().find_map(|child| child.find(name))
    }

    fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// The answer in `text` to `operation`, in the CLI's shape.
pub(crate) fn answer(
    text: &str,
    service: &str,
    operation: &str,
) -> Result<Map<String, Value>, XmlError> {
    let dialect = shapes::dialect(service);
    let root = Element::parse(text)?;
    let unexpected = |expected: String| XmlError::Unexpected {
        expected,
        found: root.name.clone(),
    };
    if let Some((expected, wrap)) = shapes::document(service, operation) {
        // Some that speak like S3 name the root after the operation.
        if root.name != expected && !root.name.ends_with("Response") {
            return Err(unexpected(expected.to_owned()));
        }
        return Ok(match wrap {
            Some(member) => {
                let value = if root.children.is_empty() && dialect.is_text(expected) {
                    Some(root.text.trim())
                        .filter(|text| !text.is_empty())
                        .map_or(Value::Null, Value::from)
                } else {
                    Value::Object(members(&root, dialect, &mut vec![expected]))
                };
                Map::from_iter([(member.to_owned(), value)])
            }
            None => members(&root, dialect, &mut vec![expected]),
        });
    }
    let response = format!("{operation}Response");
    if root.name != response {
        return Err(unexpected(response));
    }
    let inner = if dialect.result {
        let result = format!("{operation}Result");
        match root.child(&result) {
            Some(inner) => inner,
            None => return Err(unexpected(result)),
        }
    } else {
        &root
    };
    let mut answer = members(inner, dialect, &mut Vec::new());
    answer.remove("ResponseMetadata");
    if !dialect.result {
        answer.remove("RequestId");
    }
    Ok(answer)
}

/// The children of an element as members. `above` is the path of element names, without those of
/// list items.
fn members<'e>(
    element: &'e Element,
    dialect: &Dialect,
    above: &mut Vec<&'e str>,
) -> Map<String, Value> {
    let mut out = Map::new();
    for (name, text) in &element.attributes {
        let name = name.rsplit(':').next().unwrap_or(name);
        let name = if name == "type" { "Type" } else { name };
        out.insert(name.to_owned(), Value::from(text.clone()));
    }
    for child in &element.children {
        let parent = above.last().copied().unwrap_or_default();
        let (name, kind) = dialect.member(parent, &child.name);
        let inner = if kind == Kind::Flattened {
            Kind::Plain
        } else {
            kind
        };
        above.push(&child.name);
        let value = value(child, dialect, inner, above);
        above.pop();
        // What is said twice although nothing says that it is a list is kept as well.
        if kind == Kind::Flattened || (kind != Kind::List && out.contains_key(&name)) {
            add_item(&mut out, name, value);
        } else {
            out.insert(name, value);
        }
    }
    out
}

fn add_item(out: &mut Map<String, Value>, name: String, value: Value) {
    let slot = out.entry(name).or_insert_with(|| Value::Array(Vec::new()));
    if let Value::Array(items) = slot {
        items.push(value);
    } else {
        let first = slot.take();
        *slot = Value::Array(vec![first, value]);
    }
}

fn value<'e>(
    element: &'e Element,
    dialect: &Dialect,
    kind: Kind,
    above: &mut Vec<&'e str>,
) -> Value {
    let items = element
        .children
        .iter()
        .all(|child| dialect.is_item(&element.name, &child.name));
    let listed = kind == Kind::List || (kind == Kind::Plain && !element.children.is_empty());
    if items && listed {
        let items = element.children.iter();
        return items
            .map(|child| value(child, dialect, Kind::Plain, above))
            .collect();
    }
    if let Some(entries) = entries(element) {
        return Value::Object(entries);
    }
    if !element.children.is_empty() || !element.attributes.is_empty() {
        return Value::Object(members(element, dialect, above));
    }
    scalar(element, kind)
}

/// A map, which XML writes as `<entry><key/><value/></entry>`.
fn entries(element: &Element) -> Option<Map<String, Value>> {
    if element.children.is_empty() {
        return None;
    }
    let entries = element.children.iter().map(|entry| {
        let (key, value) = (entry.child("key")?, entry.child("value")?);
        let whole = entry.name == "entry" && entry.children.len() == 2;
        whole.then(|| (key.text.clone(), Value::from(value.text.clone())))
    });
    entries.collect()
}

fn scalar(element: &Element, kind: Kind) -> Value {
    let text = element.text.as_str();
    match kind {
        Kind::Flag => match text.trim() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            other => Value::from(other),
        },
        Kind::Number => text
            .trim()
            .parse::<i64>()
            .map_or_else(|_| Value::from(text), Value::from),
        Kind::Document => document(text),
        Kind::Structure if text.trim().is_empty() => Value::Object(Map::new()),
        Kind::Plain | Kind::List | Kind::Flattened | Kind::Structure => Value::from(text),
    }
}

/// A policy document as IAM sends it: percent-encoded, once. `+` is itself. What is no JSON object
/// after that stays as it came.
fn document(text: &str) -> Value {
    let decoded = if strictly_encoded(text) {
        percent_decode_str(text).decode_utf8().ok()
    } else {
        None
    };
    let plain = decoded.as_deref().unwrap_or(text);
    match serde_json::from_str(plain) {
        Ok(value @ Value::Object(_)) => value,
        _ => Value::from(text),
    }
}

/// Whether every `%` begins an escape.
fn strictly_encoded(text: &str) -> bool {
    let mut parts = text.split('%');
    parts.next();
    parts.all(|part| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_decoded_once_and_strictly() {
        let encoded = "%7B%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Aa%2520b%2Bc+d%22%7D";
        assert_eq!(
            document(encoded),
            json!({"Resource": "arn:aws:s3:::a%20b+c+d"})
        );
        let already = r#"{"Resource":"arn:aws:s3:::100%"}"#;
        assert_eq!(document(already), json!({"Resource": "arn:aws:s3:::100%"}));
        assert_eq!(document("%7B%2"), json!("%7B%2"));
    }

    #[test]
    fn lists_of_ec2_are_lists_also_when_empty() {
        let text = "<DescribeInstancesResponse xmlns='http://ec2.amazonaws.com/doc/2016-11-15/'>
          <requestId>r</requestId><reservationSet><item><ownerId>1</ownerId><groupSet/>
          <instancesSet><item><instanceId>i-1</instanceId><groupSet><item><groupId>sg-1</groupId>
          </item></groupSet><dnsName/><ebsOptimized>false</ebsOptimized><tagSet><item><key>k</key>
          <value>true</value></item></tagSet><instanceState><code>16</code><name>running</name>
          </instanceState><newThing><a>1</a></newThing></item></instancesSet></item></reservationSet>
          </DescribeInstancesResponse>";
        let body = answer(text, "ec2", "DescribeInstances").unwrap();
        assert_eq!(
            Value::Object(body),
            json!({"Reservations": [{"OwnerId": "1", "Groups": [], "Instances": [{
                "InstanceId": "i-1", "SecurityGroups": [{"GroupId": "sg-1"}],
                "PublicDnsName": "", "EbsOptimized": false,
                "Tags": [{"Key": "k", "Value": "true"}],
                "State": {"Code": 16, "Name": "running"}, "NewThing": {"A": "1"}
            }]}]})
        );
    }

    #[test]
    fn flattened_lists_of_s3_are_joined_and_its_documents_wrapped() {
        let text = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>
          <SSEAlgorithm>aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault>
          <BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>";
        assert_eq!(
            Value::Object(answer(text, "s3", "GetBucketEncryption").unwrap()),
            json!({"ServerSideEncryptionConfiguration": {"Rules": [{
                "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"},
                "BucketKeyEnabled": true
            }]}})
        );
        let none = "<LocationConstraint xmlns='http://s3.amazonaws.com/doc/2006-03-01/'/>";
        assert_eq!(
            Value::Object(answer(none, "s3", "GetBucketLocation").unwrap()),
            json!({"LocationConstraint": null})
        );
        let grants = "<AccessControlPolicy><Owner><ID>o</ID></Owner><AccessControlList><Grant>
          <Grantee xmlns:xsi='x' xsi:type='Group'><URI>u</URI></Grantee>
          <Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>";
        assert_eq!(
            Value::Object(answer(grants, "s3", "GetBucketAcl").unwrap()),
            json!({"Owner": {"ID": "o"}, "Grants": [
                {"Grantee": {"Type": "Group", "URI": "u"}, "Permission": "READ"}
            ]})
        );
    }

    #[test]
    fn text_keeps_its_entities_and_a_cut_document_is_an_error() {
        let text = "<GetCallerIdentityResponse><GetCallerIdentityResult>
          <Arn>a&amp;b&#x3C;</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>";
        assert_eq!(
            Value::Object(answer(text, "sts", "GetCallerIdentity").unwrap()),
            json!({"Arn": "a&b<"})
        );
        assert!(answer(&text[..60], "sts", "GetCallerIdentity").is_err());
        assert!(answer("<html></html>", "sts", "GetCallerIdentity").is_err());
    }
}
