//! `POST /notifications/unsubscribe?token=`

use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use cartwright_web::openapi::ProblemDocument;
use cartwright_web::problem::Answer;
use cartwright_web::{Problem, Query};
use utoipa::ToSchema;

use super::{Token, TokenParam, owner, page};
use crate::error;
use crate::state::State;

/// What a mail program sends (RFC 8058, section 3.2).
#[derive(ToSchema)]
#[schema(as = OneClick)]
#[expect(dead_code, reason = "only described; the form is read as it is")]
struct OneClick {
    #[schema(rename = "List-Unsubscribe", pattern = "^One-Click$")]
    list_unsubscribe: String,
}

/// 200 with a page; 400 `invalid_token`, 415, 422.
#[utoipa::path(
    post, path = "/notifications/unsubscribe", operation_id = "unsubscribe", tag = "Preferences",
    summary = "Unsubscribe",
    description = "Out of marketing mail, by one click (RFC 8058; its form urlencoded or multipart) or by the page's \
        button. May be repeated.",
    params(TokenParam),
    request_body(content = OneClick, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "It is done; a page says so.", body = String, content_type = "text/html"),
        (status = 400, description = "`invalid_token`, or `invalid_parameter`.", body = ProblemDocument,
            example = json!({ "code": "invalid_token", "detail": "This link is not one of ours, or not whole." }))
    )
)]
pub async fn confirm(
    Extract(state): Extract<State>,
    Query(token): Query<Token>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<Response> {
    let user = owner(&state, &token)?;
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_one_click = match media_type.as_str() {
        "application/x-www-form-urlencoded" => form_urlencoded::parse(&body)
            .any(|(name, value)| name == "List-Unsubscribe" && value == "One-Click"),
        // What mail programs should send. The token says who it is; the part says only that it is meant.
        "multipart/form-data" => {
            let form = String::from_utf8_lossy(&body);
            form.contains("name=\"List-Unsubscribe\"") && form.lines().any(|line| line == "One-Click")
        }
        _ => return Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE).detail("Send a form.")),
    };
    if !is_one_click {
        return Err(Problem::invalid("/List-Unsubscribe", "required", "must be One-Click"));
    }
    let changed = state.wishes.unsubscribe(user, state.clock.now()).await;
    if changed.map_err(|error| error::store(&error))? {
        tracing::info!(user_id = %user, "somebody unsubscribed from marketing mail");
    }
    Ok(page::done(&headers))
}
