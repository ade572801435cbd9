//! `DELETE /shipping-methods/{id}`

use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use cartwright_web::openapi::IfMatch;
use cartwright_web::{PathId, Problem, Staff};
use uuid::Uuid;

use super::IdPath;
use crate::routes::shop::expected;
use crate::state::State;
use crate::usecases::shop::shipping_methods;

/// 204; 404, 412.
#[utoipa::path(
    delete, path = "/shipping-methods/{id}", operation_id = "deleteShippingMethod", tag = "Shipping",
    summary = "Remove a way to ship",
    description = "By staff. Orders keep its name and what it cost.",
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
    shipping_methods::remove(&state, id, &expected(&headers)).await?;
    Ok(StatusCode::NO_CONTENT)
}
