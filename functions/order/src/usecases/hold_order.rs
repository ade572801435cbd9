//! Money is set aside: the stock is the buyer's, and the order lives as long as the authorisation does. It is paid by capture.

use cartwright_types::{OrderId, PaymentId};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;

use crate::clients::product::StockOutcome;
use crate::db::orders::OrderRow;
use crate::db::payments::PaymentRow;
use crate::db::{orders, payments};
use crate::domain::order::OrderStatus;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::end_order::end;
use crate::usecases::observe_payment::{act_on, stock_gone};
use crate::usecases::pay_order::request;

/// How long an authorisation holds when its provider does not say: Stripe's and the card schemes' seven days.
const AUTHORISATION: TimeDelta = TimeDelta::days(7);

/// Commits the reservation and moves the order's expiry to `until`; without stock, or for an order that has ended, the
/// authorisation is given back.
pub(super) async fn hold(
    state: &State,
    payment: &PaymentRow,
    until: Option<DateTime<Utc>>,
) -> Result<(), Failure> {
    let order_id = OrderId(payment.order_id);
    let order =
        orders::find(state.database.pool(), order_id).await?.ok_or(Failure::Data("payment without order"))?;
    let until = until.unwrap_or(payment.created_at + AUTHORISATION);
    if order.status != OrderStatus::PendingPayment.as_str() {
        return give_back(state, payment).await;
    }
    if order.expires_at >= until {
        return Ok(());
    }
    match state.products.commit(order_id).await? {
        StockOutcome::Ok => extend(state, order_id, until).await,
        StockOutcome::Short(_) | StockOutcome::Mismatch => {
            give_back(state, payment).await?;
            cancel(state, &order, PaymentId(payment.id)).await
        }
        // It was cancelled a moment ago.
        StockOutcome::Ended => give_back(state, payment).await,
    }
}

async fn extend(state: &State, order_id: OrderId, until: DateTime<Utc>) -> Result<(), Failure> {
    state
        .database
        .transaction("extend_order", |tx| {
            Box::pin(async move {
                orders::extend(tx, &state.clock, order_id, until).await?;
                Ok::<(), Failure>(())
            })
        })
        .await
}

/// Voids the payment. That this observes it again ends here: it is not authorised any more.
fn give_back<'a>(state: &'a State, payment: &'a PaymentRow) -> BoxFuture<'a, Result<(), Failure>> {
    Box::pin(async move {
        let (provider, request) = request(state, payment)?;
        let seen = provider.cancel(&request).await?;
        act_on(state, payment, &seen).await
    })
}

async fn cancel(state: &State, order: &OrderRow, payment: PaymentId) -> Result<(), Failure> {
    let order_id = OrderId(order.id);
    let event = &stock_gone(order, 0)?;
    state
        .database
        .transaction("cancel_held", |tx| {
            Box::pin(async move {
                orders::lock(tx, order_id).await?;
                // Captured in between: settling the capture decides then.
                let status = payments::lock(tx, payment).await?;
                if status.as_deref() != Some("voided") && status.as_deref() != Some("failed") {
                    return Ok(());
                }
                let step = (OrderStatus::PendingPayment, OrderStatus::Cancelled);
                end(tx, state, order_id, step, "system", event).await?;
                Ok::<(), Failure>(())
            })
        })
        .await
}
