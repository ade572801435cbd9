//! What the service does.

mod deliver;

pub use deliver::{DeliverError, Delivered, Delivery};
