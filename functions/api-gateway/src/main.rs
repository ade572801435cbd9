//! The API gateway's program.

use api_gateway::config::{Config, PORT, ROLES};
use api_gateway::run;
use cartwright_runtime::{About, start};
use cartwright_types::SystemClock;

const API_GATEWAY: About<Config> = About {
    name: "api-gateway",
    port: PORT,
    roles: ROLES,
    config: Config::from_env,
    openapi: api_gateway::openapi,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Some(config) = start(&API_GATEWAY).await? else { return Ok(()) };
    if let Some(serving) = config.serving {
        return run::serve(serving, config.listen, SystemClock::shared()).await;
    }
    tracing::info!("the gateway has no database: there is nothing to migrate");
    Ok(())
}
