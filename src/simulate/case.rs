//! Reads one case: a request with its policies.
//!
//! Must never: guess at what is malformed. A document that cannot be read to the end is another
//! thing: it is decided as far as it can be read, with a remark.

use std::collections::{BTreeMap, BTreeSet};

use super::defaults::Defaults;
use crate::capture::json::{Node, Value};
use crate::names::Arn;
use crate::policy::{
    Caller, Context, Document, Guard, KeyState, Layer, Layers, Request, ResourceKind,
    ResourcePolicy,
};

/// The members of a case.
const MEMBERS: [&str; 13] = [
    "id",
    "request",
    "identityPolicies",
    "sessionPolicy",
    "permissionBoundary",
    "resourcePolicy",
    "scps",
    "rcps",
    "vpcEndpointPolicies",
    "s3",
    "mode",
    "expect",
    "source",
];

/// The name of a case, as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Id {
    /// None, or not to be read.
    #[default]
    None,
    /// A string.
    Text(String),
    /// A number, in the text it was written in.
    Number(String),
}

impl Id {
    /// The name of a case, whatever else is wrong with it.
    pub(super) fn of(node: &Node) -> Self {
        match node.get("id").map(|id| &id.value) {
            Some(Value::String(text)) => Self::Text(text.clone()),
            Some(Value::Number(text)) => Self::Number(text.clone()),
            Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => {
                Self::None
            }
        }
    }
}

/// Why a case cannot be decided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

impl Malformed {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Something that can be decided, and is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where: a JSON pointer into the case.
    pub at: String,
    /// What.
    pub message: String,
}

/// A request with all its policies.
#[derive(Clone, Debug)]
pub struct Case {
    caller: Caller,
    action: String,
    resource: String,
    owner: Option<String>,
    context: Context,
    identity: Vec<Document>,
    session: Option<Vec<Document>>,
    boundary: Option<Vec<Document>>,
    resource_policy: Option<Document>,
    endpoint: Option<Vec<Document>>,
    scps: Option<Vec<Vec<Document>>>,
    rcps: Option<Vec<Vec<Document>>>,
    block_public_access: bool,
    /// What is not as it should be.
    pub remarks: Vec<Remark>,
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// When the request is not told, or something is of the wrong kind.
    pub fn read(node: &Node, defaults: &Defaults) -> Result<Self, Malformed> {
        if !matches!(node.value, Value::Object(_)) {
            return Err(Malformed::new(format!(
                "a case is an object, not {}",
                node.kind()
            )));
        }
        let mut remarks = unknown_members(node)?;
        let request = object(node, "request")?;
        let resource = object(request, "resource")?;
        let action = text(request, "action")?;
        let arn = text(resource, "arn")?;
        let principal = text(request, "principal")?;
        let given = keys(request)?;
        let open = match node.get("mode").map(Node::as_str) {
            None | Some(Some("Strict")) => false,
            Some(Some("Discovery")) => true,
            Some(_) => {
                return Err(Malformed::new("`mode` is neither `Strict` nor `Discovery`"));
            }
        };
        let context = given
            .iter()
            .fold(defaults.context(open), |context, (key, values)| {
                context.known_many(key, values.iter().map(String::as_str))
            });
        let caller = caller(principal, action, &context)?;
        let mut read = |name: &str| documents(node, name, &mut remarks);
        let identity = read("identityPolicies")?.unwrap_or_default();
        let session = read("sessionPolicy")?;
        let boundary = read("permissionBoundary")?.filter(|list| !list.is_empty());
        let endpoint = read("vpcEndpointPolicies")?.filter(|list| !list.is_empty());
        let mut policies = read("resourcePolicy")?.unwrap_or_default();
        if policies.len() > 1 {
            return Err(Malformed::new(
                "`resourcePolicy` holds more than one document",
            ));
        }
        Ok(Self {
            caller,
            action: action.to_owned(),
            resource: arn.to_owned(),
            owner: resource.get("accountId").and_then(Node::scalar),
            context,
            identity,
            session,
            boundary,
            resource_policy: policies.pop(),
            endpoint,
            scps: levels(node, "scps", &mut remarks)?,
            rcps: levels(node, "rcps", &mut remarks)?,
            block_public_access: block(node)?,
            remarks,
        })
    }

    /// The request, and the policies that have a say in it, given to `decide`.
    pub fn with<T>(&self, decide: impl FnOnce(&Request<'_>, &Layers<'_>) -> T) -> T {
        let layers = Layers {
            identity: Layer::of(&self.identity),
            boundary: self.boundary.as_ref().map(Layer::of),
            session: self.session.as_ref().map(Layer::of),
            scps: guard(self.scps.as_ref()),
            rcps: guard(self.rcps.as_ref()),
            resource: match &self.resource_policy {
                Some(document) => ResourcePolicy::Document(document),
                None => ResourcePolicy::None,
            },
            resource_kind: kind(&self.action, &self.resource),
            endpoint: self.endpoint.as_ref().map(Layer::of),
            block_public_access: self.block_public_access.into(),
            ..Layers::default()
        };
        let request = Request {
            caller: &self.caller,
            action: &self.action,
            resource: &self.resource,
            resource_account: self.owner.as_deref(),
            context: &self.context,
            resource_certain: true,
        };
        decide(&request, &layers)
    }

    /// Of these keys, in lower case, those that are not known, as the policies write them.
    pub(super) fn unknown(&self, keys: &BTreeSet<String>) -> Vec<String> {
        let written: BTreeMap<&str, &str> = self
            .documents()
            .flat_map(|document| &document.statements)
            .flat_map(|statement| &statement.conditions)
            .map(|test| (test.key.as_str(), test.key_text.as_str()))
            .collect();
        let unknown = keys
            .iter()
            .filter(|key| self.context.state(key) == &KeyState::Unknown);
        unknown
            .map(|key| {
                let written = written.get(key.as_str()).copied();
                written.unwrap_or(key).to_owned()
            })
            .collect()
    }

    fn documents(&self) -> impl Iterator<Item = &Document> {
        let levels = self.scps.iter().chain(&self.rcps).flatten();
        self.identity
            .iter()
            .chain(self.session.iter().flatten())
            .chain(self.boundary.iter().flatten())
            .chain(&self.resource_policy)
            .chain(self.endpoint.iter().flatten())
            .chain(levels.flatten())
    }
}

fn guard(levels: Option<&Vec<Vec<Document>>>) -> Guard<'_> {
    levels.map_or(Guard::None, |levels| {
        Guard::Levels(levels.iter().map(Layer::of).collect())
    })
}

/// A key and a role have a policy that must itself allow (rules 2 and 26); actions on all keys, on
/// aliases, and on nothing have none.
fn kind(action: &str, resource: &str) -> ResourceKind {
    let service = action.split(':').next().unwrap_or_default();
    let arn = resource.parse::<Arn>().ok();
    let about = |service: &str, prefix: &str| {
        arn.as_ref()
            .is_some_and(|arn| arn.service() == service && arn.resource().starts_with(prefix))
    };
    if service.eq_ignore_ascii_case("kms") && about("kms", "key/") {
        ResourceKind::Key
    } else if service.eq_ignore_ascii_case("sts") && about("iam", "role/") {
        ResourceKind::Trust
    } else {
        ResourceKind::Ordinary
    }
}

/// Who asks.
///
/// Whoever assumes a role with a token is the provider that vouches for it. A federated session is
/// taken to be made by the user of its name. A session's ARN has no path (rule 8), but its
/// `aws:PrincipalArn` has; without that, a role of the names that AWS gives to service-linked roles
/// is taken to be one.
fn caller(name: &str, action: &str, context: &Context) -> Result<Caller, Malformed> {
    let by_token = action
        .to_ascii_lowercase()
        .starts_with("sts:assumerolewith");
    let caller = match Caller::from_name(name) {
        Some(Caller::Service { name }) if by_token => Caller::Federated {
            arn: name,
            by: None,
        },
        Some(Caller::Federated { arn, by: None }) => {
            let by = arn.parse::<Arn>().ok().and_then(|parsed| {
                let user = parsed.resource().strip_prefix("federated-user/")?;
                let (partition, account) = (parsed.partition(), parsed.account());
                Some(format!("arn:{partition}:iam::{account}:user/{user}"))
            });
            Caller::Federated { arn, by }
        }
        Some(Caller::Role {
            arn,
            session: Some(session),
        }) => Caller::Role {
            arn: with_path(&arn, context).unwrap_or_else(|| linked(&arn).unwrap_or(arn)),
            session: Some(session),
        },
        Some(Caller::ExternalAccount { .. }) | None => {
            return Err(Malformed::new(format!(
                "`principal` is `{name}`, which is no ARN of a user, role, session, federated user, \
                 provider or root user, no name of a service, and not `anonymous`"
            )));
        }
        Some(caller) => caller,
    };
    Ok(caller)
}

/// The ARN of a service-linked role, when a role is called like one.
///
/// Source: IAM User Guide, "Service-linked roles": `aws-service-role/SERVICE/AWSServiceRoleForNAME`.
fn linked(role: &str) -> Option<String> {
    let (account, name) = role.split_once(":role/")?;
    let service = name.strip_prefix("AWSServiceRoleFor")?;
    Some(format!(
        "{account}:role/aws-service-role/{}.amazonaws.com/{name}",
        service.to_ascii_lowercase()
    ))
}

/// The ARN of a session's role with its path, when the request says it.
fn with_path(role: &str, context: &Context) -> Option<String> {
    let KeyState::Known(values) = context.state("aws:PrincipalArn") else {
        return None;
    };
    let [said] = &**values else {
        return None;
    };
    let (said, role) = (said.parse::<Arn>().ok()?, role.parse::<Arn>().ok()?);
    let same = said.account() == role.account()
        && said.resource().starts_with("role/")
        && said.name() == role.name();
    same.then(|| said.to_string())
}

/// The condition keys of a request: a string, or a list of strings, each.
fn keys(request: &Node) -> Result<Vec<(String, Vec<String>)>, Malformed> {
    let Some(context) = present(request, "context") else {
        return Ok(Vec::new());
    };
    if !matches!(context.value, Value::Object(_)) {
        return Err(Malformed::new(format!(
            "`context` is {} where an object is needed",
            context.kind()
        )));
    }
    let mut keys = Vec::new();
    for (key, value) in context.members() {
        let values = match &value.value {
            Value::Array(items) => items.iter().map(Node::scalar).collect(),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => value.scalar().map(|text| vec![text]),
        };
        let values: Option<Vec<String>> = values;
        let Some(values) = values else {
            return Err(Malformed::new(format!(
                "`context` gives `{key}` {} where a string or a list of strings is needed",
                value.kind()
            )));
        };
        keys.push((key.clone(), values));
    }
    Ok(keys)
}

fn block(node: &Node) -> Result<bool, Malformed> {
    let Some(s3) = present(node, "s3") else {
        return Ok(false);
    };
    match present(s3, "blockPublicAccess") {
        None => Ok(false),
        Some(on) => on
            .as_bool()
            .ok_or_else(|| Malformed::new("`s3.blockPublicAccess` is neither true nor false")),
    }
}

/// A member that is there and not null.
fn present<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    node.get(name).filter(|node| node.value != Value::Null)
}

fn object<'n>(node: &'n Node, name: &str) -> Result<&'n Node, Malformed> {
    match node.get(name) {
        Some(value) if matches!(value.value, Value::Object(_)) => Ok(value),
        Some(value) => Err(Malformed::new(format!(
            "`{name}` is {} where an object is needed",
            value.kind()
        ))),
        None => Err(Malformed::new(format!("`{name}` is missing"))),
    }
}

fn text<'n>(node: &'n Node, name: &str) -> Result<&'n str, Malformed> {
    match node.get(name) {
        Some(value) => value
            .as_str()
            .filter(|text| !text.is_empty())
            .ok_or_else(|| Malformed::new(format!("`{name}` is no string, or an empty one"))),
        None => Err(Malformed::new(format!("`{name}` is missing"))),
    }
}

/// The documents of a list, or the one document; nothing when the case does not have the member.
fn documents(
    node: &Node,
    name: &str,
    remarks: &mut Vec<Remark>,
) -> Result<Option<Vec<Document>>, Malformed> {
    match present(node, name) {
        Some(value) => list(value, name, remarks).map(Some),
        None => Ok(None),
    }
}

fn list(node: &Node, name: &str, remarks: &mut Vec<Remark>) -> Result<Vec<Document>, Malformed> {
    let items = match &node.value {
        Value::Array(items) => items,
        Value::Object(_) | Value::String(_) => std::slice::from_ref(node),
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            return Err(Malformed::new(format!(
                "`{name}` is {} where a policy document is needed",
                node.kind()
            )));
        }
    };
    let mut documents = Vec::new();
    for item in items {
        if !matches!(item.value, Value::Object(_) | Value::String(_)) {
            return Err(Malformed::new(format!(
                "`{name}` holds {} where a policy document is needed",
                item.kind()
            )));
        }
        let (document, problems) = Document::parse(item);
        remarks.extend(problems.into_iter().map(|problem| Remark {
            at: problem.source.pointer().to_owned(),
            message: problem.message,
        }));
        documents.push(document);
    }
    Ok(documents)
}

/// The levels of an organization, each with its documents.
fn levels(
    node: &Node,
    name: &str,
    remarks: &mut Vec<Remark>,
) -> Result<Option<Vec<Vec<Document>>>, Malformed> {
    let Some(value) = present(node, name) else {
        return Ok(None);
    };
    let Value::Array(levels) = &value.value else {
        return Err(Malformed::new(format!(
            "`{name}` is {} where a list of levels is needed, each a list of documents",
            value.kind()
        )));
    };
    let mut read = Vec::new();
    for level in levels {
        if !matches!(level.value, Value::Array(_)) {
            return Err(Malformed::new(format!(
                "`{name}` holds {} where a level is needed: a list of documents",
                level.kind()
            )));
        }
        read.push(list(level, name, remarks)?);
    }
    Ok(Some(read))
}

/// Members that no case has are left alone, with a remark; one that is nearly a member of a case
/// would silently lose a policy.
fn unknown_members(node: &Node) -> Result<Vec<Remark>, Malformed> {
    let mut remarks = Vec::new();
    for (name, value) in node.members() {
        if MEMBERS.contains(&name.as_str()) {
            continue;
        }
        if let Some(meant) = MEMBERS.iter().find(|member| nearly(name, member)) {
            return Err(Malformed::new(format!(
                "`{name}` is no member of a case; is `{meant}` meant?"
            )));
        }
        remarks.push(Remark {
            at: value.source.pointer().to_owned(),
            message: format!("`{name}` is no member of a case and has no say"),
        });
    }
    Ok(remarks)
}

/// Whether two names differ in nothing but case, separators, and the number of what they name.
fn nearly(name: &str, member: &str) -> bool {
    let plain = |name: &str| {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        let lower: String = letters.flat_map(char::to_lowercase).collect();
        let lower = lower.replace("policies", "policy");
        let lower = lower.replace("permissions", "permission");
        let lower = lower.replace("boundaries", "boundary");
        lower.trim_end_matches('s').to_owned()
    };
    plain(name) == plain(member)
}
