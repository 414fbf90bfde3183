//! Holds `decide` against the definition in `naive`, on random policies and requests without unknowns.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::naive::{Answer, Ask, Open, Policies, evaluate};
use super::operators::network;
use super::*;
use crate::capture::json::Node;
use crate::reach::Strength;

const OWN: &str = "111122223333";
const OTHER: &str = "444455556666";
const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const APP: &str = "arn:aws:iam::111122223333:role/app";
const APP_S: &str = "arn:aws:sts::111122223333:assumed-role/app/s";
const FED: &str = "arn:aws:sts::111122223333:federated-user/alice";
const EXT: &str = "arn:aws:iam::444455556666:role/ext";
const EXT_S: &str = "arn:aws:sts::444455556666:assumed-role/ext/s";
const SERVICE: &str = "x.amazonaws.com";

/// Kind, account, ARN and the other name.
const CALLERS: [(&str, &str, &str, &str); 9] = [
    ("user", OWN, ALICE, ""),
    ("role", OWN, APP, APP_S),
    ("role", OWN, APP, APP_S),
    ("role", OTHER, EXT, EXT_S),
    ("federated", OWN, FED, ALICE),
    ("root", OWN, "arn:aws:iam::111122223333:root", ""),
    ("root", OTHER, "arn:aws:iam::444455556666:root", ""),
    ("service", "", SERVICE, ""),
    ("anonymous", "", "", ""),
];

/// Action, resource, and whether its policy must itself allow.
const ASKS: [(&str, &str, &str); 5] = [
    ("s3:PutBucketPolicy", "arn:aws:s3:::events", "ordinary"),
    ("s3:GetObject", "arn:aws:s3:::events/t/a:b", "ordinary"),
    ("s3:ListBucket", "arn:aws:s3:::events", "ordinary"),
    (
        "kms:Decrypt",
        "arn:aws:kms:r:111122223333:key/k",
        "must allow",
    ),
    (
        "ec2:AttachVolume",
        "arn:aws:ec2:r:111122223333:volume/v",
        "ordinary",
    ),
];

fn any_of<T: Clone + std::fmt::Debug + 'static>(items: &[T]) -> impl Strategy<Value = T> + use<T> {
    select(items.to_vec())
}

/// One line of a condition block: operator, key, values of a kind that the operator reads.
fn condition() -> impl Strategy<Value = Value> {
    let texts: &[&str] = &[
        "a",
        "ab",
        "A",
        "a*",
        "?b",
        "*",
        "${k1}",
        "${k1, 'a'}",
        "${*}",
    ];
    let families: [(&[&'static str], &[&'static str], &[&'static str]); 9] = [
        (
            &[
                "StringEquals",
                "StringNotEquals",
                "StringEqualsIgnoreCase",
                "StringNotEqualsIgnoreCase",
                "StringLike",
                "StringNotLike",
                "StringEqualsIfExists",
                "StringNotEqualsIfExists",
                "StringLikeIfExists",
                "StringNotLikeIfExists",
            ],
            &["k0", "k1"],
            texts,
        ),
        (
            &[
                "ForAllValues:StringEquals",
                "ForAnyValue:StringEquals",
                "ForAllValues:StringNotEquals",
                "ForAnyValue:StringNotEquals",
                "ForAllValues:StringLike",
                "ForAnyValue:StringLike",
                "ForAllValues:StringNotLikeIfExists",
            ],
            &["k0", "m"],
            texts,
        ),
        (
            &[
                "NumericEquals",
                "NumericNotEquals",
                "NumericLessThan",
                "NumericLessThanEquals",
                "NumericGreaterThan",
                "NumericGreaterThanEqualsIfExists",
            ],
            &["n", "k0"],
            &["9", "10", "9.5"],
        ),
        (
            &[
                "DateEquals",
                "DateNotEquals",
                "DateLessThan",
                "DateGreaterThanEquals",
                "DateGreaterThanIfExists",
            ],
            &["d", "k0"],
            &["2025-01-01T00:00:00Z", "1735689600", "2026-01-01T00:00:00Z"],
        ),
        (
            &["IpAddress", "NotIpAddress", "NotIpAddressIfExists"],
            &["i", "k0"],
            &[
                "10.0.0.0/8",
                "10.1.2.3",
                "10.1.2.3/15",
                "2001:db8::/32",
                "::/0",
            ],
        ),
        (
            &["ArnLike", "ArnEquals", "ArnEqualsIfExists"],
            &["r", "k0"],
            &[
                "arn:aws:iam::*:role/a*",
                "arn:aws:iam::1:role/?",
                "arn:aws:iam::1:*",
            ],
        ),
        (
            &["ArnNotLike", "ArnNotEqualsIfExists"],
            &["r"],
            &["arn:aws:iam::*:role/a*", "arn:aws:iam::1:role/?"],
        ),
        (&["Bool", "BoolIfExists"], &["b", "k0"], &["true", "false"]),
        (&["Null"], &["k0", "m", "n"], &["true", "false"]),
    ];
    let lines = families.into_iter().map(|(operators, keys, values)| {
        let values = prop::collection::vec(any_of(values), 1..3);
        (any_of(operators), any_of(keys), values)
            .prop_map(|(operator, key, values)| json!({ operator: { key: values } }))
            .boxed()
    });
    prop::strategy::Union::new(lines)
}

fn context() -> impl Strategy<Value = BTreeMap<&'static str, Vec<&'static str>>> {
    let single = |values: &[&'static str]| prop::option::of(any_of(values).prop_map(|v| vec![v]));
    (
        single(&["a", "ab", "b", "A", "", "10", "a*", "true"]),
        single(&["a", "t", "a*", "?"]),
        prop::option::of(prop::collection::vec(any_of(&["a", "ab", "b", ""]), 1..3)),
        single(&["9", "10", "10.0", "zzz"]),
        single(&["2025-01-01T01:00:00+01:00", "1735689601", "never"]),
        single(&["10.1.2.3", "10.200.0.1", "2001:db8::1", "here"]),
        single(&[
            "arn:aws:iam::1:role/a",
            "arn:aws:iam::2:role/app",
            "arn:aws:iam::1:user/a:b",
        ]),
        single(&["true", "false", "perhaps"]),
    )
        .prop_map(|(k0, k1, m, n, d, i, r, b)| {
            let keys = [
                ("k0", k0),
                ("k1", k1),
                ("m", m),
                ("n", n),
                ("d", d),
                ("i", i),
                ("r", r),
                ("b", b),
            ];
            keys.into_iter()
                .filter_map(|(key, values)| Some((key, values?)))
                .collect()
        })
}

fn statement(effect: &'static str, principals: bool) -> impl Strategy<Value = Value> {
    let action = any_of(&[
        json!({ "Action": "*" }),
        json!({ "Action": ["S3:get*", "kms:De?rypt"] }),
        json!({ "Action": ["s3:*", "ec2:*Volume"] }),
        json!({ "NotAction": "s3:Get*" }),
        json!({ "NotAction": ["iam:*", "kms:*"] }),
    ]);
    let resource = any_of(&[
        json!({ "Resource": "*" }),
        json!({ "Resource": "*" }),
        json!({ "Resource": ["arn:aws:s3:::events/*", "arn:aws:kms:*:*:key/k"] }),
        json!({ "Resource": "arn:aws:s3:::*" }),
        json!({ "Resource": ["arn:aws:s3:::events/${k1}/*", "arn:aws:s3:::events"] }),
        json!({ "Resource": "arn:aws:s3:::events/${k1, 't'}/*" }),
        json!({ "NotResource": "arn:aws:s3:::events/*" }),
        json!({ "NotResource": ["arn:aws:s3:::events/${k0}/*"] }),
        json!({ "NotResource": "arn:aws:kms:r:*:key/?" }),
    ]);
    let some = |names: &[Value]| any_of(names);
    let named = some(&[
        json!("*"),
        json!({ "AWS": "*" }),
        json!({ "AWS": OWN }),
        json!({ "AWS": "arn:aws:iam::111122223333:root" }),
        json!({ "AWS": [ALICE, OTHER] }),
        json!({ "AWS": APP }),
        json!({ "AWS": [APP_S, EXT] }),
        json!({ "AWS": FED }),
        json!({ "AWS": EXT_S, "Service": SERVICE }),
        json!({ "AWS": "AROAEXAMPLEEXAMPLE12" }),
        json!({ "AWS": "arn:aws:iam::111122223333:role/*" }),
    ]);
    let spared = some(&[
        json!({ "AWS": [ALICE, OWN] }),
        json!({ "AWS": [APP, APP_S, OWN] }),
        json!({ "AWS": [ALICE, APP] }),
        json!({ "AWS": [EXT_S, EXT, OTHER], "Service": SERVICE }),
    ]);
    let principal = if !principals {
        Just(json!({})).boxed()
    } else if effect == "Deny" {
        prop_oneof![
            2 => named.prop_map(|p| json!({ "Principal": p })),
            1 => spared.prop_map(|p| json!({ "NotPrincipal": p })),
        ]
        .boxed()
    } else {
        named.prop_map(|p| json!({ "Principal": p })).boxed()
    };
    let conditions = prop::collection::vec(condition(), 0..2);
    (action, resource, principal, conditions).prop_map(
        move |(action, resource, principal, conditions)| {
            let mut statement = Map::new();
            statement.insert("Effect".to_owned(), json!(effect));
            for part in [action, resource, principal] {
                statement.extend(part.as_object().cloned().unwrap());
            }
            if let Some(condition) = conditions.first() {
                statement.insert("Condition".to_owned(), condition.clone());
            }
            Value::Object(statement)
        },
    )
}

fn either(principals: bool) -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => statement("Allow", principals),
        1 => statement("Deny", principals),
    ]
}

/// A list of statements; most begin with a grant of everything, or most worlds would allow nothing.
fn list(principals: bool, open: f64) -> impl Strategy<Value = Vec<Value>> {
    let mut all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    if principals {
        all["Principal"] = json!("*");
    }
    let random = prop::collection::vec(either(principals), 0..3);
    (prop::bool::weighted(open), random).prop_map(move |(open, mut statements)| {
        if open {
            statements.insert(0, all.clone());
        }
        statements
    })
}

fn policies() -> impl Strategy<Value = Policies> {
    (
        list(false, 0.4),
        prop::option::weighted(0.3, list(false, 0.7)),
        prop::option::weighted(0.4, list(false, 0.7)),
        prop::collection::vec(list(false, 0.9), 0..3),
        prop::collection::vec(prop::collection::vec(statement("Deny", true), 0..2), 0..2),
        list(true, 0.2),
        prop::option::weighted(0.2, list_of_everyone()),
    )
        .prop_map(
            |(identity, boundary, session, scps, rcps, resource, endpoint)| Policies {
                identity,
                boundary,
                session,
                scps,
                // `NotPrincipal` may not stand in RCPs.
                rcps: rcps.into_iter().map(everyones).collect(),
                resource,
                endpoint,
            },
        )
}

/// Statements of an endpoint's policy, which name everyone.
fn list_of_everyone() -> impl Strategy<Value = Vec<Value>> {
    list(true, 0.8).prop_map(everyones)
}

fn everyones(statements: Vec<Value>) -> Vec<Value> {
    let everyone = |mut statement: Value| {
        if let Some(members) = statement.as_object_mut() {
            members.remove("NotPrincipal");
            members.insert("Principal".to_owned(), json!("*"));
        }
        statement
    };
    statements.into_iter().map(everyone).collect()
}

fn ask() -> impl Strategy<Value = Ask> {
    (any_of(&CALLERS), any_of(&ASKS), context()).prop_map(
        |((kind, account, arn, other), (action, resource, policy), context)| Ask {
            kind,
            account,
            arn,
            other,
            action,
            resource,
            owner: OWN,
            policy,
            context,
        },
    )
}

fn document(statements: &[Value]) -> Document {
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let node = Node::parse(&Arc::from("p.json"), &text).unwrap();
    let (document, problems) = Document::parse(&node);
    assert_eq!(problems, [], "{text}");
    document
}

fn layered(documents: &[Document]) -> Guard<'_> {
    let levels = documents.iter().map(|document| Layer::of([document]));
    Guard::Levels(levels.collect())
}

/// What the engine says of a request whose other keys are absent.
fn decided(ask: &Ask, policies: &Policies) -> (Decision, Condition) {
    decided_with(ask, policies, &[])
}

/// What the engine says where these keys are not known.
fn decided_with(ask: &Ask, policies: &Policies, unknown: &[&str]) -> (Decision, Condition) {
    let list = |statements: &Vec<Value>| document(statements);
    let (identity, resource) = (list(&policies.identity), list(&policies.resource));
    let boundary = policies.boundary.as_ref().map(list);
    let session = policies.session.as_ref().map(list);
    let endpoint = policies.endpoint.as_ref().map(list);
    let scps: Vec<Document> = policies.scps.iter().map(list).collect();
    let rcps: Vec<Document> = policies.rcps.iter().map(list).collect();
    let layers = Layers {
        identity: Layer::of([&identity]),
        boundary: boundary.as_ref().map(|d| Layer::of([d])),
        session: session.as_ref().map(|d| Layer::of([d])),
        scps: layered(&scps),
        rcps: layered(&rcps),
        resource: ResourcePolicy::Document(&resource),
        resource_kind: if ask.policy == "ordinary" {
            ResourceKind::Ordinary
        } else {
            ResourceKind::Key
        },
        endpoint: endpoint.as_ref().map(|d| Layer::of([d])),
        ..Layers::default()
    };
    let caller = match ask.kind {
        "role" => Caller::from_name(ask.other),
        "federated" => Some(Caller::Federated {
            arn: ask.arn.to_owned(),
            by: Some(ask.other.to_owned()),
        }),
        "anonymous" => Some(Caller::Anonymous),
        _ => Caller::from_name(ask.arn),
    };
    let caller = caller.unwrap();
    let keys = ask.context.iter();
    let context = keys.fold(Context::new(KeyState::Absent), |c, (key, values)| {
        c.known_many(key, values.iter().copied())
    });
    let context = unknown.iter().fold(context, |c, key| c.unknown(key));
    let request = Request {
        caller: &caller,
        action: ask.action,
        resource: ask.resource,
        resource_account: Some(ask.owner),
        context: &context,
        resource_certain: true,
    };
    let (decision, condition) = explain(&request, &layers);
    assert_eq!(decision, decide(&request, &layers));
    (decision, condition)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn the_engine_agrees_with_the_definition(ask in ask(), policies in policies()) {
        let mut answers = BTreeSet::new();
        for everyone_is_limited in [false, true] {
            for partly_listed_is_spared in [false, true] {
                let open = Open { everyone_is_limited, partly_listed_is_spared };
                answers.insert(evaluate(&ask, &policies, open));
            }
        }
        let (decision, condition) = decided(&ask, &policies);
        let explicit = decision.evidence.iter().any(|e| e.effect == Effect::Deny);
        let allowed = answers.contains(&Answer::Allowed);
        match (decision.strength, answers.len()) {
            (Strength::Always, _) => prop_assert_eq!(answers, BTreeSet::from([Answer::Allowed])),
            (Strength::Never, 1) => {
                let want = if explicit { Answer::ExplicitlyDenied } else { Answer::ImplicitlyDenied };
                prop_assert_eq!(answers, BTreeSet::from([want]));
            }
            (Strength::Never, _) => prop_assert!(!allowed, "{:?}", answers),
            (Strength::Conditional | Strength::Gap, _) => {
                prop_assert!(allowed && answers.len() > 1, "{:?} {:?}", answers, decision);
            }
        }
        // What must hold is nothing, anything, or what the documents leave open.
        let want = match decision.strength {
            Strength::Always => condition.smallest() == Formula::True,
            Strength::Never => condition.smallest() == Formula::False,
            Strength::Conditional | Strength::Gap => {
                !matches!(condition.smallest(), Formula::True | Formula::False)
            }
        };
        prop_assert!(want, "{} {}", decision.strength.word(), condition.smallest());
    }
}

/// The condition lines of all policies, by what a formula calls them; the line's own answer is to be
/// turned where the flag is not set.
fn lines(policies: &Policies) -> BTreeMap<String, (Test, bool)> {
    let lists = [Some(&policies.identity), Some(&policies.resource)];
    let guards = [&policies.boundary, &policies.session, &policies.endpoint];
    let guards = guards.into_iter().map(Option::as_ref);
    let levels = policies.scps.iter().chain(&policies.rcps).map(Some);
    let all = lists.into_iter().chain(guards).chain(levels).flatten();
    let documents: Vec<Document> = all.map(|statements| document(statements)).collect();
    let tests = documents
        .iter()
        .flat_map(|document| &document.statements)
        .flat_map(|statement| &statement.conditions);
    tests
        .map(|test| {
            let (name, plain) = Formula::test(test).named();
            (name, (test.clone(), plain))
        })
        .collect()
}

const UNKNOWN: [&str; 3] = ["k0", "i", "b"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// The residual condition is exact: however the unknown keys turn out, it holds if and only if the
    /// request is then allowed.
    #[test]
    fn the_condition_holds_exactly_where_the_request_is_allowed(
        ask in ask(), policies in policies(), turns_out in prop::collection::vec(context(), 4),
    ) {
        let (decision, condition) = decided_with(&ask, &policies, &UNKNOWN);
        let formula = condition.smallest();
        let lines = lines(&policies);
        // What the documents leave open, and resources by unknown names, are no lines.
        prop_assume!(formula.names().iter().all(|name| lines.contains_key(name)));
        for settled in turns_out {
            let mut ask = ask.clone();
            for key in UNKNOWN {
                ask.context.remove(key);
                // What is no address fails an operator and its negation alike, so that neither
                // stands for the other; no request carries such a value.
                let values = settled.get(key).filter(|values| {
                    key != "i" || values.iter().all(|value| network(value).is_some())
                });
                if let Some(values) = values {
                    ask.context.insert(key, values.clone());
                }
            }
            let keys = ask.context.iter();
            let context = keys.fold(Context::new(KeyState::Absent), |c, (key, values)| {
                c.known_many(key, values.iter().copied())
            });
            let holds = formula.value(&|name| {
                let (test, plain) = &lines[name];
                test.holds(&context).is_true() == *plain
            });
            let (then, _) = decided(&ask, &policies);
            prop_assert_eq!(then.strength == Strength::Always, holds, "{} {:?}", formula, then);
            if decision.strength == Strength::Always || decision.strength == Strength::Never {
                prop_assert_eq!(decision.strength, then.strength);
            }
        }
    }
}

/// Few worlds that mean nothing would make the property above hold for nothing.
#[test]
fn the_random_worlds_allow_deny_and_leave_open() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..600 {
        let tree = (ask(), policies()).new_tree(&mut runner).unwrap();
        let (ask, policies) = tree.current();
        let (decision, _) = decided(&ask, &policies);
        let explicit = decision.evidence.iter().any(|e| e.effect == Effect::Deny);
        let word = match decision.strength {
            Strength::Never if explicit => "explicit",
            Strength::Always | Strength::Never | Strength::Conditional | Strength::Gap => {
                decision.strength.word()
            }
        };
        *counts.entry(word).or_default() += 1;
    }
    for (word, least) in [
        ("always", 100),
        ("explicit", 50),
        ("never", 50),
        ("conditional", 3),
    ] {
        let count = counts.get(word).copied().unwrap_or_default();
        assert!(count >= least, "{counts:?}");
    }
}
