//! `/products`

pub mod archive;
pub mod change;
pub mod create;
pub mod get;
pub mod images;
mod input;
pub mod list;
pub mod replace;
mod search;
mod view;

use axum::Json;
use axum::http::header::{CACHE_CONTROL, ETAG, HeaderMap};
use axum::response::{IntoResponse as _, Response};
use cartwright_types::ProductId;
use cartwright_web::{Problem, etag};
use utoipa::IntoParams;

use crate::db::product_writes;
use crate::domain::product::ProductDocument;
use crate::error;
use crate::routes::{caching, precondition};
use crate::state::State;
use view::ProductView;

/// The path's parameter where only an id goes, described.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described; PathId is what is read")]
struct ProductPath {
    /// The product's id.
    #[param(format = "uuid", example = "0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10")]
    key: String,
}

/// Before a product is changed, and before the body is looked at: 404 when it is not there, 428 and 412 by `If-Match`. The
/// change itself looks again.
async fn may_change(state: &State, id: ProductId, headers: &HeaderMap) -> Result<(), Problem> {
    let version =
        product_writes::version(state.database.pool(), id.uuid()).await.map_err(|e| error::database(&e))?;
    precondition::check(headers, version.ok_or_else(Problem::not_found)?)
}

/// 200 with the product as it is now.
fn changed(state: &State, product: ProductDocument) -> Result<Response, Problem> {
    let view = ProductView::new(product, &state.images_base_url).map_err(|e| error::database(&e))?;
    let headers = [(ETAG, etag::strong(view.tag())), (CACHE_CONTROL, caching::STAFF)];
    Ok((headers, Json(&view)).into_response())
}
