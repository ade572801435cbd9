//! SNS and SQS: a [`Publisher`] for what the outbox relay takes out, [`consume`] for what comes in.

mod check;
mod consumer;
mod depths;
mod handler;
mod publisher;
mod queue_urls;

pub use check::QueueCheck;
pub use consumer::{ConsumerSettings, consume};
pub use depths::{Depth, QueueDepths};
pub use handler::{HandlerError, Message, MessageHandler};
pub use publisher::Publisher;
