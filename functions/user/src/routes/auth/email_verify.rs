//! `POST /auth/email/verify`

use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_web::openapi::ProblemDocument;
use cartwright_web::{Body, Fields, FromFields, Problem, rules};
use utoipa::ToSchema;

use crate::error::invalid_token;
use crate::routes::client::Client;
use crate::state::State;
use crate::usecases::verify_email::{VerifyError, verify_email};

/// What the link brought.
#[derive(ToSchema)]
#[schema(as = EmailVerification)]
pub struct Verification {
    /// The `token` of the mailed link.
    token: String,
}

impl FromFields for Verification {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { token: fields.required("token", rules::string)? })
    }
}

impl From<VerifyError> for Problem {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::InvalidToken => invalid_token(),
            VerifyError::EmailTaken => Self::conflict("email_taken")
                .detail("Another account has taken this address since the link was sent."),
            VerifyError::Failure(failure) => failure.into(),
        }
    }
}

/// 204; 400 `invalid_token`; 409 `email_taken`.
#[utoipa::path(
    post, path = "/auth/email/verify", operation_id = "verifyEmail", tag = "Authentication",
    summary = "Verify an address",
    description = "Spends the token of the mailed link. The account can sign in from then on; a new address takes the former one's place.",
    request_body(content = Verification, example = json!({ "token": "kq3v5x7z0198b5a07c1e7e7d9c553d0f4d9b7a10" })),
    responses(
        (status = 204, description = "The address is verified."),
        (status = 400, description = "`invalid_token`: unknown, used, superseded or expired; or the request cannot be read.",
            body = ProblemDocument, example = json!({
                "code": "invalid_token", "detail": "This link is not valid any more. Ask for a new one."
            })),
        (status = 409, description = "`email_taken`: another account has taken the address since the link was sent.",
            body = ProblemDocument, example = json!({
                "code": "email_taken", "detail": "Another account has taken this address since the link was sent."
            }))
    )
)]
pub async fn verify(
    Shared(state): Shared<State>,
    client: Client,
    body: Body<Verification>,
) -> Result<StatusCode, Problem> {
    verify_email(&state, &body.token, &client.anonymous()).await?;
    Ok(StatusCode::NO_CONTENT)
}
