//! `order.cancelled`: the order will not be fulfilled.

use cartwright_contracts::Envelope;
use cartwright_contracts::events::OrderCancelled;
use cartwright_database::Database;
use cartwright_messaging::HandlerError;
use cartwright_types::Clock;

use crate::usecases;

/// Gives back what the order had, sold stock too: a paid order that is cancelled was not shipped. With the reason
/// `stock_gone` there is nothing to give back, since its reservation could not be committed.
pub async fn handle(database: &Database, clock: &dyn Clock, event: &Envelope) -> Result<(), HandlerError> {
    let data: OrderCancelled = event.data().map_err(HandlerError::rejected)?;
    usecases::cancel(database, clock, event, data.order_id).await.map_err(HandlerError::retry)
}
