//! The API gateway's program.

use api_gateway::config::Config;
use api_gateway::run;
use cartwright_runtime::{Env, telemetry};
use cartwright_types::SystemClock;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Before all else: describing the API needs no environment.
    if std::env::var("ROLE").is_ok_and(|role| role == "openapi") {
        print!("{}", api_gateway::openapi());
        return Ok(());
    }
    let mut env = Env::from_process();
    telemetry::init("api-gateway", &mut env)?;
    let config = Config::from_env(&mut env);
    env.finish()?;
    if let Some(serving) = config.serving {
        return run::serve(serving, config.listen, SystemClock::shared()).await;
    }
    tracing::info!("the gateway has no database: there is nothing to migrate");
    Ok(())
}
