//! Measurements. They are programs, not tests: a figure depends on the machine, so nothing fails by it.

pub mod cold_start;
pub mod hot_sku;
pub mod report;
pub mod sign_in;
pub mod start;
