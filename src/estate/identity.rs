//! Users, roles and their policies, from the account authorization details.
//!
//! Must never: drop an attachment whose document is missing; it is held, unread.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::Arc;

use super::build::{Builder, captured, is_account, tags, text};
use super::{Identity, IdentityKind, Origin, Outcome, PolicyHold, Seen, Severity, managed};
use crate::capture::Answer;
use crate::capture::json::Node;
use crate::names::Arn;
use crate::policy::Document;

type Documents = BTreeMap<String, Seen<Arc<Document>>>;

/// Reads every account's identities and instance profiles.
pub(super) fn read(builder: &mut Builder<'_>) {
    let answers = builder.answers("iam:GetAccountAuthorizationDetails");
    let documents: Vec<Documents> = answers
        .iter()
        .map(|a| managed_documents(builder, a))
        .collect();
    for (at, answer) in answers.iter().enumerate() {
        let complete = answer.outcome == Outcome::Ok;
        if !answer.account.is_empty() {
            let account = builder
                .estate
                .accounts
                .entry(answer.account.clone())
                .or_default();
            account.id.clone_from(&answer.account);
            account.identities_read = complete;
        }
        // The account's own copy of a policy first, then any other account's of AWS's.
        let mut known = documents[at].clone();
        for other in &documents {
            for (arn, document) in other
                .iter()
                .filter(|(arn, _)| arn.contains(":iam::aws:policy/"))
            {
                known.entry(arn.clone()).or_insert_with(|| document.clone());
            }
        }
        details(builder, answer, &known);
        profiles(builder, answer);
    }
    for answer in builder.answers("iam:ListInstanceProfiles") {
        for profile in answer.body.list("InstanceProfiles") {
            instance_profile(builder, profile, None);
        }
    }
}

fn managed_documents(builder: &mut Builder<'_>, answer: &Answer) -> Documents {
    let mut documents = Documents::new();
    for policy in answer.body.list("Policies") {
        let Some(arn) = text(policy, "Arn") else {
            continue;
        };
        let default = policy.str("DefaultVersionId");
        let version = policy.list("PolicyVersionList").iter().find(|v| {
            v.get("IsDefaultVersion").and_then(Node::as_bool) == Some(true)
                || (default.is_some() && v.str("VersionId") == default)
        });
        let document = version.and_then(|v| v.get("Document"));
        let missing = || format!("iam policy {arn}");
        let document = builder.seen_document(document, missing);
        documents.entry(arn).or_insert(document);
    }
    documents
}

fn details<'c>(builder: &mut Builder<'c>, answer: &'c Answer, known: &Documents) {
    let body = &answer.body;
    let mut groups: BTreeMap<&str, Vec<PolicyHold>> = BTreeMap::new();
    for group in body.list("GroupDetailList") {
        let Some(name) = group.str("GroupName") else {
            continue;
        };
        let how = format!("group {name}");
        let mut holds = inline(builder, group, "GroupPolicyList", &how, name);
        holds.extend(attached(group, &format!("{how}, managed"), known));
        groups.entry(name).or_insert(holds);
    }
    for user in body.list("UserDetailList") {
        let name = user.str("UserName").unwrap_or_default();
        let mut policies = inline(builder, user, "UserPolicyList", "inline", name);
        policies.extend(attached(user, "managed", known));
        for group in user.list("GroupList").iter().filter_map(Node::as_str) {
            match groups.get(group) {
                Some(holds) => policies.extend(holds.iter().cloned()),
                None => policies.push(PolicyHold {
                    name: format!("policies of group {group}"),
                    how: format!("group {group}"),
                    document: Seen::Unread(Arc::from(format!(
                        "iam group {group} (account {})",
                        answer.account
                    ))),
                }),
            }
        }
        identity(
            builder,
            answer,
            user,
            IdentityKind::User,
            policies,
            Seen::Absent,
            known,
        );
    }
    for role in body.list("RoleDetailList") {
        let name = role.str("RoleName").unwrap_or_default();
        let mut policies = inline(builder, role, "RolePolicyList", "inline", name);
        policies.extend(attached(role, "managed", known));
        let missing = || format!("trust policy of role {name} (account {})", answer.account);
        let trust = builder.seen_document(role.get("AssumeRolePolicyDocument"), missing);
        identity(
            builder,
            answer,
            role,
            IdentityKind::Role,
            policies,
            trust,
            known,
        );
    }
}

fn inline(
    builder: &mut Builder<'_>,
    holder: &Node,
    list: &str,
    how: &str,
    holder_name: &str,
) -> Vec<PolicyHold> {
    let mut holds = Vec::new();
    for policy in holder.list(list) {
        let name = policy.str("PolicyName").unwrap_or("(unnamed)").to_owned();
        let missing = || format!("inline policy {name} of {holder_name}");
        let document = builder.seen_document(policy.get("PolicyDocument"), missing);
        holds.push(PolicyHold {
            name,
            how: how.to_owned(),
            document,
        });
    }
    holds
}

fn attached(holder: &Node, how: &str, known: &Documents) -> Vec<PolicyHold> {
    let arns = holder
        .list("AttachedManagedPolicies")
        .iter()
        .filter_map(|p| p.str("PolicyArn"));
    arns.map(|arn| PolicyHold {
        name: arn.to_owned(),
        how: how.to_owned(),
        document: managed_document(arn, known),
    })
    .collect()
}

/// The capture's document, else the one that is shipped, else none.
fn managed_document(arn: &str, known: &Documents) -> Seen<Arc<Document>> {
    match known.get(arn) {
        Some(Seen::Is(document)) => Seen::Is(document.clone()),
        Some(Seen::Absent | Seen::Unread(_)) | None => managed::document(arn).map_or_else(
            || Seen::Unread(Arc::from(format!("iam policy {arn}"))),
            Seen::Is,
        ),
    }
}

fn identity<'c>(
    builder: &mut Builder<'c>,
    answer: &'c Answer,
    node: &'c Node,
    kind: IdentityKind,
    policies: Vec<PolicyHold>,
    trust: Seen<Arc<Document>>,
    known: &Documents,
) {
    let Some(arn) = text(node, "Arn") else {
        builder.note(
            "malformed-answer",
            Severity::Error,
            "a user or role without an `Arn` was left out",
            Some(node.source.clone()),
        );
        return;
    };
    let own = Arn::from_str(&arn)
        .ok()
        .map(|a| a.account().to_owned())
        .filter(|a| is_account(a));
    let boundary = node
        .get("PermissionsBoundary")
        .and_then(|b| b.str("PermissionsBoundaryArn"));
    let boundary = match (boundary, node.get("PermissionsBoundary")) {
        (Some(arn), _) => Seen::Is(PolicyHold {
            name: arn.to_owned(),
            how: "permissions boundary".to_owned(),
            document: managed_document(arn, known),
        }),
        (None, Some(b)) if !b.members().is_empty() => {
            Seen::Unread(Arc::from(format!("permissions boundary of {arn}")))
        }
        (None, _) => Seen::Absent,
    };
    let identity = Identity {
        account: own.unwrap_or_else(|| answer.account.clone()),
        kind,
        policies,
        boundary,
        trust,
        tags: tags(node, "Tags"),
        origin: captured(node),
        arn: arn.clone(),
    };
    if builder.is_first(&arn, node) {
        builder.estate.identities.insert(arn, identity);
    }
}

fn profiles(builder: &mut Builder<'_>, answer: &Answer) {
    for role in answer.body.list("RoleDetailList") {
        for profile in role.list("InstanceProfileList") {
            instance_profile(builder, profile, role.str("Arn").map(|arn| (arn, role)));
        }
    }
}

fn instance_profile(builder: &mut Builder<'_>, profile: &Node, holder: Option<(&str, &Node)>) {
    let Some(arn) = text(profile, "Arn") else {
        return;
    };
    let role = profile
        .list("Roles")
        .first()
        .and_then(|role| Some((role.str("Arn")?, role)));
    let role = role
        .or(holder)
        .map(|(arn, node)| (arn.to_owned(), node.source.clone()));
    let known = builder.profiles.entry(arn).or_insert(None);
    if known.is_none() {
        *known = role;
    }
}

/// Adds the root user of an account.
pub(super) fn root(builder: &mut Builder<'_>, account: &str) {
    let theirs = builder
        .estate
        .identities
        .values()
        .find(|i| i.account == account);
    let partition = theirs
        .or_else(|| builder.estate.identities.values().next())
        .and_then(|i| Arn::from_str(&i.arn).ok())
        .map_or_else(|| "aws".to_owned(), |arn| arn.partition().to_owned());
    let arn = format!("arn:{partition}:iam::{account}:root");
    let root = Identity {
        arn: arn.clone(),
        account: account.to_owned(),
        kind: IdentityKind::Root,
        policies: Vec::new(),
        boundary: Seen::Absent,
        trust: Seen::Absent,
        tags: BTreeMap::new(),
        origin: Origin::Inferred {
            why: format!("account {account} has a root user, as every account"),
            from: Vec::new(),
        },
    };
    builder.estate.identities.entry(arn).or_insert(root);
}
