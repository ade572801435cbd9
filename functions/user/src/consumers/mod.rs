//! The queue `user-events`, one event a file.

mod notification_bounced;
mod notification_complained;

use async_trait::async_trait;
use cartwright_contracts::events::{NotificationBounced, NotificationComplained};
use cartwright_contracts::{Envelope, Event as _};
use cartwright_database::Database;
use cartwright_messaging::{HandlerError, Message, MessageHandler};
use cartwright_types::{SharedClock, UserId};

/// The queue's logical name.
pub const QUEUE: &str = "user-events";

/// Handles what the queue brings.
pub struct UserEvents {
    database: Database,
    clock: SharedClock,
}

impl UserEvents {
    /// A handler.
    #[must_use]
    pub fn new(database: Database, clock: SharedClock) -> Self {
        Self { database, clock }
    }
}

#[async_trait]
impl MessageHandler for UserEvents {
    async fn handle(&self, message: &Message) -> Result<(), HandlerError> {
        let event = Envelope::parse(&message.body).map_err(HandlerError::rejected)?;
        match event.event_type.as_str() {
            NotificationBounced::TYPE => {
                notification_bounced::handle(&self.database, self.clock.as_ref(), &event).await
            }
            NotificationComplained::TYPE => {
                notification_complained::handle(&self.database, self.clock.as_ref(), &event).await
            }
            // The subscription's filter lets nothing else through.
            other => Err(HandlerError::rejected(format!("{other} is not for this queue"))),
        }
    }
}

/// Whose account an event about a message is of interest to: one that was a mail. Nobody's telephone is known to be bad.
fn addressee(user_id: Option<UserId>, channel: &str) -> Option<UserId> {
    user_id.filter(|_| channel == "email")
}

#[cfg(test)]
mod tests {
    use cartwright_contracts::resources;

    use super::*;

    #[test]
    fn the_queue_is_this_services_and_lets_through_what_has_a_consumer_and_nothing_else() {
        let queue = resources().queues.iter().find(|queue| queue.name == QUEUE).unwrap();
        assert_eq!(queue.consumer.as_deref(), Some("user"));
        let heard = &queue.subscription.as_ref().unwrap().event_types;
        assert_eq!(*heard, [NotificationBounced::TYPE, NotificationComplained::TYPE]);
    }
}
