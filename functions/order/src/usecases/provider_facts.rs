//! What happened at a provider without us: refunds that staff made in its dashboard, disputes. They become rows of ours.

use cartwright_types::{OrderId, PaymentId, RefundId, new_uuid};

use crate::clients::payments::Facts;
use crate::db::payments::PaymentRow;
use crate::db::refunds::RefundRow;
use crate::db::{orders, payments, refunds};
use crate::domain::refund::RefundState;
use crate::error::Failure;
use crate::state::State;
use crate::usecases::refund_payment::{self, PROVIDER};

/// Takes them in; what is known already changes nothing.
///
/// # Errors
/// The database failed, or holds a refund of ours that the provider has no money left for: that one fails first.
pub(super) async fn take_in(state: &State, payment: &PaymentRow, facts: &Facts) -> Result<(), Failure> {
    if facts.refunds.is_empty() && facts.disputed == payment.disputed {
        return Ok(());
    }
    let (id, order_id) = (PaymentId(payment.id), OrderId(payment.order_id));
    let order =
        orders::find(state.database.pool(), order_id).await?.ok_or(Failure::Data("payment without order"))?;
    let order = &order;
    state
        .database
        .transaction("provider_facts", |tx| {
            Box::pin(async move {
                orders::lock(tx, order_id).await?;
                payments::lock(tx, id).await?;
                let now = state.clock.now();
                for seen in &facts.refunds {
                    let reference = seen.provider_ref.as_str();
                    let ours = match seen.ours {
                        Some(ours) if refunds::exists_as(tx, ours, id).await? => Some(ours),
                        _ => refunds::by_ref(tx, id, reference).await?,
                    };
                    let refund_id = if let Some(ours) = ours {
                        ours
                    } else {
                        let made = RefundRow {
                            id: new_uuid(state.clock.as_ref()),
                            payment_id: payment.id,
                            amount: seen.amount,
                            status: RefundState::Requested.as_str().to_owned(),
                            reason: seen.reason.clone().unwrap_or_else(|| "made_at_provider".to_owned()),
                            lines: None,
                            restock: false,
                            actor: PROVIDER.to_owned(),
                            provider_ref: Some(reference.to_owned()),
                            created_at: now,
                        };
                        refunds::insert(tx, &made).await?;
                        made.id
                    };
                    refund_payment::note(tx, state, order, RefundId(refund_id), seen.status, Some(reference))
                        .await?;
                }
                if payments::contest(tx, id, facts.disputed, now).await? {
                    orders::touch(tx, &state.clock, order_id).await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .await
}
