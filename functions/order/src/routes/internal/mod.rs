//! `/internal`: for other services, each with the scope it needs, and for the gateway in a reader's name.

pub mod contact;
pub mod export;
pub mod payments;
