//! What the outbox hands to messaging: the seam between the two, so that neither knows the other.

use async_trait::async_trait;

/// Where a message goes, by logical name (see `shared/contracts/resources.json`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// An SNS topic.
    Topic(String),
    /// An SQS queue.
    Queue(String),
}

/// A message on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Where to.
    pub destination: Destination,
    /// The JSON body.
    pub body: String,
    /// Message attributes: `event_type`, `aggregate_kind`, `traceparent`.
    pub attributes: Vec<(String, String)>,
}

impl Outgoing {
    /// What kind of message it is: an event's type, or for a command its queue's name.
    #[must_use]
    pub fn event_type(&self) -> &str {
        let attribute = self.attributes.iter().find(|(name, _)| name == "event_type");
        let (Destination::Topic(name) | Destination::Queue(name)) = &self.destination;
        attribute.map_or(name.as_str(), |(_, value)| value.as_str())
    }
}

/// Takes messages out of the process.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Sends all; the answer has one result for each message, in order. A message may arrive twice.
    async fn send(&self, messages: &[Outgoing]) -> Vec<Result<(), TransportError>>;
}

/// Why a message is not out yet.
#[derive(Debug, thiserror::Error)]
#[error("the message could not be sent")]
pub struct TransportError(#[source] pub Box<dyn std::error::Error + Send + Sync>);
