//! Decisions with known answers: documented AWS cases, and decisions of Kafka's own authorizer.
//!
//! The cases live beside the checkout; without them the tests say so and pass.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it skipped"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use catchment::capture::Source;
use catchment::capture::json::Node;
use catchment::policy::{
    AclBinding, Authorizer, AuthorizerClass, Caller, Context, Document, Effect, Guard, Host,
    KeyState, Layer, Layers, Request, ResourceKind, ResourcePolicy, decide,
};
use catchment::reach::Strength;

/// IAM cases that are not met, each with the reason. Meeting one is a failure too: take it out.
const IAM_KNOWN_FAILURES: &[(&str, &str)] = &[];

fn cases(name: &str) -> Option<Vec<Node>> {
    let path = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../shared/conformance"
    ));
    let Ok(text) = std::fs::read_to_string(path.join(name)) else {
        eprintln!("skipped: needs ../shared/conformance");
        return None;
    };
    let file = Arc::from(name);
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    Some(
        lines
            .map(|line| Node::parse(&file, line).unwrap())
            .collect(),
    )
}

/// The documents of a list, or the one document.
fn documents(node: Option<&Node>) -> Vec<Document> {
    let Some(node) = node else {
        return Vec::new();
    };
    let items = if node.members().is_empty() {
        node.items()
    } else {
        std::slice::from_ref(node)
    };
    let read = |node| {
        let (document, problems) = Document::parse(node);
        assert_eq!(problems, [], "conformance documents can be read");
        document
    };
    items.iter().map(read).collect()
}

fn levels(node: Option<&Node>) -> Option<Vec<Vec<Document>>> {
    node.map(|node| node.items().iter().map(|l| documents(Some(l))).collect())
}

fn guard(levels: Option<&Vec<Vec<Document>>>) -> Guard<'_> {
    levels.map_or(Guard::None, |levels| {
        Guard::Levels(levels.iter().map(Layer::of).collect())
    })
}

/// The verdict in the words of the cases: `Allowed`, `Conditional`, `ExplicitlyDenied`,
/// `ImplicitlyDenied`.
fn verdict(case: &Node) -> &'static str {
    let request = case.get("request").unwrap();
    let resource = request.get("resource").unwrap();
    let fallback = match case.str("mode") {
        Some("Discovery") => KeyState::Unknown,
        _ => KeyState::Absent,
    };
    let mut context = Context::new(fallback);
    for (key, value) in request.get("context").unwrap().members() {
        context = match value.scalar() {
            Some(text) => context.known(key, text),
            None => context.known_many(key, value.items().iter().filter_map(Node::scalar)),
        };
    }
    let caller = Caller::from_name(request.str("principal").unwrap()).unwrap();
    let identity = documents(case.get("identityPolicies"));
    let session = documents(case.get("sessionPolicy"));
    let boundary = documents(case.get("permissionBoundary"));
    let policy = documents(case.get("resourcePolicy"));
    let endpoint = documents(case.get("vpcEndpointPolicies"));
    let (scps, rcps) = (levels(case.get("scps")), levels(case.get("rcps")));
    let given = |documents: &[Document]| !documents.is_empty();
    let action = request.str("action").unwrap();
    let layers = Layers {
        identity: Layer::of(&identity),
        boundary: given(&boundary).then(|| Layer::of(&boundary)),
        session: given(&session).then(|| Layer::of(&session)),
        scps: guard(scps.as_ref()),
        rcps: guard(rcps.as_ref()),
        resource: policy
            .first()
            .map_or(ResourcePolicy::None, ResourcePolicy::Document),
        resource_kind: match action.split(':').next() {
            Some("kms") => ResourceKind::Key,
            Some("sts") => ResourceKind::Trust,
            _ => ResourceKind::Ordinary,
        },
        endpoint: given(&endpoint).then(|| Layer::of(&endpoint)),
        block_public_access: case
            .get("s3")
            .and_then(|s3| s3.get("blockPublicAccess"))
            .and_then(Node::as_bool)
            .unwrap_or(false)
            .into(),
        ..Layers::default()
    };
    let request = Request {
        caller: &caller,
        action,
        resource: resource.str("arn").unwrap(),
        resource_account: resource.str("accountId"),
        context: &context,
        resource_certain: true,
    };
    let decision = decide(&request, &layers);
    match decision.strength {
        Strength::Always => "Allowed",
        Strength::Conditional | Strength::Gap => "Conditional",
        Strength::Never if decision.evidence.iter().any(|e| e.effect == Effect::Deny) => {
            "ExplicitlyDenied"
        }
        Strength::Never => "ImplicitlyDenied",
    }
}

#[test]
fn iam_decides_as_documented() {
    let Some(cases) = cases("iam/cases.jsonl") else {
        return;
    };
    let known: BTreeMap<&str, &str> = IAM_KNOWN_FAILURES.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut met = 0;
    for case in &cases {
        let (id, want) = (case.str("id").unwrap(), case.str("expect").unwrap());
        let got = verdict(case);
        // What block public access refuses, the documents call neither explicit nor implicit.
        let bpa = case
            .get("s3")
            .is_some_and(|s3| s3.get("blockPublicAccess").is_some());
        let denied = |word: &str| word.ends_with("Denied");
        let right = got == want || (bpa && denied(got) && denied(want));
        met += usize::from(right);
        if right == known.contains_key(id) {
            wrong.push(format!("{id}: want {want}, got {got}"));
        }
    }
    eprintln!("{met} of {} documented IAM cases", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn kafka_decides_as_its_own_authorizer() {
    let Some(cases) = cases("kafka/authorizer.jsonl") else {
        return;
    };
    let at = Source::new("authorizer.jsonl", 1, "");
    let texts =
        |node: &Node| -> Vec<String> { node.items().iter().filter_map(Node::scalar).collect() };
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in cases.iter().filter(|case| case.get("want").is_some()) {
        let acls = case.list("acls").iter().map(|acl| {
            let acl = texts(acl);
            AclBinding {
                resource_type: acl[0].parse().unwrap(),
                name: acl[1].clone(),
                pattern_type: acl[2].parse().unwrap(),
                principal: acl[3].clone(),
                host: acl[4].clone(),
                operation: acl[5].parse().unwrap(),
                permission: acl[6].parse().unwrap(),
                source: at.clone(),
            }
        });
        let authorizer = Authorizer {
            class: AuthorizerClass::Standard,
            super_users: texts(case.get("super").unwrap())
                .into_iter()
                .map(|user| (user, at.clone()))
                .collect(),
            allow_everyone_if_no_acl: case
                .get("allow_everyone")
                .unwrap()
                .as_bool()
                .unwrap()
                .into(),
            acls: acls.collect(),
            acls_unread: None,
        };
        let ask = texts(case.get("req").unwrap());
        let decision = authorizer.authorize(
            &ask[3],
            Host::Address(&ask[4]),
            &ask[2].parse().unwrap(),
            &ask[0].parse().unwrap(),
            &ask[1],
        );
        count += 1;
        let want = case.str("want") == Some("ALLOWED");
        let right = match decision.strength {
            Strength::Always => want,
            Strength::Never => !want,
            Strength::Gap | Strength::Conditional => false,
        };
        if !right {
            wrong.push(format!("{case:?}: {decision:?}"));
        }
    }
    eprintln!("{count} decisions of Kafka's authorizer");
    assert!(
        wrong.is_empty(),
        "{} wrong, first {}",
        wrong.len(),
        wrong[0]
    );
}
