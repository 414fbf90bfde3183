//! Reads a policy document from JSON.
//!
//! Must never: fail. What cannot be read becomes a part that decides nothing, and a problem.

use super::arn_pattern::ArnPattern;
use super::condition::Test;
use super::document::{
    ActionPattern, Clause, Document, Effect, Problem, ResourcePattern, Statement,
};
use super::operators::{Family, Operator, boolean};
use super::pattern::Glob;
use super::principal::PrincipalName;
use super::template::{Template, Version};
use crate::capture::json::{Node, Value};

impl Document {
    /// Reads a document: an object, or a string that holds one.
    ///
    /// Single values stand for lists of one, as the grammar allows (IAM User Guide, "Grammar of
    /// the IAM JSON policy language"). What cannot be read makes its statement undecided.
    pub fn parse(node: &Node) -> (Self, Vec<Problem>) {
        let mut reader = Reader {
            problems: Vec::new(),
            version: Version::V2008,
        };
        let document = match node.document() {
            Ok(root) => reader.document(&root),
            Err(error) => {
                reader.say(
                    node,
                    format!("the policy document is {error}; capture it again"),
                );
                Self {
                    version: Version::Unreadable,
                    statements: vec![Statement::unreadable(node, "the document is not JSON")],
                    source: node.source.clone(),
                }
            }
        };
        (document, reader.problems)
    }
}

impl Statement {
    fn unreadable(node: &Node, why: &str) -> Self {
        Self {
            sid: None,
            effect: None,
            principal: Clause::Unreadable,
            action: Clause::Unreadable,
            resource: Clause::Unreadable,
            conditions: Vec::new(),
            undecidable: Some(why.to_owned()),
            source: node.source.clone(),
        }
    }
}

struct Reader {
    problems: Vec<Problem>,
    version: Version,
}

impl Reader {
    fn say(&mut self, node: &Node, message: String) {
        self.problems.push(Problem {
            source: node.source.clone(),
            message,
        });
    }

    fn document(&mut self, root: &Node) -> Document {
        self.version = match root.get("Version").map(Node::scalar) {
            None => Version::V2008,
            Some(Some(text)) if text == "2012-10-17" => Version::V2012,
            Some(Some(text)) if text == "2008-10-17" => Version::V2008,
            Some(_) => {
                let node = root.get("Version").unwrap_or(root);
                self.say(
                    node,
                    "`Version` is neither `2012-10-17` nor `2008-10-17`; policy variables stay \
                     undecided until it is one of them"
                        .to_owned(),
                );
                Version::Unreadable
            }
        };
        for (name, value) in root.members() {
            if !matches!(&**name, "Version" | "Id" | "Statement") {
                self.say(
                    value,
                    format!("`{name}` is no element of a policy document; check its spelling"),
                );
            }
        }
        let statements = if let Some(node) = root.get("Statement") {
            let statements = one_or_many(node).iter();
            statements.map(|s| self.statement(s)).collect()
        } else {
            self.say(
                root,
                "`Statement` is missing, so what the document does is not known; capture it again"
                    .to_owned(),
            );
            vec![Statement::unreadable(root, "`Statement` is missing")]
        };
        Document {
            version: self.version,
            statements,
            source: root.source.clone(),
        }
    }

    fn statement(&mut self, node: &Node) -> Statement {
        if !matches!(node.value, Value::Object(_)) {
            self.say(
                node,
                format!(
                    "`Statement` holds {} where an object is needed",
                    node.kind()
                ),
            );
            return Statement::unreadable(node, "the statement is not an object");
        }
        let mut undecidable = None;
        for (name, value) in node.members() {
            if !matches!(
                &**name,
                "Sid"
                    | "Effect"
                    | "Principal"
                    | "NotPrincipal"
                    | "Action"
                    | "NotAction"
                    | "Resource"
                    | "NotResource"
                    | "Condition"
            ) {
                self.say(
                    value,
                    format!(
                        "`{name}` is no element of a statement; check its spelling, the statement \
                         stays undecided"
                    ),
                );
                undecidable = Some(format!("`{name}` is no element of a statement"));
            }
        }
        let effect = match node.get("Effect").and_then(Node::as_str) {
            Some("Allow") => Some(Effect::Allow),
            Some("Deny") => Some(Effect::Deny),
            Some(_) | None => {
                self.say(
                    node.get("Effect").unwrap_or(node),
                    "`Effect` is neither `Allow` nor `Deny`, so the statement may do either; \
                     write one of them"
                        .to_owned(),
                );
                undecidable = Some("`Effect` is neither `Allow` nor `Deny`".to_owned());
                None
            }
        };
        let action = self.clause(node, "Action", "NotAction", true, Self::actions);
        Statement {
            sid: node.get("Sid").and_then(Node::scalar),
            effect,
            principal: self.clause(node, "Principal", "NotPrincipal", false, Self::principals),
            action,
            resource: self.clause(node, "Resource", "NotResource", false, Self::resources),
            conditions: node
                .get("Condition")
                .map(|c| self.conditions(c))
                .unwrap_or_default(),
            undecidable,
            source: node.source.clone(),
        }
    }

    fn clause<T>(
        &mut self,
        node: &Node,
        plain: &str,
        negated: &str,
        needed: bool,
        read: impl Fn(&mut Self, &str, &Node) -> Vec<T>,
    ) -> Clause<T> {
        match (node.get(plain), node.get(negated)) {
            (Some(value), None) => Clause::In(read(self, plain, value)),
            (None, Some(value)) => Clause::NotIn(read(self, negated, value)),
            (None, None) if !needed => Clause::Absent,
            (None, None) => {
                self.say(
                    node,
                    format!("the statement has neither `{plain}` nor `{negated}`; write one"),
                );
                Clause::Unreadable
            }
            (Some(_), Some(value)) => {
                self.say(
                    value,
                    format!("the statement has both `{plain}` and `{negated}`; keep one"),
                );
                Clause::Unreadable
            }
        }
    }

    fn unreadable(&mut self, element: &str, node: &Node) {
        let kind = node.kind();
        self.say(
            node,
            format!("`{element}` holds {kind} where a string is needed; resolve it to text"),
        );
    }

    fn actions(&mut self, element: &str, node: &Node) -> Vec<ActionPattern> {
        let mut out = Vec::new();
        for item in one_or_many(node) {
            out.push(if let Some(text) = item.as_str() {
                ActionPattern::Glob(Glob::ignoring_case(text))
            } else {
                self.unreadable(element, item);
                ActionPattern::Unreadable
            });
        }
        out
    }

    fn resources(&mut self, element: &str, node: &Node) -> Vec<ResourcePattern> {
        let mut out = Vec::new();
        for item in one_or_many(node) {
            let Some(text) = item.as_str() else {
                self.unreadable(element, item);
                out.push(ResourcePattern::Unreadable);
                continue;
            };
            let template = Template::new(text, self.version);
            out.push(if template.is_plain() {
                ResourcePattern::Fixed(ArnPattern::new(text))
            } else {
                ResourcePattern::Open(template)
            });
        }
        out
    }

    fn principals(&mut self, element: &str, node: &Node) -> Vec<PrincipalName> {
        if let Some(text) = node.as_str() {
            if text == "*" {
                return vec![PrincipalName::Everyone];
            }
            self.say(
                node,
                format!("`{element}` is `{text}`; only `*` may stand there alone"),
            );
            return vec![PrincipalName::Unreadable(text.to_owned())];
        }
        if !matches!(node.value, Value::Object(_)) {
            self.unreadable(element, node);
            return vec![PrincipalName::Unreadable(node.kind().to_owned())];
        }
        let mut out = Vec::new();
        for (kind, value) in node.members() {
            for item in one_or_many(value) {
                let Some(text) = item.scalar() else {
                    self.unreadable(element, item);
                    out.push(PrincipalName::Unreadable(item.kind().to_owned()));
                    continue;
                };
                let name = PrincipalName::read(kind, &text);
                if matches!(name, PrincipalName::Unreadable(_)) {
                    self.say(
                        item,
                        format!(
                            "`{element}` names `{text}` as `{kind}`, which is no kind of \
                             principal known here; check it"
                        ),
                    );
                }
                out.push(name);
            }
        }
        out
    }

    fn conditions(&mut self, node: &Node) -> Vec<Test> {
        if !matches!(node.value, Value::Object(_)) {
            self.unreadable("Condition", node);
            return vec![Test {
                operator: None,
                operator_text: "Condition".to_owned(),
                key_text: String::new(),
                key: String::new(),
                values: Vec::new(),
                source: node.source.clone(),
            }];
        }
        let mut out = Vec::new();
        for (name, keys) in node.members() {
            let operator = Operator::parse(name);
            if operator.is_none() {
                self.say(
                    keys,
                    format!("`{name}` is no condition operator; its lines stay undecided"),
                );
            }
            if !matches!(keys.value, Value::Object(_)) {
                self.unreadable(name, keys);
            }
            if keys.members().is_empty() && !matches!(keys.value, Value::Object(_)) {
                out.push(Test {
                    operator: None,
                    operator_text: name.clone(),
                    key_text: String::new(),
                    key: String::new(),
                    values: Vec::new(),
                    source: keys.source.clone(),
                });
            }
            for (key, values) in keys.members() {
                let test = self.test(name, operator, key, values);
                out.push(test);
            }
        }
        out
    }

    fn test(&mut self, name: &str, operator: Option<Operator>, key: &str, node: &Node) -> Test {
        let mut operator = operator;
        let mut values = Vec::new();
        for item in one_or_many(node) {
            if let Some(text) = item.scalar() {
                values.push(Template::new(&text, self.version));
            } else {
                self.unreadable(name, item);
                operator = None;
            }
        }
        let null = operator.is_some_and(|o| o.family == Family::Null);
        if null && values.iter().any(|v| boolean(v.text()).is_none()) {
            self.say(
                node,
                format!("`Null` asks `{key}` for neither `true` nor `false`; write one of them"),
            );
        }
        Test {
            operator,
            operator_text: name.to_owned(),
            key_text: key.to_owned(),
            key: key.to_lowercase(),
            values,
            source: node.source.clone(),
        }
    }
}

/// The elements of an array, or the value itself.
fn one_or_many(node: &Node) -> &[Node] {
    match &node.value {
        Value::Array(items) => items,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            std::slice::from_ref(node)
        }
    }
}
