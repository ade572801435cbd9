//! `POST /notifications/{id}/cancel`

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::header::ETAG;
use axum::response::{IntoResponse as _, Response};
use cartwright_types::NotificationId;
use cartwright_web::openapi::ProblemDocument;
use cartwright_web::problem::Answer;
use cartwright_web::{PathId, Problem, Staff, etag};

use super::nothing;
use super::view::NotificationView;
use crate::error;
use crate::state::State;

/// 200 with the cancelled notification, also when it was so before; 404; 409 `not_cancellable`.
#[utoipa::path(
    post, path = "/notifications/{id}/cancel", operation_id = "cancelNotification", tag = "Notifications",
    summary = "Take a notification back",
    description = "By staff, until it is being sent: what is to be sent later, waits to be tried again, or was given up for now.",
    params(("id" = uuid::Uuid, Path, description = "The notification's id.")),
    responses(
        (status = 200, description = "The notification.", body = NotificationView, headers(("ETag" = String))),
        (status = 409, description = "`not_cancellable`: it is being sent, or past that; see `status_now`.", body = ProblemDocument,
            example = json!({ "code": "not_cancellable", "detail": "It is being sent, or past that.", "status_now": "sent" }))
    ),
    security(("bearer" = []))
)]
pub(super) async fn handle(
    Shared(state): Shared<State>,
    _: Staff,
    PathId(id): PathId<NotificationId>,
    raw: Bytes,
) -> Answer<Response> {
    let find = async || state.notifications.find(id).await.map_err(|error| error::store(&error));
    let row = find().await?.ok_or_else(Problem::not_found)?;
    nothing(&raw)?;
    let cancelled = state.asking.cancel(&row).await.map_err(|error| error::store(&error))?;
    let row = find().await?.ok_or_else(Problem::not_found)?;
    if !cancelled {
        let problem = Problem::conflict("not_cancellable").detail("It is being sent, or past that.");
        return Err(problem.with("status_now", row.status.as_str()));
    }
    let tag = etag::strong(&row.version.to_string());
    Ok(([(ETAG, tag)], Json(NotificationView::from(row))).into_response())
}
