//! Which actions resource control policies have a say in: data, since the list grows.
//!
//! Must never: take a list that cannot be read for an empty one.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde::Deserialize;

use super::Truth;

const DATA: &str = include_str!("../../graphs/aws-policies/rcp-services.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[allow(dead_code, reason = "for whoever reads the file")]
    source: String,
    #[allow(dead_code, reason = "for whoever reads the file")]
    read: String,
    exempt: BTreeSet<String>,
    listed: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    #[allow(dead_code, reason = "for whoever reads the file")]
    since: String,
    services: BTreeSet<String>,
}

fn data() -> Option<&'static File> {
    static FILE: OnceLock<Option<File>> = OnceLock::new();
    FILE.get_or_init(|| toml::from_str(DATA).ok()).as_ref()
}

/// Whether RCPs have a say in an action (rule 24).
///
/// Source: Organizations User Guide, "Resource control policies (RCPs)", "List of AWS services that
/// support RCPs"; the list is `graphs/aws-policies/rcp-services.toml`.
pub fn rcp_covers(action: &str) -> Truth {
    let Some(file) = data() else {
        return Truth::Unknown;
    };
    let service = action.split(':').next().unwrap_or_default();
    let listed = file.listed.iter().flat_map(|listed| &listed.services);
    let among = listed
        .into_iter()
        .any(|name| service.eq_ignore_ascii_case(name));
    let exempt = file
        .exempt
        .iter()
        .any(|name| action.eq_ignore_ascii_case(name));
    (among && !exempt).into()
}

/// Whether RCPs are kept from a resource whoever calls: the trust policies of service-linked roles.
///
/// Source: the same page, "Resources and entities not restricted by RCPs": RCPs do not impact "AWS
/// services' ability to assume a service-linked role".
pub(super) fn spares(action: &str, resource: &str) -> bool {
    action
        .get(..4)
        .is_some_and(|s| s.eq_ignore_ascii_case("sts:"))
        && resource.contains(":role/aws-service-role/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_24_the_services_that_rcps_cover_are_data() {
        assert!(data().is_some(), "the list can be read");
        for (action, want) in [
            ("s3:GetObject", Truth::True),
            ("STS:AssumeRole", Truth::True),
            ("kms:Decrypt", Truth::True),
            ("kms:RetireGrant", Truth::False),
            ("ecr:BatchGetImage", Truth::True),
            ("dynamodb:GetItem", Truth::True),
            ("ec2:AttachVolume", Truth::False),
            ("ebs:GetSnapshotBlock", Truth::False),
        ] {
            assert_eq!(rcp_covers(action), want, "{action}");
        }
    }
}
