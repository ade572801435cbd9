//! `GET /categories/{id or slug}`

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use cartwright_web::problem::Answer;
use cartwright_web::query::NoParams;
use cartwright_web::{Caller, Problem, Query};

use crate::domain::slug::Key;
use crate::routes::caching;
use crate::{db, error, state};

/// 200 with the category, the same by id and by slug; 304; 404.
pub async fn get(
    State(state): State<state::State>,
    caller: Caller,
    Path(key): Path<String>,
    Query(NoParams): Query<NoParams>,
    headers: HeaderMap,
) -> Answer<Response> {
    let key = Key::parse(&key).ok_or_else(Problem::not_found)?;
    let found = db::categories::find(state.database.pool(), &key).await.map_err(|e| error::database(&e))?;
    let category = found.ok_or_else(Problem::not_found)?;
    let tag = category.version.to_string();
    Ok(caching::resource(&caller, &headers, &tag, || Json(category).into_response()))
}
