//! The reconciler: compares open payments with their provider, heals what it can, sends refunds that are not done, and lists the
//! rest.

use std::sync::LazyLock;

use cartwright_runtime::chain;
use cartwright_runtime::metrics::{self, GaugeVec};
use cartwright_types::{PaymentId, RefundId, new_uuid};
use chrono::TimeDelta;
use uuid::Uuid;

use crate::db::{discrepancies, orders, payments, refunds};
use crate::error::Failure;
use crate::state::State;
use crate::usecases::cancel_order::void;
use crate::usecases::look_elsewhere;
use crate::usecases::observe_payment::observe;
use crate::usecases::refund_payment;

static DISCREPANCIES: LazyLock<GaugeVec> = LazyLock::new(|| {
    metrics::gauge(
        "payment_discrepancies_open",
        "What does not agree with a provider and could not be mended, by kind",
        &["kind"],
    )
});

/// What lasts so long is listed: by then every healing has had its turn.
const LISTED_AFTER: TimeDelta = TimeDelta::minutes(5);
/// Money of orders that ended longer ago was looked at often enough.
const LOOKED_AT: TimeDelta = TimeDelta::days(90);

/// Looks at every payment and refund that nobody has touched for `quiet` and that is not settled.
///
/// # Errors
/// A list cannot be read or written.
pub async fn reconcile(state: &State, quiet: TimeDelta) -> Result<(), Failure> {
    let (pool, before) = (state.database.pool(), state.clock.now() - quiet);
    // What cannot be settled yet stays on these lists, for days if money is only set aside: no page holds up the next.
    let mut after = Uuid::nil();
    loop {
        let unsettled = payments::unsettled(pool, before, after).await?;
        let Some(last) = unsettled.last() else { break };
        after = *last;
        for id in unsettled {
            if let Err(error) = observe(state, PaymentId(id)).await {
                tracing::warn!(payment_id = %id, error = chain(&error), "the payment could not be reconciled yet");
            }
        }
    }
    look_elsewhere::look(state).await?;
    let oldest = orders::first_id(state.clock.now() - LOOKED_AT);
    after = Uuid::nil();
    loop {
        let left = payments::of_orders_that_are_off(pool, before, oldest, after).await?;
        let Some(last) = left.last() else { break };
        after = last.id;
        for payment in left {
            // Open: to be voided. Captured: its refund was not even asked for, which observing does.
            let outcome = if payment.captured > 0 {
                observe(state, PaymentId(payment.id)).await
            } else {
                void(state, &payment).await.map(drop)
            };
            if let Err(error) = outcome {
                tracing::warn!(payment_id = %payment.id, error = chain(&error), "the ended order's payment is open yet");
            }
        }
    }
    after = Uuid::nil();
    loop {
        let open = refunds::open(pool, before, after).await?;
        let Some(last) = open.last() else { break };
        after = *last;
        for id in open {
            refund_payment::send_or_leave(state, RefundId(id)).await;
        }
    }
    list(state, oldest).await
}

/// Notes what our rows show, ends what they show no more, and counts what is open.
async fn list(state: &State, oldest: Uuid) -> Result<(), Failure> {
    let (pool, now) = (state.database.pool(), state.clock.now());
    let found = discrepancies::find(pool, now - LISTED_AFTER, oldest).await?;
    for finding in &found {
        discrepancies::note(pool, new_uuid(state.clock.as_ref()), finding, now).await?;
    }
    discrepancies::resolve_found(pool, &found, now).await?;
    DISCREPANCIES.reset();
    for (kind, count) in discrepancies::count(pool).await? {
        #[expect(clippy::cast_precision_loss, reason = "a gauge, and not in the quadrillions")]
        DISCREPANCIES.with_label_values(&[&kind]).set(count as f64);
    }
    Ok(())
}
