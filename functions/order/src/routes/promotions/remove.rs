//! `DELETE /promotions/{id}`

use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use cartwright_web::openapi::IfMatch;
use cartwright_web::{PathId, Problem, Staff};
use uuid::Uuid;

use super::IdPath;
use crate::routes::shop::expected;
use crate::state::State;
use crate::usecases::shop::promotions;

/// 204; 404, 412.
#[utoipa::path(
    delete, path = "/promotions/{id}", operation_id = "deletePromotion", tag = "Promotions",
    summary = "Remove a promotion",
    description = "By staff. Orders keep its code and what it took off; those that are being placed with it are refused.",
    params(IdPath, IfMatch),
    responses((status = 204, description = "It is gone.")),
    security(("bearer" = []))
)]
pub async fn handle(
    Shared(state): Shared<State>,
    _staff: Staff,
    PathId(id): PathId<Uuid>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    promotions::remove(&state, id, &expected(&headers)).await?;
    Ok(StatusCode::NO_CONTENT)
}
