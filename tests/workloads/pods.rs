//! Pods: what they act as, where they sit, and who enters them.

use super::*;

const CRANE: &str = "pods of ships/harbor/crane";

#[test]
fn pods_act_as_the_role_of_their_service_account() {
    assert_eq!(ships(&everywhere(), "API", &[]).says(CRANE), Always);
    // By token: the trust policy names the service account.
    let trust = |subject: &str| {
        json!([{ "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Principal": {
            "Federated": format!("arn:aws:iam::111122223333:oidc-provider/{ISSUER}") },
            "Condition": { "StringLike": { (format!("{ISSUER}:sub")): subject }}}])
    };
    let case = |subject: &str| {
        let mut case = Case::bucket().eks(&everywhere(), "API");
        let roles = [role("shipper", &trust(subject), &[reads()])];
        case.0
            .insert(IDENTITIES.to_owned(), details(&roles).to_string());
        case
    };
    let by_token = case("system:serviceaccount:docks:*");
    assert_eq!(by_token.says("pods of ships/docks/*"), Always);
    // A cluster that nobody described has pods all the same.
    let mut unknown = case("system:serviceaccount:docks:winch");
    unknown
        .0
        .remove(&format!("{HERE}/eks-describe-cluster/ships.json"));
    assert_eq!(unknown.says("pods of 0A1B2C/docks/winch"), Always);
}

#[test]
fn pods_sit_on_the_interfaces_of_their_nodes() {
    let case = |groups: &[&str]| {
        let case = Case::door().eks(&everywhere(), "API").node(groups);
        case.roles(&[("shipper", PODS, &[]), ("node", "ec2.amazonaws.com", &[])])
    };
    assert_eq!(case(&["sg-clients"]).says(CRANE), Always);
    assert_eq!(case(&["sg-others"]).says(CRANE), Never);
    // Nodes that are not known: some interface in the cluster's subnets, with the cluster's group.
    let case = Case::door()
        .eks(&everywhere(), "API")
        .roles(&[("shipper", PODS, &[])]);
    assert_eq!(case.says(CRANE), Never);
    let path = format!("{HERE}/eks-describe-cluster/ships.json");
    let mut case = case;
    let text = case.0[&path].replace("sg-others", "sg-clients");
    case.0.insert(path, text);
    assert_eq!(case.says(CRANE), Conditional);
}

#[test]
fn pods_act_as_their_node_where_its_metadata_answers() {
    let case = Case::bucket()
        .eks(&everywhere(), "API")
        .node(&["sg-others"]);
    let case = case.roles(&[
        ("shipper", PODS, &[]),
        ("node", "ec2.amazonaws.com", &[reads()]),
    ]);
    assert_eq!(case.says("host i-0node"), Always);
    assert_eq!(case.says(CRANE), Conditional);
}

#[test]
fn pod_on_node() {
    let case = Case::bucket()
        .eks(&everywhere(), "API")
        .node(&["sg-others"]);
    let case = case.roles(&[
        ("shipper", PODS, &[reads()]),
        ("node", "ec2.amazonaws.com", &[]),
    ]);
    assert_eq!(case.says("host i-0node"), Conditional);
}

#[test]
fn eks_access_entry() {
    let case = |policy: &str| {
        let case = ships(&everywhere(), "API", &[]);
        case.entries(&[("admin", policy, &[])])
    };
    for policy in [
        "AmazonEKSClusterAdminPolicy",
        "AmazonEKSAdminPolicy",
        "AmazonEKSEditPolicy",
    ] {
        assert_eq!(case(policy).role_says("admin"), Always, "{policy}");
    }
    assert_eq!(case("AmazonEKSViewPolicy").role_says("admin"), Gap);
    // What role bindings give an entry without a policy is not in any answer.
    assert_eq!(case("").role_says("admin"), Gap);
    assert_eq!(ships(&everywhere(), "API", &[]).role_says("admin"), Never);
    // Entries do not count where `aws-auth` alone does.
    let old = ships(&everywhere(), "CONFIG_MAP", &[]);
    let old = old.entries(&[("admin", "AmazonEKSClusterAdminPolicy", &[])]);
    assert_eq!(old.role_says("admin"), Never);
}

#[test]
fn eks_access_entry_in_namespace() {
    let case = |namespace: &str| {
        let case = ships(&everywhere(), "API", &[]);
        case.entries(&[("admin", "AmazonEKSEditPolicy", &[namespace])])
    };
    assert_eq!(case("harbor").role_says("admin"), Always);
    assert_eq!(case("har*").role_says("admin"), Always);
    assert_eq!(case("docks").role_says("admin"), Never);
}

#[test]
fn eks_create_access_entry() {
    let case = |mode: &str, statements: &[Value]| ships(&everywhere(), mode, statements);
    let all = [
        allow("eks:CreateAccessEntry", EKS),
        allow("eks:AssociateAccessPolicy", "*"),
    ];
    assert_eq!(case("API", &all).role_says("admin"), Always);
    assert_eq!(case("API_AND_CONFIG_MAP", &all).role_says("admin"), Always);
    assert_eq!(case("CONFIG_MAP", &all).role_says("admin"), Never);
    assert_eq!(case("API", &all[..1]).role_says("admin"), Never);
    let view = json!({ "Effect": "Allow", "Action": "eks:AssociateAccessPolicy", "Resource": "*",
        "Condition": { "StringEquals": { "eks:policyArn":
            "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy" }}});
    assert_eq!(
        case("API", &[all[0].clone(), view]).role_says("admin"),
        Never
    );
}

#[test]
fn eks_reach_from_position() {
    let entry: [(&str, &str, &[&str]); 1] = [("admin", "AmazonEKSClusterAdminPolicy", &[])];
    // From the internet, to an API that answers there.
    let case = ships(&json!(["203.0.113.0/24"]), "API", &[]).entries(&entry);
    assert_eq!(case.role_says("admin"), Never);
    // Inside the VPC: a task beside it, a host, a new host.
    let inside = |group: &str, statements: &[Value]| {
        let mut case = Case::door()
            .eks(&Value::Null, "API")
            .entries(&entry)
            .node(&["sg-clients"]);
        let path = format!("{HERE}/ec2-describe-security-groups.json");
        let mut groups: Value = serde_json::from_str(&case.0[&path]).unwrap();
        groups["SecurityGroups"][2]["IpPermissions"] = json!([{ "IpProtocol": "tcp",
            "FromPort": 443, "ToPort": 443, "IpRanges": [], "UserIdGroupPairs": [{
                "GroupId": group, "UserId": "111122223333" }]}]);
        case.0.insert(path, groups.to_string());
        let function = json!({ "SubnetIds": [SUBNET], "SecurityGroupIds": ["sg-others"],
            "VpcId": "vpc-0d0c4a5e00000001" });
        case.function("admin", &function).roles(&[
            ("shipper", PODS, &[]),
            ("admin", LAMBDA, statements),
            ("node", "ec2.amazonaws.com", &[]),
        ])
    };
    // eks-reach-from-position: the function reaches the API, and runs pods among the clients.
    assert_eq!(inside("sg-others", &[]).says(&function()), Always);
    assert_eq!(inside("sg-0b10000000000001a", &[]).says(&function()), Never);
    assert_eq!(inside("sg-others", &[]).role_says("admin"), Never);
}

/// The bucket, and a private API whose group `sg-others` admits this group, of the VPC or of none.
fn private_api(admits: &str, entry: &str) -> Case {
    let mut case = Case::bucket();
    for (path, text) in Case::door().0 {
        case.0.entry(path).or_insert(text);
    }
    let entry: [(&str, &str, &[&str]); 1] = [(entry, "AmazonEKSClusterAdminPolicy", &[])];
    let case = case.eks(&Value::Null, "API").entries(&entry);
    let groups = json!({ "SecurityGroups": [{ "GroupId": "sg-others", "GroupName": "others",
        "VpcId": "vpc-0d0c4a5e00000001", "OwnerId": "111122223333", "IpPermissions": [{
            "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [],
            "UserIdGroupPairs": [{ "GroupId": admits, "UserId": "111122223333" }]}],
        "IpPermissionsEgress": [{ "IpProtocol": "-1",
            "IpRanges": [{ "CidrIp": "0.0.0.0/0" }], "UserIdGroupPairs": [] }]}]});
    case.with("ec2-describe-security-groups.json", &groups)
}

#[test]
fn eks_reach_from_host() {
    let case = |admits: &str| {
        private_api(admits, "node").node(&["sg-others"]).roles(&[
            ("shipper", PODS, &[reads()]),
            ("node", "ec2.amazonaws.com", &[]),
        ])
    };
    assert_eq!(case("sg-others").says("host i-0node"), Always);
    // Else it may still enter the pods that run on it.
    assert_eq!(case("sg-nobody").says("host i-0node"), Conditional);
}

#[test]
fn eks_reach_from_new_host() {
    let case = |admits: &str, statements: &[Value]| {
        private_api(admits, "admin")
            .roles(&[("shipper", PODS, &[reads()]), ("admin", "us", statements)])
    };
    let launch = [allow("ec2:RunInstances", "*")];
    assert_eq!(case("sg-others", &launch).role_says("admin"), Always);
    assert_eq!(case("sg-others", &[]).role_says("admin"), Never);
    // A group that was not listed may be one of the VPC.
    assert_eq!(case("sg-nobody", &launch).role_says("admin"), Gap);
}

#[test]
fn eks_run_on_node() {
    let case = |entries: &[(&str, &str, &[&str])]| {
        let case = Case::bucket()
            .eks(&everywhere(), "API")
            .node(&["sg-others"])
            .entries(entries);
        case.roles(&[
            ("shipper", PODS, &[]),
            ("node", "ec2.amazonaws.com", &[reads()]),
            ("admin", "us", &[]),
        ])
    };
    let entry: [(&str, &str, &[&str]); 1] = [("admin", "AmazonEKSClusterAdminPolicy", &[])];
    assert_eq!(case(&entry).role_says("admin"), Always);
    // In one namespace it has the pods there, whose node's role is a matter of the hop limit.
    let entry: [(&str, &str, &[&str]); 1] = [("admin", "AmazonEKSAdminPolicy", &["harbor"])];
    assert_eq!(case(&entry).role_says("admin"), Conditional);
}

#[test]
fn eks_create_pod_identity_association() {
    let case = |trusted: &str, statements: &[Value]| {
        let case = Case::bucket().eks(&everywhere(), "API");
        let case = case.entries(&[("admin", "AmazonEKSEditPolicy", &["harbor"])]);
        case.roles(&[
            ("shipper", PODS, &[]),
            ("target", trusted, &[reads()]),
            ("admin", "us", statements),
        ])
    };
    let all = [passes(PODS), allow("eks:CreatePodIdentityAssociation", "*")];
    assert_eq!(case(PODS, &all).role_says("admin"), Always);
    assert_eq!(case(LAMBDA, &all).role_says("admin"), Never);
    assert_eq!(case(PODS, &all[..1]).role_says("admin"), Never);
}

/// A broker in a pod of Strimzi, whose log lies in the bucket.
fn strimzi(files: &mut Files) {
    let path = "kafka/quay/server-1.properties";
    let text = files[path].replace(
        "advertised.listeners=CLIENT://broker-1.quay.internal:9092",
        "advertised.listeners=CLIENT://quay-kafka-1.quay-kafka-brokers.kafka.svc:9092",
    );
    files.insert(path.to_owned(), text);
}

#[test]
fn whoever_enters_the_pod_of_a_broker_reads_what_it_reads() {
    let mut case = Case::bucket().eks(&everywhere(), "API");
    strimzi(&mut case.0);
    let case = case.entries(&[("admin", "AmazonEKSEditPolicy", &["kafka"])]);
    let listed = json!({ "associations": [{ "clusterName": "ships", "namespace": "kafka",
        "serviceAccount": "quay-kafka", "associationId": "a-1" }]});
    let case = case.with("eks-list-pod-identity-associations/ships.json", &listed);
    let case = case.roles(&[("shipper", PODS, &[reads()]), ("admin", "us", &[])]);
    assert_eq!(case.says("pods of ships/kafka/quay-kafka"), Always);
    assert_eq!(case.role_says("admin"), Always);
}

#[test]
fn broker_credential_in_workload() {
    let mut files = fixture("small/one-caller");
    strimzi(&mut files);
    let path = "kafka/quay/server-1.properties";
    let text = format!(
        "{}\nsuper.users=User:broker\nlistener.name.client.scram-sha-512.sasl.jaas.config=\
         org.apache.kafka.common.security.scram.ScramLoginModule required username=\"broker\" \
         password=\"[redacted]\";\n",
        files[path]
    );
    files.insert(path.to_owned(), text);
    let case = Case(files)
        .eks(&everywhere(), "API")
        .roles(&[("shipper", PODS, &[])]);
    // The pod holds a super user's credential; what its network admits is not known.
    assert_eq!(case.says("pods of ships/kafka/quay-kafka"), Gap);
    assert_eq!(case.says(CRANE), Never);
}

#[test]
fn disk_in_workload() {
    let mut files = fixture("small/existing-snapshot");
    let path = "kafka/quay/server-1.properties";
    let pod = "CLIENT://quay-kafka-1.quay-kafka-brokers.kafka.svc:9092";
    let mut text = String::new();
    for line in files[path].lines() {
        let line = if line.starts_with("advertised.listeners=") {
            format!("advertised.listeners={pod}")
        } else {
            line.to_owned()
        };
        text.push_str(&line);
        text.push('\n');
    }
    files.insert(path.to_owned(), text);
    let volumes: Value =
        serde_json::from_str(&files[&format!("{HERE}/ec2-describe-volumes.json")]).unwrap();
    let volume = volumes["Volumes"][0]["VolumeId"]
        .as_str()
        .unwrap()
        .to_owned();
    let pin = format!("\n[[pin]]\nlink = \"log-volume\"\nfrom = \"quay/1\"\nto = \"{volume}\"\n");
    let config = files.get_mut("catchment.toml").unwrap();
    config.push_str(&pin);
    let case = Case(files)
        .eks(&everywhere(), "API")
        .roles(&[("shipper", PODS, &[])]);
    assert_eq!(case.says("pods of ships/kafka/quay-kafka"), Always);
    assert_eq!(case.says(CRANE), Never);
}
