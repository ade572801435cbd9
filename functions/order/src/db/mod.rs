//! SQL, a file for each table.

pub mod erasures;
pub mod invoices;
pub mod order_events;
pub mod orders;
pub mod payments;
pub mod refunds;
pub mod shop;
