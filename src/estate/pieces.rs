//! What each call's answer holds, and what it would change when it is missing.
//!
//! One row for each call that captures may hold (`capture::calls`) and for Kafka's own listings.
//! Coverage is told from this table; `expect` says which calls a complete capture has.
//!
//! Must never: promise that a missing answer would change nothing.

use super::network_pieces::NETWORK;

/// One row: the call, what its answer holds (plural), and what follows for the analysis.
#[derive(Debug)]
pub struct Piece {
    /// `s3:GetBucketPolicy`.
    pub call: &'static str,
    /// `bucket policies`.
    pub holds: &'static str,
    /// What the answer could change.
    pub means: &'static str,
}

pub(super) const fn piece(call: &'static str, holds: &'static str, means: &'static str) -> Piece {
    Piece { call, holds, means }
}

/// The row of a call.
pub fn piece_of(call: &str) -> Option<&'static Piece> {
    pieces().find(|piece| piece.call == call)
}

/// Every row.
pub fn pieces() -> impl Iterator<Item = &'static Piece> {
    PIECES
        .iter()
        .chain(NETWORK)
        .chain(super::pieces_stores::STORES)
}

const PIECES: &[Piece] = &[
    piece(
        "sts:GetCallerIdentity",
        "caller identities",
        "whose account the answers beside it are about",
    ),
    // Identity.
    piece(
        "iam:GetAccountAuthorizationDetails",
        "account authorization details",
        "no user, role or policy of the account is known: anybody in it could hold any grant, and any role could be assumed",
    ),
    piece(
        "iam:ListInstanceProfiles",
        "instance profiles",
        "which role the code on a host acts as",
    ),
    piece(
        "iam:ListOpenIDConnectProviders",
        "OIDC providers",
        "which outside identity providers the account trusts",
    ),
    piece(
        "iam:GetOpenIDConnectProvider",
        "OIDC provider descriptions",
        "for which audiences an outside identity provider is trusted",
    ),
    piece(
        "iam:ListSAMLProviders",
        "SAML providers",
        "which outside identity providers the account trusts",
    ),
    // The organization.
    piece(
        "organizations:DescribeOrganization",
        "organizations",
        "whether service and resource control policies bind the account at all, and which account they never bind",
    ),
    piece(
        "organizations:ListAccounts",
        "organization accounts",
        "which accounts belong to the organization, and so count where a policy names it",
    ),
    piece(
        "organizations:ListRoots",
        "organization roots",
        "which kinds of organization policies are in force",
    ),
    piece(
        "organizations:ListOrganizationalUnitsForParent",
        "organizational units",
        "which levels stand between the organization and the account",
    ),
    piece(
        "organizations:ListParents",
        "organization parents",
        "from which levels control policies come down; one of them could take rights away",
    ),
    piece(
        "organizations:ListPoliciesForTarget",
        "control policy attachments",
        "a control policy attached there could take rights away from everybody below",
    ),
    piece(
        "organizations:DescribePolicy",
        "control policies",
        "what the control policy denies or leaves out could take rights away from everybody below",
    ),
    piece(
        "organizations:ListTargetsForPolicy",
        "control policy targets",
        "whom a control policy could take rights away from",
    ),
    piece(
        "organizations:ListDelegatedAdministrators",
        "delegated administrators",
        "which member accounts could change the organization's policies",
    ),
    // Buckets and access points.
    piece(
        "s3:ListBuckets",
        "buckets",
        "buckets of the account that nothing else names: copies of event data could lie there",
    ),
    piece(
        "s3:GetBucketLocation",
        "bucket locations",
        "in which region the bucket's data lies, and which endpoints lead there",
    ),
    piece(
        "s3:GetBucketPolicy",
        "bucket policies",
        "who the bucket policy names could read its objects; identity grants could be denied by it",
    ),
    piece(
        "s3:GetBucketAcl",
        "bucket ACLs",
        "whom the ACL names, other accounts and everybody included, could list or write the bucket",
    ),
    piece(
        "s3:GetBucketOwnershipControls",
        "ownership controls",
        "whether ACLs count at all",
    ),
    piece(
        "s3:GetBucketEncryption",
        "bucket encryptions",
        "whether reading an object needs the right to use a key, and which",
    ),
    piece(
        "s3:GetPublicAccessBlock",
        "public access blocks",
        "whether a public policy or ACL of the bucket lets anybody in",
    ),
    piece(
        "s3:GetBucketVersioning",
        "versioning states",
        "whether deleted event data is still there as old versions",
    ),
    piece(
        "s3:GetBucketLogging",
        "logging settings",
        "whether reads of the bucket would be seen, and where names of objects are copied to",
    ),
    piece(
        "s3:GetBucketNotificationConfiguration",
        "notification settings",
        "which functions and queues are called for each new object",
    ),
    piece(
        "s3:GetBucketReplication",
        "replication settings",
        "whether all objects are copied to another bucket, which others may read",
    ),
    piece(
        "s3:ListBucketInventoryConfigurations",
        "inventory settings",
        "where lists of the objects are written to",
    ),
    piece(
        "s3control:GetPublicAccessBlock",
        "account public access blocks",
        "whether public policies and ACLs let anybody into the account's buckets",
    ),
    piece(
        "s3control:ListAccessPoints",
        "access points",
        "further doors to the buckets, each with a policy of its own",
    ),
    piece(
        "s3control:GetAccessPoint",
        "access point descriptions",
        "which bucket the access point opens, and to which network",
    ),
    piece(
        "s3control:GetAccessPointPolicy",
        "access point policies",
        "whom the access point's policy names could read objects through it",
    ),
    // Keys and secrets.
    piece(
        "kms:ListKeys",
        "keys",
        "keys of the account that nothing else names",
    ),
    piece(
        "kms:ListAliases",
        "key alias names",
        "which key an alias in a setting stands for",
    ),
    piece(
        "kms:DescribeKey",
        "key descriptions",
        "whether AWS manages the key, and so whether anybody outside the account could use it",
    ),
    piece(
        "kms:GetKeyPolicy",
        "key policies",
        "whom the key policy names could decrypt; whether identity grants in the account count for the key",
    ),
    piece(
        "kms:ListGrants",
        "key grants",
        "whom a grant names could decrypt, which no policy shows",
    ),
    piece(
        "secretsmanager:ListSecrets",
        "secrets",
        "secrets with credentials of Kafka users that nothing else names",
    ),
    piece(
        "secretsmanager:DescribeSecret",
        "secret descriptions",
        "which key protects the secret, and whose credential it is",
    ),
    piece(
        "secretsmanager:GetResourcePolicy",
        "secret policies",
        "whom the secret's policy names could read the credential; identity grants could be denied by it",
    ),
    // Hosts, volumes, snapshots.
    piece(
        "ec2:DescribeInstances",
        "instances",
        "which hosts there are: brokers, and whoever sits beside them, with their roles and positions",
    ),
    piece(
        "ec2:DescribeVolumes",
        "volumes",
        "which disks hold logs, whether they are encrypted, and with which key",
    ),
    piece(
        "ec2:DescribeSnapshots",
        "snapshots",
        "copies of log disks that whoever may use snapshots could read",
    ),
    piece(
        "ec2:DescribeSnapshotAttribute",
        "snapshot permissions",
        "whether the snapshot is shared with another account, or with everybody",
    ),
    piece(
        "ec2:GetEbsEncryptionByDefault",
        "disk encryption defaults",
        "whether new disks and copies are encrypted",
    ),
    piece(
        "ec2:GetSnapshotBlockPublicAccessState",
        "snapshot sharing blocks",
        "whether a snapshot shared with everybody is really open",
    ),
    piece(
        "ec2:DescribeIamInstanceProfileAssociations",
        "instance profile associations",
        "which role the code on a host acts as",
    ),
    // Networks.
    piece("ec2:DescribeVpcs", "VPCs", "which addresses a network has"),
    piece(
        "ec2:DescribeSubnets",
        "subnets",
        "where hosts and interfaces stand, and where a new host could be started",
    ),
    piece(
        "ec2:DescribeSecurityGroups",
        "security groups",
        "who could open a connection to a listener or a mount target",
    ),
    piece(
        "ec2:DescribeNetworkInterfaces",
        "network interfaces",
        "which addresses and security groups brokers, endpoints and mount targets have",
    ),
    piece(
        "ec2:DescribeRouteTables",
        "route tables",
        "whether a subnet leads to the internet, a peering or a transit gateway",
    ),
    piece(
        "ec2:DescribeNetworkAcls",
        "network ACLs",
        "connections that security groups admit could be refused by the subnet",
    ),
    piece(
        "ec2:DescribeInternetGateways",
        "internet gateways",
        "whether a network is open to the internet",
    ),
    piece(
        "ec2:DescribeEgressOnlyInternetGateways",
        "egress-only internet gateways",
        "whether hosts reach the internet over IPv6",
    ),
    piece(
        "ec2:DescribeNatGateways",
        "NAT gateways",
        "from which public addresses requests of a network come",
    ),
    piece(
        "ec2:DescribeAddresses",
        "elastic IPs",
        "from which public addresses requests come",
    ),
    piece(
        "ec2:DescribeVpcPeeringConnections",
        "peerings",
        "which other networks, of other accounts too, could reach a listener",
    ),
    piece(
        "ec2:DescribeManagedPrefixLists",
        "prefix lists",
        "which addresses a security group or route means",
    ),
    piece(
        "ec2:GetManagedPrefixListEntries",
        "prefix list entries",
        "which addresses a security group or route means",
    ),
    piece(
        "ec2:DescribePrefixLists",
        "service prefix lists",
        "which service's addresses a route means",
    ),
    piece(
        "ec2:DescribeTransitGateways",
        "transit gateways",
        "which networks are joined",
    ),
    piece(
        "ec2:DescribeTransitGatewayAttachments",
        "transit gateway attachments",
        "which networks, of other accounts too, could reach a listener",
    ),
    piece(
        "ec2:DescribeTransitGatewayVpcAttachments",
        "transit gateway VPC attachments",
        "which networks, of other accounts too, could reach a listener",
    ),
    piece(
        "ec2:DescribeTransitGatewayRouteTables",
        "transit gateway route tables",
        "which joined networks reach each other",
    ),
    piece(
        "ec2:GetTransitGatewayRouteTableAssociations",
        "transit gateway associations",
        "which joined networks reach each other",
    ),
    piece(
        "ec2:SearchTransitGatewayRoutes",
        "transit gateway routes",
        "which joined networks reach each other; a route that was not listed could lead to a listener",
    ),
    piece(
        "ec2:DescribeVpnGateways",
        "VPN gateways",
        "whether networks outside AWS could reach a listener",
    ),
    piece(
        "ec2:DescribeVpcEndpoints",
        "VPC endpoints",
        "from which endpoints requests come, and what the endpoint's policy lets through",
    ),
    piece(
        "ec2:DescribeVpcEndpointServiceConfigurations",
        "endpoint services",
        "whether listeners are offered to other networks through PrivateLink",
    ),
    piece(
        "ec2:DescribeVpcEndpointServicePermissions",
        "endpoint service permissions",
        "which accounts could connect to the listeners through PrivateLink",
    ),
    piece(
        "ec2:DescribeFlowLogs",
        "flow logs",
        "whether connections would be seen",
    ),
    piece(
        "elbv2:DescribeLoadBalancers",
        "load balancers",
        "whether a listener is reached through a load balancer, from the internet too",
    ),
    piece(
        "elbv2:DescribeListeners",
        "load balancer listeners",
        "on which ports the load balancer leads to brokers",
    ),
    piece(
        "elbv2:DescribeTargetGroups",
        "target groups",
        "to which hosts a load balancer leads",
    ),
    piece(
        "elbv2:DescribeTargetHealth",
        "targets",
        "to which hosts a load balancer leads",
    ),
    // File systems.
    piece(
        "efs:DescribeFileSystems",
        "EFS file systems",
        "file systems that could hold logs, and their keys",
    ),
    piece(
        "efs:DescribeMountTargets",
        "mount targets",
        "from which networks the file system could be mounted",
    ),
    piece(
        "efs:DescribeMountTargetSecurityGroups",
        "mount target security groups",
        "who could open a connection to the mount target",
    ),
    piece(
        "efs:DescribeAccessPoints",
        "EFS access points",
        "as which user and in which folder clients mount",
    ),
    piece(
        "efs:DescribeFileSystemPolicy",
        "file system policies",
        "whom the file system policy admits could mount it; without a policy whoever reaches it may",
    ),
    piece(
        "fsx:DescribeFileSystems",
        "FSx file systems",
        "file systems that could hold logs, and where they could be mounted",
    ),
    piece(
        "fsx:DescribeVolumes",
        "FSx volumes",
        "which parts of a file system could hold logs",
    ),
    piece(
        "fsx:DescribeStorageVirtualMachines",
        "FSx virtual machines",
        "at which addresses a file system could be mounted",
    ),
    // Managed Kafka and what reads it.
    piece(
        "kafka:ListClusters",
        "MSK clusters",
        "clusters of the account that nothing else names",
    ),
    piece(
        "kafka:ListClustersV2",
        "MSK clusters",
        "clusters of the account that nothing else names, serverless ones included",
    ),
    piece(
        "kafka:DescribeCluster",
        "MSK cluster descriptions",
        "how clients of the cluster authenticate, and whether it is public",
    ),
    piece(
        "kafka:DescribeClusterV2",
        "MSK cluster descriptions",
        "how clients of the cluster authenticate, and whether it is public",
    ),
    piece(
        "kafka:GetClusterPolicy",
        "cluster policies",
        "which other accounts could connect to the cluster, or read its topics with IAM",
    ),
    piece(
        "kafka:GetBootstrapBrokers",
        "bootstrap broker lists",
        "by which ways of authentication, and from the internet or not, the cluster is reached",
    ),
    piece(
        "kafka:ListNodes",
        "MSK brokers",
        "at which addresses and interfaces the brokers are reached",
    ),
    piece(
        "kafka:ListScramSecrets",
        "SCRAM secrets",
        "whose passwords open the cluster, and so who reads them",
    ),
    piece(
        "kafka:ListVpcConnections",
        "MSK VPC connections",
        "which networks of the account reach clusters of others",
    ),
    piece(
        "kafka:ListClientVpcConnections",
        "client VPC connections",
        "which networks of other accounts reach the cluster",
    ),
    piece(
        "kafka:ListConfigurations",
        "MSK configurations",
        "which configurations there are for brokers",
    ),
    piece(
        "kafka:DescribeConfigurationRevision",
        "MSK configuration revisions",
        "whether topics without ACLs are open to everybody (allow.everyone.if.no.acl.found)",
    ),
    piece(
        "kafka:ListReplicators",
        "replicators",
        "whether topics are copied to another cluster",
    ),
    piece(
        "kafka:DescribeReplicator",
        "replicator descriptions",
        "which topics are copied, where to, and by which role",
    ),
    piece(
        "kafkaconnect:ListConnectors",
        "connectors",
        "whether topics are copied elsewhere by connectors",
    ),
    piece(
        "kafkaconnect:DescribeConnector",
        "connector descriptions",
        "which topics a connector reads, as which role, and where it writes them",
    ),
    piece(
        "lambda:ListFunctions",
        "functions",
        "which code acts as which role, and from which network",
    ),
    piece(
        "lambda:ListEventSourceMappings",
        "event source mappings",
        "which functions are fed from topics",
    ),
    piece(
        "pipes:ListPipes",
        "pipes",
        "whether topics are copied elsewhere by pipes",
    ),
    piece(
        "pipes:DescribePipe",
        "pipe descriptions",
        "which topic a pipe reads, as which role, and where it writes it",
    ),
    piece(
        "firehose:ListDeliveryStreams",
        "delivery streams",
        "whether topics are copied elsewhere by delivery streams",
    ),
    piece(
        "firehose:DescribeDeliveryStream",
        "delivery stream descriptions",
        "which topic a stream reads, as which role, and where it writes it",
    ),
    // Containers.
    piece(
        "ecs:ListClusters",
        "ECS clusters",
        "where containers run that could act as roles beside the brokers",
    ),
    piece(
        "ecs:ListTasks",
        "ECS tasks",
        "which containers run, as which roles",
    ),
    piece(
        "ecs:DescribeTasks",
        "ECS task descriptions",
        "which containers run, as which roles, and from which network",
    ),
    piece(
        "ecs:DescribeServices",
        "ECS service descriptions",
        "which containers run, as which roles, and from which network",
    ),
    piece(
        "ecs:DescribeTaskDefinition",
        "ECS task definitions",
        "as which role a container acts, and which secrets it is given",
    ),
    piece(
        "eks:ListClusters",
        "EKS clusters",
        "where pods run that could act as roles beside the brokers",
    ),
    piece(
        "eks:DescribeCluster",
        "EKS cluster descriptions",
        "which identity provider and role a cluster has, and whether its API is public",
    ),
    piece(
        "eks:ListNodegroups",
        "EKS node groups",
        "which hosts pods share, and their role",
    ),
    piece(
        "eks:DescribeNodegroup",
        "EKS node group descriptions",
        "which role every pod on the nodes could act as",
    ),
    piece(
        "eks:ListPodIdentityAssociations",
        "pod identity associations",
        "which pods act as which roles",
    ),
    piece(
        "eks:DescribePodIdentityAssociation",
        "pod identity descriptions",
        "which pods act as which roles",
    ),
    piece(
        "eks:ListAccessEntries",
        "EKS access entries",
        "which identities could start pods in the cluster",
    ),
    piece(
        "eks:ListAssociatedAccessPolicies",
        "EKS access policies",
        "what an identity may do in the cluster",
    ),
    // Would it be seen?
    piece(
        "cloudtrail:DescribeTrails",
        "trails",
        "whether requests would be seen",
    ),
    piece(
        "cloudtrail:GetEventSelectors",
        "event selectors",
        "whether reads of objects would be seen",
    ),
    // Kafka's own.
    piece(
        "kafka:acls",
        "ACL listings",
        "which Kafka users read which topics; without the list an ACL could admit anybody, or its lack everybody",
    ),
    piece(
        "kafka:topics",
        "topic listings",
        "which topics there are, and which brokers hold them",
    ),
    piece(
        "kafka:properties",
        "broker configurations",
        "how the broker's clients authenticate, where its log lies, and who is a superuser",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::known_calls;

    #[test]
    fn every_call_that_a_capture_may_hold_says_what_it_would_change() {
        for call in known_calls() {
            assert!(piece_of(call).is_some(), "{call} has no row");
        }
        for piece in pieces() {
            let known = known_calls().any(|call| call == piece.call);
            let own = ["kafka:acls", "kafka:topics", "kafka:properties"];
            assert!(known || own.contains(&piece.call), "{}", piece.call);
            let twice = pieces().filter(|other| other.call == piece.call);
            assert_eq!(twice.count(), 1, "{}", piece.call);
            assert!(!piece.means.is_empty(), "{}", piece.call);
            // One of them is told without the last letter, or with a y for -ies.
            let plural = piece.holds.ends_with('s') && !piece.holds.ends_with("ses");
            assert!(plural && !piece.holds.contains(" of "), "{}", piece.holds);
        }
    }
}
