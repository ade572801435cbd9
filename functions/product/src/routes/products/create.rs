//! `POST /products`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::Method;
use axum::response::Response;
use cartwright_database::idempotency;
use cartwright_idempotency as idempotent;
use cartwright_types::ProductId;
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::{OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::{Body, Problem, Staff};

use super::input::{Described, Whole};
use super::view::ProductView;
use crate::routes::write_error::{created, outcome};
use crate::state::State;
use crate::usecases::catalogue::{WriteError, create_product};

/// 201 with the product; 409 `slug_taken` or `sku_taken`.
#[utoipa::path(
    post, path = "/products", operation_id = "createProduct", tag = "Catalogue",
    summary = "Make a product",
    description = "By staff. Each variant begins with nothing on hand. `sku_taken` has the `sku`.",
    params(OptionalIdempotencyKey),
    request_body(content = Described, example = json!({
        "name": "Two-person tent", "description": "Light, and made to last.", "status": "active", "tax_class": "standard",
        "price": { "amount": 19_900, "currency": "EUR" }, "attributes": { "color": "green" }, "category_ids": [],
        "variants": [{ "sku": "TENT-2-GREEN", "name": "Green", "attributes": {}, "weight_grams": 2400 }]
    })),
    responses(
        (status = 201, description = "The product.", body = ProductView, headers(("ETag" = String), ("Location" = String))),
        (status = 409, description = "`slug_taken`, `sku_taken`, or `idempotency_in_flight` with `Retry-After`.",
            body = ProblemDocument, headers(("Retry-After" = i32)),
            example = json!({ "code": "sku_taken", "detail": "Another product has this sku; see sku.", "sku": "TENT-2-GREEN" }))
    ),
    security(("bearer" = []))
)]
pub async fn create(
    Shared(state): Shared<State>,
    Staff(staff): Staff,
    key: IdempotencyKey,
    request: Request,
) -> Result<Response, Problem> {
    let body = Body::<Whole>::from_request(request, &()).await?;
    let Whole(wish) = &body.value;
    let request = key.0.map(|key| idempotency::Request {
        scope: staff.actor(),
        key,
        fingerprint: fingerprint(&Method::POST, "/products", &body.raw),
    });
    let (state, actor) = (&state, staff.actor());
    idempotent::run_if::<WriteError, _>(
        state.database.pool(),
        state.clock.as_ref(),
        request,
        "/products",
        async |id| match create_product(state, ProductId(id), wish, &actor).await {
            Ok(product) => match ProductView::new(product, &state.images_base_url) {
                Ok(view) => created(&view, view.tag(), &format!("/products/{id}")),
                Err(error) => outcome(error.into()),
            },
            Err(error) => outcome(error),
        },
    )
    .await
}
