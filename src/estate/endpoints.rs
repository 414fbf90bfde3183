//! VPC endpoints, and services offered through `PrivateLink`.
//!
//! Must never: take a service whose permissions were not read for one that nobody may use.

use std::sync::Arc;

use super::build::{Builder, captured, in_account, sorted, text, texts};
use super::network::{each, owner};
use super::{Endpoint, EndpointService, Outcome, Seen};
use crate::capture::Answer;
use crate::capture::json::Node;

/// Reads endpoints and endpoint services.
pub(super) fn read(builder: &mut Builder<'_>) {
    each(
        builder,
        "ec2:DescribeVpcEndpoints",
        "VpcEndpoints",
        "VpcEndpointId",
        endpoint,
    );
    each(
        builder,
        "ec2:DescribeVpcEndpointServiceConfigurations",
        "ServiceConfigurations",
        "ServiceId",
        service,
    );
}

fn endpoint(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    let state = node.str("State").unwrap_or_default().to_ascii_lowercase();
    if matches!(
        state.as_str(),
        "deleted" | "deleting" | "rejected" | "failed" | "expired"
    ) {
        return;
    }
    let account = owner(node, answer);
    let kind = node.str("VpcEndpointType").unwrap_or("Gateway").to_owned();
    let missing = || format!("policy of VPC endpoint {id} ({})", in_account(&account));
    let policy = if kind == "GatewayLoadBalancer" {
        Seen::Absent
    } else {
        builder.seen_document(node.get("PolicyDocument"), missing)
    };
    let written = node.str("ServiceName").unwrap_or_default();
    let service = written
        .splitn(4, '.')
        .nth(3)
        .filter(|_| written.starts_with("com.amazonaws."));
    let ids = |name: &str| sorted(node.list(name).iter().filter_map(Node::scalar));
    let endpoint = Endpoint {
        id: id.to_owned(),
        account,
        region: answer.region.clone(),
        vpc: text(node, "VpcId").unwrap_or_default(),
        service: service.unwrap_or(written).to_owned(),
        gateway: kind == "Gateway",
        available: matches!(state.as_str(), "" | "available"),
        route_tables: ids("RouteTableIds"),
        subnets: ids("SubnetIds"),
        interfaces: ids("NetworkInterfaceIds"),
        groups: sorted(texts(node, "Groups", "GroupId")),
        private_dns: node.get("PrivateDnsEnabled").and_then(Node::as_bool) == Some(true),
        policy,
        origin: captured(node),
    };
    builder.estate.endpoints.insert(id.to_owned(), endpoint);
}

fn service(builder: &mut Builder<'_>, id: &str, node: &Node, answer: &Answer) {
    let call = "ec2:DescribeVpcEndpointServicePermissions";
    let (account, region) = (answer.account.as_str(), answer.region.as_str());
    let permissions = builder.about(call, id, Some(account), Some(region));
    let outcome = permissions.map_or(Outcome::NotCollected, |a| a.outcome);
    builder.cover(call, account, region, id, outcome);
    let allowed = match permissions {
        Some(answer) if outcome == Outcome::Ok => Seen::Is(sorted(texts(
            &answer.body,
            "AllowedPrincipals",
            "Principal",
        ))),
        Some(_) | None => Seen::Unread(Arc::from(format!("{call} of {id}"))),
    };
    let service = EndpointService {
        id: id.to_owned(),
        name: text(node, "ServiceName").unwrap_or_default(),
        account: account.to_owned(),
        region: region.to_owned(),
        balancers: sorted(
            node.list("NetworkLoadBalancerArns")
                .iter()
                .filter_map(Node::scalar),
        ),
        acceptance: node.get("AcceptanceRequired").and_then(Node::as_bool) == Some(true),
        allowed,
        origin: captured(node),
    };
    builder
        .estate
        .endpoint_services
        .insert(id.to_owned(), service);
}
