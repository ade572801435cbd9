//! `/webhooks`

pub mod stripe;
