//! How often and when a message is tried again.

use std::time::Duration;

use cartwright_contracts::resources;
use cartwright_messaging::{HandlerError, Message};

use crate::usecases::{Backoff, DeliverError, ForgetError, Tries};

/// What one queue gives its messages.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    most: u32,
    backoff: Backoff,
}

impl Patience {
    /// The queue with this logical name; pauses as `backoff` says.
    ///
    /// # Panics
    /// There is no such queue.
    #[must_use]
    pub fn of(queue: &str, backoff: Backoff) -> Self {
        let queue = resources().queues.iter().find(|known| known.name == queue).expect("the queue is known");
        Self { most: queue.max_receive_count, backoff }
    }

    pub(super) fn tries(self, message: &Message) -> Tries {
        Tries { count: message.receive_count, most: self.most }
    }

    pub(super) fn later(self, error: DeliverError, message: &Message) -> HandlerError {
        let count = message.receive_count;
        match error {
            DeliverError::Busy(pause) | DeliverError::Unknown(pause, _) => {
                HandlerError::retry_after(pause, error)
            }
            DeliverError::Away(wait) if !self.tries(message).is_last() => {
                HandlerError::retry_after(self.backoff.after(wait, count), error)
            }
            // No retry mends a text; the dead-letter queue keeps the message until a release does.
            DeliverError::Render(_) | DeliverError::Build(_) => HandlerError::rejected(error),
            // Nobody tries again by himself, so there is nothing to wait for: among the dead letters it is seen.
            error if self.tries(message).is_last() => HandlerError::retry_after(Duration::ZERO, error),
            error => HandlerError::retry_after(self.backoff.pause(count), error),
        }
    }

    pub(super) fn forgotten_later(self, error: ForgetError, message: &Message) -> HandlerError {
        match error {
            ForgetError::Busy(pause) => HandlerError::retry_after(pause, error),
            error @ ForgetError::Store(_) => {
                HandlerError::retry_after(self.backoff.pause(message.receive_count), error)
            }
        }
    }
}
