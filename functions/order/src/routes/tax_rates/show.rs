//! `GET /tax-rates/{id}`

use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_web::query::NoParams;
use cartwright_web::{Caller, PathId, Problem, Query};
use uuid::Uuid;

use super::IdPath;
use super::view::TaxRateView;
use crate::db::tax_rates;
use crate::error::Failure;
use crate::routes::shop::{public, shown};
use crate::state::State;

/// 200 with the tax rate, 304, 404.
#[utoipa::path(
    get, path = "/tax-rates/{id}", operation_id = "getTaxRate", tag = "Taxes",
    summary = "Read a tax rate",
    description = "By everybody.",
    params(IdPath),
    responses((status = 200, description = "The tax rate.", body = TaxRateView, headers(("ETag" = String))), (status = 304))
)]
pub async fn handle(
    Shared(state): Shared<State>,
    caller: Caller,
    PathId(id): PathId<Uuid>,
    Query(NoParams): Query<NoParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = tax_rates::get(state.database.pool(), id).await.map_err(Failure::from)?;
    let stored = found.ok_or_else(Problem::not_found)?;
    let tag = stored.version.to_string();
    Ok(public(&caller, shown(&headers, TaxRateView::from(stored), &tag)))
}
