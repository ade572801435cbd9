//! `PUT /promotions/{id}`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_web::openapi::{IfMatch, ProblemDocument};
use cartwright_web::{Body, PathId, Problem, Staff};
use uuid::Uuid;

use super::IdPath;
use super::view::{DescribedPromotion, PromotionInput, PromotionView, tag};
use crate::db;
use crate::error::Failure;
use crate::routes::shop::{changed, expected, may_change};
use crate::state::State;
use crate::usecases::shop::promotions;

/// 200 with the promotion; 404, 409, 412.
#[utoipa::path(
    put, path = "/promotions/{id}", operation_id = "replacePromotion", tag = "Promotions",
    summary = "Replace a promotion",
    description = "By staff; what is absent is emptied. Orders that were placed stay as they are.",
    params(IdPath, IfMatch),
    request_body(content = DescribedPromotion, example = json!({
        "code": "WELCOME10", "kind": "percent", "percent_off": 10, "max_per_customer": 1,
        "ends_at": "2027-01-01T00:00:00Z"
    })),
    responses(
        (status = 200, description = "The promotion as it is now.", body = PromotionView, headers(("ETag" = String))),
        (status = 409, description = "`code_taken`, or `below_redeemed`: more orders have it than `max_redemptions`.", body = ProblemDocument,
            example = json!({ "code": "code_taken", "detail": "Another one has this code." }))
    ),
    security(("bearer" = []))
)]
pub async fn handle(
    Shared(state): Shared<State>,
    _staff: Staff,
    PathId(id): PathId<Uuid>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let before = db::promotions::get(state.database.pool(), id).await.map_err(Failure::from)?;
    may_change(&headers, before.ok_or_else(Problem::not_found)?.version)?;
    let body = Body::<PromotionInput>::from_request(request, &()).await?;
    let promotion = body.checked(state.shop.currency)?;
    let stored = promotions::replace(&state, id, &promotion, &expected(&headers)).await?;
    let tag = tag(&stored);
    Ok(changed(PromotionView::new(stored, state.shop.currency), &tag))
}
