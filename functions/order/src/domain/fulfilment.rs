//! How far an order is packed and sent. The database derives it from parcels and from what came back (`fulfilment_of` in the
//! migrations); these are its words and what may follow what.

use std::str::FromStr;

use crate::domain::order::UnknownStatus;

/// `fulfilment_status`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FulfilmentStatus {
    /// Nothing was sent.
    Unfulfilled,
    /// Some was sent, and some is still to be.
    Partial,
    /// Nothing more is to be sent.
    Fulfilled,
    /// All of it came back.
    Returned,
}

use FulfilmentStatus::{Fulfilled, Partial, Returned, Unfulfilled};

/// What may follow what.
pub const TRANSITIONS: &[(FulfilmentStatus, &[FulfilmentStatus])] = &[
    (Unfulfilled, &[Partial, Fulfilled]),
    (Partial, &[Fulfilled, Returned]),
    (Fulfilled, &[Returned]),
    (Returned, &[]),
];

impl FulfilmentStatus {
    /// The word in answers and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Unfulfilled => "unfulfilled",
            Partial => "partial",
            Fulfilled => "fulfilled",
            Returned => "returned",
        }
    }

    /// All the words.
    pub fn words() -> impl Iterator<Item = &'static str> {
        TRANSITIONS.iter().map(|(status, _)| status.as_str())
    }
}

impl FromStr for FulfilmentStatus {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        let known = TRANSITIONS.iter().map(|(status, _)| *status);
        known.into_iter().find(|status| status.as_str() == text).ok_or(UnknownStatus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_row_and_reads_back() {
        for status in [Unfulfilled, Partial, Fulfilled, Returned] {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        assert_eq!(FulfilmentStatus::words().count(), 4);
    }
}
