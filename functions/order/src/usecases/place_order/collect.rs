//! Lines, prices, taxes and shipping: everything that decides what an order costs. Writes nothing.

use std::collections::{BTreeMap, HashMap};

use cartwright_contracts::stock::{Quote, StockLine};
use cartwright_types::Money;
use cartwright_web::{FieldError, Fields, FromFields, Problem, rules};
use utoipa::ToSchema;

use super::{PlaceError, PlaceOrder, invalid, refused};
use crate::db::shop::{self, ShippingMethodRow, TaxRateRow};
use crate::domain::totals::{Item, Totals, add_up};
use crate::error::Failure;
use crate::state::State;

/// The most lines an order has.
pub const MAX_LINES: usize = 100;
/// The most of one sku.
pub const MAX_QUANTITY: i64 = 9999;

/// Something to order, and how many.
#[derive(Debug, Clone, ToSchema)]
pub struct WantedLine {
    /// What.
    #[schema(min_length = 1, max_length = 64, examples("TENT-2-GREEN"))]
    pub sku: String,
    /// How many.
    #[schema(minimum = 1, maximum = 9999, examples(1))]
    pub quantity: i64,
}

impl FromFields for WantedLine {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let sku = fields.required("sku", rules::text(1, 64));
        let quantity = fields.required("quantity", rules::integer(1, MAX_QUANTITY));
        Some(Self { sku: sku?, quantity: quantity? })
    }
}

/// What an order is made of.
pub struct Collected {
    /// Each sku once, in the order wanted.
    pub lines: Vec<(Quote, i64)>,
    /// What it costs.
    pub totals: Totals,
    /// Prices contain their tax.
    pub inclusive: bool,
    /// How it is shipped.
    pub shipping: ShippingMethodRow,
    /// The cart that was read.
    pub cart_version: Option<i64>,
}

impl Collected {
    /// For the reservation.
    pub fn stock_lines(&self) -> Vec<StockLine> {
        self.lines
            .iter()
            .map(|(quote, quantity)| StockLine { sku: quote.sku.clone(), quantity: *quantity })
            .collect()
    }
}

pub async fn collect(state: &State, wish: &PlaceOrder) -> Result<Collected, PlaceError> {
    let (wanted, cart_version) = wanted_lines(state, wish).await?;
    if wanted.is_empty() {
        return Err(invalid(Problem::invalid("/lines", "required", "there is nothing to order")));
    }
    let shipping = shipping_method(state, wish).await?;
    let skus = wanted.iter().map(|line| line.sku.clone()).collect();
    let quotes = state.products.quotes(skus).await.map_err(Failure::from)?;
    let mut quotes: HashMap<String, Quote> =
        quotes.into_iter().map(|quote| (quote.sku.clone(), quote)).collect();
    let unknown: Vec<FieldError> = wanted
        .iter()
        .enumerate()
        .filter(|(_, line)| !quotes.contains_key(&line.sku))
        .map(|(at, _)| FieldError {
            pointer: format!("/lines/{at}/sku"),
            code: "unknown_sku".into(),
            detail: "is not for sale".into(),
        })
        .collect();
    if !unknown.is_empty() {
        return Err(invalid(Problem::validation(unknown)));
    }
    // Lines of one sku are one line.
    let mut sums: BTreeMap<usize, (Quote, i64)> = BTreeMap::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (at, line) in wanted.iter().enumerate() {
        let place = *places.entry(line.sku.clone()).or_insert(at);
        if let Some(quote) = quotes.remove(&line.sku) {
            sums.insert(place, (quote, 0));
        }
        if let Some((_, quantity)) = sums.get_mut(&place) {
            *quantity += line.quantity;
        }
    }
    let lines: Vec<(Quote, i64)> = sums.into_values().collect();
    if let Some((_, (_, _))) = lines.iter().enumerate().find(|(_, (_, quantity))| *quantity > MAX_QUANTITY) {
        return Err(invalid(Problem::invalid("/lines", "out_of_range", "at most 9999 of one sku")));
    }
    let (totals, inclusive) = totals(state, wish, &lines, &shipping).await?;
    check_expected(state, wish, &totals)?;
    Ok(Collected { lines, totals, inclusive, shipping, cart_version })
}

async fn wanted_lines(
    state: &State,
    wish: &PlaceOrder,
) -> Result<(Vec<WantedLine>, Option<i64>), PlaceError> {
    if let Some(lines) = &wish.lines {
        return Ok((lines.clone(), None));
    }
    let cart = state.carts.read(wish.user_id).await.map_err(Failure::from)?;
    let lines =
        cart.lines.into_iter().map(|line| WantedLine { sku: line.sku, quantity: line.quantity }).collect();
    Ok((lines, Some(cart.version)))
}

async fn shipping_method(state: &State, wish: &PlaceOrder) -> Result<ShippingMethodRow, PlaceError> {
    let method = shop::shipping_method(state.database.pool(), wish.shipping_method).await?;
    let Some(method) = method else {
        return Err(invalid(Problem::invalid(
            "/shipping_method",
            "unknown_shipping_method",
            "see GET /shipping-methods",
        )));
    };
    if !method.countries.contains(&wish.shipping_address.country) {
        return Err(invalid(Problem::invalid(
            "/shipping_method",
            "not_to_this_country",
            "does not ship to this country",
        )));
    }
    Ok(method)
}

async fn totals(
    state: &State,
    wish: &PlaceOrder,
    lines: &[(Quote, i64)],
    shipping: &ShippingMethodRow,
) -> Result<(Totals, bool), PlaceError> {
    let rates = shop::tax_rates(state.database.pool(), &wish.shipping_address.country).await?;
    // One country's prices either contain their tax or do not.
    let inclusive = rates.first().is_none_or(|rate| rate.inclusive);
    let rate = |class: &str| {
        rates.iter().find(|rate: &&TaxRateRow| rate.tax_class == class).map_or(0, |rate| rate.rate_bps)
    };
    let items: Vec<Item> = lines
        .iter()
        .map(|(quote, quantity)| Item {
            unit_price: quote.unit_price.amount,
            quantity: *quantity,
            rate_bps: rate(&quote.tax_class),
        })
        .collect();
    let shipping = Item { unit_price: shipping.price, quantity: 1, rate_bps: rate("standard") };
    let totals = add_up(&items, shipping, inclusive).ok_or_else(|| {
        invalid(Problem::invalid("/lines", "out_of_range", "the order's total is too large"))
    })?;
    Ok((totals, inclusive))
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
