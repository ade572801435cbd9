//! `POST /auth/refresh`

use axum::Json;
use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::header::CONTENT_TYPE;
use cartwright_web::openapi::ProblemDocument;
use cartwright_web::{Body, Fields, FromFields, Problem};
use serde_json::Value;
use utoipa::ToSchema;

use super::token_answer::{TokenAnswer, granted, suspended};
use crate::state::State;
use crate::usecases::refresh::{self, RefreshError};

/// A refresh token to be spent.
// None when it is missing or no string, which is a 401 like any other bad token.
#[derive(ToSchema)]
#[schema(as = TokenRefresh)]
struct Refresh {
    /// The `refresh_token` of the pair before. A missing one is a 401.
    #[schema(required, nullable = false)]
    refresh_token: Option<String>,
}

impl FromFields for Refresh {
    fn from_fields(fields: &mut Fields<'_>) -> Option<Self> {
        let token = fields.optional("refresh_token", |value| {
            Ok(match value {
                Value::String(text) => Some(text),
                _ => None,
            })
        });
        Some(Self { refresh_token: token?.flatten() })
    }
}

impl From<RefreshError> for Problem {
    fn from(error: RefreshError) -> Self {
        match error {
            RefreshError::Invalid => Self::unauthorized("invalid_refresh_token")
                .detail("Sign in again: this refresh token is not valid."),
            RefreshError::Reused => Self::unauthorized("refresh_token_reused")
                .detail("This refresh token was used before. The session has been ended; sign in again."),
            RefreshError::Suspended => suspended(),
            RefreshError::Failure(failure) => failure.into(),
        }
    }
}

/// 200 with the next pair; 401 `invalid_refresh_token`, `refresh_token_reused`; 403 `suspended`.
#[utoipa::path(
    post, path = "/auth/refresh", operation_id = "refreshTokens", tag = "Authentication",
    summary = "Get the next pair of tokens",
    description = "Each refresh token works once. Two requests with the same token within 10 seconds get the same successor; any \
        other second use ends the session.",
    request_body(content = Refresh, example = json!({ "refresh_token": "kq3v5x7z0198b5a07c1e7e7d9c553d0f4d9b7a10" })),
    responses(
        (status = 200, description = "The next pair.", body = TokenAnswer),
        (status = 401, description = "`invalid_refresh_token`, `refresh_token_reused`: sign in again.",
            body = ProblemDocument, example = json!({
                "code": "refresh_token_reused",
                "detail": "This refresh token was used before. The session has been ended; sign in again."
            })),
        (status = 403, description = "`suspended`", body = ProblemDocument, example = json!({
            "code": "suspended", "detail": "This account is suspended."
        }))
    )
)]
pub async fn refresh(Shared(state): Shared<State>, request: Request) -> Result<Json<TokenAnswer>, Problem> {
    // No body at all is a missing token, not a wrong media type.
    if !request.headers().contains_key(CONTENT_TYPE) && axum::body::HttpBody::is_end_stream(request.body()) {
        return Err(RefreshError::Invalid.into());
    }
    let body = Body::<Refresh>::from_request(request, &()).await?;
    let token = body.value.refresh_token.ok_or(RefreshError::Invalid)?;
    Ok(granted(refresh::refresh(&state, &token).await?))
}
