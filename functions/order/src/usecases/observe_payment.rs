//! Reading a payment from its provider and drawing the consequences. The one place where an order becomes paid.

use std::sync::LazyLock;

use cartwright_contracts::events::{OrderCancelled, OrderPaid, OrderPaymentFailed, PaidLine};
use cartwright_database::Tx;
use cartwright_runtime::metrics::{self, IntCounterVec};
use cartwright_types::{Currency, Money, OrderId, PaymentId, new_uuid};

use crate::clients::payments::{ProviderPayment, ProviderStatus};
use crate::clients::product::StockOutcome;
use crate::db::orders::{LineRow, OrderRow};
use crate::db::payments::PaymentRow;
use crate::db::{orders, payments, refunds};
use crate::domain::order::OrderStatus;
use crate::domain::payment::PaymentStatus;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::events::tell;
use crate::usecases::pay_order::request;

static PAYMENTS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    metrics::counter(
        "payments_total",
        "Payments by provider and what became of them",
        &["provider", "outcome"],
    )
});

/// Reads the payment at its provider and acts on what it says.
///
/// # Errors
/// A dependency failed; run it again.
pub async fn observe(state: &State, id: PaymentId) -> Result<(), Failure> {
    let payment = payments::find(state.database.pool(), id).await?.ok_or(Failure::Data("no such payment"))?;
    let (provider, request) = request(state, &payment)?;
    match provider.get(&request).await? {
        Some(seen) => act_on(state, &payment, &seen).await,
        // Not created yet: the request that wanted to is retried by its client, or the order expires.
        None => Ok(()),
    }
}

/// Records what was seen of a payment, then settles its order.
///
/// # Errors
/// A dependency failed; run it again.
pub async fn act_on(state: &State, payment: &PaymentRow, seen: &ProviderPayment) -> Result<(), Failure> {
    if seen.amount.amount != payment.amount || seen.amount.currency.code() != payment.currency {
        // A wrong amount or currency is never "paid"; the reconciler keeps looking, an operator is told by the log.
        tracing::error!(payment_id = %payment.id, "the provider's amount or currency is not the payment's");
        return Ok(());
    }
    record(state, payment, seen).await?;
    if seen.status == ProviderStatus::Captured {
        settle(state, PaymentId(payment.id), OrderId(payment.order_id)).await?;
    }
    Ok(())
}

/// Writes the observation, unless it is old news.
async fn record(state: &State, payment: &PaymentRow, seen: &ProviderPayment) -> Result<(), Failure> {
    let (next, action) = match &seen.status {
        ProviderStatus::RequiresAction(action) => (PaymentStatus::RequiresAction, Some(action)),
        ProviderStatus::Processing => (PaymentStatus::Processing, None),
        ProviderStatus::Authorized => (PaymentStatus::Authorized, None),
        ProviderStatus::Captured => (PaymentStatus::Captured, None),
        ProviderStatus::Failed => (PaymentStatus::Failed, None),
        ProviderStatus::Cancelled => (PaymentStatus::Voided, None),
    };
    let (id, order_id) = (PaymentId(payment.id), OrderId(payment.order_id));
    let order =
        orders::find(state.database.pool(), order_id).await?.ok_or(Failure::Data("payment without order"))?;
    let order = &order;
    let changed = state
        .database
        .transaction("record_payment", |tx| {
            Box::pin(async move {
                // The order first, then the payment: everybody locks in this sequence.
                let order_status = orders::lock(tx, order_id).await?;
                let current = payments::lock(tx, id).await?;
                let current: Option<PaymentStatus> = current.and_then(|text| text.parse().ok());
                if !current.is_some_and(|current| current.may_become(next)) {
                    return Ok::<bool, Failure>(false);
                }
                let reference = seen.provider_ref.as_deref();
                payments::set_status(tx, id, next, action, reference, state.clock.now()).await?;
                if next == PaymentStatus::Failed && order_status.as_deref() == Some("pending_payment") {
                    let event = OrderPaymentFailed {
                        order_id,
                        number: order.number.clone(),
                        user_id: order.buyer(),
                        expires_at: order.expires_at,
                    };
                    let version = orders::touch(tx, &state.clock, order_id).await?;
                    tell(tx, &state.clock, order_id, version, "system", &event).await?;
                }
                Ok(true)
            })
        })
        .await?;
    if changed {
        PAYMENTS.with_label_values(&[&payment.provider, next.as_str()]).inc();
    }
    Ok(())
}

/// Money is captured: commits the reservation and makes the order paid, or gives the money back.
async fn settle(state: &State, payment_id: PaymentId, order_id: OrderId) -> Result<(), Failure> {
    let order =
        orders::find(state.database.pool(), order_id).await?.ok_or(Failure::Data("payment without order"))?;
    let status: OrderStatus = order.status.parse().map_err(|_| Failure::Data("unknown order status"))?;
    match status {
        OrderStatus::PendingPayment => match state.products.commit(order_id).await? {
            StockOutcome::Ok => mark_paid(state, &order, payment_id).await,
            StockOutcome::Short(_) | StockOutcome::Mismatch => {
                cancel_and_refund(state, &order, payment_id).await
            }
        },
        // Paid after all is lost: the money goes back, once.
        OrderStatus::Expired | OrderStatus::Cancelled => refund_stray(state, &order, payment_id).await,
        OrderStatus::Paid | OrderStatus::Processing | OrderStatus::Shipped | OrderStatus::Delivered => Ok(()),
    }
}

async fn mark_paid(state: &State, order: &OrderRow, payment_id: PaymentId) -> Result<(), Failure> {
    let order_id = OrderId(order.id);
    let lines = orders::lines(state.database.pool(), &[order_id.uuid()]).await?;
    let event = &paid_event(order, &lines, payment_id)?;
    state
        .database
        .transaction("mark_paid", |tx| {
            Box::pin(async move {
                let from = OrderStatus::PendingPayment;
                let won = orders::transition(tx, &state.clock, order_id, from, OrderStatus::Paid).await?;
                // Only the winner tells.
                if let Some(version) = won {
                    tell(tx, &state.clock, order_id, version, "system", event).await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .await
}

fn paid_event(order: &OrderRow, lines: &[LineRow], payment_id: PaymentId) -> Result<OrderPaid, Failure> {
    let currency: Currency = order.currency.parse().map_err(|_| Failure::Data("unknown currency"))?;
    let lines = lines
        .iter()
        .map(|line| PaidLine {
            sku: line.sku.clone(),
            name: line.name.clone(),
            quantity: line.quantity,
            total: Money::new(line.total, currency),
        })
        .collect();
    Ok(OrderPaid {
        order_id: OrderId(order.id),
        number: order.number.clone(),
        user_id: order.buyer(),
        payment_id,
        lines,
        shipping: Money::new(order.shipping_total, currency),
        total: Money::new(order.grand_total, currency),
        cart_version: order.cart_version,
    })
}

async fn cancel_and_refund(state: &State, order: &OrderRow, payment_id: PaymentId) -> Result<(), Failure> {
    let order_id = OrderId(order.id);
    let currency: Currency = order.currency.parse().map_err(|_| Failure::Data("unknown currency"))?;
    let event = &OrderCancelled {
        order_id,
        number: order.number.clone(),
        user_id: order.buyer(),
        reason: "stock_gone".to_owned(),
        refund: Money::new(order.grand_total, currency),
    };
    state
        .database
        .transaction("cancel_and_refund", |tx| {
            Box::pin(async move {
                let from = OrderStatus::PendingPayment;
                let won =
                    orders::transition(tx, &state.clock, order_id, from, OrderStatus::Cancelled).await?;
                if let Some(version) = won {
                    request_refund(tx, state, payment_id, order.grand_total, "stock_gone").await?;
                    tell(tx, &state.clock, order_id, version, "system", event).await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .await
}

/// Asks for the money of an order that ended without it, unless that was done before.
async fn refund_stray(state: &State, order: &OrderRow, payment_id: PaymentId) -> Result<(), Failure> {
    let order_id = OrderId(order.id);
    state
        .database
        .transaction("refund_stray", |tx| {
            Box::pin(async move {
                orders::lock(tx, order_id).await?;
                if !refunds::exists(tx, payment_id).await? {
                    request_refund(tx, state, payment_id, order.grand_total, "order_ended").await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .await
}

async fn request_refund(
    tx: &mut Tx<'_>,
    state: &State,
    payment: PaymentId,
    amount: i64,
    reason: &str,
) -> Result<(), sqlx::Error> {
    if amount == 0 {
        return Ok(());
    }
    let id = new_uuid(state.clock.as_ref());
    refunds::request(tx, id, payment, amount, reason, state.clock.now()).await
}
