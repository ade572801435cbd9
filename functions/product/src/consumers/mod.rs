//! The queue `product-events`, one event a file, and the queue of uploads.

pub mod image_uploads;
mod order_cancelled;
mod order_expired;
mod order_refunded;

use async_trait::async_trait;
use cartwright_contracts::events::{OrderCancelled, OrderExpired, OrderRefunded};
use cartwright_contracts::{Envelope, Event as _};
use cartwright_database::Database;
use cartwright_messaging::{HandlerError, Message, MessageHandler};
use cartwright_types::SharedClock;

/// The queue's logical name.
pub const QUEUE: &str = "product-events";

/// Handles what the queue brings.
pub struct ProductEvents {
    database: Database,
    clock: SharedClock,
}

impl ProductEvents {
    /// A handler.
    #[must_use]
    pub fn new(database: Database, clock: SharedClock) -> Self {
        Self { database, clock }
    }
}

#[async_trait]
impl MessageHandler for ProductEvents {
    async fn handle(&self, message: &Message) -> Result<(), HandlerError> {
        let event = Envelope::parse(&message.body).map_err(HandlerError::rejected)?;
        match event.event_type.as_str() {
            OrderCancelled::TYPE => {
                order_cancelled::handle(&self.database, self.clock.as_ref(), &event).await
            }
            OrderExpired::TYPE => order_expired::handle(&self.database, self.clock.as_ref(), &event).await,
            OrderRefunded::TYPE => order_refunded::handle(&self.database, self.clock.as_ref(), &event).await,
            // The subscription's filter lets nothing else through.
            other => Err(HandlerError::rejected(format!("{other} is not for this queue"))),
        }
    }
}
