//! The calls that captures hold: names, which parameter names the resource, which keys betray a
//! bare answer of the AWS CLI (`body`).
//!
//! Must never: decide what an answer means; that is the estate's.

mod body;
mod stores;
mod table;
mod unnamed;

use super::json::Node;

pub(crate) use body::{from_body, own_resource, unused_body};
pub(crate) use table::{CALLS, CallSpec};
pub(crate) use unnamed::file_name_for;

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

/// Whether an answer to `call` is about one resource and nothing in it says which.
pub(crate) fn needs_resource(call: &str, body: &Node) -> bool {
    let about_one = spec(call).is_some_and(|spec| !spec.resource.is_empty());
    // Each item of these names the resource that it belongs to.
    let names_itself = match call {
        "kms:ListGrants" => !body.list("Grants").is_empty(),
        "ec2:DescribeVpcEndpointServicePermissions" => !body.list("AllowedPrincipals").is_empty(),
        "elbv2:DescribeListeners" => !body.list("Listeners").is_empty(),
        "ram:GetResourceShareAssociations" => !body.list("resourceShareAssociations").is_empty(),
        "efs:DescribeMountTargets" => !body.list("MountTargets").is_empty(),
        "backup:ListRecoveryPointsByBackupVault" => !body.list("RecoveryPoints").is_empty(),
        "backup:ListBackupSelections" => !body.list("BackupSelectionsList").is_empty(),
        "ecs:ListTasks" => !body.list("taskArns").is_empty(),
        "ecs:DescribeTasks" => !body.list("tasks").is_empty(),
        "ecs:DescribeServices" => !body.list("services").is_empty(),
        "eks:ListPodIdentityAssociations" => !body.list("associations").is_empty(),
        _ => false,
    };
    about_one && !names_itself
}

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
    "Attributes",
];

/// The list that an answer to `call` must hold, where it holds one.
pub(crate) fn list_of(call: &str) -> Option<&'static str> {
    spec(call)
        .map(|spec| spec.list)
        .filter(|list| !list.is_empty())
}

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
