//! The calls that captures hold: names, which parameter names the resource, which keys betray a
//! bare answer of the AWS CLI.
//!
//! Must never: decide what an answer means; that is the estate's.

mod table;

use super::json::{Node, Value};

pub(crate) use table::{CALLS, CallSpec};

/// The description of a call in any spelling of its name: `s3:getbucketpolicy`.
pub(crate) fn spec(name: &str) -> Option<&'static CallSpec> {
    CALLS
        .iter()
        .find(|call| call.name.eq_ignore_ascii_case(name))
}

/// The API's name of a call from the CLI's: `s3api`, `get-bucket-policy`.
pub(crate) fn from_cli(service: &str, operation: &str) -> String {
    let service = service_of(service);
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

/// The service as the table calls it: some have one name on the command line, another one in
/// policies and recordings.
pub(crate) fn service_of(written: &str) -> &str {
    match written {
        "s3api" => "s3",
        "elasticfilesystem" => "efs",
        "elasticloadbalancing" => "elbv2",
        other => other,
    }
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
    for (key, mark, call) in BARE {
        if is_list(key) && (mark.is_empty() || first(key, mark)) {
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
    if let Some(found) = described(body) {
        return Some(found);
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

/// Descriptions of one thing that name it.
fn described(body: &Node) -> Option<(&'static str, String)> {
    let inner = |outer: &str, name: &str| {
        let node = body.get(outer)?;
        Some(node.str(name).unwrap_or_default().to_owned())
    };
    let named = |name: &str| body.str(name).map(str::to_owned);
    if let Some(arn) = inner("ClusterInfo", "ClusterArn") {
        let new = body
            .get("ClusterInfo")
            .is_some_and(|c| c.get("ClusterType").is_some());
        let call = if new {
            "kafka:DescribeClusterV2"
        } else {
            "kafka:DescribeCluster"
        };
        return Some((call, arn));
    }
    if body.get("ServerProperties").is_some() {
        let revision = body.get("Revision").and_then(Node::scalar);
        let resource = format!("{}/{}", named("Arn")?, revision.unwrap_or_default());
        return Some(("kafka:DescribeConfigurationRevision", resource));
    }
    if body.get("Policy").is_some()
        && let Some(id) = named("FileSystemId")
    {
        return Some(("efs:DescribeFileSystemPolicy", id));
    }
    if let Some(name) = inner("DeliveryStreamDescription", "DeliveryStreamName") {
        return Some(("firehose:DescribeDeliveryStream", name));
    }
    if let Some(arn) = inner("taskDefinition", "taskDefinitionArn") {
        return Some(("ecs:DescribeTaskDefinition", arn));
    }
    if body.get("connectorConfiguration").is_some() {
        return Some(("kafkaconnect:DescribeConnector", named("connectorArn")?));
    }
    if body.get("ReplicationInfoList").is_some() {
        return Some(("kafka:DescribeReplicator", named("ReplicatorArn")?));
    }
    None
}

/// Lists that betray their call in a bare answer: their name, and a member that the first item must
/// have where several calls have a list of that name.
const BARE: &[(&str, &str, &str)] = &[
    ("InstanceProfiles", "", "iam:ListInstanceProfiles"),
    (
        "OpenIDConnectProviderList",
        "",
        "iam:ListOpenIDConnectProviders",
    ),
    ("SAMLProviderList", "", "iam:ListSAMLProviders"),
    ("Buckets", "", "s3:ListBuckets"),
    ("Keys", "", "kms:ListKeys"),
    ("Aliases", "", "kms:ListAliases"),
    ("Reservations", "", "ec2:DescribeInstances"),
    ("Volumes", "FileSystemId", "fsx:DescribeVolumes"),
    ("Volumes", "", "ec2:DescribeVolumes"),
    ("Snapshots", "", "ec2:DescribeSnapshots"),
    (
        "IamInstanceProfileAssociations",
        "",
        "ec2:DescribeIamInstanceProfileAssociations",
    ),
    ("Vpcs", "", "ec2:DescribeVpcs"),
    ("Subnets", "", "ec2:DescribeSubnets"),
    ("SecurityGroups", "", "ec2:DescribeSecurityGroups"),
    ("NetworkInterfaces", "", "ec2:DescribeNetworkInterfaces"),
    ("RouteTables", "", "ec2:DescribeRouteTables"),
    ("NetworkAcls", "", "ec2:DescribeNetworkAcls"),
    ("InternetGateways", "", "ec2:DescribeInternetGateways"),
    (
        "EgressOnlyInternetGateways",
        "",
        "ec2:DescribeEgressOnlyInternetGateways",
    ),
    ("NatGateways", "", "ec2:DescribeNatGateways"),
    ("Addresses", "", "ec2:DescribeAddresses"),
    (
        "VpcPeeringConnections",
        "",
        "ec2:DescribeVpcPeeringConnections",
    ),
    ("PrefixLists", "Cidrs", "ec2:DescribePrefixLists"),
    ("PrefixLists", "", "ec2:DescribeManagedPrefixLists"),
    ("TransitGateways", "", "ec2:DescribeTransitGateways"),
    (
        "TransitGatewayAttachments",
        "",
        "ec2:DescribeTransitGatewayAttachments",
    ),
    (
        "TransitGatewayVpcAttachments",
        "",
        "ec2:DescribeTransitGatewayVpcAttachments",
    ),
    (
        "TransitGatewayRouteTables",
        "",
        "ec2:DescribeTransitGatewayRouteTables",
    ),
    ("VpnGateways", "", "ec2:DescribeVpnGateways"),
    ("VpcEndpoints", "", "ec2:DescribeVpcEndpoints"),
    (
        "ServiceConfigurations",
        "",
        "ec2:DescribeVpcEndpointServiceConfigurations",
    ),
    ("FlowLogs", "", "ec2:DescribeFlowLogs"),
    ("LoadBalancers", "", "elbv2:DescribeLoadBalancers"),
    ("TargetGroups", "", "elbv2:DescribeTargetGroups"),
    ("Listeners", "LoadBalancerArn", "elbv2:DescribeListeners"),
    ("FileSystems", "FileSystemType", "fsx:DescribeFileSystems"),
    ("FileSystems", "CreationToken", "efs:DescribeFileSystems"),
    ("MountTargets", "", "efs:DescribeMountTargets"),
    ("AccessPoints", "FileSystemId", "efs:DescribeAccessPoints"),
    ("AccessPointList", "", "s3control:ListAccessPoints"),
    (
        "StorageVirtualMachines",
        "",
        "fsx:DescribeStorageVirtualMachines",
    ),
    ("SecretList", "", "secretsmanager:ListSecrets"),
    ("Roots", "", "organizations:ListRoots"),
    (
        "DelegatedAdministrators",
        "",
        "organizations:ListDelegatedAdministrators",
    ),
    ("ClusterInfoList", "ClusterType", "kafka:ListClustersV2"),
    ("ClusterInfoList", "", "kafka:ListClusters"),
    ("VpcConnections", "", "kafka:ListVpcConnections"),
    ("Replicators", "", "kafka:ListReplicators"),
    (
        "Configurations",
        "LatestRevision",
        "kafka:ListConfigurations",
    ),
    ("connectors", "connectorArn", "kafkaconnect:ListConnectors"),
    ("Functions", "", "lambda:ListFunctions"),
    ("EventSourceMappings", "", "lambda:ListEventSourceMappings"),
    ("Pipes", "", "pipes:ListPipes"),
    ("DeliveryStreamNames", "", "firehose:ListDeliveryStreams"),
    ("trailList", "", "cloudtrail:DescribeTrails"),
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
    "CidrBlockAssociationSet",
    "Ipv6CidrBlockAssociationSet",
    "Entries",
    "NatGatewayAddresses",
    "VpcAttachments",
    "CidrBlockSet",
    "Ipv6CidrBlockSet",
    "Cidrs",
    "TransitGatewayAttachments",
    "SubnetIds",
    "NetworkInterfaceIds",
    "NetworkLoadBalancerArns",
    "LoadBalancerAddresses",
    "DefaultActions",
    "TargetHealthDescriptions",
];

/// The list that an answer to `call` must hold, where it holds one.
pub(crate) fn list_of(call: &str) -> Option<&'static str> {
    spec(call)
        .map(|spec| spec.list)
        .filter(|list| !list.is_empty())
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
    ("Regions", "ec2:DescribeRegions"),
    ("AvailabilityZones", "ec2:DescribeAvailabilityZones"),
    ("LaunchTemplates", "ec2:DescribeLaunchTemplates"),
    (
        "LaunchTemplateVersions",
        "ec2:DescribeLaunchTemplateVersions",
    ),
    ("Images", "ec2:DescribeImages"),
    ("LoadBalancerDescriptions", "elb:DescribeLoadBalancers"),
    ("DBInstances", "rds:DescribeDBInstances"),
    ("Roles", "iam:ListRoles"),
    ("Users", "iam:ListUsers"),
    ("Groups", "iam:ListGroups"),
    ("SummaryMap", "iam:GetAccountSummary"),
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
