//! Tests of `decide`, each named after the law of the design, or the promise, it checks.

use super::scene::*;
use super::*;
use crate::reach::Strength::{Always, Conditional, Gap, Never};

#[test]
fn law_1_unread_grants_are_gaps_and_unread_guards_are_conditions() {
    let (allow, none, named) = (doc(&[ALLOW]), doc(&[]), doc(&[&to(EXT)]));
    let unread = |documents: &[&'static str]| Layer {
        documents: Vec::new(),
        unread: documents.to_vec(),
    };
    let with = |identity: Layer<'static>| identity;
    let base = || Layers::default();
    let strength = |caller, layers: &Layers<'_>| Scene::of(caller).decide(layers).strength;

    // An identity policy that was not read.
    let mut layers = Layers {
        identity: with(unread(&["inline"])),
        ..base()
    };
    assert_eq!(strength(ALICE, &layers), Gap);
    layers.identity.documents.push(&allow);
    assert_eq!(strength(ALICE, &layers), Conditional);

    // A resource policy that was not read.
    for (caller, identity, want) in [
        (ALICE, &allow, Conditional),
        (ALICE, &none, Gap),
        (EXT, &allow, Gap),
        (EXT, &none, Never),
        ("anonymous", &none, Gap),
    ] {
        let layers = Layers {
            identity: of(identity),
            resource: ResourcePolicy::Unread("bucket policy"),
            ..base()
        };
        let decision = Scene::of(caller).decide(&layers);
        assert_eq!(decision.strength, want, "{caller}");
        let named: &[&str] = if want == Never {
            &[]
        } else {
            &["bucket policy"]
        };
        assert_eq!(decision.unread, named);
    }
    let key = Layers {
        identity: of(&allow),
        resource: ResourcePolicy::Unread("key policy"),
        resource_kind: ResourceKind::Key,
        ..base()
    };
    assert_eq!(strength(ALICE, &key), Gap);

    // Guards.
    for layers in [
        Layers {
            boundary_unread: Some("boundary"),
            ..base()
        },
        Layers {
            session: Some(unread(&["session"])),
            ..base()
        },
        Layers {
            endpoint: Some(unread(&["endpoint"])),
            ..base()
        },
        Layers {
            scps: Guard::Levels(vec![of(&allow), unread(&["scp"])]),
            ..base()
        },
    ] {
        let layers = Layers {
            identity: of(&allow),
            ..layers
        };
        assert_eq!(strength(ALICE, &layers), Conditional);
        let nothing = Layers {
            identity: of(&none),
            ..layers
        };
        assert_eq!(strength(ALICE, &nothing), Never);
    }

    // A certain deny needs no other document.
    let deny = doc(&[DENY]);
    let denied = Layers {
        identity: of(&deny),
        resource: ResourcePolicy::Unread("bucket policy"),
        ..base()
    };
    assert_eq!(strength(ALICE, &denied), Never);
    let both = Layers {
        identity: of(&allow),
        resource: on(&named),
        scps: Guard::Unread("SCPs"),
        rcps: Guard::Unread("RCPs"),
        ..base()
    };
    let decision = Scene::of(EXT).decide(&both);
    assert_eq!(decision.strength, Conditional);
    assert_eq!(decision.unread, ["SCPs", "RCPs"]);
}

#[test]
fn law_1_a_statement_that_cannot_be_read_decides_nothing() {
    let cases = [
        // An Allow that may not apply, on top of nothing.
        (
            r#""Effect": "Allow", "Action": {"Ref": "X"}, "Resource": "*""#,
            Conditional,
            Conditional,
        ),
        (
            r#""Effect": "Allow", "Action": "*", "Resource": [7]"#,
            Conditional,
            Conditional,
        ),
        (
            r#""Effect": "Allow", "Action": "*""#,
            Conditional,
            Conditional,
        ),
        (
            r#""Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringIs": {"a": "b"}}"#,
            Conditional,
            Conditional,
        ),
        // Something that may do either: no grant was seen.
        (
            r#""Effect": "Perhaps", "Action": "*", "Resource": "*""#,
            Gap,
            Gap,
        ),
        // A Deny that may not apply.
        (
            r#""Effect": "Deny", "Action": ["s3:*", null], "Resource": "*", "X": 1"#,
            Never,
            Never,
        ),
    ];
    let allow = doc(&[ALLOW]);
    for (statement, alone, _) in cases {
        let (identity, problems) = broken(&[statement]);
        let layers = Layers {
            identity: of(&identity),
            ..Layers::default()
        };
        let decision = Scene::of(ALICE).decide(&layers);
        assert_eq!(decision.strength, alone, "{statement}");
        let silent = statement == r#""Effect": "Allow", "Action": "*""#;
        assert_eq!(problems.is_empty(), silent, "{problems:?}");
        for problem in problems {
            assert_eq!(problem.source.line(), 2);
            assert!(!problem.message.ends_with('.'));
        }
        let layers = Layers {
            identity: Layer::of([&allow, &identity]),
            ..Layers::default()
        };
        let may_deny = !statement.contains("Allow");
        let want = if may_deny { Conditional } else { Always };
        assert_eq!(
            Scene::of(ALICE).decide(&layers).strength,
            want,
            "{statement}"
        );
    }
}

#[test]
fn law_3_one_assignment_for_all_layers_lets_the_request_through() {
    let tls = under(DENY_ALL, r#""Bool": {"aws:SecureTransport": "false"}"#);
    let (allow, policy) = (doc(&[ALLOW]), doc(&[&tls]));
    let chosen = Context::new(KeyState::Absent)
        .chosen("aws:SecureTransport")
        .chosen("aws:RequestTag/t");
    let layers = Layers {
        identity: of(&allow),
        resource: on(&policy),
        ..Layers::default()
    };
    let scene = Scene::of(ALICE).within(chosen.clone());
    assert_eq!(scene.decide(&layers).strength, Always);

    // The identity policy wants one value, the boundary another: no one value serves.
    let wants = |value: &str| {
        doc(&[&under(
            ALLOW,
            &format!(r#""StringLike": {{"aws:RequestTag/t": "{value}"}}"#),
        )])
    };
    for (a, b, want) in [("a", "b", Never), ("a*", "*b", Always), ("a*", "b*", Never)] {
        let (identity, boundary) = (wants(a), wants(b));
        let layers = Layers {
            identity: of(&identity),
            boundary: Some(of(&boundary)),
            ..Layers::default()
        };
        let scene = Scene::of(ALICE).within(chosen.clone());
        assert_eq!(scene.decide(&layers).strength, want, "{a} {b}");
        let unknown = Context::new(KeyState::Unknown);
        let scene = Scene::of(ALICE).within(unknown);
        assert_eq!(scene.decide(&layers).strength, Conditional, "{a} {b}");
    }
}

#[test]
fn law_3_numbers_dates_addresses_and_tags_in_names_can_be_chosen() {
    for condition in [
        r#""NumericLessThan": {"k": "10"}, "NumericGreaterThan": {"k": "8"}"#,
        r#""DateGreaterThan": {"k": "2025-01-01T00:00:00Z"}"#,
        r#""IpAddress": {"k": "10.0.0.0/8"}, "NotIpAddress": {"k": "10.0.0.0/9"}"#,
        r#""ForAnyValue:StringEquals": {"k": "a"}, "ForAllValues:StringEquals": {"k": ["a", "b"]}"#,
        r#""Null": {"k": "false"}, "StringNotLike": {"k": "*-*"}"#,
        r#""ArnLike": {"k": "arn:aws:iam::*:role/a*"}"#,
        r#""StringEquals": {"aws:PrincipalAccount": "${k}"}"#,
    ] {
        let identity = doc(&[&under(ALLOW, condition)]);
        let layers = Layers {
            identity: of(&identity),
            ..Layers::default()
        };
        let context = Context::new(KeyState::Absent)
            .known("aws:PrincipalAccount", OWN)
            .chosen("k");
        let decision = Scene::of(ALICE).within(context).decide(&layers);
        assert_eq!(decision.strength, Always, "{condition}");
    }
    let home = doc(&[
        r#""Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::events/${aws:PrincipalTag/home}/*""#,
    ]);
    let layers = Layers {
        identity: of(&home),
        ..Layers::default()
    };
    let context = Context::new(KeyState::Absent).chosen("aws:PrincipalTag/home");
    assert_eq!(
        Scene::of(ALICE).within(context).decide(&layers).strength,
        Always
    );
}

#[test]
fn law_3_beyond_the_bound_what_is_chosen_is_unknown() {
    let tests: Vec<String> = (0..12)
        .map(|i| format!(r#""k{i}": ["a", "b", "c"]"#))
        .collect();
    let identity = doc(&[&under(
        ALLOW,
        &format!(r#""StringEquals": {{{}}}"#, tests.join(", ")),
    )]);
    let layers = Layers {
        identity: of(&identity),
        ..Layers::default()
    };
    let scene = Scene::of(ALICE).within(Context::new(KeyState::Chosen));
    assert_eq!(scene.decide(&layers).strength, Conditional);
}

#[test]
fn law_3_a_session_name_is_chosen_once() {
    let session = |name: &str| format!("arn:aws:sts::{OWN}:assumed-role/app/{name}");
    let none = doc(&[]);
    let decide = |policy: &Document, caller: &str| {
        let layers = Layers {
            identity: of(&none),
            resource: on(policy),
            ..Layers::default()
        };
        Scene::of(caller).decide(&layers).strength
    };
    let allow = doc(&[&to(&session("s1"))]);
    assert_eq!(decide(&allow, APP), Always);
    assert_eq!(decide(&allow, &session("s2")), Never);
    let deny = format!(
        r#""Effect": "Deny", "Principal": {{"AWS": "{}"}}, "Action": "*", "Resource": "*""#,
        session("s1")
    );
    assert_eq!(decide(&doc(&[&to(&session("s1")), &deny]), APP), Never);
    assert_eq!(decide(&doc(&[&to(APP), &deny]), APP), Always);
}

#[test]
fn law_6_an_edited_resource_policy_grants_its_editor() {
    let (allow, none) = (doc(&[ALLOW]), doc(&[]));
    for (caller, identity, want) in [
        (ALICE, &none, Always),
        (EXT, &allow, Always),
        (EXT, &none, Never),
    ] {
        let layers = Layers {
            identity: of(identity),
            resource: ResourcePolicy::Edited,
            block_public_access: Truth::True,
            ..Layers::default()
        };
        assert_eq!(Scene::of(caller).decide(&layers).strength, want);
    }
}

#[test]
fn law_9_a_name_that_is_not_settled_is_covered_certainly_possibly_or_not() {
    for (resource, want) in [
        ("*", Always),
        ("arn:aws:s3:::*", Always),
        ("arn:aws:s3:::wal-prod/*", Conditional),
        ("arn:aws:sqs:*:*:*", Never),
    ] {
        let identity = doc(&[&format!(
            r#""Effect": "Allow", "Action": "*", "Resource": "{resource}""#
        )]);
        let layers = Layers {
            identity: of(&identity),
            ..Layers::default()
        };
        for open in ["arn:aws:s3:::\u{1}/x", "arn:aws:s3:::some"] {
            let mut scene = Scene::of(ALICE).asks("s3:GetObject", open);
            scene.certain = false;
            let decision = scene.decide(&layers);
            assert_eq!(decision.strength, want, "{resource}");
            assert_eq!(decision.residual.len(), usize::from(want == Conditional));
        }
    }
}

#[test]
fn an_external_account_stands_for_its_administrator() {
    let scene = Scene::of("444455556666");
    for (named, want) in [
        ("444455556666", Conditional),
        ("arn:aws:iam::444455556666:root", Conditional),
        ("*", Conditional),
        (EXT, Conditional),
        (APP, Never),
        (OWN, Never),
    ] {
        let policy = doc(&[&to(named)]);
        let layers = Layers {
            resource: on(&policy),
            ..Layers::default()
        };
        let decision = scene.decide(&layers);
        assert_eq!(decision.strength, want, "{named}");
        if want == Conditional {
            assert_eq!(
                decision.unread,
                ["service control policies of account 444455556666"]
            );
        }
    }
    let policy = doc(&[&under(
        ALLOW_ALL,
        r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:*"}"#,
    )]);
    let layers = Layers {
        resource: on(&policy),
        ..Layers::default()
    };
    for (account, want) in [("444455556666", Conditional), ("777788889999", Never)] {
        let mut scene = Scene::of(account);
        scene.context = scene.caller.describe(Context::new(KeyState::Unknown));
        assert_eq!(scene.decide(&layers).strength, want);
    }
}

#[test]
fn a_bucket_of_nobody_known_may_be_the_callers_own() {
    let (allow, none) = (doc(&[ALLOW]), doc(&[]));
    let mut scene = Scene::of(ALICE);
    scene.account = None;
    let layers = |identity, resource| Layers {
        identity: of(identity),
        resource,
        ..Layers::default()
    };
    let decision = scene.decide(&layers(&allow, ResourcePolicy::None));
    assert_eq!(decision.strength, Conditional);
    assert_eq!(decision.unread, [format!("owner of {OBJECT}")]);
    assert_eq!(
        scene.decide(&layers(&none, ResourcePolicy::None)).strength,
        Never
    );
    scene.resource = "*".to_owned();
    scene.action = "s3:ListAllMyBuckets";
    assert_eq!(
        scene.decide(&layers(&allow, ResourcePolicy::None)).strength,
        Always
    );
}

#[test]
fn evidence_is_one_allow_for_each_layer_that_needs_one() {
    let sid = |sid: &str| format!(r#""Sid": "{sid}", {ALLOW}"#);
    let maybe = under(&sid("maybe"), r#""StringEquals": {"k": "v"}"#);
    let identity = doc(&[OTHER, &maybe, &sid("first"), &sid("second")]);
    let scp = doc(&[&sid("scp")]);
    let policy = doc(&[&to(ALICE)]);
    let layers = Layers {
        identity: of(&identity),
        scps: Guard::Levels(vec![of(&scp), of(&scp)]),
        resource: on(&policy),
        ..Layers::default()
    };
    let scene = Scene::of(ALICE).within(Context::new(KeyState::Unknown));
    let decision = scene.decide(&layers);
    let sids: Vec<_> = decision.evidence.iter().map(|e| e.sid.as_deref()).collect();
    assert_eq!(sids, [Some("first"), Some("scp"), Some("scp")]);
    assert_eq!(decision.evidence[0].source.line(), 4);
    assert_eq!((decision.strength, decision.residual.len()), (Always, 0));
    assert_eq!(decision.keys.iter().collect::<Vec<_>>(), ["k"]);
    assert_eq!(decision, scene.decide(&layers));
}

#[test]
fn who_may_assume_a_role() {
    let role = "arn:aws:iam::111122223333:role/app";
    let trust = |principal: &str, condition: &str| {
        doc(&[&format!(
            r#""Effect": "Allow", "Principal": {principal}, "Action": "sts:*", "Condition": {{{condition}}}"#
        )])
    };
    let (allow, none) = (doc(&[ALLOW]), doc(&[]));
    let external = r#""StringEquals": {"sts:ExternalId": "s"}"#;
    let ec2 = r#"{"Service": "ec2.amazonaws.com"}"#;
    let foreign = r#"{"AWS": "444455556666"}"#;
    let own = r#"{"AWS": "111122223333"}"#;
    for (caller, identity, policy, want) in [
        (EXT, &allow, trust(foreign, external), Always),
        (EXT, &none, trust(foreign, external), Never),
        ("ec2.amazonaws.com", &none, trust(ec2, ""), Always),
        (ALICE, &allow, trust(own, ""), Always),
        (ALICE, &none, trust(own, ""), Never),
        (
            "arn:aws:iam::111122223333:root",
            &none,
            trust(own, ""),
            Never,
        ),
    ] {
        let layers = Layers {
            identity: of(identity),
            resource: on(&policy),
            resource_kind: ResourceKind::Trust,
            ..Layers::default()
        };
        let context = Context::new(KeyState::Absent).chosen("sts:ExternalId");
        let scene = Scene::of(caller)
            .asks("sts:AssumeRole", role)
            .within(context);
        assert_eq!(scene.decide(&layers).strength, want, "{caller}");
    }
}
