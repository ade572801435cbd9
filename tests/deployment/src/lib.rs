//! What Terraform plans, held against the code: what the programs are told, what they may call, and what a scanner of
//! policies does not see.
//!
//! A rule is a function that returns a sentence for each place where it is broken; nothing here asks AWS. The binary
//! `deployment` is behind `make terraform-check` and `make iam-check`.

pub mod calls;
pub mod environment;
pub mod example;
pub mod exposure;
pub mod passed_roles;
pub mod permissions;
pub mod plan;
pub mod policy;
pub mod programs;
pub mod rights;
pub mod services;
pub mod values;

use std::collections::{BTreeMap, BTreeSet};

pub use plan::Plan;

/// What programs read, by service and role: `variables["order"]["migrate"]`.
pub type Variables = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// Every rule that needs nothing but the plan.
#[must_use]
pub fn rules(plan: &Plan) -> Vec<String> {
    let rules: [fn(&Plan) -> Vec<String>; 4] =
        [exposure::check, services::check, values::check, passed_roles::check];
    rules.iter().flat_map(|rule| rule(plan)).map(|line| format!("{}: {line}", plan.environment())).collect()
}
