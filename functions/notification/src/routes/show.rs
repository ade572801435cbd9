//! `GET /notifications/{id}`

use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use axum::http::header::{ETAG, HeaderMap};
use axum::response::{IntoResponse as _, Response};
use cartwright_types::NotificationId;
use cartwright_web::{PathId, Problem, User, etag};

use crate::Failure;
use crate::state::State;

/// 200 with the notification, 304, 404.
pub async fn handle(
    extract::State(state): extract::State<State>,
    user: User,
    PathId(id): PathId<NotificationId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = state.notifications.find(id).await.map_err(Failure::from)?;
    let found = found.filter(|found| found.user_id == user.id || user.is_staff()).ok_or_else(Problem::not_found)?;
    let tag = etag::strong(&format!("{}-{}", found.status.as_str(), found.updated_at.timestamp_micros()));
    if etag::is_not_modified(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(([(ETAG, tag)], Json(found)).into_response())
}
