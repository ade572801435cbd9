//! What is outside the process.

mod attachments;
mod aws;
mod contacts;
mod email;
mod feedback;
mod outlet;
mod pace;
mod platforms;
mod provider;
mod push;
mod queues;
mod ses;
mod sms;
mod smtp;
mod verdict;

pub use attachments::{AttachmentError, Attachments, LARGEST, content_type};
pub use contacts::{ContactError, Contacts, Reach};
pub use email::Email;
pub use feedback::WithFeedback;
pub use outlet::{Miss, Outlet, Posted};
pub use platforms::{Applications, PlatformError, Platforms};
pub use provider::{Provider, SendError};
pub use push::{ENDPOINT_DISABLED, PUSH, Push, SnsPush};
pub use queues::{MARKETING, Queues, SendNotification, TRANSACTIONAL};
pub use ses::{SES, Ses};
pub use sms::{SMS, Sms, SnsSms, sns_client};
pub use smtp::{SMTP, Smtp};
pub use verdict::{Table, Verdict};
