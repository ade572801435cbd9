//! `POST /auth/register`

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_web::{Body, Fields, FromFields, Problem, rules};

use super::queued::{VERIFICATION_SENT, VerificationSent};
use crate::routes::client::Client;
use crate::routes::fields;
use crate::state::State;
use crate::usecases::register::{self, Registration};

impl FromFields for Registration {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.required("email", rules::email_address);
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
#[utoipa::path(
    post, path = "/auth/register", operation_id = "register", tag = "Authentication",
    summary = "Create an account",
    description = "Sends a mail: to a fresh address one with a link that verifies it, to one in use one that says \
        so. The answer is the same either way, so that nobody learns which addresses have an account.",
    request_body(content = Registration, example = json!({
        "email": "ada@example.com", "password": "a plain sentence of mine", "full_name": "Ada Lovelace",
        "locale": "en"
    })),
    responses((status = 202, description = "A mail is on its way.", body = VerificationSent))
)]
pub async fn register(
    Shared(state): Shared<State>,
    client: Client,
    body: Body<Registration>,
) -> Result<(StatusCode, Json<VerificationSent>), Problem> {
    state.throttle.address(&body.email, client.address).await?;
    register::register(&state, &body, &client.anonymous()).await?;
    Ok((StatusCode::ACCEPTED, Json(VERIFICATION_SENT)))
}
