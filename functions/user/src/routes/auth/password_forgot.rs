//! `POST /auth/password/forgot`

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_types::EmailAddress;
use cartwright_web::openapi::Email;
use cartwright_web::{Body, Fields, FromFields, Problem, rules};
use utoipa::ToSchema;

use super::queued::{RESET_SENT, ResetSent};
use crate::routes::client::Client;
use crate::state::State;
use crate::usecases::forgot_password::forgot_password;

/// Who forgot.
#[derive(ToSchema)]
#[schema(as = PasswordForgotten)]
pub struct Forgotten {
    /// The address of the account.
    #[schema(value_type = Email)]
    email: EmailAddress,
}

impl FromFields for Forgotten {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { email: fields.required("email", rules::email_address)? })
    }
}

/// 202 whether there is such an account or not.
#[utoipa::path(
    post, path = "/auth/password/forgot", operation_id = "forgotPassword", tag = "Authentication",
    summary = "Ask for a link to reset the password",
    description = "Mails a link with a single-use token that lives 30 minutes, if the address has an account.",
    request_body(content = Forgotten, example = json!({ "email": "ada@example.com" })),
    responses((status = 202, description = "If there is such an account, a link is on its way.", body = ResetSent))
)]
pub async fn forgot(
    Shared(state): Shared<State>,
    client: Client,
    body: Body<Forgotten>,
) -> Result<(StatusCode, Json<ResetSent>), Problem> {
    state.throttle.address(&body.email, client.address).await?;
    forgot_password(&state, &body.email, &client.anonymous()).await?;
    Ok((StatusCode::ACCEPTED, Json(RESET_SENT)))
}
