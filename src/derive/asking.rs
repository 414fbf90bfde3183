//! One request about one thing, from one position: gathers every layer that has a say, asks the
//! policy engine, and puts its answer in words.
//!
//! Must never: combine requests, or weaken what the engine answers.

use std::sync::{Arc, LazyLock};

use super::beside::{self, Change};
use super::context::{self, Asked};
use super::guests;
use super::judge::About;
use super::layers::{
    boundary_unread, caller_of, guard, layer, one_layer, read_documents, resource_guard,
};
use super::mounts;
use super::positions::{Class, KEYS};
use super::resources::{Wanted, wanted};
use super::silence;
use super::verdict::{Shortfall, Verdict, layer_words, shortfall, statement};
use super::world::World;
use crate::capture::Source;
use crate::capture::json::Node;
use crate::estate::{Identity, IdentityKind, Origin, Seen};
use crate::facts::{Evidence, Kind, Note, NoteKind, ThingIx};
use crate::policy::{
    self, Beside, Caller, Context, Decision, Document, Effect, EndpointKind, Guard, Layer, Layers,
    ResourceKind, ResourcePolicy, Statement, Truth,
};
use crate::reach::Strength;
use crate::rules::{Part, Request};

/// An account id that AWS gives to nobody: stands for an account of which nothing is known.
const NOBODYS_ACCOUNT: &str = "000000000000";

/// What the caller's own policies say to a request that goes through an access point to a bucket of
/// another account: they were asked about the access point, which is the resource of the request,
/// and do not have to name the bucket as well. Their denies still count.
///
/// Source: Amazon S3 User Guide, "Configuring IAM policies for using access points": the access
/// point and the bucket must permit the request, and the bucket's policy may delegate.
static ASKED_AT_THE_POINT: LazyLock<Document> = LazyLock::new(|| {
    let text = r#"{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    let node = Node::parse(&Arc::from(""), text);
    match node {
        Ok(node) => Document::parse(&node).0,
        Err(_) => Document::of(Vec::new(), Source::new(Arc::from(""), 1, "")),
    }
});

/// What is asked.
pub(super) struct Asking<'a, 'e> {
    pub(super) world: &'a World<'e>,
    pub(super) request: &'a Request,
    /// What the context begins with, by caller and action.
    pub(super) base: Context,
    pub(super) about: About,
    pub(super) class: &'a Class,
    pub(super) change: Change,
}

impl Asking<'_, '_> {
    pub(super) fn by_thing(&self, thing: ThingIx) -> Verdict {
        let id = self.world.id(thing);
        let identity = self.world.identity(thing);
        let caller = match (identity, self.world.kind(thing)) {
            (Some(identity), _) => caller_of(identity),
            (None, Kind::ExternalAccount) => Caller::ExternalAccount {
                // An account that nobody has: named by `*` alone.
                account: if id == super::callers::ANY_OTHER_ACCOUNT {
                    NOBODYS_ACCOUNT.to_owned()
                } else {
                    id.to_owned()
                },
            },
            (None, Kind::Service) => Caller::Service {
                name: id.to_owned(),
            },
            (None, Kind::Federated) => Caller::Federated {
                arn: id.to_owned(),
                by: None,
            },
            (None, Kind::Anonymous) => Caller::Anonymous,
            (None, Kind::Whoever) => return self.by_whoever(id),
            (None, _) => return Verdict::never(),
        };
        if !self.suits(&caller) {
            return Verdict::never();
        }
        if let Some(known) = mounts::decided(
            self.world,
            self.request,
            self.about.on,
            self.change,
            &caller,
        ) {
            return known;
        }
        self.decide(&caller, identity, None, thing)
    }

    /// Providers assume roles by another action than everybody else.
    fn suits(&self, caller: &Caller) -> bool {
        let federated = matches!(caller, Caller::Federated { .. });
        let by_token = self.request.action.starts_with("sts:AssumeRoleWith");
        federated == by_token
    }

    fn by_whoever(&self, missing: &str) -> Verdict {
        let unread = self
            .policy_of(self.about.on)
            .and_then(|policy| match policy {
                Seen::Unread(what) => Some(&**what),
                Seen::Is(_) | Seen::Absent => None,
            });
        let launcher = self.world.launcher(self.about.on);
        let account = launcher.or_else(|| self.world.account(self.about.on));
        let by_account = account.is_some_and(|a| super::callers::unread_identities(a) == missing);
        let by_policy = unread.filter(|what| super::callers::named_by(what) == missing);
        let besides = beside::unread(self.world, self.about.on, &self.request.action);
        let beside = || {
            let mut all = besides.iter().filter(|_| self.about.through.is_none());
            all.find(|what| super::callers::named_by(what) == missing)
        };
        match by_policy.or_else(|| beside().map(String::as_str)) {
            Some(what) => Verdict::gap(what.to_owned()),
            None if by_account => Verdict::gap(missing.trim_end_matches(" lists").to_owned()),
            None => Verdict::never(),
        }
    }

    fn policy_of(&self, thing: ThingIx) -> Option<&Seen<std::sync::Arc<Document>>> {
        let bucket = self.world.bucket(thing).map(|x| &x.policy);
        let key = || self.world.key(thing).map(|x| &x.policy);
        let secret = || self.world.secret(thing).map(|x| &x.policy);
        let store = || self.world.file_system(thing).map(|x| &x.policy);
        let managed = || self.world.managed(thing).map(|x| &x.policy);
        let point = || self.world.access_point(thing).map(|x| &x.policy);
        let grants = || self.world.grants_instance(thing).map(|x| &x.policy);
        let role = || {
            self.world
                .identity(thing)
                .filter(|_| self.assumes())
                .map(|x| &x.trust)
        };
        bucket
            .or_else(key)
            .or_else(secret)
            .or_else(store)
            .or_else(managed)
            .or_else(point)
            .or_else(grants)
            .or_else(|| self.world.backup(thing).map(|x| &x.policy))
            .or_else(role)
    }

    /// Whether the request assumes a role, so that the role's trust policy is the resource policy.
    fn assumes(&self) -> bool {
        self.request.action.starts_with("sts:AssumeRole")
    }

    /// What kind of policy the resource has.
    fn resource_kind(&self) -> ResourceKind {
        if self.world.key(self.about.on).is_some() {
            ResourceKind::Key
        } else if self.assumes() {
            ResourceKind::Trust
        } else {
            ResourceKind::Ordinary
        }
    }

    pub(super) fn decide(
        &self,
        caller: &Caller,
        identity: Option<&Identity>,
        context: Option<&Context>,
        thing: ThingIx,
    ) -> Verdict {
        let estate = self.world.estate;
        let unread_policy = format!("the policy of {}", self.world.id(self.about.on));
        let resource = match self.policy_of(self.about.on) {
            Some(_) if self.change == Change::Policy => ResourcePolicy::Edited,
            Some(Seen::Is(document)) => ResourcePolicy::Document(document),
            Some(Seen::Unread(what)) => ResourcePolicy::Unread(what),
            Some(Seen::Absent) if self.world.kind(self.about.on) == Kind::Key => {
                ResourcePolicy::Unread(&unread_policy)
            }
            Some(Seen::Absent) | None => ResourcePolicy::None,
        };
        let mut documents: Vec<&Document> = identity.map(read_documents).unwrap_or_default();
        if let ResourcePolicy::Document(document) = resource {
            documents.push(document);
        }
        let beside = beside::allows(self.world, self.about.on, self.change);
        let point = self.about.through.and_then(|x| self.world.access_point(x));
        let of_others =
            point.is_some() && caller.account().as_deref() != self.world.account(self.about.on);
        if let Some(identity) = identity.filter(|_| !of_others)
            && let Some(silent) = self.silent(caller, identity, &resource, &beside)
        {
            return silent;
        }
        let scp_text = "service control policies";
        let endpoint = self.position().and_then(|class| class.endpoint(estate));
        // Patterns of statements about other actions lead to no resource worth asking about.
        let about: Vec<&Statement> = documents
            .iter()
            .flat_map(|document| &document.statements)
            .filter(|statement| !statement.covers_action(&self.request.action).is_false())
            .collect();
        let wants = wanted(self.world, self.request.part, self.about, &about);
        if wants.is_empty() {
            // A thing that the capture only names cannot be asked about; `unknown` reports it.
            return Verdict::never();
        }
        let asked: Vec<String> = wants
            .iter()
            .flat_map(|want| want.candidates.clone())
            .collect();
        let mut all = Verdict::certain();
        for mut want in wants {
            let own = [Part::OwnBucket, Part::OwnFileSystem, Part::OwnVault];
            if own.contains(&self.request.part) {
                // The caller's own account has it, or a bucket policy there that grants.
                want.account = caller.account();
            }
            let account = want.account.as_deref();
            let mut own = identity.map(|i| layer(&i.policies)).unwrap_or_default();
            if of_others && !own.documents.is_empty() {
                own.documents.push(&ASKED_AT_THE_POINT);
            }
            let layers = Layers {
                identity: own,
                boundary: identity
                    .and_then(|i| i.boundary.as_ref())
                    .and_then(one_layer),
                boundary_unread: identity.and_then(boundary_unread),
                session: None,
                scps: match identity {
                    Some(identity) => guard(estate, &identity.account, "scps", scp_text, |level| {
                        &level.scps
                    }),
                    None => match caller {
                        Caller::ExternalAccount { account }
                            if estate.organization.levels.contains_key(account) =>
                        {
                            guard(estate, account, "scps", scp_text, |level| &level.scps)
                        }
                        Caller::ExternalAccount { .. }
                        | Caller::User { .. }
                        | Caller::Role { .. }
                        | Caller::Root { .. }
                        | Caller::Service { .. }
                        | Caller::Federated { .. }
                        | Caller::Anonymous => Guard::None,
                    },
                },
                rcps: resource_guard(
                    estate,
                    account,
                    self.world
                        .key(self.about.on)
                        .is_some_and(|key| key.aws_managed),
                    &self.request.action,
                ),
                resource,
                resource_kind: self.resource_kind(),
                beside,
                fixed: beside::denies(self.world, self.about.on),
                endpoint: endpoint.and_then(|endpoint| match &endpoint.policy {
                    Seen::Is(document) => Some(Layer::of([&**document])),
                    Seen::Absent => None,
                    Seen::Unread(what) => Some(Layer {
                        documents: Vec::new(),
                        unread: vec![what],
                    }),
                }),
                endpoint_kind: match endpoint {
                    Some(endpoint) if endpoint.gateway => EndpointKind::Gateway,
                    Some(_) => EndpointKind::Interface,
                    None => EndpointKind::Unclear,
                },
                block_public_access: beside::restricts_public(self.world, self.about.on),
            };
            let context = match context {
                Some(context) => context.clone(),
                None => self.context(thing, &want),
            };
            all = all.and(self.best(caller, &want, &layers, &context));
            if all.strength == Strength::Never {
                break;
            }
        }
        if all.strength > Strength::Never {
            all.evidence
                .extend(guests::shared(self.world, self.about.on));
        }
        self.without_the_thousand(all, identity, &asked)
    }

    /// The answer where nothing grants, told without the engine.
    fn silent(
        &self,
        caller: &Caller,
        identity: &Identity,
        resource: &ResourcePolicy<'_>,
        beside: &Beside<'_>,
    ) -> Option<Verdict> {
        let action = &self.request.action;
        let kind = self.resource_kind();
        if !silence::is_certain(action, caller, identity, resource, kind, beside) {
            return None;
        }
        let wants = wanted(self.world, self.request.part, self.about, &[]);
        let Some((want, candidate)) = wants
            .first()
            .and_then(|want| Some((want, want.candidates.first()?)))
        else {
            return Some(Verdict::never());
        };
        let asks = self.asks(candidate);
        let own = caller.account() == want.account;
        let text = match kind {
            ResourceKind::Trust => format!("{asks}: no trust policy statement grants it"),
            ResourceKind::Ordinary | ResourceKind::Key if own => {
                format!("{asks}: no identity policy statement grants it")
            }
            ResourceKind::Ordinary | ResourceKind::Key => format!("{asks}: nothing grants it"),
        };
        Some(Verdict {
            shortfall: Some(Shortfall {
                text,
                denied: false,
                one_side: false,
                source: None,
            }),
            ..Verdict::never()
        })
    }

    fn context(&self, caller: ThingIx, want: &Wanted) -> Context {
        let context = context::of(
            self.world,
            &self.base,
            &Asked {
                caller,
                action: &self.request.action,
                target: self.about.on,
                resource_account: guests::owner(self.world, self.about.on, want)
                    .or(want.account.as_deref()),
                via: self.about.via,
                retagged: self.change == Change::Policy,
                through: self.about.through,
                settled: &self.request.context,
                exists: want.exists,
            },
        );
        match (self.position(), self.world.internet()) {
            (Some(class), _) => class.overlay(context),
            // A service sends it: the network keys of the first request are not carried over.
            (None, _) if self.about.via.is_some() => KEYS
                .iter()
                .fold(context, |context, key| context.absent(key)),
            // The endpoint is one of another service, and this request takes the common way.
            (None, Some((_, internet))) => internet.overlay(context),
            (None, None) => context,
        }
    }

    /// The position that this request itself is sent from: none for what a service sends for the
    /// caller, nor for a request to a service that the position's endpoint does not serve.
    fn position(&self) -> Option<&Class> {
        let service = self.request.action.split(':').next().unwrap_or_default();
        let own = self.about.via.is_none() && self.class.serves(self.world.estate, service);
        own.then_some(self.class)
    }

    /// The best answer over the candidates, all of which the caller or the engine may choose.
    fn best(
        &self,
        caller: &Caller,
        want: &Wanted,
        layers: &Layers<'_>,
        context: &Context,
    ) -> Verdict {
        let mut best: Option<(Decision, &str)> = None;
        let candidates = policy::classes(&self.request.action, &want.candidates, layers);
        for candidate in candidates {
            let decision = policy::decide(
                &policy::Request {
                    caller,
                    action: &self.request.action,
                    resource: candidate,
                    resource_account: want.account.as_deref(),
                    context,
                    resource_certain: !candidate.contains(policy::PLACEHOLDER),
                },
                layers,
            );
            let better = best.as_ref().is_none_or(|(known, _)| {
                (decision.strength, decision.without_denies)
                    > (known.strength, known.without_denies)
            });
            if better {
                let done = decision.strength == Strength::Always;
                best = Some((decision, candidate));
                if done {
                    break;
                }
            }
        }
        match best {
            Some((decision, resource)) => {
                let ordinary = layers.resource_kind == ResourceKind::Ordinary;
                let known = matches!(
                    caller,
                    Caller::User { .. } | Caller::Role { .. } | Caller::Root { .. }
                );
                let within = !known || (ordinary && caller.account() == want.account);
                self.verdict(&decision, resource, within)
            }
            None => Verdict::never(),
        }
    }

    fn verdict(&self, decision: &Decision, resource: &str, within: bool) -> Verdict {
        let action = &self.request.action;
        let by_position =
            self.about.via.is_none() && KEYS.iter().any(|key| decision.keys.contains(*key));
        if decision.strength == Strength::Never {
            return Verdict {
                shortfall: Some(shortfall(decision, &self.asks(resource), within)),
                by_position,
                ..Verdict::never()
            };
        }
        let stated = decision.evidence.iter();
        let mut evidence: Vec<Evidence> = stated
            .filter(|found| !found.source.file().is_empty())
            .map(|found| {
                let sid = found
                    .sid
                    .as_ref()
                    .map(|sid| format!(" ({sid})"))
                    .unwrap_or_default();
                let says = format!("{} allows {action}{sid}", layer_words(found.layer));
                statement(says, &found.source)
            })
            .collect();
        if self.change == Change::Opened {
            evidence.push(beside::opened(self.world, self.about.on, action));
        }
        if self.change == Change::Policy {
            let says = format!(
                "the rewritten policy of {} allows {action}",
                self.world.id(self.about.on)
            );
            let origin = Origin::Inferred {
                why: "whoever may rewrite a policy may grant themselves".to_owned(),
                from: Vec::new(),
            };
            evidence.push(Evidence::description(says, origin));
        }
        let mut notes: Vec<Note> = decision
            .residual
            .iter()
            .map(|residual| Note {
                kind: NoteKind::Condition,
                text: format!(
                    "{} {} only if {}",
                    layer_words(residual.layer),
                    if residual.effect == Effect::Deny {
                        "denies"
                    } else {
                        "allows"
                    },
                    residual.text
                ),
                source: Some(residual.source.clone()),
            })
            .collect();
        notes.extend(decision.unread.iter().map(|what| {
            Note::not_collected(
                what.replace(&format!("account {NOBODYS_ACCOUNT}"), "any other account"),
            )
        }));
        let doubt = (self.change == Change::Opened)
            .then(|| beside::acl_doubt(self.world, self.about.on))
            .flatten();
        let cap = if doubt.is_some() {
            Strength::Conditional
        } else {
            Strength::Always
        };
        notes.extend(doubt);
        Verdict {
            strength: decision.strength & cap,
            evidence,
            notes,
            shortfall: None,
            by_position,
        }
    }

    /// The request in words: the engine chooses among objects, so one of them would say too much.
    fn asks(&self, resource: &str) -> String {
        let action = &self.request.action;
        if self.request.part == Part::Objects {
            let on = self.about.on;
            let bucket = self.world.objects.get(&on).map_or(on, |of| of.bucket);
            return format!(
                "{action} on the objects of {}",
                self.world.things.get(bucket)
            );
        }
        format!("{action} on {resource}")
    }

    /// A gap that stands in the resource's unread policy alone is reported once, as whoever that
    /// policy names, and not for every identity of the account (law 1). What remains are callers
    /// whose own side grants, or may.
    fn without_the_thousand(
        &self,
        verdict: Verdict,
        identity: Option<&Identity>,
        asked: &[String],
    ) -> Verdict {
        // Whom a grant of S3 Access Grants names is one caller, and no thousand.
        let named = self.world.access_grant(self.about.on).is_some();
        let unread = !named && matches!(self.policy_of(self.about.on), Some(Seen::Unread(_)));
        if verdict.strength == Strength::Gap && unread && !self.may_grant(identity, asked) {
            return Verdict::never();
        }
        verdict
    }

    /// Whether a policy of the caller's own may grant the action on some of these resources, or was
    /// not read.
    fn may_grant(&self, identity: Option<&Identity>, asked: &[String]) -> bool {
        let Some(identity) = identity else {
            return false;
        };
        let anything = Context::new(policy::KeyState::Unknown);
        let covers = |statement: &policy::Statement, arn: &String| {
            statement.covers_resource(arn, &anything, Truth::Unknown) != Truth::False
        };
        let grants = |document: &Document| {
            document.statements.iter().any(|statement| {
                statement.may(Effect::Allow)
                    && statement.covers_action(&self.request.action) != Truth::False
                    && asked.iter().any(|arn| covers(statement, arn))
            })
        };
        identity.kind == IdentityKind::Root
            || identity.policies.iter().any(|hold| match &hold.document {
                Seen::Is(document) => grants(document),
                Seen::Unread(_) => true,
                Seen::Absent => false,
            })
    }
}
