//! `POST /cart/items` `{sku, quantity}`: lines of one sku are summed.

use std::sync::OnceLock;

use axum::extract;
use axum::http::header::ETAG;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use cartwright_database::idempotency::Request;
use cartwright_idempotency::{self as idempotent, Outcome};
use cartwright_types::CartLineId;
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::{OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::{Body, Problem};
use uuid::Uuid;

use super::{CART_TOKEN, CartTokenHeader};
use crate::clients::carts::CartOwner;
use crate::domain::token::Token;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::cart::{self, CartCaller, CartView, Written};
use crate::usecases::place_order::WantedLine;

/// 200 with the cart; 409 `insufficient_stock` with `available`; 422 for an unknown sku or a cart of over 100 lines.
#[utoipa::path(
    post, path = "/cart/items", operation_id = "addCartItem", tag = "Cart",
    summary = "Put something into the cart",
    description = "What is in the cart already is summed. Nothing is reserved until the order. An unknown sku is a 422 \
        `unknown_sku` at `/sku`, a 101st line `too_many_lines`. A guest who has no cart yet gets its token in `X-Cart-Token`. \
        Without an identity and a cart token, an `Idempotency-Key` must be a UUID.",
    params(CartTokenHeader, OptionalIdempotencyKey),
    request_body(content = WantedLine, example = json!({ "sku": "TENT-2-GREEN", "quantity": 1 })),
    responses(
        (status = 200, description = "The cart.", body = CartView,
            headers(("ETag" = String), ("X-Cart-Token" = String, description = "The token of a guest's cart that this made."))),
        (status = 409, description = "`insufficient_stock`: there is not as much as wanted, see `available`; or \
            `idempotency_in_flight` with `Retry-After`.",
            body = ProblemDocument, headers(("Retry-After" = i32)), example = json!({
                "code": "insufficient_stock", "detail": "There is not enough of it; see available.", "available": 3
            }))
    ),
    security((), ("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    caller: CartCaller,
    key: IdempotencyKey,
    body: Body<WantedLine>,
) -> Result<Response, Problem> {
    let scope = caller.scope(&key)?;
    let fingerprint = fingerprint(&Method::POST, "/cart/items", &body.raw);
    let request = key.0.map(|key| Request { scope, key, fingerprint });
    // A retry is given the same token: it follows from the key.
    let token = request.as_ref().map(|request| state.token_keys.of_cart(&request.scope, &request.key));
    let (pool, clock, keyed) = (state.database.pool(), state.clock.as_ref(), request.is_some());
    let made = &OnceLock::new();
    let mut response = idempotent::run_if::<Failure, _>(pool, clock, request, "/cart/items", async |id| {
        match add(&state, &caller, &body, id, keyed, token.clone()).await {
            Ok(written) => {
                let headers = HeaderMap::from_iter([(ETAG, super::tag(&written.view))]);
                let body = serde_json::to_value(&written.view).unwrap_or_default();
                if let Some(token) = written.token {
                    made.get_or_init(|| token);
                }
                Outcome::Done(StatusCode::OK, headers, body)
            }
            Err(problem) if problem.status == StatusCode::CONFLICT => Outcome::Final(problem),
            Err(problem) => Outcome::Free(problem),
        }
    })
    .await?;
    let replayed =
        response.status() == StatusCode::OK && response.headers().contains_key("idempotency-replayed");
    let token = if replayed { token_again(&state, &caller, token).await? } else { made.get().cloned() };
    if let Some(token) = token {
        response.headers_mut().insert(CART_TOKEN, super::token_value(&token));
    }
    Ok(response)
}

async fn add(
    state: &State,
    caller: &CartCaller,
    wanted: &WantedLine,
    id: Uuid,
    keyed: bool,
    token: Option<Token>,
) -> Result<Written, Problem> {
    let open = cart::open(state, caller).await?;
    let quotes = cart::quotes(state, &open.cart, Some(&wanted.sku)).await?;
    let Some(quote) = quotes.get(&wanted.sku).cloned().flatten() else {
        return Err(Problem::invalid("/sku", "unknown_sku", "is not for sale"));
    };
    let token = || token.unwrap_or_else(Token::random);
    let added = cart::write(state, open, quotes, token, |cart| {
        // A crash may have come between this write and its stored answer.
        if keyed && !cart.first(id) {
            return Ok(());
        }
        cart.add(CartLineId(id), &quote, wanted.quantity).map_err(super::refused)
    });
    added.await?
}

/// The token that went with a stored answer: it made a cart if the caller had none.
async fn token_again(
    state: &State,
    caller: &CartCaller,
    token: Option<Token>,
) -> Result<Option<Token>, Problem> {
    if caller.user.is_some() {
        return Ok(None);
    }
    let Some(sent) = &caller.token else { return Ok(token) };
    let known = state.carts.read(CartOwner::Guest(sent.hash())).await.map_err(Failure::from)?.version > 0;
    Ok(token.filter(|_| !known))
}
