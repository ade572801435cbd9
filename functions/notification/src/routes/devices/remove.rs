//! `DELETE /notifications/devices/{id}`

use axum::extract::State as Extract;
use axum::http::StatusCode;
use cartwright_web::problem::Answer;
use cartwright_web::query::NoParams;
use cartwright_web::{PathId, Problem, Query, User};
use uuid::Uuid;

use crate::error;
use crate::state::State;
use crate::usecases::forget_device;

/// 204; 404 also when it is somebody else's.
#[utoipa::path(
    delete, path = "/notifications/devices/{id}", operation_id = "removeDevice", tag = "Preferences",
    summary = "Send nothing to a device any more",
    description = "One's own, for instance when signing out.",
    params(("id" = Uuid, Path, description = "The device's id.")),
    responses((status = 204, description = "It is sent nothing any more.")),
    security(("bearer" = []))
)]
pub async fn remove(
    user: User,
    Extract(state): Extract<State>,
    PathId(id): PathId<Uuid>,
    _: Query<NoParams>,
) -> Answer<StatusCode> {
    let device = state.devices.get(id).await.map_err(|error| error::store(&error))?;
    let device = device.filter(|device| device.user_id == user.id).ok_or_else(Problem::not_found)?;
    forget_device(&state.devices, &state.platforms, &device).await.map_err(|error| {
        tracing::error!(error = cartwright_runtime::chain(&error), "a device could not be forgotten");
        Problem::unavailable()
    })?;
    Ok(StatusCode::NO_CONTENT)
}
