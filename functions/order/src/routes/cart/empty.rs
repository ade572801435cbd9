//! `DELETE /cart`: removes every line.

use std::convert::Infallible;

use axum::extract;
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_web::{Problem, User};

use crate::error::Failure;
use crate::state::State;
use crate::usecases::cart::CartView;

/// 200 with the empty cart.
#[utoipa::path(
    delete, path = "/cart", operation_id = "emptyCart", tag = "Cart",
    summary = "Empty the cart",
    description = "Removes every line.",
    responses((status = 200, description = "The empty cart.", body = CartView, headers(("ETag" = String)))),
    security(("bearer" = []))
)]
pub async fn handle(extract::State(state): extract::State<State>, user: User) -> Result<Response, Problem> {
    let emptied = state.carts.update(user.id, |cart| {
        cart.lines.clear();
        Ok::<(), Infallible>(())
    });
    let Ok(stored) = emptied.await.map_err(Failure::from)?;
    super::answer(&state, user.id, &stored, &HeaderMap::new()).await
}
