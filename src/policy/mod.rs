//! Policy decisions: IAM documents with all their layers, and Kafka ACLs.
//!
//! Callers hand in documents and one request; they get a strength and what carries it. Deny lives
//! here and nowhere else. Rule numbers are those of AWS policy evaluation as `docs` lists them.
//!
//! Must never: do IO, know an estate, or answer *never* for what was not read.

mod arn_pattern;
mod caller;
mod chosen;
mod condition;
mod context;
mod decide;
mod document;
mod kafka_acl;
mod kafka_names;
#[cfg(test)]
mod laws;
mod layers;
mod moment;
mod operators;
mod parse;
mod pattern;
mod principal;
#[cfg(test)]
mod properties;
mod public;
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
pub use condition::Test;
pub use context::{Context, KeyState};
pub use decide::decide;
pub use document::{ActionPattern, Clause, Document, Effect, Problem, ResourcePattern, Statement};
pub use kafka_acl::{AclBinding, Authorizer, AuthorizerClass, Host, KafkaDecision, KafkaReason};
pub use kafka_names::{Operation, PatternType, Permission, ResourceType};
pub use layers::{
    Decision, Evidence, Guard, Layer, LayerKind, Layers, Request, Residual, ResourceKind,
    ResourcePolicy, rcp_covers,
};
pub use operators::{Family, Operator, Order, Quantifier};
pub use pattern::{Glob, PLACEHOLDER, intersects};
pub use principal::{NamedAs, PrincipalName};
pub use public::is_public;
pub use template::{Template, Version};
pub use truth::Truth;
