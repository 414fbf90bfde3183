//! VPC Block Public Access: what of an account and region passes internet gateways.
//!
//! Source: VPC User Guide, "Block public access to VPCs and subnets": *bidirectional* blocks all that
//! passes internet gateways and egress-only ones; *ingress-only* leaves what NAT gateways and
//! egress-only internet gateways let begin inside. A VPC or subnet can be excluded, in both
//! directions, or, from the bidirectional mode, for what begins inside.
//!
//! Must never: block for want of an answer, nor pass for want of one.

use super::place::Place;
use super::verdict::{Admission, assumed, missing};
use crate::estate::{Estate, Origin, VpcBlockMode, VpcExclusion};
use crate::facts::{Evidence, NoteKind};
use crate::reach::Strength;

const OPTIONS: &str = "ec2:DescribeVpcBlockPublicAccessOptions";
const EXCLUSIONS: &str = "ec2:DescribeVpcBlockPublicAccessExclusions";

/// How a connection passes an internet gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// It begins outside.
    Inward,
    /// It begins inside, at an interface with a public address.
    Outward,
    /// It begins inside, behind a NAT gateway or an egress-only internet gateway.
    Behind,
}

/// Whether a place may be connected like this.
pub(super) fn passes(estate: &Estate, place: &Place<'_>, gate: Gate) -> Admission {
    if let Some(source) = assumed(estate, "vpc-block-public-access", "off") {
        let origin = Origin::Assumed {
            why: "vpc-block-public-access = \"off\"".to_owned(),
            at: source.clone(),
        };
        let says = "VPC Block Public Access is off";
        return Admission::surely(vec![Evidence::description(says, origin)]);
    }
    let (account, region) = place.owner(estate);
    let key = (account.to_owned(), region.to_owned());
    let Some(access) = estate.public_access.get(&key) else {
        let call = missing(OPTIONS, account, region);
        return Admission::unread_guard(format!("VPC Block Public Access: {call}"));
    };
    let what = match (access.mode, gate) {
        (VpcBlockMode::Off, _) | (VpcBlockMode::Ingress, Gate::Behind) => return Admission::yes(),
        (VpcBlockMode::Unclear, _) => {
            let text = format!("what VPC Block Public Access of account {account} blocks");
            return Admission::doubtful(Strength::Conditional, NoteKind::NotModelled, text)
                .at(&access.source);
        }
        (VpcBlockMode::Bidirectional, _) => "everything",
        (VpcBlockMode::Ingress, Gate::Inward | Gate::Outward) => {
            "all but what NAT gateways and egress-only internet gateways let out"
        }
    };
    let says = format!("VPC Block Public Access of account {account} blocks {what}");
    let blocked = Admission::no(vec![Evidence::statement(says, access.source.clone())]);
    let ids = [place.subnet, place.vpc].into_iter().flatten();
    let found = ids.filter_map(|id| Some((id, estate.public_access_exclusions.get(id)?)));
    let excluded = found
        .map(|(id, exclusion)| excludes(id, exclusion, access.mode, gate))
        .fold(blocked, Admission::or);
    if !excluded.is_no() || estate.listed(EXCLUSIONS, account, region) {
        return excluded;
    }
    let call = missing(EXCLUSIONS, account, region);
    Admission::gap(format!("exclusions from VPC Block Public Access: {call}"))
}

/// What an exclusion admits.
fn excludes(id: &str, exclusion: &VpcExclusion, mode: VpcBlockMode, gate: Gate) -> Admission {
    let says = format!("{id} is excluded from VPC Block Public Access");
    let evidence = Evidence::statement(says, exclusion.source.clone());
    let doubt = |admission: Admission, text: String| {
        admission.weakened(Strength::Conditional, NoteKind::NotModelled, text)
    };
    let admission = Admission::surely(vec![evidence]);
    let admission = match (exclusion.inward, mode, gate) {
        (Some(true), _, _) | (Some(false), VpcBlockMode::Bidirectional, Gate::Behind) => admission,
        (Some(false), VpcBlockMode::Bidirectional, Gate::Outward) => {
            let text = format!("whether the exclusion of {id} lets out what has a public address");
            doubt(admission, text)
        }
        (Some(false), _, _) => return Admission::default(),
        (None, _, _) => doubt(admission, format!("which way the exclusion of {id} allows")),
    };
    if exclusion.settled {
        return admission;
    }
    doubt(
        admission,
        format!("whether the exclusion of {id} is in force"),
    )
}

/// Whether a place may send through a NAT gateway: that an exclusion covers one of them alone is a
/// condition.
pub(super) fn translated(estate: &Estate, nat: &Place<'_>, client: &Place<'_>) -> Admission {
    let gateway = passes(estate, nat, Gate::Behind);
    let behind = passes(estate, client, Gate::Behind);
    let (only, other) = match (gateway.is_no(), behind.is_no()) {
        (true, false) => (behind, nat),
        (false, true) => (gateway, client),
        (true, true) | (false, false) => return gateway.and(behind),
    };
    let text = format!("whether {} must be excluded as well", other.name);
    only.weakened(Strength::Conditional, NoteKind::NotModelled, text)
}
