//! Measurements. They are programs, not tests: a figure depends on the machine, so nothing fails by it.

pub mod cold_start;
pub mod report;
pub mod start;
