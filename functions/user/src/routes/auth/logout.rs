//! `POST /auth/logout`

use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_web::{Problem, User};

use crate::state::State;
use crate::usecases::logout;

/// 204; the caller's session is over.
#[utoipa::path(
    post, path = "/auth/logout", operation_id = "logout", tag = "Authentication",
    summary = "Sign out",
    description = "Ends the session that the access token belongs to: its refresh token is void at once.",
    responses((status = 204, description = "The session is over.")),
    security(("bearer" = []))
)]
pub async fn logout(Shared(state): Shared<State>, user: User) -> Result<StatusCode, Problem> {
    logout::logout(&state, user.id, user.session).await?;
    Ok(StatusCode::NO_CONTENT)
}
