//! What staff and buyers did at the provider, when no webhook told: refunds made in its dashboard, disputes.

use std::collections::BTreeSet;

use cartwright_runtime::chain;
use cartwright_types::PaymentId;
use chrono::TimeDelta;
use uuid::Uuid;

use crate::clients::payments::PaymentProvider;
use crate::db::{payments, provider_cursors, provider_events, refunds};
use crate::error::Failure;
use crate::state::State;
use crate::usecases::observe_payment::observe;

/// How far back the first look goes.
const FIRST_LOOK: TimeDelta = TimeDelta::days(30);
/// What was seen is looked at again for so long: lists need a moment, and clocks are apart.
const OVERLAP: TimeDelta = TimeDelta::hours(1);
/// How often contested payments are looked at.
const DISPUTES_EVERY: TimeDelta = TimeDelta::hours(1);
/// The name of the cursor that says when that was.
const DISPUTES: &str = "disputes";
/// After so long a dispute is decided.
const DISPUTE: TimeDelta = TimeDelta::days(200);
/// No provider sends an event again after so long.
const EVENTS_KEPT: TimeDelta = TimeDelta::days(30);

/// Looks at every provider, and now and then at payments that are contested.
///
/// # Errors
/// The database failed.
pub(super) async fn look(state: &State) -> Result<(), Failure> {
    let (pool, now) = (state.database.pool(), state.clock.now());
    provider_events::forget(pool, now - EVENTS_KEPT).await?;
    let mut stirred: BTreeSet<Uuid> = disputed(state).await?.into_iter().collect();
    for (name, provider) in &state.providers {
        match at(state, name, provider.as_ref()).await {
            Ok(found) => stirred.extend(found),
            Err(error) => {
                tracing::warn!(provider = name, error = chain(&error), "the provider could not be looked at");
            }
        }
    }
    let mut is_whole = true;
    for id in stirred {
        if let Err(error) = observe(state, PaymentId(id)).await {
            tracing::warn!(payment_id = %id, error = chain(&error), "what happened at the provider is not taken in yet");
            is_whole = false;
        }
    }
    // Whatever was not taken in is found again.
    for name in state.providers.keys().filter(|_| is_whole) {
        provider_cursors::advance(pool, name, now).await?;
    }
    Ok(())
}

async fn disputed(state: &State) -> Result<Vec<Uuid>, Failure> {
    let (pool, now) = (state.database.pool(), state.clock.now());
    if provider_cursors::find(pool, DISPUTES).await?.is_some_and(|last| now - last < DISPUTES_EVERY) {
        return Ok(Vec::new());
    }
    provider_cursors::advance(pool, DISPUTES, now).await?;
    Ok(payments::disputed(pool, now - DISPUTE).await?)
}

async fn at(state: &State, name: &str, provider: &dyn PaymentProvider) -> Result<Vec<Uuid>, Failure> {
    let pool = state.database.pool();
    let since = provider_cursors::find(pool, name).await?.unwrap_or(state.clock.now() - FIRST_LOOK);
    let elsewhere = provider.elsewhere(since - OVERLAP).await?;
    let ids: Vec<String> = elsewhere.iter().filter_map(|seen| seen.refund.clone()).collect();
    let unknown: BTreeSet<String> = refunds::unknown_of(pool, &ids).await?.into_iter().collect();
    let stirred =
        elsewhere.into_iter().filter(|seen| seen.refund.as_ref().is_none_or(|id| unknown.contains(id)));
    let refs: Vec<String> = stirred.map(|seen| seen.payment).collect();
    Ok(payments::by_refs(pool, name, &refs).await?)
}
