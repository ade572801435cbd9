//! `PATCH /cart/items/{line_id}` `{quantity}`

use axum::extract;
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_types::CartLineId;
use cartwright_web::{Body, Fields, FromFields, PathId, Problem, User, rules};

use super::add_item::check;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::place_order::MAX_QUANTITY;

/// The body.
pub struct Change {
    quantity: i64,
}

impl FromFields for Change {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let quantity = fields.required("quantity", rules::integer(1, MAX_QUANTITY));
        Some(Self { quantity: quantity? })
    }
}

/// 200 with the cart; 404; 409 `insufficient_stock`.
pub async fn handle(
    extract::State(state): extract::State<State>,
    user: User,
    PathId(id): PathId<CartLineId>,
    body: Body<Change>,
) -> Result<Response, Problem> {
    let cart = state.carts.read(user.id).await.map_err(Failure::from)?;
    let line = cart.lines.iter().find(|line| line.id == id).ok_or_else(Problem::not_found)?;
    let quotes = state.products.quotes(vec![line.sku.clone()]).await.map_err(Failure::from)?;
    check(body.quantity, quotes.first().map_or(0, |quote| quote.available))?;
    let changed = state.carts.update(user.id, |cart| {
        let line = cart.lines.iter_mut().find(|line| line.id == id).ok_or_else(Problem::not_found)?;
        line.quantity = body.quantity;
        Ok::<(), Problem>(())
    });
    let stored = changed.await.map_err(Failure::from)??;
    super::answer(&state, user.id, &stored, &HeaderMap::new()).await
}
