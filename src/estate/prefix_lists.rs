//! Prefix lists: an account's own, with their entries, and those of AWS services.
//!
//! Must never: take a list whose entries were not read for an empty one.

use std::sync::Arc;

use super::build::{Builder, captured, text};
use super::network::{block, each};
use super::{Outcome, PrefixList, Seen};
use crate::capture::Answer;
use crate::capture::json::Node;

const ENTRIES: &str = "ec2:GetManagedPrefixListEntries";

/// Reads all prefix lists. `DescribePrefixLists` holds the entries of AWS's own, and comes first.
pub(super) fn read(builder: &mut Builder<'_>) {
    for answer in builder.answers("ec2:DescribePrefixLists") {
        for node in answer.body.list("PrefixLists") {
            if let Some(id) = text(node, "PrefixListId") {
                add(builder, &id, node, answer, Some("Cidrs"));
            }
        }
    }
    each(
        builder,
        "ec2:DescribeManagedPrefixLists",
        "PrefixLists",
        "PrefixListId",
        |b, id, node, answer| add(b, id, node, answer, None),
    );
}

fn add(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer, own: Option<&str>) {
    let (account, region) = (answer.account.as_str(), answer.region.as_str());
    let entries = match own {
        Some(list) => {
            let mut blocks = Vec::new();
            for item in node.list(list) {
                let written = item.scalar().unwrap_or_default();
                blocks.extend(block(builder, item, &written));
            }
            Seen::Is(blocks)
        }
        None => entries(builder, id, account, region),
    };
    let known = builder.estate.prefix_lists.get(id);
    if known.is_some_and(|list| matches!(list.entries, Seen::Is(_))) {
        return;
    }
    let list = PrefixList {
        id: id.to_owned(),
        name: text(node, "PrefixListName").unwrap_or_default(),
        account: text(node, "OwnerId").unwrap_or_else(|| account.to_owned()),
        entries,
        origin: captured(node),
    };
    builder.estate.prefix_lists.insert(id.to_owned(), list);
}

fn entries(
    builder: &mut Builder<'_>,
    id: &str,
    account: &str,
    region: &str,
) -> Seen<Vec<ipnet::IpNet>> {
    let answer = builder.about(ENTRIES, id, Some(account), Some(region));
    let unread = || Seen::Unread(Arc::from(format!("{ENTRIES} of {id}")));
    let Some(answer) = answer else {
        return unread();
    };
    builder.cover(ENTRIES, account, region, id, answer.outcome);
    if answer.outcome != Outcome::Ok {
        return unread();
    }
    let mut blocks = Vec::new();
    for item in answer.body.list("Entries") {
        let written = text(item, "Cidr").unwrap_or_default();
        blocks.extend(block(builder, item, &written));
    }
    Seen::Is(blocks)
}
