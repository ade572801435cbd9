//! The reconciler: compares open payments with their provider, heals what it can, does what refunds are asked for.

use cartwright_runtime::chain;
use cartwright_types::{Currency, Money, PaymentId};

use crate::db::refunds::RequestedRefund;
use crate::db::{payments, refunds};
use crate::error::Failure;
use crate::state::State;
use crate::usecases::observe_payment::observe;

/// Looks at every payment that nobody has touched for `quiet`, and at every refund that is not done.
///
/// # Errors
/// A list cannot be read.
pub async fn reconcile(state: &State, quiet: chrono::TimeDelta) -> Result<(), Failure> {
    for id in payments::unsettled(state.database.pool(), state.clock.now() - quiet).await? {
        if let Err(error) = observe(state, PaymentId(id)).await {
            tracing::warn!(payment_id = %id, error = chain(&error), "the payment could not be reconciled yet");
        }
    }
    for refund in refunds::requested(state.database.pool()).await? {
        if let Err(error) = execute(state, &refund).await {
            tracing::warn!(refund_id = %refund.id, error = chain(&error), "the refund could not be done yet");
        }
    }
    Ok(())
}

async fn execute(state: &State, refund: &RequestedRefund) -> Result<(), Failure> {
    let payment_id = PaymentId(refund.payment_id);
    let payment =
        payments::find(state.database.pool(), payment_id).await?.ok_or(Failure::Data("no such payment"))?;
    let provider =
        state.providers.get(payment.provider.as_str()).ok_or(Failure::Data("provider is not configured"))?;
    let currency: Currency = payment.currency.parse().map_err(|_| Failure::Data("unknown currency"))?;
    provider.refund(refund.id, payment_id, Money::new(refund.amount, currency)).await?;
    state
        .database
        .transaction("refund_done", |tx| {
            Box::pin(async move {
                payments::lock(tx, payment_id).await?;
                if refunds::mark_done(tx, refund.id).await? {
                    payments::add_refunded(tx, payment_id, refund.amount, state.clock.now()).await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .await
}
