//! The row: that something was said, when, and how it went. Never what, and never to which address.

use cartwright_types::{NotificationId, OrderId, UserId};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Where a notification stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// To be sent (again).
    Queued,
    /// A worker is at it; its lease says until when that is believed.
    Sending,
    /// The provider took it.
    Sent,
    /// The provider refused it for good.
    Failed,
    /// There was nobody to send it to.
    Suppressed,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Sending, Self::Sent, Self::Failed, Self::Suppressed];

    /// The word in rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Suppressed => "suppressed",
        }
    }

    /// The status a word names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether nothing is left to do.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Sent | Self::Failed | Self::Suppressed)
    }
}

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
    /// There was nobody to send it to.
    Suppressed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Sent, Self::Deferred, Self::Unknown, Self::Failed, Self::Suppressed];

    /// The word in rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Deferred => "deferred",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
            Self::Suppressed => "suppressed",
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
    /// `email`
    pub channel: String,
    /// [`super::Template::as_str`]
    pub template: String,
    /// The event or command it comes from.
    pub event_id: Uuid,
    /// The order it is about.
    pub order_id: Option<OrderId>,
    /// Where it stands.
    pub status: Status,
    /// Oldest first.
    pub attempts: Vec<Attempt>,
    /// When it was first tried.
    pub created_at: DateTime<Utc>,
    /// When anything last changed.
    pub updated_at: DateTime<Utc>,
    /// Until when a `sending` worker is believed to live.
    pub lease_until: DateTime<Utc>,
    /// Counts writes; the ETag.
    pub version: i64,
}
