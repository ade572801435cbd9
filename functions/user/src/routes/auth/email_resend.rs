//! `POST /auth/email/resend`

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_types::EmailAddress;
use cartwright_web::openapi::Email;
use cartwright_web::{Body, Fields, FromFields, Problem, rules};
use utoipa::ToSchema;

use super::queued::{VERIFICATION_SENT, VerificationSent};
use crate::routes::client::Client;
use crate::state::State;
use crate::usecases::resend_verification::resend_verification;

/// Whose link is lost.
#[derive(ToSchema)]
#[schema(as = VerificationResend)]
pub struct Resend {
    /// The address of the account.
    #[schema(value_type = Email)]
    email: EmailAddress,
}

impl FromFields for Resend {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { email: fields.required("email", rules::email_address)? })
    }
}

/// 202 whether a link was due or not.
#[utoipa::path(
    post, path = "/auth/email/resend", operation_id = "resendVerification", tag = "Authentication",
    summary = "Send the verification link again",
    description = "Mails a new link if the address has an account that is not verified yet, or that has an `email_problem`; \
        earlier links end.",
    request_body(content = Resend, example = json!({ "email": "ada@example.com" })),
    responses((status = 202, description = "If a link was due, it is on its way.", body = VerificationSent))
)]
pub async fn resend(
    Shared(state): Shared<State>,
    client: Client,
    body: Body<Resend>,
) -> Result<(StatusCode, Json<VerificationSent>), Problem> {
    state.throttle.address(&body.email, client.address).await?;
    resend_verification(&state, &body.email).await?;
    Ok((StatusCode::ACCEPTED, Json(VERIFICATION_SENT)))
}
