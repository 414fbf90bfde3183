//! Policy documents: from JSON to statements that can be decided.
//!
//! Must never: drop a statement that cannot be read. It stays, and decides nothing.

use super::Truth;
use super::arn_pattern::ArnPattern;
use super::condition::Test;
use super::context::Context;
use super::pattern::{Glob, PLACEHOLDER};
use super::principal::PrincipalName;
use super::template::{Template, Version};
use crate::capture::Source;

/// Allow or Deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// `Allow`
    Allow,
    /// `Deny`
    Deny,
}

/// An element that comes in a plain and a `Not` form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clause<T> {
    /// Neither form is written.
    Absent,
    /// The plain form.
    In(Vec<T>),
    /// The `Not` form.
    NotIn(Vec<T>),
    /// Both forms, or none where one is needed, or not to be read.
    Unreadable,
}

impl<T> Clause<T> {
    /// The elements of either form.
    pub fn items(&self) -> &[T] {
        match self {
            Self::In(items) | Self::NotIn(items) => items,
            Self::Absent | Self::Unreadable => &[],
        }
    }
}

/// One entry of `Action` or `NotAction`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionPattern {
    /// A pattern; case is ignored.
    Glob(Glob),
    /// Not to be read.
    Unreadable,
}

/// One entry of `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourcePattern {
    /// A pattern without variables.
    Fixed(ArnPattern),
    /// A pattern with variables.
    Open(Template),
    /// Not to be read.
    Unreadable,
}

impl ResourcePattern {
    fn covers(&self, resource: &str, context: &Context) -> Truth {
        match self {
            Self::Fixed(pattern) => pattern.covers(resource),
            // What a projection grants on a resource without a name is about that very resource.
            Self::Open(template)
                if resource.contains(PLACEHOLDER)
                    && template.keys().next().is_none()
                    && ArnPattern::new(template.text()).agrees(resource) =>
            {
                Truth::True
            }
            Self::Open(template) => {
                let expansion = template.expand(context, true);
                if expansion.missing {
                    return Truth::False;
                }
                let pattern = ArnPattern::of(&expansion.tokens, &expansion.colons);
                let covered = pattern.covers(resource);
                if expansion.doubtful || expansion.misplaced {
                    covered & Truth::Unknown
                } else {
                    covered
                }
            }
            Self::Unreadable => Truth::Unknown,
        }
    }
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// `Sid`, when written.
    pub sid: Option<String>,
    /// `Effect`; `None` when it cannot be read, so that the statement may do either.
    pub effect: Option<Effect>,
    /// `Principal` or `NotPrincipal`.
    pub principal: Clause<PrincipalName>,
    /// `Action` or `NotAction`.
    pub action: Clause<ActionPattern>,
    /// `Resource` or `NotResource`.
    pub resource: Clause<ResourcePattern>,
    /// The lines of `Condition`, all of which must hold.
    pub conditions: Vec<Test>,
    /// What cannot be read in the statement as a whole; then it is never certain to apply.
    pub undecidable: Option<String>,
    /// Where it stands.
    pub source: Source,
}

impl Statement {
    /// A grant that stands in no policy, as a statement on the resource that it is about.
    pub fn allow(
        principals: Vec<PrincipalName>,
        actions: impl IntoIterator<Item = String>,
        conditions: Vec<Test>,
        source: Source,
    ) -> Self {
        let actions = actions.into_iter().map(|action| {
            let pattern = Glob::ignoring_case(&action);
            ActionPattern::Glob(pattern)
        });
        Self {
            sid: None,
            effect: Some(Effect::Allow),
            principal: Clause::In(principals),
            action: Clause::In(actions.collect()),
            resource: Clause::Absent,
            conditions,
            undecidable: None,
            source,
        }
    }

    /// A guard that stands in no policy: everyone is denied everything under these conditions.
    pub fn deny_everyone(conditions: Vec<Test>, source: Source) -> Self {
        let everyone = vec![PrincipalName::Everyone];
        Self {
            effect: Some(Effect::Deny),
            ..Self::allow(everyone, ["*".to_owned()], conditions, source)
        }
    }

    /// Whether the statement is about this action (rules 11 and 12).
    pub fn covers_action(&self, action: &str) -> Truth {
        let any = |items: &[ActionPattern]| {
            Truth::any(items.iter().map(|item| match item {
                ActionPattern::Glob(glob) => glob.matches(action).into(),
                ActionPattern::Unreadable => Truth::Unknown,
            }))
        };
        match &self.action {
            Clause::In(items) => any(items),
            Clause::NotIn(items) => !any(items),
            Clause::Absent | Clause::Unreadable => Truth::Unknown,
        }
    }

    /// Whether the statement is about this resource (rules 11 to 15). `absent` is the answer for
    /// a statement that names none: trust policies have no `Resource`, identity policies must.
    pub fn covers_resource(&self, resource: &str, context: &Context, absent: Truth) -> Truth {
        let any = |items: &[ResourcePattern]| {
            Truth::any(items.iter().map(|item| item.covers(resource, context)))
        };
        match &self.resource {
            Clause::In(items) => any(items),
            Clause::NotIn(items) => !any(items),
            Clause::Absent => absent,
            Clause::Unreadable => Truth::Unknown,
        }
    }

    /// Whether all conditions hold.
    pub fn conditions_hold(&self, context: &Context) -> Truth {
        Truth::all(self.conditions.iter().map(|test| test.holds(context)))
    }

    /// The condition keys the statement reads, in lower case.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.conditions
            .iter()
            .flat_map(Test::keys)
            .chain(self.resource_keys())
    }

    /// The keys of variables in `Resource`, in lower case.
    pub fn resource_keys(&self) -> impl Iterator<Item = &str> {
        let items = self.resource.items().iter();
        items.flat_map(|item| {
            let template = match item {
                ResourcePattern::Open(template) => Some(template),
                ResourcePattern::Fixed(_) | ResourcePattern::Unreadable => None,
            };
            template.into_iter().flat_map(Template::keys)
        })
    }

    /// Whether the statement may have this effect.
    pub fn may(&self, effect: Effect) -> bool {
        self.effect.is_none_or(|e| e == effect)
    }
}

/// A policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its version, which decides whether variables are replaced.
    pub version: Version,
    /// Its statements, in order.
    pub statements: Vec<Statement>,
    /// Where it stands.
    pub source: Source,
}

impl Document {
    /// A document of statements that were not written as one.
    pub fn of(statements: Vec<Statement>, source: Source) -> Self {
        Self {
            version: Version::V2008,
            statements,
            source,
        }
    }
}

/// Something in a document that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub source: Source,
    /// What, and what to do about it.
    pub message: String,
}
