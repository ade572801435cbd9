//! What a provider tells of a message that it took.

use cartwright_types::NotificationId;
use chrono::{DateTime, Utc};

use super::Status;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// The provider is about to deliver it.
    Sent,
    /// The recipient's side does not take it for now.
    Delayed,
    /// The recipient's side took it.
    Delivered,
    /// It was looked at.
    Opened,
    /// A link in it was followed.
    Clicked,
    /// The recipient's side refused it, and always will: there is no such mailbox.
    HardBounced,
    /// The recipient's side refused it; another mail may arrive.
    SoftBounced,
    /// The recipient called it spam.
    Complained,
    /// The provider does not send it: it found a virus in it.
    Rejected,
}

impl Happened {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Sent,
        Self::Delayed,
        Self::Delivered,
        Self::Opened,
        Self::Clicked,
        Self::HardBounced,
        Self::SoftBounced,
        Self::Complained,
        Self::Rejected,
    ];

    /// The word in rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::Opened => "opened",
            Self::Clicked => "clicked",
            Self::HardBounced => "hard_bounced",
            Self::SoftBounced => "soft_bounced",
            Self::Complained => "complained",
            Self::Rejected => "rejected",
        }
    }

    /// What a word names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|happened| happened.as_str() == text)
    }

    /// The status it brings a row to that has a lower rank; None: it says nothing about that.
    #[must_use]
    pub const fn status(self) -> Option<Status> {
        match self {
            Self::Sent => Some(Status::Sent),
            // An answer of somebody out of office is a soft bounce too.
            Self::Delayed | Self::SoftBounced => None,
            Self::Delivered => Some(Status::Delivered),
            Self::Opened => Some(Status::Opened),
            Self::Clicked => Some(Status::Clicked),
            Self::HardBounced => Some(Status::Bounced),
            Self::Complained => Some(Status::Complained),
            Self::Rejected => Some(Status::Failed),
        }
    }
}

/// One thing that was told, as the row keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// When it happened, by the provider's clock.
    pub at: DateTime<Utc>,
    /// What.
    pub happened: Happened,
    /// Who says so.
    pub provider: String,
    /// A code, such as `Permanent/General`; never the words of the recipient's side, which may hold the address.
    pub reason: Option<String>,
}

/// What a provider tells, with what leads to the row. Not `Debug`: it has an address.
#[derive(Clone, PartialEq, Eq)]
pub struct Report {
    /// The same for the same event however often it is told.
    pub key: String,
    /// The row, if the provider was told of it.
    pub notification_id: Option<NotificationId>,
    /// What is told.
    pub told: Told,
    /// The addresses it is about.
    pub addresses: Vec<String>,
}

/// A rank moves a row up and never back: the statuses below one that a provider tells of. What it took and then did not send
/// is the one that fails after `sent`.
pub fn below(status: Status) -> impl Iterator<Item = Status> {
    Status::ALL.into_iter().filter(move |other| {
        other.rank() < status.rank() || (status == Status::Failed && *other == Status::Sent)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for happened in Happened::ALL {
            assert_eq!(Happened::parse(happened.as_str()), Some(happened));
        }
    }

    #[test]
    fn what_a_provider_took_and_then_did_not_send_has_failed() {
        assert!(below(Status::Failed).any(|low| low == Status::Sent));
        assert!(!below(Status::Failed).any(|low| low == Status::Delivered));
        assert_eq!(Happened::SoftBounced.status(), None);
    }

    #[test]
    fn what_was_cancelled_or_suppressed_is_moved_by_nothing() {
        for status in Happened::ALL.into_iter().filter_map(Happened::status) {
            assert!(below(status).all(|low| !matches!(low, Status::Cancelled | Status::Suppressed)));
            assert!(!below(status).any(|low| low == status));
        }
    }
}
