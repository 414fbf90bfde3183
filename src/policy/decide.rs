//! One request against all its policies.
//!
//! Must never: answer *never* for what was not read, nor *always* past a deny that may apply.

use std::collections::BTreeSet;

use super::Truth;
use super::caller::Caller;
use super::chosen::choices;
use super::document::Statement;
use super::layers::{
    Beside, Decision, Guard, Layer, LayerKind, Layers, Request, ResourceKind, ResourcePolicy,
};
use super::pattern::PLACEHOLDER;
use super::rcp::{rcp_covers, spares};
use super::residual::{Condition, Formula};
use super::trial::Trial;
use super::weigh::{Asked, Stage};
use crate::reach::Strength;

/// A request with its layers, reduced to the statements that can matter.
pub(super) struct Case<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) layers: &'a Layers<'a>,
    pub(super) identity: Stage<'a>,
    pub(super) boundary: Option<Stage<'a>>,
    pub(super) session: Option<Stage<'a>>,
    pub(super) scps: Vec<Stage<'a>>,
    pub(super) rcps: Vec<Stage<'a>>,
    pub(super) resource: Stage<'a>,
    pub(super) beside: Option<Stage<'a>>,
    pub(super) fixed: Option<Stage<'a>>,
    pub(super) endpoint: Option<Stage<'a>>,
    /// Whether RCPs cover the service.
    pub(super) rcp: Truth,
    pub(super) keys: BTreeSet<String>,
}

/// Decides one request.
///
/// Strengths combine as the design's first two laws say: an undecided allow is *conditional*; an
/// undecided or unread deny takes *always* away; nothing seen grants but an unread document could
/// is *gap*; a certain deny, or nothing that could grant, is *never*. What the caller chooses is
/// one assignment for all layers: the strongest that is found counts.
///
/// Source: IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic".
/// Time is the number of statements times that of assignments, at most 256 for each caller.
pub fn decide(request: &Request<'_>, layers: &Layers<'_>) -> Decision {
    run(request, layers, false).0
}

/// Decides one request, and says what must hold for it to be allowed: for the assignment of what
/// the caller chooses that the decision is for.
pub fn explain(request: &Request<'_>, layers: &Layers<'_>) -> (Decision, Condition) {
    run(request, layers, true)
}

fn run(request: &Request<'_>, layers: &Layers<'_>, explains: bool) -> (Decision, Condition) {
    if asks_who_it_is(request) {
        let (granted, undenied) = (Formula::True, Formula::True);
        return (
            Decision::of(Strength::Always),
            Condition { granted, undenied },
        );
    }
    let open;
    let resource = match request.resource.find(':') {
        // Nothing says which part is open: all that comes after the account is.
        Some(_) if !request.resource_certain && !request.resource.contains(PLACEHOLDER) => {
            let head: Vec<&str> = request.resource.splitn(6, ':').take(5).collect();
            open = format!("{}:{PLACEHOLDER}", head.join(":"));
            &*open
        }
        Some(_) | None => request.resource,
    };
    let request = &Request {
        resource,
        ..*request
    };
    let callers = callers(request, layers);
    let case = Case::new(request, layers, &callers);
    let choices = choices(&case.statements(), request.resource, request.context);
    let assumed = matches!(request.caller, Caller::ExternalAccount { .. });
    let run = |caller: &Caller, context| {
        let asked = Asked {
            context,
            ..Asked::of(request, caller, (bounded(layers), layers.endpoint_kind))
        };
        let trial = Trial::new(&case, asked, assumed);
        if explains {
            trial.explaining().run()
        } else {
            trial.run()
        }
    };
    let mut best: Option<(Decision, Condition)> = None;
    for caller in &callers {
        for context in &choices.contexts {
            let found = run(caller, context);
            let rank = |d: &Decision| (d.strength, d.without_denies);
            if best.as_ref().is_none_or(|(b, _)| rank(&found.0) > rank(b)) {
                let done = found.0.strength == Strength::Always;
                best = Some(found);
                if done {
                    break;
                }
            }
        }
        if best
            .as_ref()
            .is_some_and(|(b, _)| b.strength == Strength::Always)
        {
            break;
        }
    }
    let mut best = best.unwrap_or_else(|| run(request.caller, request.context));
    if best.0.strength == Strength::Never && !choices.complete {
        // The assignments tried do not stand for all: what they refuse is not certainly refused.
        let open = run(request.caller, request.context);
        if open.0.strength > Strength::Never {
            best = open;
        }
    }
    best.0.keys = case.keys;
    best
}

/// STS API Reference, `GetCallerIdentity`: "No permissions are required to perform this operation",
/// and a policy that denies it does not.
fn asks_who_it_is(request: &Request<'_>) -> bool {
    let signed = !matches!(request.caller, Caller::Anonymous);
    signed && request.action.eq_ignore_ascii_case("sts:GetCallerIdentity")
}

fn bounded(layers: &Layers<'_>) -> Truth {
    match (&layers.boundary, layers.boundary_unread) {
        (Some(_), _) => Truth::True,
        (None, Some(_)) => Truth::Unknown,
        (None, None) => Truth::False,
    }
}

/// The caller, and whoever else it may choose to be: a session of its role, a principal of its
/// account, as far as a policy names one.
fn callers(request: &Request<'_>, layers: &Layers<'_>) -> Vec<Caller> {
    let mut callers = vec![request.caller.clone()];
    let documents = layers.endpoint.iter().flat_map(|l| &l.documents).copied();
    let resource = match layers.resource {
        ResourcePolicy::Document(document) => Some(document),
        ResourcePolicy::None | ResourcePolicy::Unread(_) | ResourcePolicy::Edited => None,
    };
    let beside = match layers.beside {
        Beside::KeyGrants(document) | Beside::Sharing(document) => Some(document),
        Beside::None | Beside::Opened => None,
    };
    for document in resource.into_iter().chain(beside).chain(documents) {
        for statement in &document.statements {
            for name in statement.principal.items() {
                if let Some(caller) = name.offers(request.caller)
                    && !callers.contains(&caller)
                {
                    callers.push(caller);
                }
            }
        }
    }
    callers
}

impl<'a> Case<'a> {
    fn new(request: &'a Request<'a>, layers: &'a Layers<'a>, callers: &[Caller]) -> Self {
        let bounded = bounded(layers);
        let stage = |kind, layer: &Layer<'a>| {
            Stage::new(
                kind,
                &layer.documents,
                &layer.unread,
                callers,
                request,
                (bounded, layers.endpoint_kind),
            )
        };
        let guard = |kind, guard: &Guard<'a>| match guard {
            Guard::None => Vec::new(),
            Guard::Levels(levels) => levels.iter().map(|level| stage(kind, level)).collect(),
            Guard::Unread(name) => {
                let unread = Layer {
                    documents: Vec::new(),
                    unread: vec![name],
                };
                vec![stage(kind, &unread)]
            }
        };
        let resource = match layers.resource {
            ResourcePolicy::None | ResourcePolicy::Edited => Layer::default(),
            ResourcePolicy::Document(document) => Layer::of([document]),
            ResourcePolicy::Unread(name) => Layer {
                documents: Vec::new(),
                unread: vec![name],
            },
        };
        let kind = match layers.resource_kind {
            ResourceKind::Ordinary => LayerKind::Resource,
            ResourceKind::Trust => LayerKind::Trust,
            ResourceKind::Key => LayerKind::Key,
        };
        let beside = match layers.beside {
            Beside::KeyGrants(document) => Some((LayerKind::Grant, document)),
            Beside::Sharing(document) => Some((LayerKind::Sharing, document)),
            Beside::None | Beside::Opened => None,
        };
        let mut boundary = layers.boundary.clone();
        if let Some(name) = layers.boundary_unread {
            boundary.get_or_insert_default().unread.push(name);
        }
        let rcp = if spares(request.action, request.resource) {
            Truth::False
        } else {
            rcp_covers(request.action)
        };
        let mut case = Self {
            request,
            layers,
            identity: stage(LayerKind::Identity, &layers.identity),
            boundary: boundary.map(|layer| stage(LayerKind::Boundary, &layer)),
            session: layers
                .session
                .as_ref()
                .map(|layer| stage(LayerKind::Session, layer)),
            scps: guard(LayerKind::Scp, &layers.scps),
            rcps: guard(LayerKind::Rcp, &layers.rcps),
            resource: stage(kind, &resource),
            beside: beside.map(|(kind, document)| stage(kind, &Layer::of([document]))),
            fixed: layers
                .fixed
                .map(|document| stage(LayerKind::Origin, &Layer::of([document]))),
            endpoint: layers
                .endpoint
                .as_ref()
                .map(|layer| stage(LayerKind::Endpoint, layer)),
            rcp,
            keys: BTreeSet::new(),
        };
        let keys = case.statements();
        case.keys = keys
            .iter()
            .flat_map(|statement| statement.keys())
            .map(str::to_owned)
            .collect();
        case
    }

    fn statements(&self) -> Vec<&'a Statement> {
        let stages = std::iter::once(&self.identity)
            .chain(&self.boundary)
            .chain(&self.session)
            .chain(&self.scps)
            .chain(&self.rcps)
            .chain(std::iter::once(&self.resource))
            .chain(&self.beside)
            .chain(&self.fixed)
            .chain(&self.endpoint);
        stages.flat_map(|s| s.statements.iter().copied()).collect()
    }
}
