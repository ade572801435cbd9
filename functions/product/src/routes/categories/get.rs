//! `GET /categories/{id or slug}`

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_web::problem::Answer;
use cartwright_web::query::NoParams;
use cartwright_web::{Caller, Problem, Query};

use crate::db::categories::Category;
use crate::domain::slug::Key;
use crate::read_cache::Kept;
use crate::routes::caching;
use crate::{db, error, state};

/// 200 with the category, the same by id and by slug; 304; 404.
#[utoipa::path(
    get, path = "/categories/{key}", operation_id = "getCategory", tag = "Catalogue",
    summary = "Read a category",
    description = "The same by id and by slug.",
    params(("key" = String, Path, description = "The id, or the slug.", min_length = 1, max_length = 100,
        pattern = "^[a-z0-9]+(-[a-z0-9]+)*$", example = "tents")),
    responses((status = 200, description = "The category.", body = Category), (status = 304))
)]
pub async fn get(
    State(state): State<state::State>,
    caller: Caller,
    Path(key): Path<String>,
    Query(NoParams): Query<NoParams>,
    headers: HeaderMap,
) -> Answer<Response> {
    let key = Key::parse(&key).ok_or_else(Problem::not_found)?;
    caching::public(&state, &caller, &headers, format!("/categories/{key}"), || async {
        let found =
            db::categories::find(state.database.pool(), &key).await.map_err(|e| error::database(&e))?;
        let category = found.ok_or_else(Problem::not_found)?;
        Kept::resource(&category, &category.version.to_string())
    })
    .await
}
