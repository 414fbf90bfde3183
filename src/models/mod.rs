//! Deployment models as data, and the projection of an estate onto one of them.
//!
//! A model file says what holds the log, which identities the platform needs with which
//! permissions, and which parameters a projection has. `project` turns an estate into the estate
//! as it would be; everything behind it works on that estate and never asks for the model.
//!
//! Must never: decide about access. This is the only module that reads a model.

mod load;
mod model;
mod policy_text;
mod project;

pub use load::{ModelError, built_in, find, names, of_cluster, pick};
pub use model::{
    Compute, Detection, HolderKind, Model, ModelGrant, ModelHolder, ModelIdentity, ModelListener,
    ModelProperty, ModelStatement, ModelVendor, Movement, Parameter, Runs, Share,
};
pub use project::{ProjectionError, project};
