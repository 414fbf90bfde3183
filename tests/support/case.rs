//! A small capture that a test changes, and the readers that it then has.

use std::collections::BTreeMap;

use catchment::reach::Strength;
use serde_json::{Value, json};

use super::{Files, cells, document, explain, fixture, view};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const OTHER: &str = "444455556666";
pub(crate) const HERE: &str = "accounts/111122223333/eu-west-1";
pub(crate) const IDENTITIES: &str =
    "accounts/111122223333/us-east-1/iam-get-account-authorization-details.json";
pub(crate) const KEY: &str =
    "arn:aws:kms:eu-west-1:111122223333:key/7c0a5e1d-2f4b-4c86-9a10-5d3e8b7f0001";
pub(crate) const KEY_ID: &str = "7c0a5e1d-2f4b-4c86-9a10-5d3e8b7f0001";
pub(crate) const OBJECTS: &str = "arn:aws:s3:::quay-stream/*";
pub(crate) const SNAPSHOTS: &str = "arn:aws:ec2:eu-west-1::snapshot/*";
pub(crate) const VOLUMES: &str = "arn:aws:ec2:eu-west-1:111122223333:volume/*";

/// A role that trusts some principal and has one inline policy.
pub(crate) fn role(name: &str, trusted: &Value, statements: &[Value]) -> Value {
    json!({
        "Path": "/",
        "RoleName": name,
        "RoleId": format!("AROA{}", name.to_uppercase()),
        "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
        "AssumeRolePolicyDocument": document(&[json!({
            "Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"
        })]),
        "InstanceProfileList": [],
        "RolePolicyList": [{ "PolicyName": "p", "PolicyDocument": document(statements) }],
        "AttachedManagedPolicies": [],
        "Tags": []
    })
}

/// A capture that a test changes.
pub(crate) struct Case(pub(crate) Files);

impl Case {
    /// One AutoMQ cluster whose log lies in the bucket `quay-stream`, without a key of its own.
    pub(crate) fn bucket() -> Self {
        let case = Self(fixture("small/one-caller"));
        let plain = json!({ "ServerSideEncryptionConfiguration": { "Rules": [{
            "ApplyServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" }
        }]}});
        case.with("s3-get-bucket-encryption/quay-stream.json", &plain)
    }

    /// The same with a key.
    pub(crate) fn keyed() -> Self {
        Self(fixture("small/one-caller"))
    }

    /// One self-managed broker, its log volume, and a snapshot of it; nothing is encrypted.
    pub(crate) fn disk() -> Self {
        let mut case = Self::keyed_disk();
        for (path, text) in &mut case.0 {
            if path.ends_with("-volumes.json") || path.ends_with("-snapshots.json") {
                *text = text.replace("\"Encrypted\": true", "\"Encrypted\": false");
                let key = format!("\"KmsKeyId\": \"{KEY}\",");
                *text = text.replace(&key, "");
            }
        }
        case
    }

    /// The same, encrypted with a key.
    pub(crate) fn keyed_disk() -> Self {
        Self(fixture("small/existing-snapshot"))
    }

    pub(crate) fn with(mut self, path: &str, answer: &Value) -> Self {
        self.0.insert(format!("{HERE}/{path}"), answer.to_string());
        self
    }

    pub(crate) fn without(mut self, part: &str) -> Self {
        self.0.retain(|path, _| !path.contains(part));
        self
    }

    pub(crate) fn trusting(mut self, roles: &[(&str, Value, &[Value])]) -> Self {
        let roles: Vec<Value> = roles
            .iter()
            .map(|(name, trusted, statements)| role(name, trusted, statements))
            .collect();
        let details = json!({
            "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": [],
            "IsTruncated": false
        });
        self.0.insert(IDENTITIES.to_owned(), details.to_string());
        self
    }

    pub(crate) fn roles(self, roles: &[(&str, &[Value])]) -> Self {
        let own = json!({ "AWS": format!("arn:aws:iam::{ACCOUNT}:root") });
        let roles: Vec<_> = roles
            .iter()
            .map(|(name, statements)| (*name, own.clone(), *statements))
            .collect();
        self.trusting(&roles)
    }

    pub(crate) fn bucket_policy(self, statements: &[Value]) -> Self {
        let policy = json!({ "Policy": document(statements) });
        self.with("s3-get-bucket-policy/quay-stream.json", &policy)
    }

    pub(crate) fn versioning(self, answer: &Value) -> Self {
        self.with("s3-get-bucket-versioning/quay-stream.json", answer)
    }

    /// Every reader but the root user of the account and the host of the broker.
    pub(crate) fn readers(&self) -> BTreeMap<String, Strength> {
        let view = view(&self.0, None);
        let readers = cells(&view).into_iter().map(|((principal, _), strength)| {
            let name = principal.rsplit(":role/").next().unwrap_or_default();
            (name.to_owned(), strength)
        });
        let root = format!("{ACCOUNT}:root");
        readers
            .filter(|(name, _)| !name.ends_with(&root) && !name.starts_with("host "))
            .collect()
    }

    pub(crate) fn expect(&self, expected: &[(&str, Strength)]) {
        let expected = expected
            .iter()
            .map(|(name, strength)| ((*name).to_owned(), *strength));
        assert_eq!(self.readers(), expected.collect());
    }

    /// The rules of all routes of a role.
    pub(crate) fn rules(&self, role: &str) -> Vec<String> {
        let view = view(&self.0, None);
        let name = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
        let explained = explain(&view, &name, "payments").unwrap();
        let steps = explained.proofs.into_iter().flat_map(|proof| proof.steps);
        steps.filter_map(|step| step.rule).collect()
    }
}

/// The disk, with a second host whose role may do this, and further roles.
pub(crate) fn beside(case: Case, zone: &str, statements: &[Value], more: &[Value]) -> Case {
    let mut case = case.without("ec2-describe-subnets");
    let profile = format!("arn:aws:iam::{ACCOUNT}:instance-profile/worker");
    let mut worker = role(
        "worker",
        &json!({ "Service": "ec2.amazonaws.com" }),
        statements,
    );
    worker["InstanceProfileList"] = json!([{
        "Arn": profile, "Roles": [{ "Arn": format!("arn:aws:iam::{ACCOUNT}:role/worker") }]
    }]);
    let mut roles = vec![worker];
    roles.extend_from_slice(more);
    let details = json!({
        "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": [],
        "IsTruncated": false
    });
    case.0.insert(IDENTITIES.to_owned(), details.to_string());
    let path = format!("{HERE}/ec2-describe-instances.json");
    let mut instances: Value = serde_json::from_str(&case.0[&path]).unwrap();
    let worker = json!({
        "InstanceId": "i-0e1", "PrivateIpAddress": "10.9.0.9", "VpcId": "vpc-9",
        "SubnetId": "subnet-9", "State": { "Name": "running" },
        "IamInstanceProfile": { "Arn": profile }, "Tags": []
    });
    let reservation = json!({ "OwnerId": ACCOUNT, "Instances": [worker] });
    instances["Reservations"]
        .as_array_mut()
        .unwrap()
        .push(reservation);
    let subnets = json!({ "Subnets": [{
        "SubnetId": "subnet-9", "VpcId": "vpc-9", "AvailabilityZone": zone,
        "CidrBlock": "10.9.0.0/24", "OwnerId": ACCOUNT
    }]});
    case.with("ec2-describe-instances.json", &instances)
        .with("ec2-describe-subnets.json", &subnets)
}

/// How surely that host reads.
pub(crate) fn worker(case: &Case) -> Option<Strength> {
    let found = cells(&view(&case.0, None));
    let name = ("host i-0e1".to_owned(), "payments".to_owned());
    found.get(&name).copied()
}
