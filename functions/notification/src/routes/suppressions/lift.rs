//! `DELETE /notifications/suppressions/{id}`

use axum::extract::State as Extract;
use axum::http::StatusCode;
use cartwright_web::problem::Answer;
use cartwright_web::query::NoParams;
use cartwright_web::{PathId, Problem, Query, Staff};
use uuid::Uuid;

use crate::error;
use crate::state::State;

/// 204; 404.
#[utoipa::path(
    delete, path = "/notifications/suppressions/{id}", operation_id = "liftSuppression", tag = "Suppressions",
    summary = "Write to an address again",
    description = "By staff. The provider may have a list of its own.",
    params(("id" = Uuid, Path, description = "The suppression's id.")),
    responses((status = 204, description = "It is lifted.")),
    security(("bearer" = []))
)]
pub async fn lift(
    Staff(staff): Staff,
    Extract(state): Extract<State>,
    PathId(id): PathId<Uuid>,
    _: Query<NoParams>,
) -> Answer<StatusCode> {
    if !state.suppressions.lift(id).await.map_err(|error| error::store(&error))? {
        return Err(Problem::not_found());
    }
    tracing::info!(%id, by = staff.actor(), "an address is written to again");
    Ok(StatusCode::NO_CONTENT)
}
