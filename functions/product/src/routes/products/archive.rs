//! `DELETE /products/{id}`

use axum::extract::State as Shared;
use axum::http::header::HeaderMap;
use axum::response::Response;
use cartwright_types::ProductId;
use cartwright_web::openapi::{IfMatch, ProblemDocument};
use cartwright_web::{PathId, Problem, Staff};

use super::view::ProductView;
use super::{ProductPath, changed, may_change};
use crate::routes::precondition;
use crate::state::State;
use crate::usecases::catalogue::archive_product;

/// 200 with the archived product; 404, 412, 428.
#[utoipa::path(
    delete, path = "/products/{key}", operation_id = "archiveProduct", tag = "Catalogue",
    summary = "Archive a product",
    description = "By staff. It leaves the shop; what was ordered stays. `status` brings it back.",
    params(ProductPath, IfMatch),
    responses(
        (status = 200, description = "The product, archived.", body = ProductView, headers(("ETag" = String))),
        (status = 428, description = "`precondition_required`: `If-Match` is missing.", body = ProblemDocument)
    ),
    security(("bearer" = []))
)]
pub async fn archive(
    Shared(state): Shared<State>,
    Staff(staff): Staff,
    PathId(id): PathId<ProductId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    may_change(&state, id, &headers).await?;
    let expected = |version| precondition::names(&headers, version);
    changed(&state, archive_product(&state, id, &expected, &staff.actor()).await?)
}
