//! `order.refunded`: money went back, and perhaps goods with it.

use cartwright_contracts::Envelope;
use cartwright_contracts::events::OrderRefunded;
use cartwright_contracts::stock::StockLine;
use cartwright_database::Database;
use cartwright_messaging::HandlerError;
use cartwright_types::Clock;

use crate::usecases;

/// Puts the lines of a refund that says `restock` back on the shelf.
pub async fn handle(database: &Database, clock: &dyn Clock, event: &Envelope) -> Result<(), HandlerError> {
    let data: OrderRefunded = event.data().map_err(HandlerError::rejected)?;
    if !data.restock {
        return Ok(());
    }
    let lines: Vec<StockLine> = data
        .lines
        .into_iter()
        .map(|line| StockLine { sku: line.sku, quantity: line.quantity.into() })
        .collect();
    usecases::take_back(database, clock, event, data.order_id, &lines).await.map_err(HandlerError::retry)
}
