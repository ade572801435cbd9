//! Step 8: an order that nobody paid in time. Its provider is asked first: money that was captured or set aside wins.

use cartwright_contracts::events::OrderExpired;
use cartwright_runtime::chain;
use cartwright_types::{OrderId, PaymentId};
use chrono::DateTime;
use uuid::Uuid;

use crate::clients::payments::ProviderStatus;
use crate::db::orders::OrderRow;
use crate::db::payments::PaymentRow;
use crate::db::{orders, payments};
use crate::domain::order::OrderStatus;
use crate::domain::payment::PaymentStatus;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::cancel_order::void;
use crate::usecases::end_order::end;
use crate::usecases::observe_payment::{act_on, observe};
use crate::usecases::pay_order::request;

/// Expires what is overdue. One that cannot be expired yet holds up none of the others.
///
/// # Errors
/// The list cannot be read.
pub async fn sweep(state: &State) -> Result<(), Failure> {
    let now = state.clock.now();
    let mut after = (DateTime::UNIX_EPOCH, Uuid::nil());
    loop {
        let overdue = orders::overdue(state.database.pool(), now, after).await?;
        let Some(last) = overdue.last() else { return Ok(()) };
        after = *last;
        for (_, id) in overdue {
            if let Err(error) = expire(state, OrderId(id)).await {
                tracing::warn!(order_id = %id, error = chain(&error), "the order could not be expired yet");
            }
        }
    }
}

async fn expire(state: &State, id: OrderId) -> Result<(), Failure> {
    let pool = state.database.pool();
    let Some(order) = orders::find(pool, id).await? else { return Ok(()) };
    for payment in payments::of_order(pool, id).await? {
        if !is_over(state, &payment).await? {
            return Ok(());
        }
    }
    close(state, &order).await
}

/// Whether no money can come from `payment` any more. Captured money settles the order instead. Money that was set aside a
/// moment ago moves the order's expiry; it is let go when its own time is over and the order is here again.
async fn is_over(state: &State, payment: &PaymentRow) -> Result<bool, Failure> {
    let status: PaymentStatus =
        payment.status.parse().map_err(|_| Failure::Data("unknown payment status"))?;
    match status {
        PaymentStatus::Failed | PaymentStatus::Voided => Ok(true),
        PaymentStatus::Captured | PaymentStatus::Refunded => {
            observe(state, PaymentId(payment.id)).await?;
            Ok(false)
        }
        PaymentStatus::Authorized => void(state, payment).await,
        PaymentStatus::Created
        | PaymentStatus::RequiresAction
        | PaymentStatus::Processing
        | PaymentStatus::Unknown => {
            let (provider, request) = request(state, payment)?;
            match provider.get(&request).await? {
                Some(seen)
                    if matches!(seen.status, ProviderStatus::Authorized | ProviderStatus::Captured) =>
                {
                    act_on(state, payment, &seen).await?;
                    Ok(false)
                }
                _ => void(state, payment).await,
            }
        }
    }
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
                let step = (OrderStatus::PendingPayment, OrderStatus::Expired);
                end(tx, state, id, step, "system", event).await?;
                Ok::<(), Failure>(())
            })
        })
        .await
}
