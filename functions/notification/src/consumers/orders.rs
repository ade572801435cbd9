//! Events of the order service.

use cartwright_contracts::events::{InvoiceIssued, OrderCancelled, OrderExpired, OrderPaid, OrderPaymentFailed};
use serde_json::json;
use uuid::Uuid;

use crate::usecases::send::{Attach, Order};

/// `order.paid`: the confirmation.
pub fn paid(event_id: Uuid, event: OrderPaid) -> Order {
    let data = json!({ "order_id": event.order_id, "number": event.number, "lines": event.lines,
        "shipping": event.shipping, "total": event.total });
    let (user_id, order_id) = (event.user_id, Some(event.order_id.uuid()));
    Order { event_id, user_id, template: "order_confirmation", data, order_id, attachment: None }
}

/// `order.payment_failed`: another payment is possible until the order expires.
pub fn payment_failed(event_id: Uuid, event: OrderPaymentFailed) -> Order {
    let expires_at = event.expires_at.format("%Y-%m-%d %H:%M UTC").to_string();
    let data = json!({ "order_id": event.order_id, "number": event.number, "expires_at": expires_at });
    let (user_id, order_id) = (event.user_id, Some(event.order_id.uuid()));
    Order { event_id, user_id, template: "payment_failed", data, order_id, attachment: None }
}

/// `order.expired`: nobody paid.
pub fn expired(event_id: Uuid, event: OrderExpired) -> Order {
    let data = json!({ "order_id": event.order_id, "number": event.number });
    let (user_id, order_id) = (event.user_id, Some(event.order_id.uuid()));
    Order { event_id, user_id, template: "order_expired", data, order_id, attachment: None }
}

/// `order.cancelled`: the money goes back.
pub fn cancelled(event_id: Uuid, event: OrderCancelled) -> Order {
    let data = json!({ "order_id": event.order_id, "number": event.number, "reason": event.reason,
        "refund": event.refund });
    let (user_id, order_id) = (event.user_id, Some(event.order_id.uuid()));
    Order { event_id, user_id, template: "order_cancelled", data, order_id, attachment: None }
}

/// `invoice.issued`: with the PDF.
pub fn invoice_issued(event_id: Uuid, event: InvoiceIssued) -> Order {
    let attachment = Some(Attach { s3_key: event.s3_key, filename: format!("{}.pdf", event.number) });
    let data = json!({ "number": event.number, "order_number": event.order_number });
    let (user_id, order_id) = (event.user_id, Some(event.order_id.uuid()));
    Order { event_id, user_id, template: "invoice", data, order_id, attachment }
}
