//! What is outside the process.

pub mod carts;
pub mod payments;
pub mod product;
pub mod storage;
pub mod user;
