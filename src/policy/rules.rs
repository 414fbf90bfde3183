//! Tests of `decide`, each named after the rule it checks.

use super::scene::*;
use super::*;
use crate::reach::Strength::{Always, Conditional, Never};

#[test]
fn rule_1_a_deny_in_any_layer_wins() {
    let (allow, deny) = (doc(&[ALLOW]), doc(&[ALLOW, DENY]));
    let (open, shut) = (doc(&[ALLOW_ALL]), doc(&[ALLOW_ALL, DENY_ALL]));
    let full = || Layers {
        identity: of(&allow),
        boundary: Some(of(&allow)),
        session: Some(of(&allow)),
        scps: Guard::Levels(vec![of(&allow), of(&allow)]),
        rcps: Guard::Levels(vec![of(&open)]),
        resource: on(&open),
        endpoint: Some(of(&open)),
        ..Layers::default()
    };
    let scene = Scene::of(APP);
    assert_eq!(scene.decide(&full()).strength, Always);
    let kinds = [
        LayerKind::Identity,
        LayerKind::Boundary,
        LayerKind::Session,
        LayerKind::Scp,
        LayerKind::Rcp,
        LayerKind::Resource,
        LayerKind::Origin,
        LayerKind::Endpoint,
    ];
    for kind in kinds {
        let mut layers = full();
        match kind {
            LayerKind::Identity => layers.identity = of(&deny),
            LayerKind::Boundary => layers.boundary = Some(of(&deny)),
            LayerKind::Session => layers.session = Some(of(&deny)),
            LayerKind::Scp => layers.scps = Guard::Levels(vec![of(&allow), of(&deny)]),
            LayerKind::Rcp => layers.rcps = Guard::Levels(vec![of(&shut)]),
            LayerKind::Resource | LayerKind::Trust | LayerKind::Key => layers.resource = on(&shut),
            // What only adds is tested in `beside`.
            LayerKind::Grant | LayerKind::Sharing => continue,
            LayerKind::Origin => layers.fixed = Some(&shut),
            LayerKind::Endpoint => layers.endpoint = Some(of(&shut)),
        }
        let decision = scene.decide(&layers);
        assert_eq!(decision.strength, Never, "{kind:?}");
        assert_eq!(decision.without_denies, Always, "{kind:?}");
        let evidence: Vec<_> = decision
            .evidence
            .iter()
            .map(|e| (e.layer, e.effect))
            .collect();
        assert_eq!(evidence, [(kind, Effect::Deny)]);
    }
}

#[test]
fn rule_2_identity_or_resource_but_trust_and_key_policies_must_allow() {
    let (allow, none, named) = (doc(&[ALLOW]), doc(&[OTHER]), doc(&[&to(ALICE)]));
    let service = doc(&[
        r#""Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "*", "Resource": "*""#,
    ]);
    for (kind, alone) in [
        (ResourceKind::Ordinary, Always),
        (ResourceKind::Trust, Never),
        (ResourceKind::Key, Never),
    ] {
        let layers = |identity, resource| Layers {
            identity: of(identity),
            resource: on(resource),
            resource_kind: kind,
            ..Layers::default()
        };
        let scene = Scene::of(ALICE);
        assert_eq!(scene.decide(&layers(&allow, &service)).strength, alone);
        assert_eq!(scene.decide(&layers(&none, &named)).strength, Always);
        assert_eq!(scene.decide(&layers(&none, &service)).strength, Never);
    }
}

#[test]
fn rule_2_the_table_of_who_is_named_and_what_still_limits() {
    let session = "arn:aws:sts::111122223333:assumed-role/app/s1";
    let federated = "arn:aws:sts::111122223333:federated-user/alice";
    let (none, allow, other) = (doc(&[]), doc(&[ALLOW]), doc(&[OTHER]));
    // Caller, who is named, then the strength when the boundary, the session, the identity
    // policy alone does not allow.
    for (caller, named, boundary, limited, identity) in [
        (ALICE, ALICE, Always, Always, Always),
        (session, APP, Never, Never, Always),
        (session, session, Always, Always, Always),
        (federated, federated, Always, Always, Always),
        (federated, ALICE, Never, Never, Conditional),
        (session, OWN, Never, Never, Never),
        (session, "*", Conditional, Conditional, Always),
    ] {
        let policy = doc(&[&to(named)]);
        let decide = |identity, boundary, session| {
            let layers = Layers {
                identity: of(identity),
                boundary: Some(of(boundary)),
                session: Some(of(session)),
                resource: on(&policy),
                ..Layers::default()
            };
            Scene::of(caller).decide(&layers).strength
        };
        assert_eq!(decide(&none, &other, &allow), boundary, "{named} boundary");
        assert_eq!(decide(&none, &allow, &other), limited, "{named} session");
        assert_eq!(decide(&none, &allow, &allow), identity, "{named} identity");
        assert_eq!(decide(&allow, &allow, &allow), Always, "{named}");
    }
}

#[test]
fn rule_3_two_accounts_need_both_sides() {
    let (allow, none) = (doc(&[ALLOW]), doc(&[]));
    for named in [EXT, "444455556666", "*"] {
        let policy = doc(&[&to(named)]);
        for (identity, resource, want, lacking) in [
            (&allow, on(&policy), Always, None),
            (&none, on(&policy), Never, Some(LayerKind::Identity)),
            (
                &allow,
                ResourcePolicy::None,
                Never,
                Some(LayerKind::Resource),
            ),
        ] {
            let layers = Layers {
                identity: of(identity),
                resource,
                ..Layers::default()
            };
            let decision = Scene::of(EXT).decide(&layers);
            assert_eq!((decision.strength, decision.ungranted), (want, lacking));
        }
    }
}

#[test]
fn rule_5_the_root_user_is_allowed_but_under_scps_and_denies() {
    let (allow, other, shut) = (doc(&[ALLOW]), doc(&[OTHER]), doc(&[DENY_ALL]));
    let scene = Scene::of("arn:aws:iam::111122223333:root");
    assert_eq!(scene.decide(&Layers::default()).strength, Always);
    for (scp, resource, want) in [
        (&allow, ResourcePolicy::None, Always),
        (&other, ResourcePolicy::None, Never),
        (&allow, on(&shut), Never),
    ] {
        let layers = Layers {
            scps: Guard::Levels(vec![of(scp)]),
            resource,
            ..Layers::default()
        };
        assert_eq!(scene.decide(&layers).strength, want);
    }
}

#[test]
fn rule_6_services_and_the_anonymous_need_the_resource_alone() {
    let service = doc(&[
        r#""Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:*", "Resource": "*""#,
    ]);
    let (open, named, nothing) = (doc(&[ALLOW_ALL]), doc(&[&to(OWN)]), doc(&[]));
    for (caller, policy, want) in [
        ("logging.s3.amazonaws.com", &service, Always),
        ("sns.amazonaws.com", &service, Never),
        ("anonymous", &open, Always),
        ("anonymous", &named, Never),
    ] {
        let layers = Layers {
            scps: Guard::Levels(vec![of(&nothing)]),
            resource: on(policy),
            ..Layers::default()
        };
        assert_eq!(Scene::of(caller).decide(&layers).strength, want, "{caller}");
    }
}

#[test]
fn rule_10_not_principal_with_deny_hits_whoever_has_a_boundary() {
    let allow = doc(&[ALLOW]);
    let list = |names: &str| {
        doc(&[&format!(
            r#""Effect": "Deny", "NotPrincipal": {{"AWS": [{names}]}}, "Action": "*", "Resource": "*""#
        )])
    };
    let both = list(&format!(r#""{ALICE}", "{OWN}""#));
    let alone = list(&format!(r#""{ALICE}""#));
    let layers = |policy, boundary: bool, unread| Layers {
        identity: of(&allow),
        boundary: boundary.then(|| of(&allow)),
        boundary_unread: unread,
        resource: on(policy),
        ..Layers::default()
    };
    let scene = Scene::of(ALICE);
    assert_eq!(scene.decide(&layers(&both, false, None)).strength, Always);
    assert_eq!(scene.decide(&layers(&both, true, None)).strength, Never);
    assert_eq!(
        scene.decide(&layers(&both, false, Some("b"))).strength,
        Conditional
    );
    assert_eq!(
        scene.decide(&layers(&alone, false, None)).strength,
        Conditional
    );
}

#[test]
fn rule_12_not_action_and_not_resource_turn_the_match_and_not_the_effect() {
    for (statement, want) in [
        (
            r#""Effect": "Allow", "NotAction": "iam:*", "Resource": "*""#,
            Always,
        ),
        (
            r#""Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*""#,
            Never,
        ),
        (
            r#""Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::logs/*""#,
            Always,
        ),
        (
            r#""Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::events/*""#,
            Never,
        ),
    ] {
        let identity = doc(&[statement]);
        let layers = Layers {
            identity: of(&identity),
            ..Layers::default()
        };
        assert_eq!(
            Scene::of(ALICE).decide(&layers).strength,
            want,
            "{statement}"
        );
    }
}

#[test]
fn rule_22_an_undecided_deny_neither_denies_nor_vanishes() {
    let deny = under(DENY, r#""StringNotEquals": {"aws:SourceVpce": "vpce-1"}"#);
    let identity = doc(&[ALLOW, &deny]);
    let layers = Layers {
        identity: of(&identity),
        ..Layers::default()
    };
    let decide = |state| {
        let context = Context::new(KeyState::Absent).with("aws:SourceVpce", state);
        Scene::of(ALICE).within(context).decide(&layers)
    };
    let open = decide(KeyState::Unknown);
    assert_eq!(open.strength, Conditional);
    assert_eq!(open.residual.len(), 1);
    assert_eq!(
        open.residual[0].text,
        "StringNotEquals aws:SourceVpce = vpce-1"
    );
    assert_eq!(open.residual[0].effect, Effect::Deny);
    assert!(open.keys.contains("aws:sourcevpce"));
    assert_eq!(decide(KeyState::Absent).strength, Never);
    assert_eq!(
        decide(KeyState::Known(vec!["vpce-1".into()])).strength,
        Always
    );
    assert_eq!(decide(KeyState::Chosen).strength, Always);
}

#[test]
fn rule_23_every_scp_level_must_allow_save_for_service_linked_roles() {
    let (allow, other) = (doc(&[ALLOW]), doc(&[OTHER]));
    let layers = |levels| Layers {
        identity: of(&allow),
        scps: levels,
        ..Layers::default()
    };
    let both = Guard::Levels(vec![of(&allow), of(&other)]);
    let denied = Scene::of(ALICE).decide(&layers(both.clone()));
    assert_eq!(
        (denied.strength, denied.ungranted),
        (Never, Some(LayerKind::Scp))
    );
    let linked = "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/R";
    assert_eq!(Scene::of(linked).decide(&layers(both)).strength, Always);
    let unread = Scene::of(ALICE).decide(&layers(Guard::Unread("SCPs")));
    assert_eq!(unread.strength, Conditional);
    assert_eq!(unread.unread, ["SCPs"]);
}

#[test]
fn rule_24_rcps_bind_the_resource_whoever_calls_and_only_listed_services() {
    let (allow, open, shut) = (doc(&[ALLOW]), doc(&[ALLOW_ALL]), doc(&[DENY_ALL]));
    let layers = |rcps| Layers {
        identity: of(&allow),
        resource: on(&open),
        rcps,
        ..Layers::default()
    };
    let denied = || layers(Guard::Levels(vec![Layer::default(), of(&shut)]));
    assert_eq!(Scene::of(ALICE).decide(&denied()).strength, Never);
    assert_eq!(Scene::of("anonymous").decide(&denied()).strength, Never);
    let volume = "arn:aws:ec2:r:111122223333:volume/v";
    for rcps in [denied(), layers(Guard::Unread("RCPs"))] {
        let scene = Scene::of(ALICE).asks("ec2:AttachVolume", volume);
        assert_eq!(scene.decide(&rcps).strength, Always);
    }
    let image = "arn:aws:ecr:r:111122223333:repository/x";
    let scene = Scene::of(ALICE).asks("ecr:BatchGetImage", image);
    assert_eq!(scene.decide(&denied()).strength, Never);
    // Neither calls of service-linked roles nor the trust policies of such roles are bound.
    let linked = "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/R";
    assert_eq!(Scene::of(linked).decide(&denied()).strength, Always);
    let trust = Layers {
        resource_kind: ResourceKind::Trust,
        ..denied()
    };
    for (role, want) in [(linked, Always), (APP, Never)] {
        let scene = Scene::of("x.amazonaws.com").asks("sts:AssumeRole", role);
        assert_eq!(scene.decide(&trust).strength, want, "{role}");
    }
    let unread = layers(Guard::Unread("RCPs"));
    assert_eq!(Scene::of(ALICE).decide(&unread).strength, Conditional);
}

#[test]
fn rule_26_a_key_policy_without_its_root_statement_makes_identity_policies_void() {
    let key = "arn:aws:kms:r:111122223333:key/k";
    let (allow, root) = (doc(&[ALLOW]), doc(&[&to(OWN)]));
    let other = doc(&[&to(APP)]);
    for (policy, want) in [(&root, Always), (&other, Never)] {
        let layers = Layers {
            identity: of(&allow),
            resource: on(policy),
            resource_kind: ResourceKind::Key,
            ..Layers::default()
        };
        let decision = Scene::of(ALICE).asks("kms:Decrypt", key).decide(&layers);
        assert_eq!(decision.strength, want);
        let foreign = Scene::of(EXT).asks("kms:Decrypt", key).decide(&layers);
        assert_eq!(foreign.strength, Never);
        assert_eq!(foreign.ungranted, Some(LayerKind::Key));
    }
}

#[test]
fn rule_30_one_public_statement_cuts_off_the_fixed_grants_beside_it() {
    let allow = doc(&[ALLOW]);
    let fixed = to(EXT);
    let (public, closed) = (doc(&[&fixed, ALLOW_ALL]), doc(&[&fixed]));
    let layers = |policy, block| Layers {
        identity: of(&allow),
        resource: on(policy),
        block_public_access: block,
        ..Layers::default()
    };
    for (caller, policy, block, want) in [
        (EXT, &public, Truth::False, Always),
        (EXT, &public, Truth::Unknown, Conditional),
        (EXT, &public, Truth::True, Never),
        (EXT, &closed, Truth::True, Always),
        (ALICE, &public, Truth::True, Always),
        ("anonymous", &public, Truth::True, Never),
        ("lambda.amazonaws.com", &public, Truth::True, Always),
    ] {
        let decision = Scene::of(caller).decide(&layers(policy, block));
        assert_eq!(decision.strength, want, "{caller} {block:?}");
    }
}

#[test]
fn rule_32_an_endpoint_policy_filters_and_never_grants() {
    let (allow, none) = (doc(&[ALLOW]), doc(&[]));
    let put =
        doc(&[r#""Effect": "Allow", "Principal": "*", "Action": "s3:Put*", "Resource": "*""#]);
    let (open, account) = (doc(&[ALLOW_ALL]), doc(&[&to(OWN)]));
    for (identity, endpoint, want) in [
        (&allow, &open, Always),
        (&allow, &put, Never),
        (&none, &open, Never),
        (&allow, &account, Conditional),
    ] {
        let layers = Layers {
            identity: of(identity),
            endpoint: Some(of(endpoint)),
            ..Layers::default()
        };
        assert_eq!(Scene::of(ALICE).decide(&layers).strength, want);
    }
}
