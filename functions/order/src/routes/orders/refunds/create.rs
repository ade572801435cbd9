//! `POST /orders/{id}/refunds` `{amount?, lines?, reason, restock?}`

use std::collections::HashSet;

use axum::extract::{self, FromRequest as _, Request};
use axum::http::header::HeaderMap;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use cartwright_database::idempotency;
use cartwright_idempotency::{self as idempotent, Outcome};
use cartwright_types::{Money, OrderId, RefundId};
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::{ProblemDocument, RequiredIdempotencyKey};
use cartwright_web::rules::{self, Invalid};
use cartwright_web::{Body, Fields, FromFields, PathId, Problem, Staff};
use utoipa::ToSchema;
use uuid::Uuid;

use super::view::{RefundView, view};
use crate::db::refunds::{self, RefundLine};
use crate::domain::cart::{MAX_LINES, MAX_QUANTITY};
use crate::error::Failure;
use crate::routes::orders::visible;
use crate::routes::shop::DescribedPrice;
use crate::state::State;
use crate::usecases::refund_payment::{RefundError, WantedRefund, refund};

/// Money to give back.
#[derive(ToSchema)]
#[schema(as = NewRefund)]
pub struct CreateRefund {
    /// How much; without it what the lines cost, and without lines all that is left.
    #[schema(value_type = Option<DescribedPrice>)]
    amount: Option<Money>,
    /// For which lines, each once.
    #[schema(min_items = 1, max_items = 100)]
    lines: Option<Vec<WantedLine>>,
    /// Why, for the books.
    #[schema(min_length = 1, max_length = 200, examples("Arrived broken"))]
    reason: String,
    /// Whether the lines' goods go back on the shelf; needs `lines`.
    restock: Option<bool>,
}

/// A line to give money back for.
#[derive(ToSchema)]
#[schema(as = NewRefundLine)]
pub struct WantedLine {
    /// Which line of the order.
    line_id: Uuid,
    /// How many of it.
    #[schema(minimum = 1, maximum = 9999)]
    quantity: i64,
}

impl FromFields for WantedLine {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let line_id = fields.required("line_id", rules::id);
        let quantity = fields.required("quantity", rules::integer(1, MAX_QUANTITY));
        Some(Self { line_id: line_id?, quantity: quantity? })
    }
}

impl FromFields for CreateRefund {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let amount = fields.optional("amount", |value| match rules::money(value)? {
            nothing if nothing.amount == 0 => Err(Invalid::new("out_of_range", "must be more than 0")),
            amount => Ok(amount),
        });
        let lines = fields.optional_list::<WantedLine>("lines", MAX_LINES);
        let reason = fields.required("reason", rules::text(1, 200));
        let restock = fields.optional("restock", rules::boolean);
        let (amount, lines, reason, restock) = (amount?, lines?, reason?, restock?);
        match &lines {
            Some(lines) if lines.is_empty() => {
                fields.error("lines", Invalid::new("too_short", "at least one line, or none of it"));
            }
            Some(lines) => {
                let mut seen = HashSet::new();
                if !lines.iter().all(|line| seen.insert(line.line_id)) {
                    fields.error("lines", Invalid::new("repeated", "names each line once"));
                }
            }
            None if restock == Some(true) => {
                fields.error("restock", Invalid::new("not_alone", "needs lines"));
            }
            None => {}
        }
        Some(Self { amount, lines, reason, restock })
    }
}

impl From<CreateRefund> for WantedRefund {
    fn from(body: CreateRefund) -> Self {
        let line = |line: WantedLine| RefundLine {
            line_id: line.line_id,
            // At most 9999.
            quantity: i32::try_from(line.quantity).unwrap_or(i32::MAX),
        };
        Self {
            amount: body.amount,
            lines: body.lines.map(|lines| lines.into_iter().map(line).collect()),
            reason: body.reason,
            restock: body.restock.unwrap_or(false),
        }
    }
}

/// 201 with the refund; 404; 409 `refund_exceeds_captured`, `nothing_to_restock`; 422.
#[utoipa::path(
    post, path = "/orders/{id}/refunds", operation_id = "createOrderRefund", tag = "Orders",
    summary = "Give money back",
    description = "For staff, in parts and repeatedly, never more than was captured: a pending refund counts until it fails. With \
        `lines` and no `amount` it is what these pieces cost the buyer; however the pieces of a line are divided into refunds, \
        together they are exactly what it cost. Shipping comes back with an `amount` only. `restock` puts the goods back on the shelf \
        once the money is back.",
    params(("id" = uuid::Uuid, Path, description = "The order's id."), RequiredIdempotencyKey),
    request_body(content = CreateRefund, example = json!({
        "lines": [{ "line_id": "0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10", "quantity": 1 }], "reason": "Arrived broken"
    })),
    responses(
        (status = 201, description = "The refund: `pending` until the provider has decided.", body = RefundView),
        (status = 409, description = "`refund_exceeds_captured` with what is `refundable` (and, where a line has fewer pieces left, \
            `lines`), `nothing_to_restock`, or `idempotency_in_flight` with `Retry-After`.",
            body = ProblemDocument, headers(("Retry-After" = i32)), examples(
                ("refund_exceeds_captured" = (summary = "More than can still go back", value = json!({
                    "code": "refund_exceeds_captured", "detail": "That is more than can still go back; see refundable.",
                    "refundable": { "amount": 490, "currency": "EUR" }
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
                    "errors": [{ "pointer": "/lines/0/quantity", "code": "out_of_range", "detail": "is more than was ordered" }]
                }))),
                ("idempotency_key_reused" = (summary = "The key was used before", value = json!({
                    "code": "idempotency_key_reused", "detail": "This key was used for another request."
                })))
            ))
    ),
    security(("bearer" = []))
)]
pub async fn handle(
    extract::State(state): extract::State<State>,
    Staff(staff): Staff,
    PathId(id): PathId<OrderId>,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, Problem> {
    let order = visible(&state, &staff.into(), id).await?;
    let key = key.required()?;
    let body = Body::<CreateRefund>::from_request(request, &()).await?;
    let path = format!("/orders/{id}/refunds");
    let request = idempotency::Request {
        scope: staff.actor(),
        key,
        fingerprint: fingerprint(&Method::POST, &path, &body.raw),
    };
    let (wanted, actor) = (WantedRefund::from(body.value), staff.actor());
    idempotent::run::<Failure, _>(
        state.database.pool(),
        state.clock.as_ref(),
        request,
        &path,
        async |minted| {
            let refund_id = RefundId(minted);
            match refund(&state, refund_id, &order, &wanted, &actor).await {
                Ok(()) => answer(&state, refund_id, &order.currency).await,
                Err(RefundError::Refused(problem)) => Outcome::Final(*problem),
                Err(RefundError::Invalid(problem)) => Outcome::Free(*problem),
                Err(RefundError::Failed(failure)) => Outcome::Free(failure.into()),
            }
        },
    )
    .await
}

async fn answer(state: &State, id: RefundId, currency: &str) -> Outcome {
    let found = refunds::find(state.database.pool(), id).await.map_err(Failure::from);
    let view = found.and_then(|refund| view(refund.ok_or(Failure::Data("the refund is gone"))?, currency));
    match view {
        Ok(view) => Outcome::Done(
            StatusCode::CREATED,
            HeaderMap::new(),
            serde_json::to_value(view).unwrap_or_default(),
        ),
        Err(failure) => Outcome::Free(failure.into()),
    }
}
