//! What login and refresh answer.

use axum::Json;
use axum::http::StatusCode;
use cartwright_web::Problem;
use cartwright_web::openapi::words;
use serde::Serialize;
use utoipa::ToSchema;

use crate::crypto::access_token::LIFETIME_SECONDS;
use crate::routes::users::view::UserView;
use crate::usecases::TokenPair;

/// RFC 6749, section 5.1, and the user.
#[derive(Serialize, ToSchema)]
#[schema(as = TokenPair)]
pub struct TokenAnswer {
    /// A JWT (RFC 9068), for `Authorization: Bearer`.
    access_token: String,
    #[schema(schema_with = token_type)]
    token_type: &'static str,
    /// Seconds that the access token lives.
    #[schema(minimum = 1, examples(900))]
    expires_in: i64,
    /// For `POST /auth/refresh`, once.
    refresh_token: String,
    /// Who signed in.
    user: UserView,
}

fn token_type() -> utoipa::openapi::Object {
    words("How the access token is sent.", &["Bearer"])
}

/// 200 with the pair.
pub fn granted(pair: TokenPair) -> Json<TokenAnswer> {
    Json(TokenAnswer {
        access_token: pair.access_token,
        token_type: "Bearer",
        expires_in: LIFETIME_SECONDS,
        refresh_token: pair.refresh_token,
        user: pair.user.into(),
    })
}

/// 403 `suspended`.
pub fn suspended() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "suspended").detail("This account is suspended.")
}
