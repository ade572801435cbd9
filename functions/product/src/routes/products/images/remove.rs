//! `DELETE /products/{id}/images/{image_id}`

use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use cartwright_types::{ImageId, ProductId};
use cartwright_web::openapi::{IfMatch, ProblemDocument};
use cartwright_web::{PathIds, Problem, Staff};

use super::{ImagePath, may_change};
use crate::routes::precondition;
use crate::state::State;
use crate::usecases::images;

/// 204; 404, 412, 428.
#[utoipa::path(
    delete, path = "/products/{id}/images/{image_id}", operation_id = "removeProductImage", tag = "Catalogue",
    summary = "Remove a picture",
    description = "By staff. `If-Match` names the product's `ETag`.",
    params(ImagePath, IfMatch),
    responses(
        (status = 204, description = "It is gone; its files follow."),
        (status = 428, description = "`precondition_required`: `If-Match` is missing.", body = ProblemDocument)
    ),
    security(("bearer" = []))
)]
pub async fn remove(
    Shared(state): Shared<State>,
    Staff(staff): Staff,
    PathIds(product, image): PathIds<ProductId, ImageId>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    may_change(&state, product, image, &headers).await?;
    let expected = |version| precondition::names(&headers, version);
    images::remove(&state, (product, image), &staff.actor(), &expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
