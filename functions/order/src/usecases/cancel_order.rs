//! Cancelling: the order ends and what was captured is asked back in one transaction; after it the provider is told. What a
//! crash leaves of that the reconciler does: it voids open payments of orders that are off, and asks for refunds again.
//!
//! A capture at the same moment cannot slip through: either the transaction sees its money and asks it back, or the payment is
//! voided at the provider, or the provider says that it was captured first, and `observe_payment` gives the money back.

use cartwright_contracts::events::OrderCancelled;
use cartwright_runtime::chain;
use cartwright_types::{Currency, Money, OrderId, PaymentId, RefundId};

use crate::clients::payments::ProviderStatus;
use crate::db::payments::PaymentRow;
use crate::db::{orders, payments, refunds};
use crate::domain::order::OrderStatus;
use crate::domain::payment::PaymentStatus;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::change_status::{Change, ChangeError, locked};
use crate::usecases::end_order::end;
use crate::usecases::observe_payment::act_on;
use crate::usecases::pay_order::request;
use crate::usecases::refund_payment;

/// Cancels the order and begins to give its money back; one that is cancelled stays so.
///
/// # Errors
/// See [`ChangeError`].
pub async fn cancel(state: &State, id: OrderId, change: &Change<'_>) -> Result<(), ChangeError> {
    let order = orders::find(state.database.pool(), id).await?.ok_or(Failure::Data("no such order"))?;
    let currency: Currency = order.currency.parse().map_err(|_| Failure::Data("unknown currency"))?;
    let order = &order;
    let reason = if change.is_staff { "staff" } else { "buyer" };
    let ended = state
        .database
        .transaction("cancel_order", |tx| {
            Box::pin(async move {
                let Some(from) = locked(tx, id, change, OrderStatus::Cancelled).await? else {
                    return Ok(false);
                };
                let mut refund = 0;
                for payment in refunds::refundable(tx, id).await? {
                    let (payment_id, amount) = (PaymentId(payment.payment_id), payment.amount);
                    refund_payment::ask_back(tx, state, payment_id, amount, "order_cancelled", change.actor)
                        .await?;
                    refund += amount;
                }
                let event = OrderCancelled {
                    order_id: id,
                    number: order.number.clone(),
                    user_id: order.buyer(),
                    reason: reason.to_owned(),
                    refund: Money::new(refund, currency),
                };
                end(tx, state, id, (from, OrderStatus::Cancelled), change.actor, &event).await?;
                Ok::<bool, ChangeError>(true)
            })
        })
        .await?;
    if ended {
        finish(state, id).await;
    }
    Ok(())
}

/// Tells the providers at once. What fails here is done by the reconciler.
async fn finish(state: &State, id: OrderId) {
    let work = async {
        for payment in payments::of_order(state.database.pool(), id).await? {
            if let Err(error) = void(state, &payment).await {
                tracing::warn!(payment_id = %payment.id, error = chain(&error), "the payment could not be voided yet");
            }
        }
        refunds::open_of_order(state.database.pool(), id).await
    };
    match work.await {
        Ok(open) => {
            for refund in open {
                refund_payment::send_or_leave(state, RefundId(refund)).await;
            }
        }
        Err(error) => {
            tracing::warn!(order_id = %id, error = chain(&error), "the cancellation is finished by the reconciler");
        }
    }
}

/// Cancels an open payment at its provider; whether no money can come from it any more. What the provider says is acted on:
/// money that was captured first settles the order, or goes back.
///
/// # Errors
/// A dependency failed; run it again.
pub(crate) async fn void(state: &State, payment: &PaymentRow) -> Result<bool, Failure> {
    let status: PaymentStatus =
        payment.status.parse().map_err(|_| Failure::Data("unknown payment status"))?;
    if !status.is_open() {
        return Ok(matches!(status, PaymentStatus::Failed | PaymentStatus::Voided));
    }
    let (provider, request) = request(state, payment)?;
    let seen = provider.cancel(&request).await?;
    act_on(state, payment, &seen).await?;
    Ok(matches!(seen.status, ProviderStatus::Cancelled | ProviderStatus::Failed))
}
