//! Shipping, taxes and promotions: what lines cost together.

use cartwright_contracts::stock::Quote;
use cartwright_types::Money;
use cartwright_web::{FieldError, Problem};

use super::{PlaceError, PlaceOrder, invalid, refused};
use crate::db::promotions::{self, StoredPromotion};
use crate::db::shipping_methods::{self, StoredMethod};
use crate::db::tax_rates;
use crate::domain::promotion::{Reduction, Season, key};
use crate::domain::tax::{Rates, STANDARD};
use crate::domain::totals::{Basket, Item, Shipping, Totals, TotalsError, add_up};
use crate::state::State;

/// What an order costs, and why.
pub struct Priced {
    /// The sums.
    pub totals: Totals,
    /// Prices contain their tax.
    pub inclusive: bool,
    /// How it is shipped.
    pub shipping: StoredMethod,
    /// What takes something off, in the order in which the buyer named it.
    pub promotions: Vec<StoredPromotion>,
}

/// The method that the buyer chose, if it ships to the address.
pub async fn shipping_method(state: &State, wish: &PlaceOrder) -> Result<StoredMethod, PlaceError> {
    let method = shipping_methods::get(state.database.pool(), wish.shipping_method.uuid()).await?;
    let Some(stored) = method else {
        return Err(invalid(Problem::invalid(
            "/shipping_method",
            "unknown_shipping_method",
            "see GET /shipping-methods",
        )));
    };
    if !stored.method.countries.contains(&wish.shipping_address.country) {
        return Err(invalid(Problem::invalid(
            "/shipping_method",
            "not_to_this_country",
            "does not ship to this country",
        )));
    }
    Ok(stored)
}

/// Adds up lines, and holds the sum against what the buyer was shown.
pub async fn price(
    state: &State,
    wish: &PlaceOrder,
    lines: &[(Quote, i64)],
    shipping: StoredMethod,
) -> Result<Priced, PlaceError> {
    let promotions = redeemable(state, wish).await?;
    let address = &wish.shipping_address;
    let rates = tax_rates::of_country(state.database.pool(), &address.country).await?;
    let rates = Rates::at(rates, address.state.as_deref());
    let items: Vec<Item> = lines
        .iter()
        .map(|(quote, quantity)| Item {
            unit_price: quote.unit_price.amount,
            quantity: *quantity,
            rate_bps: rates.of(&quote.tax_class),
        })
        .collect();
    let reductions: Vec<Reduction> = promotions
        .iter()
        .map(|stored| Reduction { code: stored.promotion.code.clone(), effect: stored.promotion.effect })
        .collect();
    let inclusive = rates.inclusive();
    let basket = Basket {
        lines: &items,
        reductions: &reductions,
        shipping: Shipping {
            name: &shipping.method.name,
            tariff: &shipping.method.tariff,
            grams: grams(lines),
            rate_bps: rates.of(STANDARD),
        },
        inclusive,
    };
    let totals = add_up(&basket).map_err(|error| {
        invalid(match error {
            TotalsError::TooLarge => {
                Problem::invalid("/lines", "out_of_range", "the order's total is too large")
            }
            TotalsError::BeyondTariff => Problem::invalid(
                "/shipping_method",
                "beyond_last_tier",
                "does not ship so much; choose another one",
            ),
        })
    })?;
    check_expected(state, wish, &totals)?;
    Ok(Priced { totals, inclusive, shipping, promotions })
}

/// What the lines weigh; a variant without a weight weighs nothing.
fn grams(lines: &[(Quote, i64)]) -> i64 {
    lines
        .iter()
        .map(|(quote, quantity)| i64::from(quote.weight_grams.unwrap_or(0)).saturating_mul(*quantity))
        .fold(0, i64::saturating_add)
}

/// The promotions that the buyer named. One that is used up is refused here already, before stock is reserved; whether there
/// is room is decided when the order is stored.
async fn redeemable(state: &State, wish: &PlaceOrder) -> Result<Vec<StoredPromotion>, PlaceError> {
    if wish.promotion_codes.is_empty() {
        return Ok(Vec::new());
    }
    let pool = state.database.pool();
    let known = promotions::by_codes(pool, &wish.promotion_codes).await?;
    let (now, mut named, mut errors) = (state.clock.now(), Vec::new(), Vec::new());
    for (at, code) in wish.promotion_codes.iter().enumerate() {
        let stored = known.iter().find(|stored| key(&stored.promotion.code) == key(code));
        let is_repeated = wish.promotion_codes[..at].iter().any(|earlier| key(earlier) == key(code));
        let (code, detail) = match stored.map(|stored| stored.promotion.season(now)) {
            _ if is_repeated => ("repeated", "is given more than once"),
            Some(Season::On) => {
                named.extend(stored.cloned());
                continue;
            }
            Some(Season::Early) => ("promotion_not_started", "does not hold yet"),
            Some(Season::Over) => ("promotion_expired", "does not hold any more"),
            None => ("unknown_promotion", "is not a code of this shop"),
        };
        let pointer = format!("/promotion_codes/{at}");
        errors.push(FieldError { pointer, code: code.into(), detail: detail.into() });
    }
    if !errors.is_empty() {
        return Err(invalid(Problem::validation(errors)));
    }
    let used_up = promotions::used_up(pool, &named, wish.customer.holder()).await?;
    match used_up.map(|stored| stored.promotion.code.clone()) {
        Some(code) => Err(refused(exhausted().with("promotion_code", code))),
        None => Ok(named),
    }
}

/// The answer when a promotion was used as often as it may be.
pub fn exhausted() -> Problem {
    Problem::conflict("promotion_exhausted").detail("A promotion code was used as often as it may be.")
}

fn check_expected(state: &State, wish: &PlaceOrder, totals: &Totals) -> Result<(), PlaceError> {
    let grand = Money::new(totals.grand_total, state.shop.currency);
    match wish.expected_total {
        Some(expected) if expected != grand => Err(refused(
            Problem::conflict("price_changed")
                .detail("The total is not the expected one any more.")
                .with("expected_total", expected)
                .with("total", grand),
        )),
        _ => Ok(()),
    }
}
