//! Holding stock for an order.

use cartwright_contracts::stock::{Reservation, ReservationStatus, ReserveRequest, Shortage, StockLine};
use chrono::TimeDelta;
use thiserror::Error;

use crate::db::reservations::{self, Reserved};
use crate::state::State;

/// Why nothing was reserved.
#[derive(Debug, Error)]
pub enum ReserveError {
    /// PostgreSQL says no.
    #[error("database")]
    Database(#[from] sqlx::Error),
    /// These lines are more than there is.
    #[error("not enough stock")]
    InsufficientStock(Vec<Shortage>),
    /// The id belongs to a reservation of other lines.
    #[error("the reservation has other lines")]
    Mismatch,
}

/// Holds all lines or none; each sku is there once. The flag is false when the reservation was there before: then this
/// changes nothing and tells where it stands.
pub async fn reserve(state: &State, request: &ReserveRequest) -> Result<(Reservation, bool), ReserveError> {
    let (pool, id, now) = (state.database.pool(), request.reservation_id, state.clock.now());
    let expires_at = now + TimeDelta::seconds(request.expires_in.into());
    let shortages = match reservations::reserve(pool, id.uuid(), &request.lines, expires_at, now).await? {
        Reserved::Made => {
            let made = Reservation { reservation_id: id, status: ReservationStatus::Held, expires_at };
            return Ok((made, true));
        }
        Reserved::Not(shortages) => shortages,
    };
    // Short or not, a repeated request is answered with what the first one got: it may hold the last pieces itself.
    match reservations::find(pool, id.uuid()).await? {
        Some(found) if found.lines != by_sku(&request.lines) => Err(ReserveError::Mismatch),
        Some(found) => Ok((
            Reservation { reservation_id: id, status: found.status, expires_at: found.expires_at },
            false,
        )),
        None => Err(ReserveError::InsufficientStock(shortages)),
    }
}

fn by_sku(lines: &[StockLine]) -> Vec<StockLine> {
    let mut lines = lines.to_vec();
    // Bytewise, as the column's collation has it.
    lines.sort_by(|a, b| a.sku.cmp(&b.sku));
    lines
}
