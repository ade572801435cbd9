//! `POST /auth/password/change`

use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_web::openapi::ProblemDocument;
use cartwright_web::{Body, Fields, FromFields, Problem, User, rules};
use utoipa::ToSchema;

use crate::domain::password::Password;
use crate::routes::client::Client;
use crate::routes::fields;
use crate::state::State;
use crate::usecases::change_password::{ChangeError, change_password};

/// The present password and the new one.
#[derive(ToSchema)]
#[schema(as = PasswordChange)]
pub struct Change {
    /// The password as it is.
    // None: longer than any password, so not the right one.
    #[schema(value_type = String, format = "password")]
    current_password: Option<Password>,
    /// The new password: 8 to 128 characters in NFC, and none that everybody tries first (`password_too_common`).
    #[schema(value_type = String, format = "password", min_length = 8, max_length = 128)]
    password: Password,
}

impl FromFields for Change {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let current = fields.required("current_password", rules::string);
        let password = fields.required("password", fields::new_password);
        Some(Self { current_password: Password::from_login(&current?).ok(), password: password? })
    }
}

impl From<ChangeError> for Problem {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::InvalidCredentials => Self::new(StatusCode::FORBIDDEN, "invalid_credentials")
                .detail("The current password is another one."),
            ChangeError::Failure(failure) => failure.into(),
        }
    }
}

/// 204; 403 `invalid_credentials`.
#[utoipa::path(
    post, path = "/auth/password/change", operation_id = "changePassword", tag = "Authentication",
    summary = "Change one's password",
    description = "Ends every other session, and voids links that would set a password.",
    request_body(content = Change, example = json!({
        "current_password": "a plain sentence of mine", "password": "another plain sentence"
    })),
    responses(
        (status = 204, description = "The password is changed."),
        (status = 403, description = "`invalid_credentials`: the current password is another one.", body = ProblemDocument,
            example = json!({ "code": "invalid_credentials", "detail": "The current password is another one." }))
    ),
    security(("bearer" = []))
)]
pub async fn change(
    Shared(state): Shared<State>,
    user: User,
    client: Client,
    body: Body<Change>,
) -> Result<StatusCode, Problem> {
    state.throttle.user(user.id, client.address).await?;
    let Change { current_password, password } = body.value;
    let (whose, origin) = ((user.id, user.session), client.of(&user));
    change_password(&state, whose, current_password.as_ref(), &password, &origin).await?;
    Ok(StatusCode::NO_CONTENT)
}
