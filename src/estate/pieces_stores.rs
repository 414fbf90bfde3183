//! What answers about further doors to stored bytes, and about copies of them, hold and mean: S3
//! Access Grants, Multi-Region and Object Lambda access points, replication of EFS, AWS Backup.
//!
//! Must never: promise that a missing answer would change nothing.

use super::pieces::{Piece, piece};

/// The rows.
pub(super) const STORES: &[Piece] = &[
    piece(
        "s3control:ListAccessGrantsInstances",
        "access grants instances",
        "whether S3 Access Grants could give anybody credentials for objects",
    ),
    piece(
        "s3control:ListAccessGrantsLocations",
        "access grants locations",
        "which role's credentials a grant of S3 Access Grants gives",
    ),
    piece(
        "s3control:ListAccessGrants",
        "access grants",
        "whom a grant names could get credentials for objects, which no policy shows",
    ),
    piece(
        "s3control:GetAccessGrantsInstanceResourcePolicy",
        "access grants instance policies",
        "which other accounts could ask for credentials for objects",
    ),
    piece(
        "s3control:ListMultiRegionAccessPoints",
        "Multi-Region access points",
        "further doors to the buckets, each with a policy of its own",
    ),
    piece(
        "s3control:GetMultiRegionAccessPointPolicy",
        "Multi-Region access point policies",
        "whom the access point's policy names could read objects through it",
    ),
    piece(
        "s3control:ListAccessPointsForObjectLambda",
        "Object Lambda access points",
        "doors to the buckets behind which a function sees every object that is read",
    ),
    piece(
        "s3control:GetAccessPointConfigurationForObjectLambda",
        "Object Lambda access point settings",
        "which function sees the objects that are read through the access point",
    ),
    piece(
        "efs:DescribeReplicationConfigurations",
        "file system replication settings",
        "whether all files are copied to another file system, which others may mount",
    ),
    piece(
        "backup:ListBackupVaults",
        "backup vaults",
        "where backups of disks, buckets and file systems lie, and under which key",
    ),
    piece(
        "backup:GetBackupVaultAccessPolicy",
        "backup vault policies",
        "whom the vault's policy denies or allows to restore or copy backups",
    ),
    piece(
        "backup:ListRecoveryPointsByBackupVault",
        "recovery points",
        "backups of what holds a log: whoever may restore them could read it",
    ),
    piece(
        "backup:ListBackupPlans",
        "backup plans",
        "whether backups of what holds a log are made on schedule",
    ),
    piece(
        "backup:GetBackupPlan",
        "backup plan descriptions",
        "into which vaults, regions and accounts backups are copied",
    ),
    piece(
        "backup:ListBackupSelections",
        "backup selections",
        "of what a plan makes backups",
    ),
    piece(
        "backup:GetBackupSelection",
        "backup selection descriptions",
        "of what a plan makes backups: disks, buckets and file systems that hold a log could be among it",
    ),
];
