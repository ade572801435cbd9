//! `POST /auth/password/forgot`

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_web::{Body, Fields, FromFields, Problem};
use serde_json::{Value, json};

use crate::domain::email::EmailAddress;
use crate::routes::fields;
use crate::state::State;
use crate::usecases::forgot_password::forgot_password;

/// Who forgot.
pub struct Forgotten {
    email: EmailAddress,
}

impl FromFields for Forgotten {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { email: fields.required("email", fields::email)? })
    }
}

/// 202 whether there is such an account or not.
pub async fn forgot(
    Shared(state): Shared<State>,
    body: Body<Forgotten>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    forgot_password(&state, &body.email).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "status": "reset_sent" }))))
}
