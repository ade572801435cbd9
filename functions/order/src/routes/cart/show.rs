//! `GET /cart`: lines at today's prices; a cart that was never written is empty.

use axum::extract;
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_web::query::NoParams;
use cartwright_web::{Problem, Query};

use super::CartTokenHeader;
use crate::state::State;
use crate::usecases::cart::{self, CartCaller, CartView};

/// 200 with the cart, 304.
#[utoipa::path(
    get, path = "/cart", operation_id = "getCart", tag = "Cart",
    summary = "Read the cart",
    description = "One's own, at today's prices; a guest's by `X-Cart-Token`. A cart that was never written is empty. Lines that \
        cannot be had any more are left out. What has changed since its owner last wrote is in `changes`, at each reading until \
        they write again.",
    params(CartTokenHeader),
    responses((status = 200, description = "The cart.", body = CartView), (status = 304)),
    security((), ("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    caller: CartCaller,
    Query(NoParams): Query<NoParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let open = cart::open(&state, &caller).await?;
    Ok(super::answer(&cart::show(&state, &open).await?, &headers))
}
