//! `GET /notifications/unsubscribe?token=`

use axum::extract::State as Extract;
use axum::http::HeaderMap;
use axum::response::Response;
use cartwright_web::Query;
use cartwright_web::openapi::ProblemDocument;
use cartwright_web::problem::Answer;

use super::{Token, TokenParam, owner, page};
use crate::state::State;

/// 200 with a page that asks; 400 `invalid_token`. Mail scanners follow links, so this changes nothing.
#[utoipa::path(
    get, path = "/notifications/unsubscribe", operation_id = "showUnsubscribe", tag = "Preferences",
    summary = "Ask whether to unsubscribe",
    description = "A page with a button, in the language of `Accept-Language`. It changes nothing.",
    params(TokenParam),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 400, description = "`invalid_token`, or `invalid_parameter`.", body = ProblemDocument,
            example = json!({ "code": "invalid_token", "detail": "This link is not one of ours, or not whole." }))
    )
)]
pub async fn show(
    Extract(state): Extract<State>,
    Query(token): Query<Token>,
    headers: HeaderMap,
) -> Answer<Response> {
    owner(&state, &token)?;
    Ok(page::question(&headers, &token.0))
}
