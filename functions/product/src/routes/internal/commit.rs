//! `POST /internal/reservations/{id}/commit`, scope `reservations`

use axum::Json;
use axum::extract::State;
use cartwright_contracts::stock::Reservation;
use cartwright_types::ReservationId;
use cartwright_web::problem::Answer;
use cartwright_web::{PathId, Problem, ServiceCall};

use super::{actor, insufficient_stock, repeat};
use crate::state;
use crate::usecases::{CommitError, commit as commit_stock};

/// 200 with the committed reservation; 404; 409 `insufficient_stock` when its stock had gone back and is gone,
/// `reservation_ended` when its order is over.
pub async fn commit(
    State(state): State<state::State>,
    call: ServiceCall,
    PathId(id): PathId<ReservationId>,
) -> Answer<Json<Reservation>> {
    call.require("reservations")?;
    match commit_stock(&state, id, &actor(&call)).await {
        Ok(reservation) => Ok(Json(reservation)),
        Err(CommitError::NotFound) => Err(Problem::not_found()),
        Err(CommitError::InsufficientStock(lines)) => Err(insufficient_stock(&lines)),
        Err(CommitError::Ended) => Err(Problem::conflict("reservation_ended")
            .detail("Its order is over; what it had went back for good.")),
        Err(CommitError::Together(e)) => Err(repeat(&e)),
    }
}
