//! `GET /notifications/{id}`

use axum::Json;
use axum::extract::State as Extract;
use axum::http::StatusCode;
use axum::http::header::{ETAG, HeaderMap};
use axum::response::{IntoResponse as _, Response};
use cartwright_types::NotificationId;
use cartwright_web::problem::Answer;
use cartwright_web::query::NoParams;
use cartwright_web::{PathId, Problem, Query, User, etag};

use super::view::NotificationView;
use crate::error;
use crate::state::State;

/// 200 with the notification and its `ETag`, 304, or 404 when it is not there or not the caller's.
#[utoipa::path(
    get, path = "/notifications/{id}", operation_id = "getNotification", tag = "Notifications",
    summary = "Read a notification",
    description = "That something was said, when, and how it went; never what it said or to which address. One's own; staff may \
        read any.",
    params(("id" = uuid::Uuid, Path, description = "The notification's id.")),
    responses((status = 200, description = "The notification.", body = NotificationView), (status = 304)),
    security(("bearer" = []))
)]
pub(super) async fn get(
    user: User,
    Extract(state): Extract<State>,
    PathId(id): PathId<NotificationId>,
    _: Query<NoParams>,
    headers: HeaderMap,
) -> Answer<Response> {
    let row = state.notifications.find(id).await.map_err(|error| error::store(&error))?;
    let row =
        row.filter(|row| row.user_id == Some(user.id) || user.is_staff()).ok_or_else(Problem::not_found)?;
    let tag = etag::strong(&row.version.to_string());
    if etag::is_not_modified(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    Ok(([(ETAG, tag)], Json(NotificationView::from(row))).into_response())
}
