//! `GET /inventory/{sku}`

use axum::Json;
use axum::extract::State;
use axum::http::header::ETAG;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use cartwright_web::problem::Answer;
use cartwright_web::query::NoParams;
use cartwright_web::{PathId, Query, Staff, etag};

use super::view::{ItemView, tag};
use super::{Sku, SkuPath, item};
use crate::state;

/// 200 with the stock and an `ETag`, or 304; 404.
#[utoipa::path(
    get, path = "/inventory/{sku}", operation_id = "getInventoryItem", tag = "Inventory",
    summary = "Read the stock of a sku",
    description = "For staff. Reservations change its `ETag` too; only what people do changes `count_version`.",
    params(SkuPath),
    responses((status = 200, description = "The stock.", body = ItemView), (status = 304)),
    security(("bearer" = []))
)]
pub async fn get(
    State(state): State<state::State>,
    _staff: Staff,
    PathId(sku): PathId<Sku>,
    headers: HeaderMap,
    Query(NoParams): Query<NoParams>,
) -> Answer<Response> {
    let item = item(&state, &sku).await?;
    let tag = tag(item.version);
    if etag::is_not_modified(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(([(ETAG, tag)], Json(ItemView::from(item))).into_response())
}
