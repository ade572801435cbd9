//! Nobody paid in time.

use cartwright_contracts::events::OrderExpired;
use uuid::Uuid;

use crate::domain::{Notice, Person, Template};

pub(super) fn notice(id: Uuid, event: &OrderExpired) -> Notice {
    Notice::new(id, Person::buyer(event.user_id, event.order_id), Template::OrderExpired)
        .about(event.order_id)
        .with("number", &event.number)
}
