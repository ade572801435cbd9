//! Single pieces of an order come back, as a refund says.

use cartwright_contracts::Envelope;
use cartwright_contracts::stock::StockLine;
use cartwright_database::{Database, inbox};
use cartwright_types::{Clock, OrderId};

use super::cancel::{CONSUMER, CancelError};
use crate::db::reservations;

/// Puts `lines` of `order` back on the shelf, with a `return` in the ledger. Happens once: the event is in the inbox. No more
/// comes back of a sku than was sold, and nothing of an order that is over: that gave back all of it.
pub async fn take_back(
    database: &Database,
    clock: &dyn Clock,
    event: &Envelope,
    order: OrderId,
    lines: &[StockLine],
) -> Result<(), CancelError> {
    let now = clock.now();
    let work = database.transaction("take_back", |tx| {
        Box::pin(async move {
            if !inbox::is_first(tx, CONSUMER, event.id).await? {
                return Ok(Vec::new());
            }
            Ok(reservations::take_back(tx, order.uuid(), lines, &event.actor, now).await?)
        })
    });
    let told: Result<_, CancelError> = work.await;
    database.wrote_to_outbox(&told?);
    Ok(())
}
