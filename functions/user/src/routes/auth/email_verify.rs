//! `POST /auth/email/verify`

use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_web::{Body, Fields, FromFields, Problem, rules};

use crate::error::invalid_token;
use crate::state::State;
use crate::usecases::verify_email::verify_email;

/// What the link brought.
pub struct Verification {
    token: String,
}

impl FromFields for Verification {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { token: fields.required("token", rules::string)? })
    }
}

/// 204, or 400 `invalid_token`.
pub async fn verify(Shared(state): Shared<State>, body: Body<Verification>) -> Result<StatusCode, Problem> {
    if verify_email(&state, &body.token).await? { Ok(StatusCode::NO_CONTENT) } else { Err(invalid_token()) }
}
