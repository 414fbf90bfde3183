//! Who reads the objects of a log bucket: one small estate for each rule, made here, with the
//! answer that AWS's documents give.

mod support;

use std::collections::BTreeMap;

use catchment::reach::Strength;
use serde_json::{Value, json};
use support::{Files, allow, cells, deny, document, view};

const ACCOUNT: &str = "111122223333";
const OTHER: &str = "444455556666";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/7c0a5e1d-2f4b-4c86-9a10-5d3e8b7f0001";
const OBJECTS: &str = "arn:aws:s3:::quay-stream/*";

/// An estate with one AutoMQ cluster whose log lies in the bucket `quay-stream`.
#[derive(Default)]
struct Case {
    roles: Vec<Value>,
    users: Vec<Value>,
    foreign_roles: Vec<Value>,
    bucket: Vec<Value>,
    key_policy: Option<Value>,
    encryption: Option<Value>,
    restrict_public: bool,
    config: &'static str,
}

fn with(mut statement: Value, member: &str, value: Value) -> Value {
    statement[member] = value;
    statement
}

fn role_of(account: &str, name: &str, statements: &[Value]) -> Value {
    json!({
        "Path": "/",
        "RoleName": name,
        "RoleId": format!("AROA{}", name.to_uppercase()),
        "Arn": format!("arn:aws:iam::{account}:role/{name}"),
        "AssumeRolePolicyDocument": document(&[json!({
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
            "Action": "sts:AssumeRole"
        })]),
        "InstanceProfileList": [],
        "RolePolicyList": [{ "PolicyName": "p", "PolicyDocument": document(statements) }],
        "AttachedManagedPolicies": [],
        "Tags": []
    })
}

fn role(name: &str, statements: &[Value]) -> Value {
    role_of(ACCOUNT, name, statements)
}

fn trusted_by(role: Value, statement: Value) -> Value {
    with(role, "AssumeRolePolicyDocument", document(&[statement]))
}

fn user(name: &str, statements: &[Value]) -> Value {
    json!({
        "Path": "/",
        "UserName": name,
        "UserId": format!("AIDA{}", name.to_uppercase()),
        "Arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"),
        "UserPolicyList": [{ "PolicyName": "p", "PolicyDocument": document(statements) }],
        "GroupList": [],
        "AttachedManagedPolicies": [],
        "Tags": []
    })
}

fn details(users: &[Value], roles: &[Value]) -> String {
    json!({
        "UserDetailList": users,
        "GroupDetailList": [],
        "RoleDetailList": roles,
        "Policies": [],
        "IsTruncated": false
    })
    .to_string()
}

impl Case {
    fn files(&self) -> Files {
        let mut files = Files::new();
        let mut add = |path: &str, text: String| files.insert(path.to_owned(), text);
        let global = format!("accounts/{ACCOUNT}/us-east-1");
        let region = format!("accounts/{ACCOUNT}/eu-west-1");
        let own = format!("{global}/iam-get-account-authorization-details.json");
        add(&own, details(&self.users, &self.roles));
        if !self.foreign_roles.is_empty() {
            let path =
                format!("accounts/{OTHER}/us-east-1/iam-get-account-authorization-details.json");
            add(&path, details(&[], &self.foreign_roles));
        }
        let bucket = |call: &str| format!("{region}/s3-get-{call}/quay-stream.json");
        let listed = json!({ "Buckets": [{ "Name": "quay-stream" }], "Owner": { "ID": "x" } });
        add(
            &format!("{region}/s3-list-buckets.json"),
            listed.to_string(),
        );
        let policy = if self.bucket.is_empty() {
            json!({ "Error": { "Code": "NoSuchBucketPolicy" } })
        } else {
            json!({ "Policy": document(&self.bucket).to_string() })
        };
        add(&bucket("bucket-policy"), policy.to_string());
        let block = json!({ "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": true,
            "IgnorePublicAcls": true,
            "BlockPublicPolicy": false,
            "RestrictPublicBuckets": self.restrict_public
        }});
        add(&bucket("public-access-block"), block.to_string());
        let none = json!({ "Error": { "Code": "NoSuchPublicAccessBlockConfiguration" } });
        add(
            &format!("{global}/s3control-get-public-access-block.json"),
            none.to_string(),
        );
        let plain = json!({ "SSEAlgorithm": "AES256" });
        let encryption = json!({ "ServerSideEncryptionConfiguration": { "Rules": [{
            "ApplyServerSideEncryptionByDefault": self.encryption.as_ref().unwrap_or(&plain),
            "BucketKeyEnabled": true
        }]}});
        add(&bucket("bucket-encryption"), encryption.to_string());
        if let Some(statement) = &self.key_policy {
            let path = format!(
                "{region}/kms-get-key-policy/{}.json",
                &KEY[KEY.len() - 36..]
            );
            let policy = json!({ "Policy": document(std::slice::from_ref(statement)).to_string() });
            add(&path, policy.to_string());
            let path = format!("{region}/kms-list-grants/{}.json", &KEY[KEY.len() - 36..]);
            add(
                &path,
                json!({ "Grants": [], "Truncated": false }).to_string(),
            );
        }
        let properties = "node.id=1\nprocess.roles=broker\nelasticstream.enable=true\n\
            s3.data.buckets=0@s3://quay-stream?region=eu-west-1\n\
            s3.wal.path=0@s3://quay-stream?region=eu-west-1\n\
            authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
            listeners=CONTROLLER://:9093\ncontroller.listener.names=CONTROLLER\n";
        add("kafka/quay/server-1.properties", properties.to_owned());
        add("kafka/quay/topics.txt", "payments\n".to_owned());
        add("kafka/quay/acls.txt", "# none\n".to_owned());
        let assume = "[assume]\nscps = \"none\"\nrcps = \"none\"\nnetwork-acls = \"allow-all\"\n";
        add("catchment.toml", format!("{assume}{}", self.config));
        files
    }

    /// Every reader but the root user and the vendor, who is named by nothing of his own here.
    fn readers(&self) -> BTreeMap<String, Strength> {
        let view = view(&self.files(), None);
        let readers = cells(&view).into_iter().map(|((principal, _), strength)| {
            let name = principal.rsplit(":role/").next().unwrap_or_default();
            let name = name.rsplit(":user/").next().unwrap_or_default();
            (name.to_owned(), strength)
        });
        readers
            .filter(|(name, _)| !name.ends_with(":root") && !name.contains("vendor"))
            .collect()
    }

    fn expect(&self, expected: &[(&str, Strength)]) {
        let expected = expected
            .iter()
            .map(|(name, strength)| ((*name).to_owned(), *strength));
        assert_eq!(self.readers(), expected.collect());
    }
}

use Strength::{Always, Conditional};

#[test]
fn a_grant_on_some_of_the_keys_that_the_engine_writes_is_enough() {
    Case {
        roles: vec![
            role(
                "digit",
                &[allow("s3:GetObject", "arn:aws:s3:::quay-stream/0*")],
            ),
            role(
                "deep",
                &[allow(
                    "s3:GetObject",
                    "arn:aws:s3:::quay-stream/3f00*/_kafka_*",
                )],
            ),
            role(
                "elsewhere",
                &[allow("s3:GetObject", "arn:aws:s3:::quay-stream/ops/*")],
            ),
        ],
        ..Case::default()
    }
    .expect(&[("deep", Always), ("digit", Always)]);
}

#[test]
fn a_deny_protects_only_if_it_covers_every_key_that_the_engine_writes() {
    let reads = allow("s3:GetObject", OBJECTS);
    Case {
        roles: vec![
            role(
                "some",
                &[
                    reads.clone(),
                    deny("s3:GetObject", "arn:aws:s3:::quay-stream/0*"),
                ],
            ),
            role(
                "all",
                &[
                    reads,
                    deny("s3:GetObject", "arn:aws:s3:::quay-stream/*_kafka_*"),
                ],
            ),
        ],
        ..Case::default()
    }
    .expect(&[("some", Always)]);
}

#[test]
fn an_allow_by_exclusion_is_an_allow() {
    let all_but_iam = json!({ "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" });
    let elsewhere = "arn:aws:s3:::other/*";
    let all_but_other =
        json!({ "Effect": "Allow", "Action": "s3:GetObject", "NotResource": elsewhere });
    Case {
        roles: vec![
            role("action", &[all_but_iam]),
            role("resource", &[all_but_other]),
        ],
        ..Case::default()
    }
    .expect(&[("action", Always), ("resource", Always)]);
}

#[test]
fn an_address_condition_needs_a_position_that_somebody_declares() {
    let office = json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } });
    let reads = with(allow("s3:GetObject", OBJECTS), "Condition", office);
    let case = |config| Case {
        roles: vec![role("r", std::slice::from_ref(&reads))],
        config,
        ..Case::default()
    };
    case("").expect(&[]);
    case("[network.office]\ncidrs = [\"203.0.113.0/28\"]\n").expect(&[("r", Always)]);
}

#[test]
fn what_the_caller_chooses_costs_nothing_and_mfa_is_not_the_callers_choice() {
    let plain = json!({
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": OBJECTS,
        "Condition": { "Bool": { "aws:SecureTransport": "false" } }
    });
    let mfa = json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } });
    Case {
        roles: vec![role("r", &[allow("s3:GetObject", OBJECTS)])],
        users: vec![user(
            "u",
            &[with(allow("s3:GetObject", OBJECTS), "Condition", mfa)],
        )],
        bucket: vec![plain],
        ..Case::default()
    }
    .expect(&[("r", Always), ("u", Conditional)]);
}

#[test]
fn tags_of_a_role_settle_unless_some_trust_lets_the_session_be_tagged() {
    let team = json!({ "StringEquals": { "aws:PrincipalTag/team": "payments" } });
    let reads = [with(allow("s3:GetObject", OBJECTS), "Condition", team)];
    let tags = |value: &str| json!([{ "Key": "team", "Value": value }]);
    let taggable = json!({
        "Effect": "Allow",
        "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:root") },
        "Action": ["sts:AssumeRole", "sts:TagSession"]
    });
    Case {
        roles: vec![
            with(role("payments", &reads), "Tags", tags("payments")),
            with(role("other", &reads), "Tags", tags("other")),
            trusted_by(
                with(role("taggable", &reads), "Tags", tags("other")),
                taggable,
            ),
        ],
        ..Case::default()
    }
    // Whoever assumes a role that may be tagged chooses the tag.
    .expect(&[("payments", Always), ("taggable", Always)]);
}

#[test]
fn a_public_bucket_is_anonymous_unless_public_buckets_are_restricted() {
    let public = json!({
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": OBJECTS
    });
    let case = |restrict_public| Case {
        bucket: vec![public.clone()],
        restrict_public,
        ..Case::default()
    };
    case(false).expect(&[("anonymous", Always), ("any other account", Conditional)]);
    case(true).expect(&[]);
}

#[test]
fn across_accounts_both_sides_must_allow() {
    let shared = json!({
        "Effect": "Allow",
        "Principal": { "AWS": format!("arn:aws:iam::{OTHER}:root") },
        "Action": "s3:GetObject",
        "Resource": OBJECTS
    });
    let case = |encryption| Case {
        foreign_roles: vec![
            role_of(OTHER, "granted", &[allow("s3:GetObject", OBJECTS)]),
            role_of(
                OTHER,
                "idle",
                &[allow("s3:GetObject", "arn:aws:s3:::other/*")],
            ),
        ],
        bucket: vec![shared.clone()],
        encryption,
        ..Case::default()
    };
    case(None).expect(&[("granted", Always)]);
    // A key that AWS manages refuses every other account.
    case(Some(json!({ "SSEAlgorithm": "aws:kms" }))).expect(&[]);
}

#[test]
fn rule_28_the_key_is_asked_through_s3_with_the_buckets_encryption_context() {
    let decrypts = |condition: Value| {
        let conditions = json!({ "StringEquals": condition });
        [
            allow("s3:GetObject", OBJECTS),
            with(allow("kms:Decrypt", KEY), "Condition", conditions),
        ]
    };
    let bucket = "arn:aws:s3:::quay-stream";
    Case {
        roles: vec![
            role(
                "s3",
                &decrypts(json!({ "kms:ViaService": "s3.eu-west-1.amazonaws.com" })),
            ),
            role(
                "ec2",
                &decrypts(json!({ "kms:ViaService": "ec2.eu-west-1.amazonaws.com" })),
            ),
            role(
                "context",
                &decrypts(json!({ "kms:EncryptionContext:aws:s3:arn": bucket })),
            ),
        ],
        encryption: Some(json!({ "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY })),
        key_policy: Some(json!({
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{ACCOUNT}:root") },
            "Action": "kms:*",
            "Resource": "*"
        })),
        ..Case::default()
    }
    .expect(&[("context", Always), ("s3", Always)]);
}

#[test]
fn outsiders_come_in_by_trust() {
    let reads = [allow("s3:GetObject", OBJECTS)];
    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/ci.example");
    let by_token = json!({
        "Effect": "Allow",
        "Principal": { "Federated": provider },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": { "StringLike": { "ci.example:sub": "repo:pier/*" } }
    });
    let partner = json!({
        "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::777788889999:root" },
        "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": "agreed" } }
    });
    Case {
        roles: vec![
            trusted_by(role("deploy", &reads), by_token),
            trusted_by(role("partner", &reads), partner),
        ],
        ..Case::default()
    }
    .expect(&[
        ("account 777788889999", Conditional),
        ("deploy", Always),
        (&format!("federated {provider}"), Conditional),
        ("partner", Always),
    ]);
}

#[test]
fn a_service_that_the_bucket_policy_names_is_a_reader() {
    Case {
        bucket: vec![json!({
            "Effect": "Allow",
            "Principal": { "Service": "logging.s3.amazonaws.com" },
            "Action": "s3:GetObject",
            "Resource": OBJECTS
        })],
        ..Case::default()
    }
    .expect(&[("service logging.s3.amazonaws.com", Always)]);
}
