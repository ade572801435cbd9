//! `/categories`

pub mod change;
pub mod create;
pub mod get;
mod input;
pub mod list;
pub mod remove;
pub mod replace;

use axum::Json;
use axum::http::header::{CACHE_CONTROL, ETAG, HeaderMap};
use axum::response::{IntoResponse as _, Response};
use cartwright_types::CategoryId;
use cartwright_web::{Problem, etag};
use utoipa::IntoParams;

use crate::db::categories::{self, Category};
use crate::domain::slug::Key;
use crate::error;
use crate::routes::{caching, precondition};
use crate::state::State;

/// The path's parameter where only an id goes, described.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described; PathId is what is read")]
struct CategoryPath {
    /// The category's id.
    #[param(format = "uuid", example = "0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10")]
    key: String,
}

/// Before a category is changed, and before the body is looked at: 404 when it is not there, 428 and 412 by `If-Match`. The
/// change itself looks again.
async fn may_change(state: &State, id: CategoryId, headers: &HeaderMap) -> Result<(), Problem> {
    let category = categories::find(state.database.pool(), &Key::Id(id.uuid())).await;
    let category = category.map_err(|e| error::database(&e))?.ok_or_else(Problem::not_found)?;
    precondition::check(headers, category.version)
}

/// 200 with the category as it is now.
fn changed(category: Category) -> Response {
    let headers = [(ETAG, etag::strong(&category.version.to_string())), (CACHE_CONTROL, caching::STAFF)];
    (headers, Json(category)).into_response()
}
