//! Pure rules: no I/O, no clock.

pub mod address;
pub mod order;
pub mod payment;
pub mod totals;
