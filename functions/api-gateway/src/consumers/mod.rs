//! The queue `gateway-events`, one event a file.

mod catalogue_changed;
mod session_revoked;

use std::sync::Arc;

use async_trait::async_trait;
use cartwright_contracts::events::{
    ProductArchived, ProductCreated, ProductImageReady, ProductUpdated, SessionRevoked,
};
use cartwright_contracts::{Envelope, Event as _};
use cartwright_messaging::{HandlerError, Message, MessageHandler};
use cartwright_types::SharedClock;

use crate::signals::SignalStore;
use catalogue_changed::LastSaid;

/// The queue's logical name.
pub const QUEUE: &str = "gateway-events";

/// Tells every replica what one of them heard.
pub struct GatewayEvents {
    signals: Arc<dyn SignalStore>,
    clock: SharedClock,
    last_change: LastSaid,
}

impl GatewayEvents {
    /// A handler that writes there.
    #[must_use]
    pub fn new(signals: Arc<dyn SignalStore>, clock: SharedClock) -> Self {
        Self { signals, clock, last_change: LastSaid::default() }
    }
}

#[async_trait]
impl MessageHandler for GatewayEvents {
    async fn handle(&self, message: &Message) -> Result<(), HandlerError> {
        let event = Envelope::parse(&message.body).map_err(HandlerError::rejected)?;
        let (signals, clock) = (self.signals.as_ref(), self.clock.as_ref());
        match event.event_type.as_str() {
            SessionRevoked::TYPE => {
                let event = event.data().map_err(HandlerError::rejected)?;
                session_revoked::handle(signals, clock, event).await
            }
            ProductCreated::TYPE | ProductUpdated::TYPE | ProductArchived::TYPE | ProductImageReady::TYPE => {
                let change = (event.id, event.occurred_at);
                catalogue_changed::handle(signals, clock, &self.last_change, change).await
            }
            // The subscription's filter lets nothing else through.
            other => Err(HandlerError::rejected(format!("{other} is not for this queue"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use cartwright_contracts::resources;

    use super::*;

    #[test]
    fn the_queue_is_this_services_and_lets_through_what_has_a_consumer_and_nothing_else() {
        let queue = resources().queues.iter().find(|queue| queue.name == QUEUE).unwrap();
        assert_eq!(queue.consumer.as_deref(), Some("api-gateway"));
        let types = [
            SessionRevoked::TYPE,
            ProductCreated::TYPE,
            ProductUpdated::TYPE,
            ProductArchived::TYPE,
            ProductImageReady::TYPE,
        ];
        assert_eq!(queue.subscription.as_ref().unwrap().event_types, types);
    }
}
