//! Pure rules.

pub mod availability;
pub mod facets;
pub mod language;
pub mod picture;
pub mod product;
pub mod search;
pub mod search_text;
pub mod slug;

pub use availability::Availability;
