//! `PUT /categories/{id}`

use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::header::HeaderMap;
use axum::response::Response;
use cartwright_types::CategoryId;
use cartwright_web::openapi::{IfMatch, ProblemDocument};
use cartwright_web::{Body, PathId, Problem, Staff};

use super::input::{Described, Whole};
use super::{CategoryPath, changed, may_change};
use crate::db::categories::Category;
use crate::routes::precondition;
use crate::state::State;
use crate::usecases::catalogue::update_category;

/// 200 with the category; 404, 409, 412, 428.
#[utoipa::path(
    put, path = "/categories/{key}", operation_id = "replaceCategory", tag = "Catalogue",
    summary = "Replace a category",
    description = "By staff. What is absent is emptied, but for `slug`. What is below it comes along.",
    params(CategoryPath, IfMatch),
    request_body(content = Described, example = json!({ "name": "Tents", "parent_id": null, "position": 2 })),
    responses(
        (status = 200, description = "The category as it is now.", body = Category, headers(("ETag" = String))),
        (status = 409, description = "`slug_taken`.", body = ProblemDocument,
            example = json!({ "code": "slug_taken", "detail": "Another one has this slug." })),
        (status = 428, description = "`precondition_required`: `If-Match` is missing.", body = ProblemDocument)
    ),
    security(("bearer" = []))
)]
pub async fn replace(
    Shared(state): Shared<State>,
    _staff: Staff,
    PathId(id): PathId<CategoryId>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    may_change(&state, id, &headers).await?;
    let Whole(wish) = Body::<Whole>::from_request(request, &()).await?.value;
    let expected = |version| precondition::names(&headers, version);
    Ok(changed(update_category(&state, id, &wish, &expected).await?))
}
