//! What the order service tells.

use cartwright_types::{InvoiceId, Money, OrderId, OrderLineId, PaymentId, RefundId, UserId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// An order exists and waits for its payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderPlaced {
    /// Which.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub order_id: OrderId,
    /// The number people read out.
    pub number: String,
    /// The buyer; none: a guest.
    #[cfg_attr(feature = "schema", schemars(with = "Option<uuid::Uuid>"))]
    pub user_id: Option<UserId>,
    /// What it costs.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))]
    pub total: Money,
}
event!(OrderPlaced, "order.placed", "order");

/// One line of a paid order, as the confirmation shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaidLine {
    /// What.
    pub sku: String,
    /// Its name at the time.
    pub name: String,
    /// How many.
    pub quantity: i32,
    /// What the line costs.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))]
    pub total: Money,
}

/// The money is captured and the stock is the buyer's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderPaid {
    /// Which.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub order_id: OrderId,
    /// The number people read out.
    pub number: String,
    /// The buyer; none: a guest.
    #[cfg_attr(feature = "schema", schemars(with = "Option<uuid::Uuid>"))]
    pub user_id: Option<UserId>,
    /// The payment that paid it.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub payment_id: PaymentId,
    /// What was bought.
    pub lines: Vec<PaidLine>,
    /// What shipping costs.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))]
    pub shipping: Money,
    /// What was paid in all.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))]
    pub total: Money,
    /// The version of the cart that was ordered: only that version is cleared. None: the request named its lines.
    pub cart_version: Option<i64>,
}
event!(OrderPaid, "order.paid", "order");

/// A payment was declined; the order waits for another until it expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderPaymentFailed {
    /// Which.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub order_id: OrderId,
    /// The number people read out.
    pub number: String,
    /// The buyer; none: a guest.
    #[cfg_attr(feature = "schema", schemars(with = "Option<uuid::Uuid>"))]
    pub user_id: Option<UserId>,
    /// When the stock goes back.
    pub expires_at: DateTime<Utc>,
}
event!(OrderPaymentFailed, "order.payment_failed", "order");

/// Nobody paid in time; the stock goes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderExpired {
    /// Which.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub order_id: OrderId,
    /// The number people read out.
    pub number: String,
    /// The buyer; none: a guest.
    #[cfg_attr(feature = "schema", schemars(with = "Option<uuid::Uuid>"))]
    pub user_id: Option<UserId>,
}
event!(OrderExpired, "order.expired", "order");

/// The order will not be fulfilled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderCancelled {
    /// Which.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub order_id: OrderId,
    /// The number people read out.
    pub number: String,
    /// The buyer; none: a guest.
    #[cfg_attr(feature = "schema", schemars(with = "Option<uuid::Uuid>"))]
    pub user_id: Option<UserId>,
    /// `buyer` or `staff`: who wanted it; `stock_gone`: paid after the reservation had expired and the stock was sold.
    pub reason: String,
    /// What goes back to the buyer.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))]
    pub refund: Money,
}
event!(OrderCancelled, "order.cancelled", "order");

/// How a parcel is followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tracking {
    /// Who carries it.
    pub carrier: String,
    /// The carrier's number of it.
    pub tracking_number: Option<String>,
    /// The carrier's page about it.
    pub tracking_url: Option<String>,
}

/// Staff moved the order along: it is packed, sent or delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderStatusChanged {
    /// Which.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub order_id: OrderId,
    /// The number people read out.
    pub number: String,
    /// The buyer; none: a guest.
    #[cfg_attr(feature = "schema", schemars(with = "Option<uuid::Uuid>"))]
    pub user_id: Option<UserId>,
    /// What it is now: `processing`, `shipped` or `delivered`.
    pub status: String,
    /// Of the shipment that was made, where staff gave it.
    pub tracking: Option<Tracking>,
}
event!(OrderStatusChanged, "order.status_changed", "order");

/// A line of a refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RefundedLine {
    /// Which line of the order.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub line_id: OrderLineId,
    /// Its sku.
    pub sku: String,
    /// How many of it.
    pub quantity: i32,
}

/// Money is back with the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderRefunded {
    /// Which.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub order_id: OrderId,
    /// The number people read out.
    pub number: String,
    /// The buyer; none: a guest.
    #[cfg_attr(feature = "schema", schemars(with = "Option<uuid::Uuid>"))]
    pub user_id: Option<UserId>,
    /// Which refund.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub refund_id: RefundId,
    /// What went back.
    #[cfg_attr(feature = "schema", schemars(with = "serde_json::Value"))]
    pub amount: Money,
    /// For which lines; empty when it names none.
    pub lines: Vec<RefundedLine>,
    /// The lines' stock goes back on the shelf.
    pub restock: bool,
}
event!(OrderRefunded, "order.refunded", "order");

/// An invoice exists and lies in the `invoices` bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InvoiceIssued {
    /// Which invoice.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub invoice_id: InvoiceId,
    /// Its number.
    pub number: String,
    /// For which order.
    #[cfg_attr(feature = "schema", schemars(with = "uuid::Uuid"))]
    pub order_id: OrderId,
    /// The order's number.
    pub order_number: String,
    /// The buyer; none: a guest.
    #[cfg_attr(feature = "schema", schemars(with = "Option<uuid::Uuid>"))]
    pub user_id: Option<UserId>,
    /// The PDF's key in the `invoices` bucket.
    pub s3_key: String,
}
event!(InvoiceIssued, "invoice.issued", "order");
