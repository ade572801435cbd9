//! SQL, one file a concern.

pub mod catalogue;
pub mod categories;
pub mod category_writes;
pub mod facets;
pub mod images;
pub mod inventory;
pub mod listing;
mod matches;
pub mod product_writes;
pub mod products;
pub mod quotes;
pub mod reservations;
pub mod stock;
