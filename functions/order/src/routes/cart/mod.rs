//! `/cart`: a user's by their id, a guest's by `X-Cart-Token`.

pub mod add_item;
mod caller;
pub mod change_item;
pub mod empty;
pub mod remove_item;
pub mod show;

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::header::{ETAG, HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::{Json, http::StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_web::{Problem, etag};

use crate::domain::cart::Refusal;
use crate::domain::token::Token;
use crate::usecases::cart::{CartView, Written};

use caller::CART_TOKEN;
pub use caller::CartTokenHeader;

/// The cart with its tag; 304 when the client has it.
fn answer(view: &CartView, headers: &HeaderMap) -> Response {
    let tag = tag(view);
    if etag::is_not_modified(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
    }
    ([(ETAG, tag)], Json(view)).into_response()
}

/// The cart after a write, and the token of one that this made.
fn written(written: &Written) -> Response {
    let mut response = answer(&written.view, &HeaderMap::new());
    if let Some(token) = &written.token {
        response.headers_mut().insert(CART_TOKEN, token_value(token));
    }
    response
}

fn token_value(token: &Token) -> HeaderValue {
    let mut value = HeaderValue::from_str(token.expose()).expect("base64url is visible ASCII");
    value.set_sensitive(true);
    value
}

/// The version of what is stored, then what else is shown: prices and stock.
fn tag(view: &CartView) -> HeaderValue {
    let shown = digest(&SHA256, &serde_json::to_vec(view).unwrap_or_default());
    etag::strong(&format!("{}-{}", view.version, URL_SAFE_NO_PAD.encode(&shown.as_ref()[..9])))
}

/// Holds `If-Match`, if it was sent, against the stored part of the tag: that a price has changed stands in nobody's way.
///
/// # Errors
/// 412 `precondition_failed`.
fn check_if_match(headers: &HeaderMap, version: i64) -> Result<(), Problem> {
    let own = format!("\"{version}-");
    match etag::if_match(headers, |tag| tag.starts_with(&own) && tag.ends_with('"')) {
        Some(false) => Err(etag::precondition_failed()),
        Some(true) | None => Ok(()),
    }
}

/// How a refusal is told.
fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::NoSuchLine => Problem::not_found(),
        Refusal::TooManyLines => Problem::invalid("/sku", "too_many_lines", "a cart has at most 100 lines"),
        Refusal::TooMuch => Problem::invalid("/quantity", "out_of_range", "at most 9999 of one sku"),
        Refusal::Short { available } => Problem::conflict("insufficient_stock")
            .detail("There is not enough of it; see available.")
            .with("available", available),
    }
}
