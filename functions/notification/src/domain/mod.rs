//! What a notification is. No I/O.

mod category;
mod channel;
mod device;
mod identity;
mod notice;
mod notification;
mod person;
mod preferences;
mod reputation;
mod shelf;
mod status;
mod stored_template;
mod suppression;
mod template;
mod told;
mod unsubscribe;

pub use category::Category;
pub use channel::{Channel, Kind};
pub use device::{Device, Platform, device_id, reachable};
pub use identity::derive_id;
pub use notice::{Asked, AttachmentSource, NO_TEMPLATE, Notice, Recipient, Say, Text, To};
pub use notification::{Attempt, Notification, Outcome};
pub use person::Person;
pub use preferences::{Preferences, Ways};
pub use reputation::{MailTotals, Reputation};
pub use shelf::Shelf;
pub use status::Status;
pub use stored_template::{StoredTemplate, Wording};
pub use suppression::{Suppression, SuppressionReason, address_id};
pub use template::Template;
pub use told::{Happened, Report, Told, below};
pub use unsubscribe::UnsubscribeTokens;
