//! The reconciler: compares open payments with their provider, heals what it can, does what refunds are asked for.

use cartwright_runtime::chain;
use cartwright_types::{Money, PaymentId};

use crate::clients::payments::RefundStatus;
use crate::db::refunds::OpenRefund;
use crate::db::{payments, refunds};
use crate::error::Failure;
use crate::state::State;
use crate::usecases::observe_payment::observe;
use crate::usecases::pay_order::request;

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
    for refund in refunds::open(state.database.pool()).await? {
        if let Err(error) = execute(state, &refund).await {
            tracing::warn!(refund_id = %refund.id, error = chain(&error), "the refund could not be done yet");
        }
    }
    Ok(())
}

async fn execute(state: &State, refund: &OpenRefund) -> Result<(), Failure> {
    let payment_id = PaymentId(refund.payment_id);
    let payment =
        payments::find(state.database.pool(), payment_id).await?.ok_or(Failure::Data("no such payment"))?;
    let (provider, request) = request(state, &payment)?;
    let amount = Money::new(refund.amount, request.amount.currency);
    let answer = provider.refund(refund.id, &request, amount).await?;
    let status = match answer.status {
        RefundStatus::Pending => "pending",
        RefundStatus::Done => "done",
        RefundStatus::Failed => "failed",
    };
    let reference = answer.provider_ref.as_deref();
    state
        .database
        .transaction("refund_done", |tx| {
            Box::pin(async move {
                payments::lock(tx, payment_id).await?;
                let moved = refunds::settle(tx, refund.id, status, reference, state.clock.now()).await?;
                if moved && answer.status == RefundStatus::Done {
                    payments::add_refunded(tx, payment_id, refund.amount, state.clock.now()).await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .await
}
