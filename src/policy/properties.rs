//! Properties of `decide` over random documents, requests and contexts.

use proptest::prelude::*;
use proptest::sample::select;

use super::scene::*;
use super::*;
use crate::reach::Strength::{self, Always, Never};

const KEYS: [&str; 3] = ["k0", "k1", "k2"];
/// Values on each side of every border that the generated conditions draw.
const VALUES: [&str; 13] = [
    "a", "ab", "b", "7", "9", "10", "true", "false", "t", "zzz", "a*", "*", "?",
];

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

/// The documents of a world.
struct Parsed {
    world: World,
    identity: Document,
    boundary: Option<Document>,
    session: Option<Document>,
    scp: Document,
    resource: Document,
    endpoint: Option<Document>,
}

impl Parsed {
    fn decide(&self, context: &Context) -> Decision {
        let unread: &[&str] = if self.world.unread { &["policy"] } else { &[] };
        let layers = Layers {
            identity: Layer {
                documents: vec![&self.identity],
                unread: unread.to_vec(),
            },
            boundary: self.boundary.as_ref().map(of),
            session: self.session.as_ref().map(of),
            scps: Guard::Levels(vec![of(&self.scp)]),
            resource: on(&self.resource),
            resource_kind: self.world.kind,
            endpoint: self.endpoint.as_ref().map(of),
            ..Layers::default()
        };
        let mut scene = Scene::of(self.world.caller).within(context.clone());
        scene.account = Some(self.world.owner);
        scene.decide(&layers)
    }

    fn strength(&self, context: &Context) -> Strength {
        self.decide(context).strength
    }
}

impl World {
    fn read(&self) -> Parsed {
        let read = |statements: &Vec<String>| {
            let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
            broken(&statements).0
        };
        Parsed {
            world: self.clone(),
            identity: read(&self.identity),
            boundary: self.boundary.as_ref().map(read),
            session: self.session.as_ref().map(read),
            scp: read(&self.scp),
            resource: read(&self.resource),
            endpoint: self.endpoint.as_ref().map(read),
        }
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
        let mut states = vec![KeyState::Absent];
        states.extend(VALUES.map(|v| KeyState::Known(vec![v.to_owned()])));
        for list in [vec![], vec!["a", "b"], vec!["a", "zzz"]] {
            let list = list.into_iter().map(str::to_owned);
            states.push(KeyState::Known(list.collect()));
        }
        all = all
            .iter()
            .flat_map(|c| states.iter().map(|s| c.clone().with(key, s.clone())))
            .collect();
    }
    all
}

/// Any JSON, with the words of policies in it.
fn json() -> impl Strategy<Value = String> {
    let word = select(vec![
        "Version",
        "Statement",
        "Effect",
        "Allow",
        "Deny",
        "Principal",
        "NotPrincipal",
        "AWS",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
        "StringLike",
        "IpAddress",
        "DateLessThan",
        "BinaryEquals",
        "ForAnyValue:ArnLike",
        "Null",
        "k0",
        "*",
        "${k0",
        "${k0}",
        "${}",
        "::::::",
        "arn:aws:s3:::events/${k0, '*'}",
        "2012-10-17",
        "10.0.0.0/99",
        "é?",
        "\\u0001",
    ]);
    let quoted = word.prop_map(|w| format!("\"{w}\""));
    let leaf = prop_oneof![4 => quoted.clone(), 1 => select(vec!["7", "null", "true", "-1.5e3"])
        .prop_map(str::to_owned)];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        let member = (quoted.clone(), inner.clone()).prop_map(|(k, v)| format!("{k}: {v}"));
        prop_oneof![
            2 => prop::collection::vec(member, 0..5).prop_map(|m| format!("{{{}}}", m.join(", "))),
            1 => prop::collection::vec(inner, 0..4).prop_map(|i| format!("[{}]", i.join(", "))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn adding_an_allow_never_lowers(
        world in world(), context in context(), number in 0_usize..4,
        plain in statement(vec!["Allow"], false), named in statement(vec!["Allow"], true),
    ) {
        let before = world.read().strength(&context);
        let mut more = world;
        let (list, principals) = more.layer(number);
        list.push(if principals { named } else { plain });
        prop_assert!(more.read().strength(&context) >= before);
    }

    #[test]
    fn adding_a_deny_never_raises(
        world in world(), context in context(), number in 0_usize..4,
        plain in statement(vec!["Deny"], false), named in statement(vec!["Deny"], true),
    ) {
        let before = world.read().strength(&context);
        let mut more = world;
        let (list, principals) = more.layer(number);
        list.push(if principals { named } else { plain });
        prop_assert!(more.read().strength(&context) <= before);
    }

    #[test]
    fn rule_4_order_changes_no_verdict(
        world in world(), context in context(), turn in 0_usize..4, back in prop::bool::ANY,
    ) {
        let before = world.read().decide(&context);
        let mut other = world;
        for number in 0..4 {
            let (list, _) = other.layer(number);
            if back {
                list.reverse();
            }
            let by = turn % list.len().max(1);
            list.rotate_left(by);
        }
        let after = other.read().decide(&context);
        prop_assert_eq!(before.strength, after.strength);
        prop_assert_eq!(before.without_denies, after.without_denies);
        prop_assert_eq!(before.blocked_by, after.blocked_by);
        prop_assert_eq!(before.keys, after.keys);
    }

    #[test]
    fn what_is_certain_stays_so_when_the_unknown_becomes_known(
        world in world(), context in context(),
    ) {
        let world = world.read();
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
        let world = world.read();
        let got = world.strength(&chosen);
        let all = settled(&chosen, &KeyState::Chosen);
        let best = all.iter().map(|c| world.strength(c)).max();
        prop_assert!(Some(got) >= best, "{:?} {:?}", got, best);
        // What no assignment gives is not certain either.
        prop_assert!(got < Always || best == Some(Always), "{:?} {:?}", got, best);
    }

    #[test]
    fn no_document_stops_a_decision(statements in prop::collection::vec(json(), 1..4), context in context()) {
        let text = format!("{{\"Statement\": [{}]}}", statements.join(", "));
        let node = crate::capture::json::Node::parse(&std::sync::Arc::from("f"), &text).unwrap();
        let document = Document::parse(&node).0;
        prop_assert_eq!(document.statements.len(), statements.len());
        let layers = Layers {
            identity: Layer::of([&document]),
            resource: ResourcePolicy::Document(&document),
            rcps: Guard::Levels(vec![Layer::of([&document])]),
            block_public_access: Truth::True,
            ..Layers::default()
        };
        for caller in [APP, EXT, "anonymous", "444455556666"] {
            let scene = Scene::of(caller).within(context.clone().chosen("k0"));
            // Nothing that was not read to the end denies or grants for certain.
            let decision = scene.decide(&layers);
            if document.statements.iter().all(|s| s.undecidable.is_some()) {
                prop_assert!(decision.strength < Always);
            }
        }
    }

    #[test]
    fn a_verdict_carries_its_proof(world in world(), context in context()) {
        let world = world.read();
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
        prop_assert_eq!(decision.blocked_by.is_empty(), decision.strength > Never);
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
        let world = world.read();
        let decision = world.decide(&context);
        for key in KEYS {
            if !decision.keys.contains(key) {
                let other = context.clone().known(key, "something else");
                prop_assert_eq!(world.decide(&other), decision.clone());
            }
        }
    }
}
