//! `POST /tax-rates`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::Method;
use axum::response::Response;
use cartwright_database::idempotency;
use cartwright_idempotency as idempotent;
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::{OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::{Body, Problem, Staff};

use super::view::{DescribedRate, RateInput, TaxRateView};
use crate::error::Failure;
use crate::routes::shop::{created, outcome};
use crate::state::State;
use crate::usecases::shop::tax_rates;

/// 201 with the tax rate; 409 `tax_rate_taken` or `tax_rates_disagree`.
#[utoipa::path(
    post, path = "/tax-rates", operation_id = "createTaxRate", tag = "Taxes",
    summary = "Add a tax rate",
    description = "By staff.",
    params(OptionalIdempotencyKey),
    request_body(content = DescribedRate, example = json!({
        "country": "US", "region": "CA", "tax_class": "standard", "rate_bps": 725, "inclusive": false
    })),
    responses(
        (status = 201, description = "The tax rate.", body = TaxRateView,
            headers(("ETag" = String), ("Location" = String))),
        (status = 409, description = "`tax_rate_taken`, `tax_rates_disagree`, or `idempotency_in_flight` with `Retry-After`.",
            body = ProblemDocument, headers(("Retry-After" = i32)),
            example = json!({ "code": "tax_rate_taken", "detail": "There is a rate for this class in this place; change that one." }))
    ),
    security(("bearer" = []))
)]
pub async fn handle(
    Shared(state): Shared<State>,
    Staff(staff): Staff,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, Problem> {
    let body = Body::<RateInput>::from_request(request, &()).await?;
    let request = key.0.map(|key| idempotency::Request {
        scope: staff.actor(),
        key,
        fingerprint: fingerprint(&Method::POST, "/tax-rates", &body.raw),
    });
    let rate = &body.value.0;
    let state = &state;
    idempotent::run_if::<Failure, _>(
        state.database.pool(),
        state.clock.as_ref(),
        request,
        "/tax-rates",
        async |id| match tax_rates::add(state, id, rate).await {
            Ok(stored) => {
                let tag = stored.version.to_string();
                created(&TaxRateView::from(stored), &tag, &format!("/tax-rates/{id}"))
            }
            Err(error) => outcome(error),
        },
    )
    .await
}
