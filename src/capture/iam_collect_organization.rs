//! The organization in the folders of iam-collect: `metadata.json`, `accounts.json`, `ous.json`,
//! `scps/ID/` and `rcps/ID/`.
//!
//! The collector writes them only when it could read the whole tree, so each list in them is one.
//!
//! Must never: take a policy without its document for an empty one.

use std::collections::BTreeMap;

use super::Outcome;
use super::iam_collect::{array, draft, object, string};
use super::json::{Node, Value};
use super::recognise::Draft;

type Parts = BTreeMap<Vec<String>, BTreeMap<String, Node>>;

/// Kinds of policy: the folder, the member of a target, and AWS's name.
const KINDS: [(&str, &str, &str); 2] = [
    ("scps", "scps", "SERVICE_CONTROL_POLICY"),
    ("rcps", "rcps", "RESOURCE_CONTROL_POLICY"),
];

/// Adds the answers that the files of one organization stand for.
pub(crate) fn read(drafts: &mut Vec<Draft>, parts: &Parts) {
    let empty = BTreeMap::new();
    let top = parts.get(&Vec::new()).unwrap_or(&empty);
    let mut add = |call: &str, resource: &str, body: Node| {
        drafts.push(draft(call, "", "", resource, body, Outcome::Ok));
    };
    if let Some(node) = top.get("metadata") {
        let copy = |from: &str, to: &'static str| node.get(from).map(|n| (to, n.clone()));
        let members = [
            copy("id", "Id"),
            copy("arn", "Arn"),
            copy("rootAccountId", "MasterAccountId"),
        ];
        let members = members.into_iter().flatten().collect();
        let organization = object(&node.source, members);
        let body = object(&node.source, vec![("Organization", organization)]);
        add("organizations:DescribeOrganization", "", body);
        if let Some(root) = node.get("rootOu") {
            let mut members = vec![("Id", root.clone())];
            members.extend(node.get("features").map(|f| ("PolicyTypes", types(f))));
            let root = object(&root.source, members);
            let roots = array(&node.source, vec![root]);
            let body = object(&node.source, vec![("Roots", roots)]);
            add("organizations:ListRoots", "", body);
        }
    }
    if let Some(accounts) = top.get("accounts") {
        let ids = accounts
            .members()
            .iter()
            .map(|(id, node)| object(&node.source, vec![("Id", string(node, id))]));
        let list = array(&accounts.source, ids.collect());
        let body = object(&accounts.source, vec![("Accounts", list)]);
        add("organizations:ListAccounts", "", body);
        for (id, node) in accounts.members() {
            target(&mut add, id, node, "ou");
        }
    }
    for (id, node) in top.get("ous").map_or(&[][..], Node::members) {
        target(&mut add, id, node, "parent");
    }
    for (folder, _, kind) in KINDS {
        let policies = parts
            .iter()
            .filter(|(at, _)| at.len() == 2 && at[0] == folder);
        for (_, files) in policies {
            policy(&mut add, files, kind);
        }
    }
}

/// Policy types by whether they are in force, as the root lists them.
fn types(features: &Node) -> Node {
    let on = features
        .members()
        .iter()
        .filter(|(_, node)| node.as_bool() == Some(true));
    let types = on.map(|(name, node)| {
        object(
            &node.source,
            vec![
                ("Type", string(node, name)),
                ("Status", string(node, "ENABLED")),
            ],
        )
    });
    array(&features.source, types.collect())
}

/// The parent of an account or unit, and the policies attached to it.
fn target(add: &mut impl FnMut(&str, &str, Node), id: &str, node: &Node, above: &str) {
    if let Some(parent) = node.get(above).filter(|p| p.as_str().is_some()) {
        let parent = object(&parent.source, vec![("Id", parent.clone())]);
        let parents = array(&node.source, vec![parent]);
        let body = object(&node.source, vec![("Parents", parents)]);
        add("organizations:ListParents", id, body);
    }
    for (_, member, kind) in KINDS {
        let Some(attached) = node
            .get(member)
            .filter(|n| matches!(n.value, Value::Array(_)))
        else {
            continue;
        };
        let policies = attached.items().iter().map(|arn| {
            let id = arn.as_str().and_then(|a| a.rsplit('/').next());
            let id = string(arn, id.unwrap_or_default());
            let kind = string(arn, kind);
            object(
                &arn.source,
                vec![("Id", id), ("Arn", arn.clone()), ("Type", kind)],
            )
        });
        let list = array(&attached.source, policies.collect());
        let body = object(&attached.source, vec![("Policies", list)]);
        let resource = format!("{id}/{kind}");
        add("organizations:ListPoliciesForTarget", &resource, body);
    }
}

/// A policy and its document.
fn policy(add: &mut impl FnMut(&str, &str, Node), files: &BTreeMap<String, Node>, kind: &str) {
    let (Some(metadata), Some(document)) = (files.get("metadata"), files.get("policy")) else {
        return;
    };
    let Some(arn) = metadata.get("arn").filter(|a| a.as_str().is_some()) else {
        return;
    };
    // The folder's name is in lower case; the ARN has the true id.
    let id = arn.as_str().and_then(|a| a.rsplit('/').next());
    let id = id.unwrap_or_default();
    let mut summary = vec![
        ("Id", string(arn, id)),
        ("Arn", arn.clone()),
        ("Type", string(arn, kind)),
    ];
    summary.extend(metadata.get("name").map(|n| ("Name", n.clone())));
    let summary = object(&metadata.source, summary);
    let members = vec![("PolicySummary", summary), ("Content", document.clone())];
    let policy = object(&document.source, members);
    let body = object(&document.source, vec![("Policy", policy)]);
    add("organizations:DescribePolicy", id, body);
}
