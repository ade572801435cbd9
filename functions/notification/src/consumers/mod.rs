//! What the service hears. One event a file: a function from its payload to a [`Notice`]; [`EVENTS`] lists them.

mod commands;
mod events;
mod invoice_issued;
mod order_cancelled;
mod order_expired;
mod order_paid;
mod order_payment_failed;
mod user_password_changed;
mod user_verified;

use cartwright_contracts::events::{
    InvoiceIssued, OrderCancelled, OrderExpired, OrderPaid, OrderPaymentFailed, UserPasswordChanged,
    UserVerified,
};
use cartwright_contracts::{Envelope, EnvelopeError, Event};
use cartwright_messaging::HandlerError;

use crate::domain::Notice;
use crate::usecases::DeliverError;

pub use commands::MailCommands;
pub use events::DomainEvents;

/// The logical name of the queue of [`DomainEvents`].
pub const EVENTS_QUEUE: &str = "notification-events";

type Make = fn(&Envelope) -> Result<Notice, EnvelopeError>;

macro_rules! notices {
    ($($event:ty => $notice:path;)+) => {
        &[$((<$event>::TYPE, |envelope| Ok($notice(envelope.id, &envelope.data::<$event>()?)))),+]
    };
}

/// Event by event, what is said about it. The queue's filter in `shared/contracts/resources.json` names the same.
const EVENTS: &[(&str, Make)] = notices! {
    UserVerified => user_verified::notice;
    UserPasswordChanged => user_password_changed::notice;
    OrderPaid => order_paid::notice;
    OrderPaymentFailed => order_payment_failed::notice;
    OrderExpired => order_expired::notice;
    OrderCancelled => order_cancelled::notice;
    InvoiceIssued => invoice_issued::notice;
};

fn later(error: DeliverError) -> HandlerError {
    match error {
        DeliverError::Busy(pause) | DeliverError::Unknown(pause, _) => {
            HandlerError::retry_after(pause, error)
        }
        // No retry mends a text; the dead-letter queue keeps the message until a release does.
        DeliverError::Render(_) | DeliverError::Build(_) => HandlerError::rejected(error),
        error => HandlerError::retry(error),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cartwright_contracts::resources;

    use super::*;

    #[test]
    fn the_queue_lets_through_what_has_a_consumer_and_nothing_else() {
        let queue = resources().queues.iter().find(|queue| queue.name == EVENTS_QUEUE).unwrap();
        let heard: BTreeSet<&str> =
            queue.subscription.as_ref().unwrap().event_types.iter().map(String::as_str).collect();
        let handled: BTreeSet<&str> = EVENTS.iter().map(|(name, _)| *name).collect();
        assert_eq!(heard, handled);
    }
}
