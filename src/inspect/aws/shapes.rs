//! What the names of elements do not say: lists, numbers, flags, documents, and other names in JSON.
//!
//! Facts about the wire, from the API references of the services (EC2 2016-11-15, Elastic Load
//! Balancing 2015-12-01, IAM 2010-05-08, STS 2011-06-15, S3 2006-03-01, S3 Control 2018-08-20).
//! `tests/inspect_aws.rs` holds them against the models that the AWS CLI is driven by.
//!
//! Must never: describe an operation; which are asked is in [`super::table`].

/// How an element is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text, or an object when it has children.
    Plain,
    /// A list, also when it is empty.
    List,
    /// One item of a list that has no element of its own.
    Flattened,
    /// An object, also when it is empty.
    Structure,
    /// A whole number.
    Number,
    /// `true` or `false`.
    Flag,
    /// A policy document, percent-encoded.
    Document,
}

/// How one protocol writes answers.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// Whether the answer stands in `<OperationResult>`.
    pub(crate) result: bool,
    /// Whether names begin with a capital only in JSON, and lists end in `Set`.
    ec2: bool,
    /// Names of list items, and the list they stand in; an empty list name stands for any.
    items: &'static [(&'static str, &'static str)],
    lists: &'static [&'static str],
    flattened: &'static [(&'static str, &'static str)],
    structures: &'static [&'static str],
    numbers: &'static [&'static str],
    flags: &'static [&'static str],
    documents: &'static [&'static str],
    /// Root elements that hold text.
    texts: &'static [&'static str],
    /// Parent (empty: any), name on the wire, name in JSON.
    names: &'static [(&'static str, &'static str, &'static str)],
}

impl Dialect {
    /// Name and kind of a child.
    pub(crate) fn member(&self, parent: &str, name: &str) -> (String, Kind) {
        (self.name(parent, name), self.kind(parent, name))
    }

    /// Whether `child` is an item of the list `list`.
    pub(crate) fn is_item(&self, list: &str, child: &str) -> bool {
        let mut items = self.items.iter();
        items.any(|(l, item)| *item == child && (l.is_empty() || *l == list))
    }

    /// Whether a root element holds text.
    pub(crate) fn is_text(&self, name: &str) -> bool {
        self.texts.contains(&name)
    }

    fn name(&self, parent: &str, name: &str) -> String {
        let given = |parent: &str| {
            let mut names = self.names.iter();
            names.find(|(p, n, _)| *p == parent && *n == name)
        };
        if let Some((_, _, json)) = given(parent).or_else(|| given("")) {
            return (*json).to_owned();
        }
        if !self.ec2 {
            return name.to_owned();
        }
        match name.strip_suffix("Set") {
            Some(one) => capital(&plural(one)),
            None => capital(name),
        }
    }

    fn kind(&self, parent: &str, name: &str) -> Kind {
        let within = |names: &[&str]| {
            names.iter().any(|n| match n.split_once('/') {
                Some((p, n)) => p == parent && n == name,
                None => *n == name,
            })
        };
        let mut flattened = self.flattened.iter();
        if flattened.any(|(p, n)| *n == name && (p.is_empty() || *p == parent)) {
            Kind::Flattened
        } else if within(self.lists) || (self.ec2 && name.ends_with("Set")) {
            Kind::List
        } else if within(self.numbers) {
            Kind::Number
        } else if within(self.flags) {
            Kind::Flag
        } else if within(self.documents) {
            Kind::Document
        } else if within(self.structures) {
            Kind::Structure
        } else {
            Kind::Plain
        }
    }
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The plural as EC2 forms it: `tag`, `natGatewayAddress`, `dnsEntry`, `vpnGateway`, `instances`.
fn plural(one: &str) -> String {
    if one.ends_with("ss") || one.ends_with('x') {
        return format!("{one}es");
    }
    if one.ends_with('s') {
        return one.to_owned();
    }
    match one.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        Some(_) | None => format!("{one}s"),
    }
}

/// How a service writes its answers.
pub(crate) fn dialect(service: &str) -> &'static Dialect {
    match service {
        "ec2" => &EC2,
        "s3" | "s3control" => &S3,
        _ => &QUERY,
    }
}

/// Documents of S3: the root element, and the member that holds it in JSON.
pub(crate) fn document(
    service: &str,
    operation: &str,
) -> Option<(&'static str, Option<&'static str>)> {
    let (_, root, wrap) = DOCUMENTS
        .iter()
        .find(|(call, _, _)| *call == (service, operation))?;
    Some((root, *wrap))
}

type Document = (
    (&'static str, &'static str),
    &'static str,
    Option<&'static str>,
);

const DOCUMENTS: &[Document] = &[
    (("s3", "ListBuckets"), "ListAllMyBucketsResult", None),
    (
        ("s3", "GetBucketLocation"),
        "LocationConstraint",
        Some("LocationConstraint"),
    ),
    (("s3", "GetBucketAcl"), "AccessControlPolicy", None),
    (
        ("s3", "GetPublicAccessBlock"),
        "PublicAccessBlockConfiguration",
        Some("PublicAccessBlockConfiguration"),
    ),
    (
        ("s3", "GetBucketOwnershipControls"),
        "OwnershipControls",
        Some("OwnershipControls"),
    ),
    (
        ("s3", "GetBucketEncryption"),
        "ServerSideEncryptionConfiguration",
        Some("ServerSideEncryptionConfiguration"),
    ),
    (("s3", "GetBucketLogging"), "BucketLoggingStatus", None),
    (
        ("s3", "GetBucketVersioning"),
        "VersioningConfiguration",
        None,
    ),
    (
        ("s3", "GetBucketNotificationConfiguration"),
        "NotificationConfiguration",
        None,
    ),
    (
        ("s3", "GetBucketReplication"),
        "ReplicationConfiguration",
        Some("ReplicationConfiguration"),
    ),
    (("s3", "GetBucketTagging"), "Tagging", None),
    (
        ("s3", "GetObjectLockConfiguration"),
        "ObjectLockConfiguration",
        Some("ObjectLockConfiguration"),
    ),
    (
        ("s3", "ListBucketInventoryConfigurations"),
        "ListInventoryConfigurationsResult",
        None,
    ),
    (
        ("s3control", "GetPublicAccessBlock"),
        "PublicAccessBlockConfiguration",
        Some("PublicAccessBlockConfiguration"),
    ),
    (
        ("s3control", "ListAccessPoints"),
        "ListAccessPointsResult",
        None,
    ),
    (
        ("s3control", "GetAccessPoint"),
        "GetAccessPointResult",
        None,
    ),
    (
        ("s3control", "GetAccessPointPolicy"),
        "GetAccessPointPolicyResult",
        None,
    ),
    (
        ("s3control", "ListMultiRegionAccessPoints"),
        "ListMultiRegionAccessPointsResult",
        None,
    ),
    (
        ("s3control", "GetMultiRegionAccessPointPolicy"),
        "GetMultiRegionAccessPointPolicyResult",
        None,
    ),
    (
        ("s3control", "ListAccessPointsForObjectLambda"),
        "ListAccessPointsForObjectLambdaResult",
        None,
    ),
    (
        ("s3control", "GetAccessPointConfigurationForObjectLambda"),
        "GetAccessPointConfigurationForObjectLambdaResult",
        None,
    ),
    (
        ("s3control", "ListAccessGrantsInstances"),
        "ListAccessGrantsInstancesResult",
        None,
    ),
    (
        ("s3control", "ListAccessGrantsLocations"),
        "ListAccessGrantsLocationsResult",
        None,
    ),
    (
        ("s3control", "ListAccessGrants"),
        "ListAccessGrantsResult",
        None,
    ),
    (
        ("s3control", "GetAccessGrantsInstanceResourcePolicy"),
        "GetAccessGrantsInstanceResourcePolicyResult",
        None,
    ),
];

/// IAM, STS and Elastic Load Balancing.
const QUERY: Dialect = Dialect {
    result: true,
    ec2: false,
    items: &[("", "member")],
    lists: &[
        "AccountAliases",
        "AdditionalClaims",
        "AlpnPolicy",
        "AttachedManagedPolicies",
        "Attributes",
        "AvailabilityZones",
        "Certificates",
        "ClientCertificateIdentityFilters",
        "ClientIDList",
        "DefaultActions",
        "GroupDetailList",
        "GroupList",
        "GroupPolicyList",
        "InstanceProfileList",
        "InstanceProfiles",
        "KeyDefinitionList",
        "KeyHashes",
        "Listeners",
        "LoadBalancerAddresses",
        "LoadBalancerArns",
        "LoadBalancers",
        "OpenIDConnectProviderList",
        "Policies",
        "PolicyVersionList",
        "PrivateKeyList",
        "RoleDetailList",
        "RolePolicyList",
        "Roles",
        "SAMLKeyHashes",
        "SAMLProviderList",
        "SecurityGroups",
        "SourceNatIpv6Prefixes",
        "Tags",
        "TargetGroups",
        "TargetHealthDescriptions",
        "ThumbprintList",
        "UserDetailList",
        "UserPolicyList",
        "Values",
    ],
    flattened: &[],
    structures: &[
        "Matcher",
        "PermissionsBoundary",
        "RoleLastUsed",
        "TargetGroupStickinessConfig",
    ],
    numbers: &[
        "AttachmentCount",
        "DurationSeconds",
        "HealthCheckIntervalSeconds",
        "HealthCheckTimeoutSeconds",
        "HealthyThresholdCount",
        "MaxSessionDuration",
        "MaxSigninSessionDuration",
        "Order",
        "PermissionsBoundaryUsageCount",
        "SessionTimeout",
        "TargetControlPort",
        "TemplateMinorVersion",
        "UnhealthyThresholdCount",
        "Weight",
        // The port of a redirect is text: it may be `#{port}`.
        "Listeners/Port",
        "Target/Port",
        "TargetGroups/Port",
    ],
    flags: &[
        "Enabled",
        "HealthCheckEnabled",
        "IgnoreClientCertificateExpiry",
        "IsAttachable",
        "IsDefault",
        "IsDefaultVersion",
        "IsTruncated",
        "IsTrustedIdentityPropagationEnabled",
        "UseExistingClientSecret",
    ],
    documents: &["AssumeRolePolicyDocument", "Document", "PolicyDocument"],
    texts: &[],
    names: &[],
};

const S3: Dialect = Dialect {
    result: false,
    ec2: false,
    items: &[
        ("AccessControlList", "Grant"),
        ("AccessGrantsInstancesList", "AccessGrantsInstance"),
        ("AccessGrantsList", "AccessGrant"),
        ("AccessGrantsLocationsList", "AccessGrantsLocation"),
        ("AccessPointList", "AccessPoint"),
        ("AccessPoints", "AccessPoint"),
        ("Actions", "Action"),
        ("AllowedFeatures", "AllowedFeature"),
        ("Buckets", "Bucket"),
        ("ObjectLambdaAccessPointList", "ObjectLambdaAccessPoint"),
        ("OptionalFields", "Field"),
        ("Regions", "Region"),
        ("TagSet", "Tag"),
        ("TargetGrants", "Grant"),
        (
            "TransformationConfigurations",
            "TransformationConfiguration",
        ),
    ],
    lists: &[
        "AccessControlList",
        "AccessGrantsInstancesList",
        "AccessGrantsList",
        "AccessGrantsLocationsList",
        "AccessPointList",
        "AccessPoints",
        "Actions",
        "AllowedFeatures",
        "Buckets",
        "ObjectLambdaAccessPointList",
        "OptionalFields",
        "Regions",
        "TagSet",
        "TargetGrants",
        "TransformationConfigurations",
    ],
    flattened: &[
        ("", "CloudFunctionConfiguration"),
        ("", "Event"),
        ("", "FilterRule"),
        ("", "InventoryConfiguration"),
        ("", "QueueConfiguration"),
        ("", "TopicConfiguration"),
        ("BlockedEncryptionTypes", "EncryptionType"),
        ("And", "Tag"),
        ("Or", "Prefix"),
        ("Or", "Tag"),
        ("OwnershipControls", "Rule"),
        ("ReplicationConfiguration", "Rule"),
        ("ServerSideEncryptionConfiguration", "Rule"),
    ],
    structures: &[
        "DeleteMarkerReplication",
        "EventBridgeConfiguration",
        "Filter",
        "SSE-KMS",
        "SSE-S3",
        "SimplePrefix",
    ],
    numbers: &["Days", "Minutes", "Priority", "Years"],
    flags: &[
        "BlockPublicAcls",
        "BlockPublicPolicy",
        "BucketKeyEnabled",
        "CloudWatchMetricsEnabled",
        "IgnorePublicAcls",
        "IsEnabled",
        "IsTruncated",
        "RestrictPublicBuckets",
    ],
    documents: &[],
    texts: &["LocationConstraint"],
    names: &[
        ("", "AccessControlList", "Grants"),
        ("", "CloudFunction", "LambdaFunctionArn"),
        (
            "",
            "CloudFunctionConfiguration",
            "LambdaFunctionConfigurations",
        ),
        ("", "Event", "Events"),
        ("", "FilterRule", "FilterRules"),
        ("", "InventoryConfiguration", "InventoryConfigurationList"),
        ("", "MfaDelete", "MFADelete"),
        ("", "Queue", "QueueArn"),
        ("", "QueueConfiguration", "QueueConfigurations"),
        ("", "S3Key", "Key"),
        ("", "SSE-KMS", "SSEKMS"),
        ("", "SSE-S3", "SSES3"),
        ("", "Topic", "TopicArn"),
        ("", "TopicConfiguration", "TopicConfigurations"),
        ("And", "Tag", "Tags"),
        ("Or", "Prefix", "Prefixes"),
        ("Or", "Tag", "Tags"),
        ("OwnershipControls", "Rule", "Rules"),
        ("ReplicationConfiguration", "Rule", "Rules"),
        ("ServerSideEncryptionConfiguration", "Rule", "Rules"),
    ],
};

const EC2: Dialect = Dialect {
    result: false,
    ec2: true,
    items: &[("", "item")],
    lists: &[
        "allowedPrincipals",
        "associations",
        "attachments",
        "blockDeviceMapping",
        "createVolumePermission",
        "groups",
        "ipPermissions",
        "ipPermissionsEgress",
        "ipRanges",
        "ipv6Ranges",
        "prefixListIds",
        "productCodes",
        "regionInfo",
        "securityGroupInfo",
        "serviceConfigurationSet/serviceType",
        "subnetIds",
        "transitGatewayAttachments",
        "transitGatewayCidrBlocks",
        "transitGatewayRouteTablePropagations",
        "transitGatewayRouteTables",
        "transitGatewayVpcAttachments",
    ],
    flattened: &[],
    structures: &["association", "hibernationOptions"],
    numbers: &[
        "amazonSideAsn",
        "amiLaunchIndex",
        "availableIpAddressCount",
        "completionDurationMinutes",
        "coreCount",
        "deviceIndex",
        "ebsCardIndex",
        "enaQueueCount",
        "enableLniAtDeviceIndex",
        "from",
        "fromPort",
        "fullSnapshotSizeInBytes",
        "httpPutResponseHopLimit",
        "icmpTypeCode/code",
        "icmpTypeCode/type",
        "instanceState/code",
        "iops",
        "maxAggregationInterval",
        "maxEntries",
        "networkCardIndex",
        "partitionNumber",
        "ruleNumber",
        "size",
        "tcpEstablishedTimeout",
        "threadsPerCore",
        "throughput",
        "to",
        "toPort",
        "udpStreamTimeout",
        "udpTimeout",
        "version",
        "volumeInitializationRate",
        "volumeSize",
    ],
    flags: &[
        "acceptanceRequired",
        "additionalRoutesAvailable",
        "allowDnsResolutionFromRemoteVpc",
        "allowEgressFromLocalClassicLinkToRemoteVpc",
        "allowEgressFromLocalVpcToRemoteClassicLink",
        "allowMultipathResilience",
        "assignIpv6AddressOnCreation",
        "configured",
        "default",
        "defaultAssociationRouteTable",
        "defaultForAz",
        "defaultPropagationRouteTable",
        "deleteOnTermination",
        "denyAllIgwTraffic",
        "ebsEncryptionByDefault",
        "ebsOptimized",
        "egress",
        "enaSrdEnabled",
        "enaSrdUdpEnabled",
        "enaSupport",
        "enableDns64",
        "enableResourceNameDnsAAAARecord",
        "enableResourceNameDnsARecord",
        "enabled",
        "encrypted",
        "fastRestored",
        "hiddenByDefault",
        "hiveCompatiblePartitions",
        "ipamPrefixListResolverSyncEnabled",
        "ipv6Native",
        "isDefault",
        "isPrimary",
        "isPrimaryIpv6",
        "main",
        "managed",
        "managesVpcEndpoints",
        "mapCustomerOwnedIpOnLaunch",
        "mapPublicIpOnLaunch",
        "multiAttachEnabled",
        "perHourPartition",
        "primary",
        "privateDnsEnabled",
        "privateDnsOnlyForInboundResolverEndpoint",
        "remoteAccessEnabled",
        "requesterManaged",
        "sourceDestCheck",
    ],
    documents: &[],
    texts: &[],
    names: &[
        ("", "attachments", "VpcAttachments"),
        ("", "blockDeviceMapping", "BlockDeviceMappings"),
        ("", "cidrBlockAssociationSet", "CidrBlockAssociationSet"),
        ("", "cidrBlockSet", "CidrBlockSet"),
        ("", "createVolumePermission", "CreateVolumePermissions"),
        ("", "default", "IsDefault"),
        ("", "geographySet", "Geography"),
        ("", "groupDescription", "Description"),
        ("", "groups", "UserIdGroupPairs"),
        ("", "instanceState", "State"),
        (
            "",
            "ipv6CidrBlockAssociationSet",
            "Ipv6CidrBlockAssociationSet",
        ),
        ("", "ipv6CidrBlockSet", "Ipv6CidrBlockSet"),
        ("", "productCode", "ProductCodeId"),
        ("", "regionEndpoint", "Endpoint"),
        ("", "regionInfo", "Regions"),
        ("", "securityGroupInfo", "SecurityGroups"),
        ("attachmentSet", "status", "State"),
        ("instancesSet", "dnsName", "PublicDnsName"),
        ("instancesSet", "groupSet", "SecurityGroups"),
        ("instancesSet", "ipAddress", "PublicIpAddress"),
        ("instancesSet", "reason", "StateTransitionReason"),
        ("networkInterfaceSet", "tagSet", "TagSet"),
        ("productCodes", "type", "ProductCodeType"),
        ("snapshotSet", "status", "State"),
        ("snapshotSet", "statusMessage", "StateMessage"),
        ("volumeSet", "status", "State"),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_ec2_are_named_in_the_plural() {
        for (wire, json) in [
            ("vpcSet", "Vpcs"),
            ("instancesSet", "Instances"),
            ("natGatewayAddressSet", "NatGatewayAddresses"),
            ("dnsEntrySet", "DnsEntries"),
            ("vpnGatewaySet", "VpnGateways"),
            ("ipv4PrefixSet", "Ipv4Prefixes"),
        ] {
            assert_eq!(EC2.member("", wire), (json.to_owned(), Kind::List));
        }
    }

    #[test]
    fn names_depend_on_where_an_element_stands() {
        assert_eq!(EC2.member("volumeSet", "status").0, "State");
        assert_eq!(EC2.member("networkInterfaceSet", "status").0, "Status");
        assert_eq!(EC2.member("icmpTypeCode", "code").1, Kind::Number);
        assert_eq!(EC2.member("stateReason", "code").1, Kind::Plain);
    }
}
