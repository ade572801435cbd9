//! Money is back.

use cartwright_contracts::events::OrderRefunded;
use uuid::Uuid;

use crate::domain::{Notice, Person, Template};

pub(super) fn notice(id: Uuid, event: &OrderRefunded) -> Notice {
    Notice::new(id, Person::buyer(event.user_id, event.order_id), Template::OrderRefunded)
        .about(event.order_id)
        .with("number", &event.number)
        .with("amount", event.amount)
}
