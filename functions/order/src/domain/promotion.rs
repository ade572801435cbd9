//! What a promotion is, when it holds, and in which order several apply.

use chrono::{DateTime, Utc};

/// What a promotion takes off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// So many percent of the goods, 1 to 100.
    Percent(i32),
    /// So many minor units of the goods, and not more than they cost.
    Fixed(i64),
    /// The price of the shipping.
    FreeShipping,
}

impl Effect {
    /// The word in answers and the database.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Percent(_) => "percent",
            Self::Fixed(_) => "fixed",
            Self::FreeShipping => "free_shipping",
        }
    }

    /// Percent before fixed before shipping.
    const fn rank(self) -> u8 {
        match self {
            Self::Percent(_) => 0,
            Self::Fixed(_) => 1,
            Self::FreeShipping => 2,
        }
    }
}

/// A promotion as staff describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promotion {
    /// What buyers type, in any case.
    pub code: String,
    /// What it takes off.
    pub effect: Effect,
    /// How many orders may have it.
    pub max_redemptions: Option<i32>,
    /// How many of one buyer's.
    pub max_per_customer: Option<i32>,
    /// From when on.
    pub starts_at: Option<DateTime<Utc>>,
    /// Until before when.
    pub ends_at: Option<DateTime<Utc>>,
}

/// Where a moment lies in a promotion's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Season {
    /// Before it.
    Early,
    /// In it.
    On,
    /// After it.
    Over,
}

impl Promotion {
    /// Whether it holds at `now`.
    #[must_use]
    pub fn season(&self, now: DateTime<Utc>) -> Season {
        if self.ends_at.is_some_and(|end| end <= now) {
            Season::Over
        } else if self.starts_at.is_some_and(|start| now < start) {
            Season::Early
        } else {
            Season::On
        }
    }
}

/// Codes are the same whatever their case.
#[must_use]
pub fn key(code: &str) -> String {
    code.to_ascii_lowercase()
}

/// Letters, digits, dots, hyphens and underscores, a letter or digit first; at most 64.
#[must_use]
pub fn is_code(text: &str) -> bool {
    text.len() <= 64
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// A code and what it takes off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reduction {
    /// Which.
    pub code: String,
    /// What.
    pub effect: Effect,
}

/// Reductions in the order in which they apply, whatever the order in which they were named: percent, then fixed, then
/// shipping, each by code. A percentage is of what those before it left.
#[must_use]
pub fn in_order(reductions: &[Reduction]) -> Vec<&Reduction> {
    let mut sorted: Vec<&Reduction> = reductions.iter().collect();
    sorted.sort_by_cached_key(|reduction| (reduction.effect.rank(), key(&reduction.code)));
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reduction(code: &str, effect: Effect) -> Reduction {
        Reduction { code: code.to_owned(), effect }
    }

    #[test]
    fn percent_comes_before_fixed_before_shipping_and_then_the_code_counts() {
        let named = [
            reduction("SHIP", Effect::FreeShipping),
            reduction("b-five", Effect::Fixed(500)),
            reduction("A-FIVE", Effect::Fixed(500)),
            reduction("TEN", Effect::Percent(10)),
        ];
        let order: Vec<&str> = in_order(&named).iter().map(|reduction| reduction.code.as_str()).collect();
        assert_eq!(order, ["TEN", "A-FIVE", "b-five", "SHIP"]);
    }

    #[test]
    fn it_holds_from_its_start_until_just_before_its_end() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let promotion = Promotion {
            code: "TEN".to_owned(),
            effect: Effect::Percent(10),
            max_redemptions: None,
            max_per_customer: None,
            starts_at: Some(at(10)),
            ends_at: Some(at(20)),
        };
        let seasons = [9, 10, 19, 20].map(|second| promotion.season(at(second)));
        assert_eq!(seasons, [Season::Early, Season::On, Season::On, Season::Over]);
        let always = Promotion { starts_at: None, ends_at: None, ..promotion };
        assert_eq!(always.season(at(0)), Season::On);
    }

    #[test]
    fn a_code_is_plain_and_not_too_long() {
        for good in ["TEN", "summer_24", "a", "10-off.x", &"a".repeat(64)] {
            assert!(is_code(good), "{good}");
        }
        for bad in ["", "-a", "a b", "ä", "a\0", &"a".repeat(65)] {
            assert!(!is_code(bad), "{bad}");
        }
    }
}
