//! What runs beside the API: consumers, the sweepers, the reconciler.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use cartwright_messaging::{ConsumerSettings, consume};
use cartwright_runtime::{Program, every};

use crate::config::Serving;
use crate::consumers::{Commands, Events};
use crate::state::State;
use crate::usecases::{erase_user, expire_orders, reconcile};

/// Adds them all.
pub fn add(program: &mut Program, state: &State, config: &Serving, sdk: &SdkConfig) {
    let settings = |queue| ConsumerSettings {
        queue,
        resource_prefix: config.aws.resource_prefix.clone(),
        concurrency: 8,
    };
    let (events, commands) = (Arc::new(Events(state.clone())), Arc::new(Commands(state.clone())));
    program.consume(consume(sdk, settings("order-events"), events));
    program.consume(consume(sdk, settings("order-commands"), commands));
    // Short expiries (tests) are looked for as often.
    let expiry = state.order_expiry.to_std().unwrap_or(Duration::MAX);
    let sweep_every = (expiry / 10).clamp(Duration::from_secs(1), Duration::from_secs(30));
    let sweeping = state.clone();
    program.work(every("expiry", sweep_every, move || {
        let state = sweeping.clone();
        async move { expire_orders::sweep(&state).await }
    }));
    let erasing = state.clone();
    program.work(every("erasure", sweep_every, move || {
        let state = erasing.clone();
        async move { erase_user::sweep(&state).await }
    }));
    let (reconciling, interval) = (state.clone(), config.reconcile_interval);
    program.work(every("reconcile", interval, move || {
        let state = reconciling.clone();
        let quiet = chrono::TimeDelta::from_std(interval / 4).unwrap_or_default();
        async move { reconcile::reconcile(&state, quiet).await }
    }));
}
