//! `/internal`: for other services, each with the scope it needs.

pub mod contact;
pub mod export;
