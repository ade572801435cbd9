//! `POST /auth/register`

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_web::{Body, Fields, FromFields, Problem, rules};
use serde_json::{Value, json};

use crate::routes::fields;
use crate::state::State;
use crate::usecases::register::{self, Registration};

impl FromFields for Registration {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.required("email", fields::email);
        let password = fields.required("password", fields::new_password);
        let full_name = fields.optional("full_name", rules::text(1, 200));
        let phone = fields.optional("phone", rules::phone);
        let locale = fields.optional("locale", rules::locale);
        Some(Self {
            email: email?,
            password: password?,
            full_name: full_name?,
            phone: phone?,
            locale: locale?,
        })
    }
}

/// 202 whether the address was free or not.
pub async fn register(
    Shared(state): Shared<State>,
    body: Body<Registration>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    register::register(&state, &body).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "status": "verification_sent" }))))
}
