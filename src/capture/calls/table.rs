//! The table of calls that captures may hold.
//!
//! Names are those of the AWS SDKs: the service as the command line has it (`efs`, `elbv2`), the
//! operation as the API has it.
//!
//! Must never: hold a call whose answer could carry event data or the value of a secret.

/// A call whose answers the estate is built from.
#[derive(Debug)]
pub(crate) struct CallSpec {
    /// `s3:GetBucketPolicy`.
    pub(crate) name: &'static str,
    /// Parameters that name the resource, joined by `/`; empty for list calls.
    pub(crate) resource: &'static [&'static str],
    /// The list that an answer must hold; empty when it holds none.
    pub(crate) list: &'static str,
    /// Whether several answers for the same thing are pages of one.
    pub(crate) paged: bool,
    /// Whether the call has no region of its own.
    pub(crate) global: bool,
}

/// A list call of a region.
const fn list(name: &'static str, list: &'static str) -> CallSpec {
    about(name, &[], list)
}

/// A list call of a whole account.
const fn list_global(name: &'static str, list: &'static str) -> CallSpec {
    about_global(name, &[], list)
}

/// A list about one resource of a region.
const fn about(
    name: &'static str,
    resource: &'static [&'static str],
    list: &'static str,
) -> CallSpec {
    CallSpec {
        name,
        resource,
        list,
        paged: true,
        global: false,
    }
}

/// A list about one resource that is in no region, or whose answer is sought without one.
const fn about_global(
    name: &'static str,
    resource: &'static [&'static str],
    list: &'static str,
) -> CallSpec {
    CallSpec {
        name,
        resource,
        list,
        paged: true,
        global: true,
    }
}

/// An answer about one resource of a region.
const fn one(name: &'static str, resource: &'static [&'static str]) -> CallSpec {
    CallSpec {
        name,
        resource,
        list: "",
        paged: false,
        global: false,
    }
}

/// An answer about one resource that is in no region, or whose answer is sought without one.
const fn one_global(name: &'static str, resource: &'static [&'static str]) -> CallSpec {
    CallSpec {
        name,
        resource,
        list: "",
        paged: false,
        global: true,
    }
}

/// Every call that is used.
pub(crate) const CALLS: &[CallSpec] = &[
    one_global("sts:GetCallerIdentity", &[]),
    // Identity.
    list_global("iam:GetAccountAuthorizationDetails", ""),
    list_global("iam:ListInstanceProfiles", "InstanceProfiles"),
    list_global(
        "iam:ListOpenIDConnectProviders",
        "OpenIDConnectProviderList",
    ),
    one_global(
        "iam:GetOpenIDConnectProvider",
        &["OpenIDConnectProviderArn"],
    ),
    list_global("iam:ListSAMLProviders", "SAMLProviderList"),
    // The organization.
    one_global("organizations:DescribeOrganization", &[]),
    list_global("organizations:ListAccounts", "Accounts"),
    list_global("organizations:ListRoots", "Roots"),
    about_global(
        "organizations:ListOrganizationalUnitsForParent",
        &["ParentId"],
        "OrganizationalUnits",
    ),
    about_global("organizations:ListParents", &["ChildId"], "Parents"),
    about_global(
        "organizations:ListPoliciesForTarget",
        &["TargetId", "Filter"],
        "Policies",
    ),
    one_global("organizations:DescribePolicy", &["PolicyId"]),
    about_global(
        "organizations:ListTargetsForPolicy",
        &["PolicyId"],
        "Targets",
    ),
    list_global(
        "organizations:ListDelegatedAdministrators",
        "DelegatedAdministrators",
    ),
    // Buckets and access points.
    list_global("s3:ListBuckets", "Buckets"),
    one_global("s3:GetBucketLocation", &["Bucket"]),
    one_global("s3:GetBucketPolicy", &["Bucket"]),
    one_global("s3:GetBucketAcl", &["Bucket"]),
    one_global("s3:GetBucketOwnershipControls", &["Bucket"]),
    one_global("s3:GetBucketEncryption", &["Bucket"]),
    one_global("s3:GetPublicAccessBlock", &["Bucket"]),
    one_global("s3:GetBucketVersioning", &["Bucket"]),
    one_global("s3:GetBucketLogging", &["Bucket"]),
    one_global("s3:GetBucketNotificationConfiguration", &["Bucket"]),
    one_global("s3:GetBucketReplication", &["Bucket"]),
    about_global(
        "s3:ListBucketInventoryConfigurations",
        &["Bucket"],
        "InventoryConfigurationList",
    ),
    one_global("s3control:GetPublicAccessBlock", &[]),
    list("s3control:ListAccessPoints", "AccessPointList"),
    one("s3control:GetAccessPoint", &["Name"]),
    one("s3control:GetAccessPointPolicy", &["Name"]),
    list_global("s3control:ListMultiRegionAccessPoints", "AccessPoints"),
    one_global("s3control:GetMultiRegionAccessPointPolicy", &["Name"]),
    list(
        "s3control:ListAccessPointsForObjectLambda",
        "ObjectLambdaAccessPointList",
    ),
    one(
        "s3control:GetAccessPointConfigurationForObjectLambda",
        &["Name"],
    ),
    list(
        "s3control:ListAccessGrantsInstances",
        "AccessGrantsInstancesList",
    ),
    list(
        "s3control:ListAccessGrantsLocations",
        "AccessGrantsLocationsList",
    ),
    list("s3control:ListAccessGrants", "AccessGrantsList"),
    one("s3control:GetAccessGrantsInstanceResourcePolicy", &[]),
    // Keys and secrets.
    list("kms:ListKeys", "Keys"),
    list("kms:ListAliases", "Aliases"),
    one("kms:DescribeKey", &["KeyId"]),
    one("kms:GetKeyPolicy", &["KeyId"]),
    about("kms:ListGrants", &["KeyId"], "Grants"),
    list("secretsmanager:ListSecrets", "SecretList"),
    one("secretsmanager:DescribeSecret", &["SecretId"]),
    one("secretsmanager:GetResourcePolicy", &["SecretId"]),
    // Hosts, volumes, snapshots.
    list("ec2:DescribeInstances", "Reservations"),
    list("ec2:DescribeVolumes", "Volumes"),
    list("ec2:DescribeSnapshots", "Snapshots"),
    one("ec2:DescribeSnapshotAttribute", &["SnapshotId"]),
    one("ec2:GetEbsEncryptionByDefault", &[]),
    one("ec2:GetSnapshotBlockPublicAccessState", &[]),
    list(
        "ec2:DescribeIamInstanceProfileAssociations",
        "IamInstanceProfileAssociations",
    ),
    // Networks.
    list("ec2:DescribeVpcs", "Vpcs"),
    list("ec2:DescribeSubnets", "Subnets"),
    list("ec2:DescribeSecurityGroups", "SecurityGroups"),
    list("ec2:DescribeNetworkInterfaces", "NetworkInterfaces"),
    list("ec2:DescribeRouteTables", "RouteTables"),
    list("ec2:DescribeNetworkAcls", "NetworkAcls"),
    list("ec2:DescribeInternetGateways", "InternetGateways"),
    list(
        "ec2:DescribeEgressOnlyInternetGateways",
        "EgressOnlyInternetGateways",
    ),
    list("ec2:DescribeNatGateways", "NatGateways"),
    one("ec2:DescribeVpcBlockPublicAccessOptions", &[]),
    list(
        "ec2:DescribeVpcBlockPublicAccessExclusions",
        "VpcBlockPublicAccessExclusions",
    ),
    list("ec2:DescribeAddresses", "Addresses"),
    list("ec2:DescribeVpcPeeringConnections", "VpcPeeringConnections"),
    list("ec2:DescribeManagedPrefixLists", "PrefixLists"),
    about(
        "ec2:GetManagedPrefixListEntries",
        &["PrefixListId"],
        "Entries",
    ),
    list("ec2:DescribePrefixLists", "PrefixLists"),
    list("ec2:DescribeTransitGateways", "TransitGateways"),
    list(
        "ec2:DescribeTransitGatewayAttachments",
        "TransitGatewayAttachments",
    ),
    list(
        "ec2:DescribeTransitGatewayVpcAttachments",
        "TransitGatewayVpcAttachments",
    ),
    list(
        "ec2:DescribeTransitGatewayRouteTables",
        "TransitGatewayRouteTables",
    ),
    about(
        "ec2:GetTransitGatewayRouteTableAssociations",
        &["TransitGatewayRouteTableId"],
        "Associations",
    ),
    about(
        "ec2:SearchTransitGatewayRoutes",
        &["TransitGatewayRouteTableId"],
        "Routes",
    ),
    list("ec2:DescribeVpnGateways", "VpnGateways"),
    list("ec2:DescribeVpcEndpoints", "VpcEndpoints"),
    list(
        "ec2:DescribeVpcEndpointServiceConfigurations",
        "ServiceConfigurations",
    ),
    about(
        "ec2:DescribeVpcEndpointServicePermissions",
        &["ServiceId"],
        "AllowedPrincipals",
    ),
    list("ec2:DescribeFlowLogs", "FlowLogs"),
    // What is shared with other accounts.
    list("ram:GetResourceShares", "resourceShares"),
    list("ram:ListResources", "resources"),
    list("ram:ListPrincipals", "principals"),
    about(
        "ram:GetResourceShareAssociations",
        &["associationType"],
        "resourceShareAssociations",
    ),
    list("elbv2:DescribeLoadBalancers", "LoadBalancers"),
    about("elbv2:DescribeListeners", &["LoadBalancerArn"], "Listeners"),
    list("elbv2:DescribeTargetGroups", "TargetGroups"),
    about(
        "elbv2:DescribeTargetHealth",
        &["TargetGroupArn"],
        "TargetHealthDescriptions",
    ),
    one("elbv2:DescribeTargetGroupAttributes", &["TargetGroupArn"]),
    // File systems.
    list("efs:DescribeFileSystems", "FileSystems"),
    about(
        "efs:DescribeMountTargets",
        &["FileSystemId"],
        "MountTargets",
    ),
    about(
        "efs:DescribeMountTargetSecurityGroups",
        &["MountTargetId"],
        "SecurityGroups",
    ),
    list("efs:DescribeAccessPoints", "AccessPoints"),
    one("efs:DescribeFileSystemPolicy", &["FileSystemId"]),
    list("efs:DescribeReplicationConfigurations", "Replications"),
    list("fsx:DescribeFileSystems", "FileSystems"),
    list("fsx:DescribeVolumes", "Volumes"),
    list(
        "fsx:DescribeStorageVirtualMachines",
        "StorageVirtualMachines",
    ),
    // Backups.
    list("backup:ListBackupVaults", "BackupVaultList"),
    one("backup:GetBackupVaultAccessPolicy", &["BackupVaultName"]),
    about(
        "backup:ListRecoveryPointsByBackupVault",
        &["BackupVaultName"],
        "RecoveryPoints",
    ),
    list("backup:ListBackupPlans", "BackupPlansList"),
    one("backup:GetBackupPlan", &["BackupPlanId"]),
    about(
        "backup:ListBackupSelections",
        &["BackupPlanId"],
        "BackupSelectionsList",
    ),
    one(
        "backup:GetBackupSelection",
        &["BackupPlanId", "SelectionId"],
    ),
    // Managed Kafka and what reads it.
    list("kafka:ListClusters", "ClusterInfoList"),
    list("kafka:ListClustersV2", "ClusterInfoList"),
    one("kafka:DescribeCluster", &["ClusterArn"]),
    one("kafka:DescribeClusterV2", &["ClusterArn"]),
    one("kafka:GetClusterPolicy", &["ClusterArn"]),
    one("kafka:GetBootstrapBrokers", &["ClusterArn"]),
    about("kafka:ListNodes", &["ClusterArn"], "NodeInfoList"),
    about("kafka:ListScramSecrets", &["ClusterArn"], "SecretArnList"),
    list("kafka:ListVpcConnections", "VpcConnections"),
    one("kafka:DescribeVpcConnection", &["Arn"]),
    about(
        "kafka:ListClientVpcConnections",
        &["ClusterArn"],
        "ClientVpcConnections",
    ),
    list("kafka:ListConfigurations", "Configurations"),
    one("kafka:DescribeConfigurationRevision", &["Arn", "Revision"]),
    list("kafka:ListReplicators", "Replicators"),
    one("kafka:DescribeReplicator", &["ReplicatorArn"]),
    list("kafkaconnect:ListConnectors", "connectors"),
    one("kafkaconnect:DescribeConnector", &["ConnectorArn"]),
    list("lambda:ListFunctions", "Functions"),
    list("lambda:ListEventSourceMappings", "EventSourceMappings"),
    list("pipes:ListPipes", "Pipes"),
    one("pipes:DescribePipe", &["Name"]),
    list("firehose:ListDeliveryStreams", "DeliveryStreamNames"),
    one("firehose:DescribeDeliveryStream", &["DeliveryStreamName"]),
    // Containers.
    list("ecs:ListClusters", "clusterArns"),
    about("ecs:ListTasks", &["cluster"], "taskArns"),
    about("ecs:DescribeTasks", &["cluster"], "tasks"),
    about("ecs:DescribeServices", &["cluster"], "services"),
    one("ecs:DescribeTaskDefinition", &["taskDefinition"]),
    list("eks:ListClusters", "clusters"),
    one("eks:DescribeCluster", &["name"]),
    about("eks:ListNodegroups", &["clusterName"], "nodegroups"),
    one("eks:DescribeNodegroup", &["clusterName", "nodegroupName"]),
    about(
        "eks:ListPodIdentityAssociations",
        &["clusterName"],
        "associations",
    ),
    one(
        "eks:DescribePodIdentityAssociation",
        &["clusterName", "associationId"],
    ),
    about("eks:ListAccessEntries", &["clusterName"], "accessEntries"),
    about(
        "eks:ListAssociatedAccessPolicies",
        &["clusterName", "principalArn"],
        "associatedAccessPolicies",
    ),
    // Would it be seen?
    list("cloudtrail:DescribeTrails", "trailList"),
    one("cloudtrail:GetEventSelectors", &["TrailName"]),
];
