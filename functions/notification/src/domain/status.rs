//! Where a notification stands.

/// Where a notification stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// To be sent (again), or not due yet.
    Queued,
    /// A worker is at it; its lease says until when that is believed.
    Sending,
    /// The provider took it.
    Sent,
    /// The recipient's side took it.
    Delivered,
    /// It was looked at.
    Opened,
    /// A link in it was followed.
    Clicked,
    /// The recipient's side refused it for good.
    Bounced,
    /// The recipient called it spam.
    Complained,
    /// The provider refused it for good, or it was tried as often as it may be.
    Failed,
    /// It was not to be sent: nobody is there, or they do not want it.
    Suppressed,
    /// Staff took it back before it was sent.
    Cancelled,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Delivered,
        Self::Opened,
        Self::Clicked,
        Self::Bounced,
        Self::Complained,
        Self::Failed,
        Self::Suppressed,
        Self::Cancelled,
    ];

    /// The word in rows and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Opened => "opened",
            Self::Clicked => "clicked",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
            Self::Failed => "failed",
            Self::Suppressed => "suppressed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status a word names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether nothing is left to do for whoever sends.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Sending)
    }

    /// How much is known about what became of the message: what a provider tells moves a row to a higher rank only. A provider
    /// that says `delivered` knows more than a worker that heard no answer, or gave up; of what was never sent nothing
    /// can be told.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Failed => 2,
            Self::Sent => 3,
            Self::Delivered => 4,
            Self::Opened => 5,
            Self::Clicked => 6,
            Self::Bounced => 7,
            Self::Complained => 8,
            Self::Suppressed | Self::Cancelled => u8::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for status in Status::ALL {
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
    }

    #[test]
    fn what_is_told_later_in_the_life_of_a_message_ranks_higher() {
        let life = [
            Status::Queued,
            Status::Sending,
            Status::Sent,
            Status::Delivered,
            Status::Opened,
            Status::Clicked,
            Status::Bounced,
            Status::Complained,
        ];
        assert!(life.is_sorted_by(|a, b| a.rank() < b.rank()));
        assert!(Status::ALL.iter().all(|status| status.rank() <= Status::Cancelled.rank()));
    }
}
