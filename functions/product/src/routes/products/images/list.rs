//! `GET /products/{id}/images`

use axum::extract::State as Shared;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use cartwright_types::ProductId;
use cartwright_web::openapi::PageParams;
use cartwright_web::pagination::{Page, PageRequest};
use cartwright_web::problem::Answer;
use cartwright_web::{Caller, FromParams, Params, PathId, Problem, Query};

use super::ProductPath;
use super::view::ImageEntry;
use crate::db::images::{self, Place};
use crate::error;
use crate::read_cache::Kept;
use crate::routes::caching;
use crate::state::State;

/// The page.
pub struct Album(PageRequest<Place>);

impl FromParams for Album {
    fn from_params(params: &mut Params) -> Option<Self> {
        PageRequest::from_params(params, "images").map(Self)
    }
}

/// 200 with a page; 404.
#[utoipa::path(
    get, path = "/products/{id}/images", operation_id = "listProductImages", tag = "Catalogue",
    summary = "List a product's pictures",
    description = "In their order. Staff see those too that still wait for their upload; what was refused is not listed.",
    params(ProductPath, PageParams),
    responses((status = 200, description = "A page.", body = Page<ImageEntry>))
)]
pub async fn list(
    Shared(state): Shared<State>,
    caller: Caller,
    PathId(product): PathId<ProductId>,
    Query(Album(page)): Query<Album>,
    uri: Uri,
    headers: HeaderMap,
) -> Answer<Response> {
    let (pool, for_staff) = (state.database.pool(), caller.is_staff());
    caching::public(&state, &caller, &headers, uri.to_string(), || async {
        if !images::is_shown(pool, product, for_staff).await.map_err(|e| error::database(&e))? {
            return Err(Problem::not_found());
        }
        let rows = images::list(pool, product, for_staff, page.after, page.fetch()).await;
        let page = page.page(rows.map_err(|e| error::database(&e))?, |row| Place(row.position, row.id));
        Kept::page(page.map(|row| ImageEntry::new(row, &state.images_base_url, for_staff))).await
    })
    .await
}
