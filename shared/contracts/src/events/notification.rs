//! What the notification service tells.

use cartwright_types::{NotificationId, UserId};
use serde::{Deserialize, Serialize};

/// A message bounced for good: there is no such mailbox, and nothing is sent there any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotificationBounced {
    /// Which message.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub notification_id: NotificationId,
    /// Whose address it is; None: nobody's with an account, or not the account's present one.
    #[cfg_attr(feature = "schema", schemars(with = "Option<uuid::Uuid>"))]
    pub user_id: Option<UserId>,
    /// `email`, `sms` or `push`.
    pub channel: String,
    /// A code, such as `Permanent/General`.
    pub reason: Option<String>,
}
event!(NotificationBounced, "notification.bounced", "notification");

/// The reader of a message called it spam; nothing is sent there any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotificationComplained {
    /// Which message.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub notification_id: NotificationId,
    /// Whose address it is; None: nobody's with an account, or not the account's present one.
    #[cfg_attr(feature = "schema", schemars(with = "Option<uuid::Uuid>"))]
    pub user_id: Option<UserId>,
    /// `email`, `sms` or `push`.
    pub channel: String,
    /// A code, such as `abuse`.
    pub reason: Option<String>,
}
event!(NotificationComplained, "notification.complained", "notification");
