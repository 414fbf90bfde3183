//! VPC Block Public Access: what passes internet gateways in an account and region, and which VPCs and
//! subnets are excluded.
//!
//! Source: EC2 API Reference, `VpcBlockPublicAccessOptions`, `VpcBlockPublicAccessExclusion`.
//!
//! Must never: take an answer that was not read for *off*.

use super::build::{Builder, text};
use super::{VpcBlockMode, VpcExclusion, VpcPublicAccess};

/// Reads options and exclusions.
pub(super) fn read(builder: &mut Builder<'_>) {
    for answer in builder.answers("ec2:DescribeVpcBlockPublicAccessOptions") {
        let Some(node) = answer.body.get("VpcBlockPublicAccessOptions") else {
            continue;
        };
        let changing = node.str("State") == Some("update-in-progress");
        let mode = match node.str("InternetGatewayBlockMode") {
            _ if changing => VpcBlockMode::Unclear,
            Some("off") => VpcBlockMode::Off,
            Some("block-bidirectional") => VpcBlockMode::Bidirectional,
            Some("block-ingress") => VpcBlockMode::Ingress,
            Some(_) | None => VpcBlockMode::Unclear,
        };
        let account = text(node, "AwsAccountId").unwrap_or_else(|| answer.account.clone());
        let region = text(node, "AwsRegion").unwrap_or_else(|| answer.region.clone());
        let access = VpcPublicAccess {
            mode,
            source: node.source.clone(),
        };
        let place = (account, region);
        builder.estate.public_access.entry(place).or_insert(access);
    }
    for answer in builder.answers("ec2:DescribeVpcBlockPublicAccessExclusions") {
        for node in answer.body.list("VpcBlockPublicAccessExclusions") {
            let state = node.str("State").unwrap_or("create-complete");
            let gone = matches!(
                state,
                "delete-complete" | "disable-complete" | "create-failed"
            );
            let arn = node.str("ResourceArn").unwrap_or_default();
            let id = arn.rsplit('/').next().unwrap_or_default();
            if gone || id.is_empty() {
                continue;
            }
            let inward = match node.str("InternetGatewayExclusionMode") {
                Some("allow-bidirectional") => Some(true),
                Some("allow-egress") => Some(false),
                Some(_) | None => None,
            };
            let exclusion = VpcExclusion {
                inward,
                settled: matches!(state, "create-complete" | "update-complete"),
                source: node.source.clone(),
            };
            let all = &mut builder.estate.public_access_exclusions;
            all.entry(id.to_owned()).or_insert(exclusion);
        }
    }
}
