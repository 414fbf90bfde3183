//! Amazon MSK: clusters as the service describes them, with policy, nodes, secrets, configuration.
//!
//! Source: MSK API Reference, `ListClustersV2`, `DescribeClusterV2`, `ListNodes`,
//! `GetClusterPolicy`, `ListScramSecrets`, `DescribeConfigurationRevision`.
//!
//! Must never: take authentication that was not read for none, or keep a property before redaction.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::Arc;

use super::build::{Builder, captured, in_account, text};
use super::files::names;
use super::{ManagedAuthentication, ManagedCluster, ManagedNode, Origin, Outcome, Property, Seen};
use crate::capture::json::{Node, Value};
use crate::capture::{Answer, Source};
use crate::names::Arn;

/// Calls that describe clusters; the first that tells something is believed.
const DESCRIBING: [&str; 4] = [
    "kafka:DescribeClusterV2",
    "kafka:ListClustersV2",
    "kafka:DescribeCluster",
    "kafka:ListClusters",
];

/// Calls about one cluster.
const ABOUT: [&str; 4] = [
    "kafka:GetClusterPolicy",
    "kafka:GetBootstrapBrokers",
    "kafka:ListNodes",
    "kafka:ListScramSecrets",
];

/// Reads all answers about clusters of MSK.
pub(super) fn read(builder: &mut Builder<'_>) {
    let mut described: BTreeMap<String, Vec<&Node>> = BTreeMap::new();
    for call in DESCRIBING {
        for answer in builder.answers(call) {
            let single = answer.body.get("ClusterInfo");
            for node in single
                .into_iter()
                .chain(answer.body.list("ClusterInfoList"))
            {
                if let Some(arn) = text(node, "ClusterArn") {
                    described.entry(arn).or_default().push(node);
                }
            }
        }
    }
    let gone = |nodes: &Vec<&Node>| nodes.iter().any(|n| n.str("State") == Some("DELETING"));
    described.retain(|_, nodes| !gone(nodes));
    let mut named: BTreeMap<String, Source> = BTreeMap::new();
    for answer in &builder.capture.answers {
        let about = ABOUT.contains(&answer.call.as_str());
        if about && answer.outcome.settles() && answer.resource.contains(":cluster/") {
            named
                .entry(answer.resource.clone())
                .or_insert_with(|| answer.source());
        }
    }
    for (arn, nodes) in &described {
        named.insert(arn.clone(), nodes[0].source.clone());
    }
    for (arn, source) in named {
        let nodes = described.remove(&arn).unwrap_or_default();
        cluster(builder, &arn, &nodes, source);
    }
    super::msk_connections::read(builder);
}

fn cluster(builder: &mut Builder<'_>, arn: &str, nodes: &[&Node], source: Source) {
    let Ok(parsed) = Arn::from_str(arn) else {
        return;
    };
    let (account, region) = (parsed.account().to_owned(), parsed.region().to_owned());
    let by_arn = parsed.resource().split('/').nth(1).unwrap_or_default();
    let name = nodes.iter().find_map(|n| text(n, "ClusterName"));
    // The old shape has no part of its own for what is provisioned.
    let parts: Vec<&Node> = nodes
        .iter()
        .filter(|n| n.get("Serverless").is_none())
        .map(|n| n.get("Provisioned").unwrap_or(n))
        .collect();
    let groups: Vec<&Node> = parts
        .iter()
        .filter_map(|p| p.get("BrokerNodeGroupInfo"))
        .collect();
    let vpcs: Vec<&Node> = nodes
        .iter()
        .filter_map(|n| n.get("Serverless"))
        .flat_map(|s| s.list("VpcConfigs"))
        .collect();
    let serverless = !vpcs.is_empty()
        || nodes
            .iter()
            .any(|n| n.str("ClusterType") == Some("SERVERLESS") || n.get("Serverless").is_some());
    let missing = |call: &str| -> Arc<str> {
        Arc::from(format!("{call} of {arn} ({})", in_account(&account)))
    };
    let authentication = if serverless {
        // Serverless admits IAM alone. Source: MSK Developer Guide, "MSK Serverless".
        Some(ManagedAuthentication {
            iam: true,
            encrypted: true,
            ..ManagedAuthentication::default()
        })
    } else {
        parts.iter().find_map(|part| authentication(part))
    };
    let connectivity = groups.iter().find_map(|g| g.get("ConnectivityInfo"));
    let public = connectivity
        .and_then(|c| c.get("PublicAccess"))
        .and_then(|p| p.str("Type"));
    let other_vpcs = connectivity.and_then(|c| c.get("VpcConnectivity"));
    let part = |field: &str| parts.iter().find_map(|p| p.get(field));
    let instance = groups.iter().find_map(|g| text(g, "InstanceType"));
    let size = part("NumberOfBrokerNodes").and_then(Node::as_i64);
    let key = part("EncryptionInfo").and_then(|e| e.get("EncryptionAtRest"));
    let (policy, outcome) = {
        let call = "kafka:GetClusterPolicy";
        let answer = builder.about(call, arn, None, None);
        builder.answered_document(answer, "Policy", &missing(call))
    };
    builder.cover("kafka:GetClusterPolicy", &account, &region, arn, outcome);
    let no_scram = authentication.is_some_and(|a| !a.scram);
    let managed = ManagedCluster {
        arn: arn.to_owned(),
        name: name.unwrap_or_else(|| by_arn.to_owned()),
        serverless,
        express: instance.is_some_and(|i| i.starts_with("express.")),
        authentication: authentication.map_or_else(
            || Seen::Unread(missing("kafka:DescribeClusterV2")),
            Seen::Is,
        ),
        from_other_vpcs: other_vpcs
            .and_then(|v| v.get("ClientAuthentication"))
            .map(|a| ManagedAuthentication {
                encrypted: true,
                ..methods(a)
            })
            .unwrap_or_default(),
        public: match public {
            _ if serverless => Seen::Is(false),
            Some("DISABLED") => Seen::Is(false),
            Some(_) => Seen::Is(true),
            None => Seen::Unread(missing("kafka:DescribeClusterV2")),
        },
        policy,
        key: key.and_then(|e| text(e, "DataVolumeKMSKeyId")),
        tiered: part("StorageMode").and_then(Node::as_str) == Some("TIERED"),
        subnets: lists(&groups, "ClientSubnets", &vpcs, "SubnetIds"),
        groups: lists(&groups, "SecurityGroups", &vpcs, "SecurityGroupIds"),
        size: size.and_then(|n| usize::try_from(n).ok()),
        bootstrap: bootstrap(builder, arn),
        nodes: broker_nodes(builder, arn, serverless, missing("kafka:ListNodes")),
        scram_secrets: if no_scram {
            Seen::Absent
        } else {
            scram_secrets(builder, arn, missing("kafka:ListScramSecrets"))
        },
        configuration: if serverless {
            Seen::Absent
        } else {
            configuration(builder, arn, part("CurrentBrokerSoftwareInfo"))
        },
        origin: Origin::Captured(source),
        account,
        region,
    };
    builder.estate.managed.insert(arn.to_owned(), managed);
}

fn lists(groups: &[&Node], own: &str, vpcs: &[&Node], theirs: &str) -> Vec<String> {
    let mut all: Vec<String> = groups.iter().flat_map(|g| names(g, own)).collect();
    all.extend(vpcs.iter().flat_map(|v| names(v, theirs)));
    super::build::sorted(all)
}

/// Whether the switch at the end of a path is on.
fn on(node: &Node, path: &[&str]) -> Option<bool> {
    let end = path.iter().try_fold(node, |node, name| node.get(name))?;
    end.get("Enabled").and_then(Node::as_bool)
}

/// The methods that `ClientAuthentication` names.
fn methods(node: &Node) -> ManagedAuthentication {
    let authorities = node
        .get("Tls")
        .is_some_and(|tls| !tls.list("CertificateAuthorityArnList").is_empty());
    ManagedAuthentication {
        iam: on(node, &["Sasl", "Iam"]) == Some(true),
        scram: on(node, &["Sasl", "Scram"]) == Some(true),
        // Before 2021, `Tls` had no switch: its authorities turned it on.
        tls: on(node, &["Tls"]).unwrap_or(authorities),
        unauthenticated: on(node, &["Unauthenticated"]) == Some(true),
        ..ManagedAuthentication::default()
    }
}

/// Who is admitted, or nothing where the answer does not tell.
///
/// A cluster for which no method is named admits everybody, and so does every plaintext port: SASL
/// and client certificates need TLS. Where neither authentication nor encryption is told, the
/// answer is not of the service's own shape. Source: MSK API Reference, `ClientAuthentication`,
/// `EncryptionInTransit`; recorded answers.
fn authentication(part: &Node) -> Option<ManagedAuthentication> {
    let empty = |node: &&Node| node.members().is_empty();
    let encryption = part.get("EncryptionInfo").filter(|n| !empty(n));
    let written = part.get("ClientAuthentication").filter(|n| !empty(n));
    if encryption.is_none() && written.is_none() {
        return None;
    }
    let named = written.map(methods).unwrap_or_default();
    let any = named.iam || named.scram || named.tls;
    let refused = written.and_then(|w| on(w, &["Unauthenticated"])) == Some(false) && any;
    let transit = encryption
        .and_then(|e| e.get("EncryptionInTransit"))
        .and_then(|t| t.str("ClientBroker"));
    let (plaintext, encrypted) = match transit {
        Some("TLS") => (false, true),
        Some("PLAINTEXT") => (true, false),
        Some(_) => (true, true),
        None => (!refused, true),
    };
    Some(ManagedAuthentication {
        unauthenticated: named.unauthenticated || plaintext || !any,
        plaintext,
        encrypted,
        ..named
    })
}

/// The answer about a cluster, its outcome being reported.
fn answer<'c>(builder: &mut Builder<'c>, call: &str, arn: &str) -> Option<&'c Answer> {
    let found = builder.about(call, arn, None, None);
    let outcome = found.map_or(Outcome::NotCollected, |a| a.outcome);
    let place = Arn::from_str(arn).ok();
    let place = place
        .as_ref()
        .map_or(("", ""), |a| (a.account(), a.region()));
    builder.cover(call, place.0, place.1, arn, outcome);
    found.filter(|a| matches!(a.outcome, Outcome::Ok | Outcome::Truncated))
}

fn bootstrap(builder: &Builder<'_>, arn: &str) -> Vec<String> {
    let answer = builder.about("kafka:GetBootstrapBrokers", arn, None, None);
    let members = answer.map_or(&[][..], |a| a.body.members());
    let strings = members
        .iter()
        .filter(|(name, _)| name.starts_with("BootstrapBrokerString"))
        .filter_map(|(_, node)| node.as_str());
    super::build::sorted(
        strings
            .flat_map(|s| s.split(','))
            .map(|s| s.trim().to_owned())
            .filter(|s| !s.is_empty()),
    )
}

fn broker_nodes(
    builder: &mut Builder<'_>,
    arn: &str,
    serverless: bool,
    missing: Arc<str>,
) -> Seen<Vec<ManagedNode>> {
    if serverless {
        return Seen::Unread(Arc::from(format!(
            "the brokers of serverless {arn}, which the service lists to nobody"
        )));
    }
    let Some(answer) = answer(builder, "kafka:ListNodes", arn) else {
        return Seen::Unread(missing);
    };
    let mut nodes = Vec::new();
    for item in answer.body.list("NodeInfoList") {
        let Some(node) = item.get("BrokerNodeInfo") else {
            continue;
        };
        // The service writes ids as `1.0`.
        let id = node.get("BrokerId").and_then(Node::scalar);
        let id = id.and_then(|id| id.trim_end_matches(".0").parse().ok());
        let Some(id) = id else { continue };
        nodes.push(ManagedNode {
            id,
            interface: text(node, "AttachedENIId"),
            address: text(node, "ClientVpcIpAddress"),
            subnet: text(node, "ClientSubnet"),
            endpoints: names(node, "Endpoints"),
            origin: captured(item),
        });
    }
    nodes.sort_by_key(|n| n.id);
    nodes.dedup_by_key(|n| n.id);
    if nodes.is_empty() || answer.outcome == Outcome::Truncated {
        // A cluster without brokers is being made, or the list is not whole.
        return Seen::Unread(missing);
    }
    Seen::Is(nodes)
}

fn scram_secrets(builder: &mut Builder<'_>, arn: &str, missing: Arc<str>) -> Seen<Vec<String>> {
    match answer(builder, "kafka:ListScramSecrets", arn) {
        Some(answer) => Seen::Is(names(&answer.body, "SecretArnList")),
        None => Seen::Unread(missing),
    }
}

/// Properties of the cluster's configuration: *absent* where it has the service's default.
fn configuration(
    builder: &mut Builder<'_>,
    cluster: &str,
    software: Option<&Node>,
) -> Seen<BTreeMap<String, Property>> {
    let call = "kafka:DescribeConfigurationRevision";
    let Some(software) = software else {
        return Seen::Unread(Arc::from(format!("kafka:DescribeClusterV2 of {cluster}")));
    };
    let Some(arn) = text(software, "ConfigurationArn") else {
        return Seen::Absent;
    };
    let revision = software.get("ConfigurationRevision").and_then(Node::scalar);
    let resource = format!("{arn}/{}", revision.as_deref().unwrap_or_default());
    let fits = |a: &&Answer| {
        a.resource == resource
            || (a.body.str("Arn") == Some(&arn)
                && a.body.get("Revision").and_then(Node::scalar) == revision)
    };
    let all = &builder.capture.answers;
    let answer = all
        .iter()
        .filter(|a| a.call == call)
        .filter(fits)
        .min_by_key(|a| !a.outcome.settles());
    let outcome = answer.map_or(Outcome::NotCollected, |a| a.outcome);
    let text = answer.and_then(|a| a.body.get("ServerProperties"));
    // The capture has decoded and redacted them.
    let read = text.filter(|node| matches!(node.value, Value::Object(_)));
    let outcome = if outcome == Outcome::Ok && read.is_none() {
        Outcome::ParseError
    } else {
        outcome
    };
    let place = Arn::from_str(&arn).ok();
    let place = place
        .as_ref()
        .map_or(("", ""), |a| (a.account(), a.region()));
    builder.cover(call, place.0, place.1, &resource, outcome);
    let Some(node) = read else {
        return Seen::Unread(Arc::from(format!("{call} of {resource}")));
    };
    let properties = node.members().iter().filter_map(|(key, value)| {
        let property = Property {
            value: value.as_str()?.to_owned(),
            source: value.source.clone(),
        };
        Some((key.clone(), property))
    });
    Seen::Is(properties.collect())
}
