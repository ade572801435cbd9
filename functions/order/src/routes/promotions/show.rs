//! `GET /promotions/{id}`

use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_web::query::NoParams;
use cartwright_web::{PathId, Problem, Query, Staff};
use uuid::Uuid;

use super::IdPath;
use super::view::{PromotionView, tag};
use crate::db::promotions;
use crate::error::Failure;
use crate::routes::shop::shown;
use crate::state::State;

/// 200 with the promotion, 304, 404.
#[utoipa::path(
    get, path = "/promotions/{id}", operation_id = "getPromotion", tag = "Promotions",
    summary = "Read a promotion",
    description = "By staff. The `ETag` covers `redeemed`; `If-Match` looks at what staff change only.",
    params(IdPath),
    responses((status = 200, description = "The promotion.", body = PromotionView, headers(("ETag" = String))), (status = 304)),
    security(("bearer" = []))
)]
pub async fn handle(
    Shared(state): Shared<State>,
    _staff: Staff,
    PathId(id): PathId<Uuid>,
    Query(NoParams): Query<NoParams>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = promotions::get(state.database.pool(), id).await.map_err(Failure::from)?;
    let stored = found.ok_or_else(Problem::not_found)?;
    let tag = tag(&stored);
    Ok(shown(&headers, PromotionView::new(stored, state.shop.currency), &tag))
}
