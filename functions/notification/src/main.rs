//! The notification service's program.

use cartwright_runtime::{About, start};
use cartwright_types::SystemClock;
use notification::config::{Config, PORT, ROLES};
use notification::run;

const NOTIFICATION: About<Config> = About {
    name: "notification-service",
    port: PORT,
    roles: ROLES,
    config: Config::from_env,
    openapi: notification::openapi,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Some(config) = start(&NOTIFICATION).await? else { return Ok(()) };
    if let Some(serving) = &config.serving {
        return Box::pin(run::serve(&config, serving, SystemClock::shared())).await;
    }
    tracing::info!("nothing to migrate: the notification service keeps its rows in DynamoDB");
    Ok(())
}
