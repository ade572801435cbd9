//! The order is off, and what comes back.

use cartwright_contracts::events::OrderCancelled;
use uuid::Uuid;

use crate::domain::{Notice, Person, Template};

pub(super) fn notice(id: Uuid, event: &OrderCancelled) -> Notice {
    Notice::new(id, Person::buyer(event.user_id, event.order_id), Template::OrderCancelled)
        .about(event.order_id)
        .with("number", &event.number)
        .with("reason", &event.reason)
        .with("refund", event.refund)
}
