//! `DELETE /users/{id}/addresses/{address_id}`

use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use cartwright_web::openapi::IfMatch;
use cartwright_web::{PathIds, Problem, User};
use uuid::Uuid;

use super::AddressPath;
use crate::routes::users::expected;
use crate::routes::users::whom::Whom;
use crate::state::State;
use crate::usecases::address_book;

/// 204; 404, 412.
#[utoipa::path(
    delete, path = "/users/{id}/addresses/{address_id}", operation_id = "removeAddress", tag = "Users",
    summary = "Remove an address",
    description = "From one's own book. Orders keep the addresses they were placed with.",
    params(AddressPath, IfMatch),
    responses((status = 204, description = "It is gone.")),
    security(("bearer" = []))
)]
pub async fn remove(
    Shared(state): Shared<State>,
    caller: User,
    PathIds(whom, id): PathIds<Whom, Uuid>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let user = whom.own(&caller)?;
    address_book::remove(&state, user, id, &expected(&headers)).await?;
    Ok(StatusCode::NO_CONTENT)
}
