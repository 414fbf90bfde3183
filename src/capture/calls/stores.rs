//! Bare answers about further doors to stored bytes, and about copies of them: S3 Access Grants,
//! Multi-Region and Object Lambda access points, replication of EFS, AWS Backup.
//!
//! Must never: take a resource from an answer that does not name it.

/// Answers about one thing: members that together are those of one call.
pub(super) const OF_ONE: &[(&[&str], &str)] = &[
    (
        &["BackupVaultName", "BackupVaultArn", "Policy"],
        "backup:GetBackupVaultAccessPolicy",
    ),
    (&["BackupPlan", "BackupPlanId"], "backup:GetBackupPlan"),
    (
        &["BackupSelection", "SelectionId"],
        "backup:GetBackupSelection",
    ),
    (
        &["Policy", "CreatedAt"],
        "s3control:GetAccessGrantsInstanceResourcePolicy",
    ),
];

/// Lists that betray their call: their name, and a member that the first item must have.
pub(super) const BARE: &[(&str, &str, &str)] = &[
    (
        "AccessGrantsInstancesList",
        "",
        "s3control:ListAccessGrantsInstances",
    ),
    (
        "AccessGrantsLocationsList",
        "",
        "s3control:ListAccessGrantsLocations",
    ),
    ("AccessGrantsList", "", "s3control:ListAccessGrants"),
    (
        "AccessPoints",
        "Regions",
        "s3control:ListMultiRegionAccessPoints",
    ),
    (
        "ObjectLambdaAccessPointList",
        "",
        "s3control:ListAccessPointsForObjectLambda",
    ),
    ("Replications", "", "efs:DescribeReplicationConfigurations"),
    ("BackupVaultList", "", "backup:ListBackupVaults"),
    (
        "RecoveryPoints",
        "BackupVaultName",
        "backup:ListRecoveryPointsByBackupVault",
    ),
    ("BackupPlansList", "", "backup:ListBackupPlans"),
    ("BackupSelectionsList", "", "backup:ListBackupSelections"),
];

/// Answers that name no resource, by their members, with an example of a file name.
pub(super) const UNNAMED: &[(&[&str], &str)] = &[
    (
        &["Configuration"],
        "s3control-get-access-point-configuration-for-object-lambda/NAME.json",
    ),
    (
        &["RecoveryPoints"],
        "backup-list-recovery-points-by-backup-vault/VAULT.json",
    ),
    (
        &["BackupSelectionsList"],
        "backup-list-backup-selections/PLAN-ID.json",
    ),
];
