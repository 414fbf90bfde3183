//! Questions about an estate under a model, and their answers as data.
//!
//! Must never: print, or know how an answer will look. Every table, picture and document is a
//! view of these values, and every count in them is taken here.

mod answer;
mod compare;
mod coverage;
mod explain;
mod map;
mod models;
mod routes;
mod view;
mod what;
mod who;

pub use answer::*;
pub use compare::compare;
pub use coverage::coverage;
pub use explain::explain;
pub use map::map;
pub use models::{
    Basis, FactText, HolderText, IdentityText, ModelText, Models, MovementText, ParameterText,
    StatementText, models,
};
pub use view::{Asset, UnknownName, View, ViewError};
pub use what::what;
pub use who::who;
