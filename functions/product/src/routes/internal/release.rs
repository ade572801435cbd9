//! `POST /internal/reservations/{id}/release`, scope `reservations`

use axum::Json;
use axum::extract::State;
use cartwright_contracts::stock::Reservation;
use cartwright_types::ReservationId;
use cartwright_web::problem::Answer;
use cartwright_web::{PathId, Problem, ServiceCall};

use super::actor;
use crate::usecases::{ReleaseError, release as release_stock};
use crate::{error, state};

/// 200 with the reservation, released or expired before; 404; 409 `reservation_committed`.
pub async fn release(
    State(state): State<state::State>,
    call: ServiceCall,
    PathId(id): PathId<ReservationId>,
) -> Answer<Json<Reservation>> {
    call.require("reservations")?;
    match release_stock(&state, id, &actor(&call)).await {
        Ok(reservation) => Ok(Json(reservation)),
        Err(ReleaseError::NotFound) => Err(Problem::not_found()),
        Err(ReleaseError::Committed) => Err(Problem::conflict("reservation_committed")
            .detail("What is sold comes back only with the order's cancellation.")),
        Err(ReleaseError::Database(e)) => Err(error::database(&e)),
    }
}
