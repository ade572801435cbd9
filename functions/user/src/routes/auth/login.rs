//! `POST /auth/login`

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use cartwright_types::EmailAddress;
use cartwright_web::openapi::{Email, ProblemDocument};
use cartwright_web::{Body, Fields, FromFields, Problem, rules};
use utoipa::ToSchema;

use super::token_answer::{TokenAnswer, granted, suspended};
use crate::domain::password::Password;
use crate::routes::client::Client;
use crate::state::State;
use crate::usecases::login::{self, LoginError};

/// Address and password.
#[derive(ToSchema)]
pub struct Credentials {
    /// The address of the account.
    #[schema(value_type = Email)]
    email: EmailAddress,
    /// Its password.
    // None: longer than any password, so not the right one.
    #[schema(value_type = String, format = "password")]
    password: Option<Password>,
    /// A one-time code, for accounts with a second factor. Not looked at until there are second factors.
    #[schema(rename = "otp")]
    _otp: Option<String>,
}

impl FromFields for Credentials {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.required("email", rules::email_address);
        let password = fields
            .required("password", |value| rules::string(value).map(|text| Password::from_login(&text).ok()));
        // Clients may send the field before there are second factors.
        let otp = fields.optional("otp", rules::string);
        Some(Self { email: email?, password: password?, _otp: otp? })
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
#[utoipa::path(
    post, path = "/auth/login", operation_id = "login", tag = "Authentication",
    summary = "Sign in",
    description = "Begins a session. Send `access_token` as a bearer token; when it expires, `POST /auth/refresh` gives the \
        next pair.",
    request_body(content = Credentials, example = json!({
        "email": "ada@example.com", "password": "a plain sentence of mine"
    })),
    responses(
        (status = 200, description = "Signed in.", body = TokenAnswer),
        (status = 401, description = "`invalid_credentials`: unknown address or wrong password, the same for both; or \
            `invalid_token`: the request itself came with a bad access token.",
            body = ProblemDocument, example = json!({
                "code": "invalid_credentials", "detail": "There is no account with this address and password."
            })),
        (status = 403, description = "Only after the right password: `email_unverified`, `suspended`.",
            body = ProblemDocument, example = json!({
                "code": "email_unverified",
                "detail": "Follow the link in the mail we sent, or ask for a new one."
            }))
    )
)]
pub async fn login(
    Shared(state): Shared<State>,
    client: Client,
    body: Body<Credentials>,
) -> Result<Json<TokenAnswer>, Problem> {
    state.throttle.address(&body.email, client.address).await?;
    let Some(password) = &body.password else { return Err(LoginError::InvalidCredentials.into()) };
    Ok(granted(login::login(&state, &body.email, password, &client.anonymous()).await?))
}
