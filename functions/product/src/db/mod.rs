//! SQL, one file a concern.

pub mod catalogue;
pub mod categories;
pub mod listing;
pub mod products;
pub mod quotes;
pub mod reservations;
pub mod stock;
