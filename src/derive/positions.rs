//! Network positions that some policy tells apart, and who sends from them.
//!
//! A position class is one consistent assignment of `aws:SourceVpce`, `aws:SourceVpc`,
//! `aws:VpcSourceIp` and `aws:SourceIp`. Classes come from the values that conditions name and
//! from the endpoints of the estate; everyone starts on the internet.
//!
//! Source: IAM User Guide, "AWS global condition context keys", network properties: a request
//! through a VPC endpoint carries the VPC keys and no `aws:SourceIp`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::relation::Reached;
use super::world::World;
use crate::estate::{Endpoint, Estate, Host, Seen, Subnet};
use crate::facts::{Evidence, Kind, Note, ThingIx};
use crate::network::{Admission, Attached, Sender, Target, admit_directly, leaves_by};
use crate::policy::{Context, Document, KeyState};
use crate::reach::Strength;
use crate::rules::Sort;

/// Condition keys that a position settles, in lower case.
pub(super) const KEYS: [&str; 4] = [
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpcsourceip",
];

/// One position class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Any internet address that no condition names.
    Internet(IpAddr),
    /// Through this VPC endpoint, of this VPC when that is known.
    Endpoint { id: String, vpc: Option<String> },
    /// Through some endpoint of this VPC.
    Vpc(String),
    /// An address of this block, which some condition names.
    Network(IpNet, IpAddr),
}

impl Class {
    /// The keys as a request from here carries them.
    pub(super) fn overlay(&self, context: Context) -> Context {
        let vpc = |context: Context, endpoint: KeyState, vpc: KeyState| {
            context
                .absent("aws:SourceIp")
                .with("aws:SourceVpce", endpoint)
                .with("aws:SourceVpc", vpc)
                .unknown("aws:VpcSourceIp")
        };
        let known = |value: &str| KeyState::Known(vec![value.to_owned()]);
        match self {
            Self::Internet(address) | Self::Network(_, address) => context
                .known("aws:SourceIp", address.to_string())
                .absent("aws:SourceVpce")
                .absent("aws:SourceVpc")
                .absent("aws:VpcSourceIp"),
            Self::Endpoint {
                id,
                vpc: Some(owner),
            } => vpc(context, known(id), known(owner)),
            Self::Endpoint { id, vpc: None } => vpc(context, known(id), KeyState::Unknown),
            Self::Vpc(id) => vpc(context, KeyState::Unknown, known(id)),
        }
    }

    /// The endpoint whose policy a request from here meets.
    pub(super) fn endpoint<'e>(&self, estate: &'e Estate) -> Option<&'e Endpoint> {
        match self {
            Self::Endpoint { id, .. } => estate.endpoints.get(id),
            Self::Internet(_) | Self::Vpc(_) | Self::Network(..) => None,
        }
    }

    /// Whether a request to this AWS service can come from here at all.
    pub(super) fn serves(&self, estate: &Estate, service: &str) -> bool {
        self.endpoint(estate)
            .is_none_or(|endpoint| endpoint.service == service)
    }
}

/// All classes of an estate by id, `internet` among them.
pub(super) fn discover<'d>(
    estate: &Estate,
    documents: impl Iterator<Item = &'d Document>,
) -> BTreeMap<String, Class> {
    let mut named: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for test in documents
        .flat_map(|d| &d.statements)
        .flat_map(|s| &s.conditions)
    {
        if let Some(key) = KEYS.iter().find(|key| **key == test.key) {
            let values = test.values.iter().map(|value| value.text().to_owned());
            named.entry(*key).or_default().extend(values);
        }
    }
    let mut classes = BTreeMap::new();
    let networks: BTreeSet<IpNet> = named
        .get("aws:sourceip")
        .into_iter()
        .flatten()
        .filter_map(|v| network(v))
        .collect();
    for net in &networks {
        if net.prefix_len() > 0 {
            classes.insert(
                net.to_string(),
                Class::Network(*net, inside(*net, &networks)),
            );
        }
    }
    if named.contains_key("aws:sourcevpce") || named.contains_key("aws:sourcevpc") {
        for endpoint in estate.endpoints.values() {
            let class = Class::Endpoint {
                id: endpoint.id.clone(),
                vpc: Some(endpoint.vpc.clone()),
            };
            classes.insert(endpoint.id.clone(), class);
        }
    }
    for id in named.get("aws:sourcevpce").into_iter().flatten() {
        if !id.contains(['*', '?', '$']) && !classes.contains_key(id) {
            let class = Class::Endpoint {
                id: id.clone(),
                vpc: None,
            };
            classes.insert(id.clone(), class);
        }
    }
    for id in named.get("aws:sourcevpc").into_iter().flatten() {
        let covered = estate
            .endpoints
            .values()
            .any(|endpoint| endpoint.vpc == *id);
        if !id.contains(['*', '?', '$']) && !covered {
            classes.insert(id.clone(), Class::Vpc(id.clone()));
        }
    }
    classes.insert("internet".to_owned(), Class::Internet(outside(&networks)));
    classes
}

fn network(text: &str) -> Option<IpNet> {
    text.parse::<IpNet>()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// An address of `net` that is in no smaller named block, as far as one is found quickly.
fn inside(net: IpNet, named: &BTreeSet<IpNet>) -> IpAddr {
    let smaller = |address: &IpAddr| {
        named
            .iter()
            .any(|other| other.prefix_len() > net.prefix_len() && other.contains(address))
    };
    net.hosts()
        .take(4096)
        .find(|address| !smaller(address))
        .unwrap_or_else(|| net.addr())
}

/// An internet address that no condition names.
fn outside(named: &BTreeSet<IpNet>) -> IpAddr {
    // Addresses from different registries, so that no list of company blocks names them all.
    let candidates = [
        [5, 101, 1, 1],
        [41, 73, 2, 9],
        [66, 7, 31, 5],
        [103, 17, 8, 3],
        [190, 3, 4, 5],
    ];
    let free = |address: &IpAddr| {
        !named
            .iter()
            .any(|net| net.prefix_len() > 0 && net.contains(address))
    };
    let candidates = candidates.map(IpAddr::from);
    candidates.into_iter().find(free).unwrap_or(candidates[0])
}

/// The positions that code on a host, or on a new host in a subnet, sends from.
pub(super) fn of(world: &World<'_>, from: ThingIx) -> Vec<Reached> {
    let estate = world.estate;
    let subnet = || {
        let place = world.subnet(from).map(Place::of_subnet)?;
        let Some((_, account)) = world.guests.get(&from) else {
            return Some(place);
        };
        let sender = world
            .subnet(from)
            .map(|subnet| Sender::Guest(subnet, account))?;
        Some(Place { sender, ..place })
    };
    let place = world.host(from).map(Place::of_host).or_else(subnet);
    let attached = world.places.get(world.id(from)).into_iter();
    let attached = attached.flat_map(|attached| Place::of_attached(estate, attached));
    let places: Vec<Place<'_>> = place.into_iter().chain(attached).collect();
    let positions = world.all(Sort::Position).iter().filter_map(|position| {
        let class = world.classes.get(world.id(*position))?;
        let answers = places.iter().map(|place| place.sends_from(estate, class));
        // The surest, and of those the first.
        let best = answers.reduce(|best, next| {
            if next.strength > best.strength {
                next
            } else {
                best
            }
        })?;
        Reached::admitted(*position, best)
    });
    positions.collect()
}

struct Place<'e> {
    sender: Sender<'e>,
    account: &'e str,
    region: &'e str,
    vpc: Option<&'e str>,
    subnet: Option<&'e str>,
    name: &'e str,
}

impl<'e> Place<'e> {
    fn of_host(host: &'e Host) -> Self {
        Self {
            sender: Sender::Host(host),
            account: &host.account,
            region: &host.region,
            vpc: host.vpc.as_deref(),
            subnet: host.subnet.as_deref(),
            name: &host.id,
        }
    }

    fn of_subnet(subnet: &'e Subnet) -> Self {
        Self {
            sender: Sender::NewHost(subnet),
            account: &subnet.account,
            region: &subnet.region,
            vpc: Some(&subnet.vpc),
            subnet: Some(&subnet.id),
            name: &subnet.id,
        }
    }

    /// One for each subnet that it has interfaces in.
    fn of_attached(estate: &'e Estate, attached: &'e Attached) -> Vec<Self> {
        let interfaces = attached.interfaces.iter();
        let interfaces = interfaces.filter_map(|id| estate.interfaces.get(id)?.subnet.as_deref());
        let mut subnets: BTreeSet<&str> = interfaces.collect();
        subnets.extend(attached.subnets.iter().map(String::as_str));
        let in_subnet = |id: Option<&'e str>| Self {
            sender: Sender::Attached(attached),
            account: &attached.account,
            region: &attached.region,
            vpc: id
                .and_then(|id| Some(estate.subnets.get(id)?.vpc.as_str()))
                .or(attached.vpc.as_deref()),
            subnet: id,
            name: &attached.name,
        };
        if subnets.is_empty() {
            return vec![in_subnet(None)];
        }
        subnets.into_iter().map(|id| in_subnet(Some(id))).collect()
    }

    fn sends_from(&self, estate: &Estate, class: &Class) -> Admission {
        match class {
            Class::Internet(_) => surely(Vec::new()),
            Class::Endpoint { id, .. } => match estate.endpoints.get(id) {
                Some(endpoint) => self.through(estate, endpoint),
                None => self.unseen(estate, id),
            },
            Class::Vpc(id) if self.vpc == Some(id) => self.unseen(estate, id),
            Class::Vpc(_) => Admission::default(),
            Class::Network(net, _) => leaves_by(estate, self.sender, net),
        }
    }

    /// A gateway endpoint serves the subnets whose route table leads to it; an interface endpoint
    /// whoever opens a connection to it.
    fn through(&self, estate: &Estate, endpoint: &Endpoint) -> Admission {
        let says = format!(
            "{} is an endpoint for {} in {}",
            endpoint.id, endpoint.service, endpoint.vpc
        );
        let evidence = vec![Evidence::description(says, endpoint.origin.clone())];
        if !endpoint.gateway {
            let mut admission = if endpoint.interfaces.is_empty() && endpoint.subnets.is_empty() {
                if self.vpc != Some(endpoint.vpc.as_str()) {
                    return Admission::default();
                }
                let text = format!("the subnets and security groups of {}", endpoint.id);
                weaker(Strength::Conditional, text)
            } else {
                admit_directly(
                    estate,
                    self.sender,
                    &Target::endpoint(estate, endpoint, 443),
                )
            };
            admission.evidence.splice(0..0, evidence);
            return admission;
        }
        let attached = matches!(self.sender, Sender::Attached(_));
        if attached && self.vpc.is_none() {
            return weaker(Strength::Gap, format!("the VPC of {}", self.name));
        }
        if self.vpc != Some(endpoint.vpc.as_str()) {
            return Admission::default();
        }
        let table = self.subnet.and_then(|subnet| estate.route_table_of(subnet));
        match table {
            Some(table) if endpoint.route_tables.contains(&table.id) => surely(evidence),
            Some(_) => Admission::default(),
            None => {
                let text = format!(
                    "the route table of the subnet of {} was not collected",
                    self.name
                );
                Admission {
                    evidence,
                    ..weaker(Strength::Conditional, text)
                }
            }
        }
    }

    /// A position behind something that the capture does not show: a gap while endpoints may be
    /// missing from it, and a certain *no* once they were listed.
    fn unseen(&self, estate: &Estate, id: &str) -> Admission {
        if estate.listed("ec2:DescribeVpcEndpoints", self.account, self.region) {
            return Admission::default();
        }
        let text = format!(
            "whether {} sends through {id}: ec2:DescribeVpcEndpoints",
            self.name
        );
        weaker(Strength::Gap, text)
    }
}

fn surely(evidence: Vec<Evidence>) -> Admission {
    Admission {
        strength: Strength::Always,
        evidence,
        notes: Vec::new(),
    }
}

fn weaker(strength: Strength, text: String) -> Admission {
    let note = Note::not_collected(text);
    Admission {
        strength,
        evidence: Vec::new(),
        notes: vec![note],
    }
}

/// The positions that people start from besides the internet: declared networks, and each named
/// block that a declared network lies in.
pub(super) fn declared(world: &World<'_>) -> Vec<(ThingIx, String)> {
    let mut found = Vec::new();
    for (name, network) in &world.estate.config.networks {
        let why = format!(
            "people sit in the declared network {name} ({})",
            network.source
        );
        found.extend(
            world
                .things
                .find(Kind::Position, name)
                .map(|p| (p, why.clone())),
        );
        for (id, class) in &world.classes {
            if let Class::Network(block, _) = class
                && network.blocks.iter().any(|net| block.contains(net))
            {
                found.extend(
                    world
                        .things
                        .find(Kind::Position, id)
                        .map(|p| (p, why.clone())),
                );
            }
        }
    }
    found
}

/// The policy documents of an estate that can name a position.
pub(super) fn documents(estate: &Estate) -> Vec<&Document> {
    let identities = estate.identities.values().flat_map(|identity| {
        identity
            .policies
            .iter()
            .chain(identity.boundary.as_ref())
            .map(|hold| &hold.document)
            .chain(std::iter::once(&identity.trust))
    });
    let limits = estate
        .organization
        .levels
        .values()
        .flatten()
        .flat_map(|level| {
            let scps = level.scps.as_ref().into_iter().flatten();
            scps.chain(level.rcps.as_ref().into_iter().flatten())
                .map(|hold| &hold.document)
        });
    let resources = estate.buckets.values().map(|bucket| &bucket.policy);
    let resources = resources.chain(estate.keys.values().map(|key| &key.policy));
    let resources = resources.chain(estate.secrets.values().map(|secret| &secret.policy));
    let resources = resources.chain(estate.file_systems.values().map(|store| &store.policy));
    let resources = resources.chain(estate.managed.values().map(|cluster| &cluster.policy));
    let resources = resources.chain(estate.endpoints.values().map(|endpoint| &endpoint.policy));
    let points = estate.access_points.values();
    let resources = resources.chain(points.clone().map(|point| &point.policy));
    let resources = resources.chain(estate.backups.values().map(|backup| &backup.policy));
    let instances = estate.access_grants_instances.values();
    let resources = resources.chain(instances.map(|instance| &instance.policy));
    identities
        .chain(limits)
        .chain(resources)
        .filter_map(|document| match document {
            Seen::Is(document) => Some(&**document),
            Seen::Absent | Seen::Unread(_) => None,
        })
        .chain(points.filter_map(|point| point.guard.as_deref()))
        .collect()
}
