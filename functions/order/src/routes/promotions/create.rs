//! `POST /promotions`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::Method;
use axum::response::Response;
use cartwright_database::idempotency;
use cartwright_idempotency as idempotent;
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::{OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::{Body, Problem, Staff};

use super::view::{DescribedPromotion, PromotionInput, PromotionView, tag};
use crate::error::Failure;
use crate::routes::shop::{created, outcome};
use crate::state::State;
use crate::usecases::shop::promotions;

/// 201 with the promotion; 409 `code_taken`.
#[utoipa::path(
    post, path = "/promotions", operation_id = "createPromotion", tag = "Promotions",
    summary = "Add a promotion",
    description = "By staff.",
    params(OptionalIdempotencyKey),
    request_body(content = DescribedPromotion, example = json!({
        "code": "WELCOME10", "kind": "percent", "percent_off": 10, "max_per_customer": 1,
        "ends_at": "2027-01-01T00:00:00Z"
    })),
    responses(
        (status = 201, description = "The promotion.", body = PromotionView,
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
    let body = Body::<PromotionInput>::from_request(request, &()).await?;
    let request = key.0.map(|key| idempotency::Request {
        scope: staff.actor(),
        key,
        fingerprint: fingerprint(&Method::POST, "/promotions", &body.raw),
    });
    let promotion = &body.checked(state.shop.currency)?;
    let state = &state;
    idempotent::run_if::<Failure, _>(
        state.database.pool(),
        state.clock.as_ref(),
        request,
        "/promotions",
        async |id| match promotions::add(state, id, promotion).await {
            Ok(stored) => {
                let tag = tag(&stored);
                created(&PromotionView::new(stored, state.shop.currency), &tag, &format!("/promotions/{id}"))
            }
            Err(error) => outcome(error),
        },
    )
    .await
}
