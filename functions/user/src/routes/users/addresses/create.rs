//! `POST /users/{id}/addresses`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::header::{ETAG, HeaderMap, HeaderValue, LOCATION};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use cartwright_database::idempotency;
use cartwright_idempotency::{self as idempotent, Outcome};
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::{OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::{Body, PathId, Problem, User, etag};

use super::view::{AddressView, NewAddress};
use crate::domain::address::BookAddress;
use crate::error::Failure;
use crate::routes::users::whom::{UserPath, Whom};
use crate::state::State;
use crate::usecases::address_book::{self, BookError};

/// 201 with the address; 409 `too_many_addresses`.
#[utoipa::path(
    post, path = "/users/{id}/addresses", operation_id = "addAddress", tag = "Users",
    summary = "Add an address",
    description = "To one's own book, which holds 100. A new default takes the former one's place.",
    params(UserPath, OptionalIdempotencyKey),
    request_body(content = NewAddress, example = json!({
        "name": "Ada Lovelace", "line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE",
        "default_shipping": true
    })),
    responses(
        (status = 201, description = "It is in the book.", body = AddressView, headers(("ETag" = String), ("Location" = String))),
        (status = 409, description = "`too_many_addresses`, or `idempotency_in_flight` with `Retry-After`.",
            body = ProblemDocument, headers(("Retry-After" = i32)), example = json!({
                "code": "too_many_addresses", "detail": "An address book holds 100 addresses. Remove one first."
            }))
    ),
    security(("bearer" = []))
)]
pub async fn create(
    Shared(state): Shared<State>,
    caller: User,
    PathId(whom): PathId<Whom>,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, Problem> {
    let user = whom.own(&caller)?;
    let body = Body::<BookAddress>::from_request(request, &()).await?;
    let path = format!("/users/{user}/addresses");
    let request = key.0.map(|key| idempotency::Request {
        scope: caller.actor(),
        key,
        fingerprint: fingerprint(&Method::POST, &path, &body.raw),
    });
    let book = body.value;
    idempotent::run_if::<Failure, _>(
        state.database.pool(),
        state.clock.as_ref(),
        request,
        &path,
        async |id| match address_book::add(&state, user, id, &book).await {
            Ok(entry) => {
                let mut headers = HeaderMap::new();
                headers.insert(ETAG, etag::strong(&entry.version.to_string()));
                if let Ok(location) = HeaderValue::from_str(&format!("{path}/{id}")) {
                    headers.insert(LOCATION, location);
                }
                let body = serde_json::to_value(AddressView::from(entry)).unwrap_or_default();
                Outcome::Done(StatusCode::CREATED, headers, body)
            }
            Err(error @ (BookError::NotFound | BookError::Failure(_))) => Outcome::Free(error.into()),
            Err(error) => Outcome::Final(error.into()),
        },
    )
    .await
}
