//! The order as its owner and staff see it.

use cartwright_types::{Currency, Money, OrderId};
use cartwright_web::openapi::words;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::orders::{LineRow, OrderRow};
use crate::db::payments::PaymentRow;
use crate::db::{orders, payments};
use crate::domain::address::Address;
use crate::domain::fulfilment::FulfilmentStatus;
use crate::domain::order::OrderStatus;
use crate::domain::payment::PaymentStatus;
use crate::domain::totals::Step;
use crate::error::Failure;
use crate::state::State;

/// An order, as its owner and staff see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
#[expect(missing_docs, reason = "the members are those of api.md, Orders")]
pub struct OrderView {
    pub id: Uuid,
    /// The number people read out.
    #[schema(examples("C-2026-000123"))]
    pub number: String,
    #[schema(value_type = OrderStatus)]
    pub status: String,
    /// That of the newest payment; `none` without one.
    #[schema(schema_with = order_payment_statuses)]
    pub payment_status: &'static str,
    #[schema(schema_with = fulfilment_statuses)]
    pub fulfilment_status: String,
    #[schema(pattern = "^[A-Z]{3}$", examples("EUR"))]
    pub currency: String,
    /// The buyer's. A guest's is always told; an account's when a single order is read, and null when it cannot be had.
    #[schema(required, examples("ada@example.com"))]
    pub email: Option<String>,
    pub lines: Vec<LineView>,
    pub totals: TotalsView,
    pub shipping_address: Address,
    pub billing_address: Address,
    pub shipping_method: ShippingMethodView,
    pub promotion_codes: Vec<String>,
    #[schema(required)]
    pub note: Option<String>,
    /// The newest.
    #[schema(required)]
    pub payment: Option<PaymentView>,
    /// A guest's, in the answer that placed the order: what makes it its bearer's own, as `X-Order-Token`, for 90 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, pattern = "^[A-Za-z0-9_-]{43}$")]
    pub order_token: Option<String>,
    pub created_at: DateTime<Utc>,
    /// When an order that is not paid ends, and its stock goes back.
    pub expires_at: DateTime<Utc>,
    /// Goes up with every change.
    #[schema(minimum = 1)]
    pub version: i64,
}

/// A line of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderLine)]
#[expect(missing_docs, reason = "the members are those of api.md, Orders")]
pub struct LineView {
    pub id: Uuid,
    pub sku: String,
    pub name: String,
    #[schema(minimum = 1, maximum = 9999)]
    pub quantity: i32,
    pub unit_price: Money,
    pub discount: Money,
    pub tax: Money,
    pub total: Money,
}

/// Its sums.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderTotals)]
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
#[derive(Debug, Serialize, ToSchema)]
pub struct Explanation {
    /// What it is, for people.
    pub label: String,
    /// What it adds; negative for a discount. All of them add up to `grand`.
    pub amount: Money,
}

/// How it is shipped.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChosenShippingMethod)]
pub struct ShippingMethodView {
    /// Which method.
    pub id: Uuid,
    /// Its name when it was chosen.
    pub name: String,
}

/// A payment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payment)]
#[expect(missing_docs, reason = "the members are those of api.md, Orders")]
pub struct PaymentView {
    pub id: Uuid,
    pub order_id: Uuid,
    #[schema(examples("test"))]
    pub provider: String,
    #[schema(schema_with = payment_statuses)]
    pub status: &'static str,
    pub amount: Money,
    pub captured: Money,
    pub refunded: Money,
    /// What the buyer has to do, while `status` is `requires_action`.
    #[schema(required, value_type = Option<ClientAction>)]
    pub client_action: Option<Value>,
    pub created_at: DateTime<Utc>,
}

/// What a buyer's client has to do; each provider adds members of its own, the test provider `method` and `path`,
/// Stripe `client_secret` and, where the shop knows it, `publishable_key`.
#[derive(ToSchema)]
#[schema(examples(json!({
    "type": "test_action", "method": "POST", "path": "/payments/0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10/test-action"
})))]
pub struct ClientAction {
    /// Which kind of action.
    #[schema(rename = "type")]
    pub kind: String,
}

fn payment_words(meaning: &str, first: &[&'static str]) -> utoipa::openapi::Object {
    words(meaning, &first.iter().copied().chain(PaymentStatus::public_words()).collect::<Vec<_>>())
}

fn payment_statuses() -> utoipa::openapi::Object {
    payment_words("Where it stands.", &[])
}

pub(crate) fn order_payment_statuses() -> utoipa::openapi::Object {
    payment_words("That of the newest payment; `none` without one.", &["none"])
}

pub(crate) fn fulfilment_statuses() -> utoipa::openapi::Object {
    words("How far it is packed and sent.", &FulfilmentStatus::words().collect::<Vec<_>>())
}

/// Reads an order with all that belongs to it.
///
/// # Errors
/// A dependency failed.
pub async fn load(state: &State, id: OrderId) -> Result<Option<OrderView>, Failure> {
    let pool = state.database.pool();
    let Some(order) = orders::find(pool, id).await? else { return Ok(None) };
    let (lines, payments) = tokio::try_join!(orders::lines_of(pool, id), payments::of_order(pool, id))?;
    view(order, &lines.iter().collect::<Vec<_>>(), payments.first()).map(Some)
}

/// Adds to orders all that belongs to them, in two queries however many they are.
///
/// # Errors
/// A dependency failed.
pub async fn complete(state: &State, orders: Vec<OrderRow>) -> Result<Vec<OrderView>, Failure> {
    let (pool, ids) = (state.database.pool(), orders.iter().map(|order| order.id).collect::<Vec<_>>());
    let (lines, payments) = tokio::try_join!(orders::lines(pool, &ids), payments::newest(pool, &ids))?;
    let views = orders.into_iter().map(|order| {
        let own: Vec<&LineRow> = lines.iter().filter(|line| line.order_id == order.id).collect();
        let payment = payments.iter().find(|payment| payment.order_id == order.id);
        view(order, &own, payment)
    });
    views.collect()
}

/// Puts the rows together.
///
/// # Errors
/// A row holds what no version of this program writes.
pub fn view(order: OrderRow, lines: &[&LineRow], payment: Option<&PaymentRow>) -> Result<OrderView, Failure> {
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
    let explain = explain(&order).into_iter();
    let explain = explain.map(|step| Explanation { label: step.label, amount: money(step.amount) }).collect();
    Ok(OrderView {
        id: order.id,
        number: order.number,
        status: order.status,
        payment_status: payment.as_ref().map_or("none", |payment| payment.status),
        fulfilment_status: order.fulfilment_status,
        currency: order.currency,
        email: order.guest_email,
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
        promotion_codes: order.promotion_codes,
        note: order.note,
        payment,
        order_token: None,
        created_at: order.created_at,
        expires_at: order.expires_at,
        version: order.version,
    })
}

/// How the grand total comes about, as it was shown; made up for an order from before that was stored.
fn explain(order: &OrderRow) -> Vec<Step> {
    if let Some(stored) = &order.explain {
        return stored.0.clone();
    }
    let step = |label: &str, amount| Step { label: label.to_owned(), amount };
    let mut steps = vec![step("Lines", order.lines_total)];
    steps.push(step(&order.shipping_method_name, order.shipping_total));
    if !order.prices_include_tax {
        steps.push(step("Tax", order.tax_total));
    }
    steps
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
        status: status.public(payment.refunded, payment.disputed),
        amount: Money::new(payment.amount, currency),
        captured: Money::new(payment.captured, currency),
        refunded: Money::new(payment.refunded, currency),
        client_action: payment.client_action.clone(),
        created_at: payment.created_at,
    })
}
