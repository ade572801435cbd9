//! Reserved stock becomes sold stock.

use cartwright_contracts::stock::{Reservation, ReservationStatus, Shortage};
use cartwright_types::ReservationId;
use thiserror::Error;

use crate::db::reservations;
use crate::state::State;

/// Why nothing was sold.
#[derive(Debug, Error)]
pub enum CommitError {
    /// PostgreSQL says no.
    #[error("database")]
    Database(#[from] sqlx::Error),
    /// There is no such reservation.
    #[error("no such reservation")]
    NotFound,
    /// Its stock had gone back and is no longer all there.
    #[error("not enough stock")]
    InsufficientStock(Vec<Shortage>),
}

/// Sells what is reserved. One that expired or was released takes its stock again if all of it is there: its buyer has
/// paid. A second commit changes nothing.
pub async fn commit(state: &State, id: ReservationId, actor: &str) -> Result<Reservation, CommitError> {
    let done = reservations::commit(state.database.pool(), id.uuid(), actor, state.clock.now()).await?;
    let done = done.ok_or(CommitError::NotFound)?;
    if !done.shortages.is_empty() {
        return Err(CommitError::InsufficientStock(done.shortages));
    }
    if matches!(done.status, ReservationStatus::Expired | ReservationStatus::Released) {
        tracing::info!(reservation_id = %id, "stock that had gone back was taken again");
    }
    Ok(Reservation { reservation_id: id, status: ReservationStatus::Committed, expires_at: done.expires_at })
}
