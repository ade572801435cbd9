//! What a service writes for its messages.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;

/// A message from a queue.
#[derive(Debug, Clone)]
pub struct Message {
    /// SQS' own id; for logs. The event's id is in the body.
    pub id: String,
    /// The JSON body, as it was published.
    pub body: String,
    /// Message attributes of type String.
    pub attributes: HashMap<String, String>,
    /// 1 at the first delivery.
    pub receive_count: u32,
    /// Since it was sent, if the queue says so.
    pub age: Option<Duration>,
}

/// Why a message stays in its queue. After `max_receive_count` deliveries SQS moves it to the dead-letter queue.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// Something else must get well first: tried again after a growing pause, or after the one given.
    #[error("to be tried again")]
    Retry {
        /// The pause; None: it grows with the number of deliveries.
        after: Option<Duration>,
        /// What went wrong.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// No retry can help: the message is malformed or asks for what is impossible.
    #[error("cannot be handled")]
    Rejected(#[source] Box<dyn Error + Send + Sync>),
}

impl HandlerError {
    /// To be tried again after a growing pause.
    pub fn retry(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Retry { after: None, source: source.into() }
    }

    /// To be tried again after `pause`.
    pub fn retry_after(pause: Duration, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Retry { after: Some(pause), source: source.into() }
    }

    /// Not to be tried again.
    pub fn rejected(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Rejected(source.into())
    }
}

/// Handles one queue's messages, the same under a poll loop and under Lambda. Deliveries repeat: an effect happens once
/// because the handler writes the message's id with it (inbox).
#[async_trait]
pub trait MessageHandler: Send + Sync + 'static {
    /// Handles `message`; `Ok` removes it from the queue.
    async fn handle(&self, message: &Message) -> Result<(), HandlerError>;
}
