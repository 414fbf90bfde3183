//! How to save bare answers that do not name their resource.
//!
//! Must never: advise a file name that is not read.

use super::super::json::Node;
use super::stores;

/// How an answer that names no resource should be saved: an example of a file name, by a member
/// of the answer.
pub(crate) fn file_name_for(body: &Node) -> Option<&'static str> {
    stores::UNNAMED
        .iter()
        .chain(UNNAMED)
        .find(|(members, _)| members.iter().all(|name| body.get(name).is_some()))
        .map(|(_, example)| *example)
}

/// Answers that name no resource, by their members, the more telling ones first.
const UNNAMED: &[(&[&str], &str)] = &[
    (
        &["Policy", "CurrentVersion"],
        "kafka-get-cluster-policy/CLUSTER-ARN.json",
    ),
    (&["Owner", "Grants"], "s3-get-bucket-acl/BUCKET.json"),
    (&["Grants"], "kms-list-grants/KEY-ID.json"),
    (&["Policy"], "s3-get-bucket-policy/BUCKET.json"),
    (
        &["ServerSideEncryptionConfiguration"],
        "s3-get-bucket-encryption/BUCKET.json",
    ),
    (
        &["PublicAccessBlockConfiguration"],
        "s3-get-public-access-block/BUCKET.json",
    ),
    (
        &["LocationConstraint"],
        "s3-get-bucket-location/BUCKET.json",
    ),
    (
        &["OwnershipControls"],
        "s3-get-bucket-ownership-controls/BUCKET.json",
    ),
    (
        &["ReplicationConfiguration"],
        "s3-get-bucket-replication/BUCKET.json",
    ),
    (&["LoggingEnabled"], "s3-get-bucket-logging/BUCKET.json"),
    (
        &["InventoryConfigurationList"],
        "s3-list-bucket-inventory-configurations/BUCKET.json",
    ),
    (&["Parents"], "organizations-list-parents/CHILD-ID.json"),
    (
        &["OrganizationalUnits"],
        "organizations-list-organizational-units-for-parent/PARENT-ID.json",
    ),
    (
        &["Targets"],
        "organizations-list-targets-for-policy/POLICY-ID.json",
    ),
    (
        &["Policies"],
        "organizations-list-policies-for-target/TARGET-ID-scp.json",
    ),
    (
        &["ClientIDList"],
        "iam-get-open-id-connect-provider/PROVIDER-ARN.json",
    ),
    (
        &["Routes", "AdditionalRoutesAvailable"],
        "ec2-search-transit-gateway-routes/ROUTE-TABLE-ID.json",
    ),
    (
        &["Associations"],
        "ec2-get-transit-gateway-route-table-associations/ROUTE-TABLE-ID.json",
    ),
    (
        &["Entries"],
        "ec2-get-managed-prefix-list-entries/PREFIX-LIST-ID.json",
    ),
    (
        &["AllowedPrincipals"],
        "ec2-describe-vpc-endpoint-service-permissions/SERVICE-ID.json",
    ),
    (
        &["TargetHealthDescriptions"],
        "elbv2-describe-target-health/TARGET-GROUP-ARN.json",
    ),
    (
        &["Listeners"],
        "elbv2-describe-listeners/LOAD-BALANCER-ARN.json",
    ),
    (
        &["resourceShareAssociations"],
        "ram-get-resource-share-associations/PRINCIPAL.json",
    ),
    (
        &["Attributes"],
        "elbv2-describe-target-group-attributes/TARGET-GROUP-ARN.json",
    ),
    (&["FileSystems"], "efs-describe-file-systems.json"),
    (&["AccessPoints"], "efs-describe-access-points.json"),
    (&["NodeInfoList"], "kafka-list-nodes/CLUSTER-ARN.json"),
    (
        &["SecretArnList"],
        "kafka-list-scram-secrets/CLUSTER-ARN.json",
    ),
    (
        &["ClientVpcConnections"],
        "kafka-list-client-vpc-connections/CLUSTER-ARN.json",
    ),
    (
        &["BootstrapBrokerString"],
        "kafka-get-bootstrap-brokers/CLUSTER-ARN.json",
    ),
    (
        &["BootstrapBrokerStringTls"],
        "kafka-get-bootstrap-brokers/CLUSTER-ARN.json",
    ),
    (
        &["BootstrapBrokerStringSaslIam"],
        "kafka-get-bootstrap-brokers/CLUSTER-ARN.json",
    ),
    (
        &["BootstrapBrokerStringSaslScram"],
        "kafka-get-bootstrap-brokers/CLUSTER-ARN.json",
    ),
    (&["Configurations"], "kafka-list-configurations.json"),
    (&["tasks"], "ecs-describe-tasks/CLUSTER.json"),
    (&["clusters"], "eks-list-clusters.json"),
    (&["nodegroups"], "eks-list-nodegroups/CLUSTER.json"),
    (
        &["associations"],
        "eks-list-pod-identity-associations/CLUSTER.json",
    ),
    (&["accessEntries"], "eks-list-access-entries/CLUSTER.json"),
];

#[cfg(test)]
mod tests {
    use super::super::spec;
    use super::*;

    #[test]
    fn every_example_of_a_file_name_is_one_that_is_read() {
        for (_, example) in UNNAMED.iter().chain(stores::UNNAMED) {
            let folder = example
                .split('/')
                .next()
                .unwrap_or_default()
                .trim_end_matches(".json");
            let call = super::super::from_file_name(folder).unwrap_or_default();
            assert!(spec(&call).is_some(), "{example}: {call}");
        }
    }
}
