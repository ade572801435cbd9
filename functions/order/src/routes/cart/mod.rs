//! `/cart`: a signed-in user's cart.

pub mod add_item;
pub mod change_item;
pub mod empty;
pub mod remove_item;
pub mod show;

use axum::http::header::{ETAG, HeaderMap};
use axum::response::{IntoResponse, Response};
use axum::{Json, http::StatusCode};
use cartwright_types::UserId;
use cartwright_web::{Problem, etag};

use crate::clients::carts::StoredCart;
use crate::state::State;
use crate::usecases::cart;

/// The priced cart with its tag; 304 when the client has it.
async fn answer(
    state: &State,
    user: UserId,
    stored: &StoredCart,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let view = cart::price(state, user, stored).await?;
    // Prices and stock are part of what is shown, so they are part of the tag.
    let shown: i64 = view.lines.iter().map(|line| line.unit_price.amount ^ line.available).sum();
    let tag = etag::strong(&format!("{}-{shown:x}", view.version));
    if etag::is_not_modified(headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(([(ETAG, tag)], Json(view)).into_response())
}
