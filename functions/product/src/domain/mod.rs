//! Pure rules.

pub mod availability;
pub mod search_text;
pub mod slug;

pub use availability::Availability;
