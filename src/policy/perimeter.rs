//! Tests of `decide` on perimeters, identity providers, federated sessions and endpoints, each named
//! after the rule it checks.

use super::EndpointKind::{Gateway, Interface, Unclear};
use super::scene::*;
use super::*;
use crate::reach::Strength::{self, Always, Conditional, Never};

const FEDERATED: &str = "arn:aws:sts::111122223333:federated-user/alice";

fn with_identity(identity: &Document) -> Layers<'_> {
    Layers {
        identity: of(identity),
        ..Layers::default()
    }
}

#[test]
fn rule_1_no_policy_keeps_a_principal_from_asking_who_it_is() {
    let deny = doc(&[DENY]);
    let layers = with_identity(&deny);
    let who = |caller| Scene::of(caller).asks("sts:GetCallerIdentity", "*");
    assert_eq!(who(ALICE).decide(&layers).strength, Always);
    assert_eq!(who("anonymous").decide(&layers).strength, Never);
}

#[test]
fn rule_2_a_federated_session_has_what_was_passed_to_it() {
    let (allow, nothing) = (doc(&[ALLOW]), doc(&[]));
    let decide = |identity, session: Option<&Document>, named: &str, by: Option<&str>| {
        let policy = doc(&[&to(named)]);
        let layers = Layers {
            session: session.map(of),
            resource: on(&policy),
            ..with_identity(identity)
        };
        let mut scene = Scene::of(FEDERATED);
        scene.caller = Caller::Federated {
            arn: FEDERATED.to_owned(),
            by: by.map(str::to_owned),
        };
        scene.decide(&layers).strength
    };
    let bob = "arn:aws:iam::111122223333:user/bob";
    // Without a session policy nothing is left but what names the session itself.
    assert_eq!(decide(&allow, None, APP, None), Never);
    assert_eq!(decide(&allow, Some(&allow), APP, None), Always);
    assert_eq!(decide(&nothing, None, FEDERATED, None), Always);
    assert_eq!(decide(&nothing, None, ALICE, Some(ALICE)), Never);
    // Who made the session decides whether the name of a user is its name.
    assert_eq!(decide(&nothing, Some(&allow), ALICE, Some(ALICE)), Always);
    assert_eq!(decide(&nothing, Some(&allow), ALICE, Some(bob)), Never);
    assert_eq!(decide(&nothing, Some(&allow), ALICE, None), Conditional);
}

#[test]
fn rule_5_the_root_user_of_another_account_needs_the_resource_alone() {
    let scene = Scene::of("arn:aws:iam::444455556666:root");
    for (named, want) in [("444455556666", Always), ("*", Always), (OWN, Never)] {
        let policy = doc(&[&to(named)]);
        let layers = Layers {
            resource: on(&policy),
            ..Layers::default()
        };
        assert_eq!(scene.decide(&layers).strength, want, "{named}");
    }
}

#[test]
fn rule_5_no_bucket_policy_locks_out_the_root_user_of_its_owner() {
    let (shut, allow) = (doc(&[DENY_ALL]), doc(&[ALLOW, DENY]));
    let root = "arn:aws:iam::111122223333:root";
    let other = "arn:aws:iam::444455556666:root";
    let bucket = "arn:aws:s3:::events";
    for resource in [on(&shut), ResourcePolicy::Unread("bucket policy")] {
        let layers = || Layers {
            resource,
            ..Layers::default()
        };
        let policy = Scene::of(root).asks("s3:PutBucketPolicy", bucket);
        assert_eq!(policy.decide(&layers()).strength, Always);
        let list = Scene::of(root).asks("s3:ListBucket", bucket);
        assert!(list.decide(&layers()).strength < Always);
        let foreign = Scene::of(other).asks("s3:PutBucketPolicy", bucket);
        assert!(foreign.decide(&layers()).strength < Always);
        let bound = Layers {
            scps: Guard::Levels(vec![of(&allow)]),
            ..layers()
        };
        assert_eq!(policy.decide(&bound).strength, Never);
    }
}

#[test]
fn rule_6_identity_providers_are_let_in_by_the_trust_policy_and_the_keys_of_their_tokens() {
    let oidc = "arn:aws:iam::111122223333:oidc-provider/oidc.example.com/id/EX";
    let saml = "arn:aws:iam::111122223333:saml-provider/corp";
    let google = "accounts.google.com";
    let named = |provider: &str| {
        Caller::from_name(provider).map(|caller| match caller {
            Caller::Service { name } => Caller::Federated {
                arn: name,
                by: None,
            },
            Caller::User { .. }
            | Caller::Role { .. }
            | Caller::Root { .. }
            | Caller::Federated { .. }
            | Caller::Anonymous
            | Caller::ExternalAccount { .. } => caller,
        })
    };
    for (provider, action, key) in [
        (
            oidc,
            "sts:AssumeRoleWithWebIdentity",
            "oidc.example.com/id/EX:sub",
        ),
        (saml, "sts:AssumeRoleWithSAML", "SAML:aud"),
        (
            google,
            "sts:AssumeRoleWithWebIdentity",
            "accounts.google.com:aud",
        ),
    ] {
        let trust = doc(&[&format!(
            r#""Effect": "Allow", "Principal": {{"Federated": "{provider}"}}, "Action": "{action}",
               "Condition": {{"StringEquals": {{"{key}": "payments"}}}}"#
        )]);
        let layers = Layers {
            resource: on(&trust),
            resource_kind: ResourceKind::Trust,
            ..Layers::default()
        };
        for (other, value, want) in [
            (provider, Some("payments"), Always),
            (provider, Some("other"), Never),
            (provider, None, Never),
            (
                "arn:aws:iam::111122223333:saml-provider/else",
                Some("payments"),
                Never,
            ),
        ] {
            let mut scene = Scene::of(ALICE).asks(action, APP);
            scene.caller = named(other).unwrap();
            if let Some(value) = value {
                scene.context = Context::new(KeyState::Absent).known(key, value);
            }
            assert_eq!(scene.decide(&layers).strength, want, "{other} {value:?}");
        }
    }
}

#[test]
fn rule_8_an_id_in_a_policy_neither_admits_nor_spares_anybody() {
    let allow = doc(&[ALLOW]);
    let id = "AROAEXAMPLEEXAMPLE12";
    let granted = doc(&[&to(id)]);
    let denied = doc(&[&to(id).replace("Allow", "Deny")]);
    let spared = doc(&[&to(id)
        .replace("Allow", "Deny")
        .replace("Principal", "NotPrincipal")]);
    let nothing = doc(&[]);
    for (identity, policy, want) in [
        (&nothing, &granted, Never),
        (&allow, &denied, Always),
        (&allow, &spared, Never),
    ] {
        let layers = Layers {
            resource: on(policy),
            ..with_identity(identity)
        };
        assert_eq!(Scene::of(APP).decide(&layers).strength, want);
    }
}

#[test]
fn rule_13_a_default_stands_in_for_an_absent_key_alone() {
    let home = doc(&[
        r#""Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::events/${aws:PrincipalTag/home, 't'}/*""#,
    ]);
    for (state, want) in [
        (KeyState::Absent, Always),
        (KeyState::Known(vec!["u".to_owned()]), Never),
        (KeyState::Unknown, Conditional),
    ] {
        let context = Context::new(KeyState::Absent).with("aws:PrincipalTag/home", state);
        let decision = Scene::of(ALICE)
            .within(context)
            .decide(&with_identity(&home));
        assert_eq!(decision.strength, want);
    }
}

#[test]
fn rule_14_a_variable_without_value_excludes_nothing_from_a_not_resource() {
    for (effect, want) in [("Allow", Always), ("Deny", Never)] {
        let text = format!(
            r#""Effect": "{effect}", "Action": "*", "NotResource": "arn:aws:s3:::events/${{aws:PrincipalTag/x}}/*""#
        );
        let identity = doc(&[ALLOW, &text]);
        let alone = doc(&[&text]);
        let policy = if effect == "Allow" { &alone } else { &identity };
        let decision = Scene::of(ALICE).decide(&with_identity(policy));
        assert_eq!(decision.strength, want, "{effect}");
    }
}

#[test]
fn rule_32_principals_at_gateways_are_everyone_or_the_root_user() {
    let allow = doc(&[ALLOW]);
    let (everyone, account, role) = (doc(&[ALLOW_ALL]), doc(&[&to(OWN)]), doc(&[&to(APP)]));
    let decide = |caller: &str, endpoint, kind| {
        let layers = Layers {
            endpoint: Some(of(endpoint)),
            endpoint_kind: kind,
            ..with_identity(&allow)
        };
        Scene::of(caller).decide(&layers).strength
    };
    let root = "arn:aws:iam::111122223333:root";
    for (caller, endpoint, kind, want) in [
        (APP, &everyone, Gateway, Always),
        (APP, &account, Gateway, Never),
        (root, &account, Gateway, Always),
        (APP, &role, Gateway, Conditional),
        (APP, &account, Interface, Always),
        (APP, &role, Interface, Always),
        (APP, &account, Unclear, Conditional),
    ] {
        assert_eq!(decide(caller, endpoint, kind), want, "{caller} {kind:?}");
    }
    // There are no gateways for other services.
    let layers = Layers {
        endpoint: Some(of(&account)),
        ..with_identity(&allow)
    };
    let queue = "arn:aws:sqs:r:111122223333:q";
    let scene = Scene::of(APP).asks("sqs:SendMessage", queue);
    assert_eq!(scene.decide(&layers).strength, Always);
}

#[test]
fn rule_33_perimeters_let_pass_what_services_do_for_a_caller_by_either_key() {
    let allow = doc(&[ALLOW]);
    let perimeter = doc(&[
        ALLOW,
        &under(
            DENY,
            r#""StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"},
               "BoolIfExists": {"aws:ViaAWSService": "false", "aws:PrincipalIsAWSService": "false"}"#,
        ),
    ]);
    let layers = Layers {
        scps: Guard::Levels(vec![of(&perimeter)]),
        ..with_identity(&allow)
    };
    let decide = |keys: &[(&str, &str)]| {
        let context = Context::new(KeyState::Absent);
        let context = keys
            .iter()
            .fold(context, |c, (key, value)| c.known(key, *value));
        Scene::of(APP).within(context).decide(&layers).strength
    };
    let (via, is) = ("aws:ViaAWSService", "aws:PrincipalIsAWSService");
    assert_eq!(decide(&[(via, "false"), (is, "false")]), Never);
    assert_eq!(decide(&[(via, "true"), (is, "false")]), Always);
    assert_eq!(decide(&[(via, "false"), (is, "true")]), Always);
    let inside = ("aws:SourceVpc", "vpc-1");
    assert_eq!(decide(&[(via, "false"), (is, "false"), inside]), Always);
    // Whoever does not know whether a service sends it knows neither answer.
    let open = Context::new(KeyState::Unknown);
    let decision = Scene::of(APP).within(open).decide(&layers);
    assert_eq!(decision.strength, Conditional);
}

/// What a bucket policy under `condition` gives to a caller of another account with `keys`.
fn granted(condition: &str, keys: &[(&str, &[&str])]) -> Strength {
    let (allow, policy) = (doc(&[ALLOW]), doc(&[&under(ALLOW_ALL, condition)]));
    let layers = Layers {
        resource: on(&policy),
        ..with_identity(&allow)
    };
    let context = Context::new(KeyState::Absent);
    let context = keys.iter().fold(context, |context, (key, values)| {
        context.known_many(key, values.iter().copied())
    });
    Scene::of(EXT).within(context).decide(&layers).strength
}

#[test]
fn rule_34_perimeter_keys_admit_by_organization_account_network_and_source() {
    let path = "o-1/r-1/ou-1/ou-2/";
    for (condition, key, fits, other) in [
        (
            r#""StringEquals": {"aws:PrincipalOrgID": "o-1"}"#,
            "aws:PrincipalOrgID",
            "o-1",
            "o-2",
        ),
        (
            r#""ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/ou-1/*"}"#,
            "aws:PrincipalOrgPaths",
            path,
            "o-1/r-1/ou-3/",
        ),
        (
            r#""StringEquals": {"aws:PrincipalAccount": ["444455556666", "777788889999"]}"#,
            "aws:PrincipalAccount",
            "444455556666",
            OWN,
        ),
        (
            r#""StringEquals": {"aws:ResourceAccount": "111122223333"}"#,
            "aws:ResourceAccount",
            OWN,
            "1",
        ),
        (
            r#""StringEquals": {"aws:ResourceOrgID": "o-1"}"#,
            "aws:ResourceOrgID",
            "o-1",
            "o-2",
        ),
        (
            r#""StringEquals": {"s3:ResourceAccount": "111122223333"}"#,
            "s3:ResourceAccount",
            OWN,
            "1",
        ),
        (
            r#""StringEquals": {"aws:SourceVpc": "vpc-1"}"#,
            "aws:SourceVpc",
            "vpc-1",
            "vpc-2",
        ),
        (
            r#""StringEquals": {"aws:SourceVpce": "vpce-1"}"#,
            "aws:SourceVpce",
            "vpce-1",
            "vpce-2",
        ),
        (
            r#""StringEquals": {"aws:VpceAccount": "1"}"#,
            "aws:VpceAccount",
            "1",
            "2",
        ),
        (
            r#""StringEquals": {"aws:VpceOrgID": "o-1"}"#,
            "aws:VpceOrgID",
            "o-1",
            "o-2",
        ),
        (
            r#""StringEquals": {"aws:SourceAccount": "1"}"#,
            "aws:SourceAccount",
            "1",
            "2",
        ),
        (
            r#""ArnLike": {"aws:SourceArn": "arn:aws:s3:::logs-*"}"#,
            "aws:SourceArn",
            "arn:aws:s3:::logs-a",
            "arn:aws:s3:::other",
        ),
    ] {
        assert_eq!(granted(condition, &[(key, &[fits])]), Always, "{key}");
        assert_eq!(granted(condition, &[(key, &[other])]), Never, "{key}");
        assert_eq!(granted(condition, &[]), Never, "{key}");
    }
}
