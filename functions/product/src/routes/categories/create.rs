//! `POST /categories`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::Method;
use axum::response::Response;
use cartwright_database::idempotency;
use cartwright_idempotency as idempotent;
use cartwright_types::CategoryId;
use cartwright_web::idempotency::{IdempotencyKey, fingerprint};
use cartwright_web::openapi::{OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::{Body, Problem, Staff};

use super::input::{Described, Whole};
use crate::db::categories::Category;
use crate::routes::write_error::{created, outcome};
use crate::state::State;
use crate::usecases::catalogue::{WriteError, create_category};

/// 201 with the category; 409 `slug_taken`.
#[utoipa::path(
    post, path = "/categories", operation_id = "createCategory", tag = "Catalogue",
    summary = "Make a category",
    description = "By staff.",
    params(OptionalIdempotencyKey),
    request_body(content = Described, example = json!({ "name": "Tents", "position": 1 })),
    responses(
        (status = 201, description = "The category.", body = Category, headers(("ETag" = String), ("Location" = String))),
        (status = 409, description = "`slug_taken`, or `idempotency_in_flight` with `Retry-After`.", body = ProblemDocument,
            headers(("Retry-After" = i32)),
            example = json!({ "code": "slug_taken", "detail": "Another one has this slug." }))
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
        fingerprint: fingerprint(&Method::POST, "/categories", &body.raw),
    });
    let state = &state;
    idempotent::run_if::<WriteError, _>(
        state.database.pool(),
        state.clock.as_ref(),
        request,
        "/categories",
        async |id| match create_category(state, CategoryId(id), wish).await {
            Ok(category) => created(&category, &category.version.to_string(), &format!("/categories/{id}")),
            Err(error) => outcome(error),
        },
    )
    .await
}
