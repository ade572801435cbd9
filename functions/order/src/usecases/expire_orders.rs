//! Step 8: an order that nobody paid in time. Its provider is asked first: money that was captured wins.

use cartwright_contracts::events::OrderExpired;
use cartwright_runtime::chain;
use cartwright_types::OrderId;

use crate::clients::payments::ProviderStatus;
use crate::db::orders::OrderRow;
use crate::db::payments::PaymentRow;
use crate::db::{orders, payments};
use crate::domain::order::OrderStatus;
use crate::domain::payment::PaymentStatus;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::events::tell;
use crate::usecases::observe_payment::act_on;
use crate::usecases::pay_order::request;

/// Expires what is overdue; the number of orders looked at.
///
/// # Errors
/// The list cannot be read.
pub async fn sweep(state: &State) -> Result<usize, Failure> {
    let overdue = orders::overdue(state.database.pool(), state.clock.now()).await?;
    for id in &overdue {
        if let Err(error) = expire(state, OrderId(*id)).await {
            tracing::warn!(order_id = %id, error = chain(&error), "the order could not be expired yet");
        }
    }
    Ok(overdue.len())
}

async fn expire(state: &State, id: OrderId) -> Result<(), Failure> {
    let pool = state.database.pool();
    let Some(order) = orders::find(pool, id).await? else { return Ok(()) };
    for payment in payments::of_order(pool, id).await? {
        if !cancelled_at_provider(state, &payment).await? {
            return Ok(());
        }
    }
    close(state, &order).await
}

/// Whether no money can come from `payment` any more. Captured money settles the order instead.
async fn cancelled_at_provider(state: &State, payment: &PaymentRow) -> Result<bool, Failure> {
    let status: PaymentStatus =
        payment.status.parse().map_err(|_| Failure::Data("unknown payment status"))?;
    if matches!(status, PaymentStatus::Failed | PaymentStatus::Voided) {
        return Ok(true);
    }
    let (provider, request) = request(state, payment)?;
    let seen = provider.cancel(&request).await?;
    act_on(state, payment, &seen).await?;
    Ok(matches!(seen.status, ProviderStatus::Cancelled | ProviderStatus::Failed))
}

async fn close(state: &State, order: &OrderRow) -> Result<(), Failure> {
    let id = OrderId(order.id);
    let event = &OrderExpired { order_id: id, number: order.number.clone(), user_id: order.buyer() };
    state
        .database
        .transaction("expire_order", |tx| {
            Box::pin(async move {
                orders::lock(tx, id).await?;
                // A payment that was added meanwhile keeps the order alive until the next look.
                if payments::any_live(tx, id).await? {
                    return Ok(());
                }
                let from = OrderStatus::PendingPayment;
                let won = orders::transition(tx, &state.clock, id, from, OrderStatus::Expired).await?;
                if let Some(version) = won {
                    tell(tx, &state.clock, id, version, "system", event).await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .await
}
