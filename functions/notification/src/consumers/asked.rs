//! The queues `notification-transactional` and `notification-marketing`: what staff and services asked to be sent.

use std::sync::Arc;

use async_trait::async_trait;
use cartwright_messaging::{HandlerError, Message, MessageHandler};

use super::Patience;
use crate::clients::SendNotification;
use crate::usecases::{DeliverError, Delivery};

/// Sends what is kept under the notification's id.
pub struct AskedFor {
    delivery: Arc<Delivery>,
    patience: Patience,
}

impl AskedFor {
    /// A handler that delivers by this.
    #[must_use]
    pub const fn new(delivery: Arc<Delivery>, patience: Patience) -> Self {
        Self { delivery, patience }
    }
}

#[async_trait]
impl MessageHandler for AskedFor {
    async fn handle(&self, message: &Message) -> Result<(), HandlerError> {
        let SendNotification { notification_id: id } =
            serde_json::from_str(&message.body).map_err(HandlerError::rejected)?;
        let later = |error| self.patience.later(error, message);
        let kept = self.delivery.contents.find(id).await;
        let Some(notice) = kept.map_err(DeliverError::from).map_err(later)? else {
            // Erased with its reader's account, or so old that nobody waits for it.
            tracing::info!(notification_id = %id, "what was to be sent is gone");
            return Ok(());
        };
        let delivery = Box::pin(self.delivery.deliver(&notice, self.patience.tries(message)));
        delivery.await.map(drop).map_err(later)
    }
}
