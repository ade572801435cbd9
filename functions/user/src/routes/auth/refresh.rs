//! `POST /auth/refresh`, `GET /auth/refresh`

use axum::Json;
use axum::extract::{FromRequest as _, Request, State as Shared};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use cartwright_web::openapi::ProblemDocument;
use cartwright_web::{Body, Fields, FromFields, Problem};
use serde_json::Value;
use utoipa::ToSchema;

use super::token_answer::{TokenAnswer, granted, suspended};
use crate::routes::client::Client;
use crate::state::State;
use crate::usecases::refresh::{self, RefreshError};

/// A refresh token to be spent. It may also go as `Authorization: Bearer`, without a body.
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
pub async fn refresh(
    Shared(state): Shared<State>,
    client: Client,
    request: Request,
) -> Result<Json<TokenAnswer>, Problem> {
    let bearer = bearer(request.headers());
    // No body at all is a missing token, not a wrong media type.
    if !request.headers().contains_key(CONTENT_TYPE) && axum::body::HttpBody::is_end_stream(request.body()) {
        return exchange(&state, bearer, client).await;
    }
    let body = Body::<Refresh>::from_request(request, &()).await?;
    exchange(&state, body.value.refresh_token.or(bearer), client).await
}

/// 200 with the next pair, as POST.
#[utoipa::path(
    get, path = "/auth/refresh", operation_id = "refreshTokensByGet", tag = "Authentication",
    summary = "Get the next pair of tokens, by GET",
    description = "For clients that cannot POST: the refresh token goes as `Authorization: Bearer`, and as nothing else. It works \
        once, as with POST; the answer is never stored.",
    responses(
        (status = 200, description = "The next pair.", body = TokenAnswer),
        (status = 401, description = "`invalid_refresh_token`, `refresh_token_reused`: sign in again.",
            body = ProblemDocument, example = json!({
                "code": "invalid_refresh_token", "detail": "Sign in again: this refresh token is not valid."
            })),
        (status = 403, description = "`suspended`", body = ProblemDocument, example = json!({
            "code": "suspended", "detail": "This account is suspended."
        }))
    ),
    security(("bearer" = []))
)]
pub async fn refresh_by_get(
    Shared(state): Shared<State>,
    client: Client,
    headers: HeaderMap,
) -> Result<Json<TokenAnswer>, Problem> {
    exchange(&state, bearer(&headers), client).await
}

async fn exchange(
    state: &State,
    token: Option<String>,
    client: Client,
) -> Result<Json<TokenAnswer>, Problem> {
    let token = token.ok_or(RefreshError::Invalid)?;
    Ok(granted(refresh::refresh(state, &token, &client.anonymous()).await?))
}

/// The client's `Authorization: Bearer`, as the gateway hands it on: its own holds the identity.
fn bearer(headers: &HeaderMap) -> Option<String> {
    headers.get("x-refresh-token")?.to_str().ok().map(str::to_owned)
}
