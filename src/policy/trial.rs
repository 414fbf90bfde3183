//! Combines the layers for one caller and one assignment of what the caller chooses.
//!
//! Must never: let an undecided or unread deny decide, or let it vanish.

use super::Truth;
use super::caller::Caller;
use super::decide::Case;
use super::document::{Document, Statement};
use super::layers::{
    Beside, Decision, Evidence, LayerKind, Layers, Request, Residual, ResourceKind, ResourcePolicy,
};
use super::principal::NamedAs;
use super::public::is_public;
use super::residual::{Condition, Formula};
use super::weigh::{Asked, Hit, Weighed};
use crate::reach::Strength;

/// What a bucket that is open to everybody may be subject to.
const CUT: &str = "RestrictPublicBuckets cuts off a public policy";

/// A way to be granted the request: the layers it needs, together.
#[derive(Clone)]
struct Route<'a> {
    strength: Strength,
    hits: Vec<Hit<'a>>,
    /// Layers that grant nothing.
    lacking: Vec<LayerKind>,
    /// What is undecided besides the statements themselves.
    notes: Vec<Residual>,
    /// What was not read besides the documents themselves.
    unread: Vec<String>,
    /// What must hold for it; kept by trials that explain.
    when: Formula,
}

impl<'a> Route<'a> {
    fn free() -> Self {
        Self {
            strength: Strength::Always,
            hits: Vec::new(),
            lacking: Vec::new(),
            notes: Vec::new(),
            unread: Vec::new(),
            when: Formula::True,
        }
    }

    fn lacking(kind: LayerKind) -> Self {
        Self {
            strength: Strength::Never,
            lacking: vec![kind],
            when: Formula::False,
            ..Self::free()
        }
    }

    /// A layer's allow. A layer that only limits is a guard: unread, it may block; a layer that
    /// grants was, unread, not seen to grant.
    fn layer(weighed: &Weighed<'a>, guard: bool, when: Formula) -> Self {
        let (strength, hit) = weighed.grant();
        let unread = match (guard, weighed.unread.is_empty()) {
            (_, true) => Strength::Never,
            (true, false) => Strength::Conditional,
            (false, false) => Strength::Gap,
        };
        // A statement that was not seen to grant is, in a guard, one that may block.
        let strength = if guard && strength == Strength::Gap {
            Strength::Conditional
        } else {
            strength
        };
        let better = strength > unread || (strength == unread && hit.is_some());
        let strength = strength | unread;
        Self {
            strength,
            hits: if better {
                hit.into_iter().collect()
            } else {
                Vec::new()
            },
            lacking: if strength == Strength::Never {
                vec![weighed.kind]
            } else {
                Vec::new()
            },
            when,
            ..Self::free()
        }
    }

    fn and(mut self, other: &Self) -> Self {
        self.strength = self.strength & other.strength;
        self.hits.extend(other.hits.iter().copied());
        self.notes.extend(other.notes.iter().cloned());
        self.unread.extend(other.unread.iter().cloned());
        self.when = self.when.and(other.when.clone());
        for kind in &other.lacking {
            if !self.lacking.contains(kind) {
                self.lacking.push(*kind);
            }
        }
        self
    }

    fn at_most(mut self, strength: Strength) -> Self {
        self.strength = self.strength & strength;
        self
    }

    /// The stronger of two; else the one that lacks less; else the first.
    fn or(mut self, mut other: Self) -> Self {
        let first = std::mem::replace(&mut self.when, Formula::True);
        let second = std::mem::replace(&mut other.when, Formula::True);
        let when = first.or(second);
        let better = other.strength > self.strength
            || (other.strength == Strength::Never
                && self.strength == Strength::Never
                && other.lacking.len() < self.lacking.len());
        let route = if better { other } else { self };
        Self { when, ..route }
    }
}

/// Whose resource it is, as seen from the caller.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Same,
    Other,
    Unclear,
    /// The caller has no account: only the resource's side counts.
    NoAccount,
}

/// The parts of one trial.
pub(super) struct Trial<'a> {
    case: &'a Case<'a>,
    asked: Asked<'a>,
    /// Whether the caller's own side is assumed to grant.
    assumed: bool,
    /// Whether to work out what must hold.
    explains: bool,
}

impl<'a> Trial<'a> {
    pub(super) fn new(case: &'a Case<'a>, asked: Asked<'a>, assumed: bool) -> Self {
        Self {
            case,
            asked,
            assumed,
            explains: false,
        }
    }

    /// The same trial, which also works out what must hold.
    pub(super) fn explaining(self) -> Self {
        Self {
            explains: true,
            ..self
        }
    }

    /// What must hold for one statement to apply.
    fn when(&self, hit: &Hit<'_>) -> Formula {
        if self.explains {
            hit.when(&self.asked)
        } else {
            Formula::True
        }
    }

    fn note(&self, text: impl FnOnce() -> String) -> Formula {
        if self.explains {
            Formula::note(&text())
        } else {
            Formula::True
        }
    }

    /// What must hold for a layer to allow: one of its statements, or one that was not read.
    fn allowed(&self, weighed: &Weighed<'_>) -> Formula {
        let read = weighed.allows.iter().map(|hit| self.when(hit));
        let read = read.fold(Formula::False, Formula::or);
        let unread = weighed.unread.iter();
        unread.fold(read, |f, name| {
            f.or(self.note(|| format!("{name}, which was not read, allows it")))
        })
    }

    fn route(&self, weighed: &Weighed<'a>, guard: bool) -> Route<'a> {
        Route::layer(weighed, guard, self.allowed(weighed))
    }

    fn request(&self) -> &'a Request<'a> {
        self.case.request
    }

    fn layers(&self) -> &'a Layers<'a> {
        self.case.layers
    }

    fn owner(&self) -> Owner {
        let Some(own) = self.asked.caller.account() else {
            return Owner::NoAccount;
        };
        let request = self.request();
        let of_arn = request.resource.split(':').nth(4).filter(|a| !a.is_empty());
        let owner = request.resource_account.or(of_arn);
        match owner {
            Some(account) if account == own => Owner::Same,
            Some(account) if account.contains(super::PLACEHOLDER) => Owner::Unclear,
            Some(_) => Owner::Other,
            None if request.resource == "*" => Owner::Same,
            None => Owner::Unclear,
        }
    }

    /// Whether no policy of the resource's own holds against the request.
    ///
    /// Source: Amazon S3 API Reference, `PutBucketPolicy`: the root user of the owner "can perform
    /// the `GetBucketPolicy`, `PutBucketPolicy`, and `DeleteBucketPolicy` API actions, even if their
    /// bucket policy explicitly denies" it; endpoint policies and those of the organization hold.
    fn cannot_lock_itself_out(&self, owner: Owner) -> bool {
        let spared = [
            "s3:GetBucketPolicy",
            "s3:PutBucketPolicy",
            "s3:DeleteBucketPolicy",
        ];
        let root = matches!(self.asked.caller, Caller::Root { .. });
        let asked = self.asked.action;
        let among = spared.iter().any(|name| name.eq_ignore_ascii_case(asked));
        root && owner == Owner::Same && among
    }

    pub(super) fn run(&self) -> (Decision, Condition) {
        let caller = self.asked.caller;
        let owner = self.owner();
        let inside = owner != Owner::NoAccount;
        let bound = !caller.is_service_linked();
        let root = matches!(caller, Caller::Root { .. });

        // Every layer that has a say, in the order of evidence.
        let case = self.case;
        let mut said: Vec<Weighed<'_>> = Vec::new();
        let mut own = Route::free();
        if inside && !self.assumed {
            let identity = case.identity.weigh(&self.asked);
            // The root user is allowed by default in its own account (rule 5).
            if !root {
                own = own.and(&self.route(&identity, false));
                said.push(identity);
            }
        }
        let mut limits = Route::free();
        let mut unread: Vec<String> = Vec::new();
        let mut capped = false;
        if inside && !self.assumed && !root {
            for stage in case.boundary.iter().chain(&case.session) {
                let weighed = stage.weigh(&self.asked);
                limits = limits.and(&self.route(&weighed, true));
                said.push(weighed);
            }
            if case.session.is_none() && caller.is_federated_session() {
                // STS API Reference, GetFederationToken: without a session policy "the resulting
                // federated user session has no permissions", save by policies that name it.
                limits = limits.and(&Route::lacking(LayerKind::Session));
            }
        }
        let mut guards = Route::free();
        if inside && bound {
            for stage in &case.scps {
                let weighed = stage.weigh(&self.asked);
                guards = guards.and(&self.route(&weighed, true));
                said.push(weighed);
            }
            // Of an account whose organization was read, the limits are known.
            if self.assumed && case.scps.is_empty() {
                let account = caller.account().unwrap_or_default();
                unread.push(format!("service control policies of account {account}"));
                capped = true;
            }
        }
        if bound && !case.rcp.is_false() {
            said.extend(case.rcps.iter().map(|stage| stage.weigh(&self.asked)));
        }
        let mut resource = case.resource.weigh(&self.asked);
        if self.cannot_lock_itself_out(owner) {
            resource.denies.clear();
            resource.unread = &[];
        }
        let mut grant = self.grant(owner, &own, &limits, &resource);
        said.push(resource);
        if let Some(stage) = &case.beside {
            let weighed = stage.weigh(&self.asked);
            let beside = self.beside(owner, &own, &limits, &weighed);
            if beside.strength > Strength::Never {
                grant = grant.or(beside);
            }
        }
        if matches!(self.layers().beside, Beside::Opened) {
            grant = grant.or(Route::free());
        }
        said.extend(case.fixed.iter().map(|stage| stage.weigh(&self.asked)));
        if let Some(stage) = &case.endpoint {
            let weighed = stage.weigh(&self.asked);
            guards = guards.and(&self.route(&weighed, true));
            said.push(weighed);
        }

        let route = grant.and(&guards);
        let mut granted = route.when.clone();
        unread.extend(route.unread.iter().cloned());
        let (cut, public) = self.public(owner);
        for weighed in &said {
            unread.extend(weighed.unread.iter().map(|name| (*name).to_owned()));
            capped |= !weighed.unread.is_empty();
        }
        let weak = |hit: &Hit<'_>| {
            // An RCP over a service that may not be covered may not count.
            hit.truth == Truth::Unknown || (hit.kind == LayerKind::Rcp && !case.rcp.is_true())
        };
        let denies = || said.iter().flat_map(|w| &w.denies);
        let mut undenied = Formula::True;
        if self.explains {
            for hit in denies() {
                let when = if weak(hit) {
                    self.when(hit)
                } else {
                    Formula::True
                };
                undenied = undenied.and(when.not());
            }
            for name in said.iter().flat_map(|weighed| weighed.unread) {
                let note = Formula::note(&format!("{name}, which was not read, denies it"));
                undenied = undenied.and(note.not());
            }
            if self.assumed && capped && case.scps.is_empty() {
                for name in unread
                    .iter()
                    .filter(|name| name.starts_with("service control"))
                {
                    granted = granted.and(Formula::note(&format!("{name} allow it")));
                }
            }
            undenied = undenied.and(match cut {
                Truth::True => Formula::False,
                Truth::Unknown => Formula::note(CUT).not(),
                Truth::False => Formula::True,
            });
        }
        let certain = denies().find(|hit| !weak(hit));
        let undecided: Vec<&Hit<'_>> = denies().filter(|hit| weak(hit)).collect();
        capped |= !undecided.is_empty() || cut == Truth::Unknown;
        let mut blocked: Vec<LayerKind> = route.lacking.clone();
        blocked.extend(denies().filter(|hit| !weak(hit)).map(|hit| hit.kind));
        if cut.is_true() {
            blocked.push(LayerKind::Resource);
        }
        blocked.sort();
        blocked.dedup();
        let without_denies = if capped {
            route.strength & Strength::Conditional
        } else {
            route.strength
        };
        let mut decision = self.verdict(
            without_denies,
            route,
            certain,
            &undecided,
            unread,
            (cut, public),
        );
        if decision.strength == Strength::Never {
            decision.blocked_by = blocked;
        }
        (decision, Condition { granted, undenied })
    }

    fn verdict(
        &self,
        without_denies: Strength,
        route: Route<'_>,
        certain: Option<&Hit<'_>>,
        undecided: &[&Hit<'_>],
        mut unread: Vec<String>,
        (cut, public): (Truth, Option<&Statement>),
    ) -> Decision {
        let mut decision = Decision {
            strength: Strength::Never,
            evidence: Vec::new(),
            residual: Vec::new(),
            unread: Vec::new(),
            without_denies,
            ungranted: match &*route.lacking {
                [kind] => Some(*kind),
                _ => None,
            },
            blocked_by: Vec::new(),
            // Added by `decide`, once.
            keys: std::collections::BTreeSet::new(),
        };
        let of_public = public.map(|statement| Evidence {
            layer: LayerKind::Resource,
            effect: super::Effect::Allow,
            source: statement.source.clone(),
            sid: statement.sid.clone(),
        });
        if let Some(hit) = certain {
            decision.evidence.push(hit.evidence());
            return decision;
        }
        if cut.is_true() {
            // The public statement is what makes S3 cut the policy off.
            decision.evidence.extend(of_public);
            return decision;
        }
        decision.strength = without_denies;
        if without_denies == Strength::Never {
            return decision;
        }
        let mut hits = route.hits;
        hits.sort_by_key(|hit| hit.kind);
        decision.evidence = hits.iter().map(Hit::evidence).collect();
        for hit in hits.iter().chain(undecided.iter().copied()) {
            let mut open = hit.residual(&self.asked);
            if open.is_empty() && hit.kind == LayerKind::Rcp {
                open.push(Residual {
                    layer: hit.kind,
                    effect: hit.effect,
                    source: hit.statement.source.clone(),
                    text: format!(
                        "resource control policies may not cover `{}`",
                        self.asked.action
                    ),
                });
            }
            decision.residual.extend(open);
        }
        decision.residual.extend(route.notes);
        if cut == Truth::Unknown
            && let Some(statement) = public
        {
            decision.residual.push(Residual {
                layer: LayerKind::Resource,
                effect: super::Effect::Deny,
                source: statement.source.clone(),
                text: CUT.to_owned(),
            });
        }
        let mut seen = std::collections::BTreeSet::new();
        unread.retain(|name| seen.insert(name.clone()));
        decision.unread = unread;
        decision
    }

    /// The grant: what the identity side and the resource's policy give together (rules 2, 3, 6).
    fn grant(
        &self,
        owner: Owner,
        own: &Route<'a>,
        limits: &Route<'a>,
        resource: &Weighed<'a>,
    ) -> Route<'a> {
        match owner {
            Owner::Same => self.within(own, limits, resource),
            Owner::Other => self.across(own, limits, resource),
            Owner::NoAccount => self.by_resource(resource, |_| Route::free()),
            Owner::Unclear => {
                let across = self.across(own, limits, resource);
                let within = self.within(own, limits, resource);
                if within.strength <= across.strength {
                    across
                } else {
                    let mut within = within.at_most(Strength::Conditional);
                    let name = self
                        .request()
                        .resource
                        .replace(super::PLACEHOLDER, "(not named)");
                    let own = self.note(|| format!("the caller's account owns {name}"));
                    within.when = within.when.and(own);
                    within.unread.push(format!("owner of {name}"));
                    within.or(across)
                }
            }
        }
    }

    /// One account: identity or resource, with the table of who is named (rule 2).
    fn within(&self, own: &Route<'a>, limits: &Route<'a>, resource: &Weighed<'a>) -> Route<'a> {
        let root = matches!(self.asked.caller, Caller::Root { .. });
        let trust = self.layers().resource_kind == ResourceKind::Trust;
        if root && trust && self.asked.action.eq_ignore_ascii_case("sts:AssumeRole") {
            // STS API Reference, AssumeRole: "You cannot call AssumeRole with root credentials".
            return Route::lacking(LayerKind::Identity);
        }
        let identity = own.clone().and(limits);
        let named = self.by_resource(resource, |hit| match hit.by {
            NamedAs::Itself => Route::free(),
            NamedAs::Role | NamedAs::FederatingUser => limits.clone(),
            NamedAs::Account => identity.clone(),
            // Whether implicit denies of boundary and session limit `*` is nowhere stated.
            NamedAs::Everyone if limits.strength == Strength::Always => Route::free(),
            NamedAs::Everyone => {
                let mut free = Route::free().at_most(Strength::Conditional);
                let text = "a boundary or session policy that does not allow it does not limit a \
                            grant to everyone";
                free.when = self.note(|| text.to_owned()).or(limits.when.clone());
                free.notes.push(Residual {
                    layer: hit.kind,
                    effect: hit.effect,
                    source: hit.statement.source.clone(),
                    text: text.to_owned(),
                });
                free
            }
        });
        match self.layers().resource_kind {
            ResourceKind::Ordinary => {
                // A resource policy may grant, but it is not what lacks.
                if named.strength == Strength::Never && named.lacking == [resource.kind] {
                    identity
                } else {
                    identity.or(named)
                }
            }
            ResourceKind::Trust | ResourceKind::Key => named,
        }
    }

    /// Two accounts: both sides (rule 3).
    fn across(&self, own: &Route<'a>, limits: &Route<'a>, resource: &Weighed<'a>) -> Route<'a> {
        let named = self.by_resource(resource, |_| Route::free());
        own.clone().and(limits).and(&named)
    }

    /// What allows beside the policies. No policy has to allow what a grant of a key allows; what
    /// the documents leave open makes a doubt. Whom a snapshot is shared with needs its own
    /// policies too.
    ///
    /// Source: AWS KMS Developer Guide, "Grants in AWS KMS": the grantee principal may be in the
    /// account of the key or in a different one, and is allowed the operations "provided that all
    /// conditions specified in the grant are met"; Amazon EBS User Guide, "Share an Amazon EBS
    /// snapshot with other AWS accounts".
    fn beside(
        &self,
        owner: Owner,
        own: &Route<'a>,
        limits: &Route<'a>,
        weighed: &Weighed<'a>,
    ) -> Route<'a> {
        let mut best = Route::lacking(weighed.kind);
        let shared = weighed.kind == LayerKind::Sharing;
        if shared && owner != Owner::Other {
            return best;
        }
        for hit in &weighed.allows {
            let granted = Route {
                strength: hit.strength(),
                hits: vec![*hit],
                when: self.when(hit),
                ..Route::free()
            };
            let delegated = shared || hit.by == NamedAs::Account;
            let route = if delegated {
                granted.and(own).and(limits)
            } else {
                let foreign = owner == Owner::Other && own.strength != Strength::Always;
                let mut route = granted;
                for (open, text) in [
                    (foreign, "the caller's own account need not allow it too"),
                    (
                        limits.strength != Strength::Always,
                        "a boundary or session policy that does not allow it does not limit a grant",
                    ),
                ] {
                    if open {
                        route = route.at_most(Strength::Conditional);
                        route.when = route.when.and(self.note(|| text.to_owned()));
                        route.notes.push(Residual {
                            layer: hit.kind,
                            effect: hit.effect,
                            source: hit.statement.source.clone(),
                            text: text.to_owned(),
                        });
                    }
                }
                route
            };
            best = if best.strength == Strength::Never {
                let when = best.when.or(route.when.clone());
                Route { when, ..route }
            } else {
                best.or(route)
            };
        }
        best
    }

    /// The strongest grant of the resource's policy, with what each kind of name needs besides.
    fn by_resource(
        &self,
        resource: &Weighed<'a>,
        needs: impl Fn(&Hit<'a>) -> Route<'a>,
    ) -> Route<'a> {
        let mut best = Route::lacking(resource.kind);
        match self.layers().resource {
            ResourcePolicy::Edited => return Route::free(),
            ResourcePolicy::Unread(name) => {
                best.strength = Strength::Gap;
                best.lacking.clear();
                best.when = self.note(|| format!("{name}, which was not read, allows it"));
            }
            ResourcePolicy::None | ResourcePolicy::Document(_) => {}
        }
        let mut found = false;
        for hit in &resource.allows {
            let granted = Route {
                strength: hit.strength(),
                hits: vec![*hit],
                when: self.when(hit),
                ..Route::free()
            };
            let route = granted.and(&needs(hit));
            best = if found || best.strength > Strength::Never {
                best.or(route)
            } else {
                let when = best.when.or(route.when.clone());
                Route { when, ..route }
            };
            found = true;
        }
        best
    }

    /// Whether `RestrictPublicBuckets` cuts the caller off, and by which statement (rule 30).
    fn public(&self, owner: Owner) -> (Truth, Option<&'a Statement>) {
        let block = self.layers().block_public_access;
        let ResourcePolicy::Document(document) = self.layers().resource else {
            return (Truth::False, None);
        };
        let document: &'a Document = document;
        let foreign = match (owner, self.asked.caller) {
            (Owner::Same, _) | (_, Caller::Service { .. }) => Truth::False,
            (Owner::Unclear, _) => Truth::Unknown,
            (Owner::Other | Owner::NoAccount, _) => Truth::True,
        };
        let (public, statement) = is_public(document, self.request().resource);
        (block & foreign & public, statement)
    }
}
