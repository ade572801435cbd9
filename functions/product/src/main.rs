//! The product service's program.

use cartwright_database::Database;
use cartwright_runtime::{Env, telemetry};
use cartwright_types::SystemClock;
use product::config::{Config, Role};
use product::{MIGRATOR, run, usecases};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Before all else: describing the API needs no environment.
    if std::env::var("ROLE").is_ok_and(|role| role == "openapi") {
        print!("{}", product::openapi());
        return Ok(());
    }
    let mut env = Env::from_process();
    telemetry::init("product-service", &mut env)?;
    let config = Config::from_env(&mut env);
    env.finish()?;
    let database = Database::connect_lazy(&config.database);
    let clock = SystemClock::shared();
    match (config.role, &config.serving) {
        (Role::Migrate, _) => Ok(cartwright_database::migrate(database.pool(), &MIGRATOR).await?),
        (Role::LoadCatalogue, _) | (_, None) => {
            let input = std::io::stdin().lock();
            let loaded = usecases::load_catalogue(&database, clock.as_ref(), config.currency, input).await?;
            tracing::info!(lines = loaded, "catalogue loaded");
            Ok(())
        }
        (_, Some(serving)) => run::serve(&config, serving, database, clock).await,
    }
}
