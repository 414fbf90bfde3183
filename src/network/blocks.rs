//! Address blocks: which addresses of a block it is enough to ask about.
//!
//! Must never: leave out an address that some rule treats differently from all that are asked.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Addresses of `block`, one for each way in which the blocks of `rules` divide it.
///
/// A set of blocks cuts the line of addresses into intervals, each of which begins at the first
/// address of some block or right after the last one of some block. Asking about those beginnings
/// asks about every interval. Complexity: the number of rules.
pub(super) fn candidates(block: &IpNet, rules: &[IpNet]) -> Vec<IpAddr> {
    if block.prefix_len() == block.max_prefix_len() {
        return vec![block.addr()];
    }
    let (first, last) = bounds(block);
    let mut starts = BTreeSet::from([first]);
    let same = |rule: &&IpNet| rule.addr().is_ipv4() == block.addr().is_ipv4();
    for rule in rules.iter().filter(same) {
        let (from, to) = bounds(rule);
        starts.insert(from);
        starts.extend(to.checked_add(1));
    }
    let inside = starts.range(first..=last);
    inside
        .map(|number| address(*number, block.addr().is_ipv4()))
        .collect()
}

fn bounds(block: &IpNet) -> (u128, u128) {
    match block {
        IpNet::V4(net) => (
            u128::from(u32::from(net.network())),
            u128::from(u32::from(net.broadcast())),
        ),
        IpNet::V6(net) => (u128::from(net.network()), u128::from(net.broadcast())),
    }
}

fn address(number: u128, v4: bool) -> IpAddr {
    match u32::try_from(number) {
        Ok(small) if v4 => IpAddr::V4(Ipv4Addr::from(small)),
        Ok(_) | Err(_) => IpAddr::V6(Ipv6Addr::from(number)),
    }
}

/// Whether two blocks have an address in common.
pub(super) fn overlap(a: &IpNet, b: &IpNet) -> bool {
    a.contains(b) || b.contains(a)
}

/// Whether a block is of those that the internet does not carry. Source: RFC 1918, 6598, 4193.
pub(super) fn is_private(block: &IpNet) -> bool {
    const PRIVATE: [(IpAddr, u8); 5] = [
        (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
        (IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), 12),
        (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), 16),
        (IpAddr::V4(Ipv4Addr::new(100, 64, 0, 0)), 10),
        (IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
    ];
    PRIVATE
        .iter()
        .filter_map(|(address, length)| IpNet::new(*address, *length).ok())
        .any(|private| private.contains(block))
}

/// Some addresses of the internet, from different registries, so that no list of company blocks
/// names them all.
pub(super) fn internet() -> Vec<IpAddr> {
    let v4 = [
        [5, 101, 1, 1],
        [41, 73, 2, 9],
        [66, 7, 31, 5],
        [103, 17, 8, 3],
        [190, 3, 4, 5],
    ];
    let v6 = Ipv6Addr::new(0x2a02, 0x5b0, 0x11, 0, 0, 0, 0, 1);
    let v4 = v4.map(IpAddr::from);
    v4.into_iter().chain([IpAddr::V6(v6)]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against the definition: every address of the block is told apart from no candidate by
        /// all of the rules.
        #[test]
        fn some_candidate_stands_for_every_address(
            rules in proptest::collection::vec((0_u8..=255, 24_u8..=32), 0..6),
        ) {
            let block: IpNet = "10.0.0.0/24".parse().unwrap();
            let rules: Vec<IpNet> = rules
                .into_iter()
                .map(|(last, length)| {
                    IpNet::new(IpAddr::from([10, 0, 0, last]), length).unwrap().trunc()
                })
                .collect();
            let signature = |address: &IpAddr| -> Vec<bool> {
                rules.iter().map(|rule| rule.contains(address)).collect()
            };
            let asked: Vec<Vec<bool>> = candidates(&block, &rules).iter().map(signature).collect();
            for last in 0..=255_u8 {
                let address = IpAddr::from([10, 0, 0, last]);
                prop_assert!(asked.contains(&signature(&address)), "{address}");
            }
        }
    }
}
