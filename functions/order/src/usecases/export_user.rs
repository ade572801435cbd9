//! Everything that is held about a user.

use cartwright_types::{OrderId, UserId};
use serde::Serialize;
use uuid::Uuid;

use crate::clients::carts::StoredLine;
use crate::db::order_events::OrderEventRow;
use crate::db::orders::{LineRow, OrderFilter, OrderRow};
use crate::db::payments::PaymentRow;
use crate::db::{invoices, order_events, orders, payments};
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
    /// Its history, oldest first.
    pub events: Vec<OrderEventRow>,
    /// What the invoice says.
    pub invoice: Option<InvoiceDocument>,
}

/// The cart, without the day's prices.
#[derive(Debug, Serialize)]
pub struct ExportedCart {
    /// What is in it.
    pub lines: Vec<StoredLine>,
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
    let cart = state.carts.read(user).await?;
    let cart = (cart.version > 0).then_some(ExportedCart { lines: cart.lines });
    Ok(UserExport { orders: exported, cart })
}

/// Adds to orders all that belongs to them, in four queries however many they are.
async fn complete(state: &State, page: Vec<OrderRow>) -> Result<Vec<ExportedOrder>, Failure> {
    let (pool, ids) = (state.database.pool(), page.iter().map(|order| order.id).collect::<Vec<_>>());
    let (lines, payments, events, invoices) = tokio::try_join!(
        orders::lines(pool, &ids),
        payments::of_orders(pool, &ids),
        order_events::of_orders(pool, &ids),
        invoices::of_orders(pool, &ids),
    )?;
    let exported = page.into_iter().map(|order| {
        let id = order.id;
        let own_lines: Vec<&LineRow> = lines.iter().filter(|line| line.order_id == id).collect();
        let own_payments: Vec<&PaymentRow> =
            payments.iter().filter(|payment| payment.order_id == id).collect();
        Ok(ExportedOrder {
            order: order_view::view(order, &own_lines, own_payments.first().copied())?,
            payments: own_payments.into_iter().map(payment_view).collect::<Result<_, _>>()?,
            events: of(id, &events).cloned().collect(),
            invoice: of(id, &invoices).next().cloned(),
        })
    });
    exported.collect()
}

/// Those of an order.
fn of<T>(order: Uuid, rows: &[(Uuid, T)]) -> impl Iterator<Item = &T> {
    rows.iter().filter(move |(owner, _)| *owner == order).map(|(_, row)| row)
}
