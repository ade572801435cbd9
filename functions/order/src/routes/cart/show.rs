//! `GET /cart`: lines at today's prices; a cart that was never written is empty.

use axum::extract;
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_web::query::NoParams;
use cartwright_web::{Problem, Query, User};

use crate::error::Failure;
use crate::state::State;
use crate::usecases::cart::CartView;

/// 200 with the cart, 304.
#[utoipa::path(
    get, path = "/cart", operation_id = "getCart", tag = "Cart",
    summary = "Read the cart",
    description = "One's own, at today's prices. A cart that was never written is empty. Lines that cannot be had any more are \
        left out, and `changes` says so.",
    responses((status = 200, description = "The cart.", body = CartView), (status = 304)),
    security(("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    user: User,
    Query(NoParams): Query<NoParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let stored = state.carts.read(user.id).await.map_err(Failure::from)?;
    super::answer(&state, user.id, &stored, &headers).await
}
