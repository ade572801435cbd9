//! Refunds: their states, and what a line's pieces are worth.

use std::str::FromStr;

use crate::domain::order::UnknownStatus;

/// A refund as we know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundState {
    /// Decided, and to be asked for at the provider.
    Requested,
    /// The provider is at it.
    Pending,
    /// The money is back.
    Done,
    /// It did not work out; its amount is free again.
    Failed,
}

use RefundState::{Done, Failed, Pending, Requested};

/// What may follow what. Money that was on its way may come back from the buyer's bank: then a done refund fails after all. A
/// provider that corrects itself is believed.
pub const TRANSITIONS: &[(RefundState, &[RefundState])] = &[
    (Requested, &[Pending, Done, Failed]),
    (Pending, &[Done, Failed]),
    (Done, &[Failed]),
    (Failed, &[Done]),
];

impl RefundState {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Requested => "requested",
            Pending => "pending",
            Done => "done",
            Failed => "failed",
        }
    }

    /// The word in answers.
    #[must_use]
    pub const fn public(self) -> &'static str {
        match self {
            Requested | Pending => "pending",
            Done => "succeeded",
            Failed => "failed",
        }
    }

    /// Whether the provider still owes an answer.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Requested | Pending)
    }

    /// Whether an observation of `next` moves it.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        TRANSITIONS.iter().any(|(from, to)| *from == self && to.contains(&next))
    }
}

impl FromStr for RefundState {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        let known = TRANSITIONS.iter().map(|(state, _)| *state);
        known.into_iter().find(|state| state.as_str() == text).ok_or(UnknownStatus)
    }
}

/// What `more` pieces of a line are worth, of which `before` were refunded: of `paid` for all `quantity` of it. However the
/// pieces are divided into refunds, all of them together are worth exactly `paid`, and two pieces differ by at most one
/// minor unit; the last ones take what does not divide. `before + more` is at most `quantity`.
#[must_use]
pub fn share(paid: i64, quantity: i32, before: i32, more: i32) -> i64 {
    let up_to = |pieces: i32| i128::from(paid) * i128::from(pieces) / i128::from(quantity.max(1));
    // No more than `paid`, which has 64 bits.
    i64::try_from(up_to(before + more) - up_to(before)).unwrap_or(paid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_state_has_its_row_and_reads_back() {
        for state in [Requested, Pending, Done, Failed] {
            assert_eq!(state.as_str().parse(), Ok(state));
            assert!(!state.may_become(state) && !state.may_become(Requested));
        }
    }

    #[test]
    fn what_does_not_divide_goes_to_the_last_piece() {
        assert_eq!([0, 1, 2].map(|before| share(1000, 3, before, 1)), [333, 333, 334]);
        assert_eq!(share(1000, 3, 0, 3), 1000);
        assert_eq!(share(0, 2, 0, 1), 0);
    }

    proptest! {
        #[test]
        fn pieces_add_up_however_they_are_divided(
            paid in 0_i64..=i64::MAX, quantity in 1_i32..200, cuts in proptest::collection::vec(1_i32..50, 0..20),
        ) {
            let (mut before, mut sum) = (0, 0_i64);
            for more in cuts.into_iter().chain([quantity]) {
                let more = more.min(quantity - before);
                let worth = share(paid, quantity, before, more);
                let even = i128::from(paid) * i128::from(more) / i128::from(quantity);
                prop_assert!((i128::from(worth) - even).abs() <= 1, "{worth} {even}");
                before += more;
                sum += worth;
            }
            prop_assert_eq!((before, sum), (quantity, paid));
        }
    }
}
