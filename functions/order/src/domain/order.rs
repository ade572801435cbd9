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
}
