//! Policy decisions: IAM documents with all their layers, and Kafka ACLs.
//!
//! Callers hand in documents and one request; they get a strength and what carries it. Deny lives
//! here and nowhere else. "Rule 17" in a comment is a number in the project's list of AWS policy
//! evaluation rules; the page of AWS's documentation stands beside it.
//!
//! ```
//! use std::sync::Arc;
//! use catchment::capture::json::Node;
//! use catchment::policy::{Caller, Context, Document, KeyState, Layer, Layers, Request, decide};
//! use catchment::reach::Strength;
//!
//! let text = r#"{"Version": "2012-10-17", "Statement": {
//!     "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::wal/*",
//!     "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}}"#;
//! let node = Node::parse(&Arc::from("role.json"), text).unwrap();
//! let (document, problems) = Document::parse(&node);
//! assert!(problems.is_empty());
//!
//! let caller = Caller::from_name("arn:aws:iam::111122223333:role/broker").unwrap();
//! let context = caller.describe(Context::new(KeyState::Unknown));
//! let request = Request {
//!     caller: &caller,
//!     action: "s3:GetObject",
//!     resource: "arn:aws:s3:::wal/0.log",
//!     resource_account: Some("111122223333"),
//!     context: &context,
//!     resource_certain: true,
//! };
//! let layers = Layers { identity: Layer::of([&document]), ..Layers::default() };
//! let decision = decide(&request, &layers);
//! assert_eq!(decision.strength, Strength::Conditional);
//! assert_eq!(decision.residual[0].text, "StringEquals aws:SourceVpce = vpce-1");
//! ```
//!
//! Must never: do IO, know an estate, or answer *never* for what was not read.

mod arn_pattern;
#[cfg(test)]
mod beside;
mod caller;
mod chosen;
mod classes;
mod condition;
mod context;
mod decide;
#[cfg(test)]
mod differential;
mod document;
mod kafka_acl;
mod kafka_names;
#[cfg(test)]
mod laws;
mod layers;
mod moment;
#[cfg(test)]
mod naive;
mod operators;
mod parse;
mod pattern;
#[cfg(test)]
mod perimeter;
mod principal;
#[cfg(test)]
mod properties;
mod public;
mod rcp;
mod residual;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod scene;
mod template;
mod trial;
mod truth;
mod weigh;

pub use arn_pattern::ArnPattern;
pub use caller::Caller;
pub use classes::classes;
pub use condition::Test;
pub use context::{Context, KeyState};
pub use decide::{decide, explain};
pub use document::{ActionPattern, Clause, Document, Effect, Problem, ResourcePattern, Statement};
pub use kafka_acl::{AclBinding, Authorizer, AuthorizerClass, Host, KafkaDecision, KafkaReason};
pub use kafka_names::{Operation, PatternType, Permission, ResourceType};
pub use layers::{
    Beside, Decision, EndpointKind, Evidence, Guard, Layer, LayerKind, Layers, Request, Residual,
    ResourceKind, ResourcePolicy,
};
pub use operators::{Family, Operator, Order, Quantifier};
pub use pattern::{Glob, PLACEHOLDER, intersects};
pub use principal::{NamedAs, PrincipalName};
pub use public::is_public;
pub use rcp::rcp_covers;
pub use residual::{Atom, Condition, Formula};
pub use template::{Template, Version};
pub use truth::Truth;
