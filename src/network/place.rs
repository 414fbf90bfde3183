//! Who opens a connection and to what: interfaces, as far as a connection asks about them.
//!
//! Must never: take an interface whose security groups are not known for one without any.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::estate::{
    Endpoint, Estate, FileSystem, Host, Interface, ManagedVpcConnection, MountTarget, NFS,
    NatGateway, NetworkConfig, RouteTable, Seen, Subnet,
};

/// Where a connection would come from.
#[derive(Clone, Copy, Debug)]
pub enum Sender<'a> {
    /// Code on a known instance.
    Host(&'a Host),
    /// Code in a function, task or pod.
    Attached(&'a Attached),
    /// Code on a new instance in a subnet, whose launcher chooses among its groups in the VPC.
    NewHost(&'a Subnet),
    /// The same, launched by another account that the subnet is shared with.
    Guest(&'a Subnet, &'a str),
    /// Any address of the internet.
    Internet,
    /// A network that people declared: some address of any of its blocks.
    Network(&'a NetworkConfig),
    /// Somebody whom the listener is meant for; the capture does not say where they sit.
    Client,
}

/// The network interfaces of what runs on no instance of its own: a function, task or pod, or the
/// API of a cluster of EKS.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attached {
    /// What to call it.
    pub name: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its VPC, where that is told.
    pub vpc: Option<String>,
    /// Its interfaces, where they are known.
    pub interfaces: Vec<String>,
    /// Else the subnets that they are in: one in each.
    pub subnets: Vec<String>,
    /// Security groups of interfaces that are not known.
    pub groups: Vec<String>,
    /// Private addresses, as far as they are told.
    pub addresses: Vec<String>,
}

/// The port that would be opened, at one or several interfaces.
#[derive(Clone, Debug)]
pub struct Target<'e> {
    pub(super) places: Vec<Place<'e>>,
    pub(super) port: u16,
}

/// The security groups of an interface.
#[derive(Clone, Copy, Debug)]
pub(super) enum Groups<'e> {
    /// These.
    Known(&'e [String]),
    /// Any of its VPC: whoever launches it chooses.
    Chosen,
    /// It has none and admits everything: a NAT gateway, a Network Load Balancer made without.
    Unfiltered,
    /// They were not collected; the text names the missing input, or is empty.
    Unread(&'e str),
}

/// One interface, or what stands for one.
#[derive(Clone, Debug)]
pub(super) struct Place<'e> {
    /// What to call it.
    pub(super) name: String,
    pub(super) account: &'e str,
    pub(super) region: &'e str,
    pub(super) vpc: Option<&'e str>,
    pub(super) subnet: Option<&'e str>,
    pub(super) groups: Groups<'e>,
    /// Instance id, for load balancers that name it.
    pub(super) instance: Option<&'e str>,
    /// Addresses in its VPC; a whole block where it may have any address of it.
    pub(super) inside: Vec<IpNet>,
    /// Public addresses.
    pub(super) public: Vec<IpAddr>,
    /// Whether it is known to have no IPv6 address but those.
    pub(super) v6_known: bool,
    /// Whether it has one address of those blocks, and which is not known: nobody chooses it.
    pub(super) floating: bool,
}

fn parsed<'t>(texts: impl IntoIterator<Item = &'t String>) -> Vec<IpAddr> {
    texts
        .into_iter()
        .filter_map(|text| text.parse().ok())
        .collect()
}

fn known(groups: &[String]) -> Groups<'_> {
    if groups.is_empty() {
        Groups::Unread("")
    } else {
        Groups::Known(groups)
    }
}

impl<'e> Target<'e> {
    /// A port of an instance, at all its interfaces.
    pub fn host(estate: &'e Estate, host: &'e Host, port: u16) -> Self {
        Self {
            places: Place::of_host(estate, host),
            port,
        }
    }

    /// A port of a network interface, such as that of a broker of Amazon MSK.
    pub fn interface(estate: &'e Estate, interface: &'e Interface, port: u16) -> Self {
        Self {
            places: vec![Place::of_interface(estate, interface)],
            port,
        }
    }

    /// A port of something that AWS attaches to subnets.
    pub fn attached(estate: &'e Estate, attached: &'e Attached, port: u16) -> Self {
        Self {
            places: Place::of_attached(estate, attached),
            port,
        }
    }

    /// NFS (TCP 2049) at a mount target. Source: EFS User Guide, "Using VPC security groups".
    pub fn mount(estate: &'e Estate, system: &'e FileSystem, mount: &'e MountTarget) -> Self {
        let own = mount
            .interface
            .as_deref()
            .and_then(|id| estate.interfaces.get(id));
        let mut place = match own {
            Some(interface) => Place::of_interface(estate, interface),
            None => Place {
                name: mount.id.clone(),
                account: &system.account,
                region: &system.region,
                vpc: None,
                subnet: None,
                groups: Groups::Unread(""),
                instance: None,
                inside: Vec::new(),
                public: Vec::new(),
                v6_known: true,
                floating: false,
            },
        };
        place.name.clone_from(&mount.id);
        match &mount.groups {
            Seen::Is(groups) => place.groups = known(groups),
            Seen::Unread(what) if matches!(place.groups, Groups::Unread(_)) => {
                place.groups = Groups::Unread(what);
            }
            Seen::Unread(_) | Seen::Absent => {}
        }
        if place.inside.is_empty() {
            place
                .inside
                .extend(parsed(&mount.address).into_iter().map(IpNet::from));
        }
        place.subnet = place.subnet.or(mount.subnet.as_deref());
        place.settle(estate);
        Self {
            places: vec![place],
            port: NFS,
        }
    }

    /// A port of the client's side of a connection to a cluster of Amazon MSK.
    pub fn connection(estate: &'e Estate, connection: &'e ManagedVpcConnection, port: u16) -> Self {
        let region = connection.arn.split(':').nth(3).unwrap_or_default();
        let at = |subnet: Option<&'e str>, inside: Vec<IpNet>| Place {
            name: format!("VPC connection {}", connection.arn),
            account: &connection.account,
            region,
            vpc: connection.vpc.as_deref(),
            subnet,
            groups: known(&connection.groups),
            instance: None,
            floating: !inside.is_empty(),
            inside,
            public: Vec::new(),
            v6_known: true,
        };
        let subnets = connection.subnets.iter();
        let mut places: Vec<Place<'e>> = subnets
            .map(|id| at(Some(id), blocks_of(estate, id)))
            .collect();
        if places.is_empty() {
            // Somewhere in its VPC.
            let vpc = connection.vpc.as_deref();
            let blocks = vpc.and_then(|id| estate.vpcs.get(id));
            let mut blocks = blocks.map(|vpc| vpc.blocks.clone()).unwrap_or_default();
            if blocks.is_empty() {
                let own = estate
                    .subnets
                    .values()
                    .filter(|s| Some(s.vpc.as_str()) == vpc);
                blocks.extend(own.filter_map(|subnet| subnet.cidr));
            }
            places.push(at(None, blocks));
        }
        Self { places, port }
    }

    /// A port of an interface endpoint.
    pub fn endpoint(estate: &'e Estate, endpoint: &'e Endpoint, port: u16) -> Self {
        Self {
            places: Place::of_endpoint(estate, endpoint),
            port,
        }
    }
}

impl<'e> Place<'e> {
    /// The interfaces of an instance; where they were not collected, all in one.
    pub(super) fn of_host(estate: &'e Estate, host: &'e Host) -> Vec<Self> {
        let interfaces = host
            .interfaces
            .iter()
            .filter_map(|id| estate.interfaces.get(id));
        let mut places: Vec<Self> = interfaces
            .map(|interface| {
                let mut place = Self::of_interface(estate, interface);
                if matches!(place.groups, Groups::Unread(_)) {
                    place.groups = known(&host.groups);
                }
                place.subnet = place.subnet.or(host.subnet.as_deref());
                place.vpc = place.vpc.or(host.vpc.as_deref());
                place
            })
            .collect();
        if places.is_empty() {
            places.push(Self {
                name: String::new(),
                account: &host.account,
                region: &host.region,
                vpc: host.vpc.as_deref(),
                subnet: host.subnet.as_deref(),
                groups: known(&host.groups),
                instance: None,
                inside: parsed(&host.private_addresses)
                    .into_iter()
                    .map(IpNet::from)
                    .collect(),
                public: Vec::new(),
                v6_known: false,
                floating: false,
            });
        }
        // What only the instance tells belongs to its first interface.
        let told: Vec<IpAddr> = places.iter().flat_map(|p| p.public.clone()).collect();
        for address in parsed(&host.public_addresses) {
            if !told.contains(&address)
                && let Some(first) = places.first_mut()
            {
                first.public.push(address);
            }
        }
        for place in &mut places {
            // Hosts that a projection adds have a phrase for an id.
            place.name = if host.id.starts_with("of ") {
                format!("the host {}", host.id)
            } else {
                host.id.clone()
            };
            place.instance = Some(&host.id);
            place.settle(estate);
        }
        places
    }

    pub(super) fn of_interface(estate: &'e Estate, interface: &'e Interface) -> Self {
        let mut place = Self {
            name: interface.id.clone(),
            account: &interface.account,
            region: &interface.region,
            vpc: interface.vpc.as_deref(),
            subnet: interface.subnet.as_deref(),
            groups: known(&interface.groups),
            instance: interface.instance.as_deref(),
            inside: parsed(&interface.private_addresses)
                .into_iter()
                .map(IpNet::from)
                .collect(),
            public: parsed(&interface.public_addresses),
            v6_known: true,
            floating: false,
        };
        place.settle(estate);
        place
    }

    /// A new instance: any address of the subnet, any groups of the VPC.
    pub(super) fn of_subnet(subnet: &'e Subnet) -> Self {
        let v4 = subnet.cidr.into_iter();
        Self {
            name: subnet.id.clone(),
            account: &subnet.account,
            region: &subnet.region,
            vpc: Some(&subnet.vpc),
            subnet: Some(&subnet.id),
            groups: Groups::Chosen,
            instance: None,
            inside: v4.chain(subnet.v6.iter().copied()).collect(),
            public: Vec::new(),
            v6_known: true,
            floating: false,
        }
    }

    /// A new instance of another account.
    pub(super) fn of_guest(subnet: &'e Subnet, account: &'e str) -> Self {
        Self {
            account,
            ..Self::of_subnet(subnet)
        }
    }

    /// The interfaces as described; where they are not, one in each subnet at some address of it.
    pub(super) fn of_attached(estate: &'e Estate, attached: &'e Attached) -> Vec<Self> {
        let own = attached
            .interfaces
            .iter()
            .filter_map(|id| estate.interfaces.get(id));
        let mut places: Vec<Self> = own
            .map(|interface| {
                let mut place = Self::of_interface(estate, interface);
                if matches!(place.groups, Groups::Unread(_)) {
                    place.groups = known(&attached.groups);
                }
                place
            })
            .collect();
        if places.is_empty() {
            let addresses: Vec<IpNet> = parsed(&attached.addresses)
                .into_iter()
                .map(IpNet::from)
                .collect();
            let in_subnet = |subnet: &'e String| {
                let blocks = blocks_of(estate, subnet);
                let inside = |own: &&IpNet| blocks.iter().any(|block| block.contains(*own));
                let told: Vec<IpNet> = addresses.iter().filter(inside).copied().collect();
                let mut place = Self {
                    name: attached.name.clone(),
                    account: &attached.account,
                    region: &attached.region,
                    vpc: attached.vpc.as_deref(),
                    subnet: Some(subnet),
                    groups: known(&attached.groups),
                    instance: None,
                    floating: told.is_empty(),
                    inside: if told.is_empty() { blocks } else { told },
                    public: Vec::new(),
                    v6_known: true,
                };
                place.settle(estate);
                place
            };
            places.extend(attached.subnets.iter().map(in_subnet));
        }
        for place in &mut places {
            place.name.clone_from(&attached.name);
        }
        places
    }

    pub(super) fn of_endpoint(estate: &'e Estate, endpoint: &'e Endpoint) -> Vec<Self> {
        let groups = known(&endpoint.groups);
        let interfaces = endpoint
            .interfaces
            .iter()
            .filter_map(|id| estate.interfaces.get(id));
        let mut places: Vec<Self> = interfaces
            .map(|interface| Self {
                name: endpoint.id.clone(),
                groups: if endpoint.groups.is_empty() {
                    known(&interface.groups)
                } else {
                    groups
                },
                ..Self::of_interface(estate, interface)
            })
            .collect();
        if places.is_empty() {
            let at = |subnet: &'e String| Self {
                name: endpoint.id.clone(),
                account: &endpoint.account,
                region: &endpoint.region,
                vpc: Some(&endpoint.vpc),
                subnet: Some(subnet),
                groups,
                instance: None,
                inside: blocks_of(estate, subnet),
                public: Vec::new(),
                v6_known: true,
                floating: true,
            };
            places.extend(endpoint.subnets.iter().map(at));
        }
        places
    }

    pub(super) fn of_nat(gateway: &'e NatGateway) -> Self {
        Self {
            name: gateway.id.clone(),
            account: &gateway.account,
            region: &gateway.region,
            vpc: gateway.vpc.as_deref(),
            subnet: gateway.subnet.as_deref(),
            groups: Groups::Unfiltered,
            instance: None,
            inside: parsed(&gateway.private_addresses)
                .into_iter()
                .map(IpNet::from)
                .collect(),
            public: parsed(&gateway.public_addresses),
            v6_known: true,
            floating: false,
        }
    }

    /// What the subnet tells and the interface does not.
    fn settle(&mut self, estate: &'e Estate) {
        let subnet = self.subnet.and_then(|id| estate.subnets.get(id));
        self.vpc = self.vpc.or(subnet.map(|s| s.vpc.as_str()));
        if self.inside.is_empty() {
            self.inside.extend(subnet.and_then(|s| s.cidr));
            self.floating = !self.inside.is_empty();
        }
    }

    /// Owner and region of its subnet, whose route tables and network ACLs decide: another account
    /// than its own where the subnet is shared.
    pub(super) fn owner(&self, estate: &'e Estate) -> (&'e str, &'e str) {
        let subnet = self.subnet.and_then(|id| estate.subnets.get(id));
        subnet.map_or((self.account, self.region), |s| {
            let region = if s.region.is_empty() {
                self.region
            } else {
                &s.region
            };
            (&s.account, region)
        })
    }

    pub(super) fn table(&self, estate: &'e Estate) -> Option<&'e RouteTable> {
        estate.route_table_of(self.subnet?)
    }

    pub(super) fn zone(&self, estate: &'e Estate) -> Option<&'e str> {
        estate.subnets.get(self.subnet?)?.zone.as_deref()
    }

    /// Whether both sit in one subnet, whose edge a packet between them does not cross.
    pub(super) fn is_beside(&self, other: &Place<'_>) -> bool {
        self.subnet.is_some() && self.subnet == other.subnet
    }
}

/// The blocks of a subnet.
pub(super) fn blocks_of(estate: &Estate, subnet: &str) -> Vec<IpNet> {
    let subnet = estate.subnets.get(subnet);
    subnet
        .into_iter()
        .flat_map(|s| s.cidr.into_iter().chain(s.v6.iter().copied()))
        .collect()
}
