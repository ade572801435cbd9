//! `POST /auth/password/reset`

use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_web::{Body, Fields, FromFields, Problem, rules};

use crate::domain::password::Password;
use crate::error::invalid_token;
use crate::routes::fields;
use crate::state::State;
use crate::usecases::reset_password::reset_password;

/// The link's token (of a reset or an invitation) and the new password.
pub struct Reset {
    token: String,
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
pub async fn reset(Shared(state): Shared<State>, body: Body<Reset>) -> Result<StatusCode, Problem> {
    if reset_password(&state, &body.token, &body.password).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(invalid_token())
    }
}
