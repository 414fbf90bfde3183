//! Subnets as accounts use them that do not own them.
//!
//! Must never: take a subnet for shared because it could be.

use super::resources::Wanted;
use super::world::World;
use crate::estate::{Estate, Subnet};
use crate::facts::{Evidence, ThingIx};

/// The guests of a subnet: the id of the thing that stands for it, and the account.
pub(super) fn of<'e>(
    estate: &'e Estate,
    subnet: &'e Subnet,
) -> impl Iterator<Item = (String, &'e str)> {
    let accounts = estate.subnet_guests.get(&subnet.id).into_iter();
    let accounts = accounts.flat_map(|guests| guests.keys());
    accounts.map(|account| {
        (
            format!("{} for account {account}", subnet.id),
            account.as_str(),
        )
    })
}

/// That the subnet of a launch is shared with the account that launches.
pub(super) fn shared(world: &World<'_>, thing: ThingIx) -> Option<Evidence> {
    let (subnet, account) = world.guests.get(&thing)?;
    let origin = world.estate.subnet_guests.get(*subnet)?.get(*account)?;
    let says = format!("{subnet} is shared with account {account}");
    Some(Evidence::description(says, origin.clone()))
}

/// The owner of what is wanted, where that is not the account whose policies decide: the subnet of a
/// guest's launch.
pub(super) fn owner<'e>(world: &World<'e>, thing: ThingIx, want: &Wanted) -> Option<&'e str> {
    world.guests.get(&thing)?;
    let mut asked = want.candidates.iter();
    let subnet = asked.all(|arn| arn.contains(":subnet/"));
    world.account(thing).filter(|_| subnet)
}
