//! `DELETE /tax-rates/{id}`

use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use cartwright_web::openapi::IfMatch;
use cartwright_web::{PathId, Problem, Staff};
use uuid::Uuid;

use super::IdPath;
use crate::routes::shop::expected;
use crate::state::State;
use crate::usecases::shop::tax_rates;

/// 204; 404, 412.
#[utoipa::path(
    delete, path = "/tax-rates/{id}", operation_id = "deleteTaxRate", tag = "Taxes",
    summary = "Remove a tax rate",
    description = "By staff. Orders keep what they were taxed.",
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
    tax_rates::remove(&state, id, &expected(&headers)).await?;
    Ok(StatusCode::NO_CONTENT)
}
