//! AWS Backup: who restores what holds a log, who copies it away, and plans whose vaults were not read.

use catchment::reach::Strength::{self, Always, Conditional, Gap};
use serde_json::{Value, json};

use crate::replicas;
use crate::support::case::{ACCOUNT, Case, KEY, beside, role, worker};
use crate::support::{allow, cells, deny, document, view};

const VOLUME: &str = "arn:aws:ec2:eu-west-1:111122223333:volume/vol-0b10000000000001a";
const SNAPSHOT: &str = "arn:aws:ec2:eu-west-1::snapshot/snap-0b10000000000001a";
const POINT: &str = "arn:aws:backup:eu-west-1:111122223333:recovery-point:6a1c";
const BUCKET: &str = "arn:aws:s3:::quay-stream";
const POINTS: &str = "backup-list-recovery-points-by-backup-vault/nightly.json";
const POLICY: &str = "backup-get-backup-vault-access-policy/nightly.json";
const RESTORER: &str = "arn:aws:iam::111122223333:role/restorer";
const MAKES: &str = "backup:StartRestoreJob";

/// A vault with these recovery points: their ARNs, of what, and the key.
fn vault(case: Case, points: &[(&str, &str, Option<&str>)]) -> Case {
    let arn = format!("arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:nightly");
    let points: Vec<Value> = points
        .iter()
        .map(|(point, of, key)| {
            let mut point = json!({
                "RecoveryPointArn": point, "BackupVaultName": "nightly", "BackupVaultArn": arn,
                "ResourceArn": of, "Status": "COMPLETED", "IsEncrypted": key.is_some()
            });
            if let Some(key) = key {
                point["EncryptionKeyArn"] = json!(key);
            }
            point
        })
        .collect();
    let none = json!({ "Error": { "Code": "ResourceNotFoundException" } });
    case.with(
        "backup-list-backup-vaults.json",
        &json!({ "BackupVaultList": [{ "BackupVaultName": "nightly", "BackupVaultArn": arn }] }),
    )
    .with(
        "backup-list-backup-plans.json",
        &json!({ "BackupPlansList": [] }),
    )
    .with(POINTS, &json!({ "RecoveryPoints": points }))
    .with(POLICY, &none)
}

fn restorer(does: &[Value]) -> Value {
    role(
        "restorer",
        &json!({ "Service": "backup.amazonaws.com" }),
        does,
    )
}

fn restores() -> [Value; 2] {
    [allow(MAKES, "*"), allow("iam:PassRole", RESTORER)]
}

#[test]
fn who_may_restore_a_volume_and_attach_it_reads_it() {
    let mut all = restores().to_vec();
    all.push(allow("ec2:AttachVolume", "*"));
    let makes = [allow("ec2:CreateVolume", "*")];
    let case = |does: &[Value], makes: &[Value]| {
        let case = vault(Case::disk(), &[(SNAPSHOT, VOLUME, None)]);
        beside(case, "eu-west-1b", does, &[restorer(makes)])
    };
    assert_eq!(worker(&case(&all, &makes)), Some(Always));
    assert_eq!(worker(&case(&all, &[])), None);
    for left_out in 0..all.len() {
        let mut fewer = all.clone();
        fewer.remove(left_out);
        assert_eq!(worker(&case(&fewer, &makes)), None, "{left_out}");
    }
    // The policy of the vault may forbid it, and one that was not read may.
    let mut forbids = deny(MAKES, "*");
    forbids["Principal"] = json!("*");
    let policy =
        json!({ "BackupVaultName": "nightly", "Policy": document(&[forbids]).to_string() });
    assert_eq!(worker(&case(&all, &makes).with(POLICY, &policy)), None);
    let unread = case(&all, &makes).without("vault-access-policy");
    assert_eq!(worker(&unread), Some(Conditional));
    // Who may rewrite it lets itself restore.
    let mut rewrites = all.clone();
    rewrites.push(allow("backup:PutBackupVaultAccessPolicy", "*"));
    let rewritten = case(&rewrites, &makes).with(POLICY, &policy);
    assert_eq!(worker(&rewritten), Some(Always));
}

#[test]
fn an_encrypted_volume_is_restored_with_its_key() {
    let mut all = restores().to_vec();
    all.extend([
        allow("ec2:AttachVolume", "*"),
        allow("kms:CreateGrant", KEY),
    ]);
    let makes = [
        allow("ec2:CreateVolume", "*"),
        allow("kms:CreateGrant", KEY),
        allow("kms:Decrypt", KEY),
    ];
    let case = |does: &[Value], makes: &[Value]| {
        let case = vault(Case::keyed_disk(), &[(SNAPSHOT, VOLUME, Some(KEY))]);
        worker(&beside(case, "eu-west-1b", does, &[restorer(makes)]))
    };
    assert_eq!(case(&all, &makes), Some(Always));
    assert_eq!(case(&all[..3], &makes), None);
    assert_eq!(case(&all, &makes[..2]), None);
}

#[test]
fn a_recovery_point_of_a_volume_is_a_snapshot() {
    let reads: &[Value] = &[allow("ebs:*", "arn:aws:ec2:eu-west-1::snapshot/snap-9")];
    let none = json!({ "Snapshots": [] });
    let case = || {
        Case::disk()
            .with("ec2-describe-snapshots.json", &none)
            .roles(&[("reader", reads)])
    };
    case().expect(&[]);
    let point = "arn:aws:ec2:eu-west-1::snapshot/snap-9";
    let shared = json!({ "SnapshotId": "snap-9", "CreateVolumePermissions": [] });
    vault(case(), &[(point, VOLUME, None)])
        .with("ec2-describe-snapshot-attribute/snap-9.json", &shared)
        .expect(&[("reader", Always)]);
    // Its tags were not read.
    let mut tagged = reads.to_vec();
    tagged[0]["Condition"] = json!({ "StringEquals": { "aws:ResourceTag/plan": "nightly" } });
    vault(
        case().roles(&[("reader", &tagged)]),
        &[(point, VOLUME, None)],
    )
    .with("ec2-describe-snapshot-attribute/snap-9.json", &shared)
    .expect(&[("reader", Conditional)]);
}

#[test]
fn a_snapshot_with_the_tag_of_aws_backup_is_a_recovery_point() {
    let mut all = restores().to_vec();
    all.push(allow("ec2:AttachVolume", "*"));
    let makes = [allow("ec2:CreateVolume", "*")];
    let case = || beside(Case::disk(), "eu-west-1b", &all, &[restorer(&makes)]);
    assert_eq!(worker(&case()), None);
    let path = "accounts/111122223333/eu-west-1/ec2-describe-snapshots.json";
    let tag = |case: Case| {
        let mut snapshots: Value = serde_json::from_str(&case.0[path]).unwrap();
        snapshots["Snapshots"][0]["Tags"] = json!([{
            "Key": "aws:backup:source-resource", "Value": "i-1:vol-0b10000000000001a"
        }]);
        case.with("ec2-describe-snapshots.json", &snapshots)
    };
    // In a vault whose policy is not known.
    assert_eq!(worker(&tag(case())), Some(Conditional));
    assert_eq!(worker(&tag(vault(case(), &[]))), Some(Always));
}

#[test]
fn who_may_restore_a_bucket_reads_what_the_role_writes() {
    let mut all = restores().to_vec();
    all.push(allow("s3:GetObject", "arn:aws:s3:::drill-*/*"));
    let makes: &[Value] = &[
        allow("s3:PutObject", "arn:aws:s3:::*"),
        allow("kms:Decrypt", KEY),
    ];
    let own = json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:root") });
    let service = json!({ "Service": "backup.amazonaws.com" });
    let case = |does: &[Value], makes: &[Value], key| {
        let roles = [
            ("caller", own.clone(), does),
            ("restorer", service.clone(), makes),
        ];
        vault(Case::keyed().trusting(&roles), &[(POINT, BUCKET, key)])
    };
    let reads = [("caller", Always)];
    case(&all, makes, Some(KEY)).expect(&reads);
    assert!(
        case(&all, makes, Some(KEY))
            .rules("caller")
            .contains(&"backup-restore-bucket-kms".to_owned())
    );
    let map = catchment::query::map(&view(&case(&all, makes, Some(KEY)).0, None));
    let told = map.holders.iter().find(|holder| holder.kind == "backup");
    assert_eq!(told.map(|holder| holder.topics), Some(1));
    // The key of the vault, which the role needs; that of the bucket does not matter.
    case(&all, &makes[..1], Some(KEY)).expect(&[]);
    case(&all, &makes[1..], Some(KEY)).expect(&[]);
    case(&all[..2], makes, Some(KEY)).expect(&[]);
    case(&all[1..], makes, Some(KEY)).expect(&[]);
}

#[test]
fn who_may_restore_a_file_system_mounts_it() {
    let mut all = restores().to_vec();
    all.extend([
        allow("elasticfilesystem:CreateMountTarget", "*"),
        allow("ec2:CreateNetworkInterface", "*"),
    ]);
    let makes = [allow("elasticfilesystem:*", "*"), allow("kms:Decrypt", KEY)];
    let store = "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1";
    let case = |does: &[Value], makes: &[Value]| {
        let case = replicas::mounted_with(does, &[restorer(makes)]);
        let found = vault(case, &[(POINT, store, Some(KEY))]);
        replicas::reads(&found, replicas::HOST)
    };
    assert_eq!(case(&all, &makes), Some(Always));
    assert_eq!(case(&all, &makes[..1]), None);
    for left_out in 0..all.len() {
        let mut fewer = all.clone();
        fewer.remove(left_out);
        assert_eq!(case(&fewer, &makes), None, "{left_out}");
    }
}

#[test]
fn who_may_copy_backups_away_needs_an_account_of_the_organization() {
    let copies: &[Value] = &[
        allow("backup:StartCopyJob", "*"),
        allow("iam:PassRole", RESTORER),
    ];
    let moves: &[Value] = &[
        allow("backup:CopyFromBackupVault", "*"),
        allow("backup:CopyIntoBackupVault", "*"),
        allow("kms:Decrypt", KEY),
    ];
    let own = json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:root") });
    let service = json!({ "Service": "backup.amazonaws.com" });
    let case = |does: &[Value], moves: &[Value]| {
        let roles = [
            ("caller", own.clone(), does),
            ("restorer", service.clone(), moves),
        ];
        vault(
            Case::keyed().trusting(&roles),
            &[(POINT, BUCKET, Some(KEY))],
        )
    };
    case(copies, moves).expect(&[("caller", Conditional)]);
    case(&copies[..1], moves).expect(&[]);
    case(copies, &moves[1..]).expect(&[]);
    case(copies, &moves[..2]).expect(&[]);
    // The role may copy into one vault only.
    let narrow = [
        moves[0].clone(),
        allow(
            "backup:CopyIntoBackupVault",
            "arn:aws:backup:eu-west-1:111122223333:backup-vault:dr",
        ),
        moves[2].clone(),
    ];
    case(copies, &narrow).expect(&[]);
}

/// A plan that puts backups into the vault `nightly` of this region and of another one.
fn planned(case: Case, selection: &Value) -> Case {
    let copy = format!("arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:far");
    case.with(
        "backup-list-backup-plans.json",
        &json!({ "BackupPlansList": [{ "BackupPlanId": "plan-1" }] }),
    )
    .with(
        "backup-get-backup-plan/plan-1.json",
        &json!({ "BackupPlanId": "plan-1", "BackupPlan": { "Rules": [{
            "TargetBackupVaultName": "nightly",
            "CopyActions": [{ "DestinationBackupVaultArn": copy }]
        }]}}),
    )
    .with(
        "backup-list-backup-selections/plan-1.json",
        &json!({ "BackupSelectionsList": [{ "BackupPlanId": "plan-1", "SelectionId": "sel-1" }] }),
    )
    .with(
        "backup-get-backup-selection/sel-1.json",
        &json!({
            "BackupPlanId": "plan-1", "SelectionId": "sel-1", "BackupSelection": selection
        }),
    )
}

fn gaps(case: &Case) -> Vec<String> {
    let found = cells(&view(&case.0, None)).into_iter();
    let whoever = found.filter(|((name, _), strength)| {
        *strength == Gap && name.starts_with("whoever reads backups of ")
    });
    whoever.map(|((name, _), _)| name).collect()
}

#[test]
fn backups_that_a_plan_makes_in_a_vault_that_was_not_read_are_a_gap() {
    let name = |what: &str, vault: &str, region: &str| {
        format!(
            "whoever reads backups of {what} in the vault {vault} (account {ACCOUNT}, {region})"
        )
    };
    let disk = |vault, region| name("log disks of quay", vault, region);
    // Snapshots here were listed, and those are the recovery points.
    let far = vec![disk("far", "us-east-1")];
    for selection in [
        json!({ "Resources": ["arn:aws:ec2:*:*:volume/*"] }),
        json!({ "Resources": ["arn:aws:ec2:*:*:instance/*"] }),
        json!({ "ListOfTags": [{
            "ConditionType": "STRINGEQUALS", "ConditionKey": "Name",
            "ConditionValue": "quay-broker-1-log"
        }]}),
    ] {
        assert_eq!(gaps(&planned(Case::disk(), &selection)), far, "{selection}");
    }
    for selection in [
        json!({ "Resources": [VOLUME], "NotResources": ["arn:aws:ec2:*:*:volume/*"] }),
        json!({ "Resources": ["arn:aws:rds:*:*:db:*"] }),
        json!({ "ListOfTags": [{
            "ConditionType": "STRINGEQUALS", "ConditionKey": "Name", "ConditionValue": "other"
        }]}),
    ] {
        let none: [String; 0] = [];
        assert_eq!(
            gaps(&planned(Case::disk(), &selection)),
            none,
            "{selection}"
        );
    }
    let all = json!({ "Resources": ["*"] });
    let unlisted = planned(Case::disk(), &all).without("ec2-describe-snapshots");
    assert_eq!(
        gaps(&unlisted),
        [far[0].clone(), disk("nightly", "eu-west-1")]
    );
    // Buckets, where versions are on.
    let case = planned(Case::bucket(), &all);
    let versions = case.versioning(&json!({ "Status": "Enabled" }));
    let both = [
        name("the bucket quay-stream of quay", "far", "us-east-1"),
        name("the bucket quay-stream of quay", "nightly", "eu-west-1"),
    ];
    assert_eq!(gaps(&versions), both);
    assert_eq!(gaps(&vault(versions, &[])), both[..1]);
}

#[test]
fn what_of_backups_was_not_read_is_told() {
    let all = json!({ "Resources": ["*"] });
    let case = planned(Case::disk(), &all);
    let open = |case: &Case| {
        let capture = catchment::capture::Capture::from_files(case.0.clone());
        let estate = catchment::estate::build(&capture);
        let calls: Vec<String> = estate
            .open_calls()
            .filter(|(call, _)| call.call.starts_with("backup:"))
            .map(|(call, _)| call.call.clone())
            .collect();
        calls
    };
    assert_eq!(open(&case), ["backup:ListBackupVaults"]);
    let fewer = case
        .without("get-backup-selection")
        .without("get-backup-plan/");
    let told = [
        "backup:GetBackupPlan",
        "backup:GetBackupSelection",
        "backup:ListBackupVaults",
    ];
    assert_eq!(open(&fewer), told);
    let unread = vault(fewer, &[]).without("recovery-points");
    assert!(open(&unread).contains(&"backup:ListRecoveryPointsByBackupVault".to_owned()));
    assert_eq!(open(&Case::disk()), [] as [&str; 0]);
}

#[test]
fn backups_of_other_things_hold_no_log() {
    let strength = |case: &Case| -> Option<Strength> { worker(case) };
    let mut all = restores().to_vec();
    all.push(allow("ec2:AttachVolume", "*"));
    let makes = [allow("ec2:CreateVolume", "*")];
    let other = "arn:aws:ec2:eu-west-1:111122223333:volume/vol-other";
    let point = "arn:aws:ec2:eu-west-1::snapshot/snap-other";
    let case = vault(Case::disk(), &[(point, other, None)]);
    let case = beside(case, "eu-west-1b", &all, &[restorer(&makes)]);
    assert_eq!(strength(&case), None);
}
