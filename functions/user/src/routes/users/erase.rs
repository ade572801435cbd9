//! `DELETE /users/{id}`

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{HeaderMap, StatusCode};
use cartwright_types::Role;
use cartwright_web::openapi::{IfMatch, words};
use cartwright_web::{PathId, Problem, User, etag};
use serde::Serialize;
use utoipa::ToSchema;

use super::expected;
use super::whom::{UserPath, Whom};
use crate::state::State;
use crate::usecases::erase_user::{EraseError, erase_user};

/// What is under way.
#[derive(Serialize, ToSchema)]
pub struct ErasureStarted {
    #[schema(schema_with = erasure_started)]
    status: &'static str,
}

fn erasure_started() -> utoipa::openapi::Object {
    words("The account is gone; the other services follow.", &["erasure_started"])
}

impl From<EraseError> for Problem {
    fn from(error: EraseError) -> Self {
        match error {
            EraseError::NotFound => Self::not_found(),
            EraseError::Stale => etag::precondition_failed(),
            EraseError::Failure(failure) => failure.into(),
        }
    }
}

/// 202: gone here, and soon everywhere; 403 for staff and somebody else's account, 404.
#[utoipa::path(
    delete, path = "/users/{id}", operation_id = "eraseUser", tag = "Users",
    summary = "Erase an account",
    description = "One's own, or by an admin anybody's. Sessions end at once and the address is free again; the other services \
        remove what is personal within moments. Issued invoices keep what the law requires.",
    params(UserPath, IfMatch),
    responses((status = 202, description = "The account is gone; the other services follow.", body = ErasureStarted)),
    security(("bearer" = []))
)]
pub async fn erase(
    Shared(state): Shared<State>,
    caller: User,
    PathId(whom): PathId<Whom>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<ErasureStarted>), Problem> {
    let id = whom.own_or_staff(&caller)?;
    if id != caller.id && caller.role < Role::Admin {
        return Err(Problem::forbidden());
    }
    erase_user(&state, id, &expected(&headers), &caller.actor()).await?;
    Ok((StatusCode::ACCEPTED, Json(ErasureStarted { status: "erasure_started" })))
}
