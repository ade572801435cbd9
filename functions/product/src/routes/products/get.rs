//! `GET /products/{id or slug}`

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use cartwright_web::problem::Answer;
use cartwright_web::query::NoParams;
use cartwright_web::{Caller, Problem, Query};

use super::view::ProductView;
use crate::domain::slug::Key;
use crate::routes::caching;
use crate::{db, error, state};

/// 200 with the product, the same by id and by slug; 304; 404 when there is none that is active.
pub async fn get(
    State(state): State<state::State>,
    caller: Caller,
    Path(key): Path<String>,
    Query(NoParams): Query<NoParams>,
    headers: HeaderMap,
) -> Answer<Response> {
    let key = Key::parse(&key).ok_or_else(Problem::not_found)?;
    let row =
        db::products::find_active(state.database.pool(), &key).await.map_err(|e| error::database(&e))?;
    let view = ProductView::new(row.ok_or_else(Problem::not_found)?, &state.images_base_url)
        .map_err(|e| error::database(&e))?;
    Ok(caching::resource(&caller, &headers, view.tag(), || Json(&view).into_response()))
}
