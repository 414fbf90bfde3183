//! Names from the outside world, parsed once: ARNs and Kafka principals.
//!
//! Must never: do IO, or judge what a name may do.

mod arn;
mod kafka;

pub use arn::Arn;
pub use kafka::KafkaPrincipal;
