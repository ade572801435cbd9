//! `PUT /products/{id}`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::header::HeaderMap;
use axum::response::Response;
use cartwright_types::ProductId;
use cartwright_web::openapi::{IfMatch, ProblemDocument};
use cartwright_web::{Body, PathId, Problem, Staff};

use super::input::{Described, Whole};
use super::view::ProductView;
use super::{ProductPath, changed, may_change};
use crate::routes::precondition;
use crate::state::State;
use crate::usecases::catalogue::update_product;

/// 200 with the product; 404, 409, 412, 428.
#[utoipa::path(
    put, path = "/products/{key}", operation_id = "replaceProduct", tag = "Catalogue",
    summary = "Replace a product",
    description = "By staff. What is absent is emptied, but for `slug` and `status`. A variant that is not named goes, unless it \
        was ordered or its stock moved: `variant_in_use`, with the `sku`. Of the `ETag` only the product's own part counts: \
        a change of stock does not stand in the way.",
    params(ProductPath, IfMatch),
    request_body(content = Described, example = json!({
        "name": "Two-person tent", "description": "Lighter.", "price": { "amount": 18_900, "currency": "EUR" },
        "variants": [{ "sku": "TENT-2-GREEN", "name": "Green" }]
    })),
    responses(
        (status = 200, description = "The product as it is now.", body = ProductView, headers(("ETag" = String))),
        (status = 409, description = "`slug_taken`, `sku_taken` or `variant_in_use`.", body = ProblemDocument,
            example = json!({ "code": "slug_taken", "detail": "Another one has this slug." })),
        (status = 428, description = "`precondition_required`: `If-Match` is missing.", body = ProblemDocument)
    ),
    security(("bearer" = []))
)]
pub async fn replace(
    Shared(state): Shared<State>,
    Staff(staff): Staff,
    PathId(id): PathId<ProductId>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    may_change(&state, id, &headers).await?;
    let Whole(wish) = Body::<Whole>::from_request(request, &()).await?.value;
    let expected = |version| precondition::names(&headers, version);
    changed(&state, update_product(&state, id, &wish, &expected, &staff.actor()).await?)
}
