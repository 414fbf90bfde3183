//! Where brokers run under the new model, what they listen on, and how they are configured.
//!
//! Must never: invent an address; what nobody knows of a new instance or interface stays unknown.

use std::collections::{BTreeMap, BTreeSet};

use super::{Projection, ProjectionError, UNSET};
use crate::capture::Source;
use crate::estate::{
    AWS_MSK_IAM, Broker, Diagnostic, Host, Interface, Link, Listener, ManagedAuthentication,
    ManagedCluster, ManagedNode, Origin, Property, SecurityProtocol, Seen, Severity,
};
use crate::models::model::ModelListener;

/// Where a broker's network interface is today: subnet and security groups.
#[derive(Clone, Default)]
struct Spot {
    subnet: Option<String>,
    groups: Vec<String>,
}

impl Projection<'_> {
    /// Brokers go to an account of the service: their instances go, interfaces come.
    pub(super) fn leave_instances(&mut self) {
        let said = self.parameter("security-groups").map(list);
        let spots = self.spots();
        let name = self.cluster.name.clone();
        let why = format!("the service puts an interface of each broker of {name} there");
        let origin = self.assumed("security-groups", &why);
        let mut nodes = Vec::new();
        let mut groups = BTreeSet::new();
        for (id, spot) in spots {
            let spot = Spot {
                groups: said.clone().unwrap_or(spot.groups),
                ..spot
            };
            groups.extend(spot.groups.iter().cloned());
            let interface = format!("interface of broker {id} of {name}");
            nodes.push(ManagedNode {
                id,
                interface: Some(interface.clone()),
                address: None,
                subnet: spot.subnet.clone(),
                endpoints: Vec::new(),
                origin: origin.clone(),
            });
            self.estate.interfaces.insert(
                interface.clone(),
                Interface {
                    id: interface.clone(),
                    instance: None,
                    subnet: spot.subnet,
                    private_addresses: Vec::new(),
                    private_dns: None,
                    account: self.account.clone(),
                    region: self.region().unwrap_or_default(),
                    vpc: None,
                    public_addresses: Vec::new(),
                    groups: spot.groups,
                    origin: origin.clone(),
                },
            );
            if let Some(broker) = self.cluster.brokers.get_mut(&id) {
                let host = broker.host.take();
                broker.role = None;
                broker.interface = Some(Link {
                    to: interface,
                    origin: origin.clone(),
                });
                let host = host.and_then(|link| self.estate.hosts.get_mut(&link.to));
                if let Some(host) = host {
                    host.gone = true;
                }
            }
        }
        // Nodes that only control hold no client's interface.
        self.cluster.brokers.retain(|_, broker| broker.holds_data);
        let cluster = self.managed(nodes, groups, &origin);
        self.cluster.managed = Some(Link {
            to: cluster.arn.clone(),
            origin,
        });
        self.estate.managed.insert(cluster.arn.clone(), cluster);
    }

    fn managed(
        &self,
        nodes: Vec<ManagedNode>,
        groups: BTreeSet<String>,
        origin: &Origin,
    ) -> ManagedCluster {
        let name = &self.cluster.name;
        let region = self.region().unwrap_or_default();
        let account = self.account.clone();
        let ways = self.ways();
        let has = |way: &str| ways.contains(way);
        ManagedCluster {
            arn: format!("arn:aws:kafka:{region}:{account}:cluster/{name}/{UNSET}"),
            name: name.clone(),
            account,
            region,
            serverless: false,
            express: false,
            authentication: Seen::Is(ManagedAuthentication {
                iam: has("iam"),
                scram: has("scram"),
                tls: has("tls"),
                unauthenticated: has("unauthenticated"),
                plaintext: has("unauthenticated"),
                encrypted: true,
            }),
            from_other_vpcs: ManagedAuthentication::default(),
            public: Seen::Is(false),
            policy: Seen::Absent,
            key: None,
            tiered: false,
            size: Some(nodes.len()),
            bootstrap: Vec::new(),
            subnets: nodes
                .iter()
                .filter_map(|node| node.subnet.clone())
                .collect(),
            groups: groups.into_iter().collect(),
            nodes: Seen::Is(nodes),
            scram_secrets: Seen::Absent,
            configuration: Seen::Absent,
            origin: origin.clone(),
        }
    }

    /// Brokers come from the service onto instances in the same subnets and groups.
    pub(super) fn come_to_instances(&mut self) {
        let region = self.region().unwrap_or_default();
        let name = self.cluster.name.clone();
        let why = format!("each broker of {name} gets an instance where its interface is today");
        let origin = self.assumed("account", &why);
        for (id, spot) in self.spots() {
            let host = format!("of broker {id} of {name}");
            let new = self.new_host(&host, &region, spot, &origin);
            self.estate.hosts.insert(host.clone(), new);
            if let Some(broker) = self.cluster.brokers.get_mut(&id) {
                broker.interface = None;
                broker.host = Some(Link {
                    to: host,
                    origin: origin.clone(),
                });
            }
        }
        self.cluster.managed = None;
    }

    /// An instance of the platform's control plane, in the network of the first broker. Its
    /// security groups are nobody's guess.
    pub(super) fn console_host(&mut self, origin: &Origin) -> String {
        let region = self.region().unwrap_or_default();
        let spot = self.spots().into_values().next().unwrap_or_default();
        let spot = Spot {
            groups: Vec::new(),
            ..spot
        };
        let id = format!("of the Console of {}", self.cluster.name);
        let host = self.new_host(&id, &region, spot, origin);
        self.estate.hosts.insert(id.clone(), host);
        id
    }

    /// The platform tags the instances of its brokers; policies that it publishes ask for the tag.
    pub(super) fn tag_instances(&mut self) {
        let hosts = self
            .cluster
            .brokers
            .values()
            .filter(|broker| broker.holds_data);
        let hosts: Vec<String> = hosts
            .filter_map(|b| Some(b.host.as_ref()?.to.clone()))
            .collect();
        for host in hosts {
            if let Some(host) = self.estate.hosts.get_mut(&host) {
                host.tags.extend(self.model.instance_tags.clone());
            }
        }
    }

    fn new_host(&self, id: &str, region: &str, spot: Spot, origin: &Origin) -> Host {
        let subnet = spot
            .subnet
            .as_ref()
            .and_then(|id| self.estate.subnets.get(id));
        Host {
            id: id.to_owned(),
            account: self.account.clone(),
            region: region.to_owned(),
            vpc: subnet.map(|subnet| subnet.vpc.clone()),
            subnet: spot.subnet,
            interfaces: Vec::new(),
            private_addresses: Vec::new(),
            public_addresses: Vec::new(),
            groups: spot.groups,
            role: Seen::Absent,
            volumes: Vec::new(),
            tags: self.model.instance_tags.clone(),
            gone: false,
            origin: origin.clone(),
        }
    }

    /// Where each broker with data is in the network, as far as that is known.
    fn spots(&self) -> BTreeMap<i32, Spot> {
        let data = self.cluster.data_brokers();
        data.map(|broker| (broker.id, self.spot(broker))).collect()
    }

    fn spot(&self, broker: &Broker) -> Spot {
        let host = broker.host.as_ref();
        if let Some(host) = host.and_then(|link| self.estate.hosts.get(&link.to)) {
            return Spot {
                subnet: host.subnet.clone(),
                groups: host.groups.clone(),
            };
        }
        let interface = broker.interface.as_ref();
        let interface = interface.and_then(|link| self.estate.interfaces.get(&link.to));
        interface.map_or_else(Spot::default, |interface| Spot {
            subnet: interface.subnet.clone(),
            groups: interface.groups.clone(),
        })
    }

    /// How clients authenticate under the new model: as the parameter says, else as today's
    /// listeners let them, as far as the new platform has it.
    fn ways(&self) -> BTreeSet<String> {
        if let Some(said) = self.parameter("authentication") {
            return list(said).into_iter().collect();
        }
        let listeners = self.cluster.brokers.values().flat_map(|b| &b.listeners);
        let clients = listeners.filter(|listener| !listener.controller);
        clients
            .map(|listener| match listener.protocol {
                SecurityProtocol::Ssl if listener.client_certificate => "tls",
                SecurityProtocol::Plaintext | SecurityProtocol::Ssl => "unauthenticated",
                SecurityProtocol::SaslPlaintext | SecurityProtocol::SaslSsl
                    if listener.mechanisms.iter().any(|m| m == AWS_MSK_IAM) =>
                {
                    "iam"
                }
                SecurityProtocol::SaslPlaintext | SecurityProtocol::SaslSsl => "scram",
            })
            .map(str::to_owned)
            .collect()
    }

    /// Gives brokers the listeners that the platform offers; where it offers any, they keep those
    /// that it can serve.
    pub(super) fn offer_listeners(&mut self) -> Result<(), ProjectionError> {
        if self.model.listeners.is_empty() {
            self.drop_iam_listeners();
            return Ok(());
        }
        let offered: Vec<&str> = self
            .model
            .listeners
            .iter()
            .map(|listener| listener.authentication.as_str())
            .collect();
        let ways = self.ways();
        if let Some(way) = ways.iter().find(|way| !offered.contains(&way.as_str())) {
            let at = self.parameters.get("authentication").map(|(_, at)| at);
            let at = at.map(|at| format!("{at}: ")).unwrap_or_default();
            return Err(ProjectionError(format!(
                "{at}model `{}` has no authentication `{way}`; it has: {}",
                self.model.id,
                offered.join(", ")
            )));
        }
        let listeners: Vec<Listener> = self
            .model
            .listeners
            .iter()
            .filter(|offered| ways.contains(&offered.authentication))
            .map(listener)
            .collect();
        for broker in self.cluster.brokers.values_mut() {
            broker.listeners.clone_from(&listeners);
        }
        if self.parameter("security-groups").is_none() {
            self.warn_of_shut_ports(&listeners);
        }
        Ok(())
    }

    /// Brokers keep their security groups, and listeners move to other ports: where no rule admits
    /// such a port, clients are shut out, which is no safety that the move gives.
    fn warn_of_shut_ports(&mut self, listeners: &[Listener]) {
        let interfaces = self.cluster.brokers.values().filter_map(|broker| {
            let link = broker.interface.as_ref()?;
            self.estate.interfaces.get(&link.to)
        });
        let kept: BTreeSet<&String> = interfaces.flat_map(|i| &i.groups).collect();
        let groups: Option<Vec<_>> = kept
            .iter()
            .map(|id| self.estate.security_groups.get(*id))
            .collect();
        // A group that was not read may admit anything.
        let Some(groups) = groups.filter(|groups| !groups.is_empty()) else {
            return;
        };
        let rules = || groups.iter().flat_map(|group| &group.ingress);
        let admits = |port: u16| {
            rules().any(|rule| {
                let ports = rule.ports;
                ports.is_none_or(|(first, last)| (first..=last).contains(&port))
            })
        };
        let shut = listeners.iter().filter(|listener| !admits(listener.port));
        let shut: Vec<String> = shut.map(|listener| listener.port.to_string()).collect();
        if shut.is_empty() {
            return;
        }
        let names: Vec<&str> = kept.iter().map(|id| id.as_str()).collect();
        let message = format!(
            "the brokers of {} keep {}, which admits nobody on port {} of `{}`: readers that this \
             takes away are no gain of the move; say which groups it would have: \
             `security-groups` under `[model.{}]`",
            self.cluster.name,
            names.join(", "),
            shut.join(", "),
            self.model.id,
            self.model.id
        );
        let source = rules().next().map(|rule| rule.source.clone());
        self.estate.diagnostics.push(Diagnostic {
            code: "kept-groups-shut-the-ports",
            severity: Severity::Warning,
            message,
            source,
        });
    }

    /// Clients that authenticate by IAM find nobody who knows them outside the service.
    fn drop_iam_listeners(&mut self) {
        let iam = |listener: &Listener| listener.mechanisms.iter().any(|m| m == AWS_MSK_IAM);
        let mut dropped: Option<Source> = None;
        for broker in self.cluster.brokers.values_mut() {
            let found = broker.listeners.iter().find(|listener| iam(listener));
            dropped = dropped.or_else(|| found.map(|listener| listener.source.clone()));
            broker.listeners.retain(|listener| !iam(listener));
        }
        if let Some(source) = dropped {
            self.estate.diagnostics.push(Diagnostic {
                code: "authentication-not-offered",
                severity: Severity::Warning,
                message: format!(
                    "clients of {} that authenticate by IAM would need another credential under \
                     `{}`",
                    self.cluster.name, self.model.id
                ),
                source: Some(source),
            });
        }
    }

    /// The service's brokers have the service's configuration; others keep theirs and get what the
    /// model says.
    pub(super) fn set_properties(&mut self) {
        let service = self.cluster.managed.is_some();
        let properties: Vec<(String, Property)> = self
            .model
            .properties
            .iter()
            .map(|property| {
                let said = property.parameter.as_ref();
                let said = said.and_then(|name| self.parameters.get(name));
                let (value, source) = match said {
                    Some((value, source)) => (value.clone(), source.clone()),
                    None => (property.value.clone(), property.at.clone()),
                };
                (property.key.clone(), Property { value, source })
            })
            .collect();
        for broker in self.cluster.brokers.values_mut() {
            if service {
                broker.properties.clear();
            }
            broker.properties.extend(properties.iter().cloned());
        }
    }
}

fn listener(offered: &ModelListener) -> Listener {
    let protocol = match offered.protocol.as_str() {
        "SSL" => SecurityProtocol::Ssl,
        "SASL_PLAINTEXT" => SecurityProtocol::SaslPlaintext,
        "SASL_SSL" => SecurityProtocol::SaslSsl,
        _ => SecurityProtocol::Plaintext,
    };
    Listener {
        name: offered.name.clone(),
        port: offered.port,
        protocol,
        mechanisms: offered.mechanism.iter().cloned().collect(),
        client_certificate: offered.authentication == "tls",
        certificate_requested: false,
        controller: false,
        advertised_host: None,
        unread: None,
        source: offered.at.clone(),
    }
}

/// `a, b` as its items.
fn list(text: &str) -> Vec<String> {
    let items = text.split(',').map(str::trim);
    items
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}
