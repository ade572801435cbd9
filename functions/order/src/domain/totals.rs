//! What an order costs: a pure function in integer minor units, whatever their currency's decimals.
//!
//! 1. Lines: quantity times unit price.
//! 2. Promotions in the order of [`promotion::in_order`]: a percentage of what the goods still cost (half-even), then fixed
//!    amounts (never more than the goods still cost), shared out over the lines by largest remainder.
//! 3. Shipping: by the tariff, for the weight or for what the goods cost after discounts; free if a promotion says so.
//! 4. Tax: for each line and for the shipping what is left of it, half-even. The sums are sums of these, so that they are
//!    those of the invoice.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::domain::promotion::{self, Effect, Reduction};
use crate::domain::rounding::{divide_half_even, share_out};
use crate::domain::shipping::Tariff;

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

/// How it is shipped.
#[derive(Debug, Clone, Copy)]
pub struct Shipping<'a> {
    /// Its name, for people.
    pub name: &'a str,
    /// What it costs.
    pub tariff: &'a Tariff,
    /// What it weighs.
    pub grams: i64,
    /// Its tax, hundredths of a percent.
    pub rate_bps: i32,
}

/// Everything that decides what an order costs.
#[derive(Debug, Clone, Copy)]
pub struct Basket<'a> {
    /// The goods.
    pub lines: &'a [Item],
    /// What promotions take off, in any order.
    pub reductions: &'a [Reduction],
    /// How they are shipped.
    pub shipping: Shipping<'a>,
    /// Prices contain their tax.
    pub inclusive: bool,
}

/// An item with its sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charged {
    /// What was asked for.
    pub item: Item,
    /// What promotions took off.
    pub discount: i64,
    /// The tax in (inclusive) or on top of (exclusive) `total`.
    pub tax: i64,
    /// Quantity times unit price, less the discount.
    pub total: i64,
}

/// One step on the way to the grand total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it is, for people.
    pub label: String,
    /// What it adds; negative for a discount.
    pub amount: i64,
}

/// An order's sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// The lines.
    pub lines: Vec<Charged>,
    /// Shipping; its discount is not in `discount_total`.
    pub shipping: Charged,
    /// Sum of the lines before discounts.
    pub lines_total: i64,
    /// What promotions took off the lines.
    pub discount_total: i64,
    /// All tax.
    pub tax_total: i64,
    /// What is paid.
    pub grand_total: i64,
    /// How it comes about; the amounts add up to `grand_total`.
    pub explain: Vec<Step>,
}

/// Why there is no total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TotalsError {
    /// A sum leaves 64 bits.
    #[error("a sum is too large")]
    TooLarge,
    /// The tariff ends before this weight or price.
    #[error("the shipping method does not go so far")]
    BeyondTariff,
}

/// Adds up.
///
/// # Errors
/// See [`TotalsError`].
pub fn add_up(basket: &Basket<'_>) -> Result<Totals, TotalsError> {
    let before = basket
        .lines
        .iter()
        .map(|item| item.unit_price.checked_mul(item.quantity).ok_or(TotalsError::TooLarge));
    let before: Vec<i64> = before.collect::<Result<_, _>>()?;
    let lines_total = sum(&before)?;
    let mut explain = vec![Step { label: "Lines".to_owned(), amount: lines_total }];

    let reductions = promotion::in_order(basket.reductions);
    let (mut left, mut goods) = (before.clone(), lines_total);
    for reduction in &reductions {
        let Some(off) = taken_off(reduction.effect, goods) else { continue };
        let shares = share_out(off, &left);
        for (line, share) in left.iter_mut().zip(shares) {
            *line -= share;
        }
        goods -= off;
        explain.push(Step { label: label(reduction), amount: -off });
    }

    let price =
        basket.shipping.tariff.price(basket.shipping.grams, goods).ok_or(TotalsError::BeyondTariff)?;
    explain.push(Step { label: basket.shipping.name.to_owned(), amount: price });
    let free = reductions.iter().filter(|reduction| reduction.effect == Effect::FreeShipping);
    let mut to_pay = price;
    for reduction in free {
        explain.push(Step { label: label(reduction), amount: -to_pay });
        to_pay = 0;
    }

    let charged = |item: Item, before: i64, total: i64| {
        let tax = tax_of(total, item.rate_bps, basket.inclusive)?;
        Ok(Charged { item, discount: before - total, tax, total })
    };
    let lines = basket
        .lines
        .iter()
        .zip(before.iter().zip(&left))
        .map(|(item, (before, total))| charged(*item, *before, *total));
    let lines: Vec<Charged> = lines.collect::<Result<_, _>>()?;
    let shipping = Item { unit_price: price, quantity: 1, rate_bps: basket.shipping.rate_bps };
    let shipping = charged(shipping, price, to_pay)?;

    let taxes: Vec<i64> = lines.iter().chain([&shipping]).map(|charged| charged.tax).collect();
    let tax_total = sum(&taxes)?;
    let on_top = if basket.inclusive { 0 } else { tax_total };
    let grand_total = sum(&[goods, to_pay, on_top])?;
    if !basket.inclusive {
        explain.push(Step { label: "Tax".to_owned(), amount: tax_total });
    }
    Ok(Totals {
        lines,
        shipping,
        lines_total,
        discount_total: lines_total - goods,
        tax_total,
        grand_total,
        explain,
    })
}

/// What a reduction takes off goods that cost so much; `None` if it is not about goods.
fn taken_off(effect: Effect, goods: i64) -> Option<i64> {
    match effect {
        Effect::Percent(percent) => {
            let percent = i128::from(percent.clamp(0, 100));
            // Not more than the goods, so it fits.
            Some(i64::try_from(divide_half_even(i128::from(goods) * percent, 100)).unwrap_or(goods))
        }
        Effect::Fixed(amount) => Some(amount.clamp(0, goods)),
        Effect::FreeShipping => None,
    }
}

fn label(reduction: &Reduction) -> String {
    let code = &reduction.code;
    match reduction.effect {
        Effect::Percent(percent) => format!("{code} ({percent} % off)"),
        Effect::Fixed(_) => format!("{code} (discount)"),
        Effect::FreeShipping => format!("{code} (free shipping)"),
    }
}

fn tax_of(total: i64, rate_bps: i32, inclusive: bool) -> Result<i64, TotalsError> {
    let rate = i128::from(rate_bps);
    let divisor = if inclusive { 10_000 + rate } else { 10_000 };
    i64::try_from(divide_half_even(i128::from(total) * rate, divisor)).map_err(|_| TotalsError::TooLarge)
}

fn sum(amounts: &[i64]) -> Result<i64, TotalsError> {
    amounts.iter().try_fold(0_i64, |sum, amount| sum.checked_add(*amount)).ok_or(TotalsError::TooLarge)
}
