//! The typed picture of what was captured.
//!
//! Must never: fail on broken input (it is data: a gap and a diagnostic), decide about access,
//! or take *not collected* for *none*.

mod config;
mod coverage;
mod diagnostic;
mod keys;
mod routes;
mod types;

pub use config::{AssetConfig, Config, LinkConfig};
pub use coverage::{Call, Coverage, Outcome};
pub use diagnostic::{Diagnostic, Severity};
pub use keys::KeyState;
pub use types::*;
