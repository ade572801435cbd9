//! The row: that something was said, when, and how it went. Never what, and never to which address.

use cartwright_types::{NotificationId, OrderId, UserId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Channel, Kind, Person, Status, Told, derive_id};

/// How one attempt went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took it.
    Sent,
    /// The provider did not take it; there is another attempt.
    Deferred,
    /// Nobody knows: the answer was lost, or the process was.
    Unknown,
    /// The provider refused it for good.
    Failed,
    /// It was not to be sent.
    Suppressed,
    /// Tried as often as it may be: the message lies in the dead-letter queue, from where `make redrive` brings it back.
    DeadLettered,
    /// Staff took it back.
    Cancelled,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Sent,
        Self::Deferred,
        Self::Unknown,
        Self::Failed,
        Self::Suppressed,
        Self::DeadLettered,
        Self::Cancelled,
    ];

    /// The word in rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Deferred => "deferred",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
            Self::Suppressed => "suppressed",
            Self::DeadLettered => "dead_lettered",
            Self::Cancelled => "cancelled",
        }
    }

    /// The outcome a word names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// One try to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// How.
    pub outcome: Outcome,
    /// Whose; None when none was asked.
    pub provider: Option<String>,
    /// Its name for the message.
    pub provider_message_id: Option<String>,
    /// A code, such as `MessageRejected`; never the provider's sentence, which may hold the address.
    pub reason: Option<String>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// See [`super::derive_id`].
    pub id: NotificationId,
    /// The recipient's account; None: a guest, whose order it is about.
    pub user_id: Option<UserId>,
    /// The way it goes.
    pub channel: Channel,
    /// Transactional or marketing.
    pub kind: Kind,
    /// A template's key; [`super::NO_TEMPLATE`] for a text of its own.
    pub template: String,
    /// The event, command or request it comes from.
    pub event_id: Uuid,
    /// The order it is about.
    pub order_id: Option<OrderId>,
    /// Where it stands.
    pub status: Status,
    /// Oldest first.
    pub attempts: Vec<Attempt>,
    /// What the provider told since, in the order it came.
    pub events: Vec<Told>,
    /// The recipient is gone.
    pub forgotten: bool,
    /// When it is to be sent; None: as soon as may be.
    pub send_at: Option<DateTime<Utc>>,
    /// The notification that staff had sent again.
    pub resend_of: Option<NotificationId>,
    /// When it was asked for, or first tried.
    pub created_at: DateTime<Utc>,
    /// When anything last changed.
    pub updated_at: DateTime<Utc>,
    /// Until when a `sending` worker is believed to live.
    pub lease_until: DateTime<Utc>,
    /// Counts writes; the ETag.
    pub version: i64,
}

impl Notification {
    /// Whether it went to the buyer of `order`: to the account of `reader`, or, by an event, to whoever placed the order without
    /// one. A row without an account may also be of a mail that staff wrote to anybody; its id says which.
    #[must_use]
    pub fn is_for_buyer(&self, order: OrderId, reader: Option<UserId>) -> bool {
        match self.user_id {
            Some(user) => reader == Some(user),
            None => self.id == derive_id(self.event_id, Person::Guest(order), self.channel, &self.template),
        }
    }
}
