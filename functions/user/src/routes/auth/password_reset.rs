//! `POST /auth/password/reset`

use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_web::openapi::ProblemDocument;
use cartwright_web::{Body, Fields, FromFields, Problem, rules};
use utoipa::ToSchema;

use crate::domain::password::Password;
use crate::error::invalid_token;
use crate::routes::client::Client;
use crate::routes::fields;
use crate::state::State;
use crate::usecases::reset_password::reset_password;

/// The link's token (of a reset or an invitation) and the new password.
#[derive(ToSchema)]
#[schema(as = PasswordReset)]
pub struct Reset {
    /// The `token` of the mailed link.
    token: String,
    /// The new password: 8 to 128 characters in NFC, and none that everybody tries first (`password_too_common`).
    #[schema(value_type = String, format = "password", min_length = 8, max_length = 128)]
    password: Password,
}

impl FromFields for Reset {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let token = fields.required("token", rules::string);
        let password = fields.required("password", fields::new_password);
        Some(Self { token: token?, password: password? })
    }
}

/// 204, or 400 `invalid_token`. A password that is refused leaves the token unspent.
#[utoipa::path(
    post, path = "/auth/password/reset", operation_id = "resetPassword", tag = "Authentication",
    summary = "Set a new password",
    description = "Spends the token of a reset or an invitation, sets the password and ends every session. The address \
        counts as verified. A password that is refused leaves the token unspent.",
    request_body(content = Reset, example = json!({
        "token": "kq3v5x7z0198b5a07c1e7e7d9c553d0f4d9b7a10", "password": "another plain sentence"
    })),
    responses(
        (status = 204, description = "The password is set."),
        (status = 400, description = "`invalid_token`: unknown, used, superseded or expired; or the request cannot be read.",
            body = ProblemDocument, example = json!({
                "code": "invalid_token", "detail": "This link is not valid any more. Ask for a new one."
            }))
    )
)]
pub async fn reset(
    Shared(state): Shared<State>,
    client: Client,
    body: Body<Reset>,
) -> Result<StatusCode, Problem> {
    if reset_password(&state, &body.token, &body.password, &client.anonymous()).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(invalid_token())
    }
}
