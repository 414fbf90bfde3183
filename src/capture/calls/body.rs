//! Bare answers by their keys: which call they answer, and which resource they name.
//!
//! Must never: take a resource from an answer that does not name it.

use super::super::json::{Node, Value};
use super::{spec, stores};

/// A bare answer recognised by its keys: the call, and the resource where the answer names it.
pub(crate) fn from_body(body: &Node) -> Option<(&'static str, String)> {
    let call = call_of(body)?;
    Some((call, own_resource(call, body).unwrap_or_default()))
}

fn call_of(body: &Node) -> Option<&'static str> {
    let has = |name: &str| body.get(name).is_some();
    let is_list = |name: &str| matches!(body.get(name).map(|n| &n.value), Some(Value::Array(_)));
    let first = |list: &str, name: &str| {
        body.list(list)
            .first()
            .is_some_and(|n| n.get(name).is_some())
    };
    if ["UserDetailList", "RoleDetailList", "GroupDetailList"]
        .iter()
        .any(|k| is_list(k))
    {
        return Some("iam:GetAccountAuthorizationDetails");
    }
    for (keys, call) in OF_ONE.iter().chain(stores::OF_ONE) {
        if keys.iter().all(|key| has(key)) {
            return Some(call);
        }
    }
    for (key, mark, call) in BARE.iter().chain(stores::BARE) {
        if is_list(key) && (mark.is_empty() || first(key, mark)) {
            return Some(call);
        }
    }
    if body
        .get("Policy")
        .is_some_and(|p| p.get("PolicySummary").is_some())
    {
        return Some("organizations:DescribePolicy");
    }
    if let Some(cluster) = body.get("ClusterInfo") {
        // Only the second version says what type of cluster it is.
        let second = cluster.get("ClusterType").is_some();
        return Some(if second {
            "kafka:DescribeClusterV2"
        } else {
            "kafka:DescribeCluster"
        });
    }
    if has("ARN") && has("Name") {
        // Secrets Manager answers with nothing but these two when a secret has no policy.
        let policy = has("ResourcePolicy") || body.members().len() == 2;
        return Some(if policy {
            "secretsmanager:GetResourcePolicy"
        } else {
            "secretsmanager:DescribeSecret"
        });
    }
    if is_list("Accounts")
        && (body.list("Accounts").is_empty() || first("Accounts", "JoinedMethod"))
    {
        return Some("organizations:ListAccounts");
    }
    let names = body.list("clusters");
    if !names.is_empty() && names.iter().all(|name| name.as_str().is_some()) {
        return Some("eks:ListClusters");
    }
    let state = body.str("State").unwrap_or_default();
    if ["block-all-sharing", "block-new-sharing", "unblocked"].contains(&state) {
        return Some("ec2:GetSnapshotBlockPublicAccessState");
    }
    None
}

/// Answers about one thing, or that are one value: members that together are those of one call.
const OF_ONE: &[(&[&str], &str)] = &[
    (&["Account", "Arn", "UserId"], "sts:GetCallerIdentity"),
    (&["KeyMetadata"], "kms:DescribeKey"),
    (&["Organization"], "organizations:DescribeOrganization"),
    (&["FileSystemId", "Policy"], "efs:DescribeFileSystemPolicy"),
    (
        &["SnapshotId", "CreateVolumePermissions"],
        "ec2:DescribeSnapshotAttribute",
    ),
    (&["EbsEncryptionByDefault"], "ec2:GetEbsEncryptionByDefault"),
    (
        &["VpcBlockPublicAccessOptions"],
        "ec2:DescribeVpcBlockPublicAccessOptions",
    ),
    (
        &["Arn", "Revision", "ServerProperties"],
        "kafka:DescribeConfigurationRevision",
    ),
    (
        &["ReplicatorArn", "KafkaClusters"],
        "kafka:DescribeReplicator",
    ),
    (
        &["connectorArn", "connectorName"],
        "kafkaconnect:DescribeConnector",
    ),
    (
        &["connectorArn", "connectorConfiguration"],
        "kafkaconnect:DescribeConnector",
    ),
    (
        &["ReplicatorArn", "ReplicationInfoList"],
        "kafka:DescribeReplicator",
    ),
    (&["Name", "Source", "Target"], "pipes:DescribePipe"),
    (
        &["DeliveryStreamDescription"],
        "firehose:DescribeDeliveryStream",
    ),
    (
        &["VpcConnectionArn", "TargetClusterArn", "SecurityGroups"],
        "kafka:DescribeVpcConnection",
    ),
    (&["taskDefinition"], "ecs:DescribeTaskDefinition"),
    (&["cluster"], "eks:DescribeCluster"),
    (&["nodegroup"], "eks:DescribeNodegroup"),
    (&["association"], "eks:DescribePodIdentityAssociation"),
    (
        &["associatedAccessPolicies", "clusterName", "principalArn"],
        "eks:ListAssociatedAccessPolicies",
    ),
    (
        &["TrailARN", "EventSelectors"],
        "cloudtrail:GetEventSelectors",
    ),
    (
        &["TrailARN", "AdvancedEventSelectors"],
        "cloudtrail:GetEventSelectors",
    ),
    (
        &["Name", "Bucket", "NetworkOrigin"],
        "s3control:GetAccessPoint",
    ),
];

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
    // A bucket's ACL has a list of that name too; its items are grantees and permissions.
    ("Grants", "GrantId", "kms:ListGrants"),
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
    (
        "VpcBlockPublicAccessExclusions",
        "",
        "ec2:DescribeVpcBlockPublicAccessExclusions",
    ),
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
    (
        "AllowedPrincipals",
        "ServiceId",
        "ec2:DescribeVpcEndpointServicePermissions",
    ),
    ("FlowLogs", "", "ec2:DescribeFlowLogs"),
    ("resourceShares", "", "ram:GetResourceShares"),
    ("resources", "resourceShareArn", "ram:ListResources"),
    ("principals", "resourceShareArn", "ram:ListPrincipals"),
    (
        "resourceShareAssociations",
        "associationType",
        "ram:GetResourceShareAssociations",
    ),
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
    ("NodeInfoList", "NodeARN", "kafka:ListNodes"),
    ("VpcConnections", "", "kafka:ListVpcConnections"),
    ("Replicators", "", "kafka:ListReplicators"),
    (
        "Configurations",
        "LatestRevision",
        "kafka:ListConfigurations",
    ),
    ("connectors", "", "kafkaconnect:ListConnectors"),
    ("Functions", "", "lambda:ListFunctions"),
    ("EventSourceMappings", "", "lambda:ListEventSourceMappings"),
    ("Pipes", "", "pipes:ListPipes"),
    ("DeliveryStreamNames", "", "firehose:ListDeliveryStreams"),
    ("trailList", "", "cloudtrail:DescribeTrails"),
    ("clusterArns", "", "ecs:ListClusters"),
    ("taskArns", "", "ecs:ListTasks"),
    ("tasks", "taskArn", "ecs:DescribeTasks"),
    ("services", "serviceArn", "ecs:DescribeServices"),
    (
        "associations",
        "clusterName",
        "eks:ListPodIdentityAssociations",
    ),
];

/// The resource that an answer to `call` names by itself.
///
/// Of a list, only when all of its items name the same one. Sources: the response syntax of each
/// call in the API references of AWS.
pub(crate) fn own_resource(call: &str, body: &Node) -> Option<String> {
    let text = |node: Option<&Node>| node.and_then(Node::scalar).filter(|t| !t.is_empty());
    let member = |name: &str| text(body.get(name));
    let inner = |outer: &str, name: &str| text(body.get(outer).and_then(|o| o.get(name)));
    let each = |list: &str, name: &str| {
        the_same(
            body.list(list)
                .iter()
                .map(|item| item.str(name).map(str::to_owned)),
        )
    };
    let two = |first: Option<String>, second: Option<String>| {
        first.zip(second).map(|(a, b)| format!("{a}/{b}"))
    };
    match call {
        "kms:DescribeKey" => inner("KeyMetadata", "Arn"),
        "kms:ListGrants" => each("Grants", "KeyId"),
        "organizations:DescribePolicy" => text(
            body.get("Policy")
                .and_then(|p| p.get("PolicySummary"))
                .and_then(|s| s.get("Id")),
        ),
        "secretsmanager:GetResourcePolicy" | "secretsmanager:DescribeSecret" => member("ARN"),
        "s3:GetBucketPolicy" => bucket_of_policy(body),
        "s3control:GetAccessPoint" | "pipes:DescribePipe" => member("Name"),
        "ec2:DescribeSnapshotAttribute" => member("SnapshotId"),
        "ec2:DescribeVpcEndpointServicePermissions" => each("AllowedPrincipals", "ServiceId"),
        "elbv2:DescribeListeners" => each("Listeners", "LoadBalancerArn"),
        "ram:GetResourceShareAssociations" => each("resourceShareAssociations", "associationType"),
        "efs:DescribeFileSystemPolicy" => member("FileSystemId"),
        "efs:DescribeMountTargets" => each("MountTargets", "FileSystemId"),
        "kafka:DescribeCluster" | "kafka:DescribeClusterV2" => inner("ClusterInfo", "ClusterArn"),
        "kafka:ListNodes" => the_same(
            body.list("NodeInfoList")
                .iter()
                .map(|node| node.str("NodeARN").and_then(cluster_of_node)),
        ),
        "kafka:DescribeConfigurationRevision" => two(member("Arn"), member("Revision")),
        "kafka:DescribeReplicator" => member("ReplicatorArn"),
        "kafka:DescribeVpcConnection" => member("VpcConnectionArn"),
        "kafkaconnect:DescribeConnector" => member("connectorArn"),
        "firehose:DescribeDeliveryStream" => {
            inner("DeliveryStreamDescription", "DeliveryStreamName")
        }
        "ecs:ListTasks" => the_same(
            body.list("taskArns")
                .iter()
                .map(|arn| arn.as_str().and_then(cluster_of_task)),
        ),
        "ecs:DescribeTasks" => each("tasks", "clusterArn"),
        "ecs:DescribeServices" => each("services", "clusterArn"),
        "ecs:DescribeTaskDefinition" => inner("taskDefinition", "taskDefinitionArn"),
        "eks:DescribeCluster" => inner("cluster", "name"),
        "eks:DescribeNodegroup" => two(
            inner("nodegroup", "clusterName"),
            inner("nodegroup", "nodegroupName"),
        ),
        "eks:ListPodIdentityAssociations" => each("associations", "clusterName"),
        "eks:DescribePodIdentityAssociation" => two(
            inner("association", "clusterName"),
            inner("association", "associationId"),
        ),
        "eks:ListAssociatedAccessPolicies" => two(member("clusterName"), member("principalArn")),
        "cloudtrail:GetEventSelectors" => member("TrailARN"),
        "backup:GetBackupVaultAccessPolicy" => member("BackupVaultName"),
        "backup:ListRecoveryPointsByBackupVault" => each("RecoveryPoints", "BackupVaultName"),
        "backup:GetBackupPlan" => member("BackupPlanId"),
        "backup:ListBackupSelections" => each("BackupSelectionsList", "BackupPlanId"),
        "backup:GetBackupSelection" => two(member("BackupPlanId"), member("SelectionId")),
        _ => None,
    }
}

/// The one value of all; none when one is missing, two differ, or there are none.
fn the_same(mut values: impl Iterator<Item = Option<String>>) -> Option<String> {
    let first = values.next()??;
    values
        .all(|value| value.as_ref() == Some(&first))
        .then_some(first)
}

/// The bucket that all resources of a bucket policy stand for. S3 accepts no policy about another
/// bucket ("Policy has invalid resource"), so a name that is written out is the bucket's own.
fn bucket_of_policy(body: &Node) -> Option<String> {
    let document = body.get("Policy").unwrap_or(body).document().ok()?;
    let statements = document.get("Statement")?;
    let statements = match &statements.value {
        Value::Array(items) => items.as_slice(),
        Value::Object(_) => std::slice::from_ref(statements),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => &[],
    };
    let mut names = Vec::new();
    for resource in statements.iter().filter_map(|s| s.get("Resource")) {
        match &resource.value {
            Value::Array(items) => names.extend(items.iter().map(Node::as_str)),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => names.push(resource.as_str()),
        }
    }
    let name = |arn: &str| {
        let mut parts = arn.splitn(6, ':');
        let s3 = parts.nth(2) == Some("s3") && parts.next() == Some("") && parts.next() == Some("");
        let name = parts.next().filter(|_| s3)?.split('/').next()?;
        let plain = !name.is_empty() && !name.contains(['*', '?', '$']);
        plain.then(|| name.to_owned())
    };
    the_same(names.into_iter().map(|arn| arn.and_then(name)))
}

/// `arn:P:kafka:R:A:broker/NAME/UUID/NODE` belongs to `arn:P:kafka:R:A:cluster/NAME/UUID`.
fn cluster_of_node(arn: &str) -> Option<String> {
    let (place, resource) = arn.rsplit_once(':')?;
    let parts: Vec<&str> = resource.split('/').collect();
    match parts.as_slice() {
        [_, name, id, _] if id.len() >= 36 && arn.starts_with("arn:") => {
            Some(format!("{place}:cluster/{name}/{id}"))
        }
        _ => None,
    }
}

/// The cluster's ARN of a task's in the long format, `task/CLUSTER/ID`.
fn cluster_of_task(arn: &str) -> Option<String> {
    let (place, resource) = arn.rsplit_once(':')?;
    let parts: Vec<&str> = resource.split('/').collect();
    match parts.as_slice() {
        ["task", cluster, _] => Some(format!("{place}:cluster/{cluster}")),
        _ => None,
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
        .filter(|call| spec(call).is_none())
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
    use std::sync::Arc;

    use super::super::file_name_for;
    use super::*;

    fn named(text: &str) -> Option<(&'static str, String)> {
        from_body(&Node::parse(&Arc::from("f.json"), text).unwrap())
    }

    #[test]
    fn bare_answers_about_one_resource_name_it() {
        let id = "5efb5ce3-1111-2222-3333-444455556666-2";
        for (text, call, resource) in [
            (
                r#"{"FileSystemId": "fs-1", "Policy": "{}"}"#.to_owned(),
                "efs:DescribeFileSystemPolicy",
                "fs-1".to_owned(),
            ),
            (
                r#"{"SnapshotId": "snap-1", "CreateVolumePermissions": []}"#.to_owned(),
                "ec2:DescribeSnapshotAttribute",
                "snap-1".to_owned(),
            ),
            (
                r#"{"MountTargets": [{"FileSystemId": "fs-1"}, {"FileSystemId": "fs-1"}]}"#
                    .to_owned(),
                "efs:DescribeMountTargets",
                "fs-1".to_owned(),
            ),
            (
                r#"{"MountTargets": [{"FileSystemId": "fs-1"}, {"FileSystemId": "fs-2"}]}"#
                    .to_owned(),
                "efs:DescribeMountTargets",
                String::new(),
            ),
            (
                r#"{"Grants": [{"GrantId": "g", "KeyId": "arn:k"}], "Truncated": false}"#
                    .to_owned(),
                "kms:ListGrants",
                "arn:k".to_owned(),
            ),
            (
                r#"{"ClusterInfo": {"ClusterArn": "arn:c", "ClusterType": "PROVISIONED"}}"#
                    .to_owned(),
                "kafka:DescribeClusterV2",
                "arn:c".to_owned(),
            ),
            (
                r#"{"ClusterInfo": {"ClusterArn": "arn:c"}}"#.to_owned(),
                "kafka:DescribeCluster",
                "arn:c".to_owned(),
            ),
            (
                format!(
                    r#"{{"NodeInfoList": [{{"NodeARN": "arn:aws:kafka:eu-west-1:111122223333:broker/quay/{id}/n1"}}]}}"#
                ),
                "kafka:ListNodes",
                format!("arn:aws:kafka:eu-west-1:111122223333:cluster/quay/{id}"),
            ),
            (
                r#"{"connectorArn": "arn:con", "connectorName": "c"}"#.to_owned(),
                "kafkaconnect:DescribeConnector",
                "arn:con".to_owned(),
            ),
            (
                r#"{"Arn": "arn:conf", "Revision": 3, "ServerProperties": "eA=="}"#.to_owned(),
                "kafka:DescribeConfigurationRevision",
                "arn:conf/3".to_owned(),
            ),
            (
                r#"{"nodegroup": {"clusterName": "c", "nodegroupName": "n"}}"#.to_owned(),
                "eks:DescribeNodegroup",
                "c/n".to_owned(),
            ),
            (
                r#"{"Listeners": [{"LoadBalancerArn": "arn:lb"}]}"#.to_owned(),
                "elbv2:DescribeListeners",
                "arn:lb".to_owned(),
            ),
        ] {
            assert_eq!(named(&text), Some((call, resource)), "{text}");
        }
    }

    #[test]
    fn answers_without_a_name_are_not_given_one() {
        for (text, example) in [
            (
                r#"{"Owner": {"ID": "o"}, "Grants": [{"Grantee": {}, "Permission": "READ"}]}"#,
                "s3-get-bucket-acl/",
            ),
            (r#"{"Grants": [], "Truncated": false}"#, "kms-list-grants/"),
            (
                r#"{"Policy": "{}", "CurrentVersion": "K1"}"#,
                "kafka-get-cluster-policy/",
            ),
            (r#"{"Policy": "{}"}"#, "s3-get-bucket-policy/"),
            (
                r#"{"Routes": [], "AdditionalRoutesAvailable": false}"#,
                "ec2-search-transit-gateway-routes/",
            ),
        ] {
            assert_eq!(named(text), None, "{text}");
            let node = Node::parse(&Arc::from("f.json"), text).unwrap();
            let advice = file_name_for(&node).unwrap_or_default();
            assert!(advice.starts_with(example), "{text}: {advice}");
        }
    }

    #[test]
    fn a_bucket_policy_names_its_bucket_when_its_resources_agree() {
        let policy = |resources: &str| {
            let text = format!(
                r#"{{"Policy": {{"Statement": [{{"Effect": "Allow", "Resource": {resources}}}]}}}}"#
            );
            let node = Node::parse(&Arc::from("f.json"), &text).unwrap();
            own_resource("s3:GetBucketPolicy", &node)
        };
        assert_eq!(
            policy(r#"["arn:aws:s3:::quay", "arn:aws:s3:::quay/*"]"#).as_deref(),
            Some("quay")
        );
        for other in [
            r#""*""#,
            r#"["arn:aws:s3:::quay", "arn:aws:s3:::pier/*"]"#,
            r#""arn:aws:s3:::quay-*/x""#,
            r#"["arn:aws:s3:::quay/*", "*"]"#,
            r#""arn:aws:s3:eu-west-1:111122223333:accesspoint/quay""#,
        ] {
            assert_eq!(policy(other), None, "{other}");
        }
    }
}
