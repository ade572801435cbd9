//! `POST /shipping-methods`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::Method;
use axum::response::Response;
use cartwright_database::idempotency;
use cartwright_idempotency as idempotent;
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::{OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::{Body, Problem, Staff};

use super::view::{DescribedMethod, MethodInput, ShippingMethod};
use crate::error::Failure;
use crate::routes::shop::{created, outcome};
use crate::state::State;
use crate::usecases::shop::shipping_methods;

/// 201 with the shipping method; 409 `code_taken`.
#[utoipa::path(
    post, path = "/shipping-methods", operation_id = "createShippingMethod", tag = "Shipping",
    summary = "Add a way to ship",
    description = "By staff.",
    params(OptionalIdempotencyKey),
    request_body(content = DescribedMethod, example = json!({
        "code": "parcel", "name": "Parcel", "kind": "weight", "countries": ["DE", "AT"],
        "tiers": [
            { "up_to": 5000, "price": { "amount": 490, "currency": "EUR" } },
            { "up_to": 31500, "price": { "amount": 990, "currency": "EUR" } }
        ]
    })),
    responses(
        (status = 201, description = "The shipping method.", body = ShippingMethod,
            headers(("ETag" = String), ("Location" = String))),
        (status = 409, description = "`code_taken`, or `idempotency_in_flight` with `Retry-After`.",
            body = ProblemDocument, headers(("Retry-After" = i32)),
            example = json!({ "code": "code_taken", "detail": "Another one has this code." }))
    ),
    security(("bearer" = []))
)]
pub async fn handle(
    Shared(state): Shared<State>,
    Staff(staff): Staff,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, Problem> {
    let body = Body::<MethodInput>::from_request(request, &()).await?;
    let request = key.0.map(|key| idempotency::Request {
        scope: staff.actor(),
        key,
        fingerprint: fingerprint(&Method::POST, "/shipping-methods", &body.raw),
    });
    let method = &body.checked(state.shop.currency)?;
    let state = &state;
    idempotent::run_if::<Failure, _>(
        state.database.pool(),
        state.clock.as_ref(),
        request,
        "/shipping-methods",
        async |id| match shipping_methods::add(state, id, method).await {
            Ok(stored) => {
                let tag = stored.version.to_string();
                created(
                    &ShippingMethod::new(stored, state.shop.currency),
                    &tag,
                    &format!("/shipping-methods/{id}"),
                )
            }
            Err(error) => outcome(error),
        },
    )
    .await
}
