//! Every cluster of Amazon MSK as a Kafka cluster: its name, brokers, listeners and properties.
//!
//! Source: MSK Developer Guide, "Port information", "Default Amazon MSK configuration", "Custom
//! Amazon MSK configurations", "Apache Kafka ACLs".
//!
//! Must never: leave out a listener because what would tell of it was not read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::build::Builder;
use super::link::at;
use super::{
    AWS_MSK_IAM, Broker, Cluster, Link, Listener, ManagedAuthentication, ManagedCluster,
    ManagedNode, Origin, Outcome, Property, SecurityProtocol, Seen, Severity, THROUGH_CONNECTIONS,
    kafka,
};
use crate::capture::Source;

/// Properties that MSK sets unless a configuration says otherwise, as far as they decide who reads.
///
/// The first is a row of "Default Amazon MSK configuration"; properties that a custom configuration
/// does not set have the value from there. The second: MSK turns on Kafka's own authorizer, whose
/// rules are the same in each version ("Apache Kafka ACLs").
const DEFAULTS: [(&str, &str); 2] = [
    ("allow.everyone.if.no.acl.found", "true"),
    (
        "authorizer.class.name",
        "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    ),
];

/// Makes a Kafka cluster of each cluster of MSK, joined with the Kafka files of the same name.
pub(super) fn read(builder: &mut Builder<'_>) {
    let names = names(builder);
    for (arn, name) in names {
        if let Some(managed) = builder.estate.managed.get(&arn).cloned() {
            cluster(builder, &managed, &name);
        }
    }
}

/// A name for each cluster of MSK: its own, or with account and region where several share it.
fn names(builder: &mut Builder<'_>) -> BTreeMap<String, String> {
    let mut by_name: BTreeMap<String, Vec<ManagedCluster>> = BTreeMap::new();
    for managed in builder.estate.managed.values() {
        by_name
            .entry(managed.name.clone())
            .or_default()
            .push(managed.clone());
    }
    let mut names = BTreeMap::new();
    for (name, all) in by_name {
        let said = builder.estate.config.clusters.get(&name);
        let says = |key: &str, value: &str| {
            said.and_then(|c| c.get(key))
                .is_none_or(|(said, _)| said == value)
        };
        let fitting: Vec<&ManagedCluster> = all
            .iter()
            .filter(|m| says("account", &m.account) && says("region", &m.region))
            .collect();
        let plain = match &fitting[..] {
            [only] => Some(only.arn.clone()),
            _ => None,
        };
        if plain.is_none() && builder.estate.clusters.contains_key(&name) {
            let message = format!(
                "several clusters of Amazon MSK are called `{name}`, and the Kafka files in the folder of that name are taken for none of theirs; say which: `[cluster.{name}]` with `account` and `region`"
            );
            builder.note("ambiguous-cluster", Severity::Warning, message, None);
        }
        let mut used: BTreeSet<String> = BTreeSet::new();
        for managed in &all {
            let own = if plain.as_deref() == Some(managed.arn.as_str()) {
                name.clone()
            } else {
                let long = format!("{name}@{}@{}", managed.account, managed.region);
                let end = managed.arn.rsplit('/').next().unwrap_or_default();
                if used.contains(&long) {
                    format!("{long}@{end}")
                } else {
                    long
                }
            };
            used.insert(own.clone());
            names.insert(managed.arn.clone(), own);
        }
    }
    names
}

fn cluster(builder: &mut Builder<'_>, managed: &ManagedCluster, name: &str) {
    let described = at(&managed.origin).unwrap_or_else(|| Source::new("", 1, ""));
    let mut cluster = if let Some(mut known) = builder.estate.clusters.remove(name) {
        let why = format!(
            "the Kafka files of {name} are in a folder that is named like the MSK cluster {}",
            managed.arn
        );
        known.managed = Some(Link {
            to: managed.arn.clone(),
            origin: Origin::Inferred {
                why,
                from: vec![described.clone()],
            },
        });
        known
    } else {
        unfiled(builder, managed, name)
    };
    cluster.account = Some(managed.account.clone());
    cluster.region = Some(managed.region.clone());
    brokers(builder, managed, &mut cluster, &described);
    builder.estate.clusters.insert(name.to_owned(), cluster);
}

/// A cluster that no Kafka files are about.
fn unfiled(builder: &mut Builder<'_>, managed: &ManagedCluster, name: &str) -> Cluster {
    let mut cluster = kafka::empty(name);
    cluster.model = kafka::said_model(builder, name);
    cluster.managed = Some(Link {
        to: managed.arn.clone(),
        origin: managed.origin.clone(),
    });
    builder.cover("kafka:topics", "", "", name, Outcome::NotCollected);
    // ACLs say nothing to clients with IAM credentials.
    let authentication = managed.authentication.as_ref();
    if authentication.is_none_or(|a| a.scram || a.tls || a.unauthenticated) {
        builder.cover("kafka:acls", "", "", name, Outcome::NotCollected);
    }
    cluster
}

fn brokers(
    builder: &mut Builder<'_>,
    managed: &ManagedCluster,
    cluster: &mut Cluster,
    described: &Source,
) {
    let properties = properties(managed, described);
    let nodes: Vec<Option<&ManagedNode>> = match &managed.nodes {
        Seen::Is(nodes) => nodes.iter().map(Some).collect(),
        Seen::Absent | Seen::Unread(_) => {
            let listed = cluster.brokers.len();
            let size = managed.size.unwrap_or(1).max(1);
            let message = format!(
                "the brokers of `{}` were not listed, so their network interfaces are not known, nor who reaches them{}",
                cluster.name,
                if managed.serverless {
                    " (the service lists those of no serverless cluster)"
                } else {
                    "; collect `aws kafka list-nodes`"
                }
            );
            let source = Some(described.clone());
            builder.note("managed-nodes-unread", Severity::Warning, message, source);
            vec![None; size.saturating_sub(listed)]
        }
    };
    for node in nodes {
        let id = node.map_or_else(|| free(cluster), |n| n.id);
        let broker = cluster.brokers.entry(id).or_insert_with(|| Broker {
            id,
            properties: BTreeMap::new(),
            holds_data: true,
            listeners: Vec::new(),
            host: None,
            interface: None,
            role: None,
            service_account: None,
            volumes: Vec::new(),
            wal_volumes: Vec::new(),
            source: node
                .and_then(|n| at(&n.origin))
                .unwrap_or_else(|| described.clone()),
        });
        broker.interface = node.and_then(|node| {
            Some(Link {
                to: node.interface.clone()?,
                origin: node.origin.clone(),
            })
        });
    }
    let hosts: BTreeMap<i32, String> = managed
        .nodes
        .as_ref()
        .into_iter()
        .flatten()
        .filter_map(|n| Some((n.id, n.endpoints.first()?.clone())))
        .collect();
    let connected = connected(builder, managed);
    for broker in cluster.brokers.values_mut() {
        for (key, property) in &properties {
            broker
                .properties
                .entry(key.clone())
                .or_insert_with(|| property.clone());
        }
        if !broker.properties.contains_key("listeners") {
            broker.listeners = listeners(managed, described, hosts.get(&broker.id));
            let others = from_other_vpcs(managed, connected, broker.id, described);
            broker.listeners.extend(others);
        }
    }
}

/// How clients in other VPCs may authenticate: as the cluster says, and as connections do that are
/// there.
fn connected(builder: &Builder<'_>, managed: &ManagedCluster) -> ManagedAuthentication {
    let mut methods = managed.from_other_vpcs;
    let connections = builder.estate.vpc_connections.values();
    for connection in connections.filter(|c| c.cluster == managed.arn) {
        match connection.authentication.as_deref() {
            Some("SASL_IAM") => methods.iam = true,
            Some("SASL_SCRAM") => methods.scram = true,
            Some("TLS") => methods.tls = true,
            Some(_) | None => {}
        }
    }
    methods
}

/// Listeners for clients in other VPCs: a port for each broker, 14001 for the first one, whatever
/// the method; unauthenticated clients have none.
///
/// Source: MSK Developer Guide, "Amazon MSK multi-VPC private connectivity in a single Region";
/// recorded `BootstrapBrokerStringVpcConnectivity...` of `GetBootstrapBrokers`.
fn from_other_vpcs(
    managed: &ManagedCluster,
    methods: ManagedAuthentication,
    id: i32,
    described: &Source,
) -> Vec<Listener> {
    let unread = match &managed.authentication {
        Seen::Unread(what) if !managed.serverless => Some(what.clone()),
        Seen::Unread(_) | Seen::Is(_) | Seen::Absent => None,
    };
    let (tls, sasl) = (SecurityProtocol::Ssl, SecurityProtocol::SaslSsl);
    let kinds = [
        (methods.iam, "CLIENT_IAM", "iam", sasl, Some(AWS_MSK_IAM)),
        (
            methods.scram,
            "CLIENT_SASL_SCRAM",
            "scram",
            sasl,
            Some("SCRAM-SHA-512"),
        ),
        (methods.tls, "CLIENT_SECURE", "tls", tls, None),
    ];
    let offered = kinds.into_iter().filter(|(on, ..)| *on || unread.is_some());
    offered
        .map(|(on, name, label, protocol, mechanism)| {
            let told = managed.bootstrap.iter().find_map(|address| {
                let (host, port) = address.rsplit_once(':')?;
                let own = host.starts_with(&format!("b-{id}.{label}."));
                Some((host, port.parse().ok()?)).filter(|_| own)
            });
            let first = u16::try_from(id).ok().and_then(|id| id.checked_add(14_000));
            Listener {
                name: format!("{name}{THROUGH_CONNECTIONS}"),
                port: told.map(|(_, port)| port).or(first).unwrap_or(14_001),
                protocol,
                mechanisms: mechanism.into_iter().map(str::to_owned).collect(),
                client_certificate: protocol == tls,
                certificate_requested: false,
                controller: false,
                advertised_host: told.map(|(host, _)| host.to_owned()),
                unread: unread.clone().filter(|_| !on),
                source: described.clone(),
            }
        })
        .collect()
}

/// The lowest broker id that is free; MSK counts from 1.
fn free(cluster: &Cluster) -> i32 {
    (1..=i32::MAX)
        .find(|id| !cluster.brokers.contains_key(id))
        .unwrap_or(i32::MAX)
}

/// The configuration's properties, and the service's own where it says nothing. Where the
/// configuration was not read, what it could say differently stays unsaid.
fn properties(managed: &ManagedCluster, described: &Source) -> BTreeMap<String, Property> {
    let mut properties = managed.configuration.as_ref().cloned().unwrap_or_default();
    let unread = matches!(managed.configuration, Seen::Unread(_));
    for (key, value) in DEFAULTS {
        if unread && key.starts_with("allow.") {
            continue;
        }
        properties
            .entry(key.to_owned())
            .or_insert_with(|| Property {
                value: value.to_owned(),
                source: described.clone(),
            });
    }
    properties
}

/// Listeners that the authentication makes: those inside the VPC, and with public access the same
/// again on ports that are a hundred higher. Plaintext is never public.
fn listeners(managed: &ManagedCluster, described: &Source, host: Option<&String>) -> Vec<Listener> {
    let all = ManagedAuthentication {
        iam: true,
        scram: true,
        tls: true,
        unauthenticated: true,
        plaintext: true,
        encrypted: true,
    };
    let (admits, unread) = match &managed.authentication {
        Seen::Is(authentication) => (*authentication, None),
        Seen::Absent => (ManagedAuthentication::default(), None),
        Seen::Unread(what) => (all, Some(what.clone())),
    };
    let listener = |name: &str, port, protocol, mechanism: &str, certificate| Listener {
        name: name.to_owned(),
        port,
        protocol,
        mechanisms: Some(mechanism.to_owned())
            .filter(|m| !m.is_empty())
            .into_iter()
            .collect(),
        client_certificate: certificate,
        certificate_requested: false,
        controller: false,
        advertised_host: host.cloned(),
        unread: unread.clone(),
        source: described.clone(),
    };
    let mut inside = Vec::new();
    if admits.plaintext && admits.unauthenticated {
        let protocol = SecurityProtocol::Plaintext;
        inside.push(listener("CLIENT", 9092, protocol, "", false));
    }
    if admits.encrypted {
        let (tls, sasl) = (SecurityProtocol::Ssl, SecurityProtocol::SaslSsl);
        // With both, the port asks for a certificate and lets in those who have none: two kinds of
        // client, two entries.
        if admits.unauthenticated {
            inside.push(listener("CLIENT_SECURE", 9094, tls, "", false));
        }
        if admits.tls {
            inside.push(listener("CLIENT_SECURE", 9094, tls, "", true));
        }
        if admits.scram {
            inside.push(listener(
                "CLIENT_SASL_SCRAM",
                9096,
                sasl,
                "SCRAM-SHA-512",
                false,
            ));
        }
        if admits.iam {
            inside.push(listener("CLIENT_IAM", 9098, sasl, AWS_MSK_IAM, false));
        }
    }
    let doubt: Option<Arc<str>> = match &managed.public {
        Seen::Is(true) => None,
        Seen::Is(false) | Seen::Absent => return inside,
        Seen::Unread(what) => Some(what.clone()),
    };
    // Public access needs every client to authenticate. Source: MSK Developer Guide, "Turn on
    // public access".
    let outside: Vec<Listener> = inside
        .iter()
        .filter(|l| l.protocol != SecurityProtocol::Plaintext && !l.is_open())
        .map(|l| Listener {
            name: format!("{}_PUBLIC", l.name),
            port: l.port + 100,
            unread: l.unread.clone().or_else(|| doubt.clone()),
            ..l.clone()
        })
        .collect();
    inside.extend(outside);
    inside
}
