//! What the service does.

mod ask;
mod backoff;
mod compose;
mod deliver;
mod forget;
mod gate;

pub use ask::{Asking, DueError, Resent};
pub use backoff::{BASE, Backoff, Tries};
pub use deliver::{DeliverError, Delivered, Delivery, Outlets};
pub use forget::{ForgetError, forget};
pub use gate::{Gate, Permit};
