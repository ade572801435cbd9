//! `GET /notifications/preferences`

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::http::header::{ETAG, HeaderMap};
use axum::response::{IntoResponse as _, Response};
use cartwright_web::problem::Answer;
use cartwright_web::query::NoParams;
use cartwright_web::{Query, User, etag};

use super::view::PreferencesView;
use super::{of, tag};
use crate::state::State;

/// 200 with the caller's preferences, 304.
#[utoipa::path(
    get, path = "/notifications/preferences", operation_id = "getPreferences", tag = "Preferences",
    summary = "Read one's preferences",
    description = "What one wants to hear about, and how. Verification, resets and what concerns an account's safety always come.",
    responses((status = 200, description = "The preferences.", body = PreferencesView), (status = 304)),
    security(("bearer" = []))
)]
pub async fn show(
    user: User,
    Extract(state): Extract<State>,
    _: Query<NoParams>,
    headers: HeaderMap,
) -> Answer<Response> {
    let (said, preferences) = of(&state, user.id).await?;
    let tag = tag(said.version, &preferences);
    if etag::is_not_modified(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(([(ETAG, tag)], Json(PreferencesView::from(preferences))).into_response())
}
