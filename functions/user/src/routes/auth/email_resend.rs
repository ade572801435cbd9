//! `POST /auth/email/resend`

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_web::{Body, Fields, FromFields, Problem};
use serde_json::{Value, json};

use crate::domain::email::EmailAddress;
use crate::routes::fields;
use crate::state::State;
use crate::usecases::resend_verification::resend_verification;

/// Whose link is lost.
pub struct Resend {
    email: EmailAddress,
}

impl FromFields for Resend {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { email: fields.required("email", fields::email)? })
    }
}

/// 202 whether a link was due or not.
pub async fn resend(
    Shared(state): Shared<State>,
    body: Body<Resend>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    resend_verification(&state, &body.email).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "status": "verification_sent" }))))
}
