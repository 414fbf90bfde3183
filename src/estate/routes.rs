//! Which route table a subnet uses.

use super::{Estate, RouteTable};

impl Estate {
    /// The table associated with a subnet, else the main one of its VPC; nothing when neither was
    /// read. Source: VPC User Guide, "Subnet route tables".
    pub fn route_table_of(&self, subnet: &str) -> Option<&RouteTable> {
        let own = self
            .route_tables
            .values()
            .find(|table| table.subnets.iter().any(|associated| associated == subnet));
        own.or_else(|| {
            let vpc = &self.subnets.get(subnet)?.vpc;
            self.route_tables
                .values()
                .find(|table| table.main && table.vpc == *vpc)
        })
    }
}
