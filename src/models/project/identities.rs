//! The roles that the platform needs, with the permissions that its maker publishes.
//!
//! Must never: take a permission from a captured role.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Projection;
use crate::capture::json::Node;
use crate::estate::{
    Diagnostic, Identity, IdentityKind, KeyState, Link, Origin, PolicyHold, Seen, Severity,
    aws_managed_document,
};
use crate::models::model::{ModelIdentity, Runs};
use crate::models::policy_text;
use crate::policy::Document;

/// The value of a role's parameter that leaves the role out.
const NONE: &str = "none";

impl Projection<'_> {
    pub(super) fn add_identities(&mut self) {
        let model = self.model;
        for identity in &model.identities {
            self.add_identity(identity);
        }
    }

    fn add_identity(&mut self, identity: &ModelIdentity) {
        let named = self.parameter(&identity.parameter).map(str::to_owned);
        if named.as_deref() == Some(NONE) {
            return;
        }
        let arn = named.unwrap_or_else(|| {
            let name = format!("{}-{}", identity.name, self.cluster.name);
            format!("arn:aws:iam::{}:role/{name}", self.account)
        });
        let what = match identity.runs {
            Runs::Brokers => "brokers run",
            Runs::Console => "Console runs",
        };
        let why = format!("the new platform's {what} as {arn}");
        let origin = self.assumed(&identity.parameter, &why);
        let permissions = self.permissions(identity);
        // A role of the capture keeps what it has and gets what the platform needs.
        if let Some(role) = self.estate.identities.get_mut(&arn) {
            role.policies.extend(permissions);
        } else {
            let role = self.new_role(identity, &arn, permissions, origin.clone());
            self.estate.identities.insert(arn.clone(), role);
        }
        let hosts: Vec<String> = match identity.runs {
            Runs::Console => vec![self.console_host(&origin)],
            Runs::Brokers => {
                let brokers = self.cluster.brokers.values_mut().filter(|b| b.holds_data);
                brokers
                    .filter_map(|broker| {
                        let in_pod = broker.service_account.is_some() && broker.host.is_none();
                        broker.role = in_pod.then(|| Link {
                            to: arn.clone(),
                            origin: origin.clone(),
                        });
                        broker.host.as_ref().map(|link| link.to.clone())
                    })
                    .collect()
            }
        };
        for host in hosts {
            if let Some(host) = self.estate.hosts.get_mut(&host) {
                host.role = Seen::Is(Link {
                    to: arn.clone(),
                    origin: origin.clone(),
                });
            }
        }
    }

    fn permissions(&mut self, identity: &ModelIdentity) -> Vec<PolicyHold> {
        let text = policy_text::permissions(identity, &self.placeholders());
        let mut holds = vec![PolicyHold {
            name: format!("published permissions of the {} role", identity.role),
            how: "assumed".to_owned(),
            document: Seen::Is(self.parse(&text)),
        }];
        holds.extend(identity.managed.iter().map(|arn| PolicyHold {
            name: arn.clone(),
            how: "assumed, managed".to_owned(),
            document: aws_managed_document(arn).map_or_else(
                || Seen::Unread(Arc::from(format!("the document of {arn}"))),
                Seen::Is,
            ),
        }));
        holds
    }

    fn new_role(
        &mut self,
        identity: &ModelIdentity,
        arn: &str,
        policies: Vec<PolicyHold>,
        origin: Origin,
    ) -> Identity {
        let trust = policy_text::trust(identity);
        Identity {
            arn: arn.to_owned(),
            account: self.account.clone(),
            kind: IdentityKind::Role,
            policies,
            boundary: Seen::Absent,
            trust: Seen::Is(self.parse(&trust)),
            tags: BTreeMap::new(),
            origin,
        }
    }

    pub(super) fn parse(&mut self, text: &Node) -> Arc<Document> {
        let (document, problems) = Document::parse(text);
        self.estate
            .diagnostics
            .extend(problems.into_iter().map(|problem| Diagnostic {
                code: "malformed-model-policy",
                severity: Severity::Error,
                message: problem.message,
                source: Some(problem.source),
            }));
        Arc::new(document)
    }

    /// Values of `{role}` and `{role.key}` for each bucket of the platform.
    pub(super) fn placeholders(&self) -> BTreeMap<String, Option<String>> {
        let mut values = BTreeMap::new();
        let sides = self.cluster.side_buckets.iter();
        for (role, link) in self.cluster.buckets.iter().chain(sides) {
            values.insert(role.clone(), Some(format!("arn:aws:s3:::{}", link.to)));
            let bucket = self.estate.buckets.get(&link.to);
            let key = match bucket.map(|bucket| self.estate.bucket_key_state(bucket)) {
                Some(KeyState::Customer(key)) => Some(key.arn.clone()),
                Some(KeyState::None | KeyState::AwsManaged | KeyState::Unread(_)) | None => None,
            };
            values.insert(format!("{role}.key"), key);
        }
        values
    }
}
