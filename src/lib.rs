//! catchment: who can really read this event stream.

pub mod capture;
pub mod names;
pub mod policy;
pub mod reach;
