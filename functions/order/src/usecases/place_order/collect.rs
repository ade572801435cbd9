//! Lines and everything that decides what they cost. Writes nothing.

use std::collections::{BTreeMap, HashMap};

use cartwright_contracts::stock::{Quote, StockLine};
use cartwright_web::{FieldError, Fields, FromFields, Problem, rules};
use utoipa::ToSchema;

use super::pricing::{self, Priced};
use super::{PlaceError, PlaceOrder, invalid};
use crate::domain::cart::MAX_QUANTITY;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::cart::{self, OpenCart};

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
    /// What it costs, and why.
    pub priced: Priced,
    /// The cart that was read: its owner, as the table knows them, and its version.
    pub cart: Option<(String, i64)>,
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
    let (wanted, cart) = wanted_lines(state, wish).await?;
    if wanted.is_empty() {
        return Err(invalid(Problem::invalid("/lines", "required", "there is nothing to order")));
    }
    let shipping = pricing::shipping_method(state, wish).await?;
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
    if lines.iter().any(|(_, quantity)| *quantity > MAX_QUANTITY) {
        return Err(invalid(Problem::invalid("/lines", "out_of_range", "at most 9999 of one sku")));
    }
    let priced = pricing::price(state, wish, &lines, shipping).await?;
    Ok(Collected { lines, priced, cart })
}

async fn wanted_lines(
    state: &State,
    wish: &PlaceOrder,
) -> Result<(Vec<WantedLine>, Option<(String, i64)>), PlaceError> {
    if let Some(lines) = &wish.lines {
        return Ok((lines.clone(), None));
    }
    let OpenCart { owner, cart } = cart::open(state, &wish.cart).await?;
    let lines =
        cart.lines.into_iter().map(|line| WantedLine { sku: line.sku, quantity: line.quantity }).collect();
    Ok((lines, owner.map(|owner| (owner.to_string(), cart.version))))
}
