//! Functions, tasks and pods, rule by rule: estates made in the test from a small fixture, with the
//! answer that AWS's documents give.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, and says where"
)]

#[path = "workloads/code.rs"]
mod code;
#[path = "workloads/functions.rs"]
mod functions;
#[path = "workloads/pods.rs"]
mod pods;
mod support;
#[path = "workloads/tasks.rs"]
mod tasks;
#[path = "workloads/unread.rs"]
mod unread;

use catchment::reach::Strength::{self, Always, Conditional, Gap, Never};
use serde_json::{Value, json};
use support::{Files, allow, cells, deny, document, explain, fixture, view};

const HERE: &str = "accounts/111122223333/eu-west-1";
const IDENTITIES: &str =
    "accounts/111122223333/us-east-1/iam-get-account-authorization-details.json";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:score";
const TASK: &str = "arn:aws:ecs:eu-west-1:111122223333:task/apps/0a1b2c3d4e5f";
const ECS: &str = "arn:aws:ecs:eu-west-1:111122223333:cluster/apps";
const EKS: &str = "arn:aws:eks:eu-west-1:111122223333:cluster/ships";
const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/0A1B2C";
const SUBNET: &str = "subnet-0d0c4a5e00000001";
const OBJECTS: &str = "arn:aws:s3:::quay-stream/*";

fn arn(role: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{role}")
}

fn function() -> String {
    format!("function {FUNCTION}")
}

/// A capture that a test changes.
struct Case(Files);

/// A role, whom it trusts, and its statements.
type Role<'a> = (&'a str, &'a str, &'a [Value]);

impl Case {
    /// One AutoMQ cluster whose log lies in the bucket `quay-stream`, without a key of its own.
    fn bucket() -> Self {
        let plain = json!({ "ServerSideEncryptionConfiguration": { "Rules": [{
            "ApplyServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" }
        }]}});
        let case = Self(fixture("small/one-caller"));
        case.with("s3-get-bucket-encryption/quay-stream.json", &plain)
    }

    /// One broker whose plain listener admits the group `sg-clients` and nobody else: who reaches it
    /// reads.
    fn door() -> Self {
        let open = |id: &str, ingress: Value| {
            json!({ "GroupId": id, "GroupName": id, "OwnerId": "111122223333",
                "VpcId": "vpc-0d0c4a5e00000001", "IpPermissions": ingress, "IpPermissionsEgress": [
                { "IpProtocol": "-1", "IpRanges": [{ "CidrIp": "0.0.0.0/0" }], "UserIdGroupPairs": [] }
            ]})
        };
        let broker = json!([{ "IpProtocol": "tcp", "FromPort": 9092, "ToPort": 9092, "IpRanges": [],
            "UserIdGroupPairs": [{ "GroupId": "sg-clients", "UserId": "111122223333" }] }]);
        let groups = [
            open("sg-0b10000000000001a", broker),
            open("sg-clients", json!([])),
            open("sg-others", json!([])),
        ];
        let case = Self(fixture("small/plaintext-anonymous"));
        case.with(
            "ec2-describe-security-groups.json",
            &json!({ "SecurityGroups": groups }),
        )
    }

    fn with(mut self, path: &str, answer: &Value) -> Self {
        self.0.insert(format!("{HERE}/{path}"), answer.to_string());
        self
    }

    /// These roles and nobody else. A word with a dot is a service that is trusted, any other an
    /// account.
    fn roles(mut self, roles: &[Role<'_>]) -> Self {
        let roles: Vec<Value> = roles
            .iter()
            .map(|(name, trusted, statements)| {
                let principal = match *trusted {
                    "us" => json!({ "AWS": "arn:aws:iam::111122223333:root" }),
                    service => json!({ "Service": service }),
                };
                role(
                    name,
                    &json!([{ "Effect": "Allow", "Principal": principal,
                    "Action": ["sts:AssumeRole"] }]),
                    statements,
                )
            })
            .collect();
        self.0
            .insert(IDENTITIES.to_owned(), details(&roles).to_string());
        self
    }

    /// The function, with these roles.
    fn function(self, role: &str, vpc: &Value) -> Self {
        let function = json!({ "FunctionName": "score", "FunctionArn": FUNCTION, "Role": arn(role),
            "VpcConfig": vpc });
        self.with(
            "lambda-list-functions.json",
            &json!({ "Functions": [function] }),
        )
    }

    fn mapping(self, topic: &str, state: &str, server: &str) -> Self {
        let mapping = json!({ "UUID": "f084", "FunctionArn": FUNCTION, "State": state,
            "Topics": [topic], "SelfManagedEventSource": { "Endpoints": {
                "KAFKA_BOOTSTRAP_SERVERS": [server] }}});
        let answer = json!({ "EventSourceMappings": [mapping] });
        self.with("lambda-list-event-source-mappings.json", &answer)
    }

    /// One running task with ECS Exec on or off, and the role of its definition.
    fn task(self, role: &str, exec: &Value, details: &Value) -> Self {
        let definition = "arn:aws:ecs:eu-west-1:111122223333:task-definition/app:3";
        let task = json!({ "taskArn": TASK, "clusterArn": ECS, "taskDefinitionArn": definition,
            "lastStatus": "RUNNING", "enableExecuteCommand": exec,
            "attachments": [{ "details": details }] });
        let described = json!({ "taskDefinition": { "taskDefinitionArn": definition,
            "taskRoleArn": arn(role), "executionRoleArn": arn("starter"), "containerDefinitions": [] }});
        self.with("ecs-list-clusters.json", &json!({ "clusterArns": [ECS] }))
            .with("ecs-describe-tasks/apps.json", &json!({ "tasks": [task] }))
            .with("ecs-describe-task-definition/app.json", &described)
    }

    /// A cluster of EKS with one service account that acts as `shipper` by Pod Identity.
    fn eks(self, public: &Value, mode: &str) -> Self {
        let cluster = json!({ "cluster": { "name": "ships", "arn": EKS,
            "resourcesVpcConfig": { "subnetIds": [SUBNET], "securityGroupIds": [],
                "clusterSecurityGroupId": "sg-others", "vpcId": "vpc-0d0c4a5e00000001",
                "endpointPublicAccess": public != &Value::Null, "publicAccessCidrs": public },
            "identity": { "oidc": { "issuer": format!("https://{ISSUER}") }},
            "accessConfig": { "authenticationMode": mode } }});
        let listed = json!({ "associations": [{ "clusterName": "ships", "namespace": "harbor",
            "serviceAccount": "crane", "associationId": "a-1" }]});
        let association = json!({ "association": { "clusterName": "ships", "associationId": "a-1",
            "namespace": "harbor", "serviceAccount": "crane", "roleArn": arn("shipper") }});
        self.with("eks-describe-cluster/ships.json", &cluster)
            .with("eks-list-pod-identity-associations/ships.json", &listed)
            .with(
                "eks-describe-pod-identity-association/ships%2Fa-1.json",
                &association,
            )
            .with(
                "eks-list-nodegroups/ships.json",
                &json!({ "nodegroups": [] }),
            )
            .entries(&[])
    }

    /// Access entries: the role, the access policy, and the namespaces that it holds in.
    fn entries(self, entries: &[(&str, &str, &[&str])]) -> Self {
        let arns: Vec<String> = entries.iter().map(|(role, ..)| arn(role)).collect();
        let mut case = self.with(
            "eks-list-access-entries/ships.json",
            &json!({ "accessEntries": arns }),
        );
        for (role, policy, namespaces) in entries {
            let scope = if namespaces.is_empty() {
                "cluster"
            } else {
                "namespace"
            };
            let policies: Vec<Value> = [policy]
                .iter()
                .filter(|policy| !policy.is_empty())
                .map(|policy| {
                    json!({
                    "policyArn": format!("arn:aws:eks::aws:cluster-access-policy/{policy}"),
                    "accessScope": { "type": scope, "namespaces": namespaces } })
                })
                .collect();
            let answer = json!({ "clusterName": "ships", "principalArn": arn(role),
                "associatedAccessPolicies": policies });
            let resource = format!("ships/{}", arn(role)).replace(':', "%3A");
            let resource = resource.replace('/', "%2F");
            let path = format!("eks-list-associated-access-policies/{resource}.json");
            case = case.with(&path, &answer);
        }
        case
    }

    /// An instance that is a node of the cluster.
    fn node(mut self, groups: &[&str]) -> Self {
        let path = format!("{HERE}/ec2-describe-instances.json");
        let none = r#"{"Reservations": []}"#.to_owned();
        let mut answer: Value = serde_json::from_str(self.0.get(&path).unwrap_or(&none)).unwrap();
        let groups: Vec<Value> = groups.iter().map(|id| json!({ "GroupId": id })).collect();
        let node = json!({ "InstanceId": "i-0node", "SubnetId": SUBNET, "VpcId": "vpc-0d0c4a5e00000001",
            "State": { "Name": "running" }, "PrivateIpAddress": "10.0.1.50", "SecurityGroups": groups,
            "IamInstanceProfile": { "Arn": "arn:aws:iam::111122223333:instance-profile/node" },
            "Tags": [{ "Key": "kubernetes.io/cluster/ships", "Value": "owned" }] });
        let reservations = answer["Reservations"].as_array_mut().unwrap();
        reservations.push(json!({ "OwnerId": "111122223333", "Instances": [node] }));
        self.0.insert(path, answer.to_string());
        let profile = json!({ "InstanceProfiles": [{ "InstanceProfileName": "node",
            "Arn": "arn:aws:iam::111122223333:instance-profile/node",
            "Roles": [{ "Arn": arn("node") }] }]});
        let path = "accounts/111122223333/us-east-1/iam-list-instance-profiles.json";
        self.0.insert(path.to_owned(), profile.to_string());
        self
    }

    /// How surely one principal reads `payments`.
    fn says(&self, principal: &str) -> Strength {
        let pair = (principal.to_owned(), "payments".to_owned());
        cells(&view(&self.0, None))
            .get(&pair)
            .copied()
            .unwrap_or_default()
    }

    /// The same for a role's bare session.
    fn role_says(&self, role: &str) -> Strength {
        self.says(&arn(role))
    }

    /// Whether some proof of that principal goes by a step.
    fn goes_by(&self, principal: &str, step: &str) -> bool {
        let view = view(&self.0, None);
        let told = serde_json::to_string(&explain(&view, principal, "payments").unwrap().proofs);
        told.unwrap().contains(step)
    }
}

fn role(name: &str, trust: &Value, statements: &[Value]) -> Value {
    json!({
        "Path": "/", "RoleName": name, "RoleId": format!("AROA{}", name.to_uppercase()),
        "Arn": arn(name),
        "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": trust },
        "InstanceProfileList": [],
        "RolePolicyList": [{ "PolicyName": "p", "PolicyDocument": document(statements) }],
        "AttachedManagedPolicies": [], "Tags": []
    })
}

fn details(roles: &[Value]) -> Value {
    json!({ "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": [],
        "IsTruncated": false })
}

fn reads() -> Value {
    allow("s3:GetObject", OBJECTS)
}

fn inside(group: &str) -> Value {
    json!({ "SubnetIds": [SUBNET], "SecurityGroupIds": [group], "VpcId": "vpc-0d0c4a5e00000001" })
}

fn outside() -> Value {
    json!({ "SubnetIds": [], "SecurityGroupIds": [] })
}

const LAMBDA: &str = "lambda.amazonaws.com";
const TASKS: &str = "ecs-tasks.amazonaws.com";
const PODS: &str = "pods.eks.amazonaws.com";

fn passes(service: &str) -> Value {
    json!({ "Effect": "Allow", "Action": "iam:PassRole", "Resource": arn("target"),
        "Condition": { "StringEquals": { "iam:PassedToService": service }}})
}

/// The bucket and a cluster of EKS; `shipper` reads, and `admin` has these statements.
fn ships(public: &Value, mode: &str, admin: &[Value]) -> Case {
    let case = Case::bucket().eks(public, mode);
    case.roles(&[("shipper", PODS, &[reads()]), ("admin", "us", admin)])
}

fn everywhere() -> Value {
    json!(["0.0.0.0/0"])
}
