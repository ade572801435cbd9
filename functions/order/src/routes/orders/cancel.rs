//! `POST /orders/{id}/cancel`

use axum::body::Bytes;
use axum::extract;
use axum::http::header::HeaderMap;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use cartwright_database::idempotency::Request;
use cartwright_idempotency::{self as idempotent, Outcome};
use cartwright_types::OrderId;
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::{IfMatch, OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::{Fields, FromFields, PathId, Problem, body, etag};

use super::{Buyer, OrderTokenHeader, create};
use crate::error::Failure;
use crate::state::State;
use crate::usecases::cancel_order;
use crate::usecases::change_status::{Change, ChangeError};
use crate::usecases::order_view::OrderView;

/// There is nothing to say: no body, or an empty object.
struct Nothing;

impl FromFields for Nothing {
    fn from_fields(_fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self)
    }
}

/// 200 with the cancelled order, also when it was so before; 404; 409 `invalid_transition`; 412.
#[utoipa::path(
    post, path = "/orders/{id}/cancel", operation_id = "cancelOrder", tag = "Orders",
    summary = "Cancel an order",
    description = "One's own until somebody begins to pack it (`pending_payment`, `paid`); staff may cancel one that is `processing` \
        too. Its stock goes back, an open payment is voided, and what was captured and not refunded before is refunded. An order \
        that is cancelled stays so.",
    params(("id" = uuid::Uuid, Path, description = "The order's id."), OrderTokenHeader, OptionalIdempotencyKey, IfMatch),
    responses(
        (status = 200, description = "The order; its refund may still be under way.", body = OrderView,
            headers(("ETag" = String), ("Location" = String))),
        (status = 409, description = "`invalid_transition`: the order is too far for that, `allowed` says what is possible; or \
            `idempotency_in_flight` with `Retry-After`.",
            body = ProblemDocument, headers(("Retry-After" = i32)), examples(
                ("invalid_transition" = (summary = "It is on its way", value = json!({
                    "code": "invalid_transition", "detail": "The order's status does not allow this; see allowed.",
                    "order_status": "shipped", "allowed": []
                }))),
                ("in_flight" = (summary = "The first request with this key still runs", value = json!({
                    "code": "idempotency_in_flight", "detail": "The first request is still running."
                })))
            )),
        (status = 422, description = "`validation_failed`: the body is no empty object; or `idempotency_key_reused`: the key belongs \
            to another request.",
            body = ProblemDocument, example = json!({
                "code": "idempotency_key_reused", "detail": "This key was used for another request."
            }))
    ),
    security((), ("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    buyer: Buyer,
    PathId(id): PathId<OrderId>,
    headers: HeaderMap,
    key: IdempotencyKey,
    raw: Bytes,
) -> Result<Response, Problem> {
    super::visible(&state, &buyer, id).await?;
    if !raw.is_empty() {
        body::read::<Nothing>(&raw)?;
    }
    let path = format!("/orders/{id}/cancel");
    let request = key.0.map(|key| Request {
        scope: buyer.scope(),
        key,
        fingerprint: fingerprint(&Method::POST, &path, &raw),
    });
    let actor = buyer.actor();
    let is_expected =
        |version: i64| etag::check_if_match(&headers, &etag::strong(&version.to_string())).is_ok();
    let change = Change { actor: &actor, is_staff: buyer.is_staff(), is_expected: &is_expected };
    idempotent::run_if::<Failure, _>(
        state.database.pool(),
        state.clock.as_ref(),
        request,
        &path,
        async |_| match cancel_order::cancel(&state, id, &change).await {
            Ok(()) => create::answer(&state, id, StatusCode::OK).await,
            Err(refused @ ChangeError::NotAllowed { .. }) => Outcome::Final(refused.into()),
            Err(error) => Outcome::Free(error.into()),
        },
    )
    .await
}
