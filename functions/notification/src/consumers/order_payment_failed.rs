//! The payment was declined: the buyer may try again.

use cartwright_contracts::events::OrderPaymentFailed;
use uuid::Uuid;

use crate::domain::{Notice, Person, Template};

pub(super) fn notice(id: Uuid, event: &OrderPaymentFailed) -> Notice {
    Notice::new(id, Person::buyer(event.user_id, event.order_id), Template::PaymentFailed)
        .about(event.order_id)
        .with("number", &event.number)
        .with("expires_at", event.expires_at)
}
