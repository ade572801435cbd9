//! What a notification is. No I/O.

mod category;
mod channel;
mod identity;
mod notice;
mod notification;
mod person;
mod stored_template;
mod template;

pub use category::Category;
pub use channel::{Channel, Kind};
pub use identity::derive_id;
pub use notice::{AttachmentSource, Notice, Recipient};
pub use notification::{Attempt, Notification, Outcome, Status};
pub use person::Person;
pub use stored_template::{StoredTemplate, Wording};
pub use template::Template;

/// The way a message goes.
pub const EMAIL: &str = "email";
/// Every way that a filter may name.
pub const CHANNELS: [&str; 3] = [EMAIL, "sms", "push"];
