//! What this service hears. A new event is one file and one line in [`Events::handle`].

mod order_paid;
mod payment_observed;
mod user_erased;
mod user_verified;

use async_trait::async_trait;
use cartwright_contracts::commands::PaymentObserved;
use cartwright_contracts::events::{OrderPaid, UserErased, UserVerified};
use cartwright_contracts::{Envelope, Event as _};
use cartwright_messaging::{HandlerError, Message, MessageHandler};

use crate::error::Failure;
use crate::state::State;

/// The queue `order-events`.
pub struct Events(pub State);

#[async_trait]
impl MessageHandler for Events {
    async fn handle(&self, message: &Message) -> Result<(), HandlerError> {
        let envelope = Envelope::parse(&message.body).map_err(HandlerError::rejected)?;
        match envelope.event_type.as_str() {
            OrderPaid::TYPE => {
                order_paid::handle(&self.0, envelope.data().map_err(HandlerError::rejected)?).await
            }
            UserErased::TYPE => {
                let event = envelope.data().map_err(HandlerError::rejected)?;
                user_erased::handle(&self.0, envelope.id, event).await
            }
            UserVerified::TYPE => {
                let event = envelope.data().map_err(HandlerError::rejected)?;
                user_verified::handle(&self.0, envelope.id, event).await
            }
            other => Err(HandlerError::rejected(format!("no handler for {other}"))),
        }
    }
}

/// The queue `order-commands`.
pub struct Commands(pub State);

#[async_trait]
impl MessageHandler for Commands {
    async fn handle(&self, message: &Message) -> Result<(), HandlerError> {
        let command: PaymentObserved = serde_json::from_str(&message.body).map_err(HandlerError::rejected)?;
        payment_observed::handle(&self.0, &command).await
    }
}

impl From<Failure> for HandlerError {
    fn from(failure: Failure) -> Self {
        Self::retry(failure)
    }
}
