//! Who reaches a cluster of Amazon MSK from other VPCs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed, and says where"
)]

mod support;

use catchment::capture::Capture;
use catchment::reach::Strength::{self, Always, Conditional, Gap, Never};
use serde_json::{Value, json};
use support::{Files, view};

const CLUSTER: &str = "arn:aws:kafka:eu-west-1:111122223333:cluster/bay/u-1";
const CONNECTION: &str = "arn:aws:kafka:eu-west-1:444455556666:vpc-connection/111122223333/bay/c-1";
const OWNER: &str = "accounts/111122223333";
const CLIENT: &str = "accounts/444455556666";
const ANYWHERE: &str = "arn:aws:iam::444455556666:user/anywhere";
const INSIDE: &str = "host i-0inside";
const TOPICS: &str = "Topic: orders\tTopicId: AAAAAAAAAAAAAAAAAAAAAA\tPartitionCount: 1\tReplicationFactor: 1\tConfigs: \n\tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\n";

fn put(files: &mut Files, path: &str, answer: &Value) {
    files.insert(path.to_owned(), answer.to_string());
}

fn encoded(arn: &str) -> String {
    arn.replace(':', "%3A").replace('/', "%2F")
}

fn allows(actions: &[&str]) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": actions, "Resource": "*"}
    ]})
}

const READ: [&str; 3] = [
    "kafka-cluster:Connect",
    "kafka-cluster:DescribeTopic",
    "kafka-cluster:ReadData",
];

/// What the cluster policy lets the other account do.
fn policy(actions: &[&str]) -> Value {
    let document = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
        "Action": actions, "Resource": "*"
    }]});
    json!({"CurrentVersion": "K1", "Policy": document.to_string()})
}

fn iam(files: &mut Files, user: &[&str]) {
    let role = "arn:aws:iam::444455556666:role/reader";
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"
    }]});
    let path = format!("{CLIENT}/us-east-1/iam-get-account-authorization-details.json");
    put(
        files,
        &path,
        &json!({
            "UserDetailList": [{
                "Arn": ANYWHERE, "UserName": "anywhere", "UserId": "AIDAANYWHERE", "Path": "/",
                "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": allows(user)}],
                "AttachedManagedPolicies": [], "GroupList": []
            }],
            "GroupDetailList": [], "Policies": [],
            "RoleDetailList": [{
                "Arn": role, "RoleName": "reader", "RoleId": "AROAREADER", "Path": "/",
                "AssumeRolePolicyDocument": trust, "AttachedManagedPolicies": [],
                "RolePolicyList": [{"PolicyName": "read", "PolicyDocument": allows(&READ)}],
                "InstanceProfileList": [{
                    "Arn": "arn:aws:iam::444455556666:instance-profile/reader",
                    "InstanceProfileName": "reader", "Roles": [{"Arn": role}]
                }]
            }]
        }),
    );
}

/// A cluster that offers IAM to other VPCs, and an account with a connection, a host behind it, and
/// a user who sits nowhere in particular.
fn estate() -> Files {
    let mut files = Files::from([
        ("catchment.toml".to_owned(), "[assume]\nscps = \"none\"\nrcps = \"none\"\nnetwork-acls = \"allow-all\"\nload-balancers = \"none\"\n".to_owned()),
        ("kafka/bay/topics-describe.txt".to_owned(), TOPICS.to_owned()),
        ("kafka/bay/acls.txt".to_owned(), String::new()),
    ]);
    let path = format!("{OWNER}/us-east-1/iam-get-account-authorization-details.json");
    put(
        &mut files,
        &path,
        &json!({
            "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []
        }),
    );
    let path = format!("{OWNER}/eu-west-1/kafka-list-clusters-v2.json");
    let iam_only = json!({"Sasl": {"Iam": {"Enabled": true}, "Scram": {"Enabled": false}}, "Tls": {"Enabled": false}});
    put(
        &mut files,
        &path,
        &json!({"ClusterInfoList": [{
            "ClusterType": "PROVISIONED", "ClusterArn": CLUSTER, "ClusterName": "bay", "State": "ACTIVE",
            "Provisioned": {
                "BrokerNodeGroupInfo": {
                    "ClientSubnets": ["subnet-0a"], "SecurityGroups": ["sg-0brokers"],
                    "InstanceType": "kafka.m5.large",
                    "ConnectivityInfo": {
                        "PublicAccess": {"Type": "DISABLED"},
                        "VpcConnectivity": {"ClientAuthentication": iam_only}
                    }
                },
                "NumberOfBrokerNodes": 1,
                "ClientAuthentication": {
                    "Sasl": {"Iam": {"Enabled": true}, "Scram": {"Enabled": false}},
                    "Tls": {"Enabled": false}, "Unauthenticated": {"Enabled": false}
                },
                "EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS", "InCluster": true}},
                "CurrentBrokerSoftwareInfo": {"KafkaVersion": "3.6.0"}
            }
        }]}),
    );
    let about = |call: &str| format!("{OWNER}/eu-west-1/kafka-{call}/{}.json", encoded(CLUSTER));
    put(
        &mut files,
        &about("list-nodes"),
        &json!({"NodeInfoList": [{
            "NodeType": "BROKER", "BrokerNodeInfo": {
                "AttachedENIId": "eni-0b1", "BrokerId": 1.0, "ClientSubnet": "subnet-0a",
                "ClientVpcIpAddress": "10.0.1.5", "Endpoints": ["b-1.bay.kafka.eu-west-1.amazonaws.com"]
            }
        }]}),
    );
    put(
        &mut files,
        &about("list-client-vpc-connections"),
        &json!({"ClientVpcConnections": [{
            "VpcConnectionArn": CONNECTION, "Authentication": "SASL_IAM", "State": "AVAILABLE",
            "Owner": "444455556666"
        }]}),
    );
    put(
        &mut files,
        &about("get-cluster-policy"),
        &policy(&["kafka-cluster:*", "kafka:CreateVpcConnection"]),
    );
    let path = format!("{OWNER}/eu-west-1/ec2-describe-network-interfaces.json");
    put(
        &mut files,
        &path,
        &json!({"NetworkInterfaces": [{
            "NetworkInterfaceId": "eni-0b1", "VpcId": "vpc-0a", "SubnetId": "subnet-0a",
            "PrivateIpAddress": "10.0.1.5", "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.1.5"}],
            "Ipv6Addresses": [], "Groups": [{"GroupId": "sg-0brokers"}]
        }]}),
    );
    let egress = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
    let group = |id: &str, vpc: &str, account: &str, ingress: Value| {
        json!({"GroupId": id, "GroupName": id, "VpcId": vpc, "OwnerId": account,
            "IpPermissions": ingress, "IpPermissionsEgress": egress})
    };
    let subnet = |id: &str, vpc: &str, account: &str, block: &str| {
        json!({"SubnetId": id, "VpcId": vpc, "CidrBlock": block, "OwnerId": account,
            "AvailabilityZone": "eu-west-1a", "State": "available"})
    };
    let table = |id: &str, vpc: &str, account: &str, block: &str| {
        json!({"RouteTableId": id, "VpcId": vpc, "OwnerId": account,
            "Associations": [{"Main": true, "RouteTableId": id}],
            "Routes": [{"DestinationCidrBlock": block, "GatewayId": "local", "State": "active"}]})
    };
    let from_clients = json!([{"IpProtocol": "tcp", "FromPort": 14001, "ToPort": 14100,
        "UserIdGroupPairs": [{"GroupId": "sg-0clients"}]}]);
    for (folder, account, vpc, subnet_id, block, groups) in [
        (
            OWNER,
            "111122223333",
            "vpc-0a",
            "subnet-0a",
            "10.0.1.0/24",
            vec![group("sg-0brokers", "vpc-0a", "111122223333", json!([]))],
        ),
        (
            CLIENT,
            "444455556666",
            "vpc-0b",
            "subnet-0b",
            "10.9.1.0/24",
            vec![
                group("sg-0connection", "vpc-0b", "444455556666", from_clients),
                group("sg-0clients", "vpc-0b", "444455556666", json!([])),
                group("sg-0others", "vpc-0b", "444455556666", json!([])),
            ],
        ),
    ] {
        let at = |call: &str| format!("{folder}/eu-west-1/{call}.json");
        put(
            &mut files,
            &at("ec2-describe-security-groups"),
            &json!({"SecurityGroups": groups}),
        );
        let subnets = json!({"Subnets": [subnet(subnet_id, vpc, account, block)]});
        put(&mut files, &at("ec2-describe-subnets"), &subnets);
        let tables = json!({"RouteTables": [table(&format!("rtb-{vpc}"), vpc, account, block)]});
        put(&mut files, &at("ec2-describe-route-tables"), &tables);
        let vpcs = json!({"Vpcs": [{"VpcId": vpc, "CidrBlock": block, "OwnerId": account, "State": "available"}]});
        put(&mut files, &at("ec2-describe-vpcs"), &vpcs);
    }
    let host = |id: &str, address: &str, group: &str| {
        json!({
            "InstanceId": id, "VpcId": "vpc-0b", "SubnetId": "subnet-0b", "PrivateIpAddress": address,
            "State": {"Name": "running"}, "SecurityGroups": [{"GroupId": group}],
            "IamInstanceProfile": {"Arn": "arn:aws:iam::444455556666:instance-profile/reader"},
            "NetworkInterfaces": [{
                "NetworkInterfaceId": format!("eni-{id}"), "VpcId": "vpc-0b", "SubnetId": "subnet-0b",
                "PrivateIpAddress": address, "PrivateIpAddresses": [{"PrivateIpAddress": address}],
                "Ipv6Addresses": [], "Groups": [{"GroupId": group}]
            }]
        })
    };
    let path = format!("{CLIENT}/eu-west-1/ec2-describe-instances.json");
    put(
        &mut files,
        &path,
        &json!({"Reservations": [{"OwnerId": "444455556666", "Instances": [
            host("i-0inside", "10.9.1.10", "sg-0clients"),
            host("i-0outside", "10.9.1.11", "sg-0others"),
        ]}]}),
    );
    connection(&mut files, "SASL_IAM");
    iam(&mut files, &READ);
    files
}

/// The connection as the client's account lists and describes it.
fn connection(files: &mut Files, method: &str) {
    let path = format!("{CLIENT}/eu-west-1/kafka-list-vpc-connections.json");
    put(
        files,
        &path,
        &json!({"VpcConnections": [{
            "VpcConnectionArn": CONNECTION, "TargetClusterArn": CLUSTER, "VpcId": "vpc-0b",
            "Authentication": method, "State": "AVAILABLE"
        }]}),
    );
    put(
        files,
        &described(),
        &json!({
            "VpcConnectionArn": CONNECTION, "TargetClusterArn": CLUSTER, "VpcId": "vpc-0b",
            "Subnets": ["subnet-0b"], "SecurityGroups": ["sg-0connection"],
            "Authentication": method, "State": "AVAILABLE"
        }),
    );
}

fn described() -> String {
    format!(
        "{CLIENT}/eu-west-1/kafka-describe-vpc-connection/{}.json",
        encoded(CONNECTION)
    )
}

fn reads(files: &Files, principal: &str) -> Strength {
    let view = view(files, None);
    let asset = view.asset("orders").unwrap();
    match view.principal(principal) {
        Ok(lane) => view.strength(lane, asset),
        Err(_) => Never,
    }
}

#[test]
fn who_may_send_from_the_subnets_of_a_connection_through_its_groups_reaches_the_cluster() {
    let files = estate();
    assert_eq!(reads(&files, INSIDE), Always);
    // Another group, which the connection's group does not admit.
    assert_eq!(reads(&files, "host i-0outside"), Never);
    // IAM credentials alone have no way to the cluster.
    assert_eq!(reads(&files, ANYWHERE), Never);
}

#[test]
fn a_connection_serves_the_method_that_it_was_made_for() {
    let mut files = estate();
    connection(&mut files, "SASL_SCRAM");
    let path = format!(
        "{OWNER}/eu-west-1/kafka-list-client-vpc-connections/{}.json",
        encoded(CLUSTER)
    );
    let scram = files[&path].replace("SASL_IAM", "SASL_SCRAM");
    files.insert(path, scram);
    assert_eq!(reads(&files, INSIDE), Never);
}

#[test]
fn without_the_subnets_and_groups_of_a_connection_there_is_a_gap() {
    let mut files = estate();
    files.remove(&described()).unwrap();
    assert_eq!(reads(&files, INSIDE), Gap);
    let built = catchment::estate::build(&Capture::from_files(files.clone()));
    let open: Vec<_> = built
        .open_calls()
        .map(|(call, _)| call.call.clone())
        .collect();
    assert!(
        open.contains(&"kafka:DescribeVpcConnection".to_owned()),
        "{open:?}"
    );
}

#[test]
fn connections_that_were_not_listed_are_a_gap_for_who_could_have_one() {
    let mut files = estate();
    files.remove(&described()).unwrap();
    files
        .remove(&format!(
            "{CLIENT}/eu-west-1/kafka-list-vpc-connections.json"
        ))
        .unwrap();
    let clients = format!(
        "{OWNER}/eu-west-1/kafka-list-client-vpc-connections/{}.json",
        encoded(CLUSTER)
    );
    let listed = files.remove(&clients).unwrap();
    assert_eq!(reads(&files, INSIDE), Gap);
    // The client's own list is enough, and so is the cluster's.
    let none = format!("{CLIENT}/eu-west-1/kafka-list-vpc-connections.json");
    put(&mut files, &none, &json!({"VpcConnections": []}));
    assert_eq!(reads(&files, INSIDE), Never);
    files.remove(&none).unwrap();
    put(&mut files, &clients, &json!({"ClientVpcConnections": []}));
    assert_eq!(reads(&files, INSIDE), Never);
    files.insert(clients, listed);
    assert_eq!(reads(&files, INSIDE), Gap);
}

#[test]
fn whoever_may_create_a_connection_opens_one_from_a_vpc_of_its_own() {
    let mut files = estate();
    iam(
        &mut files,
        &["kafka-cluster:*", "kafka:CreateVpcConnection"],
    );
    assert_eq!(reads(&files, ANYWHERE), Conditional);
    // The cluster's side must allow it too.
    let path = format!(
        "{OWNER}/eu-west-1/kafka-get-cluster-policy/{}.json",
        encoded(CLUSTER)
    );
    put(&mut files, &path, &policy(&READ));
    assert_eq!(reads(&files, ANYWHERE), Never);
    // Of an account that was not read, whoever rules it.
    put(
        &mut files,
        &path,
        &policy(&["kafka-cluster:*", "kafka:CreateVpcConnection"]),
    );
    files
        .remove(&format!(
            "{CLIENT}/us-east-1/iam-get-account-authorization-details.json"
        ))
        .unwrap();
    assert_eq!(reads(&files, "account 444455556666"), Conditional);
}

#[test]
fn a_cluster_that_offers_no_method_to_other_vpcs_has_no_listener_for_them() {
    let mut files = estate();
    iam(
        &mut files,
        &["kafka-cluster:*", "kafka:CreateVpcConnection"],
    );
    let path = format!("{OWNER}/eu-west-1/kafka-list-clusters-v2.json");
    let mut clusters: Value = serde_json::from_str(&files[&path]).unwrap();
    let info = &mut clusters["ClusterInfoList"][0]["Provisioned"]["BrokerNodeGroupInfo"];
    info["ConnectivityInfo"]["VpcConnectivity"] =
        json!({"ClientAuthentication": {"Sasl": {"Iam": {"Enabled": false}}}});
    put(&mut files, &path, &clusters);
    for path in [
        described(),
        format!("{CLIENT}/eu-west-1/kafka-list-vpc-connections.json"),
        format!(
            "{OWNER}/eu-west-1/kafka-list-client-vpc-connections/{}.json",
            encoded(CLUSTER)
        ),
    ] {
        files.remove(&path).unwrap();
    }
    assert_eq!(reads(&files, INSIDE), Never);
    assert_eq!(reads(&files, ANYWHERE), Never);
}

#[test]
fn the_port_of_a_broker_for_other_vpcs_is_the_one_that_is_told() {
    let mut files = estate();
    let port = |files: &Files| {
        let estate = catchment::estate::build(&Capture::from_files(files.clone()));
        let broker = &estate.clusters["bay"].brokers[&1];
        let listener = broker
            .listeners
            .iter()
            .find(|l| l.name == "CLIENT_IAM_VPCE");
        listener.unwrap().port
    };
    assert_eq!(port(&files), 14001);
    let path = format!(
        "{OWNER}/eu-west-1/kafka-get-bootstrap-brokers/{}.json",
        encoded(CLUSTER)
    );
    put(
        &mut files,
        &path,
        &json!({
            "BootstrapBrokerStringSaslIam": "b-1.bay.kafka.eu-west-1.amazonaws.com:9098",
            "BootstrapBrokerStringVpcConnectivitySaslIam": "b-1.iam.bay.kafka.eu-west-1.amazonaws.com:14007"
        }),
    );
    assert_eq!(port(&files), 14007);
}

/// IAM knows no hosts: that a Kafka ACL names the host's address changes nothing for it.
#[test]
fn who_authenticates_by_iam_reaches_the_cluster_also_from_an_address_that_an_acl_names() {
    let mut files = estate();
    // Within the VPC of the cluster, so that brokers see the host's own address.
    let path = format!("{CLIENT}/eu-west-1/ec2-describe-instances.json");
    let mut instances: Value = serde_json::from_str(&files[&path]).unwrap();
    let host = &mut instances["Reservations"][0]["Instances"][0];
    host["VpcId"] = json!("vpc-0a");
    host["SubnetId"] = json!("subnet-0a");
    host["PrivateIpAddress"] = json!("10.0.1.9");
    host["SecurityGroups"] = json!([{"GroupId": "sg-0brokers"}]);
    host["NetworkInterfaces"] = json!([]);
    put(&mut files, &path, &instances);
    let groups = format!("{OWNER}/eu-west-1/ec2-describe-security-groups.json");
    let open = files[&groups].replacen(
        r#""IpPermissions":[]"#,
        r#""IpPermissions":[{"IpProtocol":"tcp","FromPort":9098,"ToPort":9098,"IpRanges":[{"CidrIp":"10.0.0.0/8"}]}]"#,
        1,
    );
    assert_ne!(open, files[&groups]);
    files.insert(groups, open);
    assert_eq!(reads(&files, INSIDE), Always);
    let acls = "Current ACLs for resource `ResourcePattern(resourceType=TOPIC, name=other, patternType=LITERAL)`:\n \t(principal=User:x, host=10.0.1.9, operation=READ, permissionType=ALLOW)\n";
    files.insert("kafka/bay/acls.txt".to_owned(), acls.to_owned());
    assert_eq!(reads(&files, INSIDE), Always);
}
