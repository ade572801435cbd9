//! The queue `notification-events`.

use std::sync::Arc;

use async_trait::async_trait;
use cartwright_contracts::Envelope;
use cartwright_messaging::{HandlerError, Message, MessageHandler};

use super::{EVENTS, Effect, forgotten_later, later};
use crate::usecases::{Delivery, forget};

/// Hands each event to its consumer.
pub struct DomainEvents(Arc<Delivery>);

impl DomainEvents {
    /// A handler that delivers by this.
    #[must_use]
    pub const fn new(delivery: Arc<Delivery>) -> Self {
        Self(delivery)
    }
}

#[async_trait]
impl MessageHandler for DomainEvents {
    async fn handle(&self, message: &Message) -> Result<(), HandlerError> {
        let envelope = Envelope::parse(&message.body).map_err(HandlerError::rejected)?;
        let consumer = EVENTS.iter().find(|(name, _)| *name == envelope.event_type);
        let Some((_, read)) = consumer else {
            return Err(HandlerError::rejected("an event without a consumer"));
        };
        match read(&envelope).map_err(HandlerError::rejected)? {
            Effect::Say(notice) => self.0.deliver(&notice).await.map(drop).map_err(later),
            Effect::Nothing => Ok(()),
            Effect::Forget(user) => {
                forget(&self.0.notifications, self.0.clock.as_ref(), user).await.map_err(forgotten_later)
            }
        }
    }
}
