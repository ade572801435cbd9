//! Serving: the API, and the background work of a worker.

use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use cartwright_contracts::Names;
use cartwright_database::{Database, check_schema, run_tidy};
use cartwright_messaging::{ConsumerSettings, consume};
use cartwright_runtime::Shutdown;
use cartwright_runtime::secrets::{RotatingKeys, Secrets};
use cartwright_types::SharedClock;
use cartwright_web::App;
use cartwright_web::health::Health;
use cartwright_web::identity::{AudienceKeys, IdentityVerifier};

use crate::config::{Config, Role, Serving};
use crate::consumers::{ProductEvents, QUEUE};
use crate::state::State;
use crate::{MIGRATOR, routes, usecases};

/// Messages in work at once.
const CONCURRENCY: usize = 4;

/// Serves until the process is told to end.
///
/// # Errors
/// The identity keys cannot be read, or the address is taken.
pub async fn serve(
    config: &Config,
    serving: &Serving,
    database: Database,
    clock: SharedClock,
) -> anyhow::Result<()> {
    let sdk = serving.aws.sdk_config().await;
    let names = Names {
        prefix: serving.aws.resource_prefix.clone(),
        secrets_prefix: serving.aws.secrets_prefix.clone(),
        region: serving.aws.region.clone(),
        account_id: serving.aws.account_id.clone(),
    };
    let keys: RotatingKeys = Secrets::new(&sdk).get(&names.secret("identity/product")).await?;
    let keys = AudienceKeys::try_from(&keys).context("secret identity/product")?;
    let verifier = IdentityVerifier::new("product", keys, clock.clone());
    let shutdown = Shutdown::default();
    if matches!(config.role, Role::All | Role::Worker) {
        let settings = ConsumerSettings {
            queue: QUEUE,
            resource_prefix: names.prefix.clone(),
            concurrency: CONCURRENCY,
        };
        let handler = Arc::new(ProductEvents::new(database.clone(), clock.clone()));
        shutdown.spawn(consume(sdk, settings, handler, shutdown.token.clone()));
        shutdown.spawn(usecases::sweep(database.clone(), clock.clone(), shutdown.token.clone()));
        shutdown.spawn(run_tidy(database.pool().clone(), shutdown.token.clone()));
    }
    let state = State { database, clock, images_base_url: serving.images_base_url.as_str().into() };
    let health = health(&shutdown, &state.database);
    let api = if config.role == Role::Worker { Router::new() } else { routes::api(state) };
    let router = cartwright_web::app(App { api, verifier, health, open: Router::new() });
    cartwright_runtime::serve(router, config.address, shutdown, config.app_env).await
}

fn health(shutdown: &Shutdown, database: &Database) -> Health {
    let pool = database.pool().clone();
    Health::new(shutdown.readiness.clone()).vital("database", move || {
        let pool = pool.clone();
        async move { check_schema(&pool, &MIGRATOR).await.map_err(|error| error.to_string()) }
    })
}
