//! Reserved stock goes back.

use cartwright_contracts::stock::{Reservation, ReservationStatus};
use cartwright_types::ReservationId;
use thiserror::Error;

use crate::db::reservations::{self, GivenBack};
use crate::state::State;

/// Why nothing went back.
#[derive(Debug, Error)]
pub enum ReleaseError {
    /// PostgreSQL says no.
    #[error("database")]
    Database(#[from] sqlx::Error),
    /// There is no such reservation.
    #[error("no such reservation")]
    NotFound,
    /// It is sold; only the order's cancellation brings it back.
    #[error("the reservation is committed")]
    Committed,
}

/// Gives back what is held. One that is released or expired stays so.
pub async fn release(state: &State, id: ReservationId, actor: &str) -> Result<Reservation, ReleaseError> {
    let (held, now) = ([ReservationStatus::Held], state.clock.now());
    let mut conn = state.database.pool().acquire().await?;
    let before = reservations::give_back(&mut conn, id.uuid(), &held, actor, now).await?;
    let GivenBack { status, expires_at, told } = before.ok_or(ReleaseError::NotFound)?;
    state.database.wrote_to_outbox(&told);
    let status = match status {
        ReservationStatus::Committed => return Err(ReleaseError::Committed),
        ReservationStatus::Expired => ReservationStatus::Expired,
        ReservationStatus::Held | ReservationStatus::Released => ReservationStatus::Released,
    };
    Ok(Reservation { reservation_id: id, status, expires_at })
}
