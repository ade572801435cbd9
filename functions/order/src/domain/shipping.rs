//! Ways to ship and what they cost.

use serde::{Deserialize, Serialize};

/// The most steps of one tariff.
pub const MAX_TIERS: usize = 50;

/// What the price depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Flat,
    /// Grams.
    Weight,
    /// What the goods cost after discounts.
    Price,
}

impl Kind {
    /// The word in answers and the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::Weight => "weight",
            Self::Price => "price",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Flat, Self::Weight, Self::Price].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A step of a tariff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// The last gram or minor unit that it covers; without a limit if absent.
    pub up_to: Option<i64>,
    /// Minor units.
    pub price: i64,
}

/// How the price is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tariff {
    /// What it depends on.
    pub kind: Kind,
    /// Minor units: the price of a flat tariff, and what another one costs at least, for people.
    pub price: i64,
    /// Ascending; empty for a flat tariff.
    pub tiers: Vec<Tier>,
}

impl Tariff {
    /// The price for so many grams that cost so much; `None` beyond the last step.
    #[must_use]
    pub fn price(&self, grams: i64, goods: i64) -> Option<i64> {
        let measure = match self.kind {
            Kind::Flat => return Some(self.price),
            Kind::Weight => grams,
            Kind::Price => goods,
        };
        let tier = self.tiers.iter().find(|tier| tier.up_to.is_none_or(|most| measure <= most));
        tier.map(|tier| tier.price)
    }
}

/// Whether each step begins where the one before ends, and only the last has no limit.
#[must_use]
pub fn ascend(tiers: &[Tier]) -> bool {
    tiers.windows(2).all(|pair| match (pair[0].up_to, pair[1].up_to) {
        (Some(first), Some(second)) => first < second,
        (Some(_), None) => true,
        (None, _) => false,
    })
}

/// A way to ship, as staff describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// Short name for programs.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// What it costs.
    pub tariff: Tariff,
    /// Where it ships to.
    pub countries: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tier(up_to: impl Into<Option<i64>>, price: i64) -> Tier {
        Tier { up_to: up_to.into(), price }
    }

    #[test]
    fn a_step_covers_its_last_gram_and_beyond_the_last_step_there_is_no_price() {
        let mut tariff =
            Tariff { kind: Kind::Weight, price: 300, tiers: vec![tier(1000, 300), tier(5000, 700)] };
        let prices = [0, 1000, 1001, 5000, 5001].map(|grams| tariff.price(grams, 9));
        assert_eq!(prices, [Some(300), Some(300), Some(700), Some(700), None]);
        tariff.tiers.push(tier(None, 1500));
        assert_eq!(tariff.price(i64::MAX, 0), Some(1500));
    }

    #[test]
    fn a_tariff_by_price_looks_at_the_goods_and_a_flat_one_at_nothing() {
        let by_price = Tariff { kind: Kind::Price, price: 0, tiers: vec![tier(4999, 490), tier(None, 0)] };
        assert_eq!([4999, 5000].map(|goods| by_price.price(1, goods)), [Some(490), Some(0)]);
        let flat = Tariff { kind: Kind::Flat, price: 490, tiers: Vec::new() };
        assert_eq!(flat.price(i64::MAX, i64::MAX), Some(490));
    }

    #[test]
    fn steps_ascend_and_only_the_last_is_open() {
        assert!(ascend(&[]) && ascend(&[tier(None, 1)]) && ascend(&[tier(1, 1), tier(2, 1), tier(None, 1)]));
        assert!(!ascend(&[tier(2, 1), tier(2, 1)]) && !ascend(&[tier(None, 1), tier(2, 1)]));
        assert!(!ascend(&[tier(None, 1), tier(None, 1)]) && !ascend(&[tier(3, 1), tier(2, 1)]));
    }

    #[test]
    fn a_word_is_a_kind_or_not() {
        for kind in [Kind::Flat, Kind::Weight, Kind::Price] {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::parse("volume"), None);
    }
}
