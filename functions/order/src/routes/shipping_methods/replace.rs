//! `PUT /shipping-methods/{id}`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_web::openapi::{IfMatch, ProblemDocument};
use cartwright_web::{Body, PathId, Problem, Staff};
use uuid::Uuid;

use super::IdPath;
use super::view::{DescribedMethod, MethodInput, ShippingMethod};
use crate::db;
use crate::error::Failure;
use crate::routes::shop::{changed, expected, may_change};
use crate::state::State;
use crate::usecases::shop::shipping_methods;

/// 200 with the shipping method; 404, 409, 412.
#[utoipa::path(
    put, path = "/shipping-methods/{id}", operation_id = "replaceShippingMethod", tag = "Shipping",
    summary = "Replace a way to ship",
    description = "By staff; what is absent is emptied. Orders that were placed stay as they are.",
    params(IdPath, IfMatch),
    request_body(content = DescribedMethod, example = json!({
        "code": "parcel", "name": "Parcel", "kind": "weight", "countries": ["DE", "AT"],
        "tiers": [
            { "up_to": 5000, "price": { "amount": 490, "currency": "EUR" } },
            { "up_to": 31500, "price": { "amount": 990, "currency": "EUR" } }
        ]
    })),
    responses(
        (status = 200, description = "The shipping method as it is now.", body = ShippingMethod, headers(("ETag" = String))),
        (status = 409, description = "`code_taken`.", body = ProblemDocument,
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
    let before = db::shipping_methods::get(state.database.pool(), id).await.map_err(Failure::from)?;
    may_change(&headers, before.ok_or_else(Problem::not_found)?.version)?;
    let body = Body::<MethodInput>::from_request(request, &()).await?;
    let method = body.checked(state.shop.currency)?;
    let stored = shipping_methods::replace(&state, id, &method, &expected(&headers)).await?;
    let tag = stored.version.to_string();
    Ok(changed(ShippingMethod::new(stored, state.shop.currency), &tag))
}
