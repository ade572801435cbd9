//! What receivers think of the shop's mail. A provider stops an account that bounces or is complained about too often; before
//! that, what is not necessary stops here.

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reputation {
    /// A mail that was sent.
    Sent,
    /// One that bounced for good.
    Bounced,
    /// One that was complained about.
    Complained,
}

impl Reputation {
    /// The word in rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
        }
    }
}

/// How often each was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MailTotals {
    /// Mails sent.
    pub sent: u64,
    /// Of them bounced for good.
    pub bounced: u64,
    /// Of them complained about.
    pub complained: u64,
}

/// So few are chance, whatever share they are.
const BOUNCES_THAT_COUNT: u64 = 5;
const COMPLAINTS_THAT_COUNT: u64 = 2;

impl MailTotals {
    /// Whether marketing has to stop: bounces are more than 5 %, or complaints more than 0.1 %.
    #[must_use]
    pub const fn stops_marketing(&self) -> bool {
        let sent = if self.sent == 0 { 1 } else { self.sent };
        (self.bounced >= BOUNCES_THAT_COUNT && self.bounced * 20 > sent)
            || (self.complained >= COMPLAINTS_THAT_COUNT && self.complained * 1000 > sent)
    }

    /// The share of bounces and that of complaints.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share for a graph")]
    pub fn shares(&self) -> (f64, f64) {
        let sent = self.sent.max(1) as f64;
        (self.bounced as f64 / sent, self.complained as f64 / sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marketing_stops_above_five_percent_of_bounces_or_one_per_mille_of_complaints() {
        let stops = |sent, bounced, complained| MailTotals { sent, bounced, complained }.stops_marketing();
        assert!(!stops(0, 0, 0));
        assert!(!stops(1_000, 50, 0) && stops(1_000, 51, 0));
        assert!(!stops(2_000, 0, 2) && stops(1_999, 0, 2));
        // Of a handful nothing is to be learnt.
        assert!(!stops(10, 4, 1));
        assert!(stops(0, 5, 0));
    }
}
