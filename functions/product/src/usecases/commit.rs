//! Reserved stock becomes sold stock.

use cartwright_contracts::stock::{Reservation, ReservationStatus, Shortage};
use cartwright_database::Database;
use cartwright_types::{ReservationId, SharedClock};
use thiserror::Error;
use uuid::Uuid;

use super::combine::{Batch, CombineError};
use super::retry::retried;
use crate::db::reservations::{self, Committed};
use crate::state::State;

/// Why nothing was sold.
#[derive(Debug, Error)]
pub enum CommitError {
    /// Those it was tried with could not be sold either: to be repeated.
    #[error("selling together with others")]
    Together(#[from] CombineError),
    /// There is no such reservation.
    #[error("no such reservation")]
    NotFound,
    /// Its stock had gone back and is no longer all there.
    #[error("not enough stock")]
    InsufficientStock(Vec<Shortage>),
    /// Its order is over, and what it had went back for good.
    #[error("the reservation has ended")]
    Ended,
}

/// Reservations that are sold together: those that come while one batch is under way.
pub struct Committing {
    pub(super) database: Database,
    pub(super) clock: SharedClock,
}

impl Batch for Committing {
    /// The reservation and who says so.
    type Request = (Uuid, String);
    type Answer = Option<Committed>;

    /// None: what it needs for itself is only known to the database.
    fn keys(_request: &Self::Request) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }

    async fn run(&self, requests: &[Self::Request]) -> Result<Vec<Option<Committed>>, sqlx::Error> {
        let now = self.clock.now();
        let (committed, told) =
            retried("commit", || reservations::commit(self.database.pool(), requests, now)).await?;
        self.database.wrote_to_outbox(&told);
        Ok(committed)
    }
}

/// Sells what is reserved. One that expired or was released takes its stock again if all of it is there: its buyer has
/// paid. One whose order is over does not. A second commit changes nothing.
pub async fn commit(state: &State, id: ReservationId, actor: &str) -> Result<Reservation, CommitError> {
    let done = state.stock.committing.submit((id.uuid(), actor.to_owned())).await?;
    let done = done.ok_or(CommitError::NotFound)?;
    if done.ended {
        return Err(CommitError::Ended);
    }
    if !done.shortages.is_empty() {
        return Err(CommitError::InsufficientStock(done.shortages));
    }
    if matches!(done.status, ReservationStatus::Expired | ReservationStatus::Released) {
        tracing::info!(reservation_id = %id, "stock that had gone back was taken again");
    }
    Ok(Reservation { reservation_id: id, status: ReservationStatus::Committed, expires_at: done.expires_at })
}
