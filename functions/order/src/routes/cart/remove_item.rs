//! `DELETE /cart/items/{line_id}`

use axum::extract;
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_types::CartLineId;
use cartwright_web::openapi::IfMatch;
use cartwright_web::{PathId, Problem};

use super::CartTokenHeader;
use crate::domain::token::Token;
use crate::state::State;
use crate::usecases::cart::{self, CartCaller, CartView};

/// 200 with the cart; 404, 412.
#[utoipa::path(
    delete, path = "/cart/items/{line_id}", operation_id = "removeCartItem", tag = "Cart",
    summary = "Take something out of the cart",
    description = "Removes a line. Of the `ETag` only the cart's own part counts: a change of price does not stand in the way.",
    params(("line_id" = uuid::Uuid, Path, description = "The line's id."), CartTokenHeader, IfMatch),
    responses((status = 200, description = "The cart.", body = CartView, headers(("ETag" = String)))),
    security((), ("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    caller: CartCaller,
    PathId(id): PathId<CartLineId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let open = cart::open(&state, &caller).await?;
    let quotes = cart::quotes(&state, &open.cart, None).await?;
    let removed = cart::write(&state, open, quotes, Token::random, |cart| {
        cart.remove(id).map_err(super::refused)?;
        super::check_if_match(&headers, cart.version)
    });
    Ok(super::written(&removed.await??))
}
