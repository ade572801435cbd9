//! What lies outside the database.

pub mod pictures;
