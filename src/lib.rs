//! catchment: who can really read this event stream.

pub mod capture;
pub mod estate;
pub mod names;
pub mod policy;
pub mod reach;
