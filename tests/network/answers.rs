//! A small estate as answers of the AWS CLI, changed in one point by each test.
//!
//! `vpc-a` (10.0.0.0/16, account 111122223333) has the broker in `subnet-a1` and the application in
//! `subnet-a2`; `vpc-b` (10.1.0.0/16) has `i-other` in `subnet-b1`.

use std::collections::BTreeMap;

use catchment::capture::Capture;
use catchment::estate::{Estate, build};
use catchment::network::{Admission, Sender, Shown, Target, admit, admit_showing};
use catchment::reach::Strength;
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const PORT: u16 = 9092;

/// Answers by the name of their call, as file names have it.
#[derive(Clone)]
pub(crate) struct Answers {
    files: BTreeMap<String, Value>,
    config: String,
}

fn instance(id: &str, vpc: &str, subnet: &str, address: &str, group: &str) -> Value {
    json!({
        "InstanceId": id, "VpcId": vpc, "SubnetId": subnet, "PrivateIpAddress": address,
        "State": {"Name": "running"}, "SecurityGroups": [{"GroupId": group}],
        "NetworkInterfaces": [{
            "NetworkInterfaceId": format!("eni-{id}"), "VpcId": vpc, "SubnetId": subnet,
            "PrivateIpAddress": address, "PrivateIpAddresses": [{"PrivateIpAddress": address}],
            "Ipv6Addresses": [], "Groups": [{"GroupId": group}]
        }]
    })
}

pub(crate) fn group(id: &str, vpc: &str, ingress: &Value) -> Value {
    json!({
        "GroupId": id, "GroupName": id, "VpcId": vpc, "OwnerId": ACCOUNT, "IpPermissions": ingress,
        "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    })
}

pub(crate) fn tcp(peer: &Value) -> Value {
    let mut rule = json!({"IpProtocol": "tcp", "FromPort": PORT, "ToPort": PORT});
    rule.as_object_mut()
        .unwrap()
        .extend(peer.as_object().unwrap().clone());
    rule
}

pub(crate) fn from(block: &str) -> Value {
    json!([tcp(&json!({"IpRanges": [{"CidrIp": block}]}))])
}

pub(crate) fn from_group(id: &str) -> Value {
    json!([tcp(&json!({"UserIdGroupPairs": [{"GroupId": id}]}))])
}

fn subnet(id: &str, vpc: &str, block: &str, zone: &str) -> Value {
    json!({"SubnetId": id, "VpcId": vpc, "CidrBlock": block, "AvailabilityZone": zone, "OwnerId": ACCOUNT})
}

pub(crate) fn table(id: &str, vpc: &str, routes: &[Value]) -> Value {
    let block = if vpc == "vpc-a" {
        "10.0.0.0/16"
    } else {
        "10.1.0.0/16"
    };
    let mut all =
        vec![json!({"DestinationCidrBlock": block, "GatewayId": "local", "State": "active"})];
    all.extend_from_slice(routes);
    json!({
        "RouteTableId": id, "VpcId": vpc, "OwnerId": ACCOUNT,
        "Associations": [{"Main": true, "RouteTableId": id}], "Routes": all
    })
}

pub(crate) fn route(to: &str, key: &str, target: &str) -> Value {
    json!({"DestinationCidrBlock": to, key: target, "State": "active", "Origin": "CreateRoute"})
}

pub(crate) fn entry(
    number: u32,
    egress: bool,
    allow: bool,
    block: &str,
    ports: Option<(u16, u16)>,
) -> Value {
    let action = if allow { "allow" } else { "deny" };
    let mut entry =
        json!({"RuleNumber": number, "Egress": egress, "RuleAction": action, "CidrBlock": block});
    let members = entry.as_object_mut().unwrap();
    match ports {
        None => members.insert("Protocol".to_owned(), json!("-1")),
        Some((from, to)) => {
            members.insert("PortRange".to_owned(), json!({"From": from, "To": to}));
            members.insert("Protocol".to_owned(), json!("6"))
        }
    };
    entry
}

pub(crate) fn acl(id: &str, subnets: &[&str], entries: &[Value]) -> Value {
    let associations: Vec<Value> = subnets.iter().map(|s| json!({"SubnetId": s})).collect();
    json!({
        "NetworkAclId": id, "VpcId": "vpc-a", "OwnerId": ACCOUNT, "IsDefault": false,
        "Associations": associations, "Entries": entries
    })
}

pub(crate) fn open_acl(id: &str, subnets: &[&str]) -> Value {
    let entries = [false, true].map(|egress| entry(100, egress, true, "0.0.0.0/0", None));
    acl(id, subnets, &entries)
}

impl Answers {
    /// The estate whose broker admits all of 10.0.0.0/8, and whose network ACLs are open.
    pub(crate) fn new() -> Self {
        let mut answers = Self {
            files: BTreeMap::new(),
            config: String::new(),
        };
        answers.set(
            "ec2-describe-instances",
            json!({"Reservations": [{"OwnerId": ACCOUNT, "Instances": [
                instance("i-broker", "vpc-a", "subnet-a1", "10.0.1.10", "sg-broker"),
                instance("i-app", "vpc-a", "subnet-a2", "10.0.2.20", "sg-app"),
                instance("i-other", "vpc-b", "subnet-b1", "10.1.1.30", "sg-other"),
            ]}]}),
        );
        answers.set(
            "ec2-describe-subnets",
            json!({"Subnets": [
                subnet("subnet-a1", "vpc-a", "10.0.1.0/24", "eu-west-1a"),
                subnet("subnet-a2", "vpc-a", "10.0.2.0/24", "eu-west-1b"),
                subnet("subnet-b1", "vpc-b", "10.1.1.0/24", "eu-west-1a"),
            ]}),
        );
        answers.admitting(&from("10.0.0.0/8"));
        answers.tables(&[], &[]);
        answers.acls(&[open_acl("acl-1", &["subnet-a1", "subnet-a2", "subnet-b1"])]);
        answers.set(
            "ec2-describe-network-interfaces",
            json!({"NetworkInterfaces": []}),
        );
        answers.set(
            "elbv2-describe-load-balancers",
            json!({"LoadBalancers": []}),
        );
        answers.public_access("off");
        answers
    }

    pub(crate) fn set(&mut self, file: &str, answer: Value) -> &mut Self {
        self.files.insert(file.to_owned(), answer);
        self
    }

    /// The mode of VPC Block Public Access.
    pub(crate) fn public_access(&mut self, mode: &str) -> &mut Self {
        self.set(
            "ec2-describe-vpc-block-public-access-options",
            json!({"VpcBlockPublicAccessOptions": {
                "AwsAccountId": ACCOUNT, "AwsRegion": "eu-west-1", "State": "update-complete",
                "InternetGatewayBlockMode": mode, "ExclusionsAllowed": "allowed"
            }}),
        )
    }

    pub(crate) fn files(&self) -> Vec<String> {
        self.files.keys().cloned().collect()
    }

    pub(crate) fn without(&mut self, file: &str) -> &mut Self {
        assert!(self.files.remove(file).is_some(), "{file}");
        self
    }

    pub(crate) fn config(&mut self, text: &str) -> &mut Self {
        text.clone_into(&mut self.config);
        self
    }

    /// Ingress of the broker's group; the other groups let nothing in and everything out.
    pub(crate) fn admitting(&mut self, ingress: &Value) -> &mut Self {
        self.set(
            "ec2-describe-security-groups",
            json!({"SecurityGroups": [
                group("sg-broker", "vpc-a", ingress),
                group("sg-app", "vpc-a", &json!([])),
                group("sg-other", "vpc-b", &json!([])),
            ]}),
        )
    }

    /// Changes the one instance of that id.
    pub(crate) fn host(&mut self, id: &str, change: impl FnOnce(&mut Value)) -> &mut Self {
        let instances = self.files.get_mut("ec2-describe-instances").unwrap();
        let instances = instances["Reservations"][0]["Instances"].as_array_mut();
        let host = instances
            .unwrap()
            .iter_mut()
            .find(|i| i["InstanceId"] == id);
        change(host.unwrap());
        self
    }

    pub(crate) fn public(&mut self, id: &str, address: &str) -> &mut Self {
        self.host(id, |host| {
            host["PublicIpAddress"] = json!(address);
            host["NetworkInterfaces"][0]["Association"] = json!({"PublicIp": address});
        })
    }

    /// More routes of the main tables of both VPCs.
    pub(crate) fn tables(&mut self, a: &[Value], b: &[Value]) -> &mut Self {
        self.set(
            "ec2-describe-route-tables",
            json!({"RouteTables": [
                table("rtb-a", "vpc-a", a),
                table("rtb-b", "vpc-b", b),
            ]}),
        )
    }

    pub(crate) fn acls(&mut self, acls: &[Value]) -> &mut Self {
        self.set("ec2-describe-network-acls", json!({"NetworkAcls": acls}))
    }

    pub(crate) fn estate(&self) -> Estate {
        let folder = format!("accounts/{ACCOUNT}/eu-west-1");
        let mut texts: BTreeMap<String, String> = BTreeMap::new();
        for (name, answer) in &self.files {
            texts.insert(format!("{folder}/{name}.json"), answer.to_string());
        }
        texts.insert("catchment.toml".to_owned(), self.config.clone());
        let estate = build(&Capture::from_files(texts));
        let errors: Vec<_> = estate
            .diagnostics
            .iter()
            .filter(|d| d.code == "malformed-answer" || d.code == "unrecognised-file")
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        estate
    }

    pub(crate) fn host_to_broker(&self, from: &str) -> Admission {
        let estate = self.estate();
        let target = Target::host(&estate, &estate.hosts["i-broker"], PORT);
        admit(&estate, Sender::Host(&estate.hosts[from]), &target)
    }

    /// The same where the broker must see such an address.
    pub(crate) fn showing(&self, from: &str, shown: Shown<'_>) -> Strength {
        let estate = self.estate();
        let target = Target::host(&estate, &estate.hosts["i-broker"], PORT);
        let sender = Sender::Host(&estate.hosts[from]);
        admit_showing(&estate, sender, &target, shown).strength
    }

    /// A client somewhere, whose address the broker sees as this one.
    pub(crate) fn client_at(&self, address: &str) -> Strength {
        let estate = self.estate();
        let target = Target::host(&estate, &estate.hosts["i-broker"], PORT);
        let shown = Shown::Only(address.parse().unwrap());
        admit_showing(&estate, Sender::Client, &target, shown).strength
    }

    pub(crate) fn app(&self) -> Strength {
        self.host_to_broker("i-app").strength
    }

    pub(crate) fn other(&self) -> Strength {
        self.host_to_broker("i-other").strength
    }

    pub(crate) fn subnet(&self, id: &str) -> Strength {
        let estate = self.estate();
        let target = Target::host(&estate, &estate.hosts["i-broker"], PORT);
        admit(&estate, Sender::NewHost(&estate.subnets[id]), &target).strength
    }

    pub(crate) fn internet(&self) -> Strength {
        let estate = self.estate();
        let target = Target::host(&estate, &estate.hosts["i-broker"], PORT);
        admit(&estate, Sender::Internet, &target).strength
    }

    pub(crate) fn network(&self) -> Admission {
        let estate = self.estate();
        let target = Target::host(&estate, &estate.hosts["i-broker"], PORT);
        let network = &estate.config.networks["office"];
        admit(&estate, Sender::Network(network), &target)
    }
}

pub(crate) fn says(admission: &Admission) -> Vec<&str> {
    admission.evidence.iter().map(|e| e.says.as_str()).collect()
}

pub(crate) fn notes(admission: &Admission) -> Vec<&str> {
    admission.notes.iter().map(|n| n.text.as_str()).collect()
}
