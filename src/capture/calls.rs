//! The calls that captures hold: names, which parameter names the resource, which keys betray a
//! bare answer of the AWS CLI.
//!
//! Must never: decide what an answer means; that is the estate's.

use super::json::{Node, Value};

/// A call whose answers the estate is built from.
#[derive(Debug)]
pub(crate) struct CallSpec {
    /// `s3:GetBucketPolicy`.
    pub(crate) name: &'static str,
    /// Parameters that name the resource, joined by `/`; empty for list calls.
    pub(crate) resource: &'static [&'static str],
    /// Whether several answers for the same thing are pages of one.
    pub(crate) paged: bool,
    /// Whether the call has no region of its own.
    pub(crate) global: bool,
}

const fn list(name: &'static str, global: bool) -> CallSpec {
    CallSpec {
        name,
        resource: &[],
        paged: true,
        global,
    }
}

const fn one(name: &'static str, resource: &'static [&'static str], global: bool) -> CallSpec {
    CallSpec {
        name,
        resource,
        paged: false,
        global,
    }
}

const fn pages(name: &'static str, resource: &'static [&'static str]) -> CallSpec {
    CallSpec {
        name,
        resource,
        paged: true,
        global: true,
    }
}

/// Every call that is used.
pub(crate) const CALLS: &[CallSpec] = &[
    list("iam:GetAccountAuthorizationDetails", true),
    list("iam:ListInstanceProfiles", true),
    one("sts:GetCallerIdentity", &[], true),
    list("s3:ListBuckets", true),
    one("s3:GetBucketPolicy", &["Bucket"], true),
    one("s3:GetBucketEncryption", &["Bucket"], true),
    one("s3:GetPublicAccessBlock", &["Bucket"], true),
    one("s3control:GetPublicAccessBlock", &[], true),
    one("s3:GetBucketLocation", &["Bucket"], true),
    list("kms:ListKeys", false),
    list("kms:ListAliases", false),
    one("kms:DescribeKey", &["KeyId"], false),
    one("kms:GetKeyPolicy", &["KeyId"], false),
    list("ec2:DescribeInstances", false),
    list("ec2:DescribeVolumes", false),
    list("ec2:DescribeSnapshots", false),
    list("ec2:DescribeSubnets", false),
    list("ec2:DescribeSecurityGroups", false),
    list("ec2:DescribeNetworkInterfaces", false),
    list("ec2:DescribeVpcEndpoints", false),
    list("ec2:DescribeRouteTables", false),
    list("ec2:DescribeVpcs", false),
    list("secretsmanager:ListSecrets", false),
    one("secretsmanager:DescribeSecret", &["SecretId"], false),
    one("secretsmanager:GetResourcePolicy", &["SecretId"], false),
    one("organizations:DescribeOrganization", &[], true),
    list("organizations:ListAccounts", true),
    list("organizations:ListRoots", true),
    pages("organizations:ListParents", &["ChildId"]),
    pages(
        "organizations:ListPoliciesForTarget",
        &["TargetId", "Filter"],
    ),
    one("organizations:DescribePolicy", &["PolicyId"], true),
];

/// The description of a call in any spelling of its name: `s3:getbucketpolicy`.
pub(crate) fn spec(name: &str) -> Option<&'static CallSpec> {
    CALLS
        .iter()
        .find(|call| call.name.eq_ignore_ascii_case(name))
}

/// The API's name of a call from the CLI's: `s3api`, `get-bucket-policy`.
pub(crate) fn from_cli(service: &str, operation: &str) -> String {
    let service = match service {
        "s3api" => "s3",
        other => other,
    };
    let plain = format!("{service}:{}", operation.replace('-', ""));
    if let Some(call) = spec(&plain) {
        return call.name.to_owned();
    }
    let words = operation.split('-').map(|word| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect::<String>()
        })
    });
    format!("{service}:{}", words.collect::<String>())
}

/// Reads `<svc>-<op>` as a call, when the operation begins with a verb of reading.
pub(crate) fn from_file_name(stem: &str) -> Option<String> {
    let (service, operation) = stem.split_once('-')?;
    let verb = operation.split('-').next()?;
    let reads = matches!(
        verb,
        "get" | "list" | "describe" | "generate" | "search" | "batch" | "head"
    );
    let named = !service.is_empty()
        && operation.contains('-')
        && stem
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (reads && named).then(|| from_cli(service, operation))
}

/// A bare answer recognised by its keys: the call, and the resource where the answer names it.
pub(crate) fn from_body(body: &Node) -> Option<(&'static str, String)> {
    let has = |name: &str| body.get(name).is_some();
    let is_list = |name: &str| matches!(body.get(name).map(|n| &n.value), Some(Value::Array(_)));
    let first = |list: &str, name: &str| {
        body.list(list)
            .first()
            .is_some_and(|n| n.get(name).is_some())
    };
    let of = |name: &str| body.str(name).unwrap_or_default().to_owned();
    if ["UserDetailList", "RoleDetailList", "GroupDetailList"]
        .iter()
        .any(|k| is_list(k))
    {
        return Some(("iam:GetAccountAuthorizationDetails", String::new()));
    }
    for (key, call) in LISTS {
        if is_list(key) {
            return Some((call, String::new()));
        }
    }
    if has("Account") && has("Arn") && has("UserId") {
        return Some(("sts:GetCallerIdentity", String::new()));
    }
    if let Some(key) = body.get("KeyMetadata") {
        return Some((
            "kms:DescribeKey",
            key.str("Arn").unwrap_or_default().to_owned(),
        ));
    }
    if has("Organization") {
        return Some(("organizations:DescribeOrganization", String::new()));
    }
    if let Some(summary) = body.get("Policy").and_then(|p| p.get("PolicySummary")) {
        return Some((
            "organizations:DescribePolicy",
            summary.str("Id").unwrap_or_default().to_owned(),
        ));
    }
    if has("ARN") && has("Name") {
        // Secrets Manager answers with nothing but these two when a secret has no policy.
        let policy = has("ResourcePolicy") || body.members().len() == 2;
        let call = if policy {
            "secretsmanager:GetResourcePolicy"
        } else {
            "secretsmanager:DescribeSecret"
        };
        return Some((call, of("ARN")));
    }
    if is_list("Accounts")
        && (body.list("Accounts").is_empty() || first("Accounts", "JoinedMethod"))
    {
        return Some(("organizations:ListAccounts", String::new()));
    }
    None
}

/// Lists that betray their call.
const LISTS: &[(&str, &str)] = &[
    ("InstanceProfiles", "iam:ListInstanceProfiles"),
    ("Buckets", "s3:ListBuckets"),
    ("Keys", "kms:ListKeys"),
    ("Aliases", "kms:ListAliases"),
    ("Reservations", "ec2:DescribeInstances"),
    ("Volumes", "ec2:DescribeVolumes"),
    ("Snapshots", "ec2:DescribeSnapshots"),
    ("Subnets", "ec2:DescribeSubnets"),
    ("SecurityGroups", "ec2:DescribeSecurityGroups"),
    ("NetworkInterfaces", "ec2:DescribeNetworkInterfaces"),
    ("VpcEndpoints", "ec2:DescribeVpcEndpoints"),
    ("RouteTables", "ec2:DescribeRouteTables"),
    ("Vpcs", "ec2:DescribeVpcs"),
    ("SecretList", "secretsmanager:ListSecrets"),
    ("Roots", "organizations:ListRoots"),
];

/// Members that are lists wherever they stand in an answer that is used.
pub(crate) const LIST_MEMBERS: &[&str] = &[
    "UserDetailList",
    "GroupDetailList",
    "RoleDetailList",
    "Policies",
    "UserPolicyList",
    "GroupPolicyList",
    "RolePolicyList",
    "AttachedManagedPolicies",
    "GroupList",
    "PolicyVersionList",
    "InstanceProfileList",
    "Roles",
    "Instances",
    "BlockDeviceMappings",
    "NetworkInterfaces",
    "PrivateIpAddresses",
    "SecurityGroups",
    "IpPermissions",
    "IpPermissionsEgress",
    "IpRanges",
    "Ipv6Ranges",
    "UserIdGroupPairs",
    "PrefixListIds",
    "Attachments",
    "Associations",
    "Routes",
    "RouteTableIds",
    "Tags",
];

/// The list that an answer to `call` must hold, where it holds one.
pub(crate) fn list_of(call: &str) -> Option<&'static str> {
    match call {
        "organizations:ListAccounts" => Some("Accounts"),
        "organizations:ListParents" => Some("Parents"),
        "organizations:ListPoliciesForTarget" => Some("Policies"),
        _ => LISTS.iter().find(|(_, c)| *c == call).map(|(key, _)| *key),
    }
}

/// Whether the keys are those of an answer to a call that is known but not used yet.
pub(crate) fn unused_body(body: &Node) -> Option<&'static str> {
    let first = body.list("Policies").first();
    if first.is_some_and(|policy| policy.get("DefaultVersionId").is_some()) {
        return Some("iam:ListPolicies");
    }
    UNUSED
        .iter()
        .find(|(key, _)| body.get(key).is_some())
        .map(|(_, call)| *call)
}

const UNUSED: &[(&str, &str)] = &[
    ("NetworkAcls", "ec2:DescribeNetworkAcls"),
    ("VpcPeeringConnections", "ec2:DescribeVpcPeeringConnections"),
    ("TransitGateways", "ec2:DescribeTransitGateways"),
    (
        "TransitGatewayAttachments",
        "ec2:DescribeTransitGatewayAttachments",
    ),
    (
        "TransitGatewayRouteTables",
        "ec2:DescribeTransitGatewayRouteTables",
    ),
    ("PrefixLists", "ec2:DescribePrefixLists"),
    ("NatGateways", "ec2:DescribeNatGateways"),
    ("InternetGateways", "ec2:DescribeInternetGateways"),
    ("Addresses", "ec2:DescribeAddresses"),
    ("Regions", "ec2:DescribeRegions"),
    ("AvailabilityZones", "ec2:DescribeAvailabilityZones"),
    ("LaunchTemplates", "ec2:DescribeLaunchTemplates"),
    (
        "LaunchTemplateVersions",
        "ec2:DescribeLaunchTemplateVersions",
    ),
    ("Images", "ec2:DescribeImages"),
    ("CreateVolumePermissions", "ec2:DescribeSnapshotAttribute"),
    (
        "LoadBalancers",
        "elasticloadbalancing:DescribeLoadBalancers",
    ),
    (
        "LoadBalancerDescriptions",
        "elasticloadbalancing:DescribeLoadBalancers",
    ),
    ("TargetGroups", "elasticloadbalancing:DescribeTargetGroups"),
    ("Listeners", "elasticloadbalancing:DescribeListeners"),
    ("FileSystems", "elasticfilesystem:DescribeFileSystems"),
    ("MountTargets", "elasticfilesystem:DescribeMountTargets"),
    ("ClusterInfoList", "kafka:ListClusters"),
    ("ClusterInfo", "kafka:DescribeCluster"),
    ("Grants", "kms:ListGrants"),
    ("DBInstances", "rds:DescribeDBInstances"),
    ("Functions", "lambda:ListFunctions"),
    ("trailList", "cloudtrail:DescribeTrails"),
    ("SAMLProviderList", "iam:ListSAMLProviders"),
    (
        "OpenIDConnectProviderList",
        "iam:ListOpenIDConnectProviders",
    ),
    ("Roles", "iam:ListRoles"),
    ("Users", "iam:ListUsers"),
    ("Groups", "iam:ListGroups"),
    ("SummaryMap", "iam:GetAccountSummary"),
    (
        "OrganizationalUnits",
        "organizations:ListOrganizationalUnitsForParent",
    ),
    (
        "DelegatedAdministrators",
        "organizations:ListDelegatedAdministrators",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_become_the_names_of_calls() {
        for (stem, call) in [
            ("s3-get-bucket-policy", "s3:GetBucketPolicy"),
            ("s3api-get-bucket-policy", "s3:GetBucketPolicy"),
            (
                "iam-get-account-authorization-details",
                "iam:GetAccountAuthorizationDetails",
            ),
            ("kafka-list-clusters", "kafka:ListClusters"),
        ] {
            assert_eq!(from_file_name(stem).as_deref(), Some(call));
        }
        for stem in [
            "us-east-1",
            "topics-describe",
            "my-notes",
            "describe-regions",
            "s3-get",
        ] {
            assert_eq!(from_file_name(stem), None, "{stem}");
        }
    }

    #[test]
    fn every_call_is_found_by_the_name_that_the_cli_gives_it() {
        assert_eq!(
            spec("KMS:getkeypolicy").map(|c| c.name),
            Some("kms:GetKeyPolicy")
        );
        assert_eq!(
            from_cli("secretsmanager", "get-resource-policy"),
            "secretsmanager:GetResourcePolicy"
        );
    }
}
