//! `PATCH /products/{id}`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::header::HeaderMap;
use axum::response::Response;
use cartwright_types::ProductId;
use cartwright_web::openapi::{IfMatch, ProblemDocument};
use cartwright_web::{Body, PathId, Problem, Staff};

use super::input::{DescribedChange, Patch};
use super::view::ProductView;
use super::{ProductPath, changed, may_change};
use crate::routes::precondition;
use crate::state::State;
use crate::usecases::catalogue::update_product;

/// 200 with the product; 404, 409, 412, 428.
#[utoipa::path(
    patch, path = "/products/{key}", operation_id = "changeProduct", tag = "Catalogue",
    summary = "Change a product",
    description = "By staff. `status` brings a product into the shop and out of it. Of the `ETag` only the product's own part \
        counts: a change of stock does not stand in the way.",
    params(ProductPath, IfMatch),
    request_body(content = DescribedChange, example = json!({ "status": "active" })),
    responses(
        (status = 200, description = "The product as it is now.", body = ProductView, headers(("ETag" = String))),
        (status = 409, description = "`slug_taken` or `sku_taken`.", body = ProblemDocument,
            example = json!({ "code": "slug_taken", "detail": "Another one has this slug." })),
        (status = 428, description = "`precondition_required`: `If-Match` is missing.", body = ProblemDocument)
    ),
    security(("bearer" = []))
)]
pub async fn change(
    Shared(state): Shared<State>,
    Staff(staff): Staff,
    PathId(id): PathId<ProductId>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    may_change(&state, id, &headers).await?;
    let Patch(wish) = Body::<Patch>::from_request(request, &()).await?.value;
    let expected = |version| precondition::names(&headers, version);
    changed(&state, update_product(&state, id, &wish, &expected, &staff.actor()).await?)
}
