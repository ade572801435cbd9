//! `/products`

pub mod get;
pub mod list;
mod view;
