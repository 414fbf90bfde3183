//! Properties of `decide` over random documents, requests and contexts.

use proptest::prelude::*;
use proptest::sample::select;

use super::scene::*;
use super::*;
use crate::reach::Strength::{self, Always, Never};

const KEYS: [&str; 3] = ["k0", "k1", "k2"];
/// Every value the generated conditions speak of, and one they do not.
const VALUES: [&str; 4] = ["a", "ab", "b", "7"];

fn condition() -> impl Strategy<Value = String> {
    let operator = select(vec![
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringEqualsIfExists",
        "StringNotEqualsIfExists",
        "ForAllValues:StringEquals",
        "ForAnyValue:StringLike",
        "ForAnyValue:StringNotEquals",
        "NumericLessThan",
        "NumericNotEquals",
        "Null",
        "Unheard",
    ]);
    let value = select(vec![
        "a", "b", "a*", "*", "?", "9", "true", "false", "${k1}",
    ]);
    (
        operator,
        select(KEYS.to_vec()),
        prop::collection::vec(value, 1..3),
    )
        .prop_map(|(operator, key, values)| {
            let values: Vec<String> = values.iter().map(|v| format!("\"{v}\"")).collect();
            format!(r#""{operator}": {{"{key}": [{}]}}"#, values.join(", "))
        })
}

fn statement(effects: Vec<&'static str>, principals: bool) -> impl Strategy<Value = String> {
    let action = select(vec![
        r#""Action": "*""#,
        r#""Action": "s3:Get*""#,
        r#""NotAction": "s3:Get*""#,
        r#""Action": "sqs:*""#,
    ]);
    let resource = select(vec![
        r#""Resource": "*""#,
        r#""Resource": "arn:aws:s3:::events/t/*""#,
        r#""NotResource": "arn:aws:s3:::events/*""#,
        r#""Resource": "arn:aws:s3:::events/${k0}/*""#,
        r#""Resource": "arn:aws:s3:::other""#,
    ]);
    let principal = if principals {
        select(vec![
            r#""Principal": "*","#,
            r#""Principal": {"AWS": "111122223333"},"#,
            r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/app"},"#,
            r#""Principal": {"AWS": "arn:aws:iam::444455556666:role/ext"},"#,
            r#""Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/app/s"},"#,
            r#""Principal": {"Service": "x.amazonaws.com"},"#,
        ])
    } else {
        select(vec![""])
    };
    let conditions = prop::option::weighted(0.6, condition());
    (select(effects), principal, action, resource, conditions).prop_map(
        |(effect, principal, action, resource, condition)| {
            let base = format!(r#""Effect": "{effect}", {principal} {action}, {resource}"#);
            condition.map_or(base.clone(), |c| under(&base, &c))
        },
    )
}

fn either() -> Vec<&'static str> {
    vec!["Allow", "Allow", "Allow", "Deny"]
}

/// The statements of every layer; the boundary, the session and the endpoint may be missing.
#[derive(Clone, Debug)]
struct World {
    identity: Vec<String>,
    boundary: Option<Vec<String>>,
    session: Option<Vec<String>>,
    scp: Vec<String>,
    resource: Vec<String>,
    endpoint: Option<Vec<String>>,
    kind: ResourceKind,
    caller: &'static str,
    owner: &'static str,
    unread: bool,
}

fn world() -> impl Strategy<Value = World> {
    // Half of all lists begin with a grant of everything, or most worlds would allow nothing.
    let list = |principals: bool| {
        let all = if principals { ALLOW_ALL } else { ALLOW };
        let random = prop::collection::vec(statement(either(), principals), 0..3);
        (prop::bool::ANY, random).prop_map(move |(open, mut statements)| {
            if open {
                statements.insert(0, all.to_owned());
            }
            statements
        })
    };
    let guard = |principals: bool| {
        let all = if principals { ALLOW_ALL } else { ALLOW };
        let last = select(vec![all, all, OTHER]);
        prop::option::weighted(
            0.25,
            (list(principals), last).prop_map(|(mut statements, last)| {
                statements.push(last.to_owned());
                statements
            }),
        )
    };
    let kind = select(vec![
        ResourceKind::Ordinary,
        ResourceKind::Ordinary,
        ResourceKind::Trust,
        ResourceKind::Key,
    ]);
    let caller = select(vec![
        APP,
        APP,
        EXT,
        ALICE,
        "anonymous",
        "x.amazonaws.com",
        "arn:aws:iam::111122223333:root",
        "444455556666",
    ]);
    let owner = select(vec![OWN, OWN, "444455556666"]);
    (
        (list(false), guard(false), guard(false)),
        (guard(false), list(true), guard(true)),
        (kind, caller, owner, prop::bool::weighted(0.2)),
    )
        .prop_map(
            |(
                (identity, boundary, session),
                (scp, resource, endpoint),
                (kind, caller, owner, unread),
            )| {
                World {
                    identity,
                    boundary,
                    session,
                    scp: scp.unwrap_or_else(|| vec![ALLOW.to_owned()]),
                    resource,
                    endpoint,
                    kind,
                    caller,
                    owner,
                    unread,
                }
            },
        )
}

impl World {
    fn decide(&self, context: &Context) -> Decision {
        let read = |statements: &Vec<String>| {
            let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
            broken(&statements).0
        };
        let identity = read(&self.identity);
        let boundary = self.boundary.as_ref().map(read);
        let session = self.session.as_ref().map(read);
        let scp = read(&self.scp);
        let resource = read(&self.resource);
        let endpoint = self.endpoint.as_ref().map(read);
        let layers = Layers {
            identity: Layer {
                documents: vec![&identity],
                unread: if self.unread {
                    vec!["policy"]
                } else {
                    Vec::new()
                },
            },
            boundary: boundary.as_ref().map(|d| Layer::of([d])),
            session: session.as_ref().map(|d| Layer::of([d])),
            scps: Guard::Levels(vec![Layer::of([&scp])]),
            resource: ResourcePolicy::Document(&resource),
            resource_kind: self.kind,
            endpoint: endpoint.as_ref().map(|d| Layer::of([d])),
            ..Layers::default()
        };
        let mut scene = Scene::of(self.caller).within(context.clone());
        scene.account = Some(self.owner);
        scene.decide(&layers)
    }

    fn strength(&self, context: &Context) -> Strength {
        self.decide(context).strength
    }

    /// The layers' statement lists, one chosen by number.
    fn layer(&mut self, number: usize) -> (&mut Vec<String>, bool) {
        match number % 4 {
            0 => (&mut self.identity, false),
            1 => (&mut self.resource, true),
            2 => (&mut self.scp, false),
            _ => match &mut self.boundary {
                Some(boundary) => (boundary, false),
                None => (&mut self.identity, false),
            },
        }
    }
}

fn state() -> impl Strategy<Value = KeyState> {
    prop_oneof![
        select(VALUES.to_vec()).prop_map(|v| KeyState::Known(vec![v.to_owned()])),
        Just(KeyState::Known(vec!["a".to_owned(), "b".to_owned()])),
        Just(KeyState::Known(Vec::new())),
        Just(KeyState::Absent),
        Just(KeyState::Unknown),
        Just(KeyState::Chosen),
    ]
}

fn context() -> impl Strategy<Value = Context> {
    [state(), state(), state()].prop_map(|states| {
        KEYS.iter()
            .zip(states)
            .fold(Context::new(KeyState::Absent), |c, (key, s)| c.with(key, s))
    })
}

/// Every context that settles the keys that are in this state.
fn settled(context: &Context, open: &KeyState) -> Vec<Context> {
    let mut all = vec![context.clone()];
    for key in KEYS {
        if context.state(key) != open {
            continue;
        }
        let mut states = vec![KeyState::Absent, KeyState::Known(vec!["zzz".to_owned()])];
        states.extend(VALUES.map(|v| KeyState::Known(vec![v.to_owned()])));
        all = all
            .iter()
            .flat_map(|c| states.iter().map(|s| c.clone().with(key, s.clone())))
            .collect();
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn adding_an_allow_never_lowers(
        world in world(), context in context(), number in 0_usize..4,
        plain in statement(vec!["Allow"], false), named in statement(vec!["Allow"], true),
    ) {
        let before = world.strength(&context);
        let mut more = world;
        let (list, principals) = more.layer(number);
        list.push(if principals { named } else { plain });
        prop_assert!(more.strength(&context) >= before);
    }

    #[test]
    fn adding_a_deny_never_raises(
        world in world(), context in context(), number in 0_usize..4,
        plain in statement(vec!["Deny"], false), named in statement(vec!["Deny"], true),
    ) {
        let before = world.strength(&context);
        let mut more = world;
        let (list, principals) = more.layer(number);
        list.push(if principals { named } else { plain });
        prop_assert!(more.strength(&context) <= before);
    }

    #[test]
    fn what_is_certain_stays_so_when_the_unknown_becomes_known(
        world in world(), context in context(),
    ) {
        let before = world.strength(&context);
        for settled in settled(&context, &KeyState::Unknown) {
            let after = world.strength(&settled);
            match before {
                Always => prop_assert_eq!(after, Always),
                Never => prop_assert_eq!(after, Never),
                Strength::Gap | Strength::Conditional => {}
            }
        }
    }

    #[test]
    fn what_is_chosen_is_the_best_of_all_assignments(
        world in world(), context in context(), keys in prop::collection::vec(select(KEYS.to_vec()), 1..3),
    ) {
        let chosen = keys.iter().fold(context, |c, key| c.chosen(key));
        let got = world.strength(&chosen);
        let all = settled(&chosen, &KeyState::Chosen);
        let best = all.iter().map(|c| world.strength(c)).max();
        prop_assert!(Some(got) >= best, "{:?} {:?}", got, best);
    }

    #[test]
    fn a_verdict_carries_its_proof(world in world(), context in context()) {
        let decision = world.decide(&context);
        prop_assert_eq!(&decision, &world.decide(&context));
        prop_assert!(decision.strength <= decision.without_denies);
        if decision.strength == Always {
            prop_assert!(decision.residual.is_empty() && decision.unread.is_empty());
        }
        if decision.strength > Never {
            prop_assert!(decision.evidence.iter().all(|e| e.effect == Effect::Allow));
            prop_assert!(decision.ungranted.is_none());
            let kinds: Vec<_> = decision.evidence.iter().map(|e| e.layer).collect();
            prop_assert!(kinds.is_sorted());
        }
        if decision.without_denies > Never && decision.strength == Never {
            prop_assert_eq!(decision.evidence.len(), 1);
            prop_assert_eq!(decision.evidence[0].effect, Effect::Deny);
        }
        if matches!(decision.strength, Strength::Gap | Strength::Conditional) {
            prop_assert!(!decision.residual.is_empty() || !decision.unread.is_empty());
        }
    }

    #[test]
    fn a_key_that_no_statement_looks_at_changes_nothing(world in world(), context in context()) {
        let decision = world.decide(&context);
        for key in KEYS {
            if !decision.keys.contains(key) {
                let other = context.clone().known(key, "something else");
                prop_assert_eq!(world.decide(&other), decision.clone());
            }
        }
    }
}
