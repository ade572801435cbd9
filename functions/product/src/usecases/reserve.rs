//! Holding stock for an order.

use cartwright_contracts::stock::{Reservation, ReservationStatus, ReserveRequest, Shortage, StockLine};
use cartwright_database::Database;
use cartwright_types::SharedClock;
use chrono::TimeDelta;
use thiserror::Error;

use super::combine::{Batch, CombineError};
use super::retry::retried;
use crate::db::reservations::{self, Reserved, Wanted};
use crate::state::State;

/// Why nothing was reserved.
#[derive(Debug, Error)]
pub enum ReserveError {
    /// PostgreSQL says no.
    #[error("database")]
    Database(#[from] sqlx::Error),
    /// Those it was tried with could not be reserved either: to be repeated.
    #[error("reserving together with others")]
    Together(#[from] CombineError),
    /// These lines are more than there is.
    #[error("not enough stock")]
    InsufficientStock(Vec<Shortage>),
    /// The id belongs to a reservation of other lines.
    #[error("the reservation has other lines")]
    Mismatch,
}

/// Reservations that are made together.
pub struct Reserving {
    pub(super) database: Database,
    pub(super) clock: SharedClock,
}

impl Batch for Reserving {
    type Request = Wanted;
    type Answer = Reserved;

    fn keys(wanted: &Wanted) -> impl Iterator<Item = &str> {
        wanted.lines.iter().map(|line| line.sku.as_str())
    }

    async fn run(&self, wanted: &[Wanted]) -> Result<Vec<Reserved>, sqlx::Error> {
        let now = self.clock.now();
        let (reserved, told) =
            retried("reserve", || reservations::reserve(self.database.pool(), wanted, now)).await?;
        self.database.wrote_to_outbox(&told);
        Ok(reserved)
    }
}

/// Holds all lines or none; each sku is there once. The flag is false when the reservation was there before: then this
/// changes nothing and tells where it stands.
pub async fn reserve(state: &State, request: ReserveRequest) -> Result<(Reservation, bool), ReserveError> {
    let id = request.reservation_id;
    let expires_at = state.clock.now() + TimeDelta::seconds(request.expires_in.into());
    let lines = by_sku(request.lines);
    let wanted = Wanted { id: id.uuid(), lines: lines.clone(), expires_at };
    match state.stock.reserving.submit(wanted).await? {
        Reserved::Made => {
            let made = Reservation { reservation_id: id, status: ReservationStatus::Held, expires_at };
            return Ok((made, true));
        }
        Reserved::Short(shortages) => return Err(ReserveError::InsufficientStock(shortages)),
        Reserved::Known => {}
    }
    let found = reservations::find(state.database.pool(), id.uuid()).await?;
    let found = found.filter(|found| found.lines == lines).ok_or(ReserveError::Mismatch)?;
    Ok((Reservation { reservation_id: id, status: found.status, expires_at: found.expires_at }, false))
}

fn by_sku(mut lines: Vec<StockLine>) -> Vec<StockLine> {
    // Bytewise, as the column's collation has it.
    lines.sort_by(|a, b| a.sku.cmp(&b.sku));
    lines
}
