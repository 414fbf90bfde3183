//! What the answers about the edges of networks hold: what stands before listeners, what keeps the
//! internet out, and who may put hosts into subnets of others.
//!
//! Must never: promise that a missing answer would change nothing.

use super::pieces::{Piece, piece};

/// The rows, for [`super::pieces`].
pub(super) const NETWORK: &[Piece] = &[
    piece(
        "elbv2:DescribeTargetGroupAttributes",
        "target group attributes",
        "whether targets see the address of the client or that of the load balancer, and so which of them a security group, a network ACL or a Kafka ACL must admit",
    ),
    piece(
        "ec2:DescribeVpcBlockPublicAccessOptions",
        "VPC public access blocks",
        "what passes internet gateways could be blocked in the whole region",
    ),
    piece(
        "ec2:DescribeVpcBlockPublicAccessExclusions",
        "VPC public access exclusions",
        "which VPCs and subnets could be reached from the internet although the region blocks it",
    ),
    piece(
        "ram:GetResourceShares",
        "resource shares",
        "which shares with other accounts are in force",
    ),
    piece(
        "ram:ListResources",
        "shared resources",
        "whether other accounts could start hosts in a subnet that is shared with them",
    ),
    piece(
        "ram:ListPrincipals",
        "shares with principals",
        "which accounts could start hosts in a shared subnet",
    ),
    piece(
        "ram:GetResourceShareAssociations",
        "share associations",
        "which accounts could start hosts in a shared subnet",
    ),
    piece(
        "kafka:DescribeVpcConnection",
        "VPC connection descriptions",
        "who in the other network reaches the cluster: the subnets and security groups of the connection",
    ),
];
