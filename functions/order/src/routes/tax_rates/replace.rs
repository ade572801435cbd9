//! `PUT /tax-rates/{id}`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_web::openapi::{IfMatch, ProblemDocument};
use cartwright_web::{Body, PathId, Problem, Staff};
use uuid::Uuid;

use super::IdPath;
use super::view::{DescribedRate, RateInput, TaxRateView};
use crate::db;
use crate::error::Failure;
use crate::routes::shop::{changed, expected, may_change};
use crate::state::State;
use crate::usecases::shop::tax_rates;

/// 200 with the tax rate; 404, 409, 412.
#[utoipa::path(
    put, path = "/tax-rates/{id}", operation_id = "replaceTaxRate", tag = "Taxes",
    summary = "Replace a tax rate",
    description = "By staff; what is absent is emptied. Orders that were placed stay as they are.",
    params(IdPath, IfMatch),
    request_body(content = DescribedRate, example = json!({
        "country": "US", "region": "CA", "tax_class": "standard", "rate_bps": 725, "inclusive": false
    })),
    responses(
        (status = 200, description = "The tax rate as it is now.", body = TaxRateView, headers(("ETag" = String))),
        (status = 409, description = "`tax_rate_taken`, or `tax_rates_disagree`: all rates of a country have the same `inclusive`.", body = ProblemDocument,
            example = json!({ "code": "tax_rate_taken", "detail": "There is a rate for this class in this place; change that one." }))
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
    let before = db::tax_rates::get(state.database.pool(), id).await.map_err(Failure::from)?;
    may_change(&headers, before.ok_or_else(Problem::not_found)?.version)?;
    let body = Body::<RateInput>::from_request(request, &()).await?;
    let rate = body.value.0;
    let stored = tax_rates::replace(&state, id, &rate, &expected(&headers)).await?;
    let tag = stored.version.to_string();
    Ok(changed(TaxRateView::from(stored), &tag))
}
