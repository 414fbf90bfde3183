//! Containers: running tasks of ECS, services whose tasks were not described, and clusters of EKS
//! with what gives pods and people their rights.
//!
//! Source: ECS API Reference, `DescribeTasks`, `DescribeServices`, `DescribeTaskDefinition`; EKS
//! API Reference.
//!
//! Must never: see the value of a variable, or take a list that was not read for an empty one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::build::{Builder, captured, sorted, text};
use super::consumers::{place, role};
use super::files::names;
use super::{
    AccessEntry, AccessPolicy, KubernetesCluster, Link, NodeGroup, Origin, Outcome, PodIdentity,
    Seen, Task,
};
use crate::capture::Answer;
use crate::capture::json::{Node, Value};

/// Reads both services.
pub(super) fn read(builder: &mut Builder<'_>) {
    tasks(builder);
    for answer in builder.answers("eks:DescribeCluster") {
        if let Some(node) = answer.body.get("cluster") {
            kubernetes(builder, node, answer);
        }
    }
    unlisted(builder);
}

fn tasks(builder: &mut Builder<'_>) {
    let mut definitions: BTreeMap<String, &Node> = BTreeMap::new();
    for answer in builder.answers("ecs:DescribeTaskDefinition") {
        if let Some(node) = answer.body.get("taskDefinition") {
            let arn = text(node, "taskDefinitionArn");
            definitions.extend(arn.map(|arn| (arn, node)));
        }
    }
    for answer in builder.answers("ecs:DescribeTasks") {
        for node in answer.body.list("tasks") {
            let Some(arn) = text(node, "taskArn") else {
                continue;
            };
            let stopped = matches!(node.str("lastStatus"), Some("STOPPED" | "DELETED"));
            if stopped || builder.estate.tasks.contains_key(&arn) {
                continue;
            }
            let task = task(builder, &arn, node, answer, &definitions);
            builder.estate.tasks.insert(arn, task);
        }
    }
    services(builder, &definitions);
}

fn task(
    builder: &mut Builder<'_>,
    arn: &str,
    node: &Node,
    answer: &Answer,
    definitions: &BTreeMap<String, &Node>,
) -> Task {
    let name = text(node, "taskDefinitionArn").unwrap_or_default();
    let runs = runs(builder, arn, node, answer, (&name, definitions));
    let details = |name: &str| {
        let attached = node.list("attachments").iter();
        let details = attached.flat_map(|a| a.list("details"));
        sorted(
            details
                .filter(|d| d.str("name") == Some(name))
                .filter_map(|d| text(d, "value")),
        )
    };
    Task {
        interfaces: details("networkInterfaceId"),
        subnets: details("subnetId"),
        addresses: details("privateIPv4Address"),
        ..runs
    }
}

/// Services none of whose tasks was described, and that want one at least: the tasks in one.
fn services(builder: &mut Builder<'_>, definitions: &BTreeMap<String, &Node>) {
    let mut described: BTreeSet<(String, String)> = BTreeSet::new();
    for answer in builder.answers("ecs:DescribeTasks") {
        for node in answer.body.list("tasks") {
            let group = text(node, "group").unwrap_or_default();
            if let Some(service) = group.strip_prefix("service:") {
                let cluster = text(node, "clusterArn").unwrap_or_default();
                described.insert((cluster, service.to_owned()));
            }
        }
    }
    for answer in builder.answers("ecs:DescribeServices") {
        for node in answer.body.list("services") {
            let Some(arn) = text(node, "serviceArn") else {
                continue;
            };
            let gone = matches!(node.str("status"), Some("INACTIVE"));
            let none = node.get("desiredCount").and_then(Node::scalar).as_deref() == Some("0");
            let own = text(node, "clusterArn").zip(text(node, "serviceName"));
            let known = own.is_some_and(|own| described.contains(&own));
            if gone || none || known || builder.estate.tasks.contains_key(&arn) {
                continue;
            }
            let name = text(node, "taskDefinition").unwrap_or_default();
            let runs = runs(builder, &arn, node, answer, (&name, definitions));
            let network = node
                .get("networkConfiguration")
                .and_then(|n| n.get("awsvpcConfiguration"));
            let list = |field: &str| network.map(|n| names(n, field)).unwrap_or_default();
            let task = Task {
                of_service: true,
                subnets: list("subnets"),
                groups: list("securityGroups"),
                ..runs
            };
            builder.estate.tasks.insert(arn, task);
        }
    }
}

/// What a task or a service runs: roles and secrets by its definition.
fn runs(
    builder: &mut Builder<'_>,
    arn: &str,
    node: &Node,
    answer: &Answer,
    (name, definitions): (&str, &BTreeMap<String, &Node>),
) -> Task {
    let (account, region) = place(arn, answer);
    let call = "ecs:DescribeTaskDefinition";
    let definition = definitions.get(name).copied();
    let outcome = match definition {
        Some(_) => Outcome::Ok,
        None => builder
            .about(call, name, None, None)
            .map_or(Outcome::NotCollected, |a| a.outcome),
    };
    builder.cover(call, &account, &region, name, outcome);
    let unread = || Arc::from(format!("{call} of {name}"));
    let overrides = node.get("overrides");
    let role = |field: &str| -> Seen<Link> {
        let told = overrides
            .filter(|o| text(o, field).is_some())
            .or(definition);
        match (told.and_then(|n| Some((n, text(n, field)?))), definition) {
            (Some((node, to)), _) => Seen::Is(Link {
                to,
                origin: captured(node),
            }),
            (None, Some(_)) => Seen::Absent,
            (None, None) => Seen::Unread(unread()),
        }
    };
    let secrets = definition.map_or_else(
        || Seen::Unread(unread()),
        |definition| {
            let containers = definition.list("containerDefinitions").iter();
            let secrets = containers.flat_map(|c| c.list("secrets"));
            Seen::Is(sorted(secrets.filter_map(|s| text(s, "valueFrom"))))
        },
    );
    Task {
        arn: arn.to_owned(),
        role: role("taskRoleArn"),
        execution_role: role("executionRoleArn"),
        secrets,
        cluster: text(node, "clusterArn").unwrap_or_default(),
        of_service: false,
        interfaces: Vec::new(),
        subnets: Vec::new(),
        groups: Vec::new(),
        addresses: Vec::new(),
        execute_command: node
            .get("enableExecuteCommand")
            .and_then(Node::as_bool)
            .map_or_else(
                || Seen::Unread(Arc::from(format!("whether ECS Exec is on for {arn}"))),
                Seen::Is,
            ),
        origin: captured(node),
        definition: name.to_owned(),
        account,
        region,
    }
}

/// A list about one EKS cluster: its answer, its outcome being reported.
fn about<'c>(
    builder: &mut Builder<'c>,
    call: &str,
    resource: &str,
    place: (&str, &str),
) -> Option<&'c Answer> {
    let found = builder.about(call, resource, Some(place.0), Some(place.1));
    let outcome = found.map_or(Outcome::NotCollected, |a| a.outcome);
    builder.cover(call, place.0, place.1, resource, outcome);
    found.filter(|a| matches!(a.outcome, Outcome::Ok | Outcome::Truncated))
}

fn kubernetes(builder: &mut Builder<'_>, node: &Node, answer: &Answer) {
    let (Some(arn), Some(name)) = (text(node, "arn"), text(node, "name")) else {
        return;
    };
    let (account, region) = place(&arn, answer);
    let vpc = node.get("resourcesVpcConfig");
    let mut groups: Vec<String> = vpc
        .and_then(|v| text(v, "clusterSecurityGroupId"))
        .into_iter()
        .collect();
    groups.extend(
        vpc.map(|v| names(v, "securityGroupIds"))
            .unwrap_or_default(),
    );
    let public = vpc.and_then(|v| v.get("endpointPublicAccess")?.as_bool());
    let issuer = node
        .get("identity")
        .and_then(|i| i.get("oidc"))
        .and_then(|o| text(o, "issuer"));
    let here = (account.as_str(), region.as_str());
    let cluster = KubernetesCluster {
        vpc: vpc.and_then(|v| text(v, "vpcId")),
        subnets: vpc.map(|v| names(v, "subnetIds")).unwrap_or_default(),
        groups,
        issuer: issuer.map(|i| i.trim_start_matches("https://").to_owned()),
        public_from: match (public, vpc) {
            (Some(false), _) => Seen::Absent,
            (Some(true), Some(vpc)) => Seen::Is(names(vpc, "publicAccessCidrs")),
            (Some(true) | None, _) => {
                Seen::Unread(Arc::from(format!("eks:DescribeCluster of {name}")))
            }
        },
        authentication_mode: node
            .get("accessConfig")
            .and_then(|a| text(a, "authenticationMode")),
        node_groups: node_groups(builder, &name, here),
        pod_identities: pod_identities(builder, &name, here),
        access: access(builder, &name, here),
        origin: captured(node),
        arn: arn.clone(),
        name: name.clone(),
        account: account.clone(),
        region: region.clone(),
    };
    builder.estate.kubernetes.insert(arn, cluster);
}

fn node_groups(
    builder: &mut Builder<'_>,
    cluster: &str,
    place: (&str, &str),
) -> Seen<Vec<NodeGroup>> {
    let call = "eks:ListNodegroups";
    let Some(list) = about(builder, call, cluster, place) else {
        return Seen::Unread(Arc::from(format!("{call} of {cluster}")));
    };
    let describe = "eks:DescribeNodegroup";
    let mut groups = Vec::new();
    for name in names(&list.body, "nodegroups") {
        let resource = format!("{cluster}/{name}");
        let missing = || format!("{describe} of {resource}");
        let found = about(builder, describe, &resource, place);
        let node = found.and_then(|a| a.body.get("nodegroup"));
        groups.push(NodeGroup {
            role: node.map_or_else(
                || Seen::Unread(Arc::from(missing())),
                |n| role(n, "nodeRole", missing),
            ),
            subnets: node.map(|n| names(n, "subnets")).unwrap_or_default(),
            origin: node.map_or_else(|| Origin::Captured(list.source()), captured),
            name,
        });
    }
    Seen::Is(groups)
}

fn pod_identities(
    builder: &mut Builder<'_>,
    cluster: &str,
    place: (&str, &str),
) -> Seen<Vec<PodIdentity>> {
    let call = "eks:ListPodIdentityAssociations";
    let Some(list) = about(builder, call, cluster, place) else {
        return Seen::Unread(Arc::from(format!("{call} of {cluster}")));
    };
    let describe = "eks:DescribePodIdentityAssociation";
    let mut associations = Vec::new();
    for item in list.body.list("associations") {
        let Some(id) = text(item, "associationId") else {
            continue;
        };
        let resource = format!("{cluster}/{id}");
        // The list has no role.
        let found = about(builder, describe, &resource, place);
        let node = found.and_then(|a| a.body.get("association"));
        let missing = || format!("{describe} of {resource}");
        associations.push(PodIdentity {
            namespace: text(item, "namespace").unwrap_or_default(),
            service_account: text(item, "serviceAccount").unwrap_or_default(),
            role: node.map_or_else(
                || Seen::Unread(Arc::from(missing())),
                |n| role(n, "roleArn", missing),
            ),
            origin: captured(node.unwrap_or(item)),
            id,
        });
    }
    Seen::Is(associations)
}

fn access(builder: &mut Builder<'_>, cluster: &str, place: (&str, &str)) -> Seen<Vec<AccessEntry>> {
    let call = "eks:ListAccessEntries";
    let Some(list) = about(builder, call, cluster, place) else {
        return Seen::Unread(Arc::from(format!("{call} of {cluster}")));
    };
    let describe = "eks:ListAssociatedAccessPolicies";
    let mut entries = Vec::new();
    for item in list.body.list("accessEntries") {
        let Some(principal) = item.scalar() else {
            continue;
        };
        let resource = format!("{cluster}/{principal}");
        let found = about(builder, describe, &resource, place);
        let policies = found.map_or_else(
            || Seen::Unread(Arc::from(format!("{describe} of {resource}"))),
            |answer| {
                let nodes = answer.body.list("associatedAccessPolicies").iter();
                let policies = nodes.filter_map(|node| {
                    let scope = node.get("accessScope");
                    Some(AccessPolicy {
                        arn: text(node, "policyArn")?,
                        namespaces: scope.map(|s| names(s, "namespaces")).unwrap_or_default(),
                    })
                });
                Seen::Is(policies.collect())
            },
        );
        entries.push(AccessEntry {
            principal,
            policies,
            origin: captured(item),
        });
    }
    Seen::Is(entries)
}

/// Clusters that a list names and that nobody described.
fn unlisted(builder: &mut Builder<'_>) {
    let call = "eks:DescribeCluster";
    for answer in builder.answers("eks:ListClusters") {
        if !matches!(
            answer.body.get("clusters").map(|n| &n.value),
            Some(Value::Array(_))
        ) {
            continue;
        }
        for name in names(&answer.body, "clusters") {
            let found = builder.about(call, &name, Some(&answer.account), Some(&answer.region));
            let outcome = found.map_or(Outcome::NotCollected, |a| a.outcome);
            builder.cover(call, &answer.account, &answer.region, &name, outcome);
        }
    }
}
