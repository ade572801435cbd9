//! SQL, a file for each table.

pub mod discrepancies;
pub mod erasures;
pub mod invoices;
pub mod order_events;
pub mod orders;
pub mod payments;
pub mod promotions;
pub mod provider_cursors;
pub mod provider_events;
pub mod refunds;
pub mod shipments;
pub mod shipping_methods;
pub mod tax_rates;
