//! Statements, one table a file. Each takes the connection of the transaction it belongs to.

pub mod addresses;
pub mod audit;
pub mod one_time_tokens;
pub mod refresh_tokens;
pub mod sessions;
pub mod users;
