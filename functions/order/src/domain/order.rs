//! The life of an order: one table says what may follow what.

use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;

/// `status`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Placed; the stock waits for the money.
    PendingPayment,
    /// The money is captured and the stock is the buyer's.
    Paid,
    /// Somebody packs it.
    Processing,
    /// On its way.
    Shipped,
    /// There.
    Delivered,
    /// Will not be fulfilled.
    Cancelled,
    /// Nobody paid in time.
    Expired,
}

use OrderStatus::{Cancelled, Delivered, Expired, Paid, PendingPayment, Processing, Shipped};

/// What may follow what. A transition that is not here does not exist.
pub const TRANSITIONS: &[(OrderStatus, &[OrderStatus])] = &[
    (PendingPayment, &[Paid, Cancelled, Expired]),
    (Paid, &[Processing, Cancelled]),
    (Processing, &[Shipped, Cancelled]),
    (Shipped, &[Delivered]),
    (Delivered, &[]),
    (Cancelled, &[]),
    (Expired, &[]),
];

impl OrderStatus {
    /// The word in answers and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            PendingPayment => "pending_payment",
            Paid => "paid",
            Processing => "processing",
            Shipped => "shipped",
            Delivered => "delivered",
            Cancelled => "cancelled",
            Expired => "expired",
        }
    }

    /// What staff may make of it. Money decides about `paid`, time about `expired`.
    #[must_use]
    pub fn allowed_by_hand(self) -> Vec<Self> {
        let next =
            TRANSITIONS.iter().filter(|(from, _)| *from == self).flat_map(|(_, to)| to.iter().copied());
        next.filter(|to| !matches!(to, Paid | Expired)).collect()
    }

    /// Whether its buyer may still cancel it: nobody has begun to pack it.
    #[must_use]
    pub const fn is_before_fulfilment(self) -> bool {
        matches!(self, PendingPayment | Paid)
    }

    /// Whether nothing follows.
    #[must_use]
    pub fn is_final(self) -> bool {
        TRANSITIONS.iter().any(|(from, to)| *from == self && to.is_empty())
    }

    /// Whether it ended without being fulfilled: its stock went back, and no money of it stays.
    #[must_use]
    pub const fn is_off(self) -> bool {
        matches!(self, Cancelled | Expired)
    }

    /// Whether `next` may follow.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        TRANSITIONS.iter().any(|(from, to)| *from == self && to.contains(&next))
    }
}

/// Not a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an order status")]
pub struct UnknownStatus;

impl FromStr for OrderStatus {
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
    fn every_status_has_its_row_and_ends_are_final() {
        for status in [PendingPayment, Paid, Processing, Shipped, Delivered, Cancelled, Expired] {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert!(!status.may_become(status));
        }
        assert!(!Expired.may_become(Paid));
        assert!(!Shipped.may_become(Cancelled));
        assert!(PendingPayment.may_become(Paid));
    }

    #[test]
    fn staff_move_an_order_along_and_never_make_it_paid_or_expired() {
        assert_eq!(PendingPayment.allowed_by_hand(), [Cancelled]);
        assert_eq!(Paid.allowed_by_hand(), [Processing, Cancelled]);
        assert_eq!(Processing.allowed_by_hand(), [Shipped, Cancelled]);
        assert_eq!(Shipped.allowed_by_hand(), [Delivered]);
        for end in [Delivered, Cancelled, Expired] {
            assert!(end.is_final() && end.allowed_by_hand().is_empty());
        }
        for status in [PendingPayment, Paid, Processing, Shipped] {
            assert!(!status.is_final() && !status.is_off());
        }
    }
}
