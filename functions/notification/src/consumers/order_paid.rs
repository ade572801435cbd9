//! The confirmation.

use cartwright_contracts::events::OrderPaid;
use uuid::Uuid;

use crate::domain::{Notice, Person, Template};

pub(super) fn notice(id: Uuid, event: &OrderPaid) -> Notice {
    Notice::new(id, Person::buyer(event.user_id, event.order_id), Template::OrderConfirmation)
        .about(event.order_id)
        .with("number", &event.number)
        .with("lines", &event.lines)
        .with("shipping", event.shipping)
        .with("total", event.total)
}
