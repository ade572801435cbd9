//! Measurements. They are programs, not tests: a figure depends on the machine, so nothing fails by it.

pub mod catalogue;
pub mod checkout;
pub mod cold_start;
mod cpu;
pub mod gateway;
pub mod hot_sku;
mod http;
mod pgbench;
mod rate;
pub mod report;
mod server;
pub mod sign_in;
mod signer;
pub mod start;
pub mod worker;
