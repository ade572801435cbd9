//! What the service does.

mod deliver;
mod forget;
mod gate;

pub use deliver::{DeliverError, Delivered, Delivery};
pub use forget::{ForgetError, forget};
pub use gate::{Gate, Permit};
