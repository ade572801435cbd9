//! Pure rules: no I/O, no clock.

pub mod address;
pub mod cart;
pub mod fulfilment;
pub mod order;
pub mod payment;
pub mod promotion;
pub mod refund;
pub mod rounding;
pub mod shipping;
pub mod tax;
pub mod token;
pub mod totals;
