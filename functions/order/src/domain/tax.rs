//! Which tax applies where.

/// The class of shipping, and of products that say nothing else.
pub const STANDARD: &str = "standard";

/// A rate, as staff describe it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxRate {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// As addresses have it in `state`; the whole country if absent.
    pub region: Option<String>,
    /// `standard`, `reduced`, …
    pub tax_class: String,
    /// Hundredths of a percent: 1900 is 19 %.
    pub rate_bps: i32,
    /// Prices contain it. All rates of one country agree.
    pub inclusive: bool,
}

/// A country's rates, seen from one place in it.
#[derive(Debug, Clone, Default)]
pub struct Rates {
    rates: Vec<TaxRate>,
    region: Option<String>,
}

impl Rates {
    /// All `rates` of a country, for an address with this `state`.
    #[must_use]
    pub fn at(rates: Vec<TaxRate>, state: Option<&str>) -> Self {
        Self { rates, region: state.map(folded) }
    }

    /// The rate of a class: the region's before the country's; 0 where there is none.
    #[must_use]
    pub fn of(&self, class: &str) -> i32 {
        let of_class = || self.rates.iter().filter(|rate| rate.tax_class == class);
        let regional = of_class().find(|rate| {
            rate.region.as_deref().map(folded).is_some_and(|region| Some(region) == self.region)
        });
        let rate = regional.or_else(|| of_class().find(|rate| rate.region.is_none()));
        rate.map_or(0, |rate| rate.rate_bps)
    }

    /// Whether prices contain their tax here.
    #[must_use]
    pub fn inclusive(&self) -> bool {
        self.rates.first().is_none_or(|rate| rate.inclusive)
    }
}

/// People write their state in any case.
fn folded(region: &str) -> String {
    region.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(region: Option<&str>, class: &str, rate_bps: i32) -> TaxRate {
        TaxRate {
            country: "US".to_owned(),
            region: region.map(str::to_owned),
            tax_class: class.to_owned(),
            rate_bps,
            inclusive: false,
        }
    }

    #[test]
    fn a_regions_rate_wins_over_the_countrys_class_by_class() {
        let all = vec![
            rate(None, "standard", 500),
            rate(Some("CA"), "standard", 725),
            rate(None, "reduced", 100),
            rate(Some("NY"), "books", 400),
        ];
        let rates = |state| {
            let rates = Rates::at(all.clone(), state);
            ["standard", "reduced", "books", "none"].map(|class| rates.of(class))
        };
        assert_eq!(rates(Some(" ca ")), [725, 100, 0, 0]);
        assert_eq!(rates(Some("NY")), [500, 100, 400, 0]);
        assert_eq!(rates(None), [500, 100, 0, 0]);
        assert!(!Rates::at(all, None).inclusive());
        assert!(Rates::default().inclusive());
    }
}
