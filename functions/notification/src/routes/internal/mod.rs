//! `/internal`: for other services, each with the scope it needs.

pub(super) mod export;
