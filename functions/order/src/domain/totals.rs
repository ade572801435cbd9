//! What an order costs: a pure function in integer minor units.

/// One thing that is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// For one, minor units.
    pub unit_price: i64,
    /// How many.
    pub quantity: i64,
    /// Hundredths of a percent: 1900 is 19 %.
    pub rate_bps: i32,
}

/// An item with its sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charged {
    /// What was asked for.
    pub item: Item,
    /// The tax in (inclusive) or on top of (exclusive) `total`.
    pub tax: i64,
    /// Quantity times unit price.
    pub total: i64,
}

/// An order's sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// The lines.
    pub lines: Vec<Charged>,
    /// Shipping.
    pub shipping: Charged,
    /// Sum of the lines.
    pub lines_total: i64,
    /// All tax.
    pub tax_total: i64,
    /// What is paid.
    pub grand_total: i64,
}

/// Adds up. `inclusive`: prices contain their tax. `None` when a sum leaves 64 bits.
#[must_use]
pub fn add_up(lines: &[Item], shipping: Item, inclusive: bool) -> Option<Totals> {
    let lines: Vec<Charged> = lines.iter().map(|item| charge(*item, inclusive)).collect::<Option<_>>()?;
    let shipping = charge(shipping, inclusive)?;
    let lines_total = lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.total))?;
    let tax_total = lines.iter().try_fold(shipping.tax, |sum, line| sum.checked_add(line.tax))?;
    let before_tax = lines_total.checked_add(shipping.total)?;
    let grand_total = if inclusive { before_tax } else { before_tax.checked_add(tax_total)? };
    Some(Totals { lines, shipping, lines_total, tax_total, grand_total })
}

fn charge(item: Item, inclusive: bool) -> Option<Charged> {
    let total = item.unit_price.checked_mul(item.quantity)?;
    let rate = i128::from(item.rate_bps);
    let divisor = if inclusive { 10_000 + rate } else { 10_000 };
    let tax = i64::try_from(divide_half_even(i128::from(total) * rate, divisor)).ok()?;
    Some(Charged { item, tax, total })
}

/// Half-even (banker's) rounding of a quotient that is not negative.
fn divide_half_even(numerator: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (numerator / divisor, numerator % divisor);
    match (2 * rest).cmp(&divisor) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + quotient % 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn german_prices_contain_their_tax() {
        let items = [Item { unit_price: 1190, quantity: 2, rate_bps: 1900 }];
        let totals = add_up(&items, Item { unit_price: 490, quantity: 1, rate_bps: 1900 }, true).unwrap();
        assert_eq!((totals.lines_total, totals.lines[0].tax, totals.shipping.tax), (2380, 380, 78));
        assert_eq!((totals.tax_total, totals.grand_total), (458, 2870));
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        assert_eq!([5, 15, 25, 24, 26].map(|n| divide_half_even(n, 10)), [0, 2, 2, 2, 3]);
    }

    #[test]
    fn a_sum_beyond_64_bits_is_none_and_not_a_panic() {
        let items = [Item { unit_price: i64::MAX, quantity: 2, rate_bps: 0 }];
        assert_eq!(add_up(&items, Item { unit_price: 0, quantity: 1, rate_bps: 0 }, true), None);
    }

    prop_compose! {
        fn item()(unit_price in 0_i64..1_000_000_000, quantity in 1_i64..10_000, rate_bps in 0_i32..=10_000) -> Item {
            Item { unit_price, quantity, rate_bps }
        }
    }

    proptest! {
        #[test]
        fn the_grand_total_is_the_sum_of_its_parts(
            lines in proptest::collection::vec(item(), 0..20), shipping in item(), inclusive: bool,
        ) {
            let totals = add_up(&lines, shipping, inclusive).unwrap();
            let parts: i64 = totals.lines.iter().chain([&totals.shipping]).map(|c| c.total).sum();
            let tax: i64 = totals.lines.iter().chain([&totals.shipping]).map(|c| c.tax).sum();
            prop_assert_eq!(totals.tax_total, tax);
            prop_assert_eq!(totals.grand_total, if inclusive { parts } else { parts + tax });
            prop_assert!(tax >= 0 && (!inclusive || tax <= parts));
        }
    }
}
