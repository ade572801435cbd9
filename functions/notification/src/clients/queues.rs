//! The queues of what staff and services asked to be sent: one for what belongs to an order or an account, one for marketing,
//! so that a campaign keeps nobody's message waiting.

use std::sync::Arc;

use cartwright_runtime::context::Context;
use cartwright_runtime::transport::{Destination, Outgoing, Transport, TransportError};
use cartwright_types::NotificationId;
use serde::{Deserialize, Serialize};

use crate::domain::Kind;

/// The queue of transactional messages.
pub const TRANSACTIONAL: &str = "notification-transactional";
/// The queue of marketing.
pub const MARKETING: &str = "notification-marketing";

/// A message in these queues: which notification is to be sent. What it says is kept with the notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendNotification {
    /// Which.
    pub notification_id: NotificationId,
}

/// Sends to them.
#[derive(Clone)]
pub struct Queues(Arc<dyn Transport>);

impl Queues {
    /// By this transport.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self(transport)
    }

    /// Has the notification sent.
    ///
    /// # Errors
    /// The queue did not take the message.
    pub async fn send(&self, id: NotificationId, kind: Kind) -> Result<(), TransportError> {
        let queue = match kind {
            Kind::Transactional => TRANSACTIONAL,
            Kind::Marketing => MARKETING,
        };
        let body = serde_json::to_string(&SendNotification { notification_id: id }).unwrap_or_default();
        let attributes = Context::current_traceparent()
            .map(|trace| ("traceparent".to_owned(), trace))
            .into_iter()
            .collect();
        let message = Outgoing { destination: Destination::Queue(queue.to_owned()), body, attributes };
        self.0.send(&[message]).await.into_iter().collect()
    }
}
