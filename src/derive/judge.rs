//! Answers requests of rules, each once: what was asked before, or about something that no policy tells
//! apart from it, is remembered.
//!
//! Must never: combine requests; each is one session's, and the interpreter joins them.

use std::collections::{BTreeMap, HashMap};

use super::alike::{self, Alike};
use super::asking::Asking;
use super::beside::Change;
use super::context;
use super::positions::Class;
use super::verdict::Verdict;
use super::world::World;
use crate::facts::{Kind, ThingIx};
use crate::policy::{Caller, Context, KeyState};
use crate::rules::{Caller as By, Part, Request};

/// What was asked, for answers that were given before.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key<'r> {
    action: &'r str,
    part: Part,
    context: &'r BTreeMap<String, String>,
    caller: ThingIx,
    about: About,
    class: &'r str,
    change: Change,
}

/// What a request is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct About {
    /// The thing, whose policy has a say.
    pub(super) on: ThingIx,
    /// The objects that are asked of an access point.
    pub(super) of: Option<ThingIx>,
    /// The thing on whose behalf a service repeats the request.
    pub(super) via: Option<ThingIx>,
    /// The access point that it goes through.
    pub(super) through: Option<ThingIx>,
}

impl About {
    /// A request about a thing alone.
    pub(super) fn only(on: ThingIx) -> Self {
        Self {
            on,
            of: None,
            via: None,
            through: None,
        }
    }
}

/// Decides requests, remembering answers.
pub(super) struct Judge<'w, 'e> {
    world: &'w World<'e>,
    answers: HashMap<Key<'w>, Verdict>,
    /// What contexts begin with, by caller and action.
    bases: HashMap<(ThingIx, &'w str), Context>,
    /// For each account, the role that stands for all where a launch asks the same.
    launches: BTreeMap<String, ThingIx>,
    /// Functions and tasks that policies do not tell apart.
    alike: Alike<'w>,
}

impl<'w, 'e> Judge<'w, 'e> {
    pub(super) fn new(world: &'w World<'e>) -> Self {
        Self {
            world,
            answers: HashMap::new(),
            bases: HashMap::new(),
            launches: BTreeMap::new(),
            alike: Alike::default(),
        }
    }

    /// Whether `caller` may send the request about `on`, from `position`.
    pub(super) fn request(
        &mut self,
        request: &'w Request,
        caller: ThingIx,
        about: About,
        position: (&'w str, &'w Class),
        change: Change,
    ) -> Verdict {
        let own = about.on;
        let on = self.stand_in(request.part, own);
        let on = self
            .alike
            .stand_in(self.world, &request.action, request.part, on);
        let about = self.same_objects(&request.action, About { on, ..about });
        let key = Key {
            action: &request.action,
            part: request.part,
            context: &request.context,
            caller,
            about,
            class: position.0,
            change,
        };
        if let Some(known) = self.answers.get(&key) {
            return alike::told_of(self.world, known.clone(), on, own);
        }
        let base = self.bases.entry((caller, &request.action));
        let base = base.or_insert_with(|| context::base(self.world, caller, &request.action));
        let asking = Asking {
            world: self.world,
            request,
            base: base.clone(),
            about,
            class: position.1,
            change,
        };
        let verdict = asking.by_thing(caller);
        self.answers.insert(key, verdict.clone());
        alike::told_of(self.world, verdict, on, own)
    }

    /// The same about objects that no policy tells from these.
    fn same_objects(&mut self, action: &'w str, about: About) -> About {
        let world = self.world;
        let mut first = |door, objects| self.alike.objects(world, action, door, objects);
        let bucket = world.objects.get(&about.on).map(|of| of.bucket);
        About {
            on: bucket.map_or(about.on, |bucket| first(bucket, about.on)),
            of: about.of.map(|of| first(about.on, of)),
            ..about
        }
    }

    /// Launching an instance for a role asks the same whatever the role: the first role of the
    /// account stands for all.
    fn stand_in(&mut self, part: Part, on: ThingIx) -> ThingIx {
        let new = matches!(
            part,
            Part::Launch | Part::NewFunction | Part::NewTaskDefinition | Part::AnyService
        );
        let role = new.then(|| self.world.identity(on)).flatten();
        match role {
            Some(role) => *self.launches.entry(role.account.clone()).or_insert(on),
            None => on,
        }
    }

    /// Whether a service may send the request for the estate.
    pub(super) fn by_service(&self, request: &Request, service: &str, on: ThingIx) -> Verdict {
        let Some((_, class)) = self.world.classes.first_key_value() else {
            return Verdict::never();
        };
        let asking = Asking {
            world: self.world,
            request,
            base: Context::new(KeyState::Unknown),
            about: About::only(on),
            class,
            change: Change::None,
        };
        let caller = Caller::Service {
            name: service.to_owned(),
        };
        let context = context::of_service(self.world, service, on);
        asking.decide(&caller, None, Some(&context), on)
    }
}

/// Who sends a request of a rule for the principal.
pub(super) fn sender(
    world: &World<'_>,
    request: &Request,
    bound: &BTreeMap<&str, ThingIx>,
) -> Option<ThingIx> {
    match &request.by {
        By::Variable(variable) => bound.get(variable.as_str()).copied(),
        By::Anonymous => world.things.find(Kind::Anonymous, "anonymous"),
        By::Service(_) => None,
    }
}
