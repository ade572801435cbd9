//! `POST /auth/logout-all`

use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_web::{Problem, User};

use crate::routes::client::Client;
use crate::state::State;
use crate::usecases::logout::logout_all;

/// 204; every session of the caller is over.
#[utoipa::path(
    post, path = "/auth/logout-all", operation_id = "logoutAll", tag = "Authentication",
    summary = "Sign out everywhere",
    description = "Ends every session of the caller, this one too: refresh tokens are void at once, access tokens within seconds.",
    responses((status = 204, description = "The sessions are over.")),
    security(("bearer" = []))
)]
pub async fn all(Shared(state): Shared<State>, user: User, client: Client) -> Result<StatusCode, Problem> {
    logout_all(&state, user.id, &client.of(&user)).await?;
    Ok(StatusCode::NO_CONTENT)
}
