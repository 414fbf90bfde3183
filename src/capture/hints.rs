//! What an answer itself says about the account and region that were asked.
//!
//! Must never: take an account that may be another one's: the owner of a subnet or transit gateway
//! that was shared, the other side of a peering, the account of an organization's trail.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::json::Node;
use super::place::is_region;
use super::recognise::{Draft, is_account};
use crate::names::Arn;

/// Accounts and regions that an answer names, as often as it names them.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    /// Accounts in the ARNs of things that only their own account lists.
    pub(crate) accounts: Vec<String>,
    /// Owners of what it lists.
    pub(crate) owners: Vec<String>,
    /// Regions.
    pub(crate) regions: Vec<String>,
}

/// Lists of things that an account lists of itself alone: the list, and the member with the ARN.
/// A list whose items are the ARNs themselves has no member.
const OWN: &[(&str, &str)] = &[
    ("UserDetailList", "Arn"),
    ("RoleDetailList", "Arn"),
    ("GroupDetailList", "Arn"),
    ("InstanceProfiles", "Arn"),
    ("OpenIDConnectProviderList", "Arn"),
    ("SAMLProviderList", "Arn"),
    ("Keys", "KeyArn"),
    ("Aliases", "AliasArn"),
    ("SecretList", "ARN"),
    ("SecurityGroups", "SecurityGroupArn"),
    ("LoadBalancers", "LoadBalancerArn"),
    ("TargetGroups", "TargetGroupArn"),
    ("Listeners", "ListenerArn"),
    ("FileSystems", "FileSystemArn"),
    ("FileSystems", "ResourceARN"),
    ("AccessPoints", "AccessPointArn"),
    ("AccessPointList", "AccessPointArn"),
    ("StorageVirtualMachines", "ResourceARN"),
    ("ClusterInfoList", "ClusterArn"),
    ("VpcConnections", "VpcConnectionArn"),
    ("Configurations", "Arn"),
    ("Replicators", "ReplicatorArn"),
    ("connectors", "connectorArn"),
    ("Functions", "FunctionArn"),
    ("EventSourceMappings", "EventSourceMappingArn"),
    ("Pipes", "Arn"),
    ("clusterArns", ""),
    ("taskArns", ""),
    ("tasks", "taskArn"),
    ("associations", "associationArn"),
];

/// Answers about one thing: the member around it, when there is one, and the member with its ARN.
const OWN_ONE: &[(&str, &str)] = &[
    ("KeyMetadata", "Arn"),
    ("", "ARN"),
    ("ClusterInfo", "ClusterArn"),
    ("", "ReplicatorArn"),
    ("", "connectorArn"),
    ("DeliveryStreamDescription", "DeliveryStreamARN"),
    ("taskDefinition", "taskDefinitionArn"),
    ("cluster", "arn"),
    ("nodegroup", "nodegroupArn"),
    ("association", "associationArn"),
];

/// Lists of regional things that another account may have shared: their ARNs tell the region.
const SHARED: &[(&str, &str)] = &[
    ("Subnets", "SubnetArn"),
    ("TransitGateways", "TransitGatewayArn"),
    ("PrefixLists", "PrefixListArn"),
    ("NodeInfoList", "NodeARN"),
];

/// Lists whose `OwnerId` is the account that lists them. Subnets, route tables, VPCs and transit
/// gateways may be shared by another account, so theirs is no witness.
const OWNED: &[&str] = &[
    "Reservations",
    "Snapshots",
    "SecurityGroups",
    "NetworkInterfaces",
    "VpcEndpoints",
    "FileSystems",
    "MountTargets",
    "AccessPoints",
];

/// What the answer says by itself.
pub(crate) fn of(draft: &Draft) -> Hints {
    let body = &draft.body;
    let mut hints = Hints::default();
    hints.arn(Some(&draft.resource));
    for (list, field) in OWN {
        for item in body.list(list) {
            hints.arn(if field.is_empty() {
                item.as_str()
            } else {
                item.str(field)
            });
        }
    }
    for (outer, field) in OWN_ONE {
        let holder = if outer.is_empty() {
            Some(body)
        } else {
            body.get(outer)
        };
        hints.arn(holder.and_then(|h| h.str(field)));
    }
    if draft.call == "pipes:DescribePipe" {
        hints.arn(body.str("Arn"));
    }
    for (list, field) in SHARED {
        for item in body.list(list) {
            let arn = item.str(field).and_then(|t| Arn::from_str(t).ok());
            hints.regions.extend(arn.map(|arn| arn.region().to_owned()));
        }
    }
    for association in body.list("IamInstanceProfileAssociations") {
        // An instance's profile is of its own account, and in no region.
        let profile = association.get("IamInstanceProfile");
        let arn = profile.and_then(|p| p.str("Arn"));
        let arn = arn.and_then(|text| Arn::from_str(text).ok());
        hints
            .accounts
            .extend(arn.map(|arn| arn.account().to_owned()));
    }
    for list in OWNED {
        let items = body.list(list).iter();
        hints
            .owners
            .extend(items.filter_map(|item| item.get("OwnerId").and_then(Node::scalar)));
    }
    zones(body, &mut hints.regions);
    if draft.call == "ec2:DescribeVpcPeeringConnections" {
        peerings(body, &mut hints);
    }
    if draft.call == "sts:GetCallerIdentity" {
        hints
            .accounts
            .extend(body.get("Account").and_then(Node::scalar));
    }
    hints
}

impl Hints {
    fn arn(&mut self, text: Option<&str>) {
        if let Some(arn) = text.and_then(|t| Arn::from_str(t).ok()) {
            self.accounts.push(arn.account().to_owned());
            self.regions.push(arn.region().to_owned());
        }
    }
}

/// Regions by the zones and service names that things name.
fn zones(body: &Node, regions: &mut Vec<String>) {
    for list in ["Volumes", "Subnets", "NetworkInterfaces"] {
        let items = body.list(list).iter();
        regions
            .extend(items.filter_map(|item| item.str("AvailabilityZone").and_then(region_of_zone)));
    }
    for instance in body
        .list("Reservations")
        .iter()
        .flat_map(|r| r.list("Instances"))
    {
        regions.extend(
            instance
                .get("Placement")
                .and_then(|p| p.str("AvailabilityZone"))
                .and_then(region_of_zone),
        );
    }
    for mount in body.list("MountTargets") {
        regions.extend(mount.str("AvailabilityZoneName").and_then(region_of_zone));
    }
    for endpoint in body.list("VpcEndpoints") {
        regions.extend(
            endpoint
                .str("ServiceName")
                .and_then(|s| s.split('.').nth(2))
                .map(str::to_owned),
        );
    }
    for service in body.list("ServiceConfigurations") {
        // `com.amazonaws.vpce.eu-west-1.vpce-svc-...`
        regions.extend(
            service
                .str("ServiceName")
                .and_then(|s| s.split('.').nth(3))
                .map(str::to_owned),
        );
    }
}

/// The account that asked is a side of every peering that it lists, and so is its region. One
/// peering with another account leaves two, and nothing is said then.
fn peerings(body: &Node, hints: &mut Hints) {
    let common = |member: &str, valid: fn(&str) -> bool| {
        let mut all: Option<BTreeSet<String>> = None;
        for peering in body.list("VpcPeeringConnections") {
            let sides = ["RequesterVpcInfo", "AccepterVpcInfo"];
            let sides: BTreeSet<String> = sides
                .iter()
                .filter_map(|side| peering.get(side)?.get(member)?.scalar())
                .filter(|text| valid(text))
                .collect();
            all = Some(match all {
                Some(all) => all.intersection(&sides).cloned().collect(),
                None => sides,
            });
        }
        let mut all = all.unwrap_or_default();
        let one = all.pop_first();
        one.filter(|_| all.is_empty())
    };
    hints.accounts.extend(common("OwnerId", is_account));
    hints.regions.extend(common("Region", is_region));
}

/// The region of a zone: `eu-west-1a`, `us-west-2-lax-1a`.
fn region_of_zone(zone: &str) -> Option<String> {
    let at = zone.find(|c: char| c.is_ascii_digit())?;
    let region = &zone[..=at];
    is_region(region).then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::Outcome;
    use super::*;

    fn hints(call: &str, text: &str) -> Hints {
        let file: Arc<str> = Arc::from("f.json");
        of(&Draft {
            call: call.to_owned(),
            resource: String::new(),
            account: None,
            region: None,
            outcome: Outcome::Ok,
            body: Node::parse(&file, text).unwrap(),
            file,
            at: None,
            recorded: false,
        })
    }

    #[test]
    fn zones_tell_their_region() {
        assert_eq!(
            region_of_zone("us-west-2-lax-1a").as_deref(),
            Some("us-west-2")
        );
        assert_eq!(region_of_zone("demo"), None);
    }

    #[test]
    fn what_another_account_may_share_tells_its_region_and_no_account() {
        for (call, text) in [
            (
                "ec2:DescribeSubnets",
                r#"{"Subnets": [{"SubnetArn": "arn:aws:ec2:eu-west-1:999900001111:subnet/s", "OwnerId": "999900001111"}]}"#,
            ),
            (
                "ec2:DescribeTransitGateways",
                r#"{"TransitGateways": [{"TransitGatewayArn": "arn:aws:ec2:eu-west-1:999900001111:transit-gateway/t", "OwnerId": "999900001111"}]}"#,
            ),
        ] {
            let hints = hints(call, text);
            assert_eq!((hints.accounts.len(), hints.owners.len()), (0, 0), "{call}");
            assert_eq!(hints.regions, ["eu-west-1"], "{call}");
        }
    }

    #[test]
    fn the_account_that_asked_is_a_side_of_every_peering() {
        let one = r#"{"RequesterVpcInfo": {"OwnerId": "111122223333", "Region": "eu-west-1"},
                      "AccepterVpcInfo": {"OwnerId": "444455556666", "Region": "eu-west-1"}}"#;
        let two = r#"{"RequesterVpcInfo": {"OwnerId": "999900001111", "Region": "eu-west-1"},
                      "AccepterVpcInfo": {"OwnerId": "111122223333", "Region": "us-east-1"}}"#;
        let of = |peerings: &str| {
            let text = format!(r#"{{"VpcPeeringConnections": [{peerings}]}}"#);
            hints("ec2:DescribeVpcPeeringConnections", &text)
        };
        assert!(of(one).accounts.is_empty());
        assert_eq!(of(&format!("{one}, {two}")).accounts, ["111122223333"]);
        assert_eq!(of(one).regions, ["eu-west-1"]);
        assert_eq!(of(&format!("{one}, {two}")).regions, ["eu-west-1"]);
    }

    #[test]
    fn clusters_file_systems_and_connectors_tell_their_account() {
        for (call, text) in [
            (
                "kafka:ListClustersV2",
                r#"{"ClusterInfoList": [{"ClusterArn": "arn:aws:kafka:eu-west-1:111122223333:cluster/c/u"}]}"#,
            ),
            (
                "efs:DescribeFileSystems",
                r#"{"FileSystems": [{"FileSystemArn": "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1"}]}"#,
            ),
            (
                "kafkaconnect:DescribeConnector",
                r#"{"connectorArn": "arn:aws:kafkaconnect:eu-west-1:111122223333:connector/c/u"}"#,
            ),
            (
                "ecs:ListClusters",
                r#"{"clusterArns": ["arn:aws:ecs:eu-west-1:111122223333:cluster/c"]}"#,
            ),
        ] {
            let hints = hints(call, text);
            assert_eq!(hints.accounts, ["111122223333"], "{call}");
            assert_eq!(hints.regions, ["eu-west-1"], "{call}");
        }
        let old = r#"{"FileSystems": [{"FileSystemId": "fs-1", "OwnerId": "111122223333"}]}"#;
        assert_eq!(
            hints("efs:DescribeFileSystems", old).owners,
            ["111122223333"]
        );
    }
}
