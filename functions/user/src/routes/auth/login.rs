//! `POST /auth/login`

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_web::{Body, Fields, FromFields, Problem, rules};

use super::token_answer::{TokenAnswer, granted, suspended};
use crate::domain::email::EmailAddress;
use crate::domain::password::Password;
use crate::routes::fields;
use crate::state::State;
use crate::usecases::login::{self, LoginError};

/// Address and password.
pub struct Credentials {
    email: EmailAddress,
    /// None: longer than any password, so not the right one.
    password: Option<Password>,
}

impl FromFields for Credentials {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.required("email", fields::email);
        let password = fields
            .required("password", |value| rules::string(value).map(|text| Password::from_login(&text).ok()));
        // Clients may send the field before there are second factors.
        let otp = fields.optional("otp", rules::string);
        otp?;
        Some(Self { email: email?, password: password? })
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::InvalidCredentials => Self::unauthorized("invalid_credentials")
                .detail("There is no account with this address and password."),
            LoginError::Suspended => suspended(),
            LoginError::EmailUnverified => Self::new(StatusCode::FORBIDDEN, "email_unverified")
                .detail("Follow the link in the mail we sent, or ask for a new one."),
            LoginError::Failure(failure) => failure.into(),
        }
    }
}

/// 200 with a token pair; 401 `invalid_credentials`; 403 `suspended`, `email_unverified`.
pub async fn login(
    Shared(state): Shared<State>,
    body: Body<Credentials>,
) -> Result<Json<TokenAnswer>, Problem> {
    let Some(password) = &body.password else { return Err(LoginError::InvalidCredentials.into()) };
    Ok(granted(login::login(&state, &body.email, password).await?))
}
