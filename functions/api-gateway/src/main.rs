//! The API gateway's program.

use api_gateway::config::Config;
use api_gateway::run;
use cartwright_runtime::{Env, telemetry};
use cartwright_types::SystemClock;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut env = Env::from_process();
    telemetry::init("api-gateway", &mut env)?;
    let config = Config::from_env(&mut env);
    env.finish()?;
    if let Some(serving) = config.serving {
        return run::serve(serving, config.app_env, config.address, SystemClock::shared()).await;
    }
    tracing::info!("the gateway has no database: there is nothing to migrate");
    Ok(())
}
