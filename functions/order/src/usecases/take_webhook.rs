//! A provider's webhook: stored once, and a look at the payment queued with it.

use cartwright_types::{OrderId, PaymentId};
use uuid::Uuid;

use crate::db::{payments, provider_events};
use crate::error::Failure;
use crate::state::State;
use crate::usecases::events::queue_observation;

/// What came.
#[derive(Debug, Clone, Copy)]
pub struct Arrived<'a> {
    /// From whom.
    pub provider: &'static str,
    /// The provider's id of the event.
    pub id: &'a str,
    /// Its type.
    pub kind: &'a str,
    /// The provider's id of the payment, if it is about one.
    pub provider_ref: Option<&'a str>,
    /// Ours, if it names it.
    pub payment_id: Option<Uuid>,
}

/// Stores the event; a repetition changes nothing. After this the provider may forget it.
///
/// # Errors
/// The database failed; the provider sends it again.
pub async fn take(state: &State, event: &Arrived<'_>) -> Result<(), Failure> {
    let found = match (event.provider_ref, event.payment_id) {
        (None, None) => None,
        (reference, id) => {
            payments::named_by_provider(state.database.pool(), event.provider, reference, id).await?
        }
    };
    let payment = found.as_ref().map(|(payment, _)| *payment);
    state
        .database
        .transaction("take_webhook", |tx| {
            Box::pin(async move {
                let now = state.clock.now();
                let is_new =
                    provider_events::insert(tx, event.provider, event.id, event.kind, payment, now).await?;
                if let Some((payment, order)) = found.filter(|_| is_new) {
                    queue_observation(tx, &state.clock, OrderId(order), PaymentId(payment)).await?;
                }
                Ok::<(), Failure>(())
            })
        })
        .await
}
