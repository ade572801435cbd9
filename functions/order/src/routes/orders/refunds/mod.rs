//! `/orders/{id}/refunds`

pub mod create;
pub mod list;
mod view;
