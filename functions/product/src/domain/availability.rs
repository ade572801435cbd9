//! What a buyer is told about stock: never the number.

use serde::Serialize;
use utoipa::ToSchema;

/// From worst to best, so that a product is as available as its best variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Nothing can be reserved now.
    Out,
    /// So little that it is to be ordered again.
    Low,
    /// Enough.
    InStock,
}

impl Availability {
    /// From what can be reserved and the number at which more is ordered.
    #[must_use]
    pub const fn of(available: i64, reorder_point: i64) -> Self {
        if available <= 0 {
            Self::Out
        } else if available <= reorder_point {
            Self::Low
        } else {
            Self::InStock
        }
    }

    /// The letter in an `ETag`.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Out => 'o',
            Self::Low => 'l',
            Self::InStock => 'i',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_is_low_from_the_reorder_point_down_and_out_at_nothing() {
        let of = |available| Availability::of(available, 5);
        assert_eq!(
            [of(6), of(5), of(1), of(0)],
            [Availability::InStock, Availability::Low, Availability::Low, Availability::Out]
        );
        assert_eq!(Availability::of(0, 0), Availability::Out);
        assert_eq!(Availability::of(1, 0), Availability::InStock);
    }
}
