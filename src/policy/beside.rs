//! Tests of what allows beside the policies: grants of KMS keys, sharing of snapshots.

use super::scene::*;
use super::*;
use crate::capture::Source;
use crate::reach::Strength::{self, Always, Conditional, Never};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/k";
const SNAPSHOT: &str = "arn:aws:ec2:eu-west-1::snapshot/snap-1";

fn source() -> Source {
    Source::new("grants.json", 1, "")
}

fn grant(kind: &str, grantee: &str, operation: &str, conditions: Vec<Test>) -> Document {
    let principals = vec![PrincipalName::read(kind, grantee)];
    let actions = [format!("kms:{operation}")];
    let statement = Statement::allow(principals, actions, conditions, source());
    Document::of(vec![statement], source())
}

fn decrypt(caller: &str, layers: &Layers<'_>) -> Decision {
    let mut scene = Scene::of(caller).asks("kms:Decrypt", KEY);
    scene.context = Context::new(KeyState::Absent)
        .known("kms:EncryptionContext:aws:s3:arn", "arn:aws:s3:::events");
    scene.decide(layers)
}

/// A key whose policy grants nothing to anybody here.
fn key<'a>(policy: &'a Document, grants: &'a Document) -> Layers<'a> {
    Layers {
        resource: on(policy),
        resource_kind: ResourceKind::Key,
        beside: Beside::KeyGrants(grants),
        ..Layers::default()
    }
}

#[test]
fn rule_27_a_grant_allows_its_grantee_its_operations_without_any_policy() {
    let policy = doc(&[OTHER]);
    let named = grant("AWS", APP, "Decrypt", Vec::new());
    let decision = decrypt(APP, &key(&policy, &named));
    assert_eq!(decision.strength, Always);
    let evidence: Vec<_> = decision.evidence.iter().map(|e| e.layer).collect();
    assert_eq!(evidence, [LayerKind::Grant]);
    assert_eq!(decrypt(ALICE, &key(&policy, &named)).strength, Never);
    let other = grant("AWS", APP, "Encrypt", Vec::new());
    assert_eq!(decrypt(APP, &key(&policy, &other)).strength, Never);
    // A session that the grant names is one that the role may choose to be.
    let session = "arn:aws:sts::111122223333:assumed-role/app/job";
    let session = grant("AWS", session, "Decrypt", Vec::new());
    assert_eq!(decrypt(APP, &key(&policy, &session)).strength, Always);
}

#[test]
fn rule_27_a_deny_beats_a_grant() {
    let named = grant("AWS", APP, "Decrypt", Vec::new());
    let (open, shut) = (doc(&[OTHER]), doc(&[OTHER, DENY_ALL]));
    assert_eq!(decrypt(APP, &key(&shut, &named)).strength, Never);
    let (allow, deny) = (doc(&[ALLOW]), doc(&[ALLOW, DENY]));
    let denied = Layers {
        scps: Guard::Levels(vec![of(&deny)]),
        ..key(&open, &named)
    };
    assert_eq!(decrypt(APP, &denied).strength, Never);
    let filtered = Layers {
        scps: Guard::Levels(vec![of(&allow)]),
        identity: of(&deny),
        ..key(&open, &named)
    };
    assert_eq!(decrypt(APP, &filtered).strength, Never);
}

#[test]
fn rule_27_the_constraint_of_a_grant_is_about_the_encryption_context() {
    let policy = doc(&[OTHER]);
    let constraint = |bucket: &str| {
        let key = "kms:EncryptionContext:AWS:S3:arn";
        let arn = format!("arn:aws:s3:::{bucket}");
        vec![Test::of("StringEquals", key, [arn.as_str()], &source())]
    };
    let fits = grant("AWS", APP, "Decrypt", constraint("events"));
    assert_eq!(decrypt(APP, &key(&policy, &fits)).strength, Always);
    let other = grant("AWS", APP, "Decrypt", constraint("Events"));
    assert_eq!(decrypt(APP, &key(&policy, &other)).strength, Never);
}

#[test]
fn rule_27_a_grant_to_an_account_delegates_and_one_to_a_service_does_not() {
    let policy = doc(&[OTHER]);
    let account = grant("AWS", OWN, "Decrypt", Vec::new());
    assert_eq!(decrypt(APP, &key(&policy, &account)).strength, Never);
    let allow = doc(&[ALLOW]);
    let layers = Layers {
        identity: of(&allow),
        ..key(&policy, &account)
    };
    assert_eq!(decrypt(APP, &layers).strength, Always);
    let service = grant("Service", "rds.amazonaws.com", "Decrypt", Vec::new());
    let layers = key(&policy, &service);
    assert_eq!(decrypt("rds.amazonaws.com", &layers).strength, Always);
    assert_eq!(decrypt("ec2.amazonaws.com", &layers).strength, Never);
}

#[test]
fn rule_27_what_no_document_settles_about_grants_is_a_doubt() {
    let policy = doc(&[OTHER]);
    // Whether the other account must allow it too.
    let foreign = grant("AWS", EXT, "Decrypt", Vec::new());
    assert_eq!(decrypt(EXT, &key(&policy, &foreign)).strength, Conditional);
    let allow = doc(&[ALLOW]);
    let layers = Layers {
        identity: of(&allow),
        ..key(&policy, &foreign)
    };
    assert_eq!(decrypt(EXT, &layers).strength, Always);
    // Whether a boundary that does not allow it limits it.
    let own = grant("AWS", APP, "Decrypt", Vec::new());
    let (narrow, wide) = (doc(&[OTHER]), doc(&[ALLOW]));
    for (boundary, strength) in [(&narrow, Conditional), (&wide, Always)] {
        let layers = Layers {
            boundary: Some(of(boundary)),
            ..key(&policy, &own)
        };
        assert_eq!(decrypt(APP, &layers).strength, strength);
    }
}

#[test]
fn a_grant_that_the_caller_makes_lifts_no_deny() {
    let opened = |policy| Layers {
        beside: Beside::Opened,
        ..key(policy, policy)
    };
    let (open, shut) = (doc(&[OTHER]), doc(&[OTHER, DENY_ALL]));
    assert_eq!(decrypt(APP, &opened(&open)).strength, Always);
    assert_eq!(decrypt(APP, &opened(&shut)).strength, Never);
}

#[test]
fn a_shared_snapshot_needs_the_other_accounts_own_policies_too() {
    let shared = |principal| {
        let actions = ["ebs:GetSnapshotBlock".to_owned()];
        let statement = Statement::allow(vec![principal], actions, Vec::new(), source());
        Document::of(vec![statement], source())
    };
    let one = shared(PrincipalName::Account("444455556666".to_owned()));
    let everyone = shared(PrincipalName::Everyone);
    let allow = doc(&[ALLOW]);
    let ask = |caller: &str, sharing, identity: bool| -> Strength {
        let layers = Layers {
            beside: Beside::Sharing(sharing),
            identity: if identity {
                of(&allow)
            } else {
                Layer::default()
            },
            ..Layers::default()
        };
        let scene = Scene::of(caller).asks("ebs:GetSnapshotBlock", SNAPSHOT);
        scene.decide(&layers).strength
    };
    assert_eq!(ask(EXT, &one, true), Always);
    assert_eq!(ask(EXT, &one, false), Never);
    assert_eq!(ask("777788889999", &one, false), Never);
    // Inside the account sharing adds nothing; without credentials nobody reads.
    assert_eq!(ask(APP, &everyone, false), Never);
    assert_eq!(ask("anonymous", &everyone, false), Never);
    assert_eq!(ask(EXT, &everyone, true), Always);
    // The administrator of an account that was not read: its own side is assumed.
    assert_eq!(ask("444455556666", &one, false), Conditional);
}

#[test]
fn a_network_origin_holds_whatever_the_policy_says() {
    let outside = Test::of("StringNotEquals", "aws:SourceVpc", ["vpc-1"], &source());
    let origin = Document::of(
        vec![Statement::deny_everyone(vec![outside], source())],
        source(),
    );
    let allow = doc(&[ALLOW]);
    let layers = Layers {
        identity: of(&allow),
        resource: ResourcePolicy::Edited,
        fixed: Some(&origin),
        ..Layers::default()
    };
    let from = |vpc: &str| {
        let context = Context::new(KeyState::Absent).known("aws:SourceVpc", vpc);
        Scene::of(APP).within(context).decide(&layers).strength
    };
    assert_eq!(from("vpc-1"), Always);
    assert_eq!(from("vpc-2"), Never);
    assert_eq!(Scene::of(APP).decide(&layers).strength, Never);
}
