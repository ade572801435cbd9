//! What the routes of shipping methods, tax rates and promotions share.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, ETAG, HeaderMap, HeaderValue, LOCATION};
use axum::response::{IntoResponse, Response};
use cartwright_idempotency::Outcome;
use cartwright_types::{Currency, Money};
use cartwright_web::rules::{self, Invalid};
use cartwright_web::{Caller, FieldError, Problem, etag};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::promotion::is_code;
use crate::usecases::shop::ShopError;

impl From<ShopError> for Problem {
    fn from(error: ShopError) -> Self {
        match error {
            ShopError::NotFound => Self::not_found(),
            ShopError::Stale => etag::precondition_failed(),
            ShopError::CodeTaken => Self::conflict("code_taken").detail("Another one has this code."),
            ShopError::PlaceTaken => Self::conflict("tax_rate_taken")
                .detail("There is a rate for this class in this place; change that one."),
            ShopError::Disagrees => Self::conflict("tax_rates_disagree")
                .detail("The other rates of this country have another inclusive: its prices either contain their tax or do not."),
            ShopError::BelowRedeemed => Self::conflict("below_redeemed")
                .detail("More orders have it than max_redemptions allows; ends_at ends it for new ones."),
            ShopError::Failure(failure) => failure.into(),
        }
    }
}

/// How making something ended, for its idempotency key: what another one has is an answer, a failure is none.
pub(super) fn outcome(error: ShopError) -> Outcome {
    match error {
        ShopError::CodeTaken | ShopError::PlaceTaken | ShopError::Disagrees => Outcome::Final(error.into()),
        _ => Outcome::Free(error.into()),
    }
}

/// 201 with what was made, its `ETag` and its place.
pub(super) fn created(made: &impl Serialize, tag: &str, path: &str) -> Outcome {
    let mut headers = HeaderMap::new();
    headers.insert(ETAG, etag::strong(tag));
    if let Ok(location) = HeaderValue::from_str(path) {
        headers.insert(LOCATION, location);
    }
    Outcome::Done(StatusCode::CREATED, headers, serde_json::to_value(made).unwrap_or_default())
}

/// 200 with one of them and its `ETag`, or 304 when the client has it.
pub(super) fn shown(request: &HeaderMap, body: impl Serialize, tag: &str) -> Response {
    let tag = etag::strong(tag);
    if etag::is_not_modified(request, &tag) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
    }
    ([(ETAG, tag)], Json(body)).into_response()
}

/// 200 with it as it is now.
pub(super) fn changed(body: impl Serialize, tag: &str) -> Response {
    ([(ETAG, etag::strong(tag))], Json(body)).into_response()
}

/// What everybody may read, caches may keep; staff see a change at once.
pub(super) fn public(caller: &Caller, answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    if !caller.is_staff() {
        let kept = HeaderValue::from_static("public, max-age=5, stale-while-revalidate=30");
        response.headers_mut().insert(CACHE_CONTROL, kept);
    }
    response
}

/// Whether a version is one that the caller may change, by `If-Match`. What follows a hyphen in a tag counts for readers only.
pub(super) fn expected(headers: &HeaderMap) -> impl Fn(i64) -> bool + Sync {
    |version| {
        let version = version.to_string();
        let fits = etag::if_match(headers, |tag| {
            let own = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
            own.and_then(|own| own.split('-').next()) == Some(&version)
        });
        fits.unwrap_or(true)
    }
}

/// Before something is changed, and before the body is looked at: 412 when it was changed since the caller read it. The
/// change itself looks again.
pub(super) fn may_change(headers: &HeaderMap, version: i64) -> Result<(), Problem> {
    if expected(headers)(version) { Ok(()) } else { Err(etag::precondition_failed()) }
}

/// A code of a shipping method or promotion.
pub(super) fn code(value: Value) -> Result<String, Invalid> {
    let text = rules::string(value)?;
    if is_code(&text) {
        Ok(text)
    } else {
        let detail =
            "must be 1 to 64 letters, digits, dots, hyphens and underscores, a letter or digit first";
        Err(Invalid::new("invalid_code", detail))
    }
}

/// Names the amounts that are not in the shop's currency.
pub(super) fn check_currency<'m>(
    currency: Currency,
    amounts: impl IntoIterator<Item = (String, &'m Money)>,
) -> Result<(), Problem> {
    let wrong = amounts.into_iter().filter(|(_, money)| money.currency != currency);
    let errors: Vec<FieldError> = wrong
        .map(|(pointer, _)| FieldError {
            pointer,
            code: "wrong_currency".into(),
            detail: "must be in the shop's currency".into(),
        })
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::validation(errors)) }
}

/// Money as staff set it: 0 or more, in the shop's currency.
#[derive(ToSchema)]
#[schema(as = ShopPrice, examples(json!({ "amount": 490, "currency": "EUR" })))]
#[expect(dead_code, reason = "only described; rules::money is what reads it")]
pub(super) struct DescribedPrice {
    /// Minor units.
    #[schema(minimum = 0, maximum = 1_000_000_000_000_i64)]
    amount: i64,
    /// ISO 4217; the shop's.
    #[schema(pattern = "^[A-Z]{3}$", examples("EUR"))]
    currency: String,
}

#[cfg(test)]
mod tests {
    use axum::http::header::IF_MATCH;

    use super::*;

    #[test]
    fn a_change_depends_on_the_version_only_and_only_where_the_caller_says_so() {
        let fits = |value: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.extend(value.map(|value| (IF_MATCH, HeaderValue::from_static(value))));
            expected(&headers)(7)
        };
        for good in [None, Some("*"), Some("\"7\""), Some("\"7-12\""), Some("\"6\", \"7-1\"")] {
            assert!(fits(good), "{good:?}");
        }
        for stale in ["\"6-7\"", "W/\"7\"", "7", "\"70\"", ""] {
            assert!(!fits(Some(stale)), "{stale}");
        }
    }
}
