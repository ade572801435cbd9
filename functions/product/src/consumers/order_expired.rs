//! `order.expired`: nobody paid in time.

use cartwright_contracts::Envelope;
use cartwright_contracts::events::OrderExpired;
use cartwright_database::Database;
use cartwright_messaging::HandlerError;
use cartwright_types::Clock;

use crate::usecases;

/// Gives back what the order had. Sold stock too: an authorisation commits the reservation, and an order whose
/// authorisation lapsed without a capture expires.
pub async fn handle(database: &Database, clock: &dyn Clock, event: &Envelope) -> Result<(), HandlerError> {
    let data: OrderExpired = event.data().map_err(HandlerError::rejected)?;
    usecases::cancel(database, clock, event, data.order_id).await.map_err(HandlerError::retry)
}
