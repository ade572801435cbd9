//! The states of a payment and what the order shows of them.

use std::str::FromStr;

use crate::domain::order::UnknownStatus;

/// A payment as we know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentStatus {
    /// Ours alone: the provider may not know it yet.
    Created,
    /// The buyer has something to do.
    RequiresAction,
    /// The provider is at it.
    Processing,
    /// The money is set aside at the buyer's bank and waits for capture.
    Authorized,
    /// The money is ours.
    Captured,
    /// Declined; another payment may follow.
    Failed,
    /// Given up before any money moved.
    Voided,
    /// All of the money went back.
    Refunded,
    /// The provider's answer was lost, and reading back has not told yet.
    Unknown,
}

use PaymentStatus::{
    Authorized, Captured, Created, Failed, Processing, Refunded, RequiresAction, Unknown, Voided,
};

/// What may follow what. An observation that is not here is old news: money is never un-captured by a late or repeated one.
pub const TRANSITIONS: &[(PaymentStatus, &[PaymentStatus])] = &[
    (Created, &[RequiresAction, Processing, Authorized, Captured, Failed, Voided, Unknown]),
    (Unknown, &[RequiresAction, Processing, Authorized, Captured, Failed, Voided]),
    (RequiresAction, &[Processing, Authorized, Captured, Failed, Voided]),
    (Processing, &[RequiresAction, Authorized, Captured, Failed, Voided]),
    (Authorized, &[Captured, Failed, Voided]),
    (Captured, &[Refunded]),
    (Failed, &[]),
    (Voided, &[]),
    (Refunded, &[]),
];

impl PaymentStatus {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Created => "created",
            RequiresAction => "requires_action",
            Processing => "processing",
            Authorized => "authorized",
            Captured => "captured",
            Failed => "failed",
            Voided => "voided",
            Refunded => "refunded",
            Unknown => "unknown",
        }
    }

    /// The order's `payment_status`, of a payment of which `refunded` went back and `disputed` is contested.
    #[must_use]
    pub const fn public(self, refunded: i64, disputed: i64) -> &'static str {
        match self {
            Created => "processing",
            Captured | Refunded if disputed > 0 => "disputed",
            Captured if refunded > 0 => "partially_refunded",
            other => other.as_str(),
        }
    }

    /// Every word that [`Self::public`] gives.
    pub fn public_words() -> impl Iterator<Item = &'static str> {
        let own = TRANSITIONS.iter().map(|(status, _)| *status).filter(|status| *status != Created);
        own.map(Self::as_str).chain(["partially_refunded", "disputed"])
    }

    /// Whether the provider may still change it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Created | RequiresAction | Processing | Authorized | Unknown)
    }

    /// Whether an observation of `next` moves it.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        TRANSITIONS.iter().any(|(from, to)| *from == self && to.contains(&next))
    }
}

impl FromStr for PaymentStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        TRANSITIONS
            .iter()
            .map(|(status, _)| *status)
            .find(|status| status.as_str() == text)
            .ok_or(UnknownStatus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captured_money_is_only_ever_refunded() {
        for (next, _) in TRANSITIONS {
            assert_eq!(Captured.may_become(*next), *next == Refunded);
            assert!(!Refunded.may_become(*next));
        }
    }

    #[test]
    fn every_status_has_its_row_and_reads_back() {
        for status in
            [Created, RequiresAction, Processing, Authorized, Captured, Failed, Voided, Refunded, Unknown]
        {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert!(!status.may_become(status));
        }
    }

    #[test]
    fn what_went_back_and_what_is_contested_shows() {
        assert_eq!(Captured.public(0, 0), "captured");
        assert_eq!(Captured.public(1, 0), "partially_refunded");
        assert_eq!(Refunded.public(9, 0), "refunded");
        assert_eq!(Captured.public(1, 1), "disputed");
    }
}
