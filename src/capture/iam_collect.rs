//! The folders of iam-collect: `aws/PARTITION/accounts/ID/SERVICE/[REGION/][TYPE/]NAME/KIND.json`
//! and `aws/PARTITION/organizations/ID/...`. They are turned into the answers that they were made
//! from, so that every importer reads them.
//!
//! Source: iam-collect's documentation, "Storage Layout Explained". Parts of paths are in lower
//! case; true names stand in `metadata.json`. Empty kinds are not written, and neither is what was
//! refused. Users, roles and groups come from one call, so a kind that is missing beside their
//! metadata is empty; a policy of a resource comes from a call of its own, and is unknown when it
//! is missing. Only default versions of policies are kept. Lists hold the regions that were
//! configured, and so are never complete.
//!
//! Must never: take a missing file for an answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::json::{Node, Value};
use super::place::is_region;
use super::recognise::{Draft, is_account};
use super::{Capture, Outcome, Severity, Source, redact_answer};

/// The kinds of one resource, by name: `metadata`, `policy`, `trust-policy`.
type Kinds = BTreeMap<String, Node>;

/// What the path of a file says.
struct Place<'p> {
    /// The account, or the organization.
    owner: &'p str,
    organization: bool,
    /// Folders between the owner and the file.
    folders: Vec<&'p str>,
    /// Name of the file without `.json`.
    kind: &'p str,
}

fn place(path: &str) -> Option<Place<'_>> {
    let parts: Vec<&str> = path.split('/').collect();
    let start = parts.windows(3).position(|w| {
        w[0] == "aws"
            && ["aws", "aws-cn", "aws-us-gov"].contains(&w[1])
            && ["accounts", "organizations", "indexes"].contains(&w[2])
    })?;
    let rest = &parts[start + 2..];
    let kind = rest.last()?.strip_suffix(".json")?;
    let organization = rest[0] != "accounts";
    let owner = *rest.get(1)?;
    // Indexes repeat what the other files say.
    let index = rest[0] == "indexes";
    (index || organization || is_account(owner)).then(|| Place {
        owner: if index { "" } else { owner },
        organization,
        folders: rest.get(2..rest.len() - 1).unwrap_or_default().to_vec(),
        kind,
    })
}

/// Takes the files of this layout out of `files` and adds the answers that they stand for.
pub(crate) fn take(
    capture: &mut Capture,
    drafts: &mut Vec<Draft>,
    files: &mut BTreeMap<String, String>,
) {
    let mut resources: BTreeMap<(bool, String, Vec<String>), Kinds> = BTreeMap::new();
    let mut broken: Vec<String> = Vec::new();
    files.retain(|path, text| {
        let Some(place) = place(path) else {
            return true;
        };
        if place.owner.is_empty() {
            return false;
        }
        let file: Arc<str> = Arc::from(path.as_str());
        match Node::parse(&file, text) {
            Ok(mut node) => {
                for found in redact_answer::json(&mut node) {
                    capture.note(found.code, Severity::Finding, found.message, found.source);
                }
                let folders = place.folders.iter().map(|f| (*f).to_owned()).collect();
                resources
                    .entry((place.organization, place.owner.to_owned(), folders))
                    .or_default()
                    .insert(place.kind.to_owned(), node);
            }
            Err(error) => {
                let message = format!("{error}; the file was left out");
                capture.note("malformed-json", Severity::Error, message, error.source_at);
                broken.push(place.owner.to_owned());
            }
        }
        false
    });
    let mut accounts: BTreeMap<String, Account> = BTreeMap::new();
    let mut organizations: BTreeMap<String, BTreeMap<Vec<String>, Kinds>> = BTreeMap::new();
    for ((organization, owner, folders), kinds) in resources {
        if organization {
            organizations
                .entry(owner)
                .or_default()
                .insert(folders, kinds);
        } else {
            let account = accounts.entry(owner.clone()).or_default();
            account.broken |= broken.contains(&owner);
            resource(capture, drafts, account, &owner, &folders, &kinds);
        }
    }
    for (id, account) in accounts {
        account.finish(drafts, &id);
    }
    for parts in organizations.into_values() {
        super::iam_collect_organization::read(drafts, &parts);
    }
}

/// Lists of an account that are put together from many files.
#[derive(Default)]
struct Account {
    users: Vec<Node>,
    roles: Vec<Node>,
    groups: Vec<Node>,
    policies: Vec<Node>,
    /// Lists of regions: by call, list and region.
    lists: BTreeMap<(&'static str, &'static str, String), Vec<Node>>,
    /// Whether some file of the account cannot be read.
    broken: bool,
}

impl Account {
    fn finish(self, drafts: &mut Vec<Draft>, id: &str) {
        let lists = [
            ("UserDetailList", self.users),
            ("RoleDetailList", self.roles),
            ("GroupDetailList", self.groups),
            ("Policies", self.policies),
        ];
        if let Some(source) = lists
            .iter()
            .find_map(|(_, l)| l.first())
            .map(|n| n.source.clone())
        {
            // Older versions kept no users, and an empty list leaves no file.
            let whole = !lists[0].1.is_empty() && !lists[1].1.is_empty() && !self.broken;
            let members = lists
                .into_iter()
                .map(|(name, items)| (name, array(&source, items)))
                .collect();
            let outcome = if whole {
                Outcome::Ok
            } else {
                Outcome::Truncated
            };
            let call = "iam:GetAccountAuthorizationDetails";
            drafts.push(draft(call, id, "", "", object(&source, members), outcome));
        }
        for ((call, list, region), items) in self.lists {
            let Some(source) = items.first().map(|n| n.source.clone()) else {
                continue;
            };
            let body = object(&source, vec![(list, array(&source, items))]);
            // Only the regions that were configured, and only what was not refused.
            drafts.push(draft(call, id, &region, "", body, Outcome::Truncated));
        }
    }
}

/// One resource folder, or the files that lie directly in the account's folder.
fn resource(
    capture: &mut Capture,
    drafts: &mut Vec<Draft>,
    account: &mut Account,
    id: &str,
    folders: &[String],
    kinds: &Kinds,
) {
    let Some(service) = folders.first() else {
        if let Some(block) = kinds.get("s3-bpa") {
            let call = "s3control:GetPublicAccessBlock";
            let body = object(
                &block.source,
                vec![("PublicAccessBlockConfiguration", block.clone())],
            );
            drafts.push(draft(call, id, "", "", body, Outcome::Ok));
        }
        return;
    };
    let region = folders.iter().find(|f| is_region(f)).cloned();
    let region = region.unwrap_or_default();
    let types: Vec<&str> = folders[1..folders.len() - usize::from(folders.len() > 1)]
        .iter()
        .map(String::as_str)
        .filter(|f| !is_region(f))
        .collect();
    let metadata = kinds.get("metadata");
    let arn = metadata.and_then(|m| m.str("arn")).map(str::to_owned);
    let known = folders.len() > 1
        && matches!(
            (service.as_str(), types.as_slice()),
            (
                "iam",
                ["user" | "role" | "group" | "policy"] | ["aws", "policy"]
            ) | ("s3", [])
                | ("kms", ["key"])
                | ("secretsmanager", ["secret"])
                | ("elasticfilesystem", ["file-system"])
                | ("kafka", ["cluster"])
        );
    if !known {
        let name = [&[service.as_str()], types.as_slice()].concat().join("/");
        *capture
            .unused
            .entry(format!("iam-collect {name}"))
            .or_default() += 1;
        return;
    }
    let (Some(metadata), Some(arn)) = (metadata, arn) else {
        account.broken = true;
        if let Some(node) = kinds.values().next() {
            capture.note(
                "iam-collect-without-metadata",
                Severity::Warning,
                "the folder has no `metadata.json` with the true name: what it says is about nothing known",
                node.source.clone(),
            );
        }
        return;
    };
    let mut add = |call: &str, region: &str, resource: &str, members: Vec<(&str, Node)>| {
        let source = members.first().map_or(&metadata.source, |(_, n)| &n.source);
        let body = object(source, members.clone());
        drafts.push(draft(call, id, region, resource, body, Outcome::Ok));
    };
    let policy = kinds.get("policy").cloned();
    match service.as_str() {
        "iam" => identity(
            account,
            types.last().copied().unwrap_or_default(),
            metadata,
            kinds,
        ),
        "s3" => {
            let name = metadata.str("name").unwrap_or_default();
            let name = if name.is_empty() {
                arn.rsplit(':').next().unwrap_or_default()
            } else {
                name
            };
            let mut item = vec![("Name", string(metadata, name))];
            item.extend(metadata.get("region").map(|r| ("BucketRegion", r.clone())));
            let item = object(&metadata.source, item);
            let list = ("s3:ListBuckets", "Buckets", String::new());
            account.lists.entry(list).or_default().push(item);
            for (kind, call, field) in [
                ("policy", "s3:GetBucketPolicy", "Policy"),
                (
                    "bpa",
                    "s3:GetPublicAccessBlock",
                    "PublicAccessBlockConfiguration",
                ),
            ] {
                if let Some(node) = kinds.get(kind) {
                    add(call, "", name, vec![(field, node.clone())]);
                }
            }
            if let Some(rules) = kinds.get("encryption") {
                let rules = object(&rules.source, vec![("Rules", rules.clone())]);
                let call = "s3:GetBucketEncryption";
                add(
                    call,
                    "",
                    name,
                    vec![("ServerSideEncryptionConfiguration", rules)],
                );
            }
        }
        "kms" => {
            let mut item = vec![("KeyArn", string(metadata, &arn))];
            item.extend(metadata.get("id").map(|i| ("KeyId", i.clone())));
            let list = ("kms:ListKeys", "Keys", region.clone());
            let item = object(&metadata.source, item);
            account.lists.entry(list).or_default().push(item);
            if let Some(policy) = policy {
                add("kms:GetKeyPolicy", &region, &arn, vec![("Policy", policy)]);
            }
        }
        "secretsmanager" => {
            let mut item = vec![("ARN", string(metadata, &arn))];
            item.extend(metadata.get("name").map(|n| ("Name", n.clone())));
            item.extend(metadata.get("kmsKey").map(|k| ("KmsKeyId", k.clone())));
            item.extend(kinds.get("tags").map(|t| ("Tags", tags(t))));
            if let Some(policy) = policy {
                let mut members = vec![("ARN", string(metadata, &arn))];
                members.extend(metadata.get("name").map(|n| ("Name", n.clone())));
                members.push(("ResourcePolicy", policy));
                add("secretsmanager:GetResourcePolicy", &region, &arn, members);
            }
            let list = ("secretsmanager:ListSecrets", "SecretList", region.clone());
            let item = object(&metadata.source, item);
            account.lists.entry(list).or_default().push(item);
        }
        "elasticfilesystem" => {
            let fs = arn.rsplit('/').next().unwrap_or_default();
            let mut item = vec![
                ("FileSystemId", string(metadata, fs)),
                ("FileSystemArn", string(metadata, &arn)),
                ("OwnerId", string(metadata, id)),
            ];
            item.extend(metadata.get("name").map(|n| ("Name", n.clone())));
            item.extend(metadata.get("key").map(|k| ("KmsKeyId", k.clone())));
            item.extend(metadata.get("encrypted").map(|e| ("Encrypted", e.clone())));
            item.extend(kinds.get("tags").map(|t| ("Tags", tags(t))));
            if let Some(policy) = policy {
                let members = vec![("FileSystemId", string(metadata, fs)), ("Policy", policy)];
                add("efs:DescribeFileSystemPolicy", &region, fs, members);
            }
            let list = ("efs:DescribeFileSystems", "FileSystems", region.clone());
            let item = object(&metadata.source, item);
            account.lists.entry(list).or_default().push(item);
        }
        _ => {
            // How the cluster admits clients is not collected, so it is not described here.
            capture.note(
                "cluster-without-description",
                Severity::Warning,
                "iam-collect keeps of an MSK cluster its name and policy alone: add `aws kafka list-clusters-v2` for the rest",
                metadata.source.clone(),
            );
            if let Some(policy) = policy {
                let call = "kafka:GetClusterPolicy";
                add(call, &region, &arn, vec![("Policy", policy)]);
            }
        }
    }
}

/// A user, role, group or policy as the account authorization details have it.
fn identity(account: &mut Account, what: &str, metadata: &Node, kinds: &Kinds) {
    let member = |name: &str| metadata.get(name).cloned();
    let mut item: Vec<(&str, Node)> = Vec::new();
    item.extend(member("arn").map(|arn| ("Arn", arn)));
    item.extend(kinds.get("tags").map(|t| ("Tags", tags(t))));
    if what == "policy" {
        let version = || member("defaultVersionId");
        item.extend(version().map(|v| ("DefaultVersionId", v)));
        if let Some(document) = kinds.get("current-policy") {
            let source = &document.source;
            let mut current = vec![("Document", document.clone())];
            current.extend(version().map(|v| ("VersionId", v)));
            let yes = Node {
                source: source.clone(),
                value: Value::Bool(true),
            };
            current.push(("IsDefaultVersion", yes));
            let versions = array(source, vec![object(source, current)]);
            item.push(("PolicyVersionList", versions));
        }
        account.policies.push(object(&metadata.source, item));
        return;
    }
    if let Some(attached) = kinds.get("managed-policies") {
        let arns = attached.items().iter();
        let arns = arns.map(|arn| object(&arn.source, vec![("PolicyArn", arn.clone())]));
        let list = array(&attached.source, arns.collect());
        item.push(("AttachedManagedPolicies", list));
    }
    if let Some(boundary) = member("permissionBoundary").filter(|b| b.as_str().is_some()) {
        let node = object(
            &boundary.source.clone(),
            vec![("PermissionsBoundaryArn", boundary)],
        );
        item.push(("PermissionsBoundary", node));
    }
    let inline = kinds.get("inline-policies").cloned();
    let (name, inline_list, list) = match what {
        "user" => ("UserName", "UserPolicyList", &mut account.users),
        "role" => ("RoleName", "RolePolicyList", &mut account.roles),
        _ => ("GroupName", "GroupPolicyList", &mut account.groups),
    };
    item.extend(member("name").map(|n| (name, n)));
    item.extend(inline.map(|i| (inline_list, i)));
    if let Some(trust) = kinds.get("trust-policy") {
        item.push(("AssumeRolePolicyDocument", trust.clone()));
    }
    if let Some(profiles) = kinds.get("instance-profiles") {
        let arns = profiles.items().iter();
        let arns = arns.map(|arn| object(&arn.source, vec![("Arn", arn.clone())]));
        let profiles = array(&profiles.source, arns.collect());
        item.push(("InstanceProfileList", profiles));
    }
    if let Some(groups) = kinds.get("groups") {
        // ARNs of groups; the details have their names.
        let names = groups.items().iter().map(|group| {
            let arn = group.as_str().unwrap_or_default();
            string(group, arn.rsplit('/').next().unwrap_or_default())
        });
        item.push(("GroupList", array(&groups.source, names.collect())));
    }
    list.push(object(&metadata.source, item));
}

/// `{"key": "value"}` as the list that AWS answers with.
fn tags(node: &Node) -> Node {
    let pairs = node.members().iter().map(|(key, value)| {
        let key = string(value, key);
        object(&value.source, vec![("Key", key), ("Value", value.clone())])
    });
    array(&node.source, pairs.collect())
}

/// An answer of this layout.
pub(crate) fn draft(
    call: &str,
    account: &str,
    region: &str,
    resource: &str,
    body: Node,
    outcome: Outcome,
) -> Draft {
    Draft {
        call: call.to_owned(),
        resource: resource.to_owned(),
        account: Some(account.to_owned()).filter(|a| !a.is_empty()),
        region: Some(region.to_owned()).filter(|r| !r.is_empty()),
        outcome,
        file: Arc::from(body.source.file()),
        body,
        at: None,
        recorded: false,
    }
}

/// An object at a place.
pub(crate) fn object(source: &Source, members: Vec<(&str, Node)>) -> Node {
    let members = members.into_iter();
    Node {
        source: source.clone(),
        value: Value::Object(
            members
                .map(|(name, node)| (name.to_owned(), node))
                .collect(),
        ),
    }
}

/// A list at a place.
pub(crate) fn array(source: &Source, items: Vec<Node>) -> Node {
    Node {
        source: source.clone(),
        value: Value::Array(items),
    }
}

/// A text at the place of another value.
pub(crate) fn string(at: &Node, text: &str) -> Node {
    Node {
        source: at.source.clone(),
        value: Value::String(text.to_owned()),
    }
}
