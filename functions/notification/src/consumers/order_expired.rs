//! Nobody paid in time.

use cartwright_contracts::events::OrderExpired;
use uuid::Uuid;

use crate::domain::{Notice, Template};

pub(super) fn notice(id: Uuid, event: &OrderExpired) -> Notice {
    Notice::new(id, event.user_id, Template::OrderExpired).about(event.order_id).with("number", &event.number)
}
