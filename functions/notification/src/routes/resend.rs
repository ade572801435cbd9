//! `POST /notifications/{id}/resend`

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::response::Response;
use cartwright_types::NotificationId;
use cartwright_web::idempotency::IdempotencyKey;
use cartwright_web::openapi::{OptionalIdempotencyKey, ProblemDocument};
use cartwright_web::problem::Answer;
use cartwright_web::{PathId, Problem, Staff};

use super::nothing;
use super::send::{Accepted, answer, once};
use crate::error;
use crate::state::State;
use crate::usecases::Resent;

/// 202 with the id of a new notification; 404; 409 `not_settled`, `not_resendable`.
#[utoipa::path(
    post, path = "/notifications/{id}/resend", operation_id = "resendNotification", tag = "Notifications",
    summary = "Send a notification again",
    description = "By staff: the same to the same recipient, as a new notification whose `resend_of` is this one. What it said is known for \
        30 days; what held a token is never sent again, its reader asks for a new one.",
    params(("id" = uuid::Uuid, Path, description = "The notification's id."), OptionalIdempotencyKey),
    responses(
        (status = 202, description = "The new notification is kept, and will be sent.", body = Accepted,
            headers(("Location" = String))),
        (status = 409, description = "`not_settled`: it is on its way as it is; or `not_resendable`: what it said is not known.",
            body = ProblemDocument,
            example = json!({ "code": "not_resendable", "detail": "What it said is not known any more, or held a token." })),
        (status = 422, description = "`idempotency_key_reused`: the key belongs to another request.", body = ProblemDocument,
            example = json!({ "code": "idempotency_key_reused", "detail": "This key was used for another request." }))
    ),
    security(("bearer" = []))
)]
pub(super) async fn handle(
    Shared(state): Shared<State>,
    Staff(staff): Staff,
    PathId(id): PathId<NotificationId>,
    key: IdempotencyKey,
    raw: Bytes,
) -> Answer<Response> {
    let row = state.notifications.find(id).await.map_err(|error| error::store(&error))?;
    let row = row.ok_or_else(Problem::not_found)?;
    nothing(&raw)?;
    let once = once(&staff.actor(), key, &format!("/notifications/{id}/resend"), &raw);
    match state.asking.resend(&row, once.as_ref()).await.map_err(|error| error::store(&error))? {
        Resent::As(kept) => answer(kept),
        Resent::NotSettled => Err(Problem::conflict("not_settled").detail("It is on its way as it is.")),
        Resent::Forgotten => Err(Problem::conflict("not_resendable")
            .detail("What it said is not known any more, or held a token.")),
    }
}
