//! What login and refresh answer.

use axum::Json;
use axum::http::StatusCode;
use cartwright_web::Problem;
use serde::Serialize;

use crate::crypto::access_token::LIFETIME_SECONDS;
use crate::routes::users::view::UserView;
use crate::usecases::TokenPair;

/// RFC 6749, section 5.1, and the user.
#[derive(Serialize)]
pub struct TokenAnswer {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    refresh_token: String,
    user: UserView,
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
