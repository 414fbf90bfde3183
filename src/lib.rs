//! catchment: who can really read this event stream.

pub mod capture;
pub mod cli;
pub mod derive;
pub mod estate;
pub mod facts;
pub mod graph;
pub mod inspect;
pub mod models;
pub mod names;
pub mod network;
pub mod policy;
pub mod query;
pub mod reach;
pub mod report;
pub mod rules;
pub mod simulate;
