//! Every call that is made, as data: whom it asks about, how it pages, which permission it needs.
//!
//! Sources: the API references of the services, for wire names and pages; the Service Authorization
//! Reference, for actions, which are named otherwise in places (`s3:ListBuckets` needs
//! `s3:ListAllMyBuckets`).
//!
//! Must never: hold a call that changes anything, or whose answer holds event data, the value of a
//! secret, user data or console output. A test goes through the table by verbs and names.

/// One call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    /// `ec2:DescribeVpcs`.
    pub(crate) call: &'static str,
    /// How often it is made.
    pub(crate) scope: Scope,
    /// Answers that name the resources it is made about; empty when it is about none.
    pub(crate) each: &'static [Each],
    /// The parameter that names the resource, as the CLI has it.
    pub(crate) resource: &'static str,
    /// A parameter that is part of the question: a second row asks with another value.
    pub(crate) variant: Option<(&'static str, &'static str)>,
    /// Further parameters in the shape of the CLI, as JSON; empty when there are none.
    pub(crate) fixed: &'static str,
    /// Lists in the answer, which pages of it are joined by; the first one must be there.
    pub(crate) lists: &'static [&'static str],
    /// How the next page is asked for.
    pub(crate) pager: Pager,
    /// What sends it.
    pub(crate) via: Via,
    /// The permission that it needs, where it is not named as the call is.
    permission: &'static str,
}

/// How often a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Once, by the caller's own account, or by the management account when that can be entered.
    Organization,
    /// Once in each account.
    Account,
    /// Once in each region of each account.
    Region,
}

/// Where resources are named: in each item of a list of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Each {
    /// The call that is answered with the list.
    pub(crate) call: &'static str,
    /// The list.
    pub(crate) list: &'static str,
    /// The member of each item.
    pub(crate) member: &'static str,
}

/// Where the next page is found in an answer, and how it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pager {
    /// Not at all: the answer is whole.
    None,
    /// `NextToken` in both.
    NextToken,
    /// `Marker` in both, with `IsTruncated`.
    Marker,
    /// `NextMarker` in the answer, `Marker` in the question.
    NextMarker,
    /// `ContinuationToken` in both.
    ContinuationToken,
    /// `NextContinuationToken` in the answer, `ContinuationToken` in the question.
    NextContinuationToken,
}

impl Pager {
    /// The member of an answer that names the next page.
    pub(crate) fn answer(self) -> &'static str {
        match self {
            Self::None => "",
            Self::NextToken => "NextToken",
            Self::Marker => "Marker",
            Self::NextMarker => "NextMarker",
            Self::ContinuationToken => "ContinuationToken",
            Self::NextContinuationToken => "NextContinuationToken",
        }
    }

    /// The parameter of a question that asks for it.
    pub(crate) fn question(self) -> &'static str {
        match self {
            Self::None => "",
            Self::NextToken => "NextToken",
            Self::Marker | Self::NextMarker => "Marker",
            Self::ContinuationToken | Self::NextContinuationToken => "ContinuationToken",
        }
    }
}

/// What sends a call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Via {
    /// A client of the SDK: [`super::sdk`].
    Sdk,
    /// The Query protocol: [`super::signed`]. Parameters beside the resource, as they go over the
    /// wire.
    Query(&'static [(&'static str, &'static str)]),
    /// `GET` of a path of S3 Control, with `{}` where the resource goes.
    Control(&'static str),
}

impl Ask {
    /// The service: `ec2`.
    pub(crate) fn service(&self) -> &'static str {
        self.call
            .split_once(':')
            .map_or(self.call, |(service, _)| service)
    }

    /// The operation: `DescribeVpcs`.
    pub(crate) fn operation(&self) -> &'static str {
        self.call
            .split_once(':')
            .map_or("", |(_, operation)| operation)
    }

    /// The permission that it needs; none for the question who asks.
    pub(crate) fn action(&self) -> Option<String> {
        match (self.permission, self.service()) {
            ("", "sts") => None,
            ("", "elbv2") => Some(format!("elasticloadbalancing:{}", self.operation())),
            ("", _) => Some(self.call.to_owned()),
            (permission, _) => Some(permission.to_owned()),
        }
    }

    const fn needs(mut self, permission: &'static str) -> Self {
        self.permission = permission;
        self
    }

    const fn about(mut self, each: &'static [Each], resource: &'static str) -> Self {
        self.each = each;
        self.resource = resource;
        self
    }

    const fn with(mut self, fixed: &'static str) -> Self {
        self.fixed = fixed;
        self
    }

    const fn only(mut self, name: &'static str, value: &'static str) -> Self {
        self.variant = Some((name, value));
        self
    }

    const fn wire(mut self, wire: &'static [(&'static str, &'static str)]) -> Self {
        self.via = Via::Query(wire);
        self
    }

    const fn lists(mut self, lists: &'static [&'static str], pager: Pager) -> Self {
        self.lists = lists;
        self.pager = pager;
        self
    }

    const fn path(mut self, path: &'static str) -> Self {
        self.via = Via::Control(path);
        self
    }
}

const fn ask(call: &'static str, scope: Scope) -> Ask {
    Ask {
        call,
        scope,
        each: &[],
        resource: "",
        variant: None,
        fixed: "",
        lists: &[],
        pager: Pager::None,
        via: Via::Sdk,
        permission: "",
    }
}

/// A list call of EC2 in each region. `MaxResults` where the reference allows a thousand: without
/// it, some calls answer in one piece and time out in large accounts.
const fn ec2(call: &'static str, lists: &'static [&'static str]) -> Ask {
    ask(call, Scope::Region)
        .lists(lists, Pager::NextToken)
        .wire(&[])
}

const PAGED: &[(&str, &str)] = &[("MaxResults", "1000")];

const fn each(call: &'static str, list: &'static str, member: &'static str) -> Each {
    Each { call, list, member }
}

const ROOTS: Each = each("organizations:ListRoots", "Roots", "Id");
const ACCOUNTS: Each = each("organizations:ListAccounts", "Accounts", "Id");
const UNITS: Each = each(
    "organizations:ListOrganizationalUnitsForParent",
    "OrganizationalUnits",
    "Id",
);
const BUCKETS: &[Each] = &[each("s3:ListBuckets", "Buckets", "Name")];
const KEYS: &[Each] = &[each("kms:ListKeys", "Keys", "KeyId")];
const ACCESS_POINTS: &[Each] = &[each(
    "s3control:ListAccessPoints",
    "AccessPointList",
    "Name",
)];
const MULTI_REGION: &[Each] = &[each(
    "s3control:ListMultiRegionAccessPoints",
    "AccessPoints",
    "Name",
)];
const OBJECT_LAMBDA: &[Each] = &[each(
    "s3control:ListAccessPointsForObjectLambda",
    "ObjectLambdaAccessPointList",
    "Name",
)];
const TGW_TABLES: &[Each] = &[each(
    "ec2:DescribeTransitGatewayRouteTables",
    "TransitGatewayRouteTables",
    "TransitGatewayRouteTableId",
)];

const TARGET_GROUPS: &[Each] = &[each(
    "elbv2:DescribeTargetGroups",
    "TargetGroups",
    "TargetGroupArn",
)];

/// The call that all others of the organization wait for: it says whether there is one, and which
/// account manages it.
pub(crate) const ORGANIZATION: &str = "organizations:DescribeOrganization";

/// The calls, in the order in which they are begun.
pub(crate) const ASKS: &[Ask] = &[
    // Identity. Needs no permission.
    ask("sts:GetCallerIdentity", Scope::Account),
    ask("iam:GetAccountAuthorizationDetails", Scope::Account)
        .with(r#"{"Filter": ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"]}"#)
        .lists(
            &[
                "UserDetailList",
                "GroupDetailList",
                "RoleDetailList",
                "Policies",
            ],
            Pager::Marker,
        ),
    ask("iam:ListInstanceProfiles", Scope::Account).lists(&["InstanceProfiles"], Pager::Marker),
    ask("iam:ListOpenIDConnectProviders", Scope::Account)
        .lists(&["OpenIDConnectProviderList"], Pager::None),
    ask("iam:GetOpenIDConnectProvider", Scope::Account).about(
        &[each(
            "iam:ListOpenIDConnectProviders",
            "OpenIDConnectProviderList",
            "Arn",
        )],
        "OpenIDConnectProviderArn",
    ),
    ask("iam:ListSAMLProviders", Scope::Account).lists(&["SAMLProviderList"], Pager::None),
    ask("iam:GetSAMLProvider", Scope::Account).about(
        &[each("iam:ListSAMLProviders", "SAMLProviderList", "Arn")],
        "SAMLProviderArn",
    ),
    // The organization.
    ask(ORGANIZATION, Scope::Organization),
    ask("organizations:ListRoots", Scope::Organization).lists(&["Roots"], Pager::NextToken),
    ask("organizations:ListAccounts", Scope::Organization).lists(&["Accounts"], Pager::NextToken),
    ask(
        "organizations:ListDelegatedAdministrators",
        Scope::Organization,
    )
    .lists(&["DelegatedAdministrators"], Pager::NextToken),
    ask(
        "organizations:ListOrganizationalUnitsForParent",
        Scope::Organization,
    )
    .about(&[ROOTS, UNITS], "ParentId")
    .lists(&["OrganizationalUnits"], Pager::NextToken),
    ask("organizations:ListParents", Scope::Organization)
        .about(&[ACCOUNTS, UNITS], "ChildId")
        .lists(&["Parents"], Pager::NextToken),
    ask("organizations:ListPoliciesForTarget", Scope::Organization)
        .about(&[ROOTS, UNITS, ACCOUNTS], "TargetId")
        .only("Filter", "SERVICE_CONTROL_POLICY")
        .lists(&["Policies"], Pager::NextToken),
    ask("organizations:ListPoliciesForTarget", Scope::Organization)
        .about(&[ROOTS, UNITS, ACCOUNTS], "TargetId")
        .only("Filter", "RESOURCE_CONTROL_POLICY")
        .lists(&["Policies"], Pager::NextToken),
    ask("organizations:DescribePolicy", Scope::Organization).about(
        &[each(
            "organizations:ListPoliciesForTarget",
            "Policies",
            "Id",
        )],
        "PolicyId",
    ),
    // Buckets and access points.
    ask("s3:ListBuckets", Scope::Account)
        .needs("s3:ListAllMyBuckets")
        .lists(&["Buckets"], Pager::ContinuationToken),
    bucket("s3:GetBucketLocation"),
    bucket("s3:GetBucketPolicy"),
    bucket("s3:GetBucketAcl"),
    bucket("s3:GetPublicAccessBlock").needs("s3:GetBucketPublicAccessBlock"),
    bucket("s3:GetBucketOwnershipControls"),
    bucket("s3:GetBucketEncryption").needs("s3:GetEncryptionConfiguration"),
    bucket("s3:GetBucketLogging"),
    bucket("s3:GetBucketVersioning"),
    bucket("s3:GetBucketNotificationConfiguration").needs("s3:GetBucketNotification"),
    bucket("s3:GetBucketReplication").needs("s3:GetReplicationConfiguration"),
    bucket("s3:GetBucketTagging"),
    bucket("s3:GetObjectLockConfiguration").needs("s3:GetBucketObjectLockConfiguration"),
    bucket("s3:ListBucketInventoryConfigurations")
        .needs("s3:GetInventoryConfiguration")
        .lists(
            &["InventoryConfigurationList"],
            Pager::NextContinuationToken,
        ),
    ask("s3control:GetPublicAccessBlock", Scope::Account)
        .needs("s3:GetAccountPublicAccessBlock")
        .path("/v20180820/configuration/publicAccessBlock"),
    ask("s3control:ListAccessPoints", Scope::Region)
        .needs("s3:ListAccessPoints")
        .lists(&["AccessPointList"], Pager::NextToken)
        .path("/v20180820/accesspoint"),
    ask("s3control:GetAccessPoint", Scope::Region)
        .needs("s3:GetAccessPoint")
        .about(ACCESS_POINTS, "Name")
        .path("/v20180820/accesspoint/{}"),
    ask("s3control:GetAccessPointPolicy", Scope::Region)
        .needs("s3:GetAccessPointPolicy")
        .about(ACCESS_POINTS, "Name")
        .path("/v20180820/accesspoint/{}/policy"),
    ask("s3control:ListMultiRegionAccessPoints", Scope::Account)
        .needs("s3:ListMultiRegionAccessPoints")
        .lists(&["AccessPoints"], Pager::NextToken)
        .path("/v20180820/mrap/instances"),
    ask("s3control:GetMultiRegionAccessPointPolicy", Scope::Account)
        .needs("s3:GetMultiRegionAccessPointPolicy")
        .about(MULTI_REGION, "Name")
        .path("/v20180820/mrap/instances/{}/policy"),
    ask("s3control:ListAccessPointsForObjectLambda", Scope::Region)
        .needs("s3:ListAccessPointsForObjectLambda")
        .lists(&["ObjectLambdaAccessPointList"], Pager::NextToken)
        .path("/v20180820/accesspointforobjectlambda"),
    ask(
        "s3control:GetAccessPointConfigurationForObjectLambda",
        Scope::Region,
    )
    .needs("s3:GetAccessPointConfigurationForObjectLambda")
    .about(OBJECT_LAMBDA, "Name")
    .path("/v20180820/accesspointforobjectlambda/{}/configuration"),
    ask("s3control:ListAccessGrantsInstances", Scope::Region)
        .needs("s3:ListAccessGrantsInstances")
        .lists(&["AccessGrantsInstancesList"], Pager::NextToken)
        .path("/v20180820/accessgrantsinstances"),
    ask("s3control:ListAccessGrantsLocations", Scope::Region)
        .needs("s3:ListAccessGrantsLocations")
        .lists(&["AccessGrantsLocationsList"], Pager::NextToken)
        .path("/v20180820/accessgrantsinstance/locations"),
    ask("s3control:ListAccessGrants", Scope::Region)
        .needs("s3:ListAccessGrants")
        .lists(&["AccessGrantsList"], Pager::NextToken)
        .path("/v20180820/accessgrantsinstance/grants"),
    ask(
        "s3control:GetAccessGrantsInstanceResourcePolicy",
        Scope::Region,
    )
    .needs("s3:GetAccessGrantsInstanceResourcePolicy")
    .path("/v20180820/accessgrantsinstance/resourcepolicy"),
    // Keys and secrets.
    ask("kms:ListKeys", Scope::Region).lists(&["Keys"], Pager::NextMarker),
    ask("kms:ListAliases", Scope::Region).lists(&["Aliases"], Pager::NextMarker),
    ask("kms:DescribeKey", Scope::Region).about(KEYS, "KeyId"),
    ask("kms:GetKeyPolicy", Scope::Region)
        .about(KEYS, "KeyId")
        .with(r#"{"PolicyName": "default"}"#),
    ask("kms:ListGrants", Scope::Region)
        .about(KEYS, "KeyId")
        .lists(&["Grants"], Pager::NextMarker),
    ask("secretsmanager:ListSecrets", Scope::Region)
        .with(r#"{"IncludePlannedDeletion": true}"#)
        .lists(&["SecretList"], Pager::NextToken),
    ask("secretsmanager:GetResourcePolicy", Scope::Region).about(
        &[each("secretsmanager:ListSecrets", "SecretList", "ARN")],
        "SecretId",
    ),
    // Regions, hosts, volumes, snapshots.
    ask(REGIONS, Scope::Account)
        .lists(&["Regions"], Pager::None)
        .wire(&[]),
    ec2("ec2:DescribeInstances", &["Reservations"]).wire(PAGED),
    ec2("ec2:DescribeVolumes", &["Volumes"]).wire(PAGED),
    // Without an owner, every public snapshot is listed.
    ec2("ec2:DescribeSnapshots", &["Snapshots"])
        .with(r#"{"OwnerIds": ["self"]}"#)
        .wire(&[("Owner.1", "self"), ("MaxResults", "1000")]),
    ask("ec2:DescribeSnapshotAttribute", Scope::Region)
        .about(
            &[each("ec2:DescribeSnapshots", "Snapshots", "SnapshotId")],
            "SnapshotId",
        )
        .with(r#"{"Attribute": "createVolumePermission"}"#)
        .wire(&[("Attribute", "createVolumePermission")]),
    ask("ec2:GetEbsEncryptionByDefault", Scope::Region).wire(&[]),
    ask("ec2:GetSnapshotBlockPublicAccessState", Scope::Region).wire(&[]),
    ec2(
        "ec2:DescribeIamInstanceProfileAssociations",
        &["IamInstanceProfileAssociations"],
    ),
    // Networks.
    ec2("ec2:DescribeVpcs", &["Vpcs"]),
    ec2("ec2:DescribeSubnets", &["Subnets"]),
    ec2("ec2:DescribeRouteTables", &["RouteTables"]),
    ec2("ec2:DescribeNetworkAcls", &["NetworkAcls"]),
    ec2("ec2:DescribeSecurityGroups", &["SecurityGroups"]).wire(PAGED),
    ec2("ec2:DescribeNetworkInterfaces", &["NetworkInterfaces"]).wire(PAGED),
    ec2("ec2:DescribeInternetGateways", &["InternetGateways"]),
    ec2(
        "ec2:DescribeEgressOnlyInternetGateways",
        &["EgressOnlyInternetGateways"],
    ),
    ec2("ec2:DescribeNatGateways", &["NatGateways"]),
    ec2("ec2:DescribeAddresses", &["Addresses"]),
    ec2(
        "ec2:DescribeVpcPeeringConnections",
        &["VpcPeeringConnections"],
    ),
    ec2("ec2:DescribeVpcEndpoints", &["VpcEndpoints"]),
    ec2(
        "ec2:DescribeVpcEndpointServiceConfigurations",
        &["ServiceConfigurations"],
    ),
    ec2(
        "ec2:DescribeVpcEndpointServicePermissions",
        &["AllowedPrincipals"],
    )
    .about(
        &[each(
            "ec2:DescribeVpcEndpointServiceConfigurations",
            "ServiceConfigurations",
            "ServiceId",
        )],
        "ServiceId",
    )
    .wire(&[]),
    ec2("ec2:DescribeManagedPrefixLists", &["PrefixLists"]),
    ec2("ec2:GetManagedPrefixListEntries", &["Entries"])
        .about(
            &[each(
                "ec2:DescribeManagedPrefixLists",
                "PrefixLists",
                "PrefixListId",
            )],
            "PrefixListId",
        )
        .wire(&[]),
    ec2("ec2:DescribePrefixLists", &["PrefixLists"]),
    ec2("ec2:DescribeTransitGateways", &["TransitGateways"]),
    ec2(
        "ec2:DescribeTransitGatewayAttachments",
        &["TransitGatewayAttachments"],
    ),
    ec2(
        "ec2:DescribeTransitGatewayVpcAttachments",
        &["TransitGatewayVpcAttachments"],
    ),
    ec2(
        "ec2:DescribeTransitGatewayRouteTables",
        &["TransitGatewayRouteTables"],
    ),
    ec2(
        "ec2:GetTransitGatewayRouteTableAssociations",
        &["Associations"],
    )
    .about(TGW_TABLES, "TransitGatewayRouteTableId")
    .wire(&[]),
    ec2(
        "ec2:GetTransitGatewayRouteTablePropagations",
        &["TransitGatewayRouteTablePropagations"],
    )
    .about(TGW_TABLES, "TransitGatewayRouteTableId")
    .wire(&[]),
    // `ExportTransitGatewayRoutes` has no limit, and writes to a bucket: never.
    ec2("ec2:SearchTransitGatewayRoutes", &["Routes"])
        .about(TGW_TABLES, "TransitGatewayRouteTableId")
        .with(r#"{"Filters": [{"Name": "state", "Values": ["active", "blackhole"]}]}"#)
        .wire(&[
            ("Filter.1.Name", "state"),
            ("Filter.1.Value.1", "active"),
            ("Filter.1.Value.2", "blackhole"),
        ]),
    ec2("ec2:DescribeVpnGateways", &["VpnGateways"]),
    ask("ec2:DescribeVpcBlockPublicAccessOptions", Scope::Region).wire(&[]),
    ec2(
        "ec2:DescribeVpcBlockPublicAccessExclusions",
        &["VpcBlockPublicAccessExclusions"],
    ),
    ec2("ec2:DescribeFlowLogs", &["FlowLogs"]),
    // Load balancers.
    elb("elbv2:DescribeLoadBalancers", &["LoadBalancers"]),
    elb("elbv2:DescribeListeners", &["Listeners"])
        .about(
            &[each(
                "elbv2:DescribeLoadBalancers",
                "LoadBalancers",
                "LoadBalancerArn",
            )],
            "LoadBalancerArn",
        )
        .wire(&[]),
    elb("elbv2:DescribeTargetGroups", &["TargetGroups"]),
    elb("elbv2:DescribeTargetHealth", &["TargetHealthDescriptions"])
        .about(TARGET_GROUPS, "TargetGroupArn")
        .wire(&[]),
    elb("elbv2:DescribeTargetGroupAttributes", &["Attributes"])
        .about(TARGET_GROUPS, "TargetGroupArn")
        .wire(&[]),
];

/// The call that says which regions an account uses.
pub(crate) const REGIONS: &str = "ec2:DescribeRegions";

const fn bucket(call: &'static str) -> Ask {
    ask(call, Scope::Account).about(BUCKETS, "Bucket")
}

const fn elb(call: &'static str, lists: &'static [&'static str]) -> Ask {
    ask(call, Scope::Region)
        .lists(lists, Pager::NextMarker)
        .wire(&[])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Calls whose answers hold data, secrets, or what may hold either.
    const FORBIDDEN: [&str; 17] = [
        "secretsmanager:GetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        "secretsmanager:GetRandomPassword",
        "s3:GetObject",
        "s3:SelectObjectContent",
        "s3:GetObjectTorrent",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "ec2:GetConsoleOutput",
        "ec2:GetConsoleScreenshot",
        "ec2:GetPasswordData",
        "ec2:DescribeInstanceAttribute",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:GetLaunchTemplateData",
        "ec2:ExportTransitGatewayRoutes",
        "iam:GenerateCredentialReport",
        "sts:GetFederationToken",
    ];

    #[test]
    fn every_call_only_reads_and_none_reads_data_or_secrets() {
        for ask in ASKS {
            let verb = ["Describe", "List", "Get", "Search"]
                .iter()
                .find(|verb| ask.operation().starts_with(**verb));
            assert!(verb.is_some(), "{}", ask.call);
            assert!(!FORBIDDEN.contains(&ask.call), "{}", ask.call);
            let lower = ask.call.to_ascii_lowercase();
            for word in [
                "secretvalue",
                "object",
                "userdata",
                "console",
                "password",
                "decrypt",
            ] {
                // Settings of a bucket, and access points of a kind.
                let spared = ask.call == "s3:GetObjectLockConfiguration"
                    || ask.call.ends_with("ForObjectLambda");
                assert!(spared || !lower.contains(word), "{}", ask.call);
            }
            if let Some(action) = ask.action() {
                assert!(!FORBIDDEN.contains(&action.as_str()), "{action}");
            }
            assert!(
                !ask.fixed.contains("userData") && !ask.fixed.contains("WithDecryption"),
                "{}",
                ask.call
            );
        }
    }

    #[test]
    fn every_call_but_the_question_who_asks_names_its_permission() {
        for ask in ASKS {
            let none = ask.action().is_none();
            assert_eq!(none, ask.call == "sts:GetCallerIdentity", "{}", ask.call);
        }
    }

    #[test]
    fn resources_come_from_calls_of_the_table_with_that_list() {
        for ask in ASKS {
            assert_eq!(ask.each.is_empty(), ask.resource.is_empty(), "{}", ask.call);
            for each in ask.each {
                let source = ASKS.iter().find(|a| a.call == each.call);
                assert!(
                    source.is_some_and(|s| s.lists.contains(&each.list)),
                    "{}",
                    ask.call
                );
            }
            let fixed: Option<serde_json::Value> = serde_json::from_str(ask.fixed).ok();
            assert_eq!(fixed.is_some(), !ask.fixed.is_empty(), "{}", ask.call);
        }
    }

    #[test]
    fn no_question_is_asked_twice() {
        let mut seen = BTreeSet::new();
        for ask in ASKS {
            assert!(seen.insert((ask.call, ask.variant)), "{}", ask.call);
        }
    }
}
