//! Reading a payment from its provider and drawing the consequences. The one place where an order becomes paid.

use std::sync::LazyLock;

use cartwright_contracts::events::{OrderCancelled, OrderPaid, OrderPaymentFailed, PaidLine};
use cartwright_runtime::metrics::{self, IntCounterVec};
use cartwright_types::{Currency, Money, OrderId, PaymentId, new_uuid};
use serde_json::json;

use crate::clients::payments::{ProviderPayment, ProviderStatus};
use crate::clients::product::StockOutcome;
use crate::db::discrepancies::Finding;
use crate::db::orders::{LineRow, OrderRow};
use crate::db::payments::PaymentRow;
use crate::db::{discrepancies, orders, payments};
use crate::domain::order::OrderStatus;
use crate::domain::payment::PaymentStatus;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::end_order::end;
use crate::usecases::events::tell;
use crate::usecases::pay_order::{self, request};
use crate::usecases::refund_payment::ask_rest_back;
use crate::usecases::{hold_order, provider_facts};

/// The discrepancies that an observation finds, and finds gone.
static MISMATCHES: LazyLock<Vec<String>> = LazyLock::new(|| {
    ["amount", "currency", "livemode", "account", "identity"].map(|what| format!("{what}_mismatch")).into()
});

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
        Some(seen) => {
            act_on(state, &payment, &seen).await?;
            if seen.is_wrong(&request) {
                return Ok(());
            }
            Ok(discrepancies::resolve(state.database.pool(), id, &MISMATCHES, state.clock.now()).await?)
        }
        // Its buyer was told that nobody knows: it is tried again, with the same key.
        None if payment.status == PaymentStatus::Unknown.as_str() => {
            pay_order::retry(state, provider, &request, &payment).await
        }
        // Not created yet: the request that wanted to is retried by its client, or the order expires.
        None => Ok(()),
    }
}

/// Records what was seen of a payment, then settles its order.
///
/// # Errors
/// A dependency failed; run it again.
pub async fn act_on(state: &State, payment: &PaymentRow, seen: &ProviderPayment) -> Result<(), Failure> {
    if let Some(kind) = seen.discrepancy(payment.amount, &payment.currency) {
        return refuse(state, payment, seen, kind).await;
    }
    record(state, payment, seen).await?;
    provider_facts::take_in(state, payment, &seen.facts).await?;
    match seen.status {
        ProviderStatus::Captured => settle(state, PaymentId(payment.id), OrderId(payment.order_id)).await,
        ProviderStatus::Authorized => hold_order::hold(state, payment, seen.facts.authorized_until).await,
        _ => Ok(()),
    }
}

/// What does not fit is never "paid": it is listed until somebody has looked, and the order waits or expires. What was given up
/// at the provider is given up here too, whatever it was.
async fn refuse(
    state: &State,
    payment: &PaymentRow,
    seen: &ProviderPayment,
    kind: &'static str,
) -> Result<(), Failure> {
    tracing::error!(payment_id = %payment.id, kind, "what the provider says is not the payment that was asked for");
    let detail = json!({
        "provider": payment.provider, "provider_ref": seen.provider_ref,
        "expected": { "amount": payment.amount, "currency": payment.currency }, "seen": seen.amount,
    });
    let finding = Finding { payment_id: payment.id, kind: kind.to_owned(), detail };
    let id = new_uuid(state.clock.as_ref());
    discrepancies::note(state.database.pool(), id, &finding, state.clock.now()).await?;
    if matches!(seen.status, ProviderStatus::Cancelled | ProviderStatus::Failed) {
        record(state, payment, seen).await?;
    }
    Ok(())
}

/// The provider does not say what became of a payment that it was asked to create.
///
/// # Errors
/// The database failed.
pub(super) async fn lose_sight(state: &State, payment: &PaymentRow) -> Result<(), Failure> {
    let (id, order_id) = (PaymentId(payment.id), OrderId(payment.order_id));
    state
        .database
        .transaction("lose_sight", |tx| {
            Box::pin(async move {
                orders::lock(tx, order_id).await?;
                let status = payments::lock(tx, id).await?;
                if status.as_deref() == Some(PaymentStatus::Created.as_str()) {
                    payments::set_status(tx, id, PaymentStatus::Unknown, None, None, state.clock.now())
                        .await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .await
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
    // Only a failure is told, and says more of the order.
    let order = match next {
        PaymentStatus::Failed => orders::find(state.database.pool(), order_id).await?,
        _ => None,
    };
    let order = order.as_ref();
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
                if let Some(order) = order
                    && order_status.as_deref() == Some("pending_payment")
                {
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
            // It was cancelled a moment ago.
            StockOutcome::Ended => refund_stray(state, order_id, payment_id).await,
        },
        // Paid after all is lost: the money goes back, once.
        OrderStatus::Expired | OrderStatus::Cancelled => refund_stray(state, order_id, payment_id).await,
        OrderStatus::Paid | OrderStatus::Processing | OrderStatus::Shipped | OrderStatus::Delivered => Ok(()),
    }
}

async fn mark_paid(state: &State, order: &OrderRow, payment_id: PaymentId) -> Result<(), Failure> {
    let order_id = OrderId(order.id);
    let lines = orders::lines_of(state.database.pool(), order_id).await?;
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
    let event = &stock_gone(order, order.grand_total)?;
    state
        .database
        .transaction("cancel_and_refund", |tx| {
            Box::pin(async move {
                orders::lock(tx, order_id).await?;
                let step = (OrderStatus::PendingPayment, OrderStatus::Cancelled);
                if end(tx, state, order_id, step, "system", event).await? {
                    ask_rest_back(tx, state, payment_id, "stock_gone").await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .await
}

/// The event of an order whose stock went to somebody else; `refund` is what goes back.
pub(super) fn stock_gone(order: &OrderRow, refund: i64) -> Result<OrderCancelled, Failure> {
    let currency: Currency = order.currency.parse().map_err(|_| Failure::Data("unknown currency"))?;
    Ok(OrderCancelled {
        order_id: OrderId(order.id),
        number: order.number.clone(),
        user_id: order.buyer(),
        reason: "stock_gone".to_owned(),
        refund: Money::new(refund, currency),
    })
}

/// Asks for the money of an order that ended without it, unless that was done before.
async fn refund_stray(state: &State, order_id: OrderId, payment_id: PaymentId) -> Result<(), Failure> {
    state
        .database
        .transaction("refund_stray", |tx| {
            Box::pin(async move {
                let status = orders::lock(tx, order_id).await?;
                let status = status.and_then(|text| text.parse::<OrderStatus>().ok());
                if !status.is_some_and(OrderStatus::is_off) {
                    return Err(Failure::Data("the order's stock has ended and the order has not"));
                }
                ask_rest_back(tx, state, payment_id, "order_ended").await?;
                Ok::<(), Failure>(())
            })
        })
        .await
}
