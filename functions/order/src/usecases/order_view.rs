//! The order as its owner and staff see it.

use cartwright_types::{Currency, Money, OrderId};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::db::orders::{LineRow, OrderRow};
use crate::db::payments::PaymentRow;
use crate::db::{orders, payments};
use crate::domain::address::Address;
use crate::domain::payment::PaymentStatus;
use crate::error::Failure;
use crate::state::State;

/// `GET /orders/{id}`
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the members are those of api.md, Orders")]
pub struct OrderView {
    pub id: Uuid,
    pub number: String,
    pub status: String,
    pub payment_status: &'static str,
    pub fulfilment_status: &'static str,
    pub currency: String,
    pub email: Option<String>,
    pub lines: Vec<LineView>,
    pub totals: TotalsView,
    pub shipping_address: Address,
    pub billing_address: Address,
    pub shipping_method: ShippingMethodView,
    pub promotion_codes: Vec<String>,
    pub note: Option<String>,
    pub payment: Option<PaymentView>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub version: i64,
}

/// A line of it.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the members are those of api.md, Orders")]
pub struct LineView {
    pub id: Uuid,
    pub sku: String,
    pub name: String,
    pub quantity: i32,
    pub unit_price: Money,
    pub discount: Money,
    pub tax: Money,
    pub total: Money,
}

/// Its sums.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the members are those of api.md, Orders")]
pub struct TotalsView {
    pub lines: Money,
    pub discount: Money,
    pub shipping: Money,
    pub tax: Money,
    pub grand: Money,
    pub explain: Vec<Explanation>,
}

/// One step on the way to the grand total.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// What it is, for people.
    pub label: String,
    /// What it adds.
    pub amount: Money,
}

/// How it is shipped.
#[derive(Debug, Serialize)]
pub struct ShippingMethodView {
    /// Which method.
    pub id: Uuid,
    /// Its name when it was chosen.
    pub name: String,
}

/// A payment.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "the members are those of api.md, Orders")]
pub struct PaymentView {
    pub id: Uuid,
    pub order_id: Uuid,
    pub provider: String,
    pub status: &'static str,
    pub amount: Money,
    pub captured: Money,
    pub refunded: Money,
    pub client_action: Option<Value>,
    pub created_at: DateTime<Utc>,
}

/// Reads an order with all that belongs to it; `email` is the buyer's, where the caller has asked for it.
///
/// # Errors
/// A dependency failed.
pub async fn load(state: &State, id: OrderId) -> Result<Option<OrderView>, Failure> {
    let pool = state.database.pool();
    let Some(order) = orders::find(pool, id).await? else { return Ok(None) };
    let (lines, payments) = tokio::try_join!(orders::lines(pool, id), payments::of_order(pool, id))?;
    view(order, &lines, payments.first()).map(Some)
}

/// Puts the rows together.
///
/// # Errors
/// A row holds what no version of this program writes.
pub fn view(order: OrderRow, lines: &[LineRow], payment: Option<&PaymentRow>) -> Result<OrderView, Failure> {
    let currency: Currency = order.currency.parse().map_err(|_| Failure::Data("unknown currency"))?;
    let money = |amount| Money::new(amount, currency);
    let lines = lines
        .iter()
        .map(|line| LineView {
            id: line.id,
            sku: line.sku.clone(),
            name: line.name.clone(),
            quantity: line.quantity,
            unit_price: money(line.unit_price),
            discount: money(line.discount),
            tax: money(line.tax),
            total: money(line.total),
        })
        .collect();
    let payment = payment.map(payment_view).transpose()?;
    let mut explain = vec![
        Explanation { label: "Lines".to_owned(), amount: money(order.lines_total) },
        Explanation { label: order.shipping_method_name.clone(), amount: money(order.shipping_total) },
    ];
    if !order.prices_include_tax {
        explain.push(Explanation { label: "Tax".to_owned(), amount: money(order.tax_total) });
    }
    Ok(OrderView {
        id: order.id,
        number: order.number,
        status: order.status,
        payment_status: payment.as_ref().map_or("none", |payment| payment.status),
        fulfilment_status: "unfulfilled",
        currency: order.currency,
        email: None,
        lines,
        totals: TotalsView {
            lines: money(order.lines_total),
            discount: money(order.discount_total),
            shipping: money(order.shipping_total),
            tax: money(order.tax_total),
            grand: money(order.grand_total),
            explain,
        },
        shipping_address: order.shipping_address.0,
        billing_address: order.billing_address.0,
        shipping_method: ShippingMethodView {
            id: order.shipping_method_id,
            name: order.shipping_method_name,
        },
        promotion_codes: Vec::new(),
        note: order.note,
        payment,
        created_at: order.created_at,
        expires_at: order.expires_at,
        version: order.version,
    })
}

/// `GET /payments/{id}`
///
/// # Errors
/// A row holds what no version of this program writes.
pub fn payment_view(payment: &PaymentRow) -> Result<PaymentView, Failure> {
    let currency: Currency = payment.currency.parse().map_err(|_| Failure::Data("unknown currency"))?;
    let status: PaymentStatus =
        payment.status.parse().map_err(|_| Failure::Data("unknown payment status"))?;
    Ok(PaymentView {
        id: payment.id,
        order_id: payment.order_id,
        provider: payment.provider.clone(),
        status: status.public(),
        amount: Money::new(payment.amount, currency),
        captured: Money::new(payment.captured, currency),
        refunded: Money::new(payment.refunded, currency),
        client_action: payment.client_action.clone(),
        created_at: payment.created_at,
    })
}
