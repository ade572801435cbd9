//! From the role to what runs.

use std::sync::Arc;

use anyhow::bail;
use cartwright_database::{Database, Relay, migrate, tidy};
use cartwright_messaging::Publisher;
use cartwright_runtime::Program;
use cartwright_types::SystemClock;

use crate::config::Config;
use crate::state::State;
use crate::{MIGRATOR, background, load_shop, router};

/// Runs the role until it ends.
///
/// # Errors
/// It cannot start, or the one-off role failed.
pub async fn run(config: Config) -> Result<(), anyhow::Error> {
    match config.role.as_str() {
        "migrate" => {
            migrate(Database::connect_lazy(&config.database).pool(), &MIGRATOR).await?;
            tracing::info!("the schema is up to date");
            Ok(())
        }
        "load-shop" => load_shop::load(&Database::connect_lazy(&config.database), &config.shop).await,
        "all" | "api" | "worker" => serve_role(&config).await,
        other => bail!("ROLE={other} is not known: use all, api, worker, migrate or load-shop"),
    }
}

async fn serve_role(config: &Config) -> Result<(), anyhow::Error> {
    let sdk = config.aws.sdk_config().await;
    let state = State::build(config, &sdk, SystemClock::shared()).await?;
    let mut program = Program::new(config.listen);
    // Whoever writes to the outbox also sends from it.
    program.work(Relay::new(state.database.clone(), Arc::new(Publisher::new(&sdk, &config.aws))));
    if config.role != "api" {
        background::add(&mut program, &state, config, &sdk);
        program.work(tidy(state.database.pool().clone()));
    }
    // A worker answers health checks and nothing else matters to it; the routes do no harm.
    let router = router(state, program.readiness());
    program.serve(router).await
}
