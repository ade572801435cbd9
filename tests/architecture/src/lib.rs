//! The rules of the house: who may depend on whom. Each rule gives the sentences that say where it is broken.

mod crates;
mod layers;
mod shape;

pub use crates::{Crates, crate_rules};
pub use layers::{layer_rules, layer_violation};
pub use shape::shape_rules;
