//! `GET /users/{id}/addresses/{address_id}`

use axum::extract::State as Shared;
use axum::http::header::ETAG;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use cartwright_web::{PathIds, Problem, User, etag};
use uuid::Uuid;

use super::view::AddressView;
use super::{AddressPath, shown};
use crate::db::addresses;
use crate::error::Failure;
use crate::routes::users::whom::Whom;
use crate::state::State;

/// 200 with the address and an `ETag`, or 304.
#[utoipa::path(
    get, path = "/users/{id}/addresses/{address_id}", operation_id = "getAddress", tag = "Users",
    summary = "Read an address",
    description = "Of one's own book.",
    params(AddressPath),
    responses((status = 200, description = "The address.", body = AddressView), (status = 304)),
    security(("bearer" = []))
)]
pub async fn show(
    Shared(state): Shared<State>,
    caller: User,
    PathIds(whom, id): PathIds<Whom, Uuid>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let user = whom.own(&caller)?;
    let entry = addresses::get(state.database.pool(), user, id).await.map_err(Failure::from)?;
    let entry = entry.ok_or_else(Problem::not_found)?;
    let tag = etag::strong(&entry.version.to_string());
    if etag::is_not_modified(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(shown(entry).into_response())
}
