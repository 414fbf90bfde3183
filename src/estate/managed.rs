//! Documents of AWS-managed policies that catchment ships, because captures often leave them out.
//!
//! Must never: hold a policy whose text was not seen in full. All others stay unread.

use std::sync::Arc;

use crate::capture::json::Node;
use crate::policy::Document;

const SHIPPED: &[(&str, &str, &str)] = &[
    (
        ":iam::aws:policy/AdministratorAccess",
        "graphs/aws-managed/AdministratorAccess.json",
        include_str!("../../graphs/aws-managed/AdministratorAccess.json"),
    ),
    (
        ":iam::aws:policy/AmazonSSMManagedInstanceCore",
        "graphs/aws-managed/AmazonSSMManagedInstanceCore.json",
        include_str!("../../graphs/aws-managed/AmazonSSMManagedInstanceCore.json"),
    ),
    (
        ":organizations::aws:policy/service_control_policy/p-FullAWSAccess",
        "graphs/aws-managed/FullAWSAccess.json",
        include_str!("../../graphs/aws-managed/FullAWSAccess.json"),
    ),
];

/// The shipped document of an AWS-managed policy, in any partition.
pub fn document(arn: &str) -> Option<Arc<Document>> {
    let rest = arn.strip_prefix("arn:")?;
    let rest = &rest[rest.find(':')?..];
    let (_, file, text) = SHIPPED.iter().find(|(end, _, _)| *end == rest)?;
    let node = Node::parse(&Arc::from(*file), text).ok()?;
    Some(Arc::new(Document::parse(&node).0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_document_parses_and_names_its_file() {
        for (end, file, text) in SHIPPED {
            let node = Node::parse(&Arc::from(*file), text).unwrap();
            assert!(Document::parse(&node).1.is_empty(), "{file}");
            let document = document(&format!("arn:aws-cn{end}")).unwrap();
            assert_eq!(document.source.file(), *file);
        }
        assert!(document("arn:aws:iam::aws:policy/ReadOnlyAccess").is_none());
        assert!(document("arn:aws:iam::111122223333:policy/AdministratorAccess").is_none());
    }
}
