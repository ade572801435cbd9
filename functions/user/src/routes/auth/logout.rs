//! `POST /auth/logout`

use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_web::{Problem, User};

use crate::state::State;
use crate::usecases::logout;

/// 204; the caller's session is over.
pub async fn logout(Shared(state): Shared<State>, user: User) -> Result<StatusCode, Problem> {
    logout::logout(&state, user.id, user.session).await?;
    Ok(StatusCode::NO_CONTENT)
}
