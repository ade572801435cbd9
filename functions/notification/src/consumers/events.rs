//! The queue `notification-events`.

use std::sync::Arc;

use async_trait::async_trait;
use cartwright_contracts::Envelope;
use cartwright_messaging::{HandlerError, Message, MessageHandler};

use super::{EVENTS, Effect, Patience};
use crate::domain::Notice;
use crate::usecases::{Choices, DeliverError, Delivery, forget, forget_choices};

/// Hands each event to its consumer.
pub struct DomainEvents {
    delivery: Arc<Delivery>,
    choices: Choices,
    patience: Patience,
}

impl DomainEvents {
    /// A handler that delivers by `delivery`, and forgets what somebody chose who is gone.
    #[must_use]
    pub const fn new(delivery: Arc<Delivery>, choices: Choices, patience: Patience) -> Self {
        Self { delivery, choices, patience }
    }

    /// Every way that the recipient is told. All are tried; what failed is tried again with the event, and what was sent then
    /// finds its row.
    async fn say(&self, notice: &Notice, message: &Message) -> Result<(), DeliverError> {
        let tries = self.patience.tries(message);
        let mut outcome = Ok(());
        for channel in self.delivery.gate.channels(notice).await? {
            let sent = Box::pin(self.delivery.deliver(&notice.by(channel), tries)).await;
            outcome = outcome.and(sent.map(drop));
        }
        outcome
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
            Effect::Say(notice) => {
                let said = self.say(&notice, message).await;
                said.map_err(|error| self.patience.later(error, message))
            }
            Effect::Nothing => Ok(()),
            Effect::Forget(user) => {
                let Delivery { notifications, contents, clock, .. } = self.delivery.as_ref();
                let forgotten = forget(notifications, contents, clock.as_ref(), user).await;
                // After the rows: what is told of one that is marked leaves no new trace.
                forget_choices(&self.choices, user).await.map_err(HandlerError::retry)?;
                forgotten.map_err(|error| self.patience.forgotten_later(error, message))
            }
        }
    }
}
