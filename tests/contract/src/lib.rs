//! The contract of the public API: what was promised, what the OpenAPI document says, and what the services answer.
//!
//! `contract.txt` beside this crate lists the promised operations, `not-built-yet.txt` those of them that do not exist
//! yet. Each rule gives the sentences that say where it is broken.

mod calls;
mod check;
mod design;
mod document;
pub mod fuzz;
pub mod lint;
mod lists;
mod operation;
mod rules;

pub use calls::Calls;
pub use check::{Outcome, check};
pub use design::{named_in, paths_rule};
pub use document::Document;
pub use lists::{Contract, NotBuilt, OURS};
pub use operation::Operation;
pub use rules::{answers_rule, operations_rule, tested_rule};
