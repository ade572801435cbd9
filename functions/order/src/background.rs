//! What runs beside the API: consumers, the expiry sweeper, the reconciler.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use cartwright_messaging::{ConsumerSettings, consume};
use cartwright_runtime::Shutdown;
use cartwright_runtime::context::Context;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::consumers::{Commands, Events};
use crate::error::{Failure, chain};
use crate::state::State;
use crate::usecases::{expire_orders, reconcile};

/// Starts them all.
pub fn start(state: &State, config: &Config, sdk: &SdkConfig, shutdown: &Shutdown) {
    let settings = |queue| ConsumerSettings {
        queue,
        resource_prefix: config.aws.resource_prefix.clone(),
        concurrency: 8,
    };
    let stop = || shutdown.token.clone();
    let (events, commands) = (Arc::new(Events(state.clone())), Arc::new(Commands(state.clone())));
    shutdown.spawn(consume(sdk.clone(), settings("order-events"), events, stop()));
    shutdown.spawn(consume(sdk.clone(), settings("order-commands"), commands, stop()));
    // Short expiries (tests) are looked for as often.
    let expiry = state.order_expiry.to_std().unwrap_or(Duration::MAX);
    let sweep_every = (expiry / 10).clamp(Duration::from_secs(1), Duration::from_secs(30));
    let sweeping = state.clone();
    shutdown.spawn(every(sweep_every, stop(), "expiry", async move || {
        while expire_orders::sweep(&sweeping).await? >= 100 {}
        Ok(())
    }));
    let reconciling = state.clone();
    let interval = config.reconcile_interval;
    shutdown.spawn(every(interval, stop(), "reconcile", async move || {
        let quiet = chrono::TimeDelta::from_std(interval / 4).unwrap_or_default();
        reconcile::reconcile(&reconciling, quiet).await
    }));
}

/// Runs `work` now and then until `stop`; a failure is logged and tried again.
async fn every<F>(interval: Duration, stop: CancellationToken, name: &'static str, work: F)
where
    F: AsyncFn() -> Result<(), Failure>,
{
    while stop.run_until_cancelled(tokio::time::sleep(interval)).await.is_some() {
        if let Err(error) = Context::new(name, None).scope(work()).await {
            tracing::warn!(job = name, error = chain(&error), "a background job failed and is tried again");
        }
    }
}
