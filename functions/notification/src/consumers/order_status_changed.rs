//! The order is on its way, or there. That somebody packs it is not worth a mail.

use cartwright_contracts::events::OrderStatusChanged;
use uuid::Uuid;

use super::Effect;
use crate::domain::{Notice, Person, Template};

pub(super) fn effect(id: Uuid, event: &OrderStatusChanged) -> Effect {
    let to = Person::buyer(event.user_id, event.order_id);
    let notice = |template| Notice::new(id, to, template).about(event.order_id).with("number", &event.number);
    match event.status.as_str() {
        "shipped" => notice(Template::OrderShipped).with("tracking", &event.tracking).into(),
        "delivered" => notice(Template::OrderDelivered).into(),
        _ => Effect::Nothing,
    }
}
