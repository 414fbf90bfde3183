//! What opens stored bytes beside policies, rule by rule: estates made in the test from a small
//! fixture, with the answer that AWS's documents give.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

mod support;

use catchment::reach::Strength::{Always, Conditional, Gap};
use serde_json::{Value, json};
use support::case::{
    ACCOUNT, Case, HERE, KEY, KEY_ID, OBJECTS, OTHER, SNAPSHOTS, VOLUMES, beside, worker,
};
use support::{Files, allow, cells, deny, fixture, view};

fn ownership(of: &str) -> Value {
    json!({ "OwnershipControls": { "Rules": [{ "ObjectOwnership": of }] } })
}

fn access_block(on: bool) -> Value {
    json!({ "PublicAccessBlockConfiguration": {
        "BlockPublicAcls": on, "IgnorePublicAcls": on,
        "BlockPublicPolicy": on, "RestrictPublicBuckets": on
    }})
}

#[test]
fn grants_that_were_not_listed_are_reported_once_as_whoever_they_name() {
    let reads: &[Value] = &[allow("s3:GetObject", OBJECTS)];
    let both: &[Value] = &[allow("s3:GetObject", OBJECTS), allow("kms:Decrypt", KEY)];
    let roles: &[(&str, &[Value])] = &[("one", reads), ("two", reads), ("both", both)];
    let case = Case::keyed().roles(roles);
    case.expect(&[("both", Always)]);
    let whoever = format!("whoever kms:ListGrants of {KEY} (account {ACCOUNT}) names");
    let expected = [("both", Always), (whoever.as_str(), Gap)];
    case.without("kms-list-grants").expect(&expected);
    let path = format!("kms-list-grants/{KEY_ID}.json");
    // Refused, and cut off.
    let denied = json!({ "Error": { "Code": "AccessDeniedException", "Message": "no" } });
    let cut = json!({ "Grants": [], "Truncated": true, "NextMarker": "x" });
    for answer in [denied, cut] {
        Case::keyed()
            .roles(roles)
            .with(&path, &answer)
            .expect(&expected);
    }
}

#[test]
fn a_grant_to_another_account_stands_for_its_administrator() {
    let foreign = format!("arn:aws:iam::{OTHER}:role/job");
    let grants = json!({ "Truncated": false, "Grants": [{
        "GrantId": "a", "GranteePrincipal": foreign, "Operations": ["Decrypt"]
    }]});
    let shared = json!({
        "Effect": "Allow", "Principal": { "AWS": foreign }, "Action": "s3:GetObject", "Resource": OBJECTS
    });
    let case = Case::keyed().bucket_policy(&[shared]).with(
        "s3-get-public-access-block/quay-stream.json",
        &access_block(false),
    );
    case.expect(&[]);
    let path = format!("kms-list-grants/{KEY_ID}.json");
    case.with(&path, &grants)
        .expect(&[(&format!("account {OTHER}"), Conditional)]);
}

#[test]
fn a_grant_on_making_grants_allows_no_more_than_itself() {
    let grants = |operations: Value| {
        json!({ "Truncated": false, "Grants": [{
            "GrantId": "a", "GranteePrincipal": format!("arn:aws:iam::{ACCOUNT}:role/r"),
            "Operations": operations
        }]})
    };
    let path = format!("kms-list-grants/{KEY_ID}.json");
    let reads: &[Value] = &[allow("s3:GetObject", OBJECTS)];
    let case = |operations| {
        Case::keyed()
            .roles(&[("r", reads)])
            .with(&path, &grants(operations))
    };
    case(json!(["CreateGrant", "Encrypt"])).expect(&[]);
    case(json!(["CreateGrant", "Decrypt"])).expect(&[("r", Always)]);
}

#[test]
fn versions_are_asked_for_by_a_right_of_their_own() {
    let versions: &[Value] = &[
        allow("s3:GetObjectVersion", OBJECTS),
        allow("s3:GetObject", OBJECTS),
        deny("s3:GetObject", OBJECTS),
    ];
    let case = || Case::bucket().roles(&[("old", versions)]);
    for (answer, strength) in [
        (json!({ "Status": "Enabled" }), Always),
        (json!({ "Status": "Suspended" }), Always),
        // Nothing says that the version `null` is not served.
        (json!({}), Conditional),
    ] {
        case().versioning(&answer).expect(&[("old", strength)]);
    }
    case()
        .without("s3-get-bucket-versioning")
        .expect(&[("old", Conditional)]);
}

#[test]
fn rule_29_who_may_rewrite_acls_of_objects_reads_them_where_acls_are_on() {
    let acls: &[Value] = &[allow("s3:PutObjectAcl", OBJECTS)];
    let case = |ownership: &Value, shut: bool| {
        Case::bucket()
            .roles(&[("opener", acls)])
            .with(
                "s3-get-bucket-ownership-controls/quay-stream.json",
                ownership,
            )
            .with(
                "s3-get-public-access-block/quay-stream.json",
                &access_block(shut),
            )
            .with_account_block(shut)
    };
    case(&ownership("BucketOwnerEnforced"), false).expect(&[]);
    for on in [ownership("BucketOwnerPreferred"), ownership("ObjectWriter")] {
        case(&on, false).expect(&[("opener", Always)]);
        // Not to everyone, but to an account of its own.
        case(&on, true).expect(&[("opener", Conditional)]);
    }
    let none = json!({ "Error": { "Code": "OwnershipControlsNotFoundError" } });
    case(&none, false).expect(&[("opener", Always)]);
    case(&none, false)
        .without("ownership-controls")
        .expect(&[("opener", Conditional)]);
    let denied = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS
    });
    case(&none, false).bucket_policy(&[denied]).expect(&[]);
}

impl Case {
    fn with_account_block(mut self, on: bool) -> Self {
        let path = "accounts/111122223333/us-east-1/s3control-get-public-access-block.json";
        self.0.insert(path.to_owned(), access_block(on).to_string());
        self
    }
}

#[test]
fn who_may_turn_acls_on_may_rewrite_them_then() {
    let acls = allow("s3:PutObjectAcl", OBJECTS);
    let controls = allow("s3:PutBucketOwnershipControls", "arn:aws:s3:::quay-stream");
    Case::bucket()
        .roles(&[
            ("both", &[acls.clone(), controls.clone()]),
            ("acls", &[acls]),
            ("controls", &[controls]),
        ])
        .expect(&[("both", Conditional)]);
}

#[test]
fn the_acl_of_a_bucket_lets_nobody_read_its_objects() {
    let everyone = json!({ "Grants": [{
        "Grantee": { "Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers" },
        "Permission": "FULL_CONTROL"
    }]});
    Case::bucket()
        .roles(&[])
        .with("s3-get-bucket-acl/quay-stream.json", &everyone)
        .with(
            "s3-get-bucket-ownership-controls/quay-stream.json",
            &ownership("ObjectWriter"),
        )
        .with(
            "s3-get-public-access-block/quay-stream.json",
            &access_block(false),
        )
        .with_account_block(false)
        .expect(&[]);
}

/// A bucket that leaves the decision to the access points of some account.
fn delegating(to: &str) -> Case {
    let delegation = json!({
        "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "s3:GetObject",
        "Resource": OBJECTS,
        "Condition": { "StringEquals": { "s3:DataAccessPointAccount": to } }
    });
    Case::bucket().roles(&[]).bucket_policy(&[delegation])
}

#[test]
fn access_points_that_were_not_listed_are_a_gap_where_the_bucket_delegates_to_them() {
    delegating(ACCOUNT).expect(&[]);
    let whoever = |account: &str| {
        format!("whoever s3control:ListAccessPoints (account {account}, eu-west-1) names")
    };
    delegating(ACCOUNT)
        .without("list-access-points")
        .expect(&[(&whoever(ACCOUNT), Gap)]);
    // Those of several regions too.
    let several = format!("whoever s3control:ListMultiRegionAccessPoints (account {OTHER}) names");
    delegating(OTHER).expect(&[(&whoever(OTHER), Gap), (&several, Gap)]);
    // Without delegation they let nobody in who is not in already.
    Case::bucket()
        .roles(&[])
        .without("list-access-points")
        .expect(&[]);
}

#[test]
fn rule_31_both_the_access_point_and_the_bucket_must_allow() {
    let files = fixture("small/access-point");
    let through = |files: &Files| {
        let found = cells(&view(files, None));
        let name = "arn:aws:iam::111122223333:role/through".to_owned();
        found.get(&(name, "payments".to_owned())).copied()
    };
    assert_eq!(through(&files), Some(Always));
    let mut shut = files.clone();
    let path = format!("{HERE}/s3-get-bucket-policy/quay-stream.json");
    let none = json!({ "Error": { "Code": "NoSuchBucketPolicy" } });
    shut.insert(path, none.to_string());
    assert_eq!(through(&shut), None);
    let mut shut = files;
    let path = format!("{HERE}/s3control-get-access-point-policy/quay-analytics.json");
    let none = json!({ "Error": { "Code": "NoSuchAccessPointPolicy" } });
    shut.insert(path, none.to_string());
    assert_eq!(through(&shut), None);
}

#[test]
fn who_may_make_access_points_reads_where_the_bucket_delegates_to_them() {
    let points = "arn:aws:s3:eu-west-1:111122223333:accesspoint/*";
    let both: &[Value] = &[
        allow("s3:CreateAccessPoint", points),
        allow("s3:PutAccessPointPolicy", points),
    ];
    let roles: &[(&str, &[Value])] = &[("maker", both), ("half", &both[..1])];
    delegating(ACCOUNT)
        .roles(roles)
        .expect(&[("maker", Always)]);
    Case::bucket().roles(roles).expect(&[]);
}

/// A role that S3 may take, with these statements, and who may pass it.
fn copier(service: &str, caller: &[Value], role: &[Value]) -> Case {
    let own = json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:root") });
    let pass = allow("iam:PassRole", "arn:aws:iam::111122223333:role/copier");
    let mut passes = caller.to_vec();
    passes.push(pass);
    Case::bucket().trusting(&[
        ("caller", own.clone(), &passes),
        ("idle", own, caller),
        ("copier", json!({ "Service": service }), role),
    ])
}

#[test]
fn replication_needs_the_configuration_the_role_and_a_role_that_may_copy() {
    let bucket = "arn:aws:s3:::quay-stream";
    let configure = [allow("s3:PutReplicationConfiguration", bucket)];
    let copies = [
        allow("s3:GetObjectVersionForReplication", OBJECTS),
        allow("s3:ReplicateObject", "*"),
    ];
    let on = json!({ "Status": "Enabled" });
    let service = "s3.amazonaws.com";
    copier(service, &configure, &copies)
        .versioning(&on)
        .expect(&[("caller", Always)]);
    copier("ec2.amazonaws.com", &configure, &copies)
        .versioning(&on)
        .expect(&[]);
    copier(service, &configure, &copies[..1])
        .versioning(&on)
        .expect(&[]);
    // Without versions they must be turned on first.
    copier(service, &configure, &copies).expect(&[]);
    let mut more = configure.to_vec();
    more.push(allow("s3:PutBucketVersioning", bucket));
    copier(service, &more, &copies).expect(&[("caller", Always)]);
}

#[test]
fn a_batch_job_copies_as_the_role_that_is_passed() {
    let jobs = [allow("s3:CreateJob", "*")];
    let reads = [allow("s3:GetObject", OBJECTS), allow("s3:PutObject", "*")];
    let itself = ("copier", Always);
    copier("batchoperations.s3.amazonaws.com", &jobs, &reads).expect(&[("caller", Always), itself]);
    copier("s3.amazonaws.com", &jobs, &reads).expect(&[itself]);
    copier("batchoperations.s3.amazonaws.com", &jobs, &reads[..1]).expect(&[itself]);
}

/// The permissions of the snapshot of the disk.
fn permissions(of: &Value) -> Value {
    json!({ "SnapshotId": "snap-0b10000000000001a", "CreateVolumePermissions": of })
}

const ATTRIBUTE: &str = "ec2-describe-snapshot-attribute/snap-0b10000000000001a.json";

#[test]
fn a_public_snapshot_is_any_accounts_unless_the_region_blocks_it() {
    let public = permissions(&json!([{ "Group": "all" }]));
    let case = || Case::disk().roles(&[]).with(ATTRIBUTE, &public);
    let state = "ec2-get-snapshot-block-public-access-state.json";
    let with = |name: &str| case().with(state, &json!({ "State": name }));
    let everyone = ("any other account", Conditional);
    with("unblocked").expect(&[everyone]);
    with("block-new-sharing").expect(&[everyone]);
    with("block-all-sharing").expect(&[]);
    case().without("block-public-access").expect(&[everyone]);
}

#[test]
fn permissions_of_snapshots_that_were_not_read_are_reported_once() {
    let whoever = format!(
        "whoever ec2:DescribeSnapshotAttribute of snapshots (account {ACCOUNT}, eu-west-1) names"
    );
    Case::disk().roles(&[]).expect(&[]);
    Case::disk()
        .roles(&[])
        .without("snapshot-attribute")
        .expect(&[(&whoever, Gap)]);
}

#[test]
fn rule_35_who_may_share_a_snapshot_has_an_account_to_share_it_with() {
    let share: &[Value] = &[allow("ec2:ModifySnapshotAttribute", SNAPSHOTS)];
    let grants: &[Value] = &[share[0].clone(), allow("kms:CreateGrant", KEY)];
    let makes: &[Value] = &[share[0].clone(), allow("ec2:CreateSnapshot", "*")];
    let roles: &[(&str, &[Value])] = &[("sharer", share), ("grants", grants)];
    Case::disk()
        .roles(roles)
        .expect(&[("grants", Always), ("sharer", Always)]);
    // An encrypted one is of no use there without the key.
    let keyed = Case::keyed_disk().roles(roles);
    keyed.expect(&[("grants", Always)]);
    assert!(
        keyed
            .rules("grants")
            .contains(&"ebs-share-snapshot-key-grant".to_owned())
    );
    // Without a snapshot to share, one has to be made.
    let none = json!({ "Snapshots": [] });
    Case::disk()
        .roles(&[("sharer", share), ("makes", makes)])
        .with("ec2-describe-snapshots.json", &none)
        .expect(&[("makes", Always)]);
}

#[test]
fn a_copy_of_a_snapshot_is_read_under_a_key_of_the_copiers_choice() {
    let mut other = deny("ebs:*", SNAPSHOTS);
    other["Condition"] = json!({ "StringEquals": { "aws:ResourceTag/plan": "nightly" } });
    let mut copies = vec![
        allow("ec2:CopySnapshot", "*"),
        allow("ebs:*", SNAPSHOTS),
        other,
    ];
    Case::disk()
        .roles(&[("copier", &copies)])
        .expect(&[("copier", Conditional)]);
    // The rights on the key are the copier's, and EBS makes a grant for itself.
    Case::keyed_disk().roles(&[("copier", &copies)]).expect(&[]);
    let mut for_services = allow("kms:CreateGrant", KEY);
    for_services["Condition"] = json!({ "Bool": { "kms:GrantIsForAWSResource": "true" } });
    copies.extend([for_services, allow("kms:Decrypt", KEY)]);
    let case = Case::keyed_disk().roles(&[("copier", &copies)]);
    case.expect(&[("copier", Conditional)]);
    assert!(
        case.rules("copier")
            .contains(&"ebs-copy-snapshot-kms".to_owned())
    );
}

#[test]
fn rule_35_a_live_volume_moves_to_a_host_of_its_zone() {
    let hosts = "arn:aws:ec2:eu-west-1:111122223333:instance/*";
    let moves = [
        allow("ec2:DetachVolume", VOLUMES),
        allow("ec2:AttachVolume", VOLUMES),
        allow("ec2:AttachVolume", hosts),
    ];
    let near = |case, statements: &[Value]| worker(&beside(case, "eu-west-1a", statements, &[]));
    assert_eq!(near(Case::disk(), &moves), Some(Always));
    assert_eq!(near(Case::disk(), &moves[..2]), None);
    let far = beside(Case::disk(), "eu-west-1b", &moves, &[]);
    assert_eq!(worker(&far), None);
    // EC2 makes a grant of the key for the host.
    assert_eq!(near(Case::keyed_disk(), &moves), None);
    let mut keyed = moves.to_vec();
    let mut grants = allow("kms:CreateGrant", KEY);
    grants["Condition"] = json!({
        "Bool": { "kms:GrantIsForAWSResource": "true" },
        "StringEquals": { "kms:ViaService": "ec2.eu-west-1.amazonaws.com" }
    });
    keyed.push(grants);
    assert_eq!(near(Case::keyed_disk(), &keyed), Some(Always));
}

#[test]
fn a_volume_made_of_a_snapshot_is_mounted_anywhere_in_the_account() {
    let makes = [
        allow("ec2:CreateVolume", "*"),
        allow("ec2:AttachVolume", "*"),
    ];
    let far = |case, statements: &[Value]| worker(&beside(case, "eu-west-1b", statements, &[]));
    assert_eq!(far(Case::disk(), &makes), Some(Always));
    assert_eq!(far(Case::disk(), &makes[..1]), None);
    assert_eq!(far(Case::keyed_disk(), &makes), None);
    let mut keyed = makes.to_vec();
    keyed.extend([allow("kms:CreateGrant", KEY), allow("kms:Decrypt", KEY)]);
    assert_eq!(far(Case::keyed_disk(), &keyed), Some(Always));
}

#[test]
fn snapshots_of_all_volumes_of_a_host_are_snapshots_of_its_log() {
    let makes: &[Value] = &[
        allow("ec2:CreateSnapshots", "*"),
        allow("ebs:*", SNAPSHOTS),
        deny(
            "ebs:*",
            "arn:aws:ec2:eu-west-1::snapshot/snap-0b10000000000001a",
        ),
    ];
    let case = Case::disk().roles(&[("maker", makes)]);
    case.expect(&[("maker", Always)]);
    assert!(
        case.rules("maker")
            .contains(&"ebs-create-snapshots".to_owned())
    );
}
