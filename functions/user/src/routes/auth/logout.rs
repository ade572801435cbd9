//! `POST /auth/logout`

use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_web::{Problem, User};

use crate::routes::client::Client;
use crate::state::State;
use crate::usecases::logout;

/// 204; the caller's session is over.
#[utoipa::path(
    post, path = "/auth/logout", operation_id = "logout", tag = "Authentication",
    summary = "Sign out",
    description = "Ends the session that the access token belongs to: its refresh token is void at once, its access token within seconds.",
    responses((status = 204, description = "The session is over.")),
    security(("bearer" = []))
)]
pub async fn logout(Shared(state): Shared<State>, user: User, client: Client) -> Result<StatusCode, Problem> {
    logout::logout(&state, user.id, user.session, &client.of(&user)).await?;
    Ok(StatusCode::NO_CONTENT)
}
