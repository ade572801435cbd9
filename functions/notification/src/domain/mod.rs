//! What a notification is. No I/O.

mod category;
mod channel;
mod endpoint;
mod identity;
mod notice;
mod notification;
mod person;
mod shelf;
mod status;
mod stored_template;
mod template;

pub use category::Category;
pub use channel::{Channel, Kind};
pub use endpoint::Endpoint;
pub use identity::derive_id;
pub use notice::{Asked, AttachmentSource, NO_TEMPLATE, Notice, Recipient, Say, Text, To};
pub use notification::{Attempt, Notification, Outcome};
pub use person::Person;
pub use shelf::Shelf;
pub use status::Status;
pub use stored_template::{StoredTemplate, Wording};
pub use template::Template;
