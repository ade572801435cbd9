//! Everything that is held about a user.

use cartwright_types::{Currency, Money, OrderId, UserId};
use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::clients::carts::CartOwner;
use crate::db::order_events::OrderEventRow;
use crate::db::orders::{LineRow, OrderFilter, OrderRow};
use crate::db::payments::PaymentRow;
use crate::db::refunds::RefundRow;
use crate::db::shipments::ShipmentRow;
use crate::db::{invoices, order_events, orders, payments, refunds, shipments};
use crate::domain::cart::CartLine;
use crate::domain::refund::RefundState;
use crate::error::Failure;
use crate::invoice::InvoiceDocument;
use crate::state::State;
use crate::usecases::order_view::{self, OrderView, PaymentView, payment_view};

/// What is held.
#[derive(Debug, Serialize)]
pub struct UserExport {
    /// All orders, newest first.
    pub orders: Vec<ExportedOrder>,
    /// None: there never was one.
    pub cart: Option<ExportedCart>,
}

/// An order with all that belongs to it.
#[derive(Debug, Serialize)]
pub struct ExportedOrder {
    /// As its owner sees it.
    #[serde(flatten)]
    pub order: OrderView,
    /// Every payment, newest first.
    pub payments: Vec<PaymentView>,
    /// What went back, oldest first.
    pub refunds: Vec<ExportedRefund>,
    /// How it was sent, oldest first.
    pub shipments: Vec<ExportedShipment>,
    /// Its history, oldest first.
    pub events: Vec<OrderEventRow>,
    /// What the invoice says.
    pub invoice: Option<InvoiceDocument>,
}

/// Money that went back, or is to.
#[derive(Debug, Serialize)]
pub struct ExportedRefund {
    /// How much.
    pub amount: Money,
    /// `pending`, `succeeded` or `failed`
    pub status: &'static str,
    /// Why, as staff wrote it.
    pub reason: String,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
}

/// A parcel.
#[derive(Debug, Serialize)]
pub struct ExportedShipment {
    /// Who carried it.
    pub carrier: Option<String>,
    /// The carrier's number of it.
    pub tracking_number: Option<String>,
    /// The carrier's page about it.
    pub tracking_url: Option<String>,
    /// When it was handed over.
    pub created_at: DateTime<Utc>,
}

/// The cart, without the day's prices.
#[derive(Debug, Serialize)]
pub struct ExportedCart {
    /// What is in it.
    pub lines: Vec<CartLine>,
}

/// Orders read at once.
const PAGE: usize = 100;

/// Gathers it.
///
/// # Errors
/// A dependency failed.
pub async fn export(state: &State, user: UserId) -> Result<UserExport, Failure> {
    let pool = state.database.pool();
    let mut filter = OrderFilter { user_id: Some(user), ..OrderFilter::default() };
    let mut exported = Vec::new();
    loop {
        let page = orders::list(pool, &filter, PAGE.try_into().unwrap_or(i64::MAX)).await?;
        let (read, last) = (page.len(), page.last().map(|order| OrderId(order.id)));
        exported.extend(complete(state, page).await?);
        if read < PAGE {
            break;
        }
        filter.after = last;
    }
    let cart = state.carts.read(CartOwner::User(user)).await?;
    let cart = (cart.version > 0).then_some(ExportedCart { lines: cart.lines });
    Ok(UserExport { orders: exported, cart })
}

/// Adds to orders all that belongs to them, in six queries however many they are.
async fn complete(state: &State, page: Vec<OrderRow>) -> Result<Vec<ExportedOrder>, Failure> {
    let (pool, ids) = (state.database.pool(), page.iter().map(|order| order.id).collect::<Vec<_>>());
    let (lines, payments, refunds, shipments, events, invoices) = tokio::try_join!(
        orders::lines(pool, &ids),
        payments::of_orders(pool, &ids),
        refunds::of_orders(pool, &ids),
        shipments::of_orders(pool, &ids),
        order_events::of_orders(pool, &ids),
        invoices::of_orders(pool, &ids),
    )?;
    let exported = page.into_iter().map(|order| {
        let id = order.id;
        let currency: Currency = order.currency.parse().map_err(|_| Failure::Data("unknown currency"))?;
        let own_lines: Vec<&LineRow> = lines.iter().filter(|line| line.order_id == id).collect();
        let own_payments: Vec<&PaymentRow> =
            payments.iter().filter(|payment| payment.order_id == id).collect();
        Ok(ExportedOrder {
            order: order_view::view(order, &own_lines, own_payments.first().copied())?,
            payments: own_payments.into_iter().map(payment_view).collect::<Result<_, _>>()?,
            refunds: of(id, &refunds).map(|refund| exported(refund, currency)).collect::<Result<_, _>>()?,
            shipments: shipments
                .iter()
                .filter(|row| row.order_id == id)
                .map(ExportedShipment::from)
                .collect(),
            events: of(id, &events).cloned().collect(),
            invoice: of(id, &invoices).next().cloned(),
        })
    });
    exported.collect()
}

fn exported(refund: &RefundRow, currency: Currency) -> Result<ExportedRefund, Failure> {
    let status: RefundState = refund.status.parse().map_err(|_| Failure::Data("unknown refund status"))?;
    Ok(ExportedRefund {
        amount: Money::new(refund.amount, currency),
        status: status.public(),
        reason: refund.reason.clone(),
        created_at: refund.created_at,
    })
}

impl From<&ShipmentRow> for ExportedShipment {
    fn from(row: &ShipmentRow) -> Self {
        Self {
            carrier: row.carrier.clone(),
            tracking_number: row.tracking_number.clone(),
            tracking_url: row.tracking_url.clone(),
            created_at: row.created_at,
        }
    }
}

/// Those of an order.
fn of<T>(order: Uuid, rows: &[(Uuid, T)]) -> impl Iterator<Item = &T> {
    rows.iter().filter(move |(owner, _)| *owner == order).map(|(_, row)| row)
}
