//! `DELETE /auth/sessions/{id}`

use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_types::SessionId;
use cartwright_web::{PathId, Problem, User};

use crate::routes::client::Client;
use crate::state::State;
use crate::usecases::logout::logout;

/// 204; 404 when it is not the caller's.
#[utoipa::path(
    delete, path = "/auth/sessions/{id}", operation_id = "endSession", tag = "Authentication",
    summary = "Sign out somewhere else",
    description = "Ends one of the caller's sessions: its refresh token is void at once, its access token within seconds.",
    params(("id" = uuid::Uuid, Path, description = "The session.")),
    responses((status = 204, description = "The session is over.")),
    security(("bearer" = []))
)]
pub async fn end(
    Shared(state): Shared<State>,
    user: User,
    PathId(id): PathId<SessionId>,
    client: Client,
) -> Result<StatusCode, Problem> {
    if logout(&state, user.id, id, &client.of(&user)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}
