//! `/products/{id}/images`

pub mod change;
pub mod create;
pub mod list;
pub mod remove;
pub mod view;

use axum::http::HeaderMap;
use cartwright_types::{ImageId, ProductId};
use cartwright_web::Problem;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::db::images;
use crate::error;
use crate::routes::precondition;
use crate::state::State;
use crate::usecases::images::ImageError;

/// The path of a product, described.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described; the handlers read an id")]
struct ProductPath {
    /// The product.
    id: Uuid,
}

/// The path of one picture, described.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described; the handlers read a pair")]
struct ImagePath {
    /// The product.
    id: Uuid,
    /// The picture.
    image_id: Uuid,
}

impl From<ImageError> for Problem {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::NotFound => Self::not_found(),
            ImageError::Stale => cartwright_web::etag::precondition_failed(),
            ImageError::Database(error) => error::database(&error),
        }
    }
}

/// Before a picture is changed, and before the body is looked at: 404 when it is not there, 428 and 412 by `If-Match`. The
/// change itself looks again.
async fn may_change(
    state: &State,
    product: ProductId,
    image: ImageId,
    headers: &HeaderMap,
) -> Result<(), Problem> {
    let version =
        images::version_with(state.database.pool(), product, image).await.map_err(|e| error::database(&e))?;
    precondition::check(headers, version.ok_or_else(Problem::not_found)?)
}
