//! What the statements of one layer say about one request.
//!
//! Must never: combine layers.

use super::Truth;
use super::caller::Caller;
use super::condition::Test;
use super::context::Context;
use super::document::{Clause, Document, Effect, Statement};
use super::layers::{EndpointKind, Evidence, LayerKind, Request, Residual};
use super::principal::{NamedAs, PrincipalName, not_principal_hits};
use super::residual::Formula;
use crate::reach::Strength;

/// A layer, with the statements that can matter for the request.
pub(super) struct Stage<'a> {
    pub(super) kind: LayerKind,
    pub(super) statements: Vec<&'a Statement>,
    pub(super) unread: Vec<&'a str>,
}

/// A statement that applies, or may.
#[derive(Clone, Copy)]
pub(super) struct Hit<'a> {
    pub(super) kind: LayerKind,
    pub(super) statement: &'a Statement,
    pub(super) effect: Effect,
    /// True or unknown.
    pub(super) truth: Truth,
    /// By which name the caller is named.
    pub(super) by: NamedAs,
}

/// What a layer says.
pub(super) struct Weighed<'a> {
    pub(super) kind: LayerKind,
    pub(super) allows: Vec<Hit<'a>>,
    pub(super) denies: Vec<Hit<'a>>,
    pub(super) unread: &'a [&'a str],
}

/// Who asks for what, under one assignment of what the caller chooses.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) caller: &'a Caller,
    pub(super) action: &'a str,
    pub(super) resource: &'a str,
    pub(super) context: &'a Context,
    /// Whether the caller has a permissions boundary.
    pub(super) bounded: Truth,
    /// How the request reaches the service.
    pub(super) endpoint: EndpointKind,
}

impl<'a> Asked<'a> {
    pub(super) fn of(
        request: &Request<'a>,
        caller: &'a Caller,
        (bounded, endpoint): (Truth, EndpointKind),
    ) -> Self {
        Self {
            caller,
            action: request.action,
            resource: request.resource,
            context: request.context,
            bounded,
            endpoint,
        }
    }
}

impl<'a> Stage<'a> {
    /// Keeps the statements that can be about the request, whichever of the callers makes it.
    pub(super) fn new(
        kind: LayerKind,
        documents: &[&'a Document],
        unread: &[&'a str],
        callers: &[Caller],
        request: &Request<'_>,
        (bounded, endpoint): (Truth, EndpointKind),
    ) -> Self {
        let statements = documents.iter().flat_map(|d| &d.statements);
        let statements = statements.filter(|statement| {
            !statement.covers_action(request.action).is_false()
                && !covers_resource(kind, statement, request.resource, request.context).is_false()
                && callers.iter().any(|caller| {
                    let asked = Asked::of(request, caller, (bounded, endpoint));
                    [Effect::Allow, Effect::Deny].iter().any(|effect| {
                        statement.may(*effect)
                            && !named(kind, statement, *effect, &asked).is_empty()
                    })
                })
        });
        Self {
            kind,
            statements: statements.collect(),
            unread: unread.to_vec(),
        }
    }

    pub(super) fn weigh(&'a self, asked: &Asked<'_>) -> Weighed<'a> {
        let mut weighed = Weighed {
            kind: self.kind,
            allows: Vec::new(),
            denies: Vec::new(),
            unread: &self.unread,
        };
        for statement in &self.statements {
            let decidable = match statement.undecidable {
                None => Truth::True,
                Some(_) => Truth::Unknown,
            };
            let applies = decidable
                & statement.covers_action(asked.action)
                & covers_resource(self.kind, statement, asked.resource, asked.context)
                & statement.conditions_hold(asked.context);
            if applies.is_false() {
                continue;
            }
            for effect in [Effect::Allow, Effect::Deny] {
                if !statement.may(effect) {
                    continue;
                }
                let hits = named(self.kind, statement, effect, asked);
                let hits = hits.into_iter().map(|(by, truth)| Hit {
                    kind: self.kind,
                    statement,
                    effect,
                    truth: truth & applies,
                    by,
                });
                match effect {
                    Effect::Allow => weighed.allows.extend(hits),
                    // One hit is enough: the surest.
                    Effect::Deny => weighed.denies.extend(hits.max_by_key(|h| h.truth)),
                }
            }
        }
        weighed
    }
}

impl Hit<'_> {
    /// What the hit is worth as a grant: a statement whose effect cannot be read was not seen to
    /// grant.
    pub(super) fn strength(&self) -> Strength {
        match (self.truth, self.statement.effect) {
            (Truth::True, _) => Strength::Always,
            (Truth::Unknown, Some(_)) => Strength::Conditional,
            (Truth::Unknown, None) => Strength::Gap,
            (Truth::False, _) => Strength::Never,
        }
    }

    pub(super) fn evidence(&self) -> Evidence {
        Evidence {
            layer: self.kind,
            effect: self.effect,
            source: self.statement.source.clone(),
            sid: self.statement.sid.clone(),
        }
    }

    /// What is undecided about the statement itself, its conditions left out.
    fn doubts(&self, asked: &Asked<'_>) -> Vec<String> {
        let statement = self.statement;
        let mut texts = Vec::new();
        let unreadable = statement.undecidable.iter();
        texts.extend(unreadable.map(|why| format!("it applies although {why}")));
        if !statement.covers_action(asked.action).is_true() {
            texts.push(format!("`{}` is meant by its actions", asked.action));
        }
        if !covers_resource(self.kind, statement, asked.resource, asked.context).is_true() {
            let name = asked.resource.replace(super::PLACEHOLDER, "(not named)");
            texts.push(format!("`{name}` is among its resources"));
        }
        let by = named(self.kind, statement, self.effect, asked);
        if !Truth::any(by.into_iter().map(|(_, truth)| truth)).is_true() {
            texts.push("the caller is among its principals".to_owned());
        }
        texts
    }

    /// The conditions that are not decided.
    fn open<'t>(&'t self, asked: &'t Asked<'_>) -> impl Iterator<Item = &'t Test> {
        let tests = self.statement.conditions.iter();
        tests.filter(|test| !test.holds(asked.context).is_true())
    }

    /// What is undecided about the hit; empty when nothing is.
    pub(super) fn residual(&self, asked: &Asked<'_>) -> Vec<Residual> {
        if self.truth.is_true() {
            return Vec::new();
        }
        let mut texts = self.doubts(asked);
        texts.extend(self.open(asked).map(Test::text));
        let residual = |text| Residual {
            layer: self.kind,
            effect: self.effect,
            source: self.statement.source.clone(),
            text,
        };
        texts.into_iter().map(residual).collect()
    }

    /// What must hold for the statement to apply.
    pub(super) fn when(&self, asked: &Asked<'_>) -> Formula {
        if self.truth.is_true() {
            return Formula::True;
        }
        let doubts = self.doubts(asked);
        let place = &self.statement.source;
        let doubts = doubts
            .iter()
            .map(|doubt| Formula::note(&format!("{doubt} [{}]", place.pointer())));
        let tests = self.open(asked).map(Formula::test);
        doubts.chain(tests).fold(Formula::True, Formula::and)
    }
}

impl<'a> Weighed<'a> {
    /// The strongest allow, earliest first, and its strength.
    pub(super) fn grant(&self) -> (Strength, Option<Hit<'a>>) {
        let mut best = (Strength::Never, None);
        for hit in &self.allows {
            if hit.strength() > best.0 {
                best = (hit.strength(), Some(*hit));
            }
        }
        best
    }
}

fn covers_resource(
    kind: LayerKind,
    statement: &Statement,
    resource: &str,
    context: &Context,
) -> Truth {
    // Policies on a resource may leave out what they are on; the others must say it.
    let absent = match kind {
        LayerKind::Resource
        | LayerKind::Trust
        | LayerKind::Key
        | LayerKind::Grant
        | LayerKind::Sharing
        | LayerKind::Origin => Truth::True,
        LayerKind::Identity
        | LayerKind::Boundary
        | LayerKind::Session
        | LayerKind::Scp
        | LayerKind::Rcp
        | LayerKind::Endpoint => Truth::Unknown,
    };
    statement.covers_resource(resource, context, absent)
}

/// By which names a statement names the caller; empty when it does not.
fn named(
    kind: LayerKind,
    statement: &Statement,
    effect: Effect,
    asked: &Asked<'_>,
) -> Vec<(NamedAs, Truth)> {
    match kind {
        LayerKind::Identity | LayerKind::Boundary | LayerKind::Session | LayerKind::Scp => {
            let attached = match statement.principal {
                Clause::Absent => Truth::True,
                // These documents have no principal: what one does there is not settled.
                Clause::In(_) | Clause::NotIn(_) | Clause::Unreadable => Truth::Unknown,
            };
            vec![(NamedAs::Itself, attached)]
        }
        LayerKind::Rcp
        | LayerKind::Resource
        | LayerKind::Trust
        | LayerKind::Key
        | LayerKind::Grant
        | LayerKind::Sharing
        | LayerKind::Origin
        | LayerKind::Endpoint => match &statement.principal {
            Clause::In(names) => listed(kind, names, asked),
            Clause::NotIn(names) => {
                let hits = match effect {
                    Effect::Deny => not_principal_hits(names, asked.caller, asked.bounded),
                    Effect::Allow => {
                        let by = names.iter().filter_map(|n| n.names(asked.caller));
                        !Truth::any(by.map(|(_, truth)| truth))
                    }
                };
                // Rule 10: not in trust policies nor RCPs.
                let hits = match kind {
                    LayerKind::Trust | LayerKind::Rcp => hits & Truth::Unknown,
                    LayerKind::Identity
                    | LayerKind::Boundary
                    | LayerKind::Session
                    | LayerKind::Scp
                    | LayerKind::Resource
                    | LayerKind::Key
                    | LayerKind::Grant
                    | LayerKind::Sharing
                    | LayerKind::Origin
                    | LayerKind::Endpoint => hits,
                };
                if hits.is_false() {
                    Vec::new()
                } else {
                    vec![(NamedAs::Everyone, hits)]
                }
            }
            Clause::Absent | Clause::Unreadable => vec![(NamedAs::Everyone, Truth::Unknown)],
        },
    }
}

fn listed(kind: LayerKind, names: &[PrincipalName], asked: &Asked<'_>) -> Vec<(NamedAs, Truth)> {
    let by = names.iter().filter_map(|name| name.names(asked.caller));
    let mut by: Vec<(NamedAs, Truth)> = by
        .map(|(by, truth)| match kind {
            LayerKind::Endpoint => (by, truth & at_endpoint(by, asked)),
            LayerKind::Identity
            | LayerKind::Boundary
            | LayerKind::Session
            | LayerKind::Scp
            | LayerKind::Rcp
            | LayerKind::Resource
            | LayerKind::Trust
            | LayerKind::Key
            | LayerKind::Grant
            | LayerKind::Sharing
            | LayerKind::Origin => (by, truth),
        })
        .filter(|(_, truth)| !truth.is_false())
        .collect();
    by.sort();
    by.reverse();
    by.dedup_by_key(|(by, _)| *by);
    by.reverse();
    by
}

/// What being named so in an endpoint's policy is worth (rule 32).
///
/// Source: AWS `PrivateLink` Guide, "Control access to VPC endpoints using endpoint policies",
/// "Principals for gateway endpoints": the element "must be set to `*`", and an account there means "the AWS
/// account root user only". What another name does at a gateway endpoint is not said.
fn at_endpoint(by: NamedAs, asked: &Asked<'_>) -> Truth {
    let root = matches!(asked.caller, Caller::Root { .. });
    let service = asked.action.split(':').next().unwrap_or_default();
    let through_gateways = ["s3", "s3express", "dynamodb"];
    let through_gateways = through_gateways
        .iter()
        .any(|name| name.eq_ignore_ascii_case(service));
    let account = by == NamedAs::Account;
    match asked.endpoint {
        EndpointKind::Gateway if account => root.into(),
        EndpointKind::Gateway if by != NamedAs::Everyone => Truth::Unknown,
        EndpointKind::Unclear if account && through_gateways && !root => Truth::Unknown,
        EndpointKind::Gateway | EndpointKind::Unclear | EndpointKind::Interface => Truth::True,
    }
}
