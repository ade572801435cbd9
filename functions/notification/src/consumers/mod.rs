//! What the service hears. One event a file: a function from its payload to an [`Effect`], most often a [`Notice`];
//! [`EVENTS`] lists them.

mod asked;
mod commands;
mod events;
mod inventory;
mod invoice_issued;
mod mail_events;
mod order_cancelled;
mod order_expired;
mod order_paid;
mod order_payment_failed;
mod order_refunded;
mod order_status_changed;
mod patience;
mod user_erased;
mod user_password_changed;
mod user_verified;

use cartwright_contracts::events::{
    InventoryBackInStock, InventoryLow, InvoiceIssued, OrderCancelled, OrderExpired, OrderPaid,
    OrderPaymentFailed, OrderRefunded, OrderStatusChanged, UserErased, UserPasswordChanged, UserVerified,
};
use cartwright_contracts::{Envelope, EnvelopeError, Event};
use cartwright_types::UserId;

use crate::domain::Notice;

pub use asked::AskedFor;
pub use commands::MailCommands;
pub use events::DomainEvents;
pub use mail_events::{MAIL_EVENTS_QUEUE, MailEvents};
pub use patience::Patience;

/// The logical name of the queue of [`DomainEvents`].
pub const EVENTS_QUEUE: &str = "notification-events";

/// What an event leads to.
enum Effect {
    /// Something is said to somebody.
    Say(Box<Notice>),
    /// Somebody is gone.
    Forget(UserId),
    /// Nobody needs to be told.
    Nothing,
}

impl From<Notice> for Effect {
    fn from(notice: Notice) -> Self {
        Self::Say(Box::new(notice))
    }
}

type Read = fn(&Envelope) -> Result<Effect, EnvelopeError>;

macro_rules! effects {
    ($($event:ty => $effect:path;)+) => {
        &[$((<$event>::TYPE, |envelope| Ok($effect(envelope.id, &envelope.data::<$event>()?).into()))),+]
    };
}

/// Event by event, what it leads to. The queue's filter in `shared/contracts/resources.json` names the same.
const EVENTS: &[(&str, Read)] = effects! {
    UserVerified => user_verified::notice;
    UserPasswordChanged => user_password_changed::notice;
    UserErased => user_erased::effect;
    OrderPaid => order_paid::notice;
    OrderPaymentFailed => order_payment_failed::notice;
    OrderExpired => order_expired::notice;
    OrderCancelled => order_cancelled::notice;
    OrderStatusChanged => order_status_changed::effect;
    OrderRefunded => order_refunded::notice;
    InvoiceIssued => invoice_issued::notice;
    InventoryLow => inventory::low;
    InventoryBackInStock => inventory::back_in_stock;
};

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
