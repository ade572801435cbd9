//! A postal address.

pub use cartwright_web::Address;
