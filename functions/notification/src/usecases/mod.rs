//! What the service does.

mod deliver;
mod forget;

pub use deliver::{DeliverError, Delivered, Delivery};
pub use forget::{ForgetError, forget};
