//! `GET /categories`

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use cartwright_web::openapi::PageParams;
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::problem::Answer;
use cartwright_web::query::{FromParams, Params};
use cartwright_web::rules::Invalid;
use cartwright_web::{Caller, Query};

use crate::db::categories::Category;
use crate::read_cache::Kept;
use crate::routes::caching;
use crate::{db, error, state};

/// The query string: `limit`, `cursor`.
pub struct Search(PageRequest<(i32, String)>);

impl FromParams for Search {
    fn from_params(params: &mut Params) -> Option<Self> {
        let page: PageRequest<(i32, String)> = PageRequest::from_params(params, "")?;
        if page.after.as_ref().is_some_and(|(_, slug)| slug.contains('\0')) {
            params.error("cursor", Invalid::new("invalid_cursor", "is not a cursor of this list"));
            return None;
        }
        Some(Self(page))
    }
}

/// 200 with a page of categories by position; `parent_id` makes the tree.
#[utoipa::path(
    get, path = "/categories", operation_id = "listCategories", tag = "Catalogue",
    summary = "List the categories",
    description = "By position, then slug, across the whole tree; `parent_id` makes the tree. There is no other order.",
    params(PageParams),
    responses((status = 200, description = "A page.", body = Page<Category>))
)]
pub async fn list(
    State(state): State<state::State>,
    caller: Caller,
    Query(Search(page)): Query<Search>,
    uri: Uri,
    headers: HeaderMap,
) -> Answer<Response> {
    caching::public(
        &state,
        &caller,
        &headers,
        format!("/categories?{}", uri.query().unwrap_or_default()),
        || async {
            let rows = db::categories::list(state.database.pool(), page.after.as_ref(), page.fetch())
                .await
                .map_err(|e| error::database(&e))?;
            Kept::page(page.page(rows, |row| (row.position, row.slug.clone()))).await
        },
    )
    .await
}
