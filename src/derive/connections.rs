//! Listeners of Amazon MSK that are reached through connections of other VPCs.
//!
//! Source: MSK Developer Guide, "Amazon MSK multi-VPC private connectivity in a single Region": an
//! endpoint in subnets of the client's VPC, with the client's security groups, within one region;
//! one method of authentication for each connection.
//!
//! Must never: take connections that were not listed for none.

use super::relation::Reached;
use super::world::World;
use crate::estate::{
    AWS_MSK_IAM, Call, Estate, Listener, ManagedCluster, ManagedVpcConnection, Outcome,
    SecurityProtocol, THROUGH_CONNECTIONS,
};
use crate::facts::{Evidence, Note, NoteKind, ThingIx};
use crate::network::{Admission, Sender, Shown, Target, admit};
use crate::reach::Strength;

/// Whether a listener is reached through connections alone.
pub(super) fn serves(managed: &ManagedCluster, listener: &Listener) -> bool {
    listener.name.ends_with(THROUGH_CONNECTIONS) && managed.arn.contains(":kafka:")
}

/// Whether the sender reaches such a listener of a broker.
pub(super) fn admitted(
    world: &World<'_>,
    sender: Sender<'_>,
    managed: &ManagedCluster,
    listener: &Listener,
    shown: Shown<'_>,
) -> Admission {
    let estate = world.estate;
    let own = estate.vpc_connections.values();
    let own = own.filter(|c| c.cluster == managed.arn && fits(c, listener));
    let mut best = Admission::default();
    for connection in own {
        let target = Target::connection(estate, connection, listener.port);
        let mut admission = admit(estate, sender, &target);
        if admission.strength > best.strength {
            let says = format!("{} leads to {}", connection.arn, managed.arn);
            let evidence = Evidence::description(says, connection.origin.clone());
            admission.evidence.insert(0, evidence);
            best = admission;
        }
    }
    if best.strength == Strength::Never && may_have_another(estate, sender, managed) {
        let text = format!(
            "connections to {}: kafka:ListClientVpcConnections",
            managed.arn
        );
        best = Admission::gap(text);
    }
    if matches!(shown, Shown::Only(_)) && best.strength > Strength::Gap {
        best.strength = Strength::Gap;
        best.notes.push(Note {
            kind: NoteKind::NotModelled,
            text: "the address that brokers see behind a VPC connection".to_owned(),
            source: None,
        });
    }
    best
}

/// Whether a connection is for clients that authenticate as the listener asks.
fn fits(connection: &ManagedVpcConnection, listener: &Listener) -> bool {
    let iam = listener.mechanisms.iter().any(|m| m == AWS_MSK_IAM);
    match connection.authentication.as_deref() {
        Some("SASL_IAM") => iam,
        Some("SASL_SCRAM") => !iam && listener.protocol == SecurityProtocol::SaslSsl,
        Some("TLS") => listener.protocol == SecurityProtocol::Ssl,
        Some(_) | None => true,
    }
}

/// Whether the sender may sit behind a connection that was not listed: neither the cluster's account
/// lists who has one, nor the sender's those that it has.
fn may_have_another(estate: &Estate, sender: Sender<'_>, managed: &ManagedCluster) -> bool {
    let listed = |call: &Call, outcome: &Outcome| {
        call.call == "kafka:ListClientVpcConnections"
            && call.resource == managed.arn
            && outcome.settles()
    };
    let calls = &estate.coverage.calls;
    if calls.iter().any(|(call, outcome)| listed(call, outcome)) {
        return false;
    }
    let (account, region) = match sender {
        Sender::Host(host) => (host.account.as_str(), host.region.as_str()),
        Sender::Attached(place) => (place.account.as_str(), place.region.as_str()),
        Sender::NewHost(subnet) | Sender::Guest(subnet, _) => {
            (subnet.account.as_str(), subnet.region.as_str())
        }
        // Whoever sits where clients sit may sit there.
        Sender::Client => return true,
        Sender::Internet | Sender::Network(_) => return false,
    };
    region == managed.region && !estate.listed("kafka:ListVpcConnections", account, region)
}

/// The listeners of a managed cluster that a connection of one's own would lead to: whoever makes
/// one must run something in its VPC, and have it made there.
pub(super) fn listeners(world: &World<'_>, cluster: ThingIx) -> Vec<Reached> {
    let Some(managed) = world.managed(cluster) else {
        return Vec::new();
    };
    let own = world.connections.iter().filter(|(_, connection)| {
        let link = connection.cluster.managed.as_ref();
        // The addresses that brokers see are the service's.
        connection.address.is_none() && link.is_some_and(|link| link.to == managed.arn)
    });
    own.filter_map(|(thing, connection)| {
        let mut all = connection.listeners();
        let (_, listener) = all.find(|(_, listener)| serves(managed, listener))?;
        let says = format!("{} serves clients in other VPCs", listener.name);
        let origin = crate::estate::Origin::Captured(listener.source.clone());
        let strength = if listener.unread.is_some() {
            Strength::Gap
        } else {
            Strength::Conditional
        };
        let text = "whoever makes a connection must run something in its VPC".to_owned();
        Some(Reached::weakly(
            *thing,
            strength,
            vec![Evidence::description(says, origin)],
            NoteKind::NotModelled,
            text,
        ))
    })
    .collect()
}
