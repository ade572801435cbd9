//! `POST /orders/{id}/pay` `{payment}`: another try after a failure.

use axum::extract;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use cartwright_database::idempotency::Request;
use cartwright_idempotency::{self as idempotent, Outcome};
use cartwright_types::{OrderId, PaymentId, new_uuid};
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::{OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::{Body, Fields, FromFields, PathId, Problem};
use utoipa::ToSchema;

use super::{Buyer, Described, OrderTokenHeader, PaymentChoice, configured, create};
use crate::error::Failure;
use crate::state::State;
use crate::usecases::order_view::OrderView;
use crate::usecases::pay_order;

/// Another try to pay.
#[derive(ToSchema)]
#[schema(as = NewPayment)]
pub struct Pay {
    #[schema(value_type = Described)]
    payment: PaymentChoice,
}

impl FromFields for Pay {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let payment = fields.object("payment");
        Some(Self { payment: payment? })
    }
}

/// 200 with the order; 404; 409 `already_paid`, `payment_in_progress`, `order_closed`.
#[utoipa::path(
    post, path = "/orders/{id}/pay", operation_id = "payOrder", tag = "Orders",
    summary = "Try to pay again",
    description = "Adds a payment to an order whose last one failed. `unknown` is not failed: the provider's answer was lost, \
        and until it is known whether money was collected no other payment is begun.",
    params(("id" = uuid::Uuid, Path, description = "The order's id."), OrderTokenHeader, OptionalIdempotencyKey),
    request_body(content = Pay, example = json!({ "payment": { "provider": "test", "token": "tok_success" } })),
    responses(
        (status = 200, description = "The order, with its new payment.", body = OrderView,
            headers(("ETag" = String), ("Location" = String))),
        (status = 409, description = "`already_paid`, `payment_in_progress`, `order_closed`, or `idempotency_in_flight` with \
            `Retry-After`.",
            body = ProblemDocument, headers(("Retry-After" = i32)), examples(
                ("already_paid" = (summary = "The order is paid", value = json!({
                    "code": "already_paid", "detail": "The order is paid."
                }))),
                ("in_flight" = (summary = "The first request with this key still runs", value = json!({
                    "code": "idempotency_in_flight", "detail": "The first request is still running."
                })))
            )),
        (status = 422, description = "`validation_failed`: `errors` names every field that is wrong; or \
            `idempotency_key_reused`: the key belongs to another request.",
            body = ProblemDocument, examples(
                ("validation_failed" = (summary = "The body does not fit", value = json!({
                    "code": "validation_failed", "detail": "The body does not fit; see errors.",
                    "errors": [{ "pointer": "/payment/token", "code": "unknown_token", "detail": "is not a token of the test provider" }]
                }))),
                ("idempotency_key_reused" = (summary = "The key was used before", value = json!({
                    "code": "idempotency_key_reused", "detail": "This key was used for another request."
                })))
            ))
    ),
    security((), ("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    buyer: Buyer,
    PathId(id): PathId<OrderId>,
    key: IdempotencyKey,
    body: Body<Pay>,
) -> Result<Response, Problem> {
    super::visible(&state, &buyer, id).await?;
    configured(&state, &body.payment)?;
    let path = format!("/orders/{id}/pay");
    let request = Request {
        scope: buyer.scope(),
        // Without a key of the client's the request is its own: only the index on live payments guards it.
        key: key.0.unwrap_or_else(|| new_uuid(state.clock.as_ref()).to_string()),
        fingerprint: fingerprint(&Method::POST, &path, &body.raw),
    };
    idempotent::run::<Failure, _>(
        state.database.pool(),
        state.clock.as_ref(),
        request,
        &path,
        async |minted| match pay_order::again(&state, id, PaymentId(minted), &body.payment.0).await {
            Ok(Ok(())) => create::answer(&state, id, StatusCode::OK).await,
            Ok(Err(problem)) => Outcome::Final(problem),
            Err(failure) => Outcome::Free(failure.into()),
        },
    )
    .await
}
