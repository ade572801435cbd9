//! `GET /products/{id or slug}`

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_web::problem::Answer;
use cartwright_web::query::NoParams;
use cartwright_web::{Caller, Problem, Query};

use super::view::ProductView;
use crate::domain::slug::Key;
use crate::read_cache::Kept;
use crate::routes::caching;
use crate::{db, error, state};

/// 200 with the product, the same by id and by slug; 304; 404 when there is none that is active (for staff: none at all).
#[utoipa::path(
    get, path = "/products/{key}", operation_id = "getProduct", tag = "Catalogue",
    summary = "Read a product",
    description = "The same by id and by slug. Availability is part of it and of its `ETag`, and shows within 5 seconds. Staff see \
        drafts and what is archived too, and every change at once.",
    params(("key" = String, Path, description = "The id, or the slug.", min_length = 1, max_length = 100,
        pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "tent-2-person")),
    responses((status = 200, description = "The product.", body = ProductView), (status = 304))
)]
pub async fn get(
    State(state): State<state::State>,
    caller: Caller,
    Path(key): Path<String>,
    Query(NoParams): Query<NoParams>,
    headers: HeaderMap,
) -> Answer<Response> {
    let key = Key::parse(&key).ok_or_else(Problem::not_found)?;
    caching::public(&state, &caller, &headers, format!("/products/{key}"), || async {
        let row = db::products::find(state.database.pool(), &key, caller.is_staff()).await;
        let row = row.map_err(|e| error::database(&e))?.ok_or_else(Problem::not_found)?;
        let view = ProductView::new(row, &state.images_base_url).map_err(|e| error::database(&e))?;
        Kept::resource(&view, view.tag())
    })
    .await
}
