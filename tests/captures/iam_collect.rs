//! The folders of iam-collect, written here from their description.

use catchment::estate::{Estate, Seen, build};

use super::*;

const ROLE: &str = "data/aws/aws/accounts/111122223333/iam/role/team%2flake-reader";
const BUCKET: &str = "data/aws/aws/accounts/111122223333/s3/quay-lake";
const KEY: &str =
    "data/aws/aws/accounts/111122223333/kms/eu-west-1/key/7c0a5e1d-2f4b-4c86-9a10-5d3e8b7f0001";
const READ: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}"#;
const OPEN: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::quay-lake/*"}]}"#;
const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}"#;

/// A small account: one role, one user in a group, a policy, a bucket and a key.
fn files() -> Vec<(String, String)> {
    let account = "data/aws/aws/accounts/111122223333";
    let inline = format!(r#"[{{"PolicyName": "read", "PolicyDocument": {READ}}}]"#);
    let files: Vec<(String, &str)> = vec![
        (
            format!("{ROLE}/metadata.json"),
            r#"{"arn": "arn:aws:iam::111122223333:role/Team/Lake-Reader", "name": "Lake-Reader", "path": "/Team/",
                "permissionBoundary": "arn:aws:iam::111122223333:policy/Edge"}"#,
        ),
        (format!("{ROLE}/trust-policy.json"), TRUST),
        (
            format!("{ROLE}/managed-policies.json"),
            r#"["arn:aws:iam::111122223333:policy/Edge"]"#,
        ),
        (format!("{ROLE}/inline-policies.json"), &inline),
        (
            format!("{ROLE}/instance-profiles.json"),
            r#"["arn:aws:iam::111122223333:instance-profile/Lake"]"#,
        ),
        (format!("{ROLE}/tags.json"), r#"{"team": "data"}"#),
        (
            format!("{account}/iam/user/ana/metadata.json"),
            r#"{"arn": "arn:aws:iam::111122223333:user/Ana", "name": "Ana"}"#,
        ),
        (
            format!("{account}/iam/user/ana/groups.json"),
            r#"["arn:aws:iam::111122223333:group/Analysts"]"#,
        ),
        (
            format!("{account}/iam/group/analysts/metadata.json"),
            r#"{"arn": "arn:aws:iam::111122223333:group/Analysts", "name": "Analysts"}"#,
        ),
        (
            format!("{account}/iam/group/analysts/inline-policies.json"),
            &inline,
        ),
        (
            format!("{account}/iam/policy/edge/metadata.json"),
            r#"{"arn": "arn:aws:iam::111122223333:policy/Edge", "defaultVersionId": "v3"}"#,
        ),
        (
            format!("{account}/iam/policy/edge/current-policy.json"),
            READ,
        ),
        (
            format!("{BUCKET}/metadata.json"),
            r#"{"name": "quay-lake", "region": "eu-west-1", "arn": "arn:aws:s3:::quay-lake"}"#,
        ),
        (format!("{BUCKET}/policy.json"), OPEN),
        (
            format!("{BUCKET}/bpa.json"),
            r#"{"BlockPublicPolicy": true, "RestrictPublicBuckets": true}"#,
        ),
        (
            format!("{BUCKET}/encryption.json"),
            r#"[{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]"#,
        ),
        (
            format!("{KEY}/metadata.json"),
            r#"{"id": "7c0a5e1d-2f4b-4c86-9a10-5d3e8b7f0001", "arn": "arn:aws:kms:eu-west-1:111122223333:key/7c0a5e1d-2f4b-4c86-9a10-5d3e8b7f0001"}"#,
        ),
        (
            format!("{account}/s3-bpa.json"),
            r#"{"BlockPublicAcls": true}"#,
        ),
        (
            "data/aws/aws/indexes/buckets-to-accounts.json".to_owned(),
            "{}",
        ),
        (
            format!("{account}/sqs/eu-west-1/queue/x/metadata.json"),
            r#"{"arn": "arn:aws:sqs:eu-west-1:111122223333:x"}"#,
        ),
    ];
    files
        .into_iter()
        .map(|(path, text)| (path, text.to_owned()))
        .collect()
}

fn read(files: &[(String, String)]) -> (Capture, Estate) {
    let capture = capture(files.iter().map(|(p, t)| (p.as_str(), t.as_str())));
    let estate = build(&capture);
    (capture, estate)
}

fn without(part: &str) -> Vec<(String, String)> {
    let all = files();
    let count = all.len();
    let rest: Vec<_> = all.into_iter().filter(|(p, _)| !p.contains(part)).collect();
    assert!(rest.len() < count, "{part}");
    rest
}

#[test]
fn identities_have_their_true_names_and_all_their_policies() {
    let (capture, estate) = read(&files());
    let role = &estate.identities["arn:aws:iam::111122223333:role/Team/Lake-Reader"];
    let names: Vec<&str> = role.policies.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(names, ["read", "arn:aws:iam::111122223333:policy/Edge"]);
    assert!(role.policies.iter().all(|p| p.document.as_ref().is_some()));
    assert!(role.trust.as_ref().is_some());
    assert!(role.boundary.as_ref().unwrap().document.as_ref().is_some());
    assert_eq!(role.tags["team"], "data");
    let user = &estate.identities["arn:aws:iam::111122223333:user/Ana"];
    assert_eq!(user.policies[0].how, "group Analysts");
    assert!(estate.accounts["111122223333"].identities_read);
    // Places are those of the files.
    let details = only(&capture, "iam:GetAccountAuthorizationDetails");
    let role = &details.body.list("RoleDetailList")[0];
    let document = role.get("AssumeRolePolicyDocument").unwrap();
    assert!(document.source.file().ends_with("/trust-policy.json"));
    assert!(
        !codes(&capture).contains(&"unrecognised-file"),
        "{:#?}",
        capture.diagnostics
    );
    assert_eq!(capture.unused.get("iam-collect sqs/queue"), Some(&1));
}

#[test]
fn resources_have_the_policies_that_were_kept() {
    let (_, estate) = read(&files());
    let bucket = &estate.buckets["quay-lake"];
    assert_eq!(bucket.account.as_deref(), Some("111122223333"));
    assert_eq!(bucket.region.as_deref(), Some("eu-west-1"));
    assert!(bucket.policy.as_ref().is_some());
    assert!(bucket.encryption.as_ref().is_some());
    assert!(
        bucket
            .public_access_block
            .as_ref()
            .unwrap()
            .restrict_public_buckets
    );
    let account = &estate.accounts["111122223333"];
    assert!(
        account
            .public_access_block
            .as_ref()
            .unwrap()
            .block_public_acls
    );
    assert_eq!(estate.keys.len(), 1);
}

#[test]
fn a_missing_policy_of_a_resource_is_unknown_and_never_none() {
    let (_, estate) = read(&without("quay-lake/policy.json"));
    assert!(matches!(
        estate.buckets["quay-lake"].policy,
        Seen::Unread(_)
    ));
    let (_, estate) = read(&without("quay-lake/bpa.json"));
    let block = &estate.buckets["quay-lake"].public_access_block;
    assert!(matches!(block, Seen::Unread(_)));
    // The fixture keeps no policy of its key.
    let key = estate.keys.values().next().unwrap();
    assert!(matches!(key.policy, Seen::Unread(_)));
    let (_, estate) = read(&without("/trust-policy.json"));
    let role = &estate.identities["arn:aws:iam::111122223333:role/Team/Lake-Reader"];
    assert!(matches!(role.trust, Seen::Unread(_)));
    let (_, estate) = read(&without("/current-policy.json"));
    let role = &estate.identities["arn:aws:iam::111122223333:role/Team/Lake-Reader"];
    let edge = role.policies.iter().find(|p| p.name.ends_with("Edge"));
    assert!(matches!(edge.unwrap().document, Seen::Unread(_)));
}

#[test]
fn lists_are_never_taken_for_complete() {
    let (capture, _) = read(&files());
    for call in ["s3:ListBuckets", "kms:ListKeys"] {
        assert_eq!(only(&capture, call).outcome, Outcome::Truncated, "{call}");
    }
    // Older versions kept no users: without one, nobody says that there are none.
    for part in ["/iam/user/", "/iam/role/"] {
        let (_, estate) = read(&without(part));
        assert!(!estate.accounts["111122223333"].identities_read, "{part}");
    }
}

#[test]
fn a_folder_without_its_true_name_is_about_nothing_and_leaves_a_gap() {
    let (capture, estate) = read(&without("lake-reader/metadata.json"));
    assert!(codes(&capture).contains(&"iam-collect-without-metadata"));
    assert!(!estate.accounts["111122223333"].identities_read);
    let mut broken = files();
    broken[0].1 = "{".to_owned();
    let (capture, estate) = read(&broken);
    assert!(codes(&capture).contains(&"malformed-json"));
    assert!(!estate.accounts["111122223333"].identities_read);
}

fn organization() -> Vec<(String, String)> {
    let top = "data/aws/aws/organizations/o-a1b2c3d4e5";
    let scp =
        "arn:aws:organizations::999900001111:policy/o-a1b2c3d4e5/service_control_policy/p-Guard";
    let full = "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess";
    let texts = [
        (
            "metadata.json",
            r#"{"id": "o-a1b2c3d4e5", "arn": "arn:aws:organizations::999900001111:organization/o-a1b2c3d4e5", "rootOu": "r-root",
                "rootAccountId": "999900001111", "features": {"SERVICE_CONTROL_POLICY": true, "RESOURCE_CONTROL_POLICY": false}}"#.to_owned(),
        ),
        (
            "accounts.json",
            format!(r#"{{"111122223333": {{"ou": "ou-root-data", "scps": ["{scp}", "{full}"], "rcps": []}}}}"#),
        ),
        (
            "ous.json",
            format!(r#"{{"r-root": {{"scps": ["{full}"], "rcps": []}}, "ou-root-data": {{"parent": "r-root", "scps": ["{full}"], "rcps": []}}}}"#),
        ),
        (
            "scps/p-guard/metadata.json",
            format!(r#"{{"arn": "{scp}", "name": "Guard", "awsManaged": false}}"#),
        ),
        (
            "scps/p-guard/policy.json",
            r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}"#.to_owned(),
        ),
        ("structure.json", "{}".to_owned()),
        ("ous/r-root/metadata.json", r#"{"arn": "a", "name": "Root"}"#.to_owned()),
    ];
    let mut all = files();
    all.extend(texts.map(|(path, text)| (format!("{top}/{path}"), text)));
    all
}

#[test]
fn the_organization_binds_its_accounts_level_by_level() {
    let (_, estate) = read(&organization());
    let organization = &estate.organization;
    assert_eq!(
        organization.management_account.as_deref(),
        Some("999900001111")
    );
    let levels = &organization.levels["111122223333"];
    let ids: Vec<&str> = levels.iter().map(|l| l.id.as_str()).collect();
    assert_eq!(ids, ["r-root", "ou-root-data", "111122223333"]);
    let own = levels[2].scps.as_ref().unwrap();
    let guard = own.iter().find(|p| p.name.contains("Guard")).unwrap();
    assert!(guard.document.as_ref().is_some());
    // Resource control policies are switched off at the root.
    assert!(matches!(levels[2].rcps, Seen::Absent));
}

#[test]
fn a_control_policy_whose_document_is_missing_is_unread() {
    let files: Vec<_> = organization()
        .into_iter()
        .filter(|(path, _)| !path.ends_with("p-guard/policy.json"))
        .collect();
    let (_, estate) = read(&files);
    let levels = &estate.organization.levels["111122223333"];
    let own = levels[2].scps.as_ref().unwrap();
    let guard = own.iter().find(|p| p.name.contains("Guard")).unwrap();
    assert!(matches!(guard.document, Seen::Unread(_)));
}

#[test]
fn the_same_account_reads_the_same_in_both_layouts() {
    let details = format!(
        r#"{{"UserDetailList": [{{"UserName": "Ana", "Arn": "arn:aws:iam::111122223333:user/Ana", "GroupList": ["Analysts"]}}],
            "GroupDetailList": [{{"GroupName": "Analysts", "Arn": "arn:aws:iam::111122223333:group/Analysts",
                "GroupPolicyList": [{{"PolicyName": "read", "PolicyDocument": {READ}}}]}}],
            "RoleDetailList": [{{"RoleName": "Lake-Reader", "Arn": "arn:aws:iam::111122223333:role/Team/Lake-Reader",
                "AssumeRolePolicyDocument": {TRUST}, "RolePolicyList": [{{"PolicyName": "read", "PolicyDocument": {READ}}}],
                "AttachedManagedPolicies": [{{"PolicyArn": "arn:aws:iam::111122223333:policy/Edge"}}],
                "PermissionsBoundary": {{"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/Edge"}},
                "InstanceProfileList": [{{"Arn": "arn:aws:iam::111122223333:instance-profile/Lake"}}],
                "Tags": [{{"Key": "team", "Value": "data"}}]}}],
            "Policies": [{{"Arn": "arn:aws:iam::111122223333:policy/Edge", "DefaultVersionId": "v3", "PolicyVersionList":
                [{{"VersionId": "v3", "IsDefaultVersion": true, "Document": {READ}}}]}}], "IsTruncated": false}}"#
    );
    let plain = build(&capture([("iam.json", details.as_str())]));
    let (_, folders) = read(&files());
    let told = |estate: &Estate| -> Vec<String> {
        let identities = estate.identities.values();
        identities
            .map(|i| {
                let policies: Vec<String> = i
                    .policies
                    .iter()
                    .map(|p| format!("{} {} {}", p.name, p.how, p.document.as_ref().is_some()))
                    .collect();
                format!("{} {} {policies:?} {:?}", i.arn, i.account, i.tags)
            })
            .collect()
    };
    assert_eq!(told(&plain), told(&folders));
}
