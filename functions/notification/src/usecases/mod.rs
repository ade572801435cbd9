//! What the service does.

mod ask;
mod backoff;
mod compose;
mod deliver;
mod forget;
mod forget_choices;
mod gate;
mod guard;
mod track;
mod wordings;

pub use ask::{Asking, DueError, Resent};
pub use backoff::{BASE, Backoff, Tries};
pub use deliver::{DeliverError, Delivered, Delivery, Outlets};
pub use forget::{ForgetError, forget};
pub use forget_choices::{Choices, ForgetChoicesError, forget_choices, forget_device};
pub use gate::{Gate, Permit};
pub use guard::Guard;
pub use track::{TrackError, Tracking};
pub use wordings::Wordings;
