//! What each role does.

use std::sync::Arc;

use cartwright_database::{Database, Relay, migrate, tidy};
use cartwright_messaging::Publisher;
use cartwright_redis::Redis;
use cartwright_runtime::Program;
use cartwright_types::SystemClock;

use crate::config::{Config, Serving, Task};
use crate::state::State;
use crate::usecases::follow_order::{Following, announce};
use crate::{MIGRATOR, background, load_shop, router};

/// Does what `ROLE` asks for.
///
/// # Errors
/// The database, a secret or the port is not to be had.
pub async fn run(config: Config) -> Result<(), anyhow::Error> {
    let database = Database::connect_lazy(&config.database);
    match &config.task {
        Task::CreateDatabase(server) => Ok(server.create().await?),
        Task::Migrate => {
            migrate(database.pool(), &MIGRATOR).await?;
            tracing::info!("the schema is up to date");
            Ok(())
        }
        Task::LoadShop { currency } => load_shop::load(&database, *currency).await,
        Task::Serve(serving) => serve(&config, serving, database).await,
    }
}

async fn serve(config: &Config, serving: &Serving, database: Database) -> Result<(), anyhow::Error> {
    let sdk = serving.aws.sdk_config().await;
    let mut program = Program::new(config.listen);
    let redis = serving.redis.as_ref().map(|url| Redis::new(url, &serving.aws.resource_prefix));
    let database = match &redis {
        Some(redis) => {
            let (database, announcer) = announce(database, redis.clone());
            program.work(announcer);
            database
        }
        None => database,
    };
    let state = State::build(serving, database, redis, &sdk, SystemClock::shared()).await?;
    let following = Following::new(state.database.pool().clone(), program.readiness());
    if let Some(redis) = state.redis.as_ref().filter(|_| !config.listen.lambda) {
        program.work(following.listener(redis.clone()));
    }
    // Whoever writes to the outbox also sends from it.
    program.work(Relay::new(state.database.clone(), Arc::new(Publisher::new(&sdk, &serving.aws))));
    if serving.worker {
        background::add(&mut program, &state, serving, &sdk);
        program.work(tidy(state.database.pool().clone()));
    }
    // A worker answers health checks and nothing else matters to it; the routes do no harm.
    let router = router(state, following, program.readiness());
    program.serve(router).await
}
