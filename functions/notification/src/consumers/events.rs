//! The queue `notification-events`.

use std::sync::Arc;

use async_trait::async_trait;
use cartwright_contracts::Envelope;
use cartwright_messaging::{HandlerError, Message, MessageHandler};

use super::{EVENTS, Effect, forgotten_later, later};
use crate::usecases::{Choices, Delivery, forget, forget_choices};

/// Hands each event to its consumer.
pub struct DomainEvents {
    delivery: Arc<Delivery>,
    choices: Choices,
}

impl DomainEvents {
    /// A handler that delivers by `delivery`, and forgets what somebody chose who is gone.
    #[must_use]
    pub const fn new(delivery: Arc<Delivery>, choices: Choices) -> Self {
        Self { delivery, choices }
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
            Effect::Say(notice) => self.delivery.deliver(&notice).await.map(drop).map_err(later),
            Effect::Nothing => Ok(()),
            Effect::Forget(user) => {
                forget_choices(&self.choices, user).await.map_err(HandlerError::retry)?;
                let Delivery { notifications, clock, .. } = self.delivery.as_ref();
                forget(notifications, clock.as_ref(), user).await.map_err(forgotten_later)
            }
        }
    }
}
