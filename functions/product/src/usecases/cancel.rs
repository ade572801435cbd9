//! An order is over: whatever its reservation has goes back, held or sold, and nothing takes it again.

use cartwright_contracts::Envelope;
use cartwright_database::{Database, inbox};
use cartwright_types::{Clock, OrderId};
use thiserror::Error;

use crate::db::reservations;

/// What the inbox remembers this consumer by.
pub(super) const CONSUMER: &str = "product-events";

/// PostgreSQL says no.
#[derive(Debug, Error)]
pub enum CancelError {
    /// The reason.
    #[error("database")]
    Database(#[from] sqlx::Error),
}

/// Gives back what the reservation of `order` has; held stock becomes available, sold stock returns to the shelf with a
/// `return` in the ledger. Happens once: the event is in the inbox, and a reservation that was given back is `released`.
/// From then on a commit is refused, so that one which was under way meanwhile sells nothing to an order that is over.
pub async fn cancel(
    database: &Database,
    clock: &dyn Clock,
    event: &Envelope,
    order: OrderId,
) -> Result<(), CancelError> {
    let now = clock.now();
    let work = database.transaction("cancel_reservation", |tx| {
        Box::pin(async move {
            if !inbox::is_first(tx, CONSUMER, event.id).await? {
                return Ok(None);
            }
            Ok(reservations::end(tx, order.uuid(), &event.actor, now).await?)
        })
    });
    let before: Result<_, CancelError> = work.await;
    if let Some(before) = before? {
        database.wrote_to_outbox(&before.told);
    }
    Ok(())
}
