//! Measurements. They are programs, not tests: a figure depends on the machine, so nothing fails by it.

pub mod cold_start;
pub mod hot_sku;
mod rate;
pub mod report;
pub mod sign_in;
pub mod start;
