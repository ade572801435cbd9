//! `DELETE /categories/{id}`

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::http::header::HeaderMap;
use cartwright_types::CategoryId;
use cartwright_web::openapi::{IfMatch, ProblemDocument};
use cartwright_web::query::{FromParams, Params};
use cartwright_web::rules::Invalid;
use cartwright_web::{PathId, Problem, Query, Staff};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{CategoryPath, may_change};
use crate::routes::precondition;
use crate::state::State;
use crate::usecases::catalogue::{Reparent, delete_category};

/// Where the children go, if that is said.
pub struct Children(Option<Reparent>);

impl FromParams for Children {
    fn from_params(params: &mut Params) -> Option<Self> {
        let reparent = params.optional("reparent_to", |text| match text {
            "" => Ok(Reparent::Root),
            id => Uuid::try_parse(id)
                .map(Reparent::Below)
                .map_err(|_| Invalid::new("invalid_id", "must be a category's id, or empty for the root")),
        });
        Some(Self(reparent?))
    }
}

/// The query string, described.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only described; Children is what is read")]
struct ChildrenParams {
    /// The category that its children go below; empty makes them roots. Without it a category with children stays.
    #[param(required = false, pattern = "^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$")]
    reparent_to: String,
}

/// 204; 404, 409 `category_has_children`, 412, 428.
#[utoipa::path(
    delete, path = "/categories/{key}", operation_id = "deleteCategory", tag = "Catalogue",
    summary = "Remove a category",
    description = "By staff. Its products are no longer in it, and nothing else happens to them.",
    params(CategoryPath, ChildrenParams, IfMatch),
    responses(
        (status = 204, description = "It is gone."),
        (status = 409, description = "`category_has_children`.", body = ProblemDocument, example = json!({
            "code": "category_has_children", "detail": "There are categories below it; reparent_to says where they go."
        })),
        (status = 428, description = "`precondition_required`: `If-Match` is missing.", body = ProblemDocument)
    ),
    security(("bearer" = []))
)]
pub async fn remove(
    Shared(state): Shared<State>,
    _staff: Staff,
    PathId(id): PathId<CategoryId>,
    Query(Children(reparent)): Query<Children>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    may_change(&state, id, &headers).await?;
    let expected = |version| precondition::names(&headers, version);
    delete_category(&state, id, reparent, &expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
