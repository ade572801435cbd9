//! `/internal`: for other services, each with the scope it needs, and for the gateway in a reader's name.

pub(super) mod export;
pub(super) mod of_order;
