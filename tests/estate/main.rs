//! From files to an estate: whatever shape answers come in, what is missing, what is broken.

use std::collections::BTreeMap;

use catchment::capture::Capture;
use catchment::estate::{Call, Estate, Outcome, build};

mod any;
mod aws;
mod consumers;
mod corpus;
mod files;
mod fixtures;
mod links;
mod msk;
mod networks;
mod shapes;
mod sharing;

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";

fn files<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> BTreeMap<String, String> {
    files
        .into_iter()
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .collect()
}

fn estate<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Estate {
    build(&Capture::from_files(files(texts)))
}

fn outcome(estate: &Estate, call: &str, region: &str, resource: &str) -> Option<Outcome> {
    // Kafka's own files belong to no account; calls of Amazon MSK do.
    let of_kafka = ["kafka:acls", "kafka:topics", "kafka:properties"].contains(&call);
    let account = if of_kafka { "" } else { ACCOUNT };
    let call = Call {
        call: call.to_owned(),
        account: account.to_owned(),
        region: region.to_owned(),
        resource: resource.to_owned(),
    };
    estate.coverage.calls.get(&call).copied()
}

fn codes(estate: &Estate) -> Vec<&'static str> {
    estate.diagnostics.iter().map(|d| d.code).collect()
}

fn at(estate: &Estate, code: &str) -> Vec<String> {
    let found = estate.diagnostics.iter().filter(|d| d.code == code);
    found
        .map(|d| {
            d.source
                .as_ref()
                .map_or_else(String::new, ToString::to_string)
        })
        .collect()
}

const CALLER: &str = r#"{"Account": "111122223333", "Arn": "arn:aws:iam::111122223333:user/audit", "UserId": "AIDA"}"#;

const GAAD: &str = r#"{
  "UserDetailList": [
    {"UserName": "ana", "Arn": "arn:aws:iam::111122223333:user/ana", "GroupList": ["analysts"],
     "AttachedManagedPolicies": [
       {"PolicyName": "own", "PolicyArn": "arn:aws:iam::111122223333:policy/own"},
       {"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
       {"PolicyName": "ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
     "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/gone"},
     "Tags": [{"Key": "team", "Value": "data"}]}
  ],
  "GroupDetailList": [
    {"GroupName": "analysts", "Arn": "arn:aws:iam::111122223333:group/analysts",
     "GroupPolicyList": [{"PolicyName": "read", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}}],
     "AttachedManagedPolicies": []}
  ],
  "RoleDetailList": [
    {"RoleName": "broker", "Arn": "arn:aws:iam::111122223333:role/broker",
     "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
     "InstanceProfileList": [{"Arn": "arn:aws:iam::111122223333:instance-profile/broker", "Roles": [{"Arn": "arn:aws:iam::111122223333:role/broker"}]}],
     "RolePolicyList": [], "AttachedManagedPolicies": []}
  ],
  "Policies": [
    {"Arn": "arn:aws:iam::111122223333:policy/own", "DefaultVersionId": "v2", "PolicyVersionList": [
      {"VersionId": "v1", "IsDefaultVersion": false, "Document": {"Version": "2012-10-17", "Statement": []}},
      {"VersionId": "v2", "IsDefaultVersion": true, "Document": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}]}}]}
  ],
  "IsTruncated": false
}"#;

const INSTANCES: &str = r#"{"Reservations": [{"OwnerId": "111122223333", "Instances": [
  {"InstanceId": "i-0b1", "PrivateIpAddress": "10.0.1.11", "VpcId": "vpc-1", "SubnetId": "subnet-1",
   "Placement": {"AvailabilityZone": "eu-west-1a"}, "State": {"Name": "running"},
   "IamInstanceProfile": {"Arn": "arn:aws:iam::111122223333:instance-profile/broker"},
   "SecurityGroups": [{"GroupId": "sg-1"}], "RootDeviceName": "/dev/xvda",
   "BlockDeviceMappings": [
     {"DeviceName": "/dev/sdf", "Ebs": {"VolumeId": "vol-data"}},
     {"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-root"}}],
   "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "PrivateIpAddress": "10.0.1.11", "PrivateDnsName": "ip-10-0-1-11.eu-west-1.compute.internal"}],
   "Tags": []},
  {"InstanceId": "i-0b2", "PrivateIpAddress": "10.0.1.12", "State": {"Name": "running"}, "Placement": {"AvailabilityZone": "eu-west-1b"},
   "RootDeviceName": "/dev/xvda", "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeId": "vol-root2"}}],
   "Tags": [{"Key": "Name", "Value": "pier-broker-2"}]}
]}]}"#;

const BROKER1: &str = "node.id=1\nprocess.roles=broker,controller\nlisteners=CLIENT://0.0.0.0:9092,CONTROLLER://:9093\nadvertised.listeners=CLIENT://10.0.1.11:9092\nlistener.security.protocol.map=CLIENT:SASL_SSL,CONTROLLER:PLAINTEXT\ncontroller.listener.names=CONTROLLER\nlog.dirs=/data/kafka\nsuper.users=User:admin;User:broker\nsasl.enabled.mechanisms=PLAIN\nlistener.name.client.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\\n  username=\"broker\" password=\"c4n4ry-s3cr3t\" \\\n  user_alice=\"c4n4ry-s3cr3t\";\nssl.keystore.password=c4n4ry-s3cr3t\n";

const ACLS: &str = "Current ACLs for resource `ResourcePattern(resourceType=TOPIC, name=payments, patternType=LITERAL)`: \n \t(principal=User:settle, host=*, operation=READ, permissionType=ALLOW)\n";

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}]}"#;

fn pier() -> Vec<(&'static str, &'static str)> {
    vec![
        ("sts.json", CALLER),
        ("iam.json", GAAD),
        ("eu-west-1/instances.json", INSTANCES),
        ("kafka/pier/broker-1.properties", BROKER1),
        (
            "kafka/pier/broker-2.properties",
            "node.id=2\nlisteners=CLIENT://:9092\nlistener.security.protocol.map=CLIENT:PLAINTEXT\nlog.dirs=/data/kafka\n",
        ),
        ("kafka/pier/acls.txt", ACLS),
        (
            "kafka/pier/topics.txt",
            "Topic: payments\tPartitionCount: 1\tReplicationFactor: 2\tConfigs: \n\tTopic: payments\tPartition: 0\tLeader: 1\tReplicas: 1,2\tIsr: 1,2\n",
        ),
        ("README.md", "notes"),
    ]
}
