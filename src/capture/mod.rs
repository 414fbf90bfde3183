//! A capture: raw answers as files, and for every expected call an outcome.
//!
//! Must never: decide anything about access; write; talk to a network.

pub mod json;
mod source;

pub use source::Source;
