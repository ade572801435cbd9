//! `GET /users/{id}`

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header::ETAG;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use cartwright_web::{PathId, Problem, User, etag};

use super::view::UserView;
use super::whom::{UserPath, Whom};
use crate::db::users;
use crate::error::Failure;
use crate::state::State;

/// 200 with the user and an `ETag`, or 304; a stranger's account is a 404.
#[utoipa::path(
    get, path = "/users/{id}", operation_id = "getUser", tag = "Users",
    summary = "Read an account",
    description = "One's own, by `me` or by its id; staff may read any. Somebody else's is a 404.",
    params(UserPath),
    responses((status = 200, description = "The account.", body = UserView), (status = 304)),
    security(("bearer" = []))
)]
pub async fn get(
    Shared(state): Shared<State>,
    caller: User,
    PathId(whom): PathId<Whom>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = whom.own_or_staff(&caller)?;
    let user = users::by_id(state.database.pool(), id).await.map_err(Failure::from)?;
    let user = user.ok_or_else(Problem::not_found)?;
    let tag = etag::strong(&user.version.to_string());
    if etag::is_not_modified(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(([(ETAG, tag)], Json(UserView::from(user))).into_response())
}
