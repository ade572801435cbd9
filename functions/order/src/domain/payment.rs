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
    /// The money is ours.
    Captured,
    /// Declined; another payment may follow.
    Failed,
    /// Given up before any money moved.
    Voided,
    /// The money went back.
    Refunded,
}

use PaymentStatus::{Captured, Created, Failed, Processing, Refunded, RequiresAction, Voided};

/// All of them.
pub const ALL: [PaymentStatus; 7] = [Created, RequiresAction, Processing, Captured, Failed, Voided, Refunded];

impl PaymentStatus {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Created => "created",
            RequiresAction => "requires_action",
            Processing => "processing",
            Captured => "captured",
            Failed => "failed",
            Voided => "voided",
            Refunded => "refunded",
        }
    }

    /// The order's `payment_status`.
    #[must_use]
    pub const fn public(self) -> &'static str {
        match self {
            Created => "processing",
            other => other.as_str(),
        }
    }

    /// Whether the provider may still change it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Created | RequiresAction | Processing)
    }

    /// Whether an observation of `next` moves it. Money is never un-captured by a late or repeated observation.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        match self {
            Created => next != Created,
            RequiresAction => matches!(next, Processing | Captured | Failed | Voided),
            Processing => matches!(next, RequiresAction | Captured | Failed | Voided),
            Captured => matches!(next, Refunded),
            Failed | Voided | Refunded => false,
        }
    }
}

impl FromStr for PaymentStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        ALL.into_iter().find(|status| status.as_str() == text).ok_or(UnknownStatus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captured_money_is_only_ever_refunded() {
        for next in ALL {
            assert_eq!(Captured.may_become(next), next == Refunded);
            assert!(!Refunded.may_become(next));
        }
    }
}
