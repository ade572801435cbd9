//! `DELETE /cart`: removes every line.

use axum::extract;
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_web::Problem;
use cartwright_web::openapi::IfMatch;

use super::CartTokenHeader;
use crate::domain::cart::Quotes;
use crate::domain::token::Token;
use crate::state::State;
use crate::usecases::cart::{self, CartCaller, CartView};

/// 200 with the empty cart; 412.
#[utoipa::path(
    delete, path = "/cart", operation_id = "emptyCart", tag = "Cart",
    summary = "Empty the cart",
    description = "Removes every line. Of the `ETag` only the cart's own part counts: a change of price does not stand in the way.",
    params(CartTokenHeader, IfMatch),
    responses((status = 200, description = "The empty cart.", body = CartView, headers(("ETag" = String)))),
    security((), ("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    caller: CartCaller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let open = cart::open(&state, &caller).await?;
    let emptied = cart::write(&state, open, Quotes::new(), Token::random, |cart| {
        super::check_if_match(&headers, cart.version)?;
        cart.lines.clear();
        Ok::<(), Problem>(())
    });
    Ok(super::written(&emptied.await??))
}
