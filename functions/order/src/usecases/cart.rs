//! The cart as its owner sees it: priced when it is read.

use std::collections::HashMap;

use cartwright_contracts::stock::Quote;
use cartwright_types::{CartLineId, Money, ProductId, UserId};
use cartwright_web::openapi::words;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clients::carts::StoredCart;
use crate::error::Failure;
use crate::state::State;

/// A priced cart.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Cart)]
pub struct CartView {
    /// A user has one cart; its id is the user's.
    #[schema(value_type = Uuid)]
    pub id: UserId,
    /// The shop's currency.
    #[schema(pattern = "^[A-Z]{3}$", examples("EUR"))]
    pub currency: String,
    /// What is in it and still for sale.
    pub lines: Vec<CartLineView>,
    /// Sum of the lines.
    pub subtotal: Money,
    /// What moved since it was put in.
    pub changes: Vec<CartChange>,
    /// For the ETag.
    #[serde(skip)]
    pub version: i64,
}

/// A priced line.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CartLine)]
pub struct CartLineView {
    /// The line's id.
    #[schema(value_type = Uuid)]
    pub id: CartLineId,
    /// What.
    pub sku: String,
    /// Its product.
    #[schema(value_type = Uuid)]
    pub product_id: ProductId,
    /// Its name.
    pub name: String,
    /// How many.
    #[schema(minimum = 1, maximum = 9999)]
    pub quantity: i64,
    /// For one, now.
    pub unit_price: Money,
    /// For all.
    pub total: Money,
    /// How many can be had now.
    pub available: i64,
}

/// Something that is not as it was.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CartChange {
    /// Of which line.
    pub sku: String,
    /// `unavailable`: not for sale any more; `insufficient_stock`: fewer than wanted.
    #[schema(schema_with = changes)]
    pub code: &'static str,
}

fn changes() -> utoipa::openapi::Object {
    words("Not for sale any more, or fewer than wanted.", &["unavailable", "insufficient_stock"])
}

/// Prices a stored cart.
///
/// # Errors
/// The product service did not answer.
pub async fn price(state: &State, owner: UserId, cart: &StoredCart) -> Result<CartView, Failure> {
    let skus = cart.lines.iter().map(|line| line.sku.clone()).collect();
    let quotes: HashMap<String, Quote> =
        state.products.quotes(skus).await?.into_iter().map(|quote| (quote.sku.clone(), quote)).collect();
    let mut view = CartView {
        id: owner,
        currency: state.shop.currency.to_string(),
        lines: Vec::with_capacity(cart.lines.len()),
        subtotal: Money::zero(state.shop.currency),
        changes: Vec::new(),
        version: cart.version,
    };
    for line in &cart.lines {
        let Some(quote) = quotes.get(&line.sku) else {
            view.changes.push(CartChange { sku: line.sku.clone(), code: "unavailable" });
            continue;
        };
        if quote.available < line.quantity {
            view.changes.push(CartChange { sku: line.sku.clone(), code: "insufficient_stock" });
        }
        let overflow = |_| Failure::Data("a cart beyond 64 bits");
        let total = quote.unit_price.checked_mul(line.quantity).map_err(overflow)?;
        view.subtotal = view.subtotal.checked_add(total).map_err(overflow)?;
        view.lines.push(CartLineView {
            id: line.id,
            sku: line.sku.clone(),
            product_id: quote.product_id,
            name: quote.name.clone(),
            quantity: line.quantity,
            unit_price: quote.unit_price,
            total,
            available: quote.available,
        });
    }
    Ok(view)
}
