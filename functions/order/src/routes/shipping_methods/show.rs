//! `GET /shipping-methods/{id}`

use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_web::query::NoParams;
use cartwright_web::{Caller, PathId, Problem, Query};
use uuid::Uuid;

use super::IdPath;
use super::view::ShippingMethod;
use crate::db::shipping_methods;
use crate::error::Failure;
use crate::routes::shop::{public, shown};
use crate::state::State;

/// 200 with the shipping method, 304, 404.
#[utoipa::path(
    get, path = "/shipping-methods/{id}", operation_id = "getShippingMethod", tag = "Shipping",
    summary = "Read a way to ship",
    description = "By everybody.",
    params(IdPath),
    responses((status = 200, description = "The shipping method.", body = ShippingMethod, headers(("ETag" = String))), (status = 304))
)]
pub async fn handle(
    Shared(state): Shared<State>,
    caller: Caller,
    PathId(id): PathId<Uuid>,
    Query(NoParams): Query<NoParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = shipping_methods::get(state.database.pool(), id).await.map_err(Failure::from)?;
    let stored = found.ok_or_else(Problem::not_found)?;
    let tag = stored.version.to_string();
    Ok(public(&caller, shown(&headers, ShippingMethod::new(stored, state.shop.currency), &tag)))
}
