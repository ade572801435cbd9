//! What a notification is. No I/O.

mod channel;
mod endpoint;
mod identity;
mod notice;
mod notification;
mod person;
mod shelf;
mod status;
mod template;

pub use channel::{Channel, Kind};
pub use endpoint::Endpoint;
pub use identity::derive_id;
pub use notice::{Asked, AttachmentSource, NO_TEMPLATE, Notice, Recipient, Say, Text, To};
pub use notification::{Attempt, Notification, Outcome};
pub use person::Person;
pub use shelf::Shelf;
pub use status::Status;
pub use template::Template;
